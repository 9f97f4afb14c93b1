"use strict";

/* Names on the map: none covers another, and where there is no room the less important give way. */
cdv.labels = (() => {
  const { make } = cdv.dom;
  const IMPORTANCE = ["quartier", "number", "point", "commune"];
  const GAP = 3; // pixels between a label and what it names
  const SMALLEST = 4; // pixels: a quartier that is not seen needs no name
  const all = [];

  function of(layer, rows) {
    const chosen = new Set(rows);
    return layer.labels
      .filter(([row]) => chosen.has(row))
      .map(([row, text, longitude, latitude]) => {
        const role = layer.isPoint(row) && layer.role !== "number" ? "point" : layer.role;
        const lines = text.split("\n").map((line) => make("span", line));
        const html = make("span", lines, { class: `label ${role} nowhere` });
        const icon = L.divIcon({ html, className: "label-anchor", iconSize: [0, 0] });
        const bounds = layer.bounds(row);
        const at = longitude === undefined
          ? bounds.getCenter() : L.latLng(latitude / 1e5, longitude / 1e5);
        const marker = L.marker(at, { icon, interactive: false, keyboard: false, alt: "" });
        const radius = layer.isPoint(row)
          ? (layer.sizes?.[row] ?? 2 * layer.options[layer.classIndex[row]].radius) / 2 : 0;
        all.push({ role, html, bounds, at, radius, marker, rank: layer.rank });
        return marker;
      });
  }

  /* Where a label may stand, best first: the middle of a commune or an area with a number, the
     right of a point, above a quartier, which is smaller than its name. */
  function places({ role, radius }, frame, { width, height }) {
    const { x, y } = frame.getCenter();
    const half = frame.getSize().divideBy(2).add([radius + GAP, radius + GAP]);
    const centre = [x - width / 2, y - height / 2];
    const above = [x - width / 2, y - half.y - height];
    const below = [x - width / 2, y + half.y];
    const right = [x + half.x, y - height / 2];
    const left = [x - half.x - width, y - height / 2];
    if (role === "quartier") return [above, below, right, left, centre];
    if (radius > 0) return [right, left, above, below];
    return [centre, [centre[0], y - 1.6 * height], [centre[0], y + 0.6 * height]];
  }

  const overlap = (a, b) =>
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

  const boxAt = ([left, top], { width, height }) =>
    ({ left, top, right: left + width, bottom: top + height });

  /* The frame of a quartier or point is its shape; that of a commune is the spot of its name. */
  function frameOf(map, label) {
    const spot = map.latLngToContainerPoint(label.at);
    if (label.role === "commune") return L.bounds([spot, spot]);
    const { bounds } = label;
    return L.bounds([
      map.latLngToContainerPoint(bounds.getNorthWest()),
      map.latLngToContainerPoint(bounds.getSouthEast()),
    ]);
  }

  function place(map, { html, at, role, radius, frame, box }, taken, avoided) {
    const spot = map.latLngToContainerPoint(at);
    const { x: width, y: height } = map.getSize();
    const inside = ({ left, top, right, bottom }) =>
      left >= 0 && top >= 0 && right <= width && bottom <= height;
    const free = places({ role, radius }, frame, box)
      .map((corner) => boxAt(corner, box))
      .filter((place) => !taken.some((other) => overlap(place, other)));
    const clear = (place) => inside(place) && !avoided.some((other) => overlap(place, other));
    const best = free.find(clear) ?? free.find(inside) ?? free[0];
    html.classList.toggle("nowhere", !best);
    if (!best) return;
    taken.push(best);
    const [dx, dy] = [best.left - spot.x, best.top - spot.y].map(Math.round);
    html.style.transform = `translate(${dx}px, ${dy}px)`;
  }

  /* Those that name something in sight. They are measured together, before any of them moves:
     reading and writing in turns is slow. */
  function wanted(map) {
    const view = map.getBounds();
    const chosen = all.filter((label) => {
      const isInView = map.hasLayer(label.marker) && view.contains(label.at);
      if (isInView) label.frame = frameOf(map, label);
      const { x, y } = isInView ? label.frame.getSize() : { x: 0, y: 0 };
      const isSeen = isInView && (label.role !== "quartier" || Math.max(x, y) >= SMALLEST);
      label.html.classList.toggle("nowhere", !isSeen);
      return isSeen;
    });
    for (const label of chosen) {
      label.box ??= { width: label.html.offsetWidth, height: label.html.offsetHeight };
    }
    return chosen;
  }

  function declutter(map) {
    const chosen = wanted(map);
    const taken = [];
    const quartiers = chosen
      .filter(({ role }) => role === "quartier")
      .map(({ frame: { min, max } }) =>
        ({ left: min.x, top: min.y, right: max.x, bottom: max.y }));
    for (const role of IMPORTANCE) {
      const group = chosen.filter((label) => label.role === role);
      // Upper layers matter more.
      group.sort((one, other) => other.rank - one.rank);
      for (const label of group) place(map, label, taken, role === "commune" ? quartiers : []);
    }
  }

  return { of, declutter };
})();
