"use strict";

/* Draws a scene: map, legend, popups and tables. interactive.py calls openMap, addText and
   addLayer with JSON. Every text reaches the page through textContent, so that a name that looks
   like HTML is shown as it is written. */
const cdv = (() => {
  const SWATCH = { width: 28, height: 18 };
  // Corners, angle of the first corner (degrees, clockwise from north), radius. The radii give
  // all shapes about the area of the circle; a star has a second radius.
  const SHAPES = {
    square: [4, 45, 1.25],
    diamond: [4, 0, 1.25],
    triangle: [3, 0, 1.45],
    "triangle-down": [3, 180, 1.45],
    pentagon: [5, 0, 1.15],
    star: [10, 0, 1.5, 0.7],
    hexagon: [6, 0, 1.15],
    cross: [8, 0, 1.6, 0.61],
  };
  let map;

  /* ---- DOM ---- */

  const byId = (id) => document.getElementById(id);

  function furnish(node, content, attributes) {
    if (Array.isArray(content)) node.append(...content);
    else node.textContent = content;
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  }

  const make = (tag, content = "", attributes = {}) =>
    furnish(document.createElement(tag), content, attributes);
  const draw = (tag, attributes, content = []) =>
    furnish(document.createElementNS("http://www.w3.org/2000/svg", tag), content, attributes);

  /* ---- Symbols: the same path on the map and in the legend ---- */

  function symbolPath(marker, x, y, radius) {
    if (!(marker in SHAPES)) {
      const half = `a${radius},${radius} 0 1,0`;
      return `M${x - radius},${y}${half} ${2 * radius},0${half} ${-2 * radius},0z`;
    }
    const [count, start, ...radii] = SHAPES[marker];
    const corners = Array.from({ length: count }, (_, i) => {
      const angle = ((start + (360 * i) / count) * Math.PI) / 180;
      const reach = radius * radii[i % radii.length];
      return [x + reach * Math.sin(angle), y - reach * Math.cos(angle)].map((n) => n.toFixed(2));
    });
    return `M${corners.join("L")}z`;
  }

  // Leaflet knows circles only; this hands its SVG renderer another path. Its hit area is the path.
  const PointSymbol = L.CircleMarker.extend({
    _updatePath() {
      const { x, y } = this._point;
      this._renderer._setPath(this, symbolPath(this.options.marker, x, y, this._radius));
    },
  });

  function hatching(colour) {
    const id = `hatching-${document.querySelectorAll("pattern").length}`;
    const tile = { width: 7, height: 7, patternUnits: "userSpaceOnUse" };
    const line = draw("path", { d: "M0,0V7", stroke: colour, "stroke-width": 3 });
    const pattern = draw("pattern", { id, ...tile, patternTransform: "rotate(45)" }, [line]);
    document.body.append(draw("svg", { width: 0, height: 0, "aria-hidden": true }, [pattern]));
    return `url(#${id})`;
  }

  function pathOptions(style) {
    const isPoint = style.marker !== null;
    return {
      stroke: style.stroke !== null,
      color: style.stroke,
      weight: style.stroke_width,
      dashArray: style.dashed ? "6 4" : null,
      // A hollow symbol keeps an invisible fill, so that it can be clicked anywhere.
      fill: isPoint || style.hatched || style.fill !== null,
      fillColor: style.hatched ? hatching(style.stroke ?? style.fill) : style.fill,
      fillOpacity: style.fill === null && !style.hatched ? 0 : style.fill_opacity,
      marker: style.marker,
      radius: style.size / 2,
    };
  }

  function swatch(options, isLine) {
    const { width, height } = SWATCH;
    const box = isLine ? `M1,${height / 2}H${width - 1}` : `M2,2H${width - 2}V${height - 2}H2z`;
    const path = draw("path", {
      d: options.marker ? symbolPath(options.marker, width / 2, height / 2, options.radius) : box,
      stroke: options.stroke ? options.color : "none",
      "stroke-width": options.weight,
      "stroke-dasharray": options.dashArray ?? "none",
      fill: options.fill && !isLine ? (options.fillColor ?? "none") : "none",
      "fill-opacity": options.fillOpacity,
    });
    return draw("svg", { ...SWATCH, class: "swatch", "aria-hidden": true }, [path]);
  }

  /* ---- Layers ---- */

  const hasType = (feature, type) => feature.geometry?.type.includes(type) ?? false;

  function card(feature, columns) {
    const { label, values } = feature.properties;
    const [name] = label.split("\n");
    const list = make("dl");
    columns.forEach((column, i) => {
      if (values[i]) list.append(make("dt", column), make("dd", values[i]));
    });
    return make("div", [...(name ? [make("h3", name)] : []), list], { class: "card" });
  }

  function shapesOf(data, pane, options) {
    const isPoint = data.features.some((feature) => hasType(feature, "Point"));
    const optionsOf = (feature) => {
      const own = options[feature.properties.classIndex];
      return hasType(feature, "Line") ? { ...own, fill: false } : own;
    };
    return L.geoJSON(data.features, {
      pane,
      interactive: isPoint || data.columns.length > 0,
      style: optionsOf,
      pointToLayer: (feature, at) => new PointSymbol(at, { ...optionsOf(feature), pane }),
      onEachFeature: (feature, shape) => {
        const { label, values } = feature.properties;
        const name = label.split("\n")[0] || values.find(Boolean);
        if (!name) return;
        shape.on("add", () => {
          furnish(shape.getElement(), [], { role: "button", "aria-label": name });
        });
        // Nodes, never strings: Leaflet reads a string as HTML.
        if (isPoint) shape.bindTooltip(() => make("span", name));
        shape.bindPopup(() => card(feature, data.columns), { maxWidth: 320, maxHeight: 320 });
        shape.on("popupopen", () => shape.closeTooltip());
      },
    });
  }

  function labelsOf(data) {
    return data.features
      .filter((feature) => feature.properties.label && feature.properties.anchor)
      .map((feature) => {
        const [longitude, latitude] = feature.properties.anchor;
        const role = hasType(feature, "Point") ? "point" : data.role;
        // The first line is the name; what follows is said more quietly.
        const lines = feature.properties.label.split("\n").map((line) => make("span", line));
        const html = make("span", lines, { class: `label ${role}` });
        const icon = L.divIcon({ html, className: "label-anchor", iconSize: [0, 0] });
        return L.marker([latitude, longitude], { icon, interactive: false, keyboard: false });
      });
  }

  const overlap = (a, b) =>
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

  /* Move a label off the more important ones at this zoom; where no place is free, hide it. */
  function place(label, taken) {
    for (const where of ["centre", "above", "below"]) {
      label.dataset.place = where;
      const box = label.getBoundingClientRect();
      if (!taken.some((other) => overlap(box, other))) return taken.push(box);
    }
    label.dataset.place = "nowhere";
  }

  function declutter() {
    const taken = [];
    for (const role of ["quartier", "commune", "point"]) {
      // Upper layers come later in the page, and matter more.
      const labels = [...document.querySelectorAll(`.label.${role}`)].reverse();
      for (const label of labels) place(label, taken);
    }
  }

  function legendEntry(data, group, options) {
    const isLine = data.features.some((feature) => hasType(feature, "Line"));
    const box = make("input", "", { type: "checkbox" });
    box.checked = true;
    box.addEventListener("change", () => {
      group[box.checked ? "addTo" : "removeFrom"](map);
      declutter();
    });
    const line = ({ label }, i) => make("li", [swatch(options[i], isLine), make("span", label)]);
    const head = make("label", [box, make("span", data.name)]);
    return make("li", [head, make("ul", data.classes.map(line))]);
  }

  /* ---- The same data for those who read, search or listen ---- */

  function tableOf(data) {
    const hasLabels = data.features.some((feature) => feature.properties.label);
    const hasClasses = data.classes.length > 1;
    const rowOf = (label, values, classLabel) =>
      [...(hasLabels ? [label] : []), ...values, ...(hasClasses ? [classLabel] : [])];
    const head = rowOf("Nom", data.columns, "Légende");
    const rows = data.features.map(({ properties: { label, values, classIndex } }) => {
      const [name] = label.split("\n");
      const [first, ...others] = rowOf(name, values, data.classes[classIndex].label);
      const cells = others.map((cell) => make("td", cell));
      return make("tr", [make("th", first, { scope: "row" }), ...cells]);
    });
    const top = make("tr", head.map((cell) => make("th", cell, { scope: "col" })));
    return make("table", [make("caption", data.name), make("thead", [top]), make("tbody", rows)]);
  }

  function foldedTable(data) {
    const size = data.features.length;
    const lines = `${size.toLocaleString("fr-FR")} ligne${size > 1 ? "s" : ""}`;
    const summary = `${data.name} (${lines})`;
    // Wide tables scroll sideways; the keyboard must be able to scroll them too.
    const scrollable = { class: "table", role: "region", tabindex: 0, "aria-label": summary };
    return make("details", [make("summary", summary), make("div", [tableOf(data)], scrollable)]);
  }

  /* ---- What interactive.py calls ---- */

  function openMap(id, options) {
    map = L.map(id, { ...options, attributionControl: false, zoomControl: false });
    L.control.zoom({ zoomInTitle: "Agrandir", zoomOutTitle: "Réduire" }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 160 }).addTo(map);
    L.control.attribution({ prefix: "Leaflet" }).addTo(map);
    map.on("zoomend resize", declutter);
    map.on("popupopen", ({ popup }) => {
      popup.getElement().querySelector("[href='#close']").setAttribute("aria-label", "Fermer");
    });
    return map;
  }

  function addText(text) {
    byId("title").textContent = text.title;
    byId("subtitle").textContent = text.subtitle;
    const itemsOf = (items) => items.map((item) => make("li", item));
    for (const { heading, items } of text.notDrawn) {
      byId("not-drawn").append(make("h2", heading), make("ul", itemsOf(items)));
    }
    for (const [id, items] of [["remarks", text.notes], ["sources", text.sources]]) {
      byId(id).hidden = items.length === 0;
      byId(id).querySelector("ul").append(...itemsOf(items));
    }
  }

  function addLayer(data) {
    // A pane of its own keeps the layer at its height when it is switched off and on again.
    const rank = byId("legend").children.length;
    const pane = `layer-${rank}`;
    map.createPane(pane).style.zIndex = 401 + rank;
    const options = data.classes.map(({ style }) => pathOptions(style));
    const group = L.layerGroup([shapesOf(data, pane, options), ...labelsOf(data)]).addTo(map);
    // The legend reads from the top of the pile down.
    byId("legend").prepend(legendEntry(data, group, options));
    if (data.columns.length > 0) byId("tables").append(foldedTable(data));
    declutter();
  }

  return { openMap, addText, addLayer };
})();
