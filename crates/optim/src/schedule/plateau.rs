//! The schedule with state: a value that is reduced when a metric stops improving.

use crate::options::Options;

/// A value that is multiplied by `factor` when the metric has not improved for more than `patience`
/// observations.
///
/// It depends on what was observed, so it is no [`Schedule`](super::Schedule): call
/// [`observe`](ReduceOnPlateau::observe) after each evaluation and use the value it returns.
/// [`state`](ReduceOnPlateau::state) and [`set_state`](ReduceOnPlateau::set_state) save and restore it.
///
/// An observation `$m$` is an improvement on the best one, `$b$`, if `$m < b - \theta\,|b|$` (relative
/// threshold) or `$m < b - \theta$` (absolute); for [`Goal::Maximize`] if `$m > b + \theta\,|b|$` or
/// `$m > b + \theta$`. NaN is no improvement.
///
/// ```
/// use gradus_optim::schedule::ReduceOnPlateau;
///
/// let mut rate = ReduceOnPlateau { patience: 1, factor: 0.5, ..ReduceOnPlateau::new(0.1) };
/// let rates: Vec<f64> = [3.0, 2.0, 2.0, 2.0].iter().map(|&loss| rate.observe(loss)).collect();
/// assert_eq!(rates, [0.1, 0.1, 0.1, 0.05]);
/// ```
///
/// # Source
/// `torch.optim.lr_scheduler.ReduceLROnPlateau`, with its defaults.
///
/// # Differs
/// The relative threshold takes the size of the best, `$|b|$`. PyTorch's `$b\,(1 \mp \theta)$` is the same for
/// positive metrics; of negative ones (a log-likelihood) it takes the same value again for an improvement, so that it
/// never reduces.
///
/// One value each, where PyTorch's holds all groups of an optimizer; groups with lower limits of their own
/// take one each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReduceOnPlateau {
    /// The value in force.
    pub value: f64,
    /// Whether the metric is to fall or to rise.
    pub goal: Goal,
    /// What a reduction multiplies by, `$0 \le \gamma < 1$`.
    pub factor: f64,
    /// How many observations without improvement are accepted.
    pub patience: u64,
    /// By how much an improvement must exceed the best, `$\theta$`.
    pub threshold: Threshold,
    /// For how many observations after a reduction none is counted as bad.
    pub cooldown: u64,
    /// The value is never reduced below this.
    pub minimum: f64,
    /// A reduction by no more than this is not made.
    pub eps: f64,
    /// The best metric so far; none before the first improvement.
    pub best: Option<f64>,
    /// Observations without improvement since the last improvement or reduction.
    pub bad: u64,
    /// Observations left of the cooldown.
    pub cooling: u64,
}

/// Which way a metric is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Goal {
    /// Lower is better, as for a loss.
    Minimize,
    /// Higher is better, as for an accuracy.
    Maximize,
}

/// By how much an observation must be better than the best to count as an improvement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Threshold {
    /// By a fraction of the best.
    Relative(f64),
    /// By an amount.
    Absolute(f64),
}

/// What a [`ReduceOnPlateau`] has to remember, as numbers: the value, the best metric (infinite before the
/// first improvement), the number of bad observations, and the rest of the cooldown.
pub type PlateauState = [f64; 4];

impl ReduceOnPlateau {
    /// A value with PyTorch's defaults: reduced to a tenth after more than 10 observations that do not fall
    /// by at least 0.01 %.
    pub fn new(value: f64) -> Self {
        Self {
            value,
            goal: Goal::Minimize,
            factor: 0.1,
            patience: 10,
            threshold: Threshold::Relative(1e-4),
            cooldown: 0,
            minimum: 0.0,
            eps: 1e-8,
            best: None,
            bad: 0,
            cooling: 0,
        }
    }

    /// Takes the metric of one evaluation and returns the value in force from now on.
    ///
    /// # Panics
    /// If `factor` does not lie in `$[0, 1)$`, or the threshold, `minimum` or `eps` is below 0 or not finite.
    #[track_caller]
    pub fn observe(&mut self, metric: f64) -> f64 {
        let (Threshold::Relative(theta) | Threshold::Absolute(theta)) = self.threshold;
        Options::of("ReduceOnPlateau")
            .finite("value", self.value)
            .below_one("factor", self.factor)
            .non_negative("threshold", theta)
            .non_negative("minimum", self.minimum)
            .non_negative("eps", self.eps)
            .check();
        if self.improves(metric) {
            self.best = Some(metric);
            self.bad = 0;
        } else {
            self.bad = self.bad.saturating_add(1);
        }
        if self.cooling > 0 {
            self.cooling -= 1;
            self.bad = 0;
        }
        if self.bad > self.patience {
            let reduced = (self.value * self.factor).max(self.minimum);
            if self.value - reduced > self.eps {
                self.value = reduced;
            }
            self.cooling = self.cooldown;
            self.bad = 0;
        }
        self.value
    }

    /// Whether `metric` would be an improvement on the best so far.
    pub fn improves(&self, metric: f64) -> bool {
        let best = self.best_or_worst();
        let by = match self.threshold {
            // Infinite is the best only before the first observation.
            Threshold::Relative(theta) if best.is_finite() => theta * best.abs(),
            Threshold::Relative(_) => 0.0,
            Threshold::Absolute(theta) => theta,
        };
        match self.goal {
            Goal::Minimize => metric < best - by,
            Goal::Maximize => metric > best + by,
        }
    }

    /// The state, as numbers to be saved.
    pub fn state(&self) -> PlateauState {
        [self.value, self.best_or_worst(), self.bad as f64, self.cooling as f64]
    }

