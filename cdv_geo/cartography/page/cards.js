"use strict";

/* What is said of one thing: its details, its figures, and its links by their basis. */
cdv.cards = (() => {
  const { make, button, counted, written } = cdv.dom;
  const { KINDS, other } = cdv.subjects;
  const FEW = 6; // facts of a quartier beyond this are folded

  function pairs(list) {
    const rows = list.flatMap(([heading, text]) => [make("dt", heading), make("dd", text)]);
    return rows.length > 0 ? [make("dl", rows)] : [];
  }

  /* The details of all features that show a thing, each said once. */
  function detailsOf(thing) {
    const said = new Map();
    for (const { layer, row } of thing.places) {
      layer.columns.forEach(({ name }, column) => {
        const text = layer.value(column, row);
        if (text && text !== thing.name) said.set(`${name}\n${text}`, [name, text]);
      });
    }
    return [...said.values()];
  }

  function folded(heading, content, open = false) {
    const group = make("details", [make("summary", heading), ...content]);
    group.open = open;
    return group;
  }

  function linkItem(thing, link) {
    const end = other(thing, link);
    const choose = button(end.name, () => cdv.selection.select(end, { zoom: true }));
    const notes = [
      ...(link.certain ? [] : ["indéterminé"]),
      ...(link.note ? [link.note] : []),
      ...(end.kind === "quartier" && end.places.length === 0 ? ["sans contour"] : []),
    ];
    return make("li", notes.length > 0
      ? [choose, " ", make("span", notes.join(" · "), { class: "note" })] : [choose]);
  }

  /* Certain links first; the others stand apart, under a heading that says so. */
  function linkGroups(thing) {
    const groups = new Map();
    const sure = thing.links.filter(({ certain }) => certain);
    const unsure = thing.links.filter(({ certain }) => !certain);
    for (const link of [...sure, ...unsure]) {
      const heading = link.certain ? link.basis : `${link.basis} – indéterminé`;
      if (!groups.has(heading)) groups.set(heading, []);
      groups.get(heading).push(link);
    }
    return [...groups].map(([heading, group]) => {
      const list = make("ul", group.map((link) => linkItem(thing, link)));
      const said = (thing.kind === "quartier" && group[0].counted) || written(group.length);
      const details = folded(`${heading} (${said})`, [list]);
      details.className = group[0].certain ? "links" : "links unsure";
      return details;
    });
  }

  /* How many quartiers a thing reaches, each once. */
  function reachOf(thing) {
    const reached = new Set();
    const maybe = new Set();
    for (const { quartier, certain } of thing.links) (certain ? reached : maybe).add(quartier);
    for (const quartier of reached) maybe.delete(quartier);
    const drawn = [...reached].filter(({ places }) => places.length > 0).length;
    const hidden = reached.size - drawn;
    const parts = [
      ...(drawn > 0 ? [`${counted(drawn, "quartier", "quartiers")} sur la carte`] : []),
      ...(hidden > 0
        ? [drawn > 0 ? `${hidden} sans contour`
          : `${counted(hidden, "quartier", "quartiers")} sans contour`] : []),
    ];
    const sure = parts.length > 0 ? `Touche ${parts.join(", ")}` : "Ne touche aucun quartier à coup sûr";
    const unsure = maybe.size > 0
      ? ` ; ${counted(maybe.size, "quartier indéterminé", "quartiers indéterminés")}` : "";
    return `${sure}${unsure}.`;
  }

  function of(thing) {
    const kind = thing.kind ? KINDS.get(thing.kind)[0] : "";
    const title = thing.name || thing.places[0]?.layer.name || kind;
    const content = [make("h2", title, { tabindex: -1 })];
    if (kind) content.unshift(make("p", kind, { class: "kind" }));
    if (thing.places.length === 0) {
      content.push(make("p", thing.not_drawn || "Sans place sur cette carte.", { class: "reason" }));
    }
    if (thing.kind !== "quartier" && thing.links.length > 0) {
      content.push(make("p", reachOf(thing), { class: "reach" }));
    }
    content.push(...pairs(detailsOf(thing)));
    if (thing.kind === "quartier" && thing.facts.length > FEW) {
      const heading = `Chiffres (${thing.facts.length})`;
      content.push(folded(heading, pairs(thing.facts)));
    } else content.push(...pairs(thing.facts));
    content.push(...linkGroups(thing));
    return scrolling(content, title);
  }

  /* Several things on one spot: the reader says which. */
  function choice(places, total) {
    const list = places.map(({ layer, row }) => {
      const thing = cdv.subjects.at(layer, row);
      const label = layer.classes[layer.classIndex[row]].label;
      const choose = button(thing.name || label, () => cdv.selection.select(thing));
      return make("li", [choose, " ", make("span", label, { class: "note" })]);
    });
    const more = total - places.length;
    const rest = more > 0 ? [make("p", `et ${counted(more, "autre", "autres")}`)] : [];
    const heading = `${counted(total, "lieu", "lieux")} ici`;
    return scrolling([make("h2", heading, { tabindex: -1 }), make("ul", list), ...rest], heading);
  }

  /* A long card scrolls, and the keyboard must be able to scroll it too. */
  const scrolling = (content, name) =>
    make("div", content, { class: "card", role: "group", tabindex: 0, "aria-label": name });

  return { of, choice };
})();
