//! One run of a race: an optimizer with its settings on a surface, at a learning rate or by a schedule.

use gradus::optim::catalog::RATES;
use gradus::optim::{OptimizerSpec, Trajectory, minimize_objective};

use super::ground::{Aim, Ground};
use super::noise::{Noise, Noisy};
use crate::failure::Failure;
use crate::optimizers::{check_rates, is_method};
use crate::text::numbers::given;

/// Where and for how long the race goes.
#[derive(Debug, Clone, Copy)]
pub struct Course<'g> {
    /// Where it is.
    pub surface: &'g Ground,
    /// Where all begin.
    pub start: [f64; 2],
    /// How many steps each one has.
    pub steps: usize,
    /// How near to a minimum is there.
    pub tolerance: f64,
    pub(crate) noise: Option<Noise>,
}

/// What became of one contestant.
#[derive(Debug)]
pub struct Run {
    /// The optimizer with its settings.
    pub name: String,
    /// None under a schedule, which the name has.
    pub lr: Option<f64>,
    /// The places and the values.
    pub path: Trajectory,
    /// The step from which on it is within the tolerance of a minimum; without a minimum, the step that leaves
    /// the window.
    pub arrival: Option<usize>,
    /// From the nearest minimum; infinite without one.
    pub distance: f64,
    /// At the last place.
    pub value: f64,
    /// It ends higher than it began, or nowhere.
    pub diverged: bool,
}

impl<'g> Course<'g> {
    /// Without noise.
    pub fn new(surface: &'g Ground, start: [f64; 2], steps: usize, tolerance: f64) -> Self {
        Self { surface, start, steps, tolerance, noise: None }
    }

    /// At the contestant's rate or schedule, or at the race's rate, or at the best of the catalogue's rates.
    ///
    /// # Errors
    /// If a schedule has a rate that is none.
    pub fn run(&self, who: &OptimizerSpec, lr: Option<f64>) -> Result<Run, Failure> {
        if let Some(rate) = who.rate() {
            check_rates(&format!("--optimizers {}", who.label()), rate, self.steps as u64)?;
        }
        let given = who.lr().or(lr);
        if is_method(who) || who.rate().is_some() {
            return Ok(self.at(who, given.unwrap_or(who.named().lr)));
        }
        if let Some(lr) = given.or(self.surface.rate) {
            return Ok(self.at(who, lr));
        }
        let runs = RATES.into_iter().map(|lr| self.at(who, lr));
        let best = runs.reduce(|best, run| if run.beats(&best) { run } else { best });
        Ok(best.expect("the catalogue has rates"))
    }

    /// At its own rate or schedule, else at this rate.
    fn at(&self, who: &OptimizerSpec, lr: f64) -> Run {
        let (mut by, start, mut f) =
            (who.optimizer(lr), &self.start[..self.surface.dimensions], self.surface);
        let path = match self.noise {
            Some(noise) => minimize_objective(&mut Noisy::new(f, noise), start, &mut by, self.steps),
            None => minimize_objective(&mut f, start, &mut by, self.steps),
        };
        let (distance, value) = (self.surface.distance(path.last()), path.values[path.values.len() - 1]);
        let lost = if self.surface.aim == Aim::Border { value.is_nan() } else { !value.is_finite() };
        let diverged = lost || value > path.values[0];
        let lr = if who.rate().is_some() { who.lr() } else { Some(lr) };
        Run {
            name: who.label().to_string(),
            lr,
            arrival: self.arrival(&path),
            path,
            distance,
            value,
            diverged,
        }
    }

    fn arrival(&self, path: &Trajectory) -> Option<usize> {
        let [(left, right), (low, high)] = self.surface.window;
        match self.surface.aim {
            Aim::Low => None,
            Aim::Border => {
                let inside = |x: &Vec<f64>| (left..=right).contains(&x[0]) && (low..=high).contains(&x[1]);
                path.points.iter().position(|x| !inside(x))
            }
            Aim::Minimum => {
                let near = |x: &Vec<f64>| self.surface.distance(x) <= self.tolerance;
                let first = path.points.iter().rposition(|x| !near(x)).map_or(0, |last| last + 1);
                (first < path.points.len()).then_some(first)
            }
        }
    }
}

/// Steps of which a picture shows those that diverge, where all do.
const FIRST: usize = 2;

/// The runs that say how far a picture reaches, and how many of their places: those that have not diverged, else the beginning of
/// all.
pub(super) fn shown(runs: &[Run]) -> impl Iterator<Item = (&Run, usize)> {
    let all = runs.iter().all(|run| run.diverged);
    let most = if all { FIRST + 1 } else { usize::MAX };
    runs.iter()
        .filter(move |run| all || !run.diverged)
        .map(move |run| (run, run.path.points.len().min(run.path.values.len()).min(most)))
}

