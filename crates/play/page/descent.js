// Descent: optimizers side by side on a surface; a ball that can be dropped anywhere; a step at a time.

import { asker, refusals } from "./core.js";
import { MARGIN, WIDTH, arrow, chart, color, path, plot, scaler } from "./chart.js";
import { boxes, button, columns, el, figure, format, framed, hint, input, labelled, options, range, row, select, svg, table, tip, wide } from "./dom.js";
import { field, player, shownTable, split, texts } from "./fields.js";
import { lessons } from "./lessons.js";

export const name = "descent";
export const title = "Descent";
export const defaults = {
  surface: "quadratic", x: "", y: "", window: "", steps: "60", lr: "", t: "500", optimizers: "sgd:lr=0.4,momentum:lr=0.4:beta=0.5,adam:lr=0.4",
  beta: "0.5", eta: "0.4", lambda: "4", kappa: "20", gamma: "0.9", angle: "60", rate: "0.5", seed: "3",
};

const [HEIGHT, ARROW] = [440, 42];
const numeric = (values) => values.every((value) => typeof value === "number");

// The map: axes and contours once, what moves in a layer above them.
const map = (it) => {
  const [x, y] = it.window;
  const line = it.dimensions === 1;
  const box = [MARGIN.left, MARGIN.top, WIDTH - MARGIN.right, HEIGHT - MARGIN.bottom];
  const [toX, toY] = [scaler({ range: x }, box[0], box[2]), scaler({ range: y }, box[3], box[1])];
  const along = (list) => path(list.map((at) => (numeric(at) ? [toX(at[0]), toY(at[1])] : null)));
  const inside = (...nodes) => svg("g", { "clip-path": "url(#window)" }, ...nodes);
  const layer = inside();
  const node = figure(WIDTH, HEIGHT, "Paths over contours: click or drag to drop the ball, arrow keys move it", { id: "map", tabindex: "0", role: "application" },
    svg("clipPath", { id: "window" }, svg("rect", { x: box[0], y: box[1], width: box[2] - box[0], height: box[3] - box[1] })),
    chart({ title: it.formula, width: WIDTH, height: HEIGHT, lines: [], x: { label: "x", range: x }, y: { label: line ? "f" : "y", range: y } }),
    inside(it.levels.map(({ value, lines }) => svg("path", { class: "contour", d: lines.map(along).join("") }, tip(`f = ${format(value, 4)}`))),
      line ? svg("path", { class: "contour", d: along(it.curve) }) : null,
      it.minima.map(([a, b]) => svg("path", { class: "minimum", d: `M${toX(a) - 6} ${toY(b) - 6}l12 12m0 -12l-12 12` }, tip(`minimum at ${format(a, 4)}, ${format(b, 4)}`)))),
    layer);
  // Where a pointer is, in the window.
  const place = (event) => {
    const { left, top, width } = node.getBoundingClientRect();
    const part = [((event.clientX - left) * WIDTH / width - box[0]) / (box[2] - box[0]), ((event.clientY - top) * WIDTH / width - box[3]) / (box[1] - box[3])];
    return part.map((p, i) => Number((it.window[i][0] + Math.min(Math.max(p, 0), 1) * (it.window[i][1] - it.window[i][0])).toPrecision(4)));
  };
  // An arrow of one length in the direction in which a small move is seen.
  const pointer = ([px, py], [dx, dy], kind, words) => {
    const [ux, uy] = [toX(dx) - toX(0), line ? 0 : toY(dy) - toY(0)];
    if (!(ux * ux + uy * uy > 0)) return null;
    return svg("path", { class: `line arrow ${kind}`, d: arrow([toX(px), toY(py)], Math.atan2(uy, ux), ARROW) }, tip(words));
  };
  return { node, layer, along, toX, toY, place, pointer, window: it.window, line };
};

