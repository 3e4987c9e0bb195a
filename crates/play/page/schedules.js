// Schedules drawn before anything is trained; formulas side by side on the same gradients; one weight's update taken apart.

import { asker, refusals } from "./core.js";
import { plot } from "./chart.js";
import { boxes, columns, el, format, framed, h3, hint, labelled, options, range, remark, row, select, wide } from "./dom.js";
import { field, shownTable, split, texts } from "./fields.js";

export const name = "schedules";
export const title = "Schedules and optimizers";
export const defaults = {
  schedule: "cosine(0.3, 95).warmup(5),multi_step(0.3, [30, 60], 0.5),one_cycle(0.3, 100)", steps: "100",
  formulas: "momentum:form=leaky:schedule=step(0.1, 20),momentum:form=velocity:schedule=step(0.1, 20)", gradient: "1", noise: "0", seed: "0", weight: "1", updates: "60", formula: "0", t: "21",
};

export const show = (root, state, signal) => {
  const [error, wrong] = ["error", "error-formulas"].map((id) => refusals(signal, id));
  const [rows, rates, facts, warnings, formulas, weights, apart, verdicts, update, memory, now, rule] =
    boxes("rows", "rates", "rate-facts", "warnings", "formulas", "weights", "apart", "verdicts", "update", "memory", "now", "rule");
  const [forms, presets] = ["forms", "preset"].map((id) => select(id, [["", "choose …"]]));
  const who = select("who", []);
  const time = range("time", "step", 1, 1, 1, { class: "progress" });
  const timeText = el("output", { class: "mono", id: "time-text" });
  const large = root.clientWidth > 800;
  let answer = null;

  const ask = asker("schedules", signal, error, (it) => {
    rates.replaceChildren(plot(it.chart, large ? { width: 1100, height: 360 } : {}));
    facts.replaceChildren(shownTable(it.facts, "schedule-facts"));
    warnings.replaceChildren(...it.warnings.map(remark));
  });
  const request = () => ask({ schedules: split(state.get("schedule")), steps: state.whole("steps") });

  // One formula at one step.
  const drawOne = () => {
    const i = Math.min(state.whole("formula"), answer.formulas.length - 1);
    const one = answer.formulas[i];
    const t = Math.min(Math.max(1, state.whole("t")), one.rates.length);
    who.replaceChildren(...options(answer.formulas.map(({ name }, k) => [k, name])));
    [who.value, time.max, time.value] = [i, one.rates.length, t];
    timeText.textContent = `step ${t} of ${one.rates.length}`;
    rule.textContent = one.rule;
    const marks = [{ x: t, label: `step ${t}`, color: "s6" }];
    update.replaceChildren(plot(one.update, { marks }));
    memory.replaceChildren(plot(one.memory, { marks }));
    const parts = one.parts ? [["memory", one.parts.memory], ["+ this gradient", one.parts.gradient], ["+ weight decay", one.parts.decay]] : [];
    const at = ([name, values]) => [name, format(values[t - 1], 10)];
    const change = one.update.lines[0].points.map(([, y]) => y);
    now.replaceChildren(shownTable({ head: [], rows: [
      ["weight before", one.weights], ["gradient", answer.gradients], ["learning rate", one.rates], ...one.slots.map(({ name, values }) => [`${name} after it`, values]),
      ...parts, ["= update", change], ["weight after", one.weights.slice(1)],
    ].map(at) }, "taken"), parts.length ? "" : hint("This rule draws random numbers, or needs more than one gradient: its update has no such parts."));
  };
  const askFormulas = asker("schedules/formulas", signal, wrong, (it) => {
    answer = it;
    weights.replaceChildren(plot(it.weights));
    apart.replaceChildren(it.apart ? plot(it.apart) : "");
    verdicts.replaceChildren(shownTable(it.parting, "parting"));
    drawOne();
  });
  const compare = () => askFormulas({ formulas: split(state.get("formulas")), gradients: state.get("gradient"), noise: state.number("noise"), seed: state.whole("seed"), weight: state.number("weight"), steps: state.whole("updates") });

  const setRows = texts(rows, "schedule", "0.1", (list) => {
    state.set({ schedule: list.join(",") });
    request();
  });
  const setFormulas = texts(formulas, "formula", "adam:lr=0.1", (list) => {
    state.set({ formulas: list.join(",") });
    compare();
  });
  const n = field(state, "steps", request, { size: 6 });
  const [g, z, seed, w, m] = ["gradient", "noise", "seed", "weight", "updates"].map((key) => field(state, key, compare, { size: key === "gradient" ? 20 : 6 }));
  const change = (changes) => {
    state.set(changes);
    setRows(split(state.get("schedule")));
    setFormulas(split(state.get("formulas")));
    [g.value, z.value] = [state.get("gradient"), state.get("noise")];
    request();
    compare();
  };
  const look = (changes) => {
    state.set(changes);
    if (answer) drawOne();
  };
  time.addEventListener("input", () => look({ t: time.value }));
  who.addEventListener("change", () => look({ formula: who.value }));
  error.load("schedules/choices", (all) => {
    forms.append(...all.forms.map(({ usage, about, example }) => el("option", { value: example, title: usage }, `${example}: ${about}`)));
    forms.addEventListener("change", () => {
      change({ schedule: [...split(state.get("schedule")).slice(0, 5), forms.value].join(",") });
      forms.value = "";
    });
    presets.append(...options(all.presets.map(({ name }, i) => [i, name])));
    presets.addEventListener("change", () => {
      const it = all.presets[presets.value];
      if (it) change({ formulas: it.formulas.join(","), gradient: it.gradients, noise: it.noise, formula: 0 });
    });
  });

  root.append(
    h3("Schedules before training"),
    row(wide("add an example", forms), labelled("steps", n)),
    rows, error.node, framed(rates), facts, warnings,
    hint("A schedule is a number or NAME(VALUES); behind it stand .warmup(steps), .then(step, schedule), .times(schedule), .min(schedule) and .max(schedule). lambda(0.1 * 0.95^t) is any formula of the step."),
    h3("Formulas side by side on the same gradients"),
    row(wide("try", presets)), formulas,
    row(labelled("gradient at step t", g), labelled("noise", z), labelled("seed", seed), labelled("first weight", w), labelled("steps", m)),
    wrong.node, columns(framed(weights), framed(apart)), verdicts,
    hint("Two paths count as the same where they differ by less than a billionth of the way gone: by rounding."),
    h3("One weight's update taken apart"),
    row(labelled("formula", who), time, timeText), el("div", { class: "mono scroll" }, rule), columns(framed(update), framed(memory)), now,
    hint("Memory is what the step would be without its gradient and without decay; the gradient's part is what it adds to that; decay is the rest: L2 goes through the averages, decoupled decay past them."));
  change({});
  return {
    key: (event) => {
      const turn = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (turn && answer) look({ t: Math.min(Math.max(1, state.whole("t") + turn), Number(time.max)) });
      return Boolean(turn);
    },
  };
};
