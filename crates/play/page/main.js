// The shell: navigation, theme, saving, and which view is shown.
//
// A view is a module with `name`, `title`, `defaults` (its state: texts by key) and `show(root, state, signal)`, which builds
// it; the signal is aborted when the view is left. `show` may return `{ key(event) }`: what a key does, which is true if it did
// something. Drawings stand in frames (`framed` of `dom.js`); the first of a view is the one that the head's buttons save.

import { State, parseHash } from "./core.js";
import { el } from "./dom.js";
import { save } from "./save.js";
import * as backprop from "./backprop.js";
import * as differences from "./differences.js";
import * as descent from "./descent.js";
import * as microgpt from "./microgpt.js";
import * as network from "./network.js";
import * as schedules from "./schedules.js";

const VIEWS = [backprop, network, descent, differences, schedules, microgpt];

const main = document.getElementById("main");
let shown = null;

const say = (text) => {
  document.getElementById("message").textContent = text;
};

const show = () => {
  const { name, values } = parseHash(location.hash);
  const view = VIEWS.find((view) => view.name === name) ?? VIEWS[0];
  shown?.leave.abort();
  const leave = new AbortController();
  const state = new State(view.name, view.defaults, values);
  main.replaceChildren();
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

const tool = (id, act) => document.getElementById(id).addEventListener("click", act);

addEventListener("click", async ({ target }) => {
  const kind = target.dataset?.save;
  if (!kind) return;
  const own = target.closest("figure");
  const frame = own ?? main.querySelector("figure");
  const name = ["gradus", shown.view.name, own?.querySelector(".picture > *").id].filter(Boolean).join("-");
  try {
    say((await save(frame, kind, name)) ? `The picture is saved as ${name}.${kind}.` : "There is no picture yet.");
  } catch (error) {
    say(`The picture could not be saved: ${error.message}`);
  }
});
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
