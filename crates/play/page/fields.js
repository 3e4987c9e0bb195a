// What views of many lines share: a list of texts, a slider, a field, charts and tables as the library describes them.

import { chart, color, legend, rangeOf } from "./chart.js";
import { el, format, svg, table } from "./dom.js";

// Of charts: narrower on a phone, so that their texts stay large enough.
export const WIDTH = innerWidth < 500 ? 400 : 560;

const PLAIN = { type: "text", spellcheck: "false", autocapitalize: "off", autocomplete: "off" };

// A list of texts, each in a field with the colour of its line; `changed` gets them all. Gives back what sets them.
export const texts = (root, label, fresh, changed) => {
  const most = 6;
  let list = [];
  const build = () => {
    const alter = (change) => () => {
      change();
      build();
      changed(list);
    };
    const row = (text, i) => {
      const field = el("input", { ...PLAIN, value: text, "aria-label": `${label} ${i + 1}`, "data-text": i });
      field.addEventListener("change", () => {
        list[i] = field.value.trim();
        changed(list);
      });
      return el("div", { class: "row text" },
        svg("svg", { width: 22, height: 12, "aria-hidden": "true" }, svg("line", { class: `line arrow ${color(i)}`, x1: 0, x2: 22, y1: 6, y2: 6 })),
        field, el("button", { type: "button", "aria-label": `Remove ${label} ${i + 1}`, onclick: alter(() => list.splice(i, 1)), disabled: list.length === 1 }, "−"));
    };
    root.replaceChildren(...list.map(row), el("button", { type: "button", class: "add", onclick: alter(() => list.push(fresh)), disabled: list.length >= most }, `Add ${label}`));
  };
  return (all) => {
    list = [...all];
    build();
  };
};

// The parts of a list between commas that stand in no brackets.
export const split = (text) => {
  const parts = [""];
  let depth = 0;
  for (const c of text) {
    depth += "([".includes(c) - ")]".includes(c);
    if (c === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += c;
  }
  return parts.map((part) => part.trim());
};

// A slider of a number of the state; `put` shows the state's number.
export const slider = (state, key, text, [min, max, step], changed) => {
  const range = el("input", { type: "range", id: `slide-${key}`, min, max, step, "aria-label": text });
  const shown = el("output", { class: "mono" });
  const put = () => {
    range.value = state.get(key);
    shown.textContent = `${text} = ${format(state.number(key), 4)}`;
  };
  range.addEventListener("input", () => {
    state.set({ [key]: range.value });
    put();
    changed();
  });
  put();
  return { node: el("div", { class: "slider" }, shown, range), put };
};

// A field of a text of the state.
export const field = (state, key, size, changed) => {
  const control = el("input", { ...PLAIN, id: key, size, value: state.get(key) });
  control.addEventListener("change", () => {
    state.set({ [key]: control.value.trim() });
    changed();
  });
  return control;
};

// A chart of the library with its legend. An axis without a range is as long as its lines.
export const plot = (it, { width = WIDTH, height = 300, marks = [] } = {}) => {
  const axis = (axis, i) => ({ ...axis, range: axis.range ?? rangeOf(it.lines.flatMap((line) => line.points.map((point) => point[i])), axis.scale) });
  const { group, height: top } = legend(it.lines, width);
  const drawn = chart({ ...it, width, height, x: axis(it.x, 0), y: axis(it.y, 1), marks: [...it.marks, ...marks] });
  drawn.setAttribute("transform", `translate(0 ${top})`);
  return svg("svg", { viewBox: `0 0 ${width} ${top + height}`, width, height: top + height, role: "img", "aria-label": it.title }, group, drawn);
};

// A table of the library.
export const shownTable = ({ head, rows }, id) => (head.length ? table(head, rows, { id }) : table(["", ""], rows, { id, class: "facts" }));
