// A training on the server: its events as they come, what it is told, and a loop that draws on the screen's own beat.

import { api, post, refusals } from "./core.js";
import { button, el, h3, row } from "./dom.js";

// Begins one; `on(kind, it)` gets its events. What is returned tells it what to do next, and ends it.
const training = (view, request, signal, on) => {
  const leave = new AbortController();
  signal.addEventListener("abort", () => leave.abort(), { once: true });
  let session = null;
  const fail = (error) => leave.signal.aborted || on("error", error);
  const event = ({ kind, it }) => {
    if (kind === "begin") session = it.session;
    on(kind, kind === "begin" ? it.it : it);
  };
  const listen = async (tries) => {
    const response = await post(`${view}/run`, request, leave.signal);
    if (response.ok) return response.body.pipeThrough(new TextDecoderStream()).getReader();
    // The place of a training that has just been left is free in a moment.
    if (response.status !== 503 || !tries) throw new Error((await response.json()).error.message);
    await new Promise((resolve) => setTimeout(resolve, 250));
    return listen(tries - 1);
  };
  const run = async () => {
    const reader = await listen(8);
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done || leave.signal.aborted) break;
      const events = (rest + value).split("\n\n");
      rest = events.pop();
      for (const text of events) if (!leave.signal.aborted) event(JSON.parse(text.slice(5)));
    }
    throw new Error("The training has ended: gradus-play runs no more.");
  };
  run().catch(fail);
  return {
    tell: (command, more) => session !== null && api("session", { session, command, ...more }, leave.signal).catch(fail),
    stop: () => leave.abort(),
  };
};

// A training with its buttons, the places of errors and reports, and what keys do. `request()` makes what is asked, `speed()`
// says how many steps a second; `begin`, `frame` and `fail` are told.
export const trainer = ({ view, signal, request, speed, begin, frame, fail }) => {
  const error = refusals(signal);
  const report = el("div", { id: "report" });
  const busy = (is) => (document.documentElement.dataset.busy = is ? "yes" : "no");
  let [session, running, over] = [null, false, false];
  const put = (now) => {
    running = now;
    run.textContent = now ? "Pause" : "Run";
    run.setAttribute("aria-pressed", now);
  };
  const pace = () => session.tell("run", speed() ? { speed: Number(speed()) } : {});
  const go = () => {
    if (over) return;
    put(!running);
    if (running) pace();
    else session.tell("pause");
  };
  const step = (steps) => {
    put(false);
    session.tell("step", { steps });
  };
  const on = {
    begin,
    frame: (it) => {
      busy(false);
      over = Boolean(it.over);
      if (over) put(false);
      frame(it);
    },
    check: (text) => report.replaceChildren(h3("The gradient here"), el("pre", { id: "checked" }, text)),
    refused: error.put,
    error: (it) => {
      busy(false);
      error.put(it);
      put(false);
      fail?.();
    },
  };
  const restart = () => {
    session?.stop();
    over = false;
    error.clear();
    report.replaceChildren();
    busy(true);
    session = training(view, request(), signal, (kind, it) => on[kind]?.(it));
    put(false);
  };
  const run = button("run", "Run", go);
  const bar = row(run, button("once", "Step", () => step(1)), button("hundred", "100 steps", () => step(100)),
    button("again", "Start anew", restart), button("check", "Check the gradient here", () => session.tell("check")));
  const key = ({ key }) => {
    if (key === " ") go();
    else if (key === "ArrowRight") step(1);
    else return false;
    return true;
  };
  return { error, report, bar, restart, key, paced: () => running && pace(), running: () => running };
};

// Calls `draw` at most once a picture of the screen, and only when what is returned was called since, or the page looks another way.
// It is given the colours.
export const drawing = (signal, draw) => {
  let [due, mix] = [false, palette()];
  const loop = () => {
    if (signal.aborted) return;
    if (due) {
      due = false;
      draw(mix);
    }
    requestAnimationFrame(loop);
  };
  loop();
  const anew = () => {
    mix = palette();
    due = true;
  };
  addEventListener("resize", anew, { signal });
  // After the shell has changed it.
  document.getElementById("theme").addEventListener("click", anew, { signal });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", anew, { signal });
  return () => (due = true);
};

// Of [step, …] entries so many that a chart can show them.
export const remember = (list, entry) => {
  if (list.at(-1)?.[0] === entry[0]) list.pop();
  list.push(entry);
  if (list.length > 800) list.splice(0, list.length, ...list.filter((_, i) => i % 2));
};

// Colours between the theme's background and one of its own: `mix("s0", 0.5)` is three numbers, `mix.shades("s0")` a pixel for each
// 63rd.
const palette = () => {
  const style = getComputedStyle(document.documentElement);
  const [known, shades] = [{}, {}];
  const rgb = (name) => (known[name] ??= [1, 3, 5].map((i) => parseInt(style.getPropertyValue(`--${name}`).trim().slice(i, i + 2), 16)));
  const mix = (name, part) => rgb("back").map((from, i) => Math.round(from + (rgb(name)[i] - from) * part));
  mix.shades = (name) => (shades[name] ??= new Uint32Array(Uint8Array.from(Array.from({ length: 64 }, (_, i) => [...mix(name, i / 63), 255]).flat()).buffer));
  return mix;
};

// A canvas of a size, as fine as the screen, cleared: its context in units of the page.
export const sized = (canvas, width, height) => {
  const ratio = devicePixelRatio || 1;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) {
    [canvas.width, canvas.height] = [across, down];
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
};

// Cells by columns and rows, whose colours are given by number, drawn into a rectangle.
const paper = document.createElement("canvas");
export const cells = (context, columns, rows, color, rectangle, smooth = false) => {
  [paper.width, paper.height] = [columns, rows];
  const small = paper.getContext("2d");
  const image = small.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < columns * rows; i += 1) pixels[i] = color(i);
  small.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = smooth;
  context.drawImage(paper, ...rectangle);
};
