// What all views share: requests to the library, and the state of a view in the address.

// Asks the library: a function of a view's name and its request. Throws what it answers when it refuses.
export const api = async (view, request, signal) => {
  const response = await fetch(`api/${view}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
    signal,
  });
  const answer = await response.json();
  if (!response.ok) {
    const error = new Error(answer.error.message);
    error.kind = answer.error.kind;
    throw error;
  }
  return answer;
};

// Requests on their way; tests wait until there are none.
let open = 0;
const busy = (change) => {
  open += change;
  document.documentElement.dataset.busy = open ? "yes" : "no";
};

// Asks whenever it is told to; of requests that follow each other faster than answers come, only the last is sent.
// `show` gets the answers, `fail` the refusals.
export const asker = (view, signal, show, fail) => {
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
        if (!signal.aborted) show(answer, request);
      } catch (error) {
        if (!signal.aborted) fail(error);
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
