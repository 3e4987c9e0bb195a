// Finite differences: the error against the step, and the derivative in every direction of a plane.

import { asker, refusals } from "./core.js";
import { arrow, path, plot } from "./chart.js";
import { boxes, columns, el, figure, format, framed, h3, hint, labelled, options, range, row, select, svg, tip, wide } from "./dom.js";
import { shownTable } from "./fields.js";
import { expression } from "./sliders.js";

export const name = "differences";
export const title = "Finite differences";
export const defaults = { f: "exp(x)*sin(y)", at: "x=1;y=0.5", op: "", seed: "0", step: "-5", a: "0", b: "1", hidden: "", lines: "yes" };

const SCHEMES = ["forward", "backward", "central", "five-point", "ridders"];

// A polar picture: the length of an arm is the size of the derivative in its direction.
const polar = (compass, names) => {
  const [width, middle, radius] = [400, 200, 150];
  const numbers = [...compass.forward, ...compass.difference].filter((x) => typeof x === "number").map(Math.abs);
  const reach = Math.max(...numbers, compass.length || 0) || 1;
  const at = (angle, r) => [middle + (Math.cos(angle) * r * radius) / reach, middle - (Math.sin(angle) * r * radius) / reach];
  const picture = figure(width, width, "The derivative in each direction", {});
  for (const part of [0.5, 1]) picture.append(svg("circle", { class: "grid", cx: middle, cy: middle, r: radius * part }));
  picture.append(svg("line", { class: "grid", x1: 20, x2: width - 20, y1: middle, y2: middle }), svg("line", { class: "grid", x1: middle, x2: middle, y1: 20, y2: width - 20 }),
    svg("text", { x: width - 18, y: middle - 6, "text-anchor": "end" }, names[compass.pair[0]]), svg("text", { x: middle + 6, y: 26 }, names[compass.pair[1]]),
    svg("text", { x: middle + radius * 0.72, y: middle + radius * 0.72 + 12 }, format(reach, 4)));
  // Falling directions have a curve of their own: the same arms, dashed.
  for (const [sign, dash] of [[1, null], [-1, "5 4"]]) {
    const around = [...compass.angles.keys(), 0].map((i) => (compass.forward[i] * sign >= 0 ? at(compass.angles[i], compass.forward[i] * sign) : null));
    picture.append(svg("path", { class: "line s0", d: path(around), "stroke-dasharray": dash }));
  }
  compass.difference.forEach((value, i) => {
    if (typeof value !== "number") return;
    const [x, y] = at(compass.angles[i], Math.abs(value));
    picture.append(svg("circle", { class: `dot ${value < 0 ? "s3" : "s1"}`, cx: x, cy: y, r: 3 },
      tip(`${format((compass.angles[i] * 180) / Math.PI, 3)}°: difference ${format(value)}, forward mode ${format(compass.forward[i])}`)));
  });
  if (compass.length > 0) picture.append(svg("path", { class: "line s2 arrow", d: arrow([middle, middle], -compass.angle, (compass.length * radius) / reach) }));
  return picture;
};

export const show = (root, state, signal) => {
  const error = refusals(signal);
  const operations = select("operation", [["", "an expression"]]);
  const seed = el("input", { type: "number", id: "seed", min: "0", step: "1" });
  const step = range("h", "step h", -12, 0.5, 0.25);
  const [first, second] = [select("a", []), select("b", [])];
  const [about, stepText, inF64, inF32, compass, compassText, best] = boxes("about", "h-text", "f64", "f32", "compass", "compass-text", "results");
  const curves = columns(framed(inF64), framed(inF32));
  curves.id = "curves";
  let answer = null;
  const list = (key) => state.get(key).split(",").filter(Boolean);
  const box = (id, text, checked, set) => {
    const control = el("input", { type: "checkbox", id, checked });
    control.addEventListener("change", () => {
      state.set(set(control.checked));
      if (answer) draw();
    });
    return el("label", { class: "row" }, control, text);
  };
  const shown = SCHEMES.map((scheme) => box(`show-${scheme}`, scheme, !list("hidden").includes(scheme),
    (on) => ({ hidden: [...list("hidden").filter((other) => other !== scheme), ...(on ? [] : [scheme])].join(",") })));
  const model = box("model", "prediction", state.get("lines") === "yes", (on) => ({ lines: on ? "yes" : "no" }));

  const draw = () => {
    about.textContent = `${answer.about}, ${answer.along}: value ${format(answer.value)}, derivative ${format(answer.exact, 12)}`;
    // Names are `SCHEME`, `SCHEME, predicted` and `SCHEME: …`.
    const wanted = (words) => !list("hidden").includes(words.split(/[,:]/)[0]) && (state.get("lines") === "yes" || words.indexOf(" ") < 0);
    answer.charts.forEach((it, i) => [inF64, inF32][i].replaceChildren(
      plot({ ...it, lines: it.lines.filter((line) => wanted(line.name)), marks: it.marks.filter((mark) => wanted(mark.label)) }, { height: 360 })));
    best.replaceChildren(shownTable(answer.best, "best"));
    stepText.textContent = `h = ${format(10 ** state.number("step"), 3)}`;
    for (const control of [first, second]) {
      control.replaceChildren(...options(answer.elements.map((name, i) => [i, name])));
      control.value = state.get(control.id);
    }
    const it = answer.compass;
    compass.replaceChildren(it ? polar(it, answer.elements) : "");
    compassText.replaceChildren(it ? el("p", {}, `Gradient (${it.gradient.map((x) => format(x)).join(", ")}), length ${format(it.length, 8)}: the green arrow. `
      + "The curve is the derivative in each direction by forward mode, ∇f·u; dashed where f falls. "
      + "The dots are central differences (f(x + hu) − f(x − hu))/2h. No arm is longer than the gradient; at right angles to it the derivative is 0.")
      : "One element has two directions only; take an expression of two variables.");
  };
  const ask = asker("differences", signal, error, (it) => {
    answer = it;
    if (it.parsed) own.update(it.parsed);
    draw();
  });
  const request = () => ask({
    operation: state.get("op"), f: state.get("f"), at: state.get("op") ? [] : own.pairs(), seed: state.whole("seed"),
    pair: [state.whole("a"), state.whole("b")], step: 10 ** state.number("step"),
  });
  const own = expression(state, signal, error, { a: 0, b: 1 }, request);
  const put = () => {
    own.f.disabled = state.get("op") !== "";
    own.values.hidden = own.f.disabled;
    [seed.value, step.value] = [state.get("seed"), state.get("step")];
  };
  put();
  const on = (control, key, more) => control.addEventListener(control === step ? "input" : "change", () => {
    state.set({ [key]: control.value, ...more });
    put();
    request();
  });
  on(seed, "seed");
  on(step, "step");
  on(first, "a");
  on(second, "b");
  on(operations, "op", { a: 0, b: 1 });
  error.load("differences/operations", (names) => {
    operations.append(...options(names));
    operations.value = state.get("op");
  });

  root.append(
    row(labelled("operation", operations), wide("expression", own.f), labelled("seed", seed)),
    own.values, error.node, about,
    h3("Error against step"), row(shown, model), curves,
    hint("On the right the step is too long for a curved function: truncation, C·hᵖ. On the left the values are rounded: R/h. Upright lines are the predicted best steps, where the two meet. Errors of exactly 0 stand at 1e-17."),
    best,
    h3("The derivative in every direction"),
    row(labelled("across", first), labelled("up", second), labelled("step", row(step, stepText))),
    columns(framed(compass), compassText));
  request();
};
