// The shell: navigation, theme, saving, and which view is shown.
//
// A view is a module with `name`, `title`, `defaults` (its state: texts by key) and `show(root, state, signal)`, which builds
// it; the signal is aborted when the view is left. `show` may return `{ key(event), picture() }`: what a key does, which is
// true if it did something, and the SVG element to save (the first of the view if there is none).

import { State, parseHash } from "./core.js";
import { clear, el } from "./dom.js";
import { savePng, saveSvg } from "./save.js";
import * as backprop from "./backprop.js";
import * as differences from "./differences.js";
import * as descent from "./descent.js";
import * as microgpt from "./microgpt.js";
import * as network from "./network.js";
import * as schedules from "./schedules.js";

const VIEWS = [backprop, network, descent, differences, schedules, microgpt];

const main = document.getElementById("main");
let shown = null;

export const say = (text) => {
  document.getElementById("message").textContent = text;
};

const show = () => {
  const { name, values } = parseHash(location.hash);
  const view = VIEWS.find((view) => view.name === name) ?? VIEWS[0];
  shown?.leave.abort();
  const leave = new AbortController();
  const state = new State(view.name, view.defaults, values);
  clear(main);
  say("");
  for (const link of document.querySelectorAll("#views a")) {
    if (link.dataset.view === view.name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${view.title} – gradus`;
  const root = el("section", { class: `view ${view.name}` });
  main.append(root);
  shown = { view, state, leave, handles: view.show(root, state, leave.signal) ?? {} };
};

const picture = () => shown.handles.picture?.() ?? main.querySelector("svg");

const tool = (id, act) => document.getElementById(id).addEventListener("click", act);

const saver = (save) => async () => {
  const it = picture();
  if (!it) return say("There is no picture yet.");
  try {
    await save(it, `gradus-${shown.view.name}`);
    say("The picture is saved.");
  } catch (error) {
    say(`The picture could not be saved: ${error.message}`);
  }
};

tool("save-svg", saver(saveSvg));
tool("save-png", saver(savePng));
tool("copy", async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    say("The address is copied. Its part from # on is the state of the view, for any start of gradus-play.");
  } catch {
    say("The browser gives no clipboard; the address bar has the state of this view.");
  }
});

const THEMES = ["system", "light", "dark"];
const theme = (name) => {
  document.documentElement.dataset.theme = name;
  document.getElementById("theme").textContent = `Theme: ${name}`;
  localStorage.setItem("theme", name);
};
tool("theme", () => theme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length]));
theme(THEMES.includes(localStorage.getItem("theme")) ? localStorage.getItem("theme") : "system");

document.getElementById("views").append(
  ...VIEWS.map((view) => el("a", { href: `#${view.name}`, "data-view": view.name }, view.title)),
);
addEventListener("hashchange", show);
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
// Keys belong to a field while it has the focus.
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select")) return;
  if (event.key === " " && event.target.closest("button, a")) return;
  if (shown?.handles.key?.(event)) event.preventDefault();
});
show();
