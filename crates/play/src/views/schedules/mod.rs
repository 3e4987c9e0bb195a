//! Schedules and optimizers: rates by step before anything is trained; formulas side by side on the same gradients, with where
//! they part; one weight's update taken apart.

mod formulas;
mod parts;
mod presets;

use gradus::optim::schedule::{FORMS, Schedule, parse};
use gradus_cli::optimizers::check_rates;
use gradus_cli::schedule::warnings;
use serde::{Deserialize, Serialize};

use super::backprop::Empty;
use crate::answer::{Number, Refusal};
use crate::drawing::{COLORS, Chart, Table, text};
pub use formulas::{Comparison, Formula, Slot, formulas};
pub use parts::Parts;
pub use presets::Preset;

/// Schedules, and formulas, at a time.
const MOST: usize = 6;
/// Steps of a schedule.
const STEPS: u64 = 5000;
/// Rates that are sent.
const POINTS: u64 = 1000;

/// What the page asks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// As `gradus schedule` reads them: `cosine(0.3, 95).warmup(5)`.
    pub schedules: Vec<String>,
    /// How many steps are drawn, from 2 to 5000.
    pub steps: u64,
}

/// The rates of all.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// Step by step, a thousand of them at most.
    pub chart: Chart,
    /// First, highest and last rate, and the sum over all steps: how far a gradient of 1 would carry.
    pub facts: Table,
    /// What is probably not meant.
    pub warnings: Vec<String>,
}

/// The answer to a request.
///
/// # Errors
/// If a schedule cannot be read, or has a rate that is none.
pub fn answer(request: Request) -> Result<Answer, Refusal> {
    let all = request.steps;
    if !(2..=STEPS).contains(&all) {
        return Err(Refusal::value(format!("{all} steps; from 2 to {STEPS} are drawn, as 100")));
    }
    let texts = request.schedules;
    let count = texts.len();
    if count == 0 || count > MOST {
        let message = format!("{count} schedules; from 1 to {MOST} are drawn, as cosine(0.3, 95).warmup(5)");
        return Err(Refusal::value(message));
    }
    let points = all.min(POINTS);
    let steps: Vec<u64> = (0..points).map(|i| i * (all - 1) / (points - 1)).collect();
    let mut chart = Chart::new("learning rate in force during a step", "step", "learning rate");
    let (mut rows, mut told, mut top) = (Vec::new(), Vec::new(), 0.0);
    for (i, (name, color)) in (1..).zip(texts.iter().map(|text| text.trim()).zip(COLORS)) {
        let of = format!("schedule {i}");
        let schedule = parse(name).map_err(|error| Refusal::value(format!("{of}: {error}")))?;
        check_rates(&of, &schedule, all)?;
        let rates: Vec<f64> = (0..all).map(|step| schedule.at(step)).collect();
        let highest = rates.iter().copied().fold(0.0, f64::max);
        top = f64::max(top, highest);
        let places = steps.iter().map(|&step| [step as f64, rates[step as usize]].map(Number));
        chart = chart.line(name, color, places.collect());
        let numbers = [rates[0], highest, rates[rates.len() - 1], rates.iter().sum()].map(text);
        rows.push(std::iter::once(name.to_string()).chain(numbers).collect());
        told.extend(warnings(name, &rates));
    }
    let head = vec!["schedule", "first", "highest", "last", "sum"];
    let chart = chart.within(0.0, if top > 0.0 { (1.05 * top).min(f64::MAX) } else { 1.0 });
    Ok(Answer { chart, facts: Table { head, rows }, warnings: told })
}

/// How a schedule is written.
#[derive(Debug, Clone, Serialize)]
pub struct Form {
    /// Its name.
    pub name: &'static str,
    /// Its parameters in their order, with the values of those that may be left out.
    pub usage: String,
    /// What it does.
    pub about: &'static str,
    /// An example.
    pub example: &'static str,
}

/// What there is to choose.
#[derive(Debug, Clone, Serialize)]
pub struct Choices {
    /// All forms of schedules, in teaching order.
    pub forms: Vec<Form>,
    /// Comparisons of formulas.
    pub presets: &'static [Preset],
}

/// What there is to choose.
///
/// # Errors
/// Never.
pub fn choices(_: Empty) -> Result<Choices, Refusal> {
    let one = |form: &gradus::optim::schedule::Form| Form {
        name: form.name,
        usage: form.usage(),
        about: form.about,
        example: form.example,
    };
    Ok(Choices { forms: FORMS.iter().map(one).collect(), presets: presets::PRESETS })
}

#[cfg(test)]
mod tests;
