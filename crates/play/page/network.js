// A network learns: points of the plane, a model, and its training as it goes.

import { api } from "./core.js";
import { color, rangeOf } from "./chart.js";
import { clear, el, format, labelled, select, svg } from "./dom.js";
import { button, cells, charts, drawing, palette, remember, sized, trainer } from "./training.js";

export const name = "network";
export const title = "A network learns";
export const defaults = {
  data: "moons", f: "sin(3*x) - y", points: "", n: "200", noise: "0.15", classes: "2", held: "0.25", dseed: "0", layers: "16,16",
  act: "relu", drop: "0", bn: "no", loss: "binary_cross_entropy_with_logits", opt: "adam:lr=0.01", sched: "", batch: "0", seed: "0", speed: "100",
};

// Controls: the key of the state, the label, the kind, and for which data it is there, if not for all.
const MADE = "moons circles xor spiral function";
const FIELDS = [
  ["data", "data", "moons circles xor spiral function points"], ["f", "function of x and y", "text", "function"], ["points", "points: x, y, class; …", "text", "points"],
  ["n", "points", "number", MADE], ["noise", "noise", "number", MADE], ["classes", "arms", "number", "spiral"], ["held", "held out", "number", MADE], ["dseed", "seed of the data", "number", MADE],
  ["layers", "layers: units of each", "text"], ["act", "activation", ""], ["drop", "dropout", "number"], ["bn", "batch norm", "no yes"], ["loss", "loss", ""],
  ["opt", "optimizer, with settings", "text"], ["sched", "schedule (else the optimizer's rate)", "text"], ["batch", "batch (0: all)", "number"], ["seed", "seed", "number"],
];
const SPEEDS = [5, 30, 100, 1000, ""].map((n) => [n, n ? `${n} steps a second` : "as fast as it goes"]);

const handPoints = (text) => text.split(";").filter((part) => part.trim()).map((part) => part.split(",").map(Number));

// The state as a request. What is no number goes as null, which the server refuses by its name.
const requestOf = (state) => {
  const number = (key) => Number(state.get(key));
  const hand = state.get("data") === "points";
  return {
    data: state.get("data"), f: state.get("f"), points: hand ? handPoints(state.get("points")) : [], n: number("n"), noise: number("noise"), classes: number("classes"),
    held_out: hand ? 0 : number("held"), data_seed: number("dseed"), layers: state.get("layers").split(/[ ,]+/).filter(Boolean).map(Number), activation: state.get("act"), dropout: number("drop"),
    batch_norm: state.get("bn") === "yes", loss: state.get("loss"), optimizer: state.get("opt"), schedule: state.get("sched"), batch: number("batch"), seed: number("seed"),
  };
};

const SIZE = 440;
const ground = ({ classes, sure }, mix) => (i) => mix(`s${classes[i]}`, 0.08 + (0.62 * (sure.charCodeAt(i) - 48)) / 63);
const tint = (mix, part) => (part < 0 ? mix("s0", -part) : mix("s1", part));

// The points, over the canvas with the regions.
const dots = ({ plane: [low, high], train, test }) => {
  const at = (x) => ((x - low) / (high - low)) * SIZE;
  const dot = (hollow) => ([x, y, kind]) => {
    const look = { class: `point k${kind} ${hollow ? "hollow" : "full"}` };
    const [cx, cy] = [at(x), SIZE - at(y)];
    return kind % 2 ? svg("rect", { x: cx - 3.5, y: cy - 3.5, width: 7, height: 7, ...look }) : svg("circle", { cx, cy, r: 4, ...look });
  };
  return [...test.map(dot(true)), ...train.map(dot(false))];
};

const TILE = 44;
const units = (canvas, { side, maps, reach }, mix) => {
  const across = Math.max(1, Math.floor((canvas.parentElement.clientWidth || 340) / TILE));
  const context = sized(canvas, Math.min(across, maps.length) * TILE, Math.ceil(maps.length / across) * TILE);
  maps.forEach((map, unit) => {
    const [x, y, size] = [(unit % across) * TILE + 1, Math.floor(unit / across) * TILE + 1, TILE - 4];
    cells(context, side, side, (i) => tint(mix, (map.charCodeAt(i) - 80) / 31), [x, y, size, size]);
    context.strokeStyle = `rgb(${mix(reach[unit] === 0 ? "bad" : "line", 1)})`;
    context.strokeRect(x, y, size, size);
    if (reach[unit] !== 0) return;
    // Nothing comes out of it.
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + size, y + size);
    context.stroke();
  });
};

