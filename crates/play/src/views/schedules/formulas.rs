//! Formulas side by side: the same gradients for each, one weight, and the step at which they part.

use gradus::autograd::Param;
use gradus::optim::schedule::{Schedule, parse};
use gradus::optim::{Objective, OptimizerSpec};
use gradus::tensor::{Tensor, rng};
use gradus_cli::optimizers::{check_rates, is_method};
use gradus_cli::text::numbers::number;
use serde::{Deserialize, Serialize};

use super::MOST;
use super::parts::{self, Parts};
use crate::answer::{Number, Refusal, numbers};
use crate::drawing::{COLORS, Chart, INK, Table, series, text};

/// Steps of a comparison.
const STEPS: usize = 500;
/// Paths are the same up to rounding: of the way gone, and of the weight.
const SAME: (f64, f64) = (1e-9, 1e-14);
/// Paths that are the same lie here on a logarithmic axis.
const LEAST: f64 = 1e-18;
/// The largest weight, gradient and noise.
const LARGEST: f64 = 1e6;

/// What the page asks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Optimizers with their settings, the first the one that all are compared with: `momentum:form=leaky:lr=0.1`.
    pub formulas: Vec<String>,
    /// A formula of the step t: `sin(t/3)`.
    pub gradients: String,
    /// The deviation of noise on the gradients.
    #[serde(default)]
    pub noise: f64,
    /// Fixes the noise.
    #[serde(default)]
    pub seed: u64,
    /// The weight before the first step.
    pub weight: f64,
    /// From 1 to 500.
    pub steps: usize,
}

/// The weight under each formula.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// The gradient of each step.
    pub gradients: Vec<Number>,
    /// In the order in which they were asked for.
    pub formulas: Vec<Formula>,
    /// The weight under each.
    pub weights: Chart,
    /// Its distance from the weight under the first formula, logarithmic; none where there is one formula alone.
    pub apart: Option<Chart>,
    /// The step after which each one differs from the first by more than rounding, and by how much at most.
    pub parting: Table,
}

/// One formula's way.
#[derive(Debug, Clone, Serialize)]
pub struct Formula {
    /// The optimizer as it was written.
    pub name: String,
    /// All of its hyper-parameters, as they are written in Rust.
    pub rule: String,
    /// The rate in force in each step.
    pub rates: Vec<Number>,
    /// The weight, before the first step and after each.
    pub weights: Vec<Number>,
    /// What it remembers after each step.
    pub slots: Vec<Slot>,
    /// The updates taken apart; none where they have no such parts.
    pub parts: Option<Parts>,
    /// The updates and their parts.
    pub update: Chart,
    /// The gradient and what is remembered.
    pub memory: Chart,
}

/// One thing remembered.
#[derive(Debug, Clone, Serialize)]
pub struct Slot {
    /// Its name.
    pub name: &'static str,
    /// After each step.
    pub values: Vec<Number>,
}

/// A line of a given slope: the gradient is the same wherever the weight is.
struct Line(f64);

impl Objective for Line {
    fn value_and_grad(&mut self, x: &[f64]) -> (f64, Vec<f64>) {
        (self.0 * x[0], vec![self.0])
    }

    fn hessian(&mut self, _: &[f64]) -> Vec<f64> {
        vec![0.0]
    }
}

