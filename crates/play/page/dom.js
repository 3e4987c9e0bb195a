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

// el("button", { type: "button", onclick: go }, "Go")
export const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

// svg("circle", { cx: 1, cy: 2, r: 3 })
export const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

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

// A table: names of columns, rows of texts or elements.
export const table = (head, rows, attributes = {}) =>
  el("div", { class: "scroll" },
    el("table", attributes,
      el("thead", {}, el("tr", {}, head.map((text) => el("th", { scope: "col" }, text)))),
      el("tbody", {}, rows.map((row) => el("tr", { class: row.kind }, (row.cells ?? row).map((cell) => el("td", {}, cell)))))));

// A control with its label.
export const labelled = (text, control, attributes = {}) =>
  el("label", { class: "field", ...attributes }, el("span", {}, text), control);

// Options of a select, chosen by value.
export const select = (attributes, options, value) => {
  const control = el("select", attributes, options.map(([key, text]) => el("option", { value: key }, text)));
  control.value = value;
  return control;
};

export const clear = (node) => node.replaceChildren();
