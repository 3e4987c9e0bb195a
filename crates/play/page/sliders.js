// The values of variables: a text for each, and a slider for each element. `changed` gets `NAME=VALUE` for all of them.

import { el, format } from "./dom.js";

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

export const sliders = (root, changed) => {
  let variables = [];
  let shape = "";
  let controls = [];
  const tell = () => changed(variables.map(({ name, value }) => `${name}=${value.text ?? nested(value.values, value.shape)}`));

  const one = (variable, i) => {
    const x = variable.value.values[i];
    const reach = Math.max(3, 2 * Math.abs(Number(x) || 0));
    const label = `${variable.name}${index(i, variable.value.shape)}`;
    const range = el("input", { type: "range", min: -reach, max: reach, step: "any", "aria-label": label, "data-name": label });
    range.value = x;
    const shown = el("output", { class: "mono" }, `${label} = ${format(x, 4)}`);
    range.addEventListener("input", () => {
      variable.value.values[i] = Number(Number(range.value).toPrecision(4));
      variable.value.text = null;
      shown.textContent = `${label} = ${format(variable.value.values[i], 4)}`;
      tell();
    });
    controls.push({ variable, i, range, shown, label });
    return el("div", { class: "slider" }, shown, range);
  };

  const build = () => {
    controls = [];
    const many = variables.reduce((sum, { value }) => sum + value.values.length, 0) > SLIDERS;
    root.replaceChildren(...variables.map((variable) => {
      const text = el("input", { type: "text", "aria-label": `value of ${variable.name}`, "data-value": variable.name, spellcheck: "false" });
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