/// The answer to a request.
///
/// # Errors
/// If a formula, the gradients or a number cannot be used.
pub fn formulas(request: Request) -> Result<Comparison, Refusal> {
    let count = request.formulas.len();
    if count == 0 || count > MOST {
        let message =
            format!("{count} formulas; from 1 to {MOST} are compared, as momentum:form=leaky:lr=0.1");
        return Err(Refusal::value(message));
    }
    if !(1..=STEPS).contains(&request.steps) {
        return Err(Refusal::value(format!("{} steps; from 1 to {STEPS} are made, as 60", request.steps)));
    }
    for (name, x, example) in [("weight", request.weight, "1"), ("noise", request.noise, "0.5")] {
        if x.abs() > LARGEST || (name == "noise" && x < 0.0) {
            let from = if name == "noise" { "0" } else { "-1e6" };
            return Err(Refusal::value(format!(
                "the {name} is {x}; it lies from {from} to 1e6, as {example}"
            )));
        }
    }
    let gradients = gradients(&request)?;
    let texts = request.formulas;
    let (mut formulas, mut ways) = (Vec::new(), Vec::new());
    for (i, text) in texts.iter().enumerate() {
        let (formula, way) = follow(&read(i, text, request.steps)?, text.trim(), request.weight, &gradients);
        formulas.push(formula);
        ways.push(way);
    }
    let (weights, apart) = (weights(&formulas, &ways), (count > 1).then(|| apart(&formulas, &ways)));
    let parting = parting(&formulas, &ways);
    Ok(Comparison { gradients: numbers(&gradients), formulas, weights, apart, parting })
}

fn weights(formulas: &[Formula], ways: &[Vec<f64>]) -> Chart {
    let chart = Chart::new("the weight", "step", "θ");
    // Paths that are the same show through each other.
    (0..).zip(formulas).zip(ways).zip(COLORS).fold(chart, |chart, (((i, formula), way), color)| {
        chart.line(&formula.name, color, series(way.iter().copied(), 0)).dashed(i % 4)
    })
}

fn distances<'a>(first: &'a [f64], other: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    first.iter().zip(other).map(|(a, b)| (a - b).abs())
}

fn apart(formulas: &[Formula], ways: &[Vec<f64>]) -> Chart {
    let chart = Chart::new("distance from the first", "step", "|θ − θ₁|").logarithmic();
    formulas.iter().zip(ways).zip(COLORS).skip(1).fold(chart, |chart, ((formula, way), color)| {
        chart.line(&formula.name, color, series(distances(&ways[0], way).map(|x| x.max(LEAST)), 0))
    })
}

fn parting(formulas: &[Formula], ways: &[Vec<f64>]) -> Table {
    let row = |(i, (formula, way)): (usize, (&Formula, &Vec<f64>))| {
        let last = text(way[way.len() - 1]);
        let farthest = distances(&ways[0], way).max_by(f64::total_cmp).unwrap_or(0.0);
        let at = parts_at(&ways[0], way)
            .map_or("never: the same path".to_string(), |step| format!("after step {step}"));
        let [at, farthest] =
            if i == 0 { ["–".to_string(), "–".to_string()] } else { [at, number(farthest, 3)] };
        vec![formula.name.clone(), at, farthest, last]
    };
    let rows = formulas.iter().zip(ways).enumerate().map(row).collect();
    Table { head: vec!["formula", "parts from the first", "farthest apart", "last weight"], rows }
}

fn gradients(request: &Request) -> Result<Vec<f64>, Refusal> {
    let text = request.gradients.trim();
    let wrong = |why: String| {
        Refusal::value(format!("the gradients are a formula of the step t, as sin(t/3); {text}: {why}"))
    };
    let formula = parse(&format!("lambda({text})")).map_err(|error| wrong(error.to_string()))?;
    let noise = Tensor::normal([request.steps], 0.0, 1.0, &mut rng(request.seed)).to_f64_vec();
    let all: Vec<f64> =
        noise.iter().zip(0..).map(|(noise, t)| formula.at(t) + request.noise * noise).collect();
    match all.iter().position(|g| g.is_nan() || g.abs() > LARGEST) {
        Some(t) => Err(wrong(format!("at t = {t} it is {}; a gradient lies from -1e6 to 1e6", all[t]))),
        None => Ok(all),
    }
}

