// microgpt trains, and names appear.

import { plot } from "./chart.js";
import { boxes, columns, el, figure, format, framed, h3, hint, labelled, options, select, size, svg, table, tip } from "./dom.js";
import { field } from "./fields.js";
import { drawing, remember, trainer } from "./training.js";

export const name = "microgpt";
export const title = "microgpt";
export const defaults = { names: "", seed: "42", rate: "0.01", steps: "1000", temperature: "0.5", word: "emma" };

const losses = (history, recorded, width) => {
  const lines = [{ name: "loss of a name", color: "s0", points: history.map((row) => [row[0], row[1]]) }, { name: "mean of the last 50", color: "s1", points: history.map((row) => [row[0], row[2]]) }];
  if (recorded.length) lines.splice(1, 0, { name: "recorded run", color: "s3", dash: 1, points: recorded.map((loss, i) => [i + 1, loss]) });
  const end = Math.max(1, recorded.length, history.at(-1)?.[0] ?? 1);
  return plot({ title: "Loss: −ln of the chance of what follows", lines, x: { label: "step", scale: "linear", range: [0, end] }, y: { label: "loss", scale: "linear" } }, { width, height: 240 });
};

// A square for each head: rows look at columns.
const heads = ({ attention, letters }, mix, across) => {
  const n = attention[0].length;
  const [cell, side] = [Math.floor(150 / n), 190];
  const rows = Math.ceil(attention.length / across);
  const picture = figure(side * across, side * rows, "Attention weights", {});
  attention.forEach((head, h) => {
    const group = svg("g", { transform: `translate(${(h % across) * side + 24} ${Math.floor(h / across) * side + 34})` }, svg("text", { x: 0, y: -20 }, `head ${h + 1}`));
    head.forEach((row, i) => {
      group.append(svg("text", { x: -14, y: (i + 0.7) * cell }, letters[i]), svg("text", { x: (i + 0.3) * cell, y: -5 }, letters[i]));
      row.slice(0, i + 1).forEach((x, j) => group.append(svg("rect", { x: j * cell, y: i * cell, width: cell - 1, height: cell - 1, fill: `rgb(${mix("s0", x)})` },
        tip(`${letters[i]} (place ${i}) looks at ${letters[j]} (place ${j}): ${format(x, 4)}`))));
    });
    picture.append(group);
  });
  return picture;
};

export const show = (root, state, signal) => {
  const facts = el("p", { id: "facts" });
  const [curve, attention, samples, chances] = boxes("curve", "attention", "samples", "chances");
  let [begin, frame, history, drawnAt] = [null, null, [], 0];
  const it = trainer({
    view: "microgpt", signal, speed: () => "",
    request: () => {
      [begin, frame, history] = [null, null, []];
      const request = { names: state.get("names") || names.value, word: state.get("word") };
      for (const key of ["seed", "rate", "steps", "temperature"]) request[key] = Number(state.get(key));
      return request;
    },
    begin: (told) => (begin = told),
    frame: (told) => {
      frame = told;
      for (const entry of frame.losses) remember(history, entry);
      due();
    },
  });
  const draw = (mix) => {
    if (!frame) return;
    facts.textContent = frame.facts;
    // Names are read, not watched.
    if (it.running() && performance.now() - drawnAt < 150) return due();
    drawnAt = performance.now();
    const width = Math.max(320, Math.min(620, curve.clientWidth || 560));
    curve.replaceChildren(losses(history, begin.recorded, width));
    attention.replaceChildren(heads(frame, mix, attention.clientWidth > 760 ? 4 : attention.clientWidth > 300 ? 2 : 1));
    samples.replaceChildren(el("ol", {}, frame.samples.map((it) => el("li", { class: "mono" }, it))));
    chances.replaceChildren(table(["behind", "follows", "chance"], frame.chances.map((x, i) => [frame.letters.slice(0, i + 1).join(""), frame.letters[i + 1], format(x, 5)]), { id: "next" }));
  };
  const due = drawing(signal, draw);
  const control = (key, label, more) => labelled(label, field(state, key, it.restart, more));
  const number = (key, label, more) => control(key, label, { type: "number", step: "any", ...more });
  const names = select("names", []);
  names.addEventListener("change", () => {
    state.set({ names: names.value });
    it.restart();
  });

  root.append(
    el("div", { class: "controls" }, labelled("names", names), number("seed", "seed", { min: 0 }), number("rate", "rate", { min: 0 }), number("steps", "steps", { min: 1 }),
      number("temperature", "temperature", { min: 0.05, max: 5 }), control("word", "attention of the name")),
    it.bar, it.error.node, facts, it.report,
    columns(framed(curve), el("div", {}, h3("Names that it makes up"), samples)),
    h3("Attention"), hint("Each letter (row) shares its attention among the letters up to itself (columns); a dot is the beginning. The fuller the blue, the more."),
    framed(attention), h3("The chance of what follows"), chances);
  it.error.load("microgpt/choices", (told) => {
    names.append(...options(told.names.map((key) => [key, key === "recorded" ? "those of the recorded run" : "8402 embedded names"])));
    names.value = state.get("names") || told.names[0];
    it.restart();
  });
  return { key: it.key };
};
