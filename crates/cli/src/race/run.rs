//! One run of a race: an optimizer of the catalogue on a surface, at a learning rate.

use gradus::optim::catalog::{Named, RATES};
use gradus::optim::surfaces::{SURFACES, Surface};
use gradus::optim::{Trajectory, minimize};
use gradus::tensor::names::instead;

use crate::optimizers::{Contestant, is_method, optimizer};

/// The rate on a surface without a minimum, where none is the best.
const FALLING_RATE: f64 = 0.05;

/// The surface of a name.
pub(crate) fn surface(name: &str) -> Result<&'static Surface, String> {
    gradus::optim::surfaces::surface(name).ok_or_else(|| {
        let near = instead(name, SURFACES.iter().map(|surface| surface.name));
        format!("no surface is named {name}; {near}; `gradus race --help` lists all")
    })
}

/// Where and for how long the race goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Course {
    pub(crate) surface: &'static Surface,
    pub(crate) start: [f64; 2],
    pub(crate) steps: usize,
    pub(crate) tolerance: f64,
}

/// What became of one contestant.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) name: &'static str,
    pub(crate) lr: f64,
    pub(crate) path: Trajectory,
    /// The step from which on it is within the tolerance of a minimum; without a minimum, the step that leaves
    /// the window.
    pub(crate) arrival: Option<usize>,
    /// From the nearest minimum; infinite without one.
    pub(crate) distance: f64,
    pub(crate) value: f64,
    /// It ends higher than it began, or nowhere.
    pub(crate) diverged: bool,
}

impl Course {
    /// At the contestant's rate, or at the race's, or at the best of the catalogue's rates.
    pub(crate) fn run(&self, who: Contestant, lr: Option<f64>) -> Run {
        let named = who.named;
        match who.lr.or(lr) {
            Some(lr) => self.at(named, lr),
            None if is_method(named) => self.at(named, named.lr),
            None if self.surface.minima.is_empty() => self.at(named, FALLING_RATE),
            None => {
                let runs = RATES.into_iter().map(|lr| self.at(named, lr));
                runs.reduce(|best, run| if run.beats(&best) { run } else { best })
                    .expect("the catalogue has rates")
            }
        }
    }

    fn at(&self, named: &Named, lr: f64) -> Run {
        let path = minimize(self.surface.f, &self.start, &mut optimizer(named, lr), self.steps);
        let (distance, value) = (self.surface.distance(path.last()), path.values[path.values.len() - 1]);
        let lost = if self.surface.minima.is_empty() { value.is_nan() } else { !value.is_finite() };
        let diverged = lost || value > path.values[0];
        Run { name: named.name, lr, arrival: self.arrival(&path), path, distance, value, diverged }
    }

    fn arrival(&self, path: &Trajectory) -> Option<usize> {
        let [(left, right), (low, high)] = self.surface.window;
        if self.surface.minima.is_empty() {
            let inside = |x: &Vec<f64>| (left..=right).contains(&x[0]) && (low..=high).contains(&x[1]);
            return path.points.iter().position(|x| !inside(x));
        }
        let near = |x: &Vec<f64>| self.surface.distance(x) <= self.tolerance;
        let first = path.points.iter().rposition(|x| !near(x)).map_or(0, |last| last + 1);
        (first < path.points.len()).then_some(first)
    }
}

impl Run {
    /// Arrives earlier, or, if neither arrives, ends lower.
    fn beats(&self, other: &Self) -> bool {
        match (self.arrival, other.arrival) {
            (Some(mine), Some(others)) => mine < others,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => self.value < other.value || other.value.is_nan(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_surface() {
        let message = surface("rosenbrook").unwrap_err();
        assert!(message.contains("; the nearest of 9 are rosenbrock, "), "{message}");
    }

    fn course(name: &str) -> Course {
        let surface = surface(name).unwrap();
        Course { surface, start: surface.start, steps: 60, tolerance: 0.1 }
    }

    #[test]
    fn newton_arrives_at_once_and_a_large_rate_diverges() {
        let newton = course("booth").run("newton".parse().unwrap(), None);
        assert_eq!((newton.arrival, newton.diverged), (Some(1), false));
        let far = course("booth").run("sgd:lr=3".parse().unwrap(), None);
        assert_eq!((far.arrival, far.diverged), (None, true));
    }

    #[test]
    fn every_rate_counts() {
        for named in gradus::optim::catalog::all() {
            let end = |lr| course("booth").at(named, lr).path.last().to_vec();
            assert_ne!(end(0.01), end(0.02), "{}", named.name);
        }
    }

    #[test]
    fn without_a_rate_the_best_is_taken() {
        let best = course("quadratic").run("sgd".parse().unwrap(), None);
        let given = course("quadratic").run("sgd".parse().unwrap(), Some(0.1));
        assert_eq!((best.lr, given.lr), (0.4, 0.1));
        assert!(best.arrival.is_some() && given.arrival.is_none());
    }

    #[test]
    fn a_saddle_is_left() {
        let run = Course { steps: 200, ..course("saddle") }.run("momentum".parse().unwrap(), None);
        assert!(run.arrival.is_some() && run.distance.is_infinite() && !run.diverged);
    }
}
