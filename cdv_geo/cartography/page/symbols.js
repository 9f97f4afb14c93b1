"use strict";

/* Looks: the same path draws a symbol on the map and in the legend. */
cdv.symbols = (() => {
  const { make, draw } = cdv.dom;
  const SWATCH = { width: 28, height: 18 };
  // Corners, angle of the first corner (degrees, clockwise from north), radius. The radii give
  // all shapes about the area of the circle; a star has a second radius.
  const SHAPES = new Map([
    ["square", [4, 45, 1.25]],
    ["diamond", [4, 0, 1.25]],
    ["triangle", [3, 0, 1.45]],
    ["triangle-down", [3, 180, 1.45]],
    ["pentagon", [5, 0, 1.15]],
    ["star", [10, 0, 1.5, 0.7]],
    ["hexagon", [6, 0, 1.15]],
    ["cross", [8, 0, 1.6, 0.61]],
  ]);
  const FARTHEST = 1.6; // the longest of these radii
  const CASED_FROM = 1.5; // pixels: a line this strong has a white edge

  const reach = (marker) => Math.max(1, ...(SHAPES.get(marker) ?? []).slice(2));

  /* A symbol about the point where the pen stands, so that one text serves for all places. */
  function symbolPath(marker, radius) {
    if (!SHAPES.has(marker)) {
      const half = `a${radius},${radius} 0 1,0`;
      return `m${-radius},0${half} ${2 * radius},0${half} ${-2 * radius},0z`;
    }
    const [count, start, ...radii] = SHAPES.get(marker);
    const corners = Array.from({ length: count }, (_, i) => {
      const angle = ((start + (360 * i) / count) * Math.PI) / 180;
      const reach = radius * radii[i % radii.length];
      return [reach * Math.sin(angle), -reach * Math.cos(angle)];
    });
    const steps = corners.map(([x, y], i) => {
      const [fromX, fromY] = i === 0 ? [0, 0] : corners[i - 1];
      return `${(x - fromX).toFixed(2)},${(y - fromY).toFixed(2)}`;
    });
    return `m${steps.join("l")}z`;
  }

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
    const isBare = !isPoint && !style.hatched && style.fill === null;
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
      className: isPoint ? "symbols" : "",
      radius: style.size / 2,
      isBare,
      // It must stand out from any colour below it.
      isCased: isBare && style.stroke_width >= CASED_FROM,
      // Outlines come simplified, and half a pixel more is not seen; on a curve it is.
      smoothFactor: isBare ? 0.1 : 0.5,
    };
  }

  /* How wide the sample of a class must be: a large symbol makes room for itself. */
  const roomOf = ({ marker, radius }) => (marker ? 2 * reach(marker) * radius + 2 : 0);

  function swatch(options, isLine, wide) {
    const { width, height } = SWATCH;
    const box = isLine ? `M1,${height / 2}H${width - 1}` : `M2,2H${width - 2}V${height - 2}H2z`;
    const high = Math.max(height, roomOf(options));
    const symbol = `M${wide / 2},${high / 2}${symbolPath(options.marker, options.radius)}`;
    const path = draw("path", {
      d: options.marker ? symbol : box,
      stroke: options.stroke ? options.color : "none",
      "stroke-width": options.weight,
      "stroke-dasharray": options.dashArray ?? "none",
      fill: options.fill && !isLine ? (options.fillColor ?? "none") : "none",
      "fill-opacity": options.fillOpacity,
    });
    return draw("svg", { width: wide, height: high, class: "swatch", "aria-hidden": true }, [path]);
  }

  /* Samples of the classes of a layer, all equally wide, so that their texts are aligned. */
  function swatches({ options, isLine }) {
    const wide = Math.max(SWATCH.width, ...options.map(roomOf));
    return options.map((each) => swatch(each, isLine || each.isBare, wide));
  }

  /* All points of one class in one SVG path: twenty thousand elements would be slow to make, and
     a canvas could neither be hatched nor let a click through to the layer below.
     Points are `{row, at, radius}`, the widest first, so that none hides a smaller one. */
  const Symbols = L.Path.extend({
    options: { fillRule: "nonzero" }, // where two symbols overlap there is no hole

    initialize(layer, points, options) {
      L.setOptions(this, options);
      this.layer = layer;
      this.points = points;
      this._shapes = new Map();
    },

    _project() {
      for (const point of this.points) point.pixel = this._map.latLngToLayerPoint(point.at);
    },

    _update() {
      const { min, max } = this._renderer._bounds;
      const pad = 2 * FARTHEST * Math.max(0, ...this._radii());
      const drawn = new Set();
      let path = "";
      for (const { pixel, radius } of this.points) {
        const x = Math.round(pixel.x);
        const y = Math.round(pixel.y);
        if (x < min.x - pad || x > max.x + pad || y < min.y - pad || y > max.y + pad) continue;
        const spot = `M${x},${y}${this._shape(radius)}`;
        if (drawn.has(spot)) continue;
        drawn.add(spot);
        path += spot;
      }
      this._renderer._setPath(this, path || "M0 0");
    },

    _radii() {
      return this.points.length > 0 ? [this.points[0].radius] : [];
    },

    _shape(radius) {
      if (!this._shapes.has(radius)) {
        this._shapes.set(radius, symbolPath(this.options.marker, radius));
      }
      return this._shapes.get(radius);
    },

    /* The points whose symbol may lie under a place of the map, in pixels. */
    near(place) {
      return this.points.filter(
        ({ pixel, radius }) => pixel.distanceTo(place) <= FARTHEST * radius + 2,
      );
    },
  });

  return { pathOptions, swatches, Symbols };
})();
