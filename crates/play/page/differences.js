// Finite differences: the error against the step, and the derivative in every direction of a plane.

import { api, asker } from "./core.js";
import { chart, color, legend } from "./chart.js";
import { clear, el, format, labelled, select, size, svg, table } from "./dom.js";
import { sliders } from "./sliders.js";

export const name = "differences";
export const title = "Finite differences";
export const defaults = { f: "exp(x)*sin(y)", at: "x=1;y=0.5", op: "", seed: "0", step: "-5", a: "0", b: "1", hidden: "", lines: "yes" };

// Errors of exactly 0 have no place on a logarithmic axis; they stand here.
const LEAST = 1e-17;
const SCHEMES = ["forward", "backward", "central", "five-point", "ridders"];

const panel = (answer, dtype, shown, model, width, height) => {
  const curves = answer.curves.filter((curve) => curve.dtype === dtype && shown(curve.scheme));
  const lines = [];
  const marks = [];
  for (const curve of curves) {
    const i = SCHEMES.indexOf(curve.scheme);
    const points = curve.points.map(({ step, error }) => [step, error === 0 ? LEAST : error]);
    lines.push({ name: curve.scheme, points, color: color(i), dash: curve.scheme === "backward" ? 2 : 0, dots: true });
    if (!model || !curve.model) continue;
    const { truncation, rounding, step } = curve.model;
    const sum = curve.points.map(({ step: h }) => [h, truncation * h ** curve.order + rounding / h]);
    lines.push({ name: `${curve.scheme}, predicted`, points: sum, color: color(i), dash: 1 });
    marks.push({ x: step, label: `${curve.scheme}: predicted best step ${format(step, 3)}`, color: color(i) });
  }
  return chart({
    title: dtype === "f64" ? "computed in F64" : "computed in F32", width, height,
    x: { label: "step h", scale: "log", range: [5e-16, 0.2] },
    y: { label: answer.exact === 0 ? "error" : "relative error", scale: "log", range: [LEAST / 2, 10] },
    lines, marks,
  });
};

const curves = (answer, shown, model, wide) => {
  const width = wide ? 560 : 400;
  const height = 360;
  const names = SCHEMES.filter(shown).map((scheme) => ({ name: scheme, color: color(SCHEMES.indexOf(scheme)), dash: scheme === "backward" ? 2 : 0 }));
  if (model) names.push({ name: "predicted: C·hᵖ + R/h", color: "ink", dash: 1 });
  const total = wide ? 2 * width : width;
  const { group, height: top } = legend(names, total);
  const drawn = ["f64", "f32"].map((dtype) => panel(answer, dtype, shown, model, width, height));
  drawn[0].setAttribute("transform", `translate(0 ${top})`);
  drawn[1].setAttribute("transform", wide ? `translate(${width} ${top})` : `translate(0 ${top + height})`);
  const whole = top + (wide ? height : 2 * height);
  return svg("svg", { viewBox: `0 0 ${total} ${whole}`, width: total, height: whole, role: "img", "aria-label": "Error against step" }, group, ...drawn);
};

