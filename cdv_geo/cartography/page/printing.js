"use strict";

/* On paper the map has another shape than on screen, and must be drawn for it before. */
cdv.printing = (() => {
  function prepare(map) {
    let before = null;
    const fitted = (bounds) => {
      map.invalidateSize({ animate: false, pan: false });
      map.options.zoomSnap = 0;
      map.fitBounds(bounds, { animate: false });
      cdv.labels.declutter(map);
    };
    window.addEventListener("beforeprint", () => {
      if (before) return;
      before = { centre: map.getCenter(), zoom: map.getZoom(), snap: map.options.zoomSnap };
      const bounds = map.getBounds();
      document.documentElement.classList.add("printing");
      fitted(bounds);
    });
    window.addEventListener("afterprint", () => {
      if (!before) return;
      document.documentElement.classList.remove("printing");
      map.invalidateSize({ animate: false, pan: false });
      map.setView(before.centre, before.zoom, { animate: false });
      map.options.zoomSnap = before.snap;
      cdv.labels.declutter(map);
      before = null;
    });
  }

  return { prepare };
})();
