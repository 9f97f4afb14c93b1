"use strict";

/* One thing at a time is chosen: its card opens, and what it reaches stands out on the map. */
cdv.selection = (() => {
  const { byId } = cdv.dom;
  const { other, boundsOf } = cdv.subjects;
  const PANE = "highlight";
  const CASING = { color: "#ffffff", weight: 8, opacity: 0.95, fill: false };
  const OUTLINE = { color: "#111827", weight: 4, fill: false };
  const MARGIN = 40; // pixels around what is brought into sight
  const CARD = 0.48; // share of the height that a card may take
  const CLOSEST = 15; // zoom at which a point is shown among its streets
  let map;
  let marks;
  let chosen = null;
  let popup = null;

  function prepare(page) {
    map = page;
    const pane = map.createPane(PANE);
    pane.style.zIndex = 590;
    pane.setAttribute("aria-hidden", true);
    marks = L.layerGroup().addTo(map);
    map.on("popupclose", (event) => {
      if (event.popup === popup) clear();
      if (isFocusLost()) map.getContainer().focus({ preventScroll: true });
    });
    byId("clear").addEventListener("click", () => {
      clear();
      byId("query").focus();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented || !chosen) return;
      const hadFocus = document.activeElement.closest(".leaflet-popup, #selection") !== null;
      clear();
      if (hadFocus) byId("query").focus();
    });
  }

  /* What is removed takes the focus with it, and the keyboard would start again at the top. */
  const isFocusLost = () => document.activeElement === document.body;

  /* An area is drawn again in its own colours, so that it stays bright among dimmed ones. */
  function mark({ layer, row }, certain) {
    const own = { ...layer.options[layer.classIndex[row]], pane: PANE, interactive: false };
    for (const shape of cdv.layers.shapes(layer, [row], own)) marks.addLayer(shape);
    const dashArray = certain ? null : "9 7";
    if (layer.isPoint(row)) {
      const radius = (layer.sizes ? layer.sizes[row] / 2 : own.radius) + 5;
      for (const at of layer.latLngs(row)) {
        const look = { pane: PANE, interactive: false, radius, dashArray };
        marks.addLayer(L.circleMarker(at, { ...CASING, ...look, weight: 6, dashArray: null }));
        marks.addLayer(L.circleMarker(at, { ...OUTLINE, ...look, weight: 3 }));
      }
      return;
    }
    const line = { pane: PANE, interactive: false };
    marks.addLayer(L.polygon(layer.latLngs(row), { ...CASING, ...line }));
    marks.addLayer(L.polygon(layer.latLngs(row), { ...OUTLINE, ...line, dashArray }));
  }

  function highlight(thing) {
    const certain = new Map([[thing, true]]);
    for (const link of thing.links) {
      const end = other(thing, link);
      certain.set(end, link.certain || certain.get(end) === true);
    }
    for (const [marked, sure] of certain) marked.places.forEach((place) => mark(place, sure));
    const isSeen = [...certain.keys()].some(({ places }) => places.length > 0);
    map.getContainer().classList.toggle("choosing", isSeen && thing.links.length > 0);
  }

  /* Bring a thing into sight; one without a place brings what it reaches. */
  function show(thing) {
    const shown = thing.places.length > 0 ? [thing]
      : thing.links.map((link) => other(thing, link)).filter(({ places }) => places.length > 0);
    if (shown.length === 0) return;
    const bounds = L.latLngBounds(shown.map(boundsOf));
    const isThere = map.getBounds().contains(bounds);
    if (thing.places.length === 0 && isThere) return;
    const maxZoom = Math.max(CLOSEST, thing.places.length > 0 ? 0 : map.getZoom());
    // Room is kept above for the card.
    const above = thing.places.length > 0 ? map.getSize().y * CARD : MARGIN;
    map.fitBounds(bounds, {
      paddingTopLeft: [MARGIN, above],
      paddingBottomRight: [MARGIN, MARGIN],
      maxZoom,
      animate: false,
    });
  }

  function openPopup(content, at, autoPan = true) {
    const size = map.getSize();
    const opened = L.popup({
      maxWidth: Math.min(340, size.x - 60),
      minWidth: Math.min(260, size.x - 60),
      autoPan,
      autoPanPadding: [12, 12],
    });
    opened.setLatLng(at).setContent(content).openOn(map);
    // A group that unfolds makes the popup taller: keep all of it in the map.
    // The event comes late: the popup may be closed by then.
    content.addEventListener("toggle", () => { if (opened.isOpen()) opened._adjustPan(); }, true);
    return opened;
  }

  /* Above the upper edge of an area, so that the area stays in sight. */
  function topOf(thing) {
    const bounds = boundsOf(thing);
    return L.latLng(bounds.getNorth(), bounds.getCenter().lng);
  }

  function select(thing, { at = null, zoom = false, focus = true, pan = true } = {}) {
    clear();
    chosen = thing;
    if (zoom) show(thing);
    highlight(thing);
    const card = cdv.cards.of(thing);
    const isDrawn = thing.places.length > 0;
    if (isDrawn) popup = openPopup(card, at ?? topOf(thing), pan);
    else byId("chosen-card").append(card);
    cdv.labels.replace(map, thing.places);
    byId("chosen").textContent = isDrawn ? card.getAttribute("aria-label") : "";
    byId("selection").hidden = false;
    const reach = card.querySelector(".reach")?.textContent ?? "";
    byId("announcement").textContent = `Sélection : ${card.getAttribute("aria-label")}. ${reach}`;
    if (focus) card.querySelector("h2").focus({ preventScroll: isDrawn });
    if (focus && isDrawn) map.getContainer().scrollIntoView({ block: "nearest" });
    cdv.view.remember();
  }

  function clear() {
    if (chosen === null) return;
    chosen = null;
    marks.clearLayers();
    cdv.labels.replace(map, []);
    map.getContainer().classList.remove("choosing");
    const open = popup;
    popup = null;
    if (open) map.closePopup(open);
    byId("chosen").textContent = "";
    byId("chosen-card").replaceChildren();
    byId("selection").hidden = true;
    byId("announcement").textContent = "Sélection effacée";
    cdv.view.remember();
  }

  const key = () => chosen?.key ?? "";

  return { prepare, select, clear, openPopup, key };
})();
