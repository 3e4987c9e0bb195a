//! One optimizer's way down, step by step: where it is, the gradient there, what it remembers, and whether its rate is
//! too large or too small.

use gradus::autograd::Param;
use gradus::optim::{Objective, OptimizerSpec};
use gradus::tensor::Tensor;
use gradus_cli::optimizers::{check_rates, is_method};
use gradus_cli::race::{Course, Run};
use gradus_cli::text::numbers::number;
use serde::Serialize;

use super::momentum::{self, Place};
use crate::answer::{Number, Refusal, numbers};
use crate::drawing::text;

/// By how much a rate is changed to see whether another one does better.
const FACTOR: f64 = 2.0;

/// What became of one optimizer.
#[derive(Debug, Clone, Serialize)]
pub struct Walk {
    /// The optimizer as it was written.
    pub name: String,
    /// The places, the start first; along a line the second coordinate is 0.
    pub points: Vec<[Number; 2]>,
    /// The value at each place.
    pub values: Vec<Number>,
    /// The gradient at each place.
    pub gradients: Vec<[Number; 2]>,
    /// The rate in force in each step.
    pub rates: Vec<Number>,
    /// What it remembers under the names of its slots.
    pub memory: Vec<Memory>,
    /// For gradient descent and its momenta: where it is in the plane of momentum, place by place.
    pub plane: Vec<Place>,
}

/// One thing remembered.
#[derive(Debug, Clone, Serialize)]
pub struct Memory {
    /// The name of the slot.
    pub name: &'static str,
    /// Its elements after step 1, 2 and so on.
    pub values: Vec<Vec<Number>>,
}

/// The way, and its row in the table of ends.
pub(super) fn walk(
    course: &Course<'_>,
    who: &OptimizerSpec,
    name: &str,
    lr: Option<f64>,
) -> Result<(Walk, Vec<String>), Refusal> {
    if let Some(rate) = who.rate() {
        check_rates(&format!("optimizer {}", who.label()), rate, course.steps as u64)?;
    }
    let run = course.run(who, lr)?;
    let pairs = |x: &[f64]| [x[0], x.get(1).copied().unwrap_or(0.0)].map(Number);
    let mut ground = course.surface;
    let gradients: Vec<Vec<f64>> = run.path.points.iter().map(|x| ground.value_and_grad(x).1).collect();
    let (memory, rates) = remembered(course, who, &run);
    let plane = momentum::course(ground, who, &run, &rates);
    let row = row(course, who, name, &run)?;
    let walk = Walk {
        name: name.to_string(),
        points: run.path.points.iter().map(|x| pairs(x)).collect(),
        values: numbers(&run.path.values),
        gradients: gradients.iter().map(|g| pairs(g)).collect(),
        rates: numbers(&rates),
        memory,
        plane,
    };
    Ok((walk, row))
}

/// Name, rate, step of arrival, last value and place, how it ended, and whether the rate is too large or too small.
fn row(course: &Course<'_>, who: &OptimizerSpec, name: &str, run: &Run) -> Result<Vec<String>, Refusal> {
    let place: Vec<String> = run.path.last().iter().map(|&x| number(x, 5)).collect();
    let place = if place.len() == 1 { place.concat() } else { format!("({})", place.join(", ")) };
    let end = if run.diverged { "diverged".to_string() } else { run.path.end.to_string() };
    Ok(vec![
        name.to_string(),
        run.lr.map_or("by step".to_string(), text),
        run.arrival.map_or("–".to_string(), |step| step.to_string()),
        text(run.value),
        place,
        end,
        verdict(course, who, run)?,
    ])
}

/// The same steps once more, with a look at the slots and the rate.
fn remembered(course: &Course<'_>, who: &OptimizerSpec, run: &Run) -> (Vec<Memory>, Vec<f64>) {
    let mut by = who.optimizer(run.lr.unwrap_or(who.named().lr));
    let start = &run.path.points[0];
    let mut x = Param::new(Tensor::from_slice(start, start.len()));
    let mut ground = course.surface;
    let rule = who.rule();
    let names = if is_method(who) { Vec::new() } else { rule.slots(x.value(), by.lr()) };
    let mut memory: Vec<Memory> = names.iter().map(|(name, _)| Memory { name, values: Vec::new() }).collect();
    let mut rates = Vec::new();
    for _ in 1..run.path.points.len() {
        rates.push(by.lr());
        by.advance(&mut x, &mut ground);
        for one in &mut memory {
            let value = by.slot("", one.name).map_or_else(Vec::new, Tensor::to_f64_vec);
            one.values.push(numbers(&value));
        }
    }
    (memory, rates)
}

fn verdict(course: &Course<'_>, who: &OptimizerSpec, run: &Run) -> Result<String, Refusal> {
    let Some(lr) = run.lr.filter(|_| !is_method(who)) else { return Ok("–".to_string()) };
    let plain: OptimizerSpec = who
        .label()
        .parse::<OptimizerSpec>()
        .map_err(|error| Refusal::value(format!("optimizer {}: {error}", who.label())))?;
    let (twice, half) = ((lr * FACTOR).min(f64::MAX), lr / FACTOR);
    let (more, less) = (course.run(&plain, Some(twice))?, course.run(&plain, Some(half))?);
    let better = |other: &Run| !other.diverged && other.beats(run);
    Ok(match (better(&less), better(&more)) {
        (true, _) if run.diverged || less.beats(&more) => {
            format!("too large: {} does better", text(lr / FACTOR))
        }
        _ if run.diverged => "too large: it diverges".to_string(),
        (_, true) => format!("too small: {} does better", text(lr * FACTOR)),
        (true, false) => format!("too large: {} does better", text(lr / FACTOR)),
        (false, false) => "just right: half and twice are no better".to_string(),
    })
}