impl Run {
    /// Arrives earlier, or, if neither arrives, ends lower.
    pub fn beats(&self, other: &Self) -> bool {
        match (self.arrival, other.arrival) {
            (Some(mine), Some(others)) => mine < others,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => self.value < other.value || other.value.is_nan(),
        }
    }

    /// The learning rate in a few characters.
    pub(crate) fn rate(&self) -> String {
        self.lr.map_or("by step".to_string(), given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 60 steps from the usual start, changed.
    fn run_on(surface: &str, who: &str, lr: Option<f64>, change: impl Fn(&mut Course<'_>)) -> Run {
        let ground = Ground::read(surface).unwrap();
        let mut course =
            Course { surface: &ground, start: ground.start, steps: 60, tolerance: 0.1, noise: None };
        change(&mut course);
        course.run(&who.parse().unwrap(), lr).unwrap()
    }

    fn run(surface: &str, who: &str, lr: Option<f64>) -> Run {
        run_on(surface, who, lr, |_| {})
    }

    #[test]
    fn newton_arrives_at_once_and_a_large_rate_diverges() {
        let newton = run("booth", "newton", None);
        assert_eq!((newton.arrival, newton.diverged), (Some(1), false));
        let far = run("booth", "sgd:lr=3", None);
        assert_eq!((far.arrival, far.diverged), (None, true));
    }

    #[test]
    fn every_rate_counts() {
        for named in gradus::optim::catalog::all() {
            let end = |lr| run("booth", named.name, Some(lr)).path.last().to_vec();
            assert_ne!(end(0.01), end(0.02), "{}", named.name);
        }
    }

    #[test]
    fn without_a_rate_the_best_is_taken() {
        let best = run("quadratic", "sgd", None);
        let given = run("quadratic", "sgd", Some(0.1));
        assert_eq!((best.lr, given.lr), (Some(0.4), Some(0.1)));
        assert!(best.arrival.is_some() && given.arrival.is_none());
    }

    #[test]
    fn a_saddle_is_left() {
        let run = run_on("saddle", "momentum", None, |course| course.steps = 200);
        assert!(run.arrival.is_some() && run.distance.is_infinite() && !run.diverged);
    }

    /// The numbers of the notes: descent at 0.1 stops in the pit, momentum rolls out of it; along a line and in the plane.
    #[test]
    fn the_pit() {
        for surface in ["pit", "pit-1d"] {
            let end = |who| run_on(surface, who, None, |course| course.steps = 1000).path.last()[0];
            assert_eq!(format!("{:.3}", end("sgd:lr=0.1")), "1.077", "{surface}");
            assert_eq!(format!("{:.3}", end("momentum:lr=0.1:beta=0.9")), "4.000", "{surface}");
        }
    }

    #[test]
    fn settings_and_schedules_are_raced() {
        let momentum = run_on("quadratic", "momentum:lr=0.6:beta=0.5", None, |course| course.steps = 20);
        assert_eq!((momentum.name.as_str(), momentum.lr), ("momentum:beta=0.5", Some(0.6)));
        // The notes' last place at η = 0.6 and β = 0.5, from PyTorch too: tests/figures.rs.
        let place = momentum.path.last();
        assert_eq!(format!("{:.6} {:.6}", place[0], place[1]), "0.007188 0.002553");
        let scheduled = run("quadratic", "sgd:schedule=linear(0.4, 0, 30)", None);
        assert_eq!((scheduled.rate(), scheduled.lr), ("by step".to_string(), None));
        let (first, last) = (&scheduled.path.points[30], scheduled.path.last());
        assert!(first[..] == *last, "at rate 0 it stands: {first:?}, {last:?}");
        let falling = "sgd:schedule=linear(0.1,-0.1,20).then(20,0.1)".parse().unwrap();
        let ground = Ground::read("booth").unwrap();
        let course = Course { surface: &ground, start: [0.0; 2], steps: 60, tolerance: 0.1, noise: None };
        let message = course.run(&falling, None).unwrap_err().to_string();
        assert!(message.contains("at step 11") && message.contains(".max(0)"), "{message}");
    }

    #[test]
    fn larger_batches_end_nearer() {
        let noise = |batch| Noise { deviation: 3.0, batch, seed: 1 };
        let end = |batch| {
            run_on("quadratic", "sgd:lr=0.1", None, |course| {
                (course.steps, course.noise) = (300, Some(noise(batch)));
            })
        };
        assert!(end(1).distance > 3.0 * end(1000).distance);
        assert_eq!(end(4).path, end(4).path);
    }
}
