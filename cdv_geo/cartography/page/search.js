"use strict";

/* A combobox over all that has a name, by the ARIA 1.2 pattern. */
cdv.search = (() => {
  const { byId, make, folded, counted } = cdv.dom;
  const { KINDS, found } = cdv.subjects;
  const MOST = 12;
  let entries = null;
  let shown = [];
  let active = -1;

  /* Made when first needed: twenty thousand names take a moment. */
  function indexed() {
    entries ??= [...found]
      .filter(({ name }) => name)
      .map((thing) => ({ thing, text: folded(thing.name) }));
    return entries;
  }

  /* Names that begin with what was typed, then those with a word that does, then the rest. */
  function rank(text, words) {
    if (text.startsWith(words[0])) return 0;
    return text.includes(` ${words[0]}`) ? 1 : 2;
  }

  function matches(query) {
    const words = folded(query).split(/\s+/).filter(Boolean);
    if (words.length === 0) return [];
    return indexed()
      .filter(({ text }) => words.every((word) => text.includes(word)))
      .map(({ thing, text }) => ({ thing, text, rank: rank(text, words) }))
      .sort((one, other) => one.rank - other.rank || one.text.localeCompare(other.text, "fr"))
      .map(({ thing }) => thing);
  }

  /* Every kind has its share of the list, so that many actions do not hide the one quartier. */
  function grouped(all) {
    const groups = [...KINDS.keys()]
      .map((kind) => all.filter((thing) => thing.kind === kind))
      .filter((group) => group.length > 0);
    const total = (cap) => groups.reduce((sum, group) => sum + Math.min(cap, group.length), 0);
    let cap = MOST;
    while (cap > 1 && total(cap) > MOST) cap -= 1;
    return groups.map((group) => group.slice(0, cap));
  }

  function option(thing) {
    const index = shown.push(thing) - 1;
    const hidden = thing.places.length === 0 && thing.kind !== "action";
    const content = [make("span", thing.name)];
    if (hidden) content.push(make("span", "sans place sur la carte", { class: "note" }));
    const attributes = { role: "option", id: `result-${index}`, "aria-selected": false };
    const node = make("div", content, attributes);
    // The list must not take the focus from the field before the click is done.
    node.addEventListener("pointerdown", (event) => event.preventDefault());
    node.addEventListener("click", () => choose(index));
    return node;
  }

  function refresh() {
    const query = byId("query").value;
    const all = matches(query);
    shown = [];
    const groups = grouped(all).map((group) => {
      const heading = KINDS.get(group[0].kind)[1];
      const title = make("div", heading, { class: "group", "aria-hidden": true });
      const attributes = { role: "group", "aria-label": heading };
      return make("div", [title, ...group.map(option)], attributes);
    });
    byId("results").replaceChildren(...groups);
    byId("result-count").textContent = countText(query, all.length);
    setActive(-1);
    open(shown.length > 0);
  }

  function countText(query, total) {
    if (query.trim() === "") return "";
    if (total === 0) return "Aucun résultat";
    const more = total - shown.length;
    const rest = more > 0 ? `, dont ${shown.length} affichés et ${counted(more, "autre", "autres")}` : "";
    return `${counted(total, "résultat", "résultats")}${rest}`;
  }

  function open(isOpen) {
    byId("results").hidden = !isOpen;
    byId("query").setAttribute("aria-expanded", isOpen);
  }

  function setActive(index) {
    byId(`result-${active}`)?.setAttribute("aria-selected", false);
    active = index;
    const node = byId(`result-${active}`);
    node?.setAttribute("aria-selected", true);
    node?.scrollIntoView({ block: "nearest" });
    if (node) byId("query").setAttribute("aria-activedescendant", node.id);
    else byId("query").removeAttribute("aria-activedescendant");
  }

  function choose(index) {
    const thing = shown[index];
    close();
    byId("query").value = "";
    byId("result-count").textContent = "";
    cdv.selection.select(thing, { zoom: true });
  }

  function close() {
    open(false);
    setActive(-1);
  }

  function onKey(event) {
    const isOpen = !byId("results").hidden;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && !isOpen) refresh();
    else if (step) setActive((active + step + shown.length + (active < 0 && step < 0)) % shown.length);
    else if (event.key === "Enter" && isOpen) choose(Math.max(active, 0));
    else if (event.key === "Escape" && (isOpen || event.target.value)) {
      if (isOpen) close();
      else {
        event.target.value = "";
        refresh();
      }
    } else return;
    event.preventDefault();
  }

  function prepare() {
    byId("search").hidden = found.size === 0;
    byId("query").addEventListener("input", refresh);
    byId("query").addEventListener("keydown", onKey);
    byId("query").addEventListener("blur", close);
  }

  return { prepare };
})();