export const show = (root, state, signal) => {
  const error = refusals(signal);
  const [picture, values, results, facts, people, about] = boxes("map-box", "values", "results", "facts", "people", "about");
  const [surfaces, presets] = [select("surface", [["", "an expression"]]), select("preset", [["", "choose …"]])];
  const time = range("time", "step", 0, 0, 1, { class: "progress" });
  const timeText = el("output", { class: "mono", id: "time-text" });
  let [answer, view] = [null, null];

  const number = (key) => (state.get(key) === "" ? null : state.number(key));
  const last = () => (answer ? Math.max(...answer.walks.map((walk) => walk.points.length - 1)) : 0);
  const now = () => Math.min(Math.max(0, Math.round(state.number("t"))), last());
  const pair = (values) => (values.length === 1 || view.line ? format(values[0], 5) : `(${values.map((x) => format(x, 5)).join(", ")})`);
  const moved = ({ points }, i) => (i && numeric(points[i]) ? points[i].map((x, k) => x - points[i - 1][k]) : [0, 0]);

  // What moves: the paths up to the step, the balls and their arrows, and the numbers there.
  const draw = () => {
    if (!answer || !view) return;
    const t = now();
    [time.max, time.value] = [last(), t];
    timeText.textContent = `step ${t} of ${last()}`;
    const at = (walk, i) => (view.line ? [walk.points[i][0], walk.values[i]] : walk.points[i]);
    const one = (walk, i) => {
      const end = Math.min(t, walk.points.length - 1);
      const list = walk.points.slice(0, end + 1).map((_, k) => at(walk, k)).filter(numeric);
      const [here, gradient, step] = [at(walk, end), walk.gradients[end], moved(walk, end)];
      return [svg("path", { class: `line ${color(i)}`, d: view.along(list) }),
        ...(list.length < 120 ? list : []).map(([a, b]) => svg("circle", { class: `dot ${color(i)}`, cx: view.toX(a), cy: view.toY(b), r: 2.2 })),
        ...(numeric(here) ? [view.pointer(here, gradient.map((g) => -g), `${color(i)} downhill`, `${walk.name}: against the gradient ${pair(gradient)}`),
          view.pointer(here, step, color(i), `${walk.name}: the last step ${pair(step)}`),
          svg("circle", { class: `ball ${color(i)}`, cx: view.toX(here[0]), cy: view.toY(here[1]), r: 6 }, tip(walk.name))] : [])];
    };
    const [x, y] = at(answer.walks[0], 0);
    view.layer.replaceChildren(...answer.walks.flatMap(one).filter(Boolean), svg("circle", { id: "start", cx: view.toX(x), cy: view.toY(y), r: 9 }, tip("the start: drag it")));
    facts.replaceChildren(table(["optimizer", "place", "f", "gradient there", "last step", "its lr", "remembered"], answer.walks.map((walk) => {
      const i = Math.min(t, walk.points.length - 1);
      const memory = walk.memory.map(({ name, values }) => (i ? `${name} = ${pair(values[i - 1])}` : "")).join(", ");
      return [walk.name, pair(walk.points[i]), format(walk.values[i]), pair(walk.gradients[i]), pair(moved(walk, i)), i ? format(walk.rates[i - 1], 4) : "–", memory || "–"];
    }), { id: "now" }));
    planes.runs(answer.walks, t);
  };
  const ask = asker("descent", signal, error, (it) => {
    answer = it;
    [xs, ys].forEach((control, i) => document.activeElement === control || (control.value = format(it.start[i])));
    values.replaceChildren(plot(it.values, { height: 380 }));
    results.replaceChildren(shownTable(it.ends, "ends"));
    draw();
  });
  const askSurface = asker("descent/surface", signal, error, (it) => {
    view = map(it);
    ys.disabled = view.line;
    about.textContent = `${it.name}: ${it.formula}${it.note && `. ${it.note}`}`;
    picture.replaceChildren(view.node);
    listen(view.node);
    draw();
  });
  const run = () => ask({ surface: state.get("surface"), start: number("x") === null ? null : [number("x"), number("y") ?? 0], steps: state.whole("steps"), optimizers: split(state.get("optimizers")), lr: number("lr") });
  const both = () => {
    const w = state.get("window").split(",").map(Number);
    askSurface({ surface: state.get("surface"), window: w.length === 4 ? [w.slice(0, 2), w.slice(2)] : null });
    run();
  };
  // A surface of the list, or an expression, which stands in its field.
  const naming = () => {
    const text = state.get("surface");
    surfaces.value = text;
    // Until the list is there nobody knows.
    if (surfaces.value === text || surfaces.options.length < 2) return;
    surfaces.value = "";
    f.value = text;
  };
  const change = (changes) => {
    state.set(changes);
    naming();
    for (const control of [steps, lr]) control.value = state.get(control.id);
    setPeople(split(state.get("optimizers")));
    both();
  };
  const drop = ([x, y]) => {
    state.set({ x, y: view.line ? 0 : y });
    run();
  };
  const listen = (node) => {
    node.addEventListener("pointerdown", (event) => {
      // A finger scrolls the page unless it is on the ball.
      if (event.pointerType !== "mouse" && event.target.id !== "start") return;
      node.setPointerCapture(event.pointerId);
      drop(view.place(event));
    });
    node.addEventListener("pointermove", (event) => node.hasPointerCapture(event.pointerId) && drop(view.place(event)));
    node.addEventListener("click", (event) => drop(view.place(event)));
    node.addEventListener("keydown", (event) => {
      const turn = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!turn || !answer) return;
      event.preventDefault();
      event.stopPropagation();
      drop(answer.start.map((x, i) => Number((x + (turn[i] * (view.window[i][1] - view.window[i][0])) / 50).toPrecision(6))));
    });
  };
  const zoom = (factor) => () => {
    if (view && !view.line) change({ window: view.window.flatMap(([low, high]) => [-1, 1].map((side) => Number(((low + high + side * factor * (high - low)) / 2).toPrecision(6)))).join(",") });
  };
  const go = (t) => {
    state.set({ t: Math.min(Math.max(0, t), last()) });
    draw();
  };
  const play = player(signal, { now, last, go, pause: 60, stride: () => Math.max(1, Math.round(last() / 150)) });
  time.addEventListener("input", () => go(Number(time.value)));

  const setPeople = texts(people, "optimizer", "adam:lr=0.1", (list) => {
    state.set({ optimizers: list.join(",") });
    run();
  });
  const own = () => change({ surface: f.value.trim(), x: "", y: "", window: "" });
  const f = input({ id: "f", value: "x^2 + 10*y^2", onchange: own });
  const [xs, ys, steps, lr] = ["x", "y", "steps", "lr"].map((key) => field(state, key, run, { size: 7, placeholder: key === "lr" ? "best" : null }));
  surfaces.addEventListener("change", () => (surfaces.value ? change({ surface: surfaces.value, x: "", y: "", window: "" }) : own()));
  error.load("descent/choices", (all) => {
    surfaces.append(...options(all.surfaces));
    naming();
    presets.append(...options(all.presets.map(({ name }, i) => [i, name])));
    presets.addEventListener("change", () => {
      const it = all.presets[presets.value];
      if (it) change({ surface: it.surface, optimizers: it.optimizers.join(","), steps: it.steps, x: "", y: "", window: "", lr: "", t: 500 });
    });
  });

  const planes = lessons(state, signal, error);
  root.append(
    row(labelled("try", presets), labelled("surface", surfaces), wide("expression of x and y", f)),
    row(labelled("start x", xs), labelled("y", ys), labelled("steps", steps), labelled("lr of the others", lr)),
    people, error.node, about,
    row(play.node, time, timeText, button("in", "Nearer", zoom(0.5)), button("out", "Farther", zoom(2)), button("whole", "Whole", () => change({ window: "" }))),
    columns(framed(picture), framed(values)),
    hint("Click or drag to drop the ball; on the map the arrow keys move it, elsewhere ← and → go a step and Space plays. A full arrow is the last step, the velocity; a dashed one points against the gradient. Directions are true, lengths stand in the table."),
    facts, results, planes.node);
  change({});
  return { key: play.key };
};
