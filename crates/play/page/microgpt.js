// microgpt trains, and names appear.

import { api } from "./core.js";
import { rangeOf } from "./chart.js";
import { clear, el, format, labelled, select, size, svg, table } from "./dom.js";
import { charts, drawing, palette, remember, trainer } from "./training.js";

export const name = "microgpt";
export const title = "microgpt";
export const defaults = { names: "", seed: "42", rate: "0.01", steps: "1000", temperature: "0.5", word: "emma" };

const losses = (history, recorded, width) => {
  const lines = [{ name: "loss of a name", color: "s0", points: history.map((row) => [row[0], row[1]]) }, { name: "mean of the last 50", color: "s1", points: history.map((row) => [row[0], row[2]]) }];
  if (recorded.length) lines.splice(1, 0, { name: "recorded run", color: "s3", dash: 1, points: recorded.map((loss, i) => [i + 1, loss]) });
  const end = Math.max(1, recorded.length, history.at(-1)?.[0] ?? 1);
  return charts([{ title: "Loss: −ln of the chance of what follows", lines, x: { label: "step", scale: "linear", range: [0, end] },
    y: { label: "loss", scale: "linear", range: rangeOf(lines.flatMap((line) => line.points.map(([, y]) => y)), "linear") } }], width, "Loss");
};

// A square for each head: rows look at columns.
const heads = ({ attention, letters }, mix, across) => {
  const n = attention[0].length;
  const [cell, side] = [Math.floor(150 / n), 190];
  const rows = Math.ceil(attention.length / across);
  const picture = svg("svg", { viewBox: `0 0 ${side * across} ${side * rows}`, width: side * across, height: side * rows, role: "img", "aria-label": "Attention weights" });
  attention.forEach((head, h) => {
    const group = svg("g", { transform: `translate(${(h % across) * side + 24} ${Math.floor(h / across) * side + 34})` }, svg("text", { x: 0, y: -20 }, `head ${h + 1}`));
    head.forEach((row, i) => {
      group.append(svg("text", { x: -14, y: (i + 0.7) * cell }, letters[i]), svg("text", { x: (i + 0.3) * cell, y: -5 }, letters[i]));
      row.slice(0, i + 1).forEach((x, j) => group.append(svg("rect", { x: j * cell, y: i * cell, width: cell - 1, height: cell - 1, fill: `rgb(${mix("s0", x)})` },
        svg("title", {}, `${letters[i]} (place ${i}) looks at ${letters[j]} (place ${j}): ${format(x, 4)}`))));
    });
    picture.append(group);
  });
  return picture;
};

export const show = (root, state, signal) => {
  const facts = el("p", { id: "facts" });
  const [curve, attention, samples, chances] = ["curve", "attention", "samples", "chances"].map((id) => el("div", { id }));
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
  const draw = () => {
    if (!frame) return;
    facts.textContent = `Step ${frame.step}, rate ${format(frame.rate, 4)}. ${frame.name === null ? `${begin.names} names, ${begin.weights} weights.` : `Name ${frame.name}: loss ${format(frame.loss, 8)}, mean of 50 ${format(frame.mean, 6)}.`}`
      + `${frame.apart === null ? "" : ` At most ${size(frame.apart)} from the recorded losses.`}${frame.over ? ` ${frame.over}.` : ""}`;
    // Names are read, not watched.
    if (it.running() && performance.now() - drawnAt < 150) return due();
    drawnAt = performance.now();
    const width = Math.max(320, Math.min(620, curve.clientWidth || 560));
    curve.replaceChildren(losses(history, begin.recorded, width));
    attention.replaceChildren(heads(frame, palette(), attention.clientWidth > 760 ? 4 : attention.clientWidth > 300 ? 2 : 1));
    samples.replaceChildren(el("ol", {}, frame.samples.map((it) => el("li", { class: "mono" }, it))));
    chances.replaceChildren(table(["behind", "follows", "chance"], frame.chances.map((x, i) => [frame.letters.slice(0, i + 1).join(""), frame.letters[i + 1], format(x, 5)]), { id: "next" }));
  };
  const due = drawing(signal, draw);
  const field = (key, label, control) => {
    control.value = state.get(key);
    control.addEventListener("change", () => {
      state.set({ [key]: control.value });
      it.restart();
    });
    return labelled(label, control);
  };
  const number = (key, label, more) => field(key, label, el("input", { type: "number", id: key, step: "any", ...more }));
  const names = select({ id: "names" }, [], "");
  addEventListener("resize", due, { signal });

  clear(root);
  root.append(
    el("div", { class: "controls" }, field("names", "names", names), number("seed", "seed", { min: 0 }), number("rate", "rate", { min: 0 }), number("steps", "steps", { min: 1 }),
      number("temperature", "temperature", { min: 0.05, max: 5 }), field("word", "attention of the name", el("input", { type: "text", id: "word", spellcheck: "false", autocapitalize: "off" }))),
    it.bar, it.error, facts, it.report,
    el("div", { class: "columns" }, el("div", { class: "picture" }, curve), el("div", {}, el("h3", {}, "Names that it makes up"), samples)),
    el("h3", {}, "Attention"), el("p", { class: "dim" }, "Each letter (row) shares its attention among the letters up to itself (columns); a dot is the beginning. The fuller the blue, the more."),
    el("div", { class: "picture" }, attention), el("h3", {}, "The chance of what follows"), chances);
  api("microgpt/choices", {}, signal).then((told) => {
    names.replaceChildren(...told.names.map((key) => el("option", { value: key }, key === "recorded" ? "those of the recorded run" : "8402 embedded names")));
    names.value = state.get("names") || told.names[0];
    it.restart();
  }).catch((refusal) => {
    if (!signal.aborted) it.error.textContent = refusal.message;
  });
  return { key: it.key, picture: () => curve.querySelector("svg") };
};
