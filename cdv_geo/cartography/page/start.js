"use strict";

/* What interactive.py calls, in this order: addText, openMap, addSubjects, addLayer, start. */
Object.assign(cdv, (() => {
  const { byId, make, draw, items, written } = cdv.dom;
  let map;

  function blocks(lists) {
    return lists.map(({ heading, items: texts }) =>
      make("section", [make("h2", heading), make("ul", items(texts))]));
  }

  function addText(text) {
    byId("title").textContent = text.title;
    byId("subtitle").textContent = text.subtitle;
    const numbered = make("div", blocks(text.lists), { id: "numbered" });
    const missing = make("div", blocks(text.notDrawn), { id: "not-drawn" });
    byId("lists").append(numbered, missing);
    byId("lists").hidden = text.lists.length + text.notDrawn.length === 0;
    const simplified = text.simplifiedTo
      ? [`Contours simplifiés à ${written(text.simplifiedTo)}\u00a0m près pour l’écran.`]
      : [];
    for (const [id, texts] of [
      ["remarks", [...text.notes, ...simplified]],
      ["sources", text.sources],
    ]) {
      byId(id).hidden = texts.length === 0;
      byId(id).querySelector("ul").append(...items(texts));
    }
  }

  function north() {
    const arrow = draw("path", { d: "M10,1L16,19L10,15L4,19z" });
    const letter = draw("text", { x: 10, y: 31, "text-anchor": "middle" }, ["N"]);
    const attributes = { width: 20, height: 34, role: "img", "aria-label": "Le nord est en haut" };
    const control = L.control({ position: "bottomleft" });
    control.onAdd = () => make("div", [draw("svg", attributes, [arrow, letter])], { class: "north" });
    return control;
  }

  function openMap(id, options) {
    const own = { attributionControl: false, zoomControl: false, fadeAnimation: false, maxZoom: 20 };
    map = L.map(id, { ...options, ...own });
    // Cards open at the top: what is small stands at the bottom.
    const titles = { zoomInTitle: "Agrandir", zoomOutTitle: "Réduire" };
    L.control.scale({ imperial: false, maxWidth: 160 }).addTo(map);
    L.control.attribution({ prefix: "Leaflet" }).addTo(map);
    L.control.zoom({ ...titles, position: "bottomright" }).addTo(map);
    north().addTo(map);
    map.on("popupopen", ({ popup }) => {
      popup.getElement().querySelector("[href='#close']").setAttribute("aria-label", "Fermer");
    });
    return map;
  }

  const addSubjects = (data) => cdv.subjects.addSubjects(data);

  function addLayer(data) {
    const layer = cdv.layers.add(map, data);
    cdv.subjects.addPlaces(layer);
    cdv.legend.add(layer);
  }

  /* Opaque communes would hide the plan that the author asked for: they let it through. */
  function addBasemap({ url }) {
    const attribution = "© IGN – Plan IGN (Géoplateforme)";
    const tiles = L.tileLayer(url, { attribution, maxNativeZoom: 19, maxZoom: 20 });
    const show = (on) => {
      map[on ? "addLayer" : "removeLayer"](tiles);
      map.getContainer().classList.toggle("with-basemap", on);
    };
    cdv.legend.addGround("Fond de carte en ligne (IGN)", show);
    show(true);
  }

  function start(basemap) {
    if (basemap) addBasemap(basemap);
    cdv.picking.watch(map);
    cdv.selection.prepare(map);
    cdv.search.prepare();
    cdv.tables.addAll();
    cdv.printing.prepare(map);
    cdv.view.prepare(map);
    map.on("moveend resize", () => cdv.labels.declutter(map));
    cdv.labels.declutter(map);
  }

  return { openMap, addText, addSubjects, addLayer, start };
})());
