//! Where a race is: a surface of the library, a curve, or an expression of one's own.

use gradus::autograd::{Tape, Var};
use gradus::optim::surfaces::{SURFACES, Surface};
use gradus::optim::{Objective, OnTape};
use gradus::tensor::Tensor;
use gradus::tensor::names::instead;

use crate::explain::Problem;
use crate::failure::Failure;

/// The pit along x alone, by name, formula and expression: descent stops in it, momentum rolls through it.
const PIT: (&str, &str, &str) =
    ("pit-1d", "0.05 (x − 4)² − ¼ exp(−8 (x − 1)²)", "0.05*(x-4)^2 - 0.25*exp(-8*(x-1)^2)");

/// What is to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// One of the minima.
    Minimum,
    /// The border of the window: it falls for ever.
    Border,
    /// Whatever is low: the minima of an expression are not known.
    Low,
}

/// A function of one or two variables. Of one variable the second coordinate of each place is 0, and counts for nothing.
#[derive(Debug)]
pub struct Ground {
    /// The name of a surface; `expression`, if it is one.
    pub name: String,
    /// What is minimised.
    pub formula: String,
    f: Function,
    /// The number of variables.
    pub dimensions: usize,
    /// Where to begin.
    pub start: [f64; 2],
    /// What is to be reached.
    pub aim: Aim,
    /// Those that are known.
    pub minima: Vec<[f64; 2]>,
    /// What to draw.
    pub window: [(f64, f64); 2],
    /// The rate of those that have none, where the best one would miss what the surface shows.
    pub rate: Option<f64>,
    /// What is to be known of a race here.
    pub note: &'static str,
}

/// The option of the command that names a surface.
const OPTION: &str = "--surface";

/// The rate on a surface without a minimum, where none is the best.
const FALLING_RATE: f64 = 0.05;
/// The rate at which descent stays in the pit; at a larger one it steps over it.
const PIT_RATE: f64 = 0.1;
const RASTRIGIN: &str = "every pit here is deep: momentum ends in one near its start, as descent does; out of a shallow one it \
                         rolls, as on --surface pit";

#[derive(Debug)]
enum Function {
    Surface(for<'t> fn(Var<'t>) -> Var<'t>),
    Expression(Problem),
}

impl Ground {
    /// The surface of a name, or an expression of x and y.
    pub(crate) fn read(text: &str) -> Result<Self, Failure> {
        Self::read_within(OPTION, text, usize::MAX)
    }

    /// As by `gradus race --surface`, for text from elsewhere: `of` is what messages call it, and no value of an expression may
    /// have more than `largest` elements.
    ///
    /// # Errors
    /// If it is neither a surface nor an expression of x and y, or of x alone.
    pub fn read_within(of: &str, text: &str, largest: usize) -> Result<Self, Failure> {
        if text.trim().is_empty() {
            return Err(Failure::Value(format!(
                "{of} is empty; name a surface, as in rosenbrock, or write an expression, as in \"x^2+10*y^2\""
            )));
        }
        if let Some(surface) = gradus::optim::surfaces::surface(text) {
            return Ok(Self::of(surface));
        }
        let (name, formula, expression) = PIT;
        if text == name {
            return Ok(Self {
                name: name.to_string(),
                formula: formula.to_string(),
                start: [-1.0, 0.0],
                aim: Aim::Minimum,
                minima: vec![[4.0, 0.0]],
                window: [(-2.0, 6.0); 2],
                rate: Some(PIT_RATE),
                ..Self::expression(of, expression, largest)?
            });
        }
        if text.chars().all(|c| c.is_alphanumeric() || c == '-') && !text.contains(char::is_numeric) {
            let names = SURFACES.iter().map(|surface| surface.name).chain([name]);
            let near = instead(text, names);
            let all = if of == OPTION { "; `gradus race --help` lists all" } else { "" };
            return Err(Failure::Value(format!(
                "{of} {text}: no surface is named so; {near}; an expression is one too, as in \"x^2+10*y^2\"{all}"
            )));
        }
        Self::expression(of, text, largest)
    }

    fn of(surface: &Surface) -> Self {
        Self {
            name: surface.name.to_string(),
            formula: surface.formula.to_string(),
            f: Function::Surface(surface.f),
            dimensions: 2,
            start: surface.start,
            aim: if surface.minima.is_empty() { Aim::Border } else { Aim::Minimum },
            minima: surface.minima.to_vec(),
            window: surface.window,
            rate: match surface.name {
                "pit" => Some(PIT_RATE),
                _ => surface.minima.is_empty().then_some(FALLING_RATE),
            },
            note: if surface.name == "rastrigin" { RASTRIGIN } else { "" },
        }
    }

