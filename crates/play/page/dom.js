// Elements of HTML and SVG, and numbers as text.

const SVG = "http://www.w3.org/2000/svg";

const fill = (node, attributes, children) => {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "textContent") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
};

// el("p", { id: "facts" }, "None yet.")
export const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

// svg("circle", { cx: 1, cy: 2, r: 3 })
export const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

// A drawing of a size, and what it shows.
export const figure = (width, height, label, attributes, ...children) =>
  svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label, ...attributes }, ...children);
// What a part of it says when it is pointed at.
export const tip = (text) => svg("title", {}, text);

// A number of an answer with so many significant digits; texts (NaN, inf) stay.
export const format = (x, digits = 6) => {
  if (typeof x !== "number") return x === null || x === undefined ? "–" : String(x);
  if (x === 0) return "0";
  const size = Math.abs(x);
  if (size < 1e-4 || size >= 1e7) return x.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e");
  return String(Number(x.toPrecision(digits)));
};

// The size of an error.
export const size = (x) => (x === 0 ? "0" : typeof x === "number" ? x.toExponential(1).replace("e+", "e") : format(x));

// Empty elements by their ids.
export const boxes = (...ids) => ids.map((id) => el("div", { id }));

export const h3 = (text) => el("h3", {}, text);
export const hint = (text) => el("p", { class: "dim" }, text);
export const remark = (text) => el("p", { class: "remark" }, text);
export const row = (...nodes) => el("div", { class: "row" }, ...nodes);
export const columns = (...nodes) => el("div", { class: "columns" }, ...nodes);
export const button = (id, text, onclick, more) => el("button", { type: "button", id, onclick, ...more }, text);

// A field of text, which no spelling and no completion touches.
export const input = (attributes) => el("input", { type: "text", spellcheck: "false", autocapitalize: "off", autocomplete: "off", ...attributes });

export const range = (id, label, min, max, step, more) => el("input", { type: "range", id, min, max, step, "aria-label": label, ...more });

// A control with its label.
export const labelled = (text, control, kind = "field") => el("label", { class: kind }, el("span", {}, text), control);
export const wide = (text, control) => labelled(text, control, "field wide");

// Options: values, or pairs of a value and a text.
export const options = (list) => list.map((it) => el("option", { value: [it].flat()[0] }, [it].flat().at(-1)));
export const select = (id, list) => el("select", { id }, options(list));

// A table: names of columns, rows of texts or elements.
export const table = (head, rows, attributes = {}) =>
  el("div", { class: "scroll" },
    el("table", attributes,
      el("thead", {}, el("tr", {}, head.map((text) => el("th", { scope: "col" }, text)))),
      el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((cell) => el("td", { class: cell === "DIFFERS" ? "bad" : null }, cell)))))));

// A drawing in its frame, with the buttons that save it, which `main.js` listens to. The file has the name of the drawing's id.
export const framed = (node, attributes) =>
  el("figure", {}, el("div", { class: "picture", ...attributes }, node),
    el("div", { class: "saves" }, ["svg", "png"].map((kind) => {
      const label = `Save this picture as ${kind.toUpperCase()}`;
      return el("button", { type: "button", "data-save": kind, "aria-label": label, title: label }, `↓ ${kind.toUpperCase()}`);
    })));
