"use strict";

/* The view in the address: centre, zoom, what is chosen and what is hidden. Anybody may have
   written an address, so what is not understood is left out, and nothing is ever raised. */
cdv.view = (() => {
  const { byId } = cdv.dom;
  const PLACE = /^(-?\d{1,2}(?:\.\d{1,8})?)\/(-?\d{1,3}(?:\.\d{1,8})?)\/(\d{1,2}(?:\.\d{1,3})?)$/;
  const [HIGHEST, FARTHEST, CLOSEST] = [85, 180, 22];
  let map;
  let isRestoring = true; // until the page stands

  function written() {
    const { lat, lng } = map.getCenter();
    const place = [lat.toFixed(5), lng.toFixed(5), Number(map.getZoom().toFixed(2))].join("/");
    const hidden = cdv.legend.hiddenParts();
    const parts = [
      ["carte", place],
      ["choix", encodeURIComponent(cdv.selection.key())],
      ["masque", hidden.join(",")],
    ];
    return `#${parts.filter(([, text]) => text).map((part) => part.join("=")).join("&")}`;
  }

  /* Keep the address in step with the view, without a step in the history for each. */
  function remember() {
    if (isRestoring) return;
    try {
      history.replaceState(null, "", written());
    } catch {
      // A browser may refuse this to a file, or after too many at once; the button still works.
    }
  }

  function placeIn(text) {
    const [, ...numbers] = (PLACE.exec(text ?? "") ?? []).map(Number);
    const [latitude, longitude, zoom] = numbers;
    const isPlace = numbers.length === 3 && Math.abs(latitude) <= HIGHEST
      && Math.abs(longitude) <= FARTHEST && zoom <= CLOSEST;
    return isPlace ? { at: [latitude, longitude], zoom } : null;
  }

  /* An address without a place is that of a heading of the page, and says nothing of the view. */
  function restore() {
    const parts = new URLSearchParams(location.hash.slice(1));
    const place = placeIn(parts.get("carte"));
    if (place === null) return;
    isRestoring = true;
    cdv.selection.clear();
    cdv.legend.restore(new Set((parts.get("masque") ?? "").split(",")));
    map.setView(place.at, place.zoom, { animate: false });
    const thing = cdv.subjects.things.get(parts.get("choix"));
    if (thing) cdv.selection.select(thing, { focus: false, pan: false });
    cdv.labels.declutter(map);
    isRestoring = false;
  }

  async function copy() {
    const address = `${location.href.split("#")[0]}${written()}`;
    try {
      await navigator.clipboard.writeText(address);
      byId("copied").textContent = "Lien copié";
    } catch {
      // No clipboard for this page: the reader copies the text.
      const field = byId("link");
      field.hidden = false;
      field.value = address;
      field.focus();
      field.select();
      byId("copied").textContent = "Lien à copier";
    }
  }

  function prepare(page) {
    map = page;
    byId("copy-link").addEventListener("click", copy);
    window.addEventListener("hashchange", restore);
    isRestoring = false;
    restore();
    map.on("moveend", remember);
  }

  return { prepare, remember };
})();
