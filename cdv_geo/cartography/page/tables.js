"use strict";

/* The same data for those who read, search or listen. A table is made when it is opened. */
cdv.tables = (() => {
  const { byId, make, button, folded, counted, written } = cdv.dom;
  const { KINDS } = cdv.subjects;
  const PAGE = 500; // rows
  let tables = 0;

  function cell(content, onChoose) {
    return onChoose
      ? button(content, onChoose, { title: "Voir sur la carte" })
      : document.createTextNode(content);
  }

  /* A table is `{name, columns, size, texts(row), choose(row)}`; the last gives a function where
     the row can be shown, and nothing where it cannot. */
  function lineOf(table, row) {
    const [first, ...others] = table.texts(row);
    const head = make("th", [cell(first || "(sans nom)", table.choose(row))], { scope: "row" });
    return make("tr", [head, ...others.map((text) => make("td", text))]);
  }

  function grid(table, status, more) {
    const body = make("tbody");
    const caption = make("caption", table.name);
    const top = make("tr", table.columns.map((name) => make("th", name, { scope: "col" })));
    let rows = [];
    let searchable = null;

    function addPage() {
      const shown = body.rows.length;
      body.append(...rows.slice(shown, shown + PAGE).map((row) => lineOf(table, row)));
      const total = counted(rows.length, "ligne", "lignes");
      const count = written(body.rows.length);
      status.textContent = body.rows.length < rows.length ? `${count} sur ${total}` : total;
      more.hidden = body.rows.length === rows.length;
      more.textContent = `Afficher ${Math.min(PAGE, rows.length - body.rows.length)} lignes de plus`;
    }

    function filter(query) {
      const words = folded(query).split(/\s+/).filter(Boolean);
      const all = Array.from({ length: table.size }, (_, row) => row);
      if (words.length > 0) searchable ??= all.map((row) => folded(table.texts(row).join("\n")));
      rows = all.filter((row) => words.every((word) => searchable[row].includes(word)));
      body.replaceChildren();
      addPage();
    }

    more.addEventListener("click", () => {
      addPage();
      // The button goes with the last rows, and the focus must not go with it.
      if (more.hidden) body.closest(".table").focus();
    });
    filter("");
    return { node: make("table", [caption, make("thead", [top]), body]), filter };
  }

  function fill(table, details) {
    const id = `filter-${(tables += 1)}`;
    const status = make("p", "", { role: "status", class: "note" });
    const more = make("button", "", { type: "button", class: "more" });
    const { node, filter } = grid(table, status, more);
    const field = make("input", "", { id, type: "search", autocomplete: "off" });
    field.addEventListener("input", () => filter(field.value));
    const label = make("label", `Filtrer « ${table.name} »`, { for: id });
    // Wide tables scroll sideways; the keyboard must be able to scroll them too.
    const attributes = { class: "table", role: "region", tabindex: 0, "aria-label": table.name };
    const controls = make("div", [label, field, status], { class: "filter" });
    details.append(controls, make("div", [node], attributes), more);
  }

  function add(table) {
    if (table.size === 0) return;
    const count = counted(table.size, "ligne", "lignes");
    const details = make("details", [make("summary", `${table.name} (${count})`)]);
    details.addEventListener("toggle", () => {
      if (details.open && !details.querySelector("table")) fill(table, details);
    });
    byId("tables").append(details);
  }

  function ofLayer(layer) {
    const hasLabels = layer.labels.length > 0;
    const hasClasses = layer.classes.length > 1;
    return {
      name: layer.name,
      columns: [
        ...(hasLabels ? [layer.role === "number" ? "Numéro" : "Nom"] : []),
        ...layer.columns.map(({ name }) => name),
        ...(hasClasses ? ["Légende"] : []),
      ],
      size: layer.columns.length > 0 || hasLabels ? layer.size : 0,
      texts: (row) => [
        ...(hasLabels ? [cdv.dom.firstLine(layer.label(row))] : []),
        ...layer.columns.map((_, column) => layer.value(column, row)),
        ...(hasClasses ? [layer.classes[layer.classIndex[row]].label] : []),
      ],
      choose: (row) => (layer.kinds[row]
        ? () => cdv.selection.select(cdv.subjects.at(layer, row), { zoom: true }) : null),
    };
  }

  function ofSubjects(name, things) {
    return {
      name,
      columns: ["Nom", "Nature", "Raison"],
      size: things.length,
      texts: (row) => [
        things[row].name,
        KINDS.get(things[row].kind)[0],
        things[row].not_drawn || "Sans place sur cette carte.",
      ],
      choose: (row) => () => cdv.selection.select(things[row], { zoom: true }),
    };
  }

  function ofLinks(links) {
    return {
      name: "Liens entre les quartiers et ce qui les touche",
      columns: ["Quartier", "Action ou équipement", "Fondement", "Remarque"],
      size: links.length,
      texts(row) {
        const { quartier, thing, basis, note, certain } = links[row];
        const remarks = [certain ? "" : "indéterminé", note];
        return [quartier.name, thing.name, basis, remarks.filter(Boolean).join(" · ")];
      },
      choose: (row) => () => cdv.selection.select(links[row].quartier, { zoom: true }),
    };
  }

  function addAll() {
    for (const layer of cdv.layers.all) add(ofLayer(layer));
    add(ofLinks(cdv.subjects.links));
    const hidden = [...cdv.subjects.found].filter(({ places }) => places.length === 0);
    add(ofSubjects("Ce qui n’est pas dessiné sur la carte", hidden));
    byId("tables").hidden = byId("tables").querySelector("details") === null;
  }

  return { addAll };
})();