const heat = (canvas, shape, values, mix) => {
  const [rows, columns] = shape.length > 1 ? shape : [1, shape[0]];
  const cell = Math.max(2, Math.min(10, Math.floor(120 / columns), Math.floor(96 / rows)));
  const context = sized(canvas, cell * columns, cell * rows);
  if (!values) return;
  const reach = values.reduce((most, x) => Math.max(most, Math.abs(x) || 0), 0) || 1;
  cells(context, columns, rows, (i) => tint(mix, (Number(values[i]) || 0) / reach), [0, 0, cell * columns, cell * rows]);
};

const bars = (canvas, histogram, mix) => {
  const [width, height] = [110, 40];
  const context = sized(canvas, width, height);
  if (!histogram) return;
  const { low, high, counts } = histogram;
  const most = Math.max(...counts, 1);
  context.fillStyle = `rgb(${mix("s0", 1)})`;
  counts.forEach((count, i) => context.fillRect((i * width) / counts.length, height, width / counts.length - 1, (-count / most) * height));
  context.fillStyle = `rgb(${mix("ink", 1)})`;
  context.fillRect((-low / (high - low)) * width, 0, 1, height);
  canvas.title = `from ${format(low, 3)} to ${format(high, 3)}`;
};

const curves = (history, flow, names, width) => {
  const line = (list) => (name, i) => ({ name, color: color(i), dash: Math.floor(i / 7), points: list.map((row) => [row[0], row[i + 1]]) });
  const losses = ["batch", "trained on", "held out"].map(line(history)).filter(({ points }) => points.some(([, y]) => typeof y === "number"));
  const all = (lines) => lines.flatMap(({ points }) => points.map(([, y]) => y)).filter((y) => typeof y === "number");
  // Over a few tens a logarithmic axis has too few marks.
  const scale = (values) => (Math.min(...values) > 0 && Math.max(...values) > 30 * Math.min(...values) ? "log" : "linear");
  const norms = names.map(line(flow));
  const x = { label: "step", scale: "linear", range: [0, Math.max(1, history.at(-1)?.[0] ?? 1)] };
  const part = (title, label, lines) => ({ title, x, lines, y: { label, scale: scale(all(lines)), range: rangeOf(all(lines), scale(all(lines))) } });
  return charts([part("Loss", "loss", losses), part("Gradient flow", "norm of the gradient", norms)], width, "Loss and gradient norms");
};

const percent = ({ loss, right }) => `loss ${format(loss, 6)}${right === null ? "" : `, ${format(100 * right, 4)} % right`}`;

