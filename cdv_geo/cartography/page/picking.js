"use strict";

/* What lies under the pointer. A path holds many symbols, so the nearest one is looked for. */
cdv.picking = (() => {
  const { make, counted } = cdv.dom;
  const SAME_SPOT = 3; // pixels
  const MOST = 12;
  const tooltip = L.tooltip({ direction: "top", offset: [0, -6] });

  /* The symbol nearest to a place of the map, with all those that lie on it. */
  function symbolsAt(place) {
    const near = cdv.layers.symbolsInSight().reverse().flatMap((symbols) =>
      symbols.near(place).map(({ row, at, pixel }) => ({ layer: symbols.layer, row, at, pixel })));
    if (near.length === 0) return [];
    const distances = near.map(({ pixel }) => pixel.distanceTo(place));
    const nearest = near[distances.indexOf(Math.min(...distances))];
    return near.filter(({ pixel }) => pixel.distanceTo(nearest.pixel) <= SAME_SPOT);
  }

  function choose(places) {
    const [{ layer, row, at }] = places;
    if (places.length === 1) cdv.selection.select(cdv.subjects.at(layer, row), { at });
    else {
      cdv.selection.clear();
      const card = cdv.cards.choice(places.slice(0, MOST), places.length);
      cdv.selection.openPopup(card, at);
      card.querySelector("h2").focus({ preventScroll: true });
    }
  }

  function nameOf({ layer, row }) {
    return layer.nameOf(row) || layer.classes[layer.classIndex[row]].label;
  }

  function watch(map) {
    const isSymbol = ({ target }) => target instanceof SVGElement
      && target.classList.contains("symbols");
    map.on("click", ({ originalEvent, layerPoint }) => {
      if (!isSymbol(originalEvent)) return;
      const places = symbolsAt(layerPoint);
      map.closeTooltip(tooltip);
      if (places.length > 0) choose(places);
    });
    map.on("mousemove", ({ originalEvent, layerPoint }) => {
      const places = isSymbol(originalEvent) ? symbolsAt(layerPoint) : [];
      if (places.length === 0) return map.closeTooltip(tooltip);
      const text = places.length === 1
        ? nameOf(places[0]) : `${counted(places.length, "lieu", "lieux")} ici`;
      // A node, never a string: Leaflet reads a string as HTML.
      tooltip.setContent(make("span", text)).setLatLng(places[0].at);
      return map.openTooltip(tooltip);
    });
    map.on("mouseout", () => map.closeTooltip(tooltip));
  }

  const chooseArea = (layer, row) => (event) => {
    L.DomEvent.stopPropagation(event);
    cdv.selection.select(cdv.subjects.at(layer, row), { at: event.latlng });
  };

  return { watch, chooseArea };
})();