    fn expression(of: &str, text: &str, largest: usize) -> Result<Self, Failure> {
        let named = |failure: Failure| match failure {
            Failure::Value(what) => Failure::Value(format!("{of}: {what}")),
            other => other,
        };
        let names = Problem::unknowns(text).map_err(named)?;
        let dimensions = match names.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["x"] => 1,
            ["x", "y"] => 2,
            _ => {
                let found = if names.is_empty() { "nothing".to_string() } else { names.join(", ") };
                return Err(Failure::Value(format!(
                    "{of} {text}: an expression here is of x and y, or of x alone, and this is of {found}; as in \
                     \"x^2+10*y^2\""
                )));
            }
        };
        let start = [-4.0, if dimensions == 2 { 1.5 } else { 0.0 }];
        let values = [format!("x={}", start[0]), format!("y={}", start[1])];
        let problem = Problem::read_within(text, &values[..dimensions], largest).map_err(named)?;
        let tape = Tape::inference();
        let variables: Vec<Var<'_>> = problem.values.iter().map(|value| tape.constant(value)).collect();
        problem.check_scalar(problem.record(&variables)).map_err(named)?;
        Ok(Self {
            name: "expression".to_string(),
            formula: text.to_string(),
            f: Function::Expression(problem),
            dimensions,
            start,
            aim: Aim::Low,
            minima: Vec::new(),
            window: [(-5.0, 5.0); 2],
            rate: None,
            note: "",
        })
    }

    fn record<'t>(&self, x: Var<'t>) -> Var<'t> {
        match &self.f {
            Function::Surface(f) => f(x),
            Function::Expression(problem) => {
                let parts: Vec<Var<'t>> = (0..self.dimensions).map(|i| x.select(0, i as isize)).collect();
                let y = problem.record(&parts);
                y.reshape(&[] as &[usize])
            }
        }
    }

    /// The value at a place.
    pub fn at(&self, x: [f64; 2]) -> f64 {
        let tape = Tape::inference();
        self.record(tape.constant(Tensor::from_slice(&x[..self.dimensions], [self.dimensions]))).item()
    }

    /// From a place to the nearest known minimum; infinite where none is known.
    pub fn distance(&self, x: &[f64]) -> f64 {
        let y = |i: usize| x.get(i).copied().unwrap_or(0.0);
        let distances = self.minima.iter().map(|m| (y(0) - m[0]).hypot(y(1) - m[1]));
        distances.fold(f64::INFINITY, f64::min)
    }

    /// The window of an expression: around places, with some room.
    pub(crate) fn surround<'a>(&mut self, places: impl Iterator<Item = &'a Vec<f64>>) {
        let mut reach = [(f64::INFINITY, f64::NEG_INFINITY); 2];
        for place in places {
            for (i, range) in reach.iter_mut().enumerate() {
                let x = place.get(i).copied().unwrap_or(0.0);
                *range = (range.0.min(x), range.1.max(x));
            }
        }
        let roomy = |(low, high): (f64, f64)| {
            let room = 0.2 * (high - low).max(1e-3 * (1.0 + low.abs()));
            (low - room, high + room)
        };
        if reach.iter().all(|(low, high)| low.is_finite() && high.is_finite()) {
            self.window = reach.map(roomy);
        }
        if self.dimensions == 1 {
            self.window[1] = self.window[0];
        }
    }
}

/// The function on a tape.
fn on_tape<F: for<'t> Fn(Var<'t>) -> Var<'t>>(f: F) -> OnTape<F> {
    OnTape(f)
}

impl Objective for &Ground {
    fn value_and_grad(&mut self, x: &[f64]) -> (f64, Vec<f64>) {
        on_tape(|x| self.record(x)).value_and_grad(x)
    }

    fn fault(&mut self, x: &[f64]) -> Option<String> {
        on_tape(|x| self.record(x)).fault(x)
    }

    fn hessian(&mut self, x: &[f64]) -> Vec<f64> {
        on_tape(|x| self.record(x)).hessian(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_expressions() {
        let own = Ground::read("x^2+10*y^2").unwrap();
        assert_eq!((own.dimensions, own.at([2.0, 1.0]), own.aim), (2, 14.0, Aim::Low));
        assert_eq!(Ground::read("(x-3)^2").unwrap().at([1.0, 9.0]), 4.0);
        let (line, plane) = (Ground::read("pit-1d").unwrap(), Ground::read("pit").unwrap());
        for x in [-1.0, 0.9, 1.077, 4.0] {
            approx::assert_abs_diff_eq!(line.at([x, 0.0]), plane.at([x, 0.0]), epsilon = 1e-12);
        }
        let (value, gradient) = (&own).value_and_grad(&[2.0, 1.0]);
        assert_eq!((value, gradient), (14.0, vec![4.0, 20.0]));
        assert_eq!((&own).hessian(&[2.0, 1.0]), [2.0, 0.0, 0.0, 20.0]);
    }

    #[test]
    fn what_is_no_surface() {
        for (text, part) in [
            ("rosenbrok", "are rosenbrock, "),
            ("a^2+b^2", "of x and y, or of x alone, and this is of a, b"),
            ("3+4", "this is of nothing"),
            ("x^2+", "--surface: the expression ends where"),
            ("[x, y]", "write sum([x, y])"),
        ] {
            let message = Ground::read(text).unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
