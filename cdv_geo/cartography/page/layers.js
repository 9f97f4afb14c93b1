"use strict";

/* Layers: from the columns of `page_data.py` to shapes on the map, one group per class. */
cdv.layers = (() => {
  const { firstLine } = cdv.dom;
  const { pathOptions, Symbols } = cdv.symbols;
  const PER_DEGREE = 1e5;
  const [POINT, LINE, AREA] = [1, 2, 3]; // how deep their coordinates are nested
  const LOWEST_PANE = 401;
  const all = []; // from bottom to top

  const depth = (nested) => (Array.isArray(nested) ? 1 + depth(nested[0]) : 0);

  function latLngs(nested) {
    if (depth(nested) > 1) return nested.map(latLngs);
    return Array.from({ length: nested.length / 2 }, (_, i) =>
      L.latLng(nested[2 * i + 1] / PER_DEGREE, nested[2 * i] / PER_DEGREE));
  }

  function boundsOf(flat) {
    let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < flat.length; i += 2) {
      west = Math.min(west, flat[i]);
      east = Math.max(east, flat[i]);
      south = Math.min(south, flat[i + 1]);
      north = Math.max(north, flat[i + 1]);
    }
    const corner = (x, y) => L.latLng(y / PER_DEGREE, x / PER_DEGREE);
    return L.latLngBounds(corner(west, south), corner(east, north));
  }

  /* What others may ask of a layer; rows are numbers. */
  function reader(data) {
    const texts = new Map(data.labels.map(([row, text]) => [row, text]));
    const coded = ({ texts: different, rows }, row) => different[rows[row]];
    const kinds = data.coordinates.map(depth);
    return {
      ...data,
      size: data.classIndex.length,
      kinds,
      isLine: kinds.includes(LINE),
      isPoint: (row) => kinds[row] === POINT,
      hasPoints: kinds.includes(POINT),
      label: (row) => texts.get(row) ?? "",
      value: (column, row) => coded(data.columns[column], row),
      key: (row) => (data.keys ? coded(data.keys, row) : ""),
      nameOf(row) {
        // A number is no name. A place without a label has its name in the first column; the
        // first column of an area, such as a cell, is a figure.
        const label = data.role === "number" ? "" : firstLine(this.label(row));
        if (label || kinds[row] !== POINT) return label;
        return data.columns.length > 0 ? this.value(0, row) : "";
      },
      latLngs: (row) => latLngs(data.coordinates[row]),
      bounds: (row) => boundsOf(data.coordinates[row].flat(2)),
    };
  }

  /* Leaflet puts every corner on a whole pixel, where a curve of short lines looks jagged. */
  const Curve = L.Polygon.extend({
    _projectLatlngs(places, rings, bounds) {
      if (!(places[0] instanceof L.LatLng)) {
        for (const part of places) this._projectLatlngs(part, rings, bounds);
        return;
      }
      const origin = this._map.getPixelOrigin();
      const ring = places.map((place) => this._map.project(place).subtract(origin));
      for (const corner of ring) bounds.extend(corner);
      rings.push(ring);
    },
  });

  function outline(layer, row, options) {
    const places = layer.latLngs(row);
    if (layer.kinds[row] !== AREA) return L.polyline(places, { ...options, fill: false });
    return options.isBare ? new Curve(places, options) : L.polygon(places, options);
  }

  /* The white edge of strong lines; it lies below all of them. */
  function casings(layer, rows, options) {
    if (!options.isCased) return [];
    const look = { color: "#ffffff", weight: options.weight + 2.4, dashArray: null };
    return rows.map((row) => outline(layer, row, { ...options, ...look, interactive: false }));
  }

  function points(layer, rows, options) {
    return rows
      .flatMap((row) => {
        const radius = layer.sizes ? layer.sizes[row] / 2 : options.radius;
        return layer.latLngs(row).map((at) => ({ row, at, radius }));
      })
      .sort((one, other) => other.radius - one.radius);
  }

  /* The shapes of some rows of one class. */
  function shapes(layer, rows, options) {
    const outlined = rows.filter((row) => layer.kinds[row] > POINT);
    const lines = outlined.map((row) => {
      const shape = outline(layer, row, options);
      return options.interactive ? shape.on("click", cdv.picking.chooseArea(layer, row)) : shape;
    });
    const made = [...casings(layer, outlined, options), ...lines];
    const symbols = points(layer, rows.filter(layer.isPoint), options);
    return symbols.length > 0 ? [...made, new Symbols(layer, symbols, options)] : made;
  }

  function picture(layer) {
    const { url, bounds } = layer.image;
    return L.imageOverlay(url, bounds, { pane: layer.pane, className: "raster" });
  }

  /* A pane of its own keeps a layer at its height when it is switched off and on again. */
  function openPane(layer) {
    layer.pane = `layer-${layer.rank}`;
    const pane = layer.map.createPane(layer.pane);
    pane.style.zIndex = LOWEST_PANE + layer.rank;
    pane.classList.add(`role-${layer.role}`);
    // For those who listen, the search and the tables say the same.
    pane.setAttribute("aria-hidden", true);
  }

  function rowsByClass(layer) {
    const rows = layer.classes.map(() => []);
    layer.classIndex.forEach((index, row) => {
      if (layer.kinds[row] > 0) rows[index].push(row);
    });
    return rows;
  }

  function add(map, data) {
    const layer = Object.assign(reader(data), { map, rank: all.length });
    openPane(layer);
    layer.options = layer.classes.map(({ style }) => ({
      ...pathOptions(style),
      pane: layer.pane,
      interactive: [layer.columns, layer.labels, layer.keys?.rows ?? []].some(({ length }) => length),
    }));
    const rows = rowsByClass(layer);
    layer.groups = rows.map((chosen, index) =>
      L.layerGroup(shapes(layer, chosen, layer.options[index])));
    layer.cells = layer.image ? picture(layer) : null;
    layer.shown = true;
    layer.shownClasses = layer.classes.map(() => true);
    all.push(layer);
    cdv.labels.add(layer);
    refresh(layer);
    return layer;
  }

  /* Draw what is switched on, and no more. */
  function refresh(layer) {
    layer.groups.forEach((group, index) => {
      const wanted = layer.shown && layer.shownClasses[index];
      if (wanted) layer.map.addLayer(group);
      else layer.map.removeLayer(group);
    });
    if (layer.cells) layer.map[layer.shown ? "addLayer" : "removeLayer"](layer.cells);
  }

  const symbolsInSight = () =>
    all.flatMap(({ map, groups }) =>
      groups
        .filter((group) => map.hasLayer(group))
        .flatMap((group) => group.getLayers().filter((shape) => shape instanceof Symbols)));

  return { AREA, all, add, refresh, shapes, symbolsInSight };
})();
