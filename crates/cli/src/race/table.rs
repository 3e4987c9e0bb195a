//! What a race says: a line for each contestant.

use std::fmt::Write as _;

use gradus::optim::Ending;

use super::eigenbasis;
use super::ground::Aim;
use super::run::{Course, Run};
use crate::text::numbers::{self, decimals, fixed, given};

impl Course<'_> {
    /// The surface, by name and formula, with what its picture is to be read with.
    pub(crate) fn title(&self) -> String {
        let noise = self.noise.map_or(String::new(), |noise| {
            format!("; gradients of batches of {} with deviation {}", noise.batch, decimals(noise.of_batch()))
        });
        format!("{}: {}{noise}", self.surface.name, self.surface.formula)
    }

    /// What counts, and the heading of its column.
    fn aim(&self) -> (String, &'static str) {
        match self.surface.aim {
            Aim::Minimum => {
                (format!("to stay within {} of a minimum", given(self.tolerance)), "steps to tolerance")
            }
            Aim::Border => {
                ("there is no minimum: who leaves the window is counted".to_string(), "steps to leave")
            }
            Aim::Low => ("its minima are not known: the lowest value counts".to_string(), ""),
        }
    }
}

/// The results, the steps right-aligned under what they count.
pub(crate) fn table(course: &Course<'_>, runs: &[Run]) -> String {
    let dimensions = course.surface.dimensions;
    let place = |x: &[f64], show: fn(f64) -> String| {
        let parts: Vec<String> = x[..dimensions].iter().map(|&x| show(x)).collect();
        if dimensions == 1 { parts.concat() } else { format!("({})", parts.join(", ")) }
    };
    let (aim, count) = course.aim();
    let start = place(&course.start, given);
    let steps = numbers::count(course.steps, "step");
    let mut text = format!("{}, from {start}, {steps}; {aim}\n\n", course.title());
    let wide = runs.iter().map(|run| run.name.chars().count()).max().unwrap_or(0).max("optimizer".len());
    let [lr, distance, value, end] = ["lr", "final distance", "final value", "final place"];
    let known = course.surface.aim == Aim::Minimum;
    let row = |name: &str, lr: &str, count: &str, distance: &str, value: &str, end: &str| {
        let count = if course.surface.aim == Aim::Low { String::new() } else { format!(" {count:>18}") };
        let distance = if known { format!(" {distance:>15}") } else { String::new() };
        format!("{name:wide$} {lr:>7}{count}{distance} {value:>12} {end:>23}")
    };
    text += &row("optimizer", lr, count, distance, value, end);
    text.push('\n');
    for run in runs {
        let arrival = run.arrival.map_or("–".to_string(), |step| step.to_string());
        let end = place(run.path.last(), fixed);
        let line = row(&run.name, &run.rate(), &arrival, &fixed(run.distance), &fixed(run.value), &end);
        let note = match run.path.end {
            _ if run.diverged => "  diverged".to_string(),
            end @ Ending::GaveUp => format!("  {end}"),
            _ => String::new(),
        };
        let _ = writeln!(text, "{line}{note}");
    }
    if !course.surface.note.is_empty() {
        let _ = writeln!(text, "\n{}", course.surface.note);
    }
    if course.surface.name == eigenbasis::NAME {
        text += &eigenbasis::text(runs);
    }
    text
}
