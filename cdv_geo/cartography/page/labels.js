"use strict";

/* Names on the map: none covers another, and where there is no room the less important give way. */
cdv.labels = (() => {
  const { make } = cdv.dom;
  const { AREA } = cdv.layers;
  const IMPORTANCE = ["quartier", "number", "point", "commune"];
  const GAP = 3; // pixels between a label and what it names
  // Pixels: what is hardly seen needs no name.
  const SMALLEST = { quartier: 4, commune: 16, number: 0, point: 0 };
  const ROW = 24; // pixels between the lines along which a commune is measured
  const CROWD = 2000; // symbols: among more, no place is free of them
  const all = [];
  let replaced = []; // places whose name an open card says

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
  function places({ role, radius, spots }, frame, { width, height }) {
    if (role === "commune") {
      return spots.flatMap(({ x, y }) => [0, -1.1, 1.1, -2.2, 2.2].map((step) =>
        [x - width / 2, y - height / 2 + step * height]));
    }
    const { x, y } = frame.getCenter();
    const half = frame.getSize().divideBy(2).add([radius + GAP, radius + GAP]);
    const [top, bottom] = [y - half.y - height, y + half.y];
    const centre = [x - width / 2, y - height / 2];
    const [above, below] = [[centre[0], top], [centre[0], bottom]];
    const right = [x + half.x, centre[1]];
    const left = [x - half.x - width, centre[1]];
    if (role === "quartier") return [above, below, right, left, centre];
    if (radius === 0) return [centre, above, below];
    const corners = [right[0], left[0]].flatMap((side) => [[side, top], [side, bottom]]);
    return [right, left, above, below, ...corners];
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

  /* The stretches of an area that are in sight, along lines from left to right. */
  function stretches(map, { layer, row }) {
    const { x: width, y: height } = map.getSize();
    const rings = layer.latLngs(row).flat()
      .map((ring) => ring.map((corner) => map.latLngToContainerPoint(corner)));
    const crossings = (y) => rings.flatMap((ring) => ring.flatMap((one, i) => {
      const next = ring[(i + 1) % ring.length];
      if ((one.y <= y) === (next.y <= y)) return [];
      return [one.x + ((y - one.y) / (next.y - one.y)) * (next.x - one.x)];
    })).sort((one, other) => one - other);
    const found = [];
    for (let y = ROW; y < height; y += ROW) {
      const xs = crossings(y).map((x) => Math.min(Math.max(x, 0), width));
      for (let i = 0; i + 1 < xs.length; i += 2) {
        found.push({ x: (xs[i] + xs[i + 1]) / 2, y, length: xs[i + 1] - xs[i] });
      }
    }
    return found;
  }

  /* The name of a commune has a spot of its own. Where the map shows only a part, it may also stand
     where that part is wide, unless it is nowhere as wide as the name. */
  function spotsOf(map, label) {
    const view = map.getBounds();
    const own = view.contains(label.at) ? [map.latLngToContainerPoint(label.at)] : [];
    if (view.contains(label.bounds) || label.layer.kinds[label.row] !== AREA) return own;
    const found = stretches(map, label);
    const longest = Math.max(0, ...found.map(({ length }) => length));
    if (longest < label.box.width) return [];
    const wide = found.filter(({ length }) => length > 0.9 * longest);
    const middle = Math.floor(wide.length / 2);
    return [...own, wide[middle], ...wide];
  }

  function place(map, label, taken, avoided) {
    const { html, at, frame, box } = label;
    const spot = map.latLngToContainerPoint(at);
    const { x: width, y: height } = map.getSize();
    const inside = ({ left, top, right, bottom }) =>
      left >= 0 && top >= 0 && right <= width && bottom <= height;
    const free = places(label, frame, box)
      .map((corner) => boxAt(corner, box))
      .filter((place) => inside(place) && !taken.some((other) => overlap(place, other)));
    const best = free.find((place) => !avoided.some((other) => overlap(place, other))) ?? free[0];
    html.classList.toggle("nowhere", !best);
    if (!best) return;
    taken.push(best);
    const [dx, dy] = [best.left - spot.x, best.top - spot.y].map(Math.round);
    html.style.transform = `translate(${dx}px, ${dy}px)`;
  }

  function isShown({ layer, row, role }) {
    // On paper there are no cards.
    const isReplaced = role === "quartier"
      && !document.documentElement.classList.contains("printing")
      && replaced.some((place) => place.layer === layer && place.row === row);
    return layer.shown && layer.shownClasses[layer.classIndex[row]] && !isReplaced;
  }

  /* Those that name something in sight. They are measured together, before any of them moves:
     reading and writing in turns is slow. */
  function wanted(map) {
    const view = map.getBounds();
    const chosen = all.filter((label) => {
      const isInSight = label.role === "commune"
        ? view.intersects(label.bounds) : view.contains(label.at);
      if (!isShown(label) || !isInSight) return false;
      label.frame = boundsInPixels(map, label);
      const { x, y } = label.frame.getSize();
      return Math.max(x, y) >= SMALLEST[label.role];
    });
    const kept = new Set(chosen);
    for (const label of all) if (label.marker && !kept.has(label)) label.marker.remove();
    for (const label of chosen) show(map, label);
    for (const label of chosen) {
      label.box ??= { width: label.html.offsetWidth, height: label.html.offsetHeight };
      if (label.role === "commune") label.spots = spotsOf(map, label);
    }
    return chosen;
  }

  /* The buttons and the scale of the map, which lie above all names. */
  function controls(map) {
    const { left, top } = map.getContainer().getBoundingClientRect();
    return [...map.getContainer().querySelectorAll(".leaflet-control")].map((control) => {
      const box = control.getBoundingClientRect();
      return boxAt([box.left - left, box.top - top], box);
    });
  }

  function symbols(map) {
    const view = map.getBounds();
    const points = cdv.layers.symbolsInSight()
      .flatMap((shape) => shape.points.filter(({ at }) => view.contains(at)));
    if (points.length > CROWD) return [];
    return points.map(({ at, radius }) => {
      const { x, y } = map.latLngToContainerPoint(at);
      return boxAt([x - radius, y - radius], { width: 2 * radius, height: 2 * radius });
    });
  }

  function declutter(map) {
    const chosen = wanted(map);
    const taken = controls(map);
    const points = symbols(map);
    const quartiers = chosen
      .filter(({ role }) => role === "quartier")
      .map(({ frame: { min, max } }) =>
        ({ left: min.x, top: min.y, right: max.x, bottom: max.y }));
    for (const role of IMPORTANCE) {
      const group = chosen.filter((label) => label.role === role);
      // Upper layers matter more.
      group.sort((one, other) => other.layer.rank - one.layer.rank);
      const avoided = role === "commune" ? [...points, ...quartiers] : points;
      for (const label of group) place(map, label, taken, avoided);
    }
  }

  /* Leave out the names of quartiers that an open card says in their place. */
  function replace(map, places) {
    replaced = places;
    declutter(map);
  }

  return { add, declutter, replace };
})();
