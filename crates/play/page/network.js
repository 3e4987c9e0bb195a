// A network learns: points of the plane, a model, and its training as it goes.

import { api } from "./core.js";
import { color, stack } from "./chart.js";
import { boxes, button, columns, el, figure, format, framed, h3, hint, input, labelled, options, row, select, svg, table } from "./dom.js";
import { cells, drawing, remember, sized, trainer } from "./training.js";

export const name = "network";
export const title = "A network learns";
const MADE = "moons circles xor spiral function";
// Fields of the request: the usual value, the label, the kind or the choices, and for which data it is there, if not for all.
const FIELDS = {
  data: ["moons", "data", `${MADE} points`], f: ["sin(3*x) - y", "function of x and y", "text", "function"], points: ["", "points: x, y, class; …", "text", "points"],
  n: ["200", "points", "number", MADE], noise: ["0.15", "noise", "number", MADE], classes: ["2", "arms", "number", "spiral"], held_out: ["0.25", "held out", "number", MADE],
  data_seed: ["0", "seed of the data", "number", MADE], layers: ["16,16", "layers: units of each", "text"], activation: ["relu", "activation", ""], dropout: ["0", "dropout", "number"],
  batch_norm: ["no", "batch norm", "no yes"], loss: ["binary_cross_entropy_with_logits", "loss", ""], optimizer: ["adam:lr=0.01", "optimizer, with settings", "text"],
  schedule: ["", "schedule (else the optimizer's rate)", "text"], batch: ["0", "batch (0: all)", "number"], seed: ["0", "seed", "number"],
};
export const defaults = { ...Object.fromEntries(Object.entries(FIELDS).map(([key, [value]]) => [key, value])), speed: "100" };
const SPEEDS = [5, 30, 100, 1000, ""].map((n) => [n, n ? `${n} steps a second` : "as fast as it goes"]);

const handPoints = (text) => text.split(";").filter((part) => part.trim()).map((part) => part.split(",").map(Number));

// The state as a request. What is no number goes as null, which the server refuses by its name.
const requestOf = (state) => {
  const hand = state.get("data") === "points";
  const request = Object.fromEntries(Object.entries(FIELDS).map(([key, [, , kind]]) => [key, kind === "number" ? Number(state.get(key)) : state.get(key)]));
  return { ...request, points: hand ? handPoints(request.points) : [], held_out: hand ? 0 : request.held_out,
    layers: request.layers.split(/[ ,]+/).filter(Boolean).map(Number), batch_norm: request.batch_norm === "yes" };
};