fn read(i: usize, text: &str, steps: usize) -> Result<OptimizerSpec, Refusal> {
    let wrong = |why: String| Refusal::value(format!("formula {}: {why}", i + 1));
    let who: OptimizerSpec =
        text.trim().parse::<OptimizerSpec>().map_err(|error| wrong(format!("{error}")))?;
    if is_method(&who) {
        let why = "it evaluates the loss itself, and here the gradients are given; take a rule, such as adam";
        return Err(wrong(format!("{}: {why}", who.label())));
    }
    if let Some(rate) = who.rate() {
        check_rates(&format!("formula {}", i + 1), rate, steps as u64)?;
    }
    Ok(who)
}

/// All steps of one formula, and its weights.
fn follow(who: &OptimizerSpec, name: &str, weight: f64, gradients: &[f64]) -> (Formula, Vec<f64>) {
    let mut by = who.optimizer(who.named().lr);
    let rule = who.rule();
    let mut x = Param::new(Tensor::from_vec(vec![weight], 1));
    let start = rule.slots(x.value(), by.lr());
    let mut slots: Vec<Slot> = start
        .iter()
        .filter(|(_, value)| value.elements() == 1)
        .map(|(name, _)| Slot { name, values: Vec::new() })
        .collect();
    let mut before: Vec<Tensor> = start.iter().map(|(_, value)| value.clone()).collect();
    let (mut weights, mut rates) = (vec![weight], Vec::new());
    let mut taken = parts::Taken::of(who);
    for &g in gradients {
        let theta = x.value().clone();
        rates.push(by.lr());
        let step = (by.lr(), by.updates("") + 1);
        by.advance(&mut x, &mut Line(g));
        let place = x.value().to_f64_vec()[0];
        taken.step(step, &theta, g, &before, place);
        weights.push(place);
        let after = |name: &str| by.slot("", name).cloned();
        for slot in &mut slots {
            slot.values.push(Number(after(slot.name).map_or(f64::NAN, |value| value.to_f64_vec()[0])));
        }
        before = start.iter().filter_map(|(name, _)| after(name)).collect();
        if !place.is_finite() {
            break;
        }
    }
    let parts = taken.done();
    let formula = Formula {
        name: name.to_string(),
        rule: format!("{rule:?}"),
        rates: numbers(&rates),
        update: update(&weights, parts.as_ref()),
        memory: memory(&gradients[..rates.len()], &slots),
        weights: numbers(&weights),
        slots,
        parts,
    };
    (formula, weights)
}

fn update(weights: &[f64], parts: Option<&Parts>) -> Chart {
    let changes = weights.windows(2).map(|pair| pair[1] - pair[0]);
    let chart = Chart::new("the update of each step", "step", "change of the weight").line(
        "the whole update",
        INK,
        series(changes, 1),
    );
    let Some(Parts { memory, gradient, decay }) = parts else { return chart };
    let points = |all: &[Number]| series(all.iter().map(|x| x.0), 1);
    chart
        .line("memory", COLORS[0], points(memory))
        .line("this gradient", COLORS[1], points(gradient))
        .line("weight decay", COLORS[2], points(decay))
        .dashed(1)
}

fn memory(gradients: &[f64], slots: &[Slot]) -> Chart {
    let chart = Chart::new("the gradient and what is remembered", "step", "value").line(
        "gradient",
        "dim",
        series(gradients.iter().copied(), 1),
    );
    slots.iter().zip(COLORS).fold(chart, |chart, (slot, color)| {
        chart.line(slot.name, color, series(slot.values.iter().map(|x| x.0), 1))
    })
}

/// The first step after which two ways differ by more than rounding.
fn parts_at(first: &[f64], other: &[f64]) -> Option<usize> {
    let mut way: f64 = 0.0;
    let apart = |(a, b): (&f64, &f64)| {
        way = way.max((a - first[0]).abs()).max((b - first[0]).abs());
        let far = (a - b).abs();
        far.is_nan() || far > SAME.0 * way + SAME.1 * a.abs()
    };
    first.iter().zip(other).position(apart)
}
