// What views share: a list of texts, a slider, a field, a button that goes on by itself, a table as the library describes it.

import { color } from "./chart.js";
import { button, el, format, input, range, svg, table } from "./dom.js";

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
    const line = (text, i) => {
      const field = input({ value: text, "aria-label": `${label} ${i + 1}`, "data-text": i });
      field.addEventListener("change", () => {
        list[i] = field.value.trim();
        changed(list);
      });
      return el("div", { class: "row text" },
        svg("svg", { width: 22, height: 12, "aria-hidden": "true" }, svg("line", { class: `line arrow ${color(i)}`, x1: 0, x2: 22, y1: 6, y2: 6 })),
        field, button(null, "−", alter(() => list.splice(i, 1)), { "aria-label": `Remove ${label} ${i + 1}`, disabled: list.length === 1 }));
    };
    root.replaceChildren(...list.map(line), button(`add-${label}`, `Add ${label}`, alter(() => list.push(fresh)), { class: "add", disabled: list.length >= most }));
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
  const bar = range(`slide-${key}`, text, min, max, step);
  const shown = el("output", { class: "mono" });
  const put = () => {
    bar.value = state.get(key);
    shown.textContent = `${text} = ${format(state.number(key), 4)}`;
  };
  bar.addEventListener("input", () => {
    state.set({ [key]: bar.value });
    put();
    changed();
  });
  put();
  return { node: el("div", { class: "slider" }, shown, bar), put };
};

// A field of a text of the state.
export const field = (state, key, changed, more) => {
  const control = input({ id: key, value: state.get(key), ...more });
  control.addEventListener("change", () => {
    state.set({ [key]: control.value.trim() });
    changed();
  });
  return control;
};

// A button that goes on by itself, and what keys do: `now()` and `last()` say where a view stands, `go(to)` goes there.
export const player = (signal, { now, last, go, pause, stride = () => 1 }) => {
  let timer = null;
  const stop = () => {
    clearInterval(timer);
    timer = null;
    node.textContent = "Play";
  };
  const toggle = () => {
    if (timer !== null || last() <= 0) return stop();
    if (now() >= last()) go(0);
    node.textContent = "Pause";
    timer = setInterval(() => {
      go(now() + stride());
      if (now() >= last()) stop();
    }, pause);
  };
  const node = button("play", "Play", toggle, { title: "Space" });
  signal.addEventListener("abort", stop);
  const key = ({ key }) => {
    const to = { ArrowLeft: now() - 1, ArrowRight: now() + 1, Home: 0, End: last() }[key];
    if (key === " ") toggle();
    else if (to !== undefined) go(to);
    else return false;
    return true;
  };
  return { node, stop, key };
};

// A table of the library.
export const shownTable = ({ head, rows }, id) => (head.length ? table(head, rows, { id }) : table(["", ""], rows, { id, class: "facts" }));
