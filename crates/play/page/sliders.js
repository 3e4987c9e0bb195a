// An expression and the values of its variables: a text for each, and a slider for each element.

import { api } from "./core.js";
import { el, format, input, range } from "./dom.js";

// More elements than this have no sliders.
const SLIDERS = 24;

// `[[1, 2], [3, 4]]`
const nested = (values, shape) => {
  if (!shape.length) return format(values[0], 12);
  const rest = shape.slice(1);
  const length = rest.reduce((product, n) => product * n, 1);
  const parts = Array.from({ length: shape[0] }, (_, i) => nested(values.slice(i * length, (i + 1) * length), rest));
  return `[${parts.join(", ")}]`;
};

const index = (i, shape) => {
  const places = [];
  for (const n of [...shape].reverse()) {
    places.unshift(i % n);
    i = Math.floor(i / n);
  }
  return places.length ? `[${places.join(", ")}]` : "";
};

// `changed` gets `NAME=VALUE` for all variables.
const sliders = (root, changed) => {
  let variables = [];
  let shape = "";
  let controls = [];
  const tell = () => changed(variables.map(({ name, value }) => `${name}=${value.text ?? nested(value.values, value.shape)}`));

  const one = (variable, i) => {
    const x = variable.value.values[i];
    const reach = Math.max(3, 2 * Math.abs(Number(x) || 0));
    const label = `${variable.name}${index(i, variable.value.shape)}`;
    const bar = range(null, label, -reach, reach, "any", { "data-name": label, value: x });
    const shown = el("output", { class: "mono" }, `${label} = ${format(x, 4)}`);
    bar.addEventListener("input", () => {
      variable.value.values[i] = Number(Number(bar.value).toPrecision(4));
      variable.value.text = null;
      shown.textContent = `${label} = ${format(variable.value.values[i], 4)}`;
      tell();
    });
    controls.push({ variable, i, range: bar, shown, label });
    return el("div", { class: "slider" }, shown, bar);
  };

  const build = () => {
    controls = [];
    const many = variables.reduce((sum, { value }) => sum + value.values.length, 0) > SLIDERS;
    root.replaceChildren(...variables.map((variable) => {
      const text = input({ "aria-label": `value of ${variable.name}`, "data-value": variable.name });
      text.value = nested(variable.value.values, variable.value.shape);
      text.addEventListener("change", () => {
        variable.value.text = text.value;
        tell();
      });
      controls.push({ variable, text });
      return el("div", {}, el("label", { class: "row" }, el("span", { class: "mono" }, `${variable.name} =`), text),
        many ? null : variable.value.values.map((_, i) => one(variable, i)));
    }));
  };

  // New values of an answer; the controls stay as long as names and shapes do, so that a drag is not interrupted.
  const update = (answered) => {
    variables = answered.map(({ name, value }) => ({ name, value: { ...value, values: [...value.values], text: null } }));
    const now = JSON.stringify(variables.map(({ name, value }) => [name, value.shape]));
    if (now !== shape) {
      shape = now;
      return build();
    }
    const of = new Map(variables.map((variable) => [variable.name, variable]));
    for (const control of controls) {
      control.variable.value = of.get(control.variable.name).value;
      const { value } = control.variable;
      if (control.text) {
        if (document.activeElement !== control.text) control.text.value = nested(value.values, value.shape);
      } else if (document.activeElement !== control.range) {
        const x = value.values[control.i];
        if (Math.abs(x) > Number(control.range.max)) [control.range.min, control.range.max] = [-2 * Math.abs(x), 2 * Math.abs(x)];
        control.range.value = x;
        control.shown.textContent = `${control.label} = ${format(x, 4)}`;
      }
    }
    variables = [...new Set(controls.map((control) => control.variable))];
  };
  return { update };
};

// The fields of an expression and of its values, which stand in the state as `f` and `at`; `fresh` is the rest of the state of a
// new expression.
export const expression = (state, signal, error, fresh, request) => {
  const f = input({ id: "f", value: state.get("f") });
  const values = el("div", { id: "values" });
  const pairs = () => state.get("at").split(";").map((text) => text.trim()).filter(Boolean);
  // It keeps the values of the names that it still has; new names begin at 1.
  f.addEventListener("change", async () => {
    try {
      const names = await api("backprop/names", { f: f.value }, signal);
      const old = new Map(pairs().map((pair) => [pair.split("=")[0].trim(), pair]));
      state.set({ f: f.value, at: names.map((name) => old.get(name) ?? `${name}=1`).join(";"), ...fresh });
      request();
    } catch (refusal) {
      error.put(refusal);
    }
  });
  const { update } = sliders(values, (at) => {
    state.set({ at: at.join(";") });
    request();
  });
  return { f, values, pairs, update };
};
