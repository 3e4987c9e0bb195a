// Backprop, step by step: the values of a graph one after the other, then the sweep back over it.

import { asker, refusals } from "./core.js";
import { boxes, button, columns, el, figure, framed, h3, hint, labelled, options, range, remark, row, select, svg, tip, wide } from "./dom.js";
import { player, shownTable } from "./fields.js";
import { BOX, layout, wire } from "./graph.js";
import { expression } from "./sliders.js";

export const name = "backprop";
export const title = "Backprop";
export const defaults = {
  f: "tanh(w1*x1 + w2*x2 + b)", at: "w1=-3;x1=2;w2=1;x2=0;b=6.88", step: "0", ways: "no", fit: "no",
};

const cut = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

// The moments of an answer: what is given, each operation, the seed, and each contribution.
const moments = (answer) => {
  const list = [{ kind: "given" }];
  for (const node of answer.nodes) if (node.inputs.length) list.push({ kind: "forward", node });
  list.push({ kind: "seed", node: answer.nodes.at(-1) });
  for (const step of answer.steps) {
    step.parts.forEach((part, i) => list.push({ kind: "back", step, part, last: i + 1 === step.parts.length }));
    if (!step.parts.length) list.push({ kind: "back", step, part: null, last: true });
  }
  return list;
};

// What is known at a moment: the nodes with values, and the sums that have arrived.
const known = (answer, list, now) => {
  const values = new Set(answer.nodes.filter((node) => !node.inputs.length).map((node) => node.node));
  const sums = new Map();
  for (const moment of list.slice(0, now + 1)) {
    if (moment.kind === "forward") values.add(moment.node.node);
    if (moment.kind === "seed") sums.set(moment.node.node, "1");
    if (moment.part) sums.set(moment.part.input, moment.part.sum.text);
  }
  return { values, sums };
};

const box = (node, at, { value, sum, now, done }) => {
  const title = node.inputs.length ? `${node.name} = ${node.formula}` : node.name;
  const text = (y, kind, words) => svg("text", { x: 8, y, class: kind }, cut(words, 25));
  return svg("g", { class: `box${now ? " now" : ""}${done ? "" : " waiting"}`, transform: `translate(${at.x} ${at.y})` },
    tip(`${title}${node.part ? `, in the text: ${node.part}` : ""}`),
    svg("rect", { class: "body", width: BOX.width, height: BOX.height, rx: 6 }),
    svg("rect", { class: `head ${node.kind}`, width: BOX.width, height: 22, rx: 6 }),
    text(15, "title", title),
    value ? text(38, "value", `value ${node.value.text}`) : null,
    sum ? text(54, "gradient", `gradient ${sum}`) : null);
};

// The graph at a moment.
const draw = (answer, list, now) => {
  const { at, width, height } = layout(answer.nodes);
  const { values, sums } = known(answer, list, now);
  const moment = list[now];
  const here = moment.node?.node ?? moment.step?.node;
  const picture = figure(width, height, `The graph of ${answer.f}`, {});
  const passed = new Set(list.slice(0, now + 1).map((moment) => moment.part).filter(Boolean));
  const labels = [];
  for (const node of answer.nodes) {
    const step = answer.steps.find((step) => step.node === node.node);
    node.inputs.forEach((input, i) => {
      const part = step?.parts.find((part) => part.place === i);
      const { path, label } = wire(at[input], at[node.node], i, node.inputs.length);
      const active = (part && part === moment.part) || (moment.kind === "forward" && here === node.node);
      picture.append(svg("path", { d: path, class: `wire${active ? " now" : ""}${values.has(node.node) ? "" : " waiting"}` }));
      if (part && passed.has(part)) {
        const text = part.slope ? `×${part.slope.text}` : `←${part.contribution.text}`;
        labels.push(svg("text", { class: "slope", x: label.x, y: label.y, "text-anchor": "end" }, cut(text, 15)));
      }
    });
  }
  for (const node of answer.nodes) {
    const receives = moment.part?.input === node.node;
    picture.append(box(node, at[node.node], {
      value: values.has(node.node), sum: sums.get(node.node), now: here === node.node || receives, done: values.has(node.node),
    }));
  }
  picture.append(...labels);
  return { picture, focus: here === undefined ? null : at[here] };
};

