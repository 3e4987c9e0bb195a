//! `gradus race`: optimizers of the catalogue on one surface, side by side, as a table and as a picture.

mod picture;
mod run;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use gradus::optim::Ending;
use gradus::optim::surfaces::Surface;

use crate::failure::{Failure, check_writable, write_picture};
use crate::optimizers::Contestant;
use crate::text::arguments::{above_zero, learning_rate};
use crate::text::numbers::{fixed, given};

use picture::picture;
use run::{Course, Run, surface};

/// Races optimizers down a surface.
///
/// Without a learning rate each rule runs at the best of thirteen rates from 0.0001 to 3: the one that arrives first, or
/// ends lowest if none arrives. Methods with a line search run at their own; on a surface without a minimum all
/// rules run at 0.05. The table says which rate it was.
#[derive(Debug, Args)]
pub(crate) struct Race {
    /// Where: quadratic, booth, ravine, rosenbrock, beale, himmelblau, rastrigin, ackley or saddle.
    #[arg(long, value_name = "NAME", default_value = "rosenbrock", value_parser = surface)]
    surface: &'static Surface,
    /// Who: names of `gradus optimizers`, with commas; one may have a rate of its own, as in adam:lr=0.1.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "sgd,momentum,nesterov,adam")]
    optimizers: Vec<Contestant>,
    /// How many steps each one has.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000), allow_negative_numbers = true)]
    steps: u32,
    /// The learning rate of all that have none of their own.
    #[arg(long, value_parser = learning_rate, allow_negative_numbers = true)]
    lr: Option<f64>,
    /// The start, as in -1.2,1 [default: the surface's usual one].
    #[arg(long, value_name = "X,Y", value_parser = place, allow_hyphen_values = true)]
    start: Option<[f64; 2]>,
    /// How near to a minimum is there [default: 0.01].
    #[arg(long, value_parser = tolerance, allow_negative_numbers = true)]
    tolerance: Option<f64>,
    /// The file for a picture of the paths and of the values.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

fn place(text: &str) -> Result<[f64; 2], String> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse::<f64>()).collect();
    match numbers.as_deref() {
        Ok(&[x, y]) if x.is_finite() && y.is_finite() => Ok([x, y]),
        _ => Err("a start is two numbers with a comma, as in -1.2,1".to_string()),
    }
}

fn tolerance(text: &str) -> Result<f64, String> {
    above_zero(text, "a tolerance")
}

impl Race {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), Failure> {
        if let Some(path) = &self.svg {
            check_writable("--svg", path)?;
        }
        let surface = self.surface;
        let start = self.start.unwrap_or(surface.start);
        if !surface.at(start).is_finite() {
            let [x, y] = start.map(given);
            let text =
                format!("--start {x},{y}: {} has no finite value there; begin nearer to 0", surface.name);
            return Err(Failure::Value(text));
        }
        self.refuse_idle()?;
        let tolerance = self.tolerance.unwrap_or(0.01);
        let course = Course { surface, start, steps: self.steps as usize, tolerance };
        let runs: Vec<Run> = self.optimizers.iter().map(|&who| course.run(who, self.lr)).collect();
        write!(out, "{}", table(&course, &runs))?;
        if let Some(path) = &self.svg {
            write_picture(path, &picture(&course, &runs))?;
            writeln!(out, "\npicture saved to {}", path.display())?;
        }
        Ok(())
    }
}

impl Race {
    /// Refuses options that nothing in this race asks for.
    fn refuse_idle(&self) -> Result<(), Failure> {
        let name = self.surface.name;
        if let (Some(lr), true) = (self.lr, self.optimizers.iter().all(|who| who.lr.is_some())) {
            return Err(Failure::Value(format!("--lr {lr}: every optimizer here has a rate of its own")));
        }
        if let (Some(tolerance), []) = (self.tolerance, self.surface.minima) {
            let text = format!("--tolerance {tolerance}: {name} has no minimum to be near to; leave it out");
            return Err(Failure::Value(text));
        }
        Ok(())
    }
}

/// The results, the steps right-aligned under what they count.
fn table(course: &Course, runs: &[Run]) -> String {
    let Course { surface, start, steps, tolerance } = course;
    let [x, y] = start.map(given);
    let falls = surface.minima.is_empty();
    let aim = if falls {
        "there is no minimum: who leaves the window is counted".to_string()
    } else {
        format!("to stay within {} of a minimum", given(*tolerance))
    };
    let mut text =
        format!("{}: {}, from ({x}, {y}), {steps} steps; {aim}\n\n", surface.name, surface.formula);
    let wide = runs.iter().map(|run| run.name.len()).max().unwrap_or(0).max("optimizer".len());
    let aim = if falls { "steps to leave" } else { "steps to tolerance" };
    let [lr, aim, distance, value] = ["lr", aim, "final distance", "final value"];
    let head = format!("{:wide$} {lr:>7} {aim:>18} {distance:>15} {value:>12}", "optimizer");
    text += &head;
    text.push('\n');
    for run in runs {
        let arrival = run.arrival.map_or("–".to_string(), |step| step.to_string());
        let distance = if falls { "–".to_string() } else { fixed(run.distance) };
        let note = match run.path.end {
            _ if run.diverged => "diverged".to_string(),
            end @ Ending::GaveUp => end.to_string(),
            _ => String::new(),
        };
        let line = format!(
            "{:wide$} {:>7} {arrival:>18} {:>15} {:>12}  {note}",
            run.name,
            given(run.lr),
            distance,
            fixed(run.value)
        );
        text += line.trim_end();
        text.push('\n');
    }
    text
}
