// The panels below a descent: the plane of momentum, averages and their window, sums of vectors, powers.

import { asker } from "./core.js";
import { MARGIN, WIDTH, chart, color, path, plot, scaler } from "./chart.js";
import { boxes, columns, el, figure, format, framed, h3, hint, svg, tip } from "./dom.js";
import { shownTable, slider } from "./fields.js";

const HEIGHT = 400;

// The plane of ηλ and β: darker where it converges faster, grey where it diverges.
const map = (it, here) => {
  const [right, bottom] = [WIDTH - MARGIN.right, HEIGHT - MARGIN.bottom];
  const [toX, toY] = [scaler({ range: [0, it.widest] }, MARGIN.left, right), scaler({ range: [0, 1] }, bottom, MARGIN.top)];
  const [w, h] = [(right - MARGIN.left) / it.columns, (bottom - MARGIN.top) / it.rows];
  const along = (line) => path(line.map(([x, y]) => [toX(x), toY(y)]));
  const dot = ([x, y], kind, r, words) => svg("circle", { class: kind, cx: toX(Math.min(Math.max(x, 0), it.widest)), cy: toY(y), r }, tip(`ηλ = ${format(x, 4)}, β = ${format(y, 4)}${words}`));
  const layer = svg("g", {});
  const node = figure(WIDTH, HEIGHT, "The spectral radius of R over ηλ and β", { id: "plane" },
    it.cells.map((radius, i) => svg("rect", { class: radius < 1 ? "cell" : "cell out", x: MARGIN.left + (i % it.columns) * w, y: bottom - (Math.floor(i / it.columns) + 1) * h, width: w + 0.3, height: h + 0.3, "fill-opacity": radius < 1 ? (0.8 - 0.75 * radius).toFixed(2) : 0.3 })),
    chart({ title: "spectral radius of R(β, η, λ)", width: WIDTH, height: HEIGHT, lines: [], x: { label: "ηλ", range: [0, it.widest] }, y: { label: "β", range: [0, 1] } }),
    it.levels.map(({ radius, lines }) => svg("path", { class: radius === 1 ? "line ink" : "contour", d: lines.map(along).join("") }, tip(`radius ${radius}`))),
    svg("path", { class: "line s4", d: along(it.critical), "stroke-dasharray": "6 4" }, tip("β = (1 − √ηλ)²")),
    layer, here.map((at, i) => dot(at, "chosen", 8 - 2 * i, "")));
  const place = (event) => {
    const { left, top, width } = node.getBoundingClientRect();
    return [((event.clientX - left) * WIDTH / width - toX(0)) / (toX(1) - toX(0)), ((event.clientY - top) * WIDTH / width - toY(0)) / (toY(1) - toY(0))];
  };
  return { node, layer, dot, place };
};

export const lessons = (state, signal, error) => {
  const [planeBox, motion, system, words, ...charts] = boxes("plane-box", "motion", "system", "words", "average", "weights", "vectors", "lengths", "powers", "decays");
  let plane = null;
  let told = [[], 0];
  const runs = (walks, t) => {
    told = [walks, t];
    plane?.layer.replaceChildren(...walks.flatMap((walk, i) => {
      const it = walk.plane[Math.min(t, walk.plane.length - 1)];
      return (it?.steps ?? []).map((x, k) => (typeof x === "number" ? plane.dot([x, it.beta], `ball ${color(i)}`, k ? 4 : 6, `, radius ${format(it.radius[k], 4)}: ${walk.name}`) : ""));
    }));
  };
  const ask = asker("descent/momentum", signal, error, (it) => {
    plane = map(it.plane, it.here);
    plane.node.addEventListener("click", (event) => {
      const [x, y] = plane.place(event);
      state.set({ beta: Math.min(Math.max(y, 0), 0.99).toFixed(2), eta: (Math.max(x, 0.01) / state.number("lambda")).toPrecision(3) });
      all.beta.put();
      all.eta.put();
      request();
    });
    planeBox.replaceChildren(plane.node);
    motion.replaceChildren(plot(it.motion, { height: 370 }));
    system.replaceChildren(shownTable(it.facts, "theory"));
    runs(...told);
  });
  const request = () => ask({ beta: state.number("beta"), eta: state.number("eta"), lambda: state.number("lambda"), condition: state.number("kappa") });
  const askMeans = asker("descent/averages", signal, error, (it) => {
    it.charts.forEach((one, i) => charts[i].replaceChildren(plot(one)));
    words.replaceChildren(shownTable(it.facts, "means"));
  });
  const means = () => askMeans({ gamma: state.number("gamma"), angle: state.number("angle"), rate: state.number("rate"), seed: state.whole("seed") });

  const all = {};
  const bar = (changed, ...list) => el("div", { class: "bars" }, list.map(([key, text, ...range]) => (all[key] = slider(state, key, text, range, changed)).node));
  request();
  means();
  return {
    runs,
    node: el("div", {},
      h3("The plane of momentum"),
      bar(request, ["beta", "β", 0, 0.99, 0.01], ["eta", "η", 0.005, 2, 0.005], ["lambda", "λ", 0.1, 10, 0.1], ["kappa", "κ", 1, 100, 1]), columns(framed(planeBox), framed(motion)),
      hint("Darker converges faster, grey diverges: the full line is radius 1, above the dashed one it oscillates. Rings: the values above, at λ and λ/κ. Discs: the runs at the step shown, at both eigenvalues of the Hessian there. A click sets β and η."),
      system,
      h3("Averages, sums and powers"), bar(means, ["gamma", "γ, β", 0, 0.99, 0.01], ["angle", "angle φ", 0, 90, 1], ["rate", "ηλ", 0, 4, 0.02]), words, columns(...charts.map((one) => framed(one)))),
  };
};