    /// Restores a state that [`state`](ReduceOnPlateau::state) returned.
    ///
    /// # Panics
    /// If a number cannot come from there: a NaN, or a count that is not a whole number.
    #[track_caller]
    pub fn set_state(&mut self, state: PlateauState) {
        let [value, best, bad, cooling] = state;
        assert!(
            !value.is_nan() && !best.is_nan() && [bad, cooling].iter().all(|n| *n >= 0.0 && n.fract() == 0.0),
            "ReduceOnPlateau: {state:?} is no state; it is [value, best, bad observations, rest of cooldown]"
        );
        self.value = value;
        self.best = (best != self.worst()).then_some(best);
        self.bad = bad as u64;
        self.cooling = cooling as u64;
    }

    fn best_or_worst(&self) -> f64 {
        self.best.unwrap_or(self.worst())
    }

    fn worst(&self) -> f64 {
        match self.goal {
            Goal::Minimize => f64::INFINITY,
            Goal::Maximize => f64::NEG_INFINITY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(mut rate: ReduceOnPlateau, metrics: &[f64]) -> Vec<f64> {
        metrics.iter().map(|&metric| rate.observe(metric)).collect()
    }

    #[test]
    fn reduces_when_patience_is_exceeded() {
        let rate = ReduceOnPlateau { patience: 2, factor: 0.5, ..ReduceOnPlateau::new(1.0) };
        let metrics = [3.0, 3.0, 3.0, 3.0, 2.0, 2.0, 2.0, 2.0];
        assert_eq!(run(rate, &metrics), [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25]);
    }

    #[test]
    fn thresholds_and_goals() {
        let relative = ReduceOnPlateau { best: Some(10.0), ..ReduceOnPlateau::new(1.0) };
        let relative = ReduceOnPlateau { threshold: Threshold::Relative(0.25), ..relative };
        assert_eq!([7.25, 7.5, 7.75].map(|m| relative.improves(m)), [true, false, false]);
        let absolute = ReduceOnPlateau { threshold: Threshold::Absolute(0.5), ..relative };
        assert_eq!([9.25, 9.5, 10.0].map(|m| absolute.improves(m)), [true, false, false]);
        let up = ReduceOnPlateau { goal: Goal::Maximize, ..relative };
        assert_eq!([12.75, 12.5, 10.0].map(|m| up.improves(m)), [true, false, false]);
        let up = ReduceOnPlateau { goal: Goal::Maximize, ..absolute };
        assert_eq!([10.75, 10.5, 10.0].map(|m| up.improves(m)), [true, false, false]);
        assert!(!up.improves(f64::NAN));
    }

    /// A log-likelihood that stands still is no improvement, at any sign.
    #[test]
    fn a_constant_metric_is_reduced() {
        for goal in [Goal::Minimize, Goal::Maximize] {
            for threshold in [Threshold::Relative(1e-2), Threshold::Absolute(1e-2), Threshold::Relative(0.0)]
            {
                for metric in [-3.0, -1e-300, 0.0, 3.0] {
                    let rate = ReduceOnPlateau { goal, threshold, patience: 1, ..ReduceOnPlateau::new(1.0) };
                    assert_eq!(
                        run(rate, &[metric; 4]),
                        [1.0, 1.0, 0.1, 0.1],
                        "{goal:?} {threshold:?} {metric}"
                    );
                }
            }
        }
        let rate = ReduceOnPlateau { best: Some(-10.0), ..ReduceOnPlateau::new(1.0) };
        let rate = ReduceOnPlateau { threshold: Threshold::Relative(0.25), ..rate };
        assert_eq!([-12.75, -12.5, -10.0].map(|m| rate.improves(m)), [true, false, false]);
        let up = ReduceOnPlateau { goal: Goal::Maximize, ..rate };
        assert_eq!([-7.25, -7.5, -10.0].map(|m| up.improves(m)), [true, false, false]);
    }

    #[test]
    fn cooldown_minimum_and_epsilon() {
        let rate = ReduceOnPlateau { patience: 0, factor: 0.5, cooldown: 2, ..ReduceOnPlateau::new(1.0) };
        assert_eq!(run(rate, &[1.0; 6]), [1.0, 0.5, 0.5, 0.5, 0.25, 0.25]);
        let rate = ReduceOnPlateau { cooldown: 0, minimum: 0.375, ..rate };
        assert_eq!(run(rate, &[1.0; 4]), [1.0, 0.5, 0.375, 0.375]);
        let rate = ReduceOnPlateau { minimum: 0.0, eps: 0.25, ..rate };
        assert_eq!(run(rate, &[1.0; 4]), [1.0, 0.5, 0.5, 0.5]);
    }

    #[test]
    fn resumes_from_its_numbers() {
        let metrics: Vec<f64> = (0..40).map(|i| (f64::from(i) * 0.7).sin().abs() + 0.1).collect();
        let config = ReduceOnPlateau { patience: 2, cooldown: 1, factor: 0.5, ..ReduceOnPlateau::new(1.0) };
        let whole = run(config, &metrics);
        for cut in 0..40 {
            let mut before = config;
            metrics[..cut].iter().for_each(|&metric| _ = before.observe(metric));
            let mut after = config;
            after.set_state(before.state());
            assert_eq!(after, before);
            assert_eq!(run(after, &metrics[cut..]), whole[cut..]);
        }
    }

    #[test]
    #[should_panic(expected = "is no state")]
    fn half_an_observation() {
        ReduceOnPlateau::new(1.0).set_state([1.0, 1.0, 0.5, 0.0]);
    }

    #[test]
    #[should_panic(expected = "ReduceOnPlateau: factor is 1;")]
    fn factor_too_large() {
        ReduceOnPlateau { factor: 1.0, ..ReduceOnPlateau::new(1.0) }.observe(1.0);
    }
}