// What happens at a moment, in words.
const words = (answer, moment) => {
  const nameOf = (i) => answer.nodes[i].name;
  if (moment.kind === "given") {
    return [h3("What is given"), el("p", {}, "The variables and the numbers of the text. Go forward: each operation computes its value from these.")];
  }
  if (moment.kind === "forward") {
    const { node } = moment;
    const inputs = node.inputs.map((i) => `${nameOf(i)} is ${answer.nodes[i].value.text}`);
    return [h3(`Forward: ${node.name}`),
      el("p", { class: "mono" }, `${node.name} = ${node.formula} = ${node.value.text}`),
      hint(`${[...new Set(inputs)].join(", ")}.${node.part ? ` In the text: ${node.part}` : ""}`)];
  }
  if (moment.kind === "seed") {
    return [h3("Back: the seed"), el("p", {}, `The derivative of ${moment.node.name} in itself is 1. From here each node sends upstream × local slope to its inputs.`)];
  }
  const { step, part } = moment;
  const node = answer.nodes[step.node];
  const all = [part?.remark, ...step.remarks].filter(Boolean);
  return [h3(`Back: ${node.name} = ${node.formula}`), hint(step.rule), shownTable((part ?? step).facts), ...all.map(remark)];
};

export const show = (root, state, signal) => {
  let answer = null;
  let list = [];
  const error = refusals(signal);
  const graphs = select("graph", [["", "an expression of one's own"]]);
  const [drawing, checks] = boxes("drawing", "checks");
  const frame = framed(drawing, { tabindex: "0", "aria-label": "The graph; arrow keys step" });
  const about = el("p", { class: "dim", id: "about" });
  const moment = el("div", { class: "panel", id: "moment", "aria-live": "polite" });
  const slider = range("step", "Step", 0, 0, 1, { class: "progress", value: 0 });
  const place = el("span", { class: "mono", id: "place" });
  const ways = el("input", { type: "checkbox", id: "ways", checked: state.get("ways") === "yes" });

  const last = () => list.length - 1;
  const now = () => Math.min(Math.max(0, state.number("step")), last());
  const render = () => {
    if (!answer) return;
    const { picture, focus } = draw(answer, list, now());
    const natural = state.get("fit") !== "yes";
    drawing.replaceChildren(picture);
    picture.classList.toggle("natural", natural);
    const scroller = frame.firstChild;
    if (focus && natural) scroller.scrollLeft = focus.x + BOX.width / 2 - scroller.clientWidth / 2;
    moment.replaceChildren(...words(answer, list[now()]));
    [slider.max, slider.value] = [last(), now()];
    place.textContent = `${now()} of ${last()}`;
  };
  const go = (to) => {
    if (!answer) return;
    state.set({ step: Math.min(Math.max(0, to), last()) });
    render();
  };
  const play = player(signal, { now, last, go, pause: 900 });

  const ask = asker("backprop", signal, error, (it) => {
    answer = it;
    list = moments(it);
    own.update(it.variables);
    checks.replaceChildren(shownTable(it.table, "gradient"), ...it.notes.map(remark));
    render();
  });
  const request = () => ask({ f: state.get("f"), at: own.pairs(), four_ways: state.get("ways") === "yes" });
  const own = expression(state, signal, error, { step: 0 }, request);
  own.f.addEventListener("change", () => {
    graphs.value = "";
    about.textContent = "";
  });
  slider.addEventListener("input", () => go(Number(slider.value)));
  ways.addEventListener("change", () => {
    state.set({ ways: ways.checked ? "yes" : "no" });
    request();
  });
  error.load("backprop/graphs", (known) => {
    graphs.append(...options(known.map((graph) => graph.name)));
    const chosen = known.find((graph) => graph.f === state.get("f"));
    graphs.value = chosen?.name ?? "";
    about.textContent = chosen?.about ?? "";
    graphs.addEventListener("change", () => {
      const graph = known.find((graph) => graph.name === graphs.value);
      if (!graph) return own.f.focus();
      own.f.value = graph.f;
      about.textContent = graph.about;
      play.stop();
      state.set({ f: graph.f, at: graph.at.join(";"), step: 0 });
      request();
    });
  });

  const turn = (id, text, title, to) => button(id, text, () => go(to()), { title });
  root.append(
    row(labelled("graph", graphs), wide("expression", own.f)), about, error.node,
    el("div", { class: "row", role: "group", "aria-label": "Steps" },
      turn("first", "|◀", "Home", () => 0), turn("back", "◀", "Arrow left", () => now() - 1), play.node,
      turn("next", "▶", "Arrow right", () => now() + 1), turn("last", "▶|", "End", last), slider, place,
      button("fit", "Fit", () => {
        state.set({ fit: state.get("fit") === "yes" ? "no" : "yes" });
        render();
      }, { title: "The whole graph in the width of the page, or in its own size" })),
    frame,
    columns(el("div", {}, moment), el("div", { class: "panel" }, h3("Values"), own.values)),
    h3("The gradient, and the same without rules"),
    el("label", { class: "row" }, ways, " forward mode and complex step as well"),
    checks);
  request();
  return { key: play.key };
};