export const show = (root, state, signal) => {
  const [facts, rate, warnings, picked] = ["facts", "rate", "warnings", "picked"].map((id) => el("p", { id }));
  const [curveRoot, layerRoot, parameterRoot, snapshot] = ["charts", "layers-seen", "parameters", "snapshot"].map((id) => el("div", { id }));
  const canvas = el("canvas", {});
  const overlay = svg("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, width: SIZE, height: SIZE, role: "img", "aria-label": "The plane: points and what the model says" });
  const plane = el("div", { id: "plane" }, canvas, overlay);
  let [begin, frame, history, flow, names, rows, drawn, charted, counted] = [null, null, [], [], [], null, 0, 0, [0, 0, 0]];
  layerRoot.className = "columns";
  let mix = palette();
  const it = trainer({
    view: "network", signal, speed: () => state.get("speed"),
    request: () => {
      [begin, frame, history, flow, rows] = [null, null, [], [], null];
      return requestOf(state);
    },
    begin: (told) => {
      begin = told;
      overlay.replaceChildren(...dots(begin));
    },
    frame: (told) => {
      frame = told;
      remember(history, [frame.step, frame.mean, frame.train.loss, frame.test?.loss]);
      const weights = frame.parameters.filter((parameter) => parameter.gradient_norm !== null);
      names = weights.map((parameter) => parameter.name);
      remember(flow, [frame.step, ...weights.map((parameter) => parameter.gradient_norm)]);
      due();
    },
    // Points can be put before there are enough of them.
    fail: () => {
      begin ??= { plane: [-1.1, 1.1], test: [], train: requestOf(state).points.filter(([x, y]) => Number.isFinite(x + y)) };
      if (!frame) overlay.replaceChildren(...dots(begin));
    },
  });

  const controls = new Map(FIELDS.map(([key, label, kind]) => {
    const typed = kind === "text" || kind === "number";
    const control = typed ? el("input", { type: kind, id: key, step: "any", spellcheck: "false", autocapitalize: "off", list: key === "opt" ? "optimizers" : null })
      : select({ id: key }, (kind || state.get(key)).split(" ").map((word) => [word, word]), state.get(key));
    control.addEventListener("change", () => set({ [key]: control.value }));
    return [key, { control, field: labelled(label, control, { class: kind === "text" ? "field wide" : "field" }) }];
  }));
  const put = () => {
    for (const [key, , , data] of FIELDS) {
      controls.get(key).control.value = state.get(key);
      controls.get(key).field.hidden = Boolean(data) && !data.split(" ").includes(state.get("data"));
    }
    hand.hidden = state.get("data") !== "points";
  };
  const set = (changes) => {
    state.set(changes);
    put();
    it.restart();
  };
  const putPoints = (change) => set({ points: change(handPoints(state.get("points"))).map((point) => point.join(",")).join(";") });
  const brush = select({ id: "brush" }, [0, 1, 2, 3, 4, 5].map((i) => [i, `class ${i}`]), "0");
  const hand = el("div", { class: "row" }, labelled("a click puts a point of", brush), button("undo", "Take back", () => putPoints((list) => list.slice(0, -1))), button("none", "Clear", () => putPoints(() => [])));
  plane.addEventListener("click", (event) => {
    if (state.get("data") !== "points") return;
    const [low, high] = begin?.plane ?? [-1.1, 1.1];
    const box = plane.getBoundingClientRect();
    const at = (part) => Number((low + part * (high - low)).toFixed(3));
    putPoints((list) => [...list, [at((event.clientX - box.left) / box.width), at((box.bottom - event.clientY) / box.height), Number(brush.value)]]);
  });

  const speed = select({ id: "speed", "aria-label": "speed" }, SPEEDS, state.get("speed"));
  speed.addEventListener("change", () => {
    state.set({ speed: speed.value });
    it.paced();
  });
  const told = (promise, then) => promise.then(then).catch((refusal) => signal.aborted || (it.error.textContent = refusal.message));
  it.bar.append(speed, button("rust", "As a Rust program", () => told(api("network/program", requestOf(state), signal), ({ rust }) => {
    const copy = button("copy-rust", "Copy", () => navigator.clipboard.writeText(rust).then(() => (copy.textContent = "Copied"), () => (copy.textContent = "No clipboard here: mark the text")));
    it.report.replaceChildren(el("div", { class: "row" }, el("h3", {}, "This run in Rust"), copy), el("pre", { id: "program", tabindex: "0" }, rust));
  })));

  const pick = ({ name, shape, values, gradient }, event) => {
    const columns = shape.at(-1);
    const box = event.target.getBoundingClientRect();
    const part = (at, length, n) => Math.max(0, Math.min(n - 1, Math.floor((at / length) * n)));
    const row = part(event.clientY - box.top, box.height, values.length / columns);
    const column = part(event.clientX - box.left, box.width, columns);
    const i = row * columns + column;
    picked.textContent = `${name}[${shape.length > 1 ? `${row}, ` : ""}${column}] = ${format(values[i], 4)}, gradient ${format(gradient?.[i], 4)}`;
  };
  const build = () => {
    const sheet = (label, more) => el("canvas", { role: "img", "aria-label": label, ...more });
    rows = frame.parameters.map((_, i) => {
      const read = (event) => pick(frame.parameters[i], event);
      const [words, pictures] = [[0, 1, 2, 3].map(() => el("td", {})), ["heat map", "histogram", "heat map of the gradient", "histogram of the gradient"].map((label) => sheet(label, { onpointermove: read, onclick: read }))];
      return { words, pictures };
    });
    const head = ["parameter", "values", "", "norm", "gradient", "", "norm", "step/norm"];
    parameterRoot.replaceChildren(el("table", {}, el("thead", {}, el("tr", {}, head.map((word) => el("th", { scope: "col" }, word)))),
      el("tbody", {}, rows.map(({ words: [a, b, c, d], pictures }) => {
        const [p, q, r, s] = pictures.map((picture) => el("td", {}, picture));
        return el("tr", {}, a, p, q, b, r, s, c, d);
      }))));
    rows.layers = frame.layers.map(() => [el("h3", {}), sheet("units")]);
    layerRoot.replaceChildren(...rows.layers.map(([words, picture]) => el("div", {}, words, el("div", {}, picture))));
  };
  const draw = () => {
    if (!frame) return;
    if (!rows) build();
    const { side } = frame.region;
    cells(sized(canvas, SIZE, SIZE), side, side, ground(frame.region, mix), [0, 0, SIZE, SIZE], true);
    frame.layers.forEach((layer, i) => {
      const [words, picture] = rows.layers[i];
      const health = layer.dead === null ? "" : `, ${layer.dead} dead, ${layer.saturated} saturated, ${format(100 * layer.flat, 2)} % of slopes flat`;
      words.textContent = `Layer ${i + 1}: ${layer.maps.length} units${health}`;
      units(picture, layer, mix);
    });
    frame.parameters.forEach((parameter, i) => {
      const { words, pictures: [values, histogram, slopes, slopeHistogram] } = rows[i];
      heat(values, parameter.shape, parameter.values, mix);
      bars(histogram, parameter.histogram, mix);
      heat(slopes, parameter.shape, parameter.gradient, mix);
      bars(slopeHistogram, parameter.gradient_histogram, mix);
      [`${parameter.name} [${parameter.shape.join(", ")}]`, format(parameter.norm, 4), format(parameter.gradient_norm, 4), format(parameter.update, 3)].forEach((word, k) => (words[k].textContent = word));
    });
    facts.textContent = `Step ${frame.step}, epoch ${frame.epoch}, rate ${format(frame.lr, 4)}. Batch: loss ${format(frame.loss, 6)}. Trained on: ${percent(frame.train)}.${frame.test ? ` Held out: ${percent(frame.test)}.` : ""}${frame.over ? ` ${frame.over}.` : ""}`;
    warnings.textContent = frame.warnings.join("; ");
    root.dataset.drawn = drawn += 1;
    const [now, [since, steps, pictures]] = [performance.now(), counted];
    if (now - since > 1000) {
      rate.textContent = `${format(((frame.step - steps) * 1000) / (now - since), 3)} steps and ${format(((drawn - pictures) * 1000) / (now - since), 3)} pictures a second`;
      counted = [now, frame.step, drawn];
    }
    // Axes and letters are read, not watched: a few times a second are enough.
    if (now - charted < 200 && it.running()) return;
    charted = now;
    curveRoot.replaceChildren(curves(history, flow, names, Math.max(320, Math.min(620, curveRoot.clientWidth))));
  };
  const due = drawing(signal, draw);
  const themed = new MutationObserver(() => {
    mix = palette();
    due();
  });
  themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  signal.addEventListener("abort", () => themed.disconnect());
  addEventListener("resize", due, { signal });
  const optimizers = el("datalist", { id: "optimizers" });
  told(api("network/choices", {}, signal), (choices) => {
    controls.get("act").control.replaceChildren(...choices.activations.map((value) => el("option", { value }, value)));
    controls.get("loss").control.replaceChildren(...choices.losses.map((loss) => el("option", { value: loss.name, title: loss.about }, loss.name)));
    optimizers.append(...choices.optimizers.map(([value, about, lr]) => el("option", { value }, `${about}; rate ${lr}`)));
    put();
  });

  clear(root);
  root.append(
    el("div", { class: "controls" }, ...[...controls.values()].map(({ field }) => field), optimizers), it.bar, it.error, facts, rate,
    el("div", { class: "columns" }, el("div", {}, plane, hand,
      el("p", { class: "dim" }, "Round: even classes; square: odd ones. Full points are trained on, hollow ones held out. The colour behind is what the model says, the paler the less sure.")), el("div", { class: "picture" }, curveRoot)),
    warnings, it.report,
    el("h3", {}, "What each unit makes of the plane"), el("p", { class: "dim" }, "Blue below 0, orange above. Struck through: 0 everywhere."), layerRoot,
    el("h3", {}, "Weights and gradients"), el("p", { class: "dim" }, "Point at a cell to read it."), picked, el("div", { class: "scroll" }, parameterRoot), snapshot);
  put();
  it.restart();
  return {
    key: it.key,
    picture: () => {
      if (!frame) return null;
      const { side } = frame.region;
      const [step, fill] = [SIZE / side, ground(frame.region, mix)];
      const whole = overlay.cloneNode(true);
      whole.prepend(...Array.from({ length: side * side }, (_, i) => svg("rect", { x: (i % side) * step, y: Math.floor(i / side) * step, width: step + 0.3, height: step + 0.3, fill: `rgb(${fill(i)})` })));
      const chart = curves(history, flow, names, 560);
      chart.setAttribute("x", SIZE + 20);
      whole.append(chart);
      whole.setAttribute("viewBox", `0 0 ${SIZE + 580} ${Math.max(SIZE, chart.getAttribute("height"))}`);
      snapshot.replaceChildren(whole);
      return whole;
    },
  };
};