const SIZE = 440;
const ground = ({ classes, sure }, of) => (i) => of(`s${classes[i]}`, 5 + Math.round(0.62 * (sure.charCodeAt(i) - 48)));
const tint = (mix) => {
  const [below, above] = [mix.shades("s0"), mix.shades("s1")];
  return (part) => (part < 0 ? below : above)[Math.round(63 * Math.abs(part))];
};

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
  const color = tint(mix);
  maps.forEach((map, unit) => {
    const [x, y, size] = [(unit % across) * TILE + 1, Math.floor(unit / across) * TILE + 1, TILE - 4];
    cells(context, side, side, (i) => color((map.charCodeAt(i) - 80) / 31), [x, y, size, size]);
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
  const color = tint(mix);
  cells(context, columns, rows, (i) => color((Number(values[i]) || 0) / reach), [0, 0, cell * columns, cell * rows]);
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

const curves = (batches, history, flow, names, width) => {
  const line = (list) => (name, i) => ({ name, color: color(i), dash: Math.floor(i / 7), points: list.map((row) => [row[0], row[i + 1]]) });
  const losses = [...["batch"].map(line(batches)), ...["trained on", "held out"].map(line(history)).map((it, i) => ({ ...it, color: color(i + 1) }))]
    .filter(({ points }) => points.some(([, y]) => typeof y === "number"));
  const all = (lines) => lines.flatMap(({ points }) => points.map(([, y]) => y)).filter((y) => typeof y === "number");
  // Over a few tens a logarithmic axis has too few marks.
  const scale = (values) => (Math.min(...values) > 0 && Math.max(...values) > 30 * Math.min(...values) ? "log" : "linear");
  const norms = names.map(line(flow));
  const x = { label: "step", scale: "linear", range: [0, Math.max(1, history.at(-1)?.[0] ?? 1)] };
  const part = (title, label, lines) => ({ title, x, lines, y: { label, scale: scale(all(lines)) } });
  return stack("Loss and gradient norms", [part("Loss", "loss", losses), part("Gradient flow", "norm of the gradient", norms)], { width, height: 240 });
};

export const show = (root, state, signal) => {
  const [facts, rate, warnings, picked] = ["facts", "rate", "warnings", "picked"].map((id) => el("p", { id }));
  const [curveRoot, layerRoot, parameterRoot] = boxes("charts", "layers-seen", "parameters");
  const canvas = el("canvas", {});
  const overlay = figure(SIZE, SIZE, "The plane: points and what the model says", {});
  const plane = el("div", { id: "plane" }, canvas, overlay);
  let [begin, frame, losses, history, flow, names, rows, drawn, charted, counted] = [null, null, [], [], [], [], null, 0, 0, [0, 0, 0]];
  layerRoot.className = "columns";
  const it = trainer({
    view: "network", signal, speed: () => state.get("speed"),
    request: () => {
      [begin, frame, losses, history, flow, rows] = [null, null, [], [], [], null];
      return requestOf(state);
    },
    begin: (told) => {
      begin = told;
      overlay.replaceChildren(...dots(begin));
    },
    frame: (told) => {
      frame = told;
      for (const batch of frame.losses) remember(losses, batch);
      remember(history, [frame.step, frame.train.loss, frame.test?.loss]);
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

  const controls = {};
  const fields = Object.entries(FIELDS).map(([key, [, label, kind, data = MADE + " points"]]) => {
    const control = kind === "text" || kind === "number" ? input({ type: kind, id: key, step: "any", list: key === "optimizer" ? "optimizers" : null })
      : select(key, (kind || state.get(key)).split(" "));
    control.addEventListener("change", () => set({ [key]: control.value }));
    const field = labelled(label, control, kind === "text" ? "field wide" : "field");
    controls[key] = { control, field, data: data.split(" ") };
    return field;
  });
  const put = () => {
    for (const [key, { control, field, data }] of Object.entries(controls)) {
      control.value = state.get(key);
      field.hidden = !data.includes(state.get("data"));
    }
    hand.hidden = state.get("data") !== "points";
  };
  const set = (changes) => {
    state.set(changes);
    put();
    it.restart();
  };
  const putPoints = (change) => set({ points: change(handPoints(state.get("points"))).map((point) => point.join(",")).join(";") });
  const brush = select("brush", [0, 1, 2, 3, 4, 5].map((i) => [i, `class ${i}`]));
  const hand = row(labelled("a click puts a point of", brush), button("undo", "Take back", () => putPoints((list) => list.slice(0, -1))), button("none", "Clear", () => putPoints(() => [])));
  plane.addEventListener("click", (event) => {
    if (state.get("data") !== "points") return;
    const [low, high] = begin?.plane ?? [-1.1, 1.1];
    const box = plane.getBoundingClientRect();
    const at = (part) => Number((low + part * (high - low)).toFixed(3));
    putPoints((list) => [...list, [at((event.clientX - box.left) / box.width), at((box.bottom - event.clientY) / box.height), Number(brush.value)]]);
  });

  const speed = select("speed", SPEEDS);
  speed.value = state.get("speed");
  speed.setAttribute("aria-label", "speed");
  speed.addEventListener("change", () => {
    state.set({ speed: speed.value });
    it.paced();
  });
  const told = (promise, then) => promise.then(then).catch(it.error.put);
  it.bar.append(speed, button("rust", "As a Rust program", () => told(api("network/program", requestOf(state), signal), ({ rust }) => {
    const copy = button("copy-rust", "Copy", () => told(navigator.clipboard.writeText(rust), () => (copy.textContent = "Copied")));
    it.report.replaceChildren(row(h3("This run in Rust"), copy), el("pre", { id: "program", tabindex: "0" }, rust));
  })));

  const pick = ({ name, shape, values, gradient }, event) => {
    const { clientWidth: width, clientHeight: height } = event.target;
    const columns = shape.at(-1);
    const part = (at, n) => Math.max(0, Math.min(n - 1, Math.floor(at * n)));
    const [row, column] = [part(event.offsetY / height, values.length / columns), part(event.offsetX / width, columns)];
    const i = row * columns + column;
    picked.textContent = `${name}[${shape.length > 1 ? `${row}, ` : ""}${column}] = ${format(values[i], 4)}, gradient ${format(gradient?.[i], 4)}`;
  };
  const build = () => {
    const sheet = (label, more) => el("canvas", { role: "img", "aria-label": label, ...more });
    rows = frame.parameters.map((_, i) => {
      const read = (event) => pick(frame.parameters[i], event);
      const more = { onpointermove: read, onclick: read };
      return { words: [0, 1, 2, 3].map(() => el("span", {})), pictures: [sheet("values", more), sheet("histogram"), sheet("gradient", more), sheet("histogram of the gradient")] };
    });
    const head = ["parameter", "values", "", "norm", "gradient", "", "norm", "step/norm"];
    parameterRoot.replaceChildren(table(head, rows.map(({ words: [a, b, c, d], pictures: [p, q, r, s] }) => [a, p, q, b, r, s, c, d])));
    rows.layers = frame.layers.map(() => [el("h3", {}), sheet("units")]);
    layerRoot.replaceChildren(...rows.layers.map(([words, picture], i) => el("div", {}, words, framed(el("div", { id: `layer-${i + 1}` }, picture)))));
  };
  const draw = (mix) => {
    if (!frame) return;
    if (!rows) build();
    const { side } = frame.region;
    cells(sized(canvas, SIZE, SIZE), side, side, ground(frame.region, (name, i) => mix.shades(name)[i]), [0, 0, SIZE, SIZE], true);
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
    facts.textContent = frame.facts;
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
    curveRoot.replaceChildren(curves(losses, history, flow, names, Math.max(320, Math.min(620, curveRoot.clientWidth))));
  };
  const due = drawing(signal, draw);
  const optimizers = el("datalist", { id: "optimizers" });
  it.error.load("network/choices", (choices) => {
    controls.activation.control.replaceChildren(...options(choices.activations));
    controls.loss.control.replaceChildren(...choices.losses.map(({ name: value, about }) => el("option", { value, title: about }, value)));
    optimizers.append(...choices.optimizers.map(([value, about, lr]) => el("option", { value }, `${about}; rate ${lr}`)));
    put();
  });

  root.append(
    el("div", { class: "controls" }, fields, optimizers), it.bar, it.error.node, facts, rate,
    columns(el("div", {}, framed(plane), hand, hint("Full points are trained on, hollow ones held out. Behind them: what the model says, the paler the less sure.")), framed(curveRoot)),
    warnings, it.report,
    h3("What each unit makes of the plane"), hint("Blue below 0, orange above. Struck through: 0 everywhere."), layerRoot,
    h3("Weights and gradients"), hint("Point at a cell to read it."), picked, framed(parameterRoot));
  put();
  it.restart();
  return { key: it.key };
};
