// Backprop, step by step: the values of a graph one after the other, then the sweep back over it.

import { api, asker } from "./core.js";
import { clear, el, labelled, select, size, format, svg, table } from "./dom.js";
import { BOX, layout, wire } from "./graph.js";
import { sliders } from "./sliders.js";

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
    svg("title", {}, `${title}${node.part ? `, in the text: ${node.part}` : ""}`),
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
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
    "aria-label": `The graph of ${answer.f}` });
  const passed = new Set(list.slice(0, now + 1).map((moment) => moment.part).filter(Boolean));
  const labels = [];
  for (const node of answer.nodes) {
    const parts = [...(answer.steps.find((step) => step.node === node.node)?.parts ?? [])];
    node.inputs.forEach((input, i) => {
      const place = parts.findIndex((part) => part.input === input);
      const part = place < 0 ? null : parts.splice(place, 1)[0];
      const { path, label } = wire(at[input], at[node.node], i, node.inputs.length);
      const active = part ? part === moment.part : moment.kind === "forward" && here === node.node;
      picture.append(svg("path", { d: path, class: `wire${active || (moment.kind === "forward" && here === node.node) ? " now" : ""}${values.has(node.node) ? "" : " waiting"}` }));
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
    return [el("h3", {}, "What is given"), el("p", {}, "The variables and the numbers of the text. Go forward: each operation computes its value from these.")];
  }
  if (moment.kind === "forward") {
    const { node } = moment;
    const inputs = node.inputs.map((i) => `${nameOf(i)} is ${answer.nodes[i].value.text}`);
    return [el("h3", {}, `Forward: ${node.name}`),
      el("p", { class: "mono" }, `${node.name} = ${node.formula} = ${node.value.text}`),
      el("p", { class: "dim" }, `${[...new Set(inputs)].join(", ")}.${node.part ? ` In the text: ${node.part}` : ""}`)];
  }
  if (moment.kind === "seed") {
    return [el("h3", {}, "Back: the seed"), el("p", {}, `The derivative of ${moment.node.name} in itself is 1. From here each node sends upstream × local slope to its inputs.`)];
  }
  const { step, part } = moment;
  const node = answer.nodes[step.node];
  const lines = [el("h3", {}, `Back: ${node.name} = ${node.formula}`), el("p", { class: "dim" }, step.rule)];
  const rows = [["value", node.value.text], ["upstream", step.upstream.text]];
  if (part) {
    const first = node.value.shape.length ? ` (first element)` : "";
    rows.push(["to", nameOf(part.input)]);
    rows.push(["local slope", part.slope ? part.slope.text : "not elementwise: see the rule"]);
    if (part.numbers && part.numbers !== part.slope.text) rows.push([`its formula${first}`, `${part.numbers} = ${format(part.slope.values[0])}`]);
    rows.push(["contribution", part.contribution.text], ["running sum", part.sum.text]);
  }
  lines.push(table(["", ""], rows, { class: "facts" }));
  for (const remark of [part?.remark, ...step.remarks]) if (remark) lines.push(el("p", { class: "remark" }, remark));
  return lines;
};

const gradients = (answer, ways) => {
  const head = ["in", "at", "backpropagation", "central difference", "relative error"];
  if (ways) head.push("forward mode", "complex step");
  head.push("");
  const rows = answer.gradient.map((d) => {
    const cells = [d.name, format(d.value), format(d.backward, 10), format(d.central, 10), size(d.relative)];
    if (ways) cells.push(format(d.forward, 10), format(d.complex, 10));
    cells.push(el("span", { class: d.agrees ? "good" : "bad" }, d.agrees ? "agrees" : "DIFFERS"));
    return cells;
  });
  const notes = [answer.reason && `They differ. Reason: ${answer.reason}`, ...answer.kinks,
    ways && answer.not_complex && `No complex step: ${answer.not_complex} has no complex form.`];
  return [table(head, rows, { id: "gradient" }), ...notes.filter(Boolean).map((text) => el("p", { class: "remark" }, text))];
};

export const show = (root, state, signal) => {
  let answer = null;
  let list = [];
  let timer = null;
  const f = el("input", { type: "text", id: "f", spellcheck: "false", autocapitalize: "off", autocomplete: "off" });
  const graphs = select({ id: "graph" }, [["", "an expression of one's own"]], "");
  const values = el("div", { id: "values" });
  const error = el("p", { class: "error", id: "error", role: "alert" });
  const picture = el("div", { class: "picture", tabindex: "0", "aria-label": "The graph; arrow keys step" });
  const about = el("p", { class: "dim", id: "about" });
  const moment = el("div", { class: "panel", id: "moment", "aria-live": "polite" });
  const checks = el("div", { id: "checks" });
  const slider = el("input", { type: "range", min: "0", max: "0", value: "0", class: "progress", id: "step", "aria-label": "Step" });
  const place = el("span", { class: "mono", id: "place" });
  const play = el("button", { type: "button", id: "play", title: "Space" }, "Play");
  const button = (id, text, hint, act) => el("button", { type: "button", id, title: hint, onclick: act }, text);
  const ways = el("input", { type: "checkbox", id: "ways" });
  ways.checked = state.get("ways") === "yes";

  const render = () => {
    const now = Math.min(Math.max(0, state.number("step")), list.length - 1);
    const { picture: drawn, focus } = draw(answer, list, now);
    picture.replaceChildren(drawn);
    drawn.classList.toggle("natural", state.get("fit") !== "yes");
    if (focus && state.get("fit") !== "yes") picture.scrollLeft = focus.x + BOX.width / 2 - picture.clientWidth / 2;
    moment.replaceChildren(...words(answer, list[now]));
    slider.max = String(list.length - 1);
    slider.value = String(now);
    place.textContent = `${now} of ${list.length - 1}`;
  };
  const go = (to) => {
    if (!answer) return;
    state.set({ step: Math.min(Math.max(0, to), list.length - 1) });
    render();
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  };
  const start = () => {
    if (state.number("step") >= list.length - 1) go(0);
    play.textContent = "Pause";
    timer = setInterval(() => (state.number("step") >= list.length - 1 ? stop() : go(state.number("step") + 1)), 900);
  };
  play.addEventListener("click", () => (timer ? stop() : start()));
  signal.addEventListener("abort", stop);

  const pairs = () => state.get("at").split(";").map((text) => text.trim()).filter(Boolean);
  const ask = asker("backprop", signal, (it) => {
    answer = it;
    list = moments(it);
    error.textContent = "";
    bar.update(it.variables);
    checks.replaceChildren(...gradients(it, state.get("ways") === "yes"));
    render();
  }, (refusal) => {
    error.textContent = refusal.message;
  });
  const request = () => ask({ f: state.get("f"), at: pairs(), four_ways: state.get("ways") === "yes" });
  const bar = sliders(values, (at) => {
    state.set({ at: at.join(";") });
    request();
  });
  // A new expression keeps the values of the names that it still has; new names begin at 1.
  const change = async () => {
    try {
      const names = await api("backprop/names", { f: f.value }, signal);
      const old = new Map(pairs().map((pair) => [pair.split("=")[0].trim(), pair]));
      state.set({ f: f.value, at: names.map((name) => old.get(name) ?? `${name}=1`).join(";"), step: 0 });
      request();
    } catch (refusal) {
      if (!signal.aborted) error.textContent = refusal.message;
    }
  };
  f.value = state.get("f");
  f.addEventListener("change", () => {
    graphs.value = "";
    about.textContent = "";
    change();
  });
  slider.addEventListener("input", () => go(Number(slider.value)));
  ways.addEventListener("change", () => {
    state.set({ ways: ways.checked ? "yes" : "no" });
    request();
  });

  api("backprop/graphs", {}, signal).then((known) => {
    graphs.append(...known.map((graph) => el("option", { value: graph.name }, graph.name)));
    const chosen = known.find((graph) => graph.f === state.get("f"));
    graphs.value = chosen?.name ?? "";
    about.textContent = chosen?.about ?? "";
    graphs.addEventListener("change", () => {
      const graph = known.find((graph) => graph.name === graphs.value);
      if (!graph) return f.focus();
      f.value = graph.f;
      about.textContent = graph.about;
      stop();
      state.set({ f: graph.f, at: graph.at.join(";"), step: 0 });
      request();
    });
  }).catch((refusal) => {
    if (!signal.aborted) error.textContent = refusal.message;
  });

  clear(root);
  root.append(
    el("div", { class: "row" }, labelled("graph", graphs), labelled("expression", f, { class: "field wide" })),
    about, error,
    el("div", { class: "row", role: "group", "aria-label": "Steps" },
      button("first", "|◀", "Home", () => go(0)), button("back", "◀", "Arrow left", () => go(state.number("step") - 1)),
      play, button("next", "▶", "Arrow right", () => go(state.number("step") + 1)),
      button("last", "▶|", "End", () => go(list.length - 1)), slider, place,
      button("fit", "Fit", "The whole graph in the width of the page, or in its own size", () => {
        state.set({ fit: state.get("fit") === "yes" ? "no" : "yes" });
        if (answer) render();
      })),
    picture,
    el("div", { class: "columns" }, el("div", {}, moment), el("div", { class: "panel" }, el("h3", {}, "Values"), values)),
    el("h3", {}, "The gradient, and the same without rules"),
    el("label", { class: "row" }, ways, " forward mode and complex step as well"),
    checks);
  request();
  const keys = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
  return {
    picture: () => picture.querySelector("svg"),
    key: (event) => {
      if (event.key === " ") play.click();
      else if (event.key in keys) go(state.number("step") + keys[event.key]);
      else return false;
      return true;
    },
  };
};
