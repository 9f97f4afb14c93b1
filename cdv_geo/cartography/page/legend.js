"use strict";

/* The legend, which is also where layers and classes are switched on and off. */
cdv.legend = (() => {
  const { byId, make, checkbox } = cdv.dom;
  const { swatches } = cdv.symbols;
  const themes = new Map(); // heading to its list

  function listOf(theme) {
    if (!themes.has(theme)) {
      const list = make("ul");
      themes.set(theme, list);
      byId("legend").prepend(make("div", theme ? [make("h3", theme), list] : [list]));
    }
    return themes.get(theme);
  }

  function show(layer, change) {
    change();
    cdv.layers.refresh(layer);
    cdv.labels.declutter(layer.map);
    cdv.view.remember();
  }

  /* A reader may want the collèges alone: classes of points have a box each. Where each symbol has
     a size of its own, the lines are a scale to read it by. */
  function classLine(layer, index, sample) {
    const text = make("span", layer.classes[index].label);
    const isScale = layer.sizes !== null;
    if (!layer.hasPoints || isScale || layer.classes.length === 1) return make("li", [sample, text]);
    const box = checkbox((on) => show(layer, () => { layer.shownClasses[index] = on; }));
    layer.classBoxes[index] = box;
    return make("li", [make("label", [box, sample, text])]);
  }

  function add(layer) {
    layer.classBoxes = [];
    layer.box = checkbox((on) => show(layer, () => { layer.shown = on; }));
    const head = make("label", [layer.box, make("span", layer.name)]);
    const classes = swatches(layer).map((sample, index) => classLine(layer, index, sample));
    const entry = make("li", [head, make("ul", classes)], { class: "layer" });
    // The legend reads from the top of the pile down.
    listOf(layer.theme).prepend(entry);
  }

  /* A line for what lies under all layers. */
  function addGround(text, onChange) {
    const box = checkbox(onChange);
    byId("legend").append(make("div", [make("label", [box, make("span", text)])], { id: "ground" }));
  }

  /* Set every box at once: `hidden` holds "2" for a layer and "2.1" for a class of it. */
  function restore(hidden) {
    for (const layer of cdv.layers.all) {
      layer.shown = layer.box.checked = !hidden.has(`${layer.rank}`);
      layer.classes.forEach((_, index) => {
        const on = !(layer.classBoxes[index] && hidden.has(`${layer.rank}.${index}`));
        layer.shownClasses[index] = on;
        if (layer.classBoxes[index]) layer.classBoxes[index].checked = on;
      });
      cdv.layers.refresh(layer);
    }
  }

  const hiddenParts = () =>
    cdv.layers.all.flatMap((layer) => [
      ...(layer.shown ? [] : [`${layer.rank}`]),
      ...layer.shownClasses.flatMap((on, index) => (on ? [] : [`${layer.rank}.${index}`])),
    ]);

  return { add, addGround, restore, hiddenParts };
})();
