"use strict";

/* The scripts of the page hang what they share on this object. */
const cdv = {};

/* Elements and texts. Every text reaches the page through textContent, so that a name that looks
   like HTML is shown as it is written. */
cdv.dom = (() => {
  const byId = (id) => document.getElementById(id);

  /* Blocks of JSON are read by the parser of JSON, which is faster than that of scripts. */
  const data = (id) => JSON.parse(byId(id).textContent);

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

  function button(content, onClick, attributes = {}) {
    const node = make("button", content, { type: "button", ...attributes });
    node.addEventListener("click", onClick);
    return node;
  }

  function checkbox(onChange) {
    const box = make("input", "", { type: "checkbox" });
    box.checked = true;
    box.addEventListener("change", () => onChange(box.checked));
    return box;
  }

  const items = (texts) => texts.map((text) => make("li", text));

  /* Without accents or capitals, as people type. */
  const folded = (text) =>
    text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("œ", "oe")
      .replaceAll("æ", "ae").replaceAll("’", "'");

  /* A number as the French write it. Intl does the same, and takes 50 ms to begin. */
  function written(number) {
    const [whole, decimals] = String(number).split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
    return decimals ? `${grouped},${decimals}` : grouped;
  }

  const counted = (count, singular, plural) =>
    `${written(count)} ${count > 1 ? plural : singular}`;

  /* The first line is the name; what follows on a label is said more quietly. */
  const firstLine = (text) => text.split("\n")[0];

  return { byId, data, make, draw, button, checkbox, items, folded, written, counted, firstLine };
})();
