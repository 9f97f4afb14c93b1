"use strict";

/* Names on the map: none covers another, and where there is no room the less important give way. */
cdv.labels = (() => {
  const { make } = cdv.dom;
  const IMPORTANCE = ["quartier", "number", "point", "commune"];
  const GAP = 3; // pixels between a label and what it names
  // Pixels: what is hardly seen needs no name.
  const SMALLEST = { quartier: 4, commune: 16, number: 0, point: 0 };
  const all = [];

  function add(layer) {
    for (const [row, text, longitude, latitude] of layer.labels) {
      if (layer.kinds[row] === 0) continue;
      const role = layer.isPoint(row) && layer.role !== "number" ? "point" : layer.role;
      const bounds = layer.bounds(row);
      const at = longitude === undefined
        ? bounds.getCenter() : L.latLng(latitude / 1e5, longitude / 1e5);
      const radius = layer.isPoint(row)
        ? (layer.sizes?.[row] ?? 2 * layer.options[layer.classIndex[row]].radius) / 2 : 0;
      all.push({ layer, row, text, role, bounds, at, radius, marker: null });
    }
  }

  /* Of the names of a whole country few are ever in sight: a name is made when it first is. */
  function show(map, label) {
    if (!label.marker) {
      const lines = label.text.split("\n").map((line) => make("span", line));
      label.html = make("span", lines, { class: `label ${label.role} nowhere` });
      const icon = L.divIcon({ html: label.html, className: "label-anchor", iconSize: [0, 0] });
      label.marker = L.marker(label.at, { icon, interactive: false, keyboard: false, alt: "" });
    }
    label.marker.addTo(map);
    label.html.classList.remove("nowhere");
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

  function boundsInPixels(map, { bounds }) {
    return L.bounds([
      map.latLngToContainerPoint(bounds.getNorthWest()),
      map.latLngToContainerPoint(bounds.getSouthEast()),
    ]);
  }

  /* The frame of a quartier or point is its shape; that of a commune is the spot of its name. */
  function frameOf(map, label, shape) {
    if (label.role !== "commune") return shape;
    const spot = map.latLngToContainerPoint(label.at);
    return L.bounds([spot, spot]);
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

  function isShown({ layer, row }) {
    return layer.shown && layer.shownClasses[layer.classIndex[row]];
  }

  /* Those that name something in sight. They are measured together, before any of them moves:
     reading and writing in turns is slow. */
  function wanted(map) {
    const view = map.getBounds();
    const chosen = all.filter((label) => {
      if (!isShown(label) || !view.contains(label.at)) return false;
      const shape = boundsInPixels(map, label);
      const { x, y } = shape.getSize();
      label.frame = frameOf(map, label, shape);
      return Math.max(x, y) >= SMALLEST[label.role];
    });
    const kept = new Set(chosen);
    for (const label of all) if (label.marker && !kept.has(label)) label.marker.remove();
    for (const label of chosen) show(map, label);
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
      group.sort((one, other) => other.layer.rank - one.layer.rank);
      for (const label of group) place(map, label, taken, role === "commune" ? quartiers : []);
    }
  }

  return { add, declutter };
})();
