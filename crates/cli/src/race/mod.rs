//! `gradus race`: optimizers of the catalogue with any settings on one surface, side by side, as a table and as a picture.

mod eigenbasis;
mod ground;
mod line;
mod noise;
mod picture;
mod run;
mod table;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use gradus::optim::OptimizerSpec;

use crate::failure::{Failure, check_picture, write_picture};
use crate::optimizers;
use crate::text::arguments::{above_zero, learning_rate, seed, whole};
use crate::text::numbers::given;

pub use ground::{Aim, Ground};
use noise::Noise;
use picture::picture;
pub use run::{Course, Run};

/// Races optimizers down a surface.
///
/// Without a learning rate each rule runs at the best of thirteen rates from 0.0001 to 3: the one that arrives first, or
/// ends lowest if none arrives. Methods with a line search run at their own; on a surface without a minimum all
/// rules run at 0.05, in the pit at 0.1. The table says which rate it was.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gradus race --surface pit-1d --optimizers sgd,momentum --lr 0.1
  gradus race --svg race.svg --start -1.5,2 --tolerance 0.05
  gradus race --optimizers adagrad:eps=1e-6:eps-inside,adam:beta1=0.5
  gradus race --surface \"x^2+10*y^2\" --optimizers \"sgd:schedule=cosine(0.1,50)\"
  gradus race --surface quadratic --steps 200 --noise 2 --batch 16 --seed 3")]
pub(crate) struct Race {
    /// Where: quadratic, turned, booth, ravine, rosenbrock, beale, himmelblau, rastrigin, ackley, plateau, pit, pit-1d or
    /// saddle; or an expression of x and y, or of x alone, as in "x^2+10*y^2".
    #[arg(long, value_name = "NAME", default_value = "rosenbrock", allow_hyphen_values = true)]
    surface: String,
    /// Who: names of `gradus optimizers`, with commas; each may have settings, as in adam:lr=0.1:beta1=0.5 or
    /// sgd:schedule=cosine(0.5,20).
    #[arg(long, value_name = "NAMES", default_value = "sgd,momentum,nesterov,adam")]
    optimizers: String,
    /// How many steps each one has.
    #[arg(long, default_value_t = 1000, value_parser = whole::<u32>("a number of steps", 1..=100_000, 1000), allow_negative_numbers = true)]
    steps: u32,
    /// The learning rate of all that have none of their own.
    #[arg(long, value_parser = learning_rate, allow_negative_numbers = true)]
    lr: Option<f64>,
    /// The start, as in -1.2,1 [default: the surface's usual one].
    #[arg(long, value_name = "X,Y", allow_hyphen_values = true)]
    start: Option<String>,
    /// How near to a minimum is there [default: 0.01].
    #[arg(long, value_parser = tolerance, allow_negative_numbers = true)]
    tolerance: Option<f64>,
    /// The deviation of noise on each coordinate of the gradient of one example.
    #[arg(long, value_name = "DEVIATION", value_parser = deviation, allow_negative_numbers = true)]
    noise: Option<f64>,
    /// Examples in a batch: the noise of its gradient is smaller by the root of this [default: 1].
    #[arg(long, requires = "noise", value_parser = whole::<u32>("a size of a batch", 1.., 16), allow_negative_numbers = true)]
    batch: Option<u32>,
    /// Fixes the noise [default: 0].
    #[arg(long, requires = "noise", value_parser = seed, allow_negative_numbers = true)]
    seed: Option<u64>,
    /// The file for a picture of the paths and of the values.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// The distances and deviations that are taken.
const SIZES: (f64, f64) = (1e-300, 1e100);

fn tolerance(text: &str) -> Result<f64, String> {
    above_zero(text, "a tolerance", SIZES, "0.01")
}

fn deviation(text: &str) -> Result<f64, String> {
    above_zero(text, "a deviation", SIZES, "0.5")
}

impl Race {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), Failure> {
        if let Some(path) = &self.svg {
            check_picture("--svg", path)?;
        }
        let mut ground = Ground::read(&self.surface)?;
        let start = self.start(&ground)?;
        let contestants = optimizers::read("--optimizers", &self.optimizers)?;
        self.refuse_idle(&ground, &contestants)?;
        let noise = self.noise.map(|deviation| {
            let (batch, seed) = (self.batch.unwrap_or(1), self.seed.unwrap_or(0));
            Noise { deviation, batch, seed }
        });
        let (steps, tolerance) = (self.steps as usize, self.tolerance.unwrap_or(0.01));
        let course = Course { noise, ..Course::new(&ground, start, steps, tolerance) };
        let runs: Vec<Run> =
            contestants.iter().map(|who| course.run(who, self.lr)).collect::<Result<_, _>>()?;
        write!(out, "{}", table::table(&course, &runs))?;
        if let Some(path) = &self.svg {
            if ground.aim == Aim::Low {
                let near = run::shown(&runs).flat_map(|(run, n)| &run.path.points[..n]);
                ground.surround(near.chain([&start.to_vec()]));
            }
            let course = Course { noise, ..Course::new(&ground, start, steps, tolerance) };
            write_picture(path, &picture(&course, &runs))?;
            writeln!(out, "\npicture saved to {}", path.display())?;
        }
        Ok(())
    }

    /// The start given, or the surface's own.
    fn start(&self, ground: &Ground) -> Result<[f64; 2], Failure> {
        let Some(text) = &self.start else { return checked(ground, ground.start) };
        let numbers: Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse::<f64>()).collect();
        let wrong = |what: &str| Failure::Value(format!("--start {text}: {what}"));
        match (numbers.as_deref(), ground.dimensions) {
            (Ok(&[x, y]), 2) if x.is_finite() && y.is_finite() => checked(ground, [x, y]),
            (Ok(&[x]), 1) if x.is_finite() => checked(ground, [x, 0.0]),
            (_, 1) => Err(wrong("a start on a line is one number, as in -1")),
            _ => Err(wrong("a start is two numbers with a comma, as in -1.2,1")),
        }
    }

    /// Refuses options that nothing in this race asks for.
    fn refuse_idle(&self, ground: &Ground, all: &[OptimizerSpec]) -> Result<(), Failure> {
        let name = &ground.name;
        if let (Some(lr), true) = (self.lr, all.iter().all(|who| who.rate().is_some())) {
            return Err(Failure::Value(format!(
                "--lr {lr}: every optimizer here has a rate of its own; leave it out, or take one without, as in --optimizers sgd"
            )));
        }
        let why = match ground.aim {
            Aim::Minimum => return Ok(()),
            Aim::Border => format!("{name} has no minimum to be near to"),
            Aim::Low => format!("the minima of an {name} are not known"),
        };
        match self.tolerance {
            Some(tolerance) => Err(Failure::Value(format!(
                "--tolerance {tolerance}: {why}; leave it out, or take one that has, as in --surface rosenbrock"
            ))),
            None => Ok(()),
        }
    }
}

/// A start, if the function has a value there.
fn checked(ground: &Ground, start: [f64; 2]) -> Result<[f64; 2], Failure> {
    if ground.at(start).is_finite() {
        return Ok(start);
    }
    let place = start[..ground.dimensions].iter().map(|&x| given(x)).collect::<Vec<_>>().join(",");
    let name = if ground.aim == Aim::Low { &ground.formula } else { &ground.name };
    let other = if ground.dimensions == 1 { "1" } else { "1,1" };
    Err(Failure::Value(format!(
        "--start {place}: {name} has no finite value there; begin nearer to 0, or elsewhere, as by --start {other}"
    )))
}
