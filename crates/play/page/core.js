// What all views share: requests to the library, where refusals are told, and the state of a view in the address.

import { el } from "./dom.js";

export const post = (path, request, signal) =>
  fetch(`api/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(request), signal });

// Asks the library: a function of a view's name and its request. Throws what it answers when it refuses.
export const api = async (view, request, signal) => {
  const response = await post(view, request, signal);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error.message);
  return answer;
};

// The place where refusals are told, until the one who put one there (or anybody, if that is not said) is answered.
export const refusals = (signal, id = "error") => {
  const node = el("p", { class: "error", id, role: "alert" });
  let by = null;
  const put = (refusal, who = null) => {
    if (signal.aborted) return;
    by = who;
    node.textContent = refusal.message;
  };
  const clear = (who) => {
    if (by === null || by === who) node.textContent = "";
  };
  // What a view asks once, at its beginning.
  const load = (view, then) => api(view, {}, signal).then(then).catch((refusal) => put(refusal, view));
  return { node, put, clear, load };
};

// Requests on their way; tests wait until there are none.
let open = 0;
const busy = (change) => {
  open += change;
  document.documentElement.dataset.busy = open ? "yes" : "no";
};

// Asks whenever it is told to; of requests that follow each other faster than answers come, only the last is sent.
// `show` gets the answers.
export const asker = (view, signal, error, show) => {
  let running = false;
  let next = null;
  const run = async () => {
    running = true;
    busy(1);
    while (next !== null && !signal.aborted) {
      const request = next;
      next = null;
      try {
        const answer = await api(view, request, signal);
        if (signal.aborted) break;
        error.clear(view);
        show(answer);
      } catch (refusal) {
        error.put(refusal, view);
      }
    }
    running = false;
    busy(-1);
  };
  return (request) => {
    next = request;
    if (!running) run();
  };
};

// `#view?key=value&…` as a name and the values.
export const parseHash = (hash) => {
  const [name, rest = ""] = hash.replace(/^#/, "").split(/\?(.*)/s);
  return { name, values: new URLSearchParams(rest) };
};

// The state of a view: texts by key, each with a default. What differs from it stands in the address.
export class State {
  constructor(name, defaults, values) {
    this.name = name;
    this.defaults = defaults;
    this.values = { ...defaults };
    for (const key of Object.keys(defaults)) if (values.has(key)) this.values[key] = values.get(key);
  }

  get(key) {
    return this.values[key];
  }

  number(key) {
    const x = Number(this.values[key]);
    return Number.isFinite(x) ? x : Number(this.defaults[key]);
  }

  // A number that counts something.
  whole(key) {
    return Math.max(0, Math.floor(this.number(key)));
  }

  set(changes) {
    for (const [key, value] of Object.entries(changes)) this.values[key] = String(value);
    history.replaceState(null, "", this.hash());
  }

  hash() {
    const differing = Object.entries(this.values).filter(([key, value]) => value !== this.defaults[key]);
    const query = new URLSearchParams(differing).toString();
    return `#${this.name}${query ? `?${query}` : ""}`;
  }
}