// A polar picture: the length of an arm is the size of the derivative in its direction.
const polar = (compass, names) => {
  const [width, middle, radius] = [400, 200, 150];
  const numbers = [...compass.forward, ...compass.difference].filter((x) => typeof x === "number").map(Math.abs);
  const reach = Math.max(...numbers, compass.length || 0) || 1;
  const at = (angle, r) => [middle + (Math.cos(angle) * r * radius) / reach, middle - (Math.sin(angle) * r * radius) / reach];
  const picture = svg("svg", { viewBox: `0 0 ${width} ${width}`, width, height: width, role: "img", "aria-label": "The derivative in each direction" });
  for (const part of [0.5, 1]) picture.append(svg("circle", { class: "grid", cx: middle, cy: middle, r: radius * part }));
  picture.append(svg("line", { class: "grid", x1: 20, x2: width - 20, y1: middle, y2: middle }), svg("line", { class: "grid", x1: middle, x2: middle, y1: 20, y2: width - 20 }),
    svg("text", { x: width - 18, y: middle - 6, "text-anchor": "end" }, names[compass.pair[0]]), svg("text", { x: middle + 6, y: 26 }, names[compass.pair[1]]),
    svg("text", { x: middle + radius * 0.72, y: middle + radius * 0.72 + 12 }, format(reach, 4)));
  // Falling directions have a curve of their own: the same arms, dashed.
  for (const [sign, dash] of [[1, null], [-1, "5 4"]]) {
    let path = "";
    let drawing = false;
    for (const i of [...compass.angles.keys(), 0]) {
      const value = compass.forward[i] * sign;
      if (!(value >= 0)) { drawing = false; continue; }
      const [x, y] = at(compass.angles[i], value);
      path += `${drawing ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
      drawing = true;
    }
    picture.append(svg("path", { class: "line s0", d: path, "stroke-dasharray": dash }));
  }
  compass.difference.forEach((value, i) => {
    if (typeof value !== "number") return;
    const [x, y] = at(compass.angles[i], Math.abs(value));
    picture.append(svg("circle", { class: `dot ${value < 0 ? "s3" : "s1"}`, cx: x, cy: y, r: 3 },
      svg("title", {}, `${format((compass.angles[i] * 180) / Math.PI, 3)}°: difference ${format(value)}, forward mode ${format(compass.forward[i])}`)));
  });
  if (compass.length > 0) {
    const [x, y] = at(compass.angle, compass.length);
    const wing = (turn) => {
      const back = compass.angle + Math.PI + turn;
      return `L${(x + 12 * Math.cos(back)).toFixed(1)} ${(y - 12 * Math.sin(back)).toFixed(1)}`;
    };
    picture.append(svg("path", { class: "line s2 arrow", d: `M${middle} ${middle}L${x} ${y}${wing(0.4)}M${x} ${y}${wing(-0.4)}` }));
  }
  return picture;
};

const results = (answer) => table(
  ["scheme", "computed in", "best step", "error there", "predicted step", "predicted error"],
  answer.curves.map((curve) => [curve.scheme, curve.dtype.toUpperCase(), size(curve.best.step), size(curve.best.error),
    curve.model ? size(curve.model.step) : "–", curve.model ? size(curve.model.error) : "–"]),
  { id: "best" });

export const show = (root, state, signal) => {
  const error = el("p", { class: "error", id: "error", role: "alert" });
  const f = el("input", { type: "text", id: "f", spellcheck: "false", autocapitalize: "off", autocomplete: "off" });
  const operations = select({ id: "operation" }, [["", "an expression"]], "");
  const seed = el("input", { type: "number", id: "seed", min: "0", step: "1" });
  const step = el("input", { type: "range", id: "h", min: "-12", max: "0.5", step: "0.25" });
  const [first, second] = ["a", "b"].map((id) => el("select", { id }));
  const [about, stepText, picture, compass, compassText, best, values] =
    ["about", "h-text", "curves", "compass", "compass-text", "results", "values"].map((id) => el("div", { id }));
  const model = el("input", { type: "checkbox", id: "model" });
  model.checked = state.get("lines") === "yes";
  const hidden = new Set(state.get("hidden").split(",").filter(Boolean));
  const boxes = SCHEMES.map((scheme) => {
    const box = el("input", { type: "checkbox", id: `show-${scheme}` });
    box.checked = !hidden.has(scheme);
    box.addEventListener("change", () => {
      if (box.checked) hidden.delete(scheme); else hidden.add(scheme);
      state.set({ hidden: [...hidden].join(",") });
      if (answer) draw();
    });
    return el("label", { class: "row" }, box, scheme);
  });
  let answer = null;
  let wide = root.clientWidth > 800;

  const draw = () => {
    about.textContent = `${answer.about}, ${answer.along}: value ${format(answer.value)}, derivative ${format(answer.exact, 12)}`;
    picture.replaceChildren(curves(answer, (scheme) => !hidden.has(scheme), model.checked, wide));
    best.replaceChildren(results(answer));
    stepText.textContent = `h = ${format(10 ** state.number("step"), 3)}`;
    const it = answer.compass;
    for (const [control, key] of [[first, "a"], [second, "b"]]) {
      control.replaceChildren(...answer.elements.map((name, i) => el("option", { value: i }, name)));
      control.value = state.get(key);
    }
    if (!it) {
      compass.replaceChildren();
      compassText.textContent = "One element has two directions only; take an expression of two variables.";
      return;
    }
    compass.replaceChildren(polar(it, answer.elements));
    compassText.replaceChildren(
      el("p", {}, `Gradient (${it.gradient.map((x) => format(x)).join(", ")}), length ${format(it.length, 8)}: the green arrow. `
        + "The curve is the derivative in each direction by forward mode, ∇f·u; dashed where f falls. "
        + "The dots are central differences (f(x + hu) − f(x − hu))/2h. No arm is longer than the gradient; at right angles to it the derivative is 0."));
  };
  const ask = asker("differences", signal, (it) => {
    answer = it;
    error.textContent = "";
    if (it.parsed) bar.update(it.parsed);
    draw();
  }, (refusal) => {
    error.textContent = refusal.message;
  });
  const pairs = () => state.get("at").split(";").map((text) => text.trim()).filter(Boolean);
  const request = () => ask({
    operation: state.get("op"), f: state.get("f"), at: state.get("op") ? [] : pairs(), seed: Math.max(0, Math.floor(state.number("seed"))),
    pair: [state.number("a"), state.number("b")], step: 10 ** state.number("step"),
  });
  const bar = sliders(values, (at) => {
    state.set({ at: at.join(";") });
    request();
  });
  const put = () => {
    f.value = state.get("f");
    f.disabled = state.get("op") !== "";
    values.hidden = f.disabled;
    seed.value = state.get("seed");
    step.value = state.get("step");
  };
  put();
  f.addEventListener("change", async () => {
    try {
      const names = await api("backprop/names", { f: f.value }, signal);
      const old = new Map(pairs().map((pair) => [pair.split("=")[0].trim(), pair]));
      state.set({ f: f.value, at: names.map((name) => old.get(name) ?? `${name}=1`).join(";"), a: 0, b: 1 });
      request();
    } catch (refusal) {
      if (!signal.aborted) error.textContent = refusal.message;
    }
  });
  const on = (control, event, key) => control.addEventListener(event, () => {
    state.set({ [key]: control.value });
    request();
  });
  on(seed, "change", "seed");
  on(step, "input", "step");
  on(first, "change", "a");
  on(second, "change", "b");
  operations.addEventListener("change", () => {
    state.set({ op: operations.value, a: 0, b: 1 });
    put();
    request();
  });
  model.addEventListener("change", () => {
    state.set({ lines: model.checked ? "yes" : "no" });
    if (answer) draw();
  });
  addEventListener("resize", () => {
    if (wide === root.clientWidth > 800) return;
    wide = !wide;
    if (answer) draw();
  }, { signal });
  api("differences/operations", {}, signal).then((names) => {
    operations.append(...names.map((name) => el("option", { value: name }, name)));
    operations.value = state.get("op");
  }).catch((refusal) => {
    if (!signal.aborted) error.textContent = refusal.message;
  });

  clear(root);
  root.append(
    el("div", { class: "row" }, labelled("operation", operations), labelled("expression", f, { class: "field wide" }), labelled("seed", seed)),
    values, error, about,
    el("h3", {}, "Error against step"),
    el("div", { class: "row" }, boxes, el("label", { class: "row" }, model, "prediction")),
    el("div", { class: "picture" }, picture),
    el("p", { class: "dim" }, "On the right the step is too long for a curved function: truncation, C·hᵖ. On the left the values are rounded: R/h. Upright lines are the predicted best steps, where the two meet. Errors of exactly 0 stand at 1e-17."),
    best,
    el("h3", {}, "The derivative in every direction"),
    el("div", { class: "row" }, labelled("across", first), labelled("up", second), labelled("step", el("div", { class: "row" }, step, stepText))),
    el("div", { class: "columns" }, el("div", { class: "picture" }, compass), compassText));
  request();
  return { picture: () => picture.querySelector("svg") };
};
