"use strict";

/* Things that can be chosen: subjects, drawn or not, and features that stand for themselves.
   A thing is `{key, kind, name, facts, not_drawn, places, links}`; its places are rows of layers,
   and its links say what it reaches, or what reaches it. Keys are words of the data, so they are
   kept in a Map: an object would take "__proto__" for something of its own. */
cdv.subjects = (() => {
  const KINDS = new Map([
    ["quartier", ["Quartier", "Quartiers"]],
    ["action", ["Action", "Actions"]],
    ["equipment", ["Équipement", "Équipements"]],
    ["commune", ["Commune", "Communes"]],
    ["", ["Lieu", "Lieux"]],
  ]);
  const things = new Map();
  const found = new Set(); // all that the search offers
  const links = [];

  const blank = (kind, name) =>
    ({ key: "", kind, name, facts: [], not_drawn: "", places: [], links: [] });

  function addSubjects(data) {
    const list = data.keys.map((key, n) =>
      ({ ...blank(data.kinds.texts[data.kinds.rows[n]], data.names[n]), key }));
    for (const [n, facts] of data.facts) list[n].facts = facts;
    for (const [n, reason] of data.notDrawn) list[n].not_drawn = reason;
    for (const thing of list) {
      things.set(thing.key, thing);
      found.add(thing);
    }
    for (const [quartier, thing, basis, note, certain, count] of data.links) {
      const link = {
        quartier: list[quartier],
        thing: list[thing],
        basis: data.bases[basis],
        note,
        certain: certain === 1,
        counted: data.counts[count],
      };
      links.push(link);
      link.quartier.links.push(link);
      link.thing.links.push(link);
    }
  }

  function addPlaces(layer) {
    const isCommune = layer.role === "commune";
    for (let row = 0; row < layer.size; row += 1) {
      const key = layer.key(row);
      if (!layer.kinds[row] || !(key || (isCommune && layer.label(row)))) continue;
      const thing = things.get(key) ?? blank(isCommune ? "commune" : "", layer.nameOf(row));
      if (key && !things.has(key)) things.set(key, Object.assign(thing, { key }));
      found.add(thing);
      thing.places.push({ layer, row });
    }
  }

  /* A feature without a key is a thing of its own, made when somebody chooses it. */
  function at(layer, row) {
    const thing = things.get(layer.key(row));
    if (thing) return thing;
    const kind = layer.role === "commune" ? "commune" : "";
    return { ...blank(kind, layer.nameOf(row)), places: [{ layer, row }] };
  }

  /* What stands at the other end of a link. */
  const other = (thing, link) => (link.thing === thing ? link.quartier : link.thing);

  const boundsOf = ({ places }) =>
    L.latLngBounds(places.map(({ layer, row }) => layer.bounds(row)));

  return { KINDS, things, found, links, addSubjects, addPlaces, at, other, boundsOf };
})();
