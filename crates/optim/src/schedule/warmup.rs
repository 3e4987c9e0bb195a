//! A rise before a schedule, in every form in use.

use super::{Curve, Schedule};
use crate::options::Options;

/// `steps` steps of rise to the first value of `schedule`, then `schedule` from its own step 0:
/// `$w_t = \rho(t)\,s_0$` for `$t < n$`, then `$s_{t-n}$`.
///
/// With 0 steps it is the schedule itself. To multiply a schedule by a rise that runs beside it, as PyTorch's
/// `ChainedScheduler` does, write `schedule.times(Linear { start: 0.1, end: 1.0, steps: 10 })`.
///
/// # Source
/// Goyal et al. 2017, *Accurate, Large Minibatch SGD*, sec. 2.2 (constant and gradual warm-up).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Warmup<S> {
    /// What follows the rise.
    pub schedule: S,
    /// The length of the rise, `$n$`.
    pub steps: u64,
    /// The form of the rise, `$\rho$`.
    pub ramp: Ramp,
}

/// The form of a warm-up: the factor `$\rho(t)$` for steps `$0 \le t < n$`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ramp {
    /// `$(t+1)/n$`: the step being taken is counted, so the first step moves and the last has the full value.
    Linear,
    /// `$a + (1-a)\,t/n$`: a line from `start`, which reaches 1 after the warm-up. With `start` 0 the first
    /// step does not move.
    LinearFrom {
        /// The factor at step 0, `$a$`.
        start: f64,
    },
    /// `$a^{1 - t/n}$`: the same quotient at every step.
    Exponential {
        /// The factor at step 0, `$0 < a$`.
        start: f64,
    },
    /// A constant factor.
    Constant {
        /// The factor of the whole warm-up.
        factor: f64,
    },
    /// `$1 - (1-a)\,(1 + \cos(\pi t/n))/2$`: flat at both ends.
    Cosine {
        /// The factor at step 0, `$a$`.
        start: f64,
    },
}

impl Ramp {
    fn options(self) -> Options {
        match self {
            Ramp::Linear => Options::default(),
            Ramp::LinearFrom { start } => Options::of("Ramp::LinearFrom").finite("start", start),
            Ramp::Exponential { start } => Options::of("Ramp::Exponential").positive("start", start),
            Ramp::Constant { factor } => Options::of("Ramp::Constant").finite("factor", factor),
            Ramp::Cosine { start } => Options::of("Ramp::Cosine").finite("start", start),
        }
    }

    /// The factor at `step` of `steps`; 1 from step `steps` on.
    ///
    /// # Panics
    /// If its parameter lies outside of its range.
    #[track_caller]
    pub fn factor(self, step: u64, steps: u64) -> f64 {
        self.options().check();
        if step >= steps {
            return 1.0;
        }
        let (t, n) = (step as f64, steps as f64);
        match self {
            Ramp::Linear => (t + 1.0) / n,
            Ramp::LinearFrom { start } => Curve::Linear.between(start, 1.0, t / n),
            Ramp::Exponential { start } => start.powf(1.0 - t / n),
            Ramp::Constant { factor } => factor,
            Ramp::Cosine { start } => Curve::Cosine.between(start, 1.0, t / n),
        }
    }
}

impl<S: Schedule> Schedule for Warmup<S> {
    fn options(&self) -> Options {
        self.schedule.options().and(self.ramp.options())
    }

    fn at(&self, step: u64) -> f64 {
        match step.checked_sub(self.steps) {
            Some(own) => self.schedule.at(own),
            None => self.schedule.at(0) * self.ramp.factor(step, self.steps),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Cosine, Linear};
    use super::*;
    use approx::assert_abs_diff_eq;

    fn factors(ramp: Ramp) -> [f64; 4] {
        [0, 1, 2, 4].map(|t| ramp.factor(t, 4))
    }

    #[test]
    fn forms() {
        assert_eq!(factors(Ramp::Linear), [0.25, 0.5, 0.75, 1.0]);
        assert_eq!(factors(Ramp::LinearFrom { start: 0.0 }), [0.0, 0.25, 0.5, 1.0]);
        assert_eq!(factors(Ramp::LinearFrom { start: 0.5 }), [0.5, 0.625, 0.75, 1.0]);
        assert_eq!(factors(Ramp::Exponential { start: 1.0 / 16.0 }), [0.0625, 0.125, 0.25, 1.0]);
        assert_eq!(factors(Ramp::Constant { factor: 0.125 }), [0.125, 0.125, 0.125, 1.0]);
        let cosine = Ramp::Cosine { start: 0.5 };
        for (step, want) in [(0, 0.5), (2, 0.625), (3, 0.75), (4, 0.875), (6, 1.0)] {
            assert_abs_diff_eq!(cosine.factor(step, 6), want, epsilon = 1e-15);
        }
    }

    #[test]
    fn comes_before_the_schedule() {
        let rate = Linear { start: 2.0, end: 0.0, steps: 4 }.warmup(4);
        assert_eq!([0, 1, 3, 4, 5, 8].map(|t| rate.at(t)), [0.5, 1.0, 2.0, 2.0, 1.5, 0.0]);
    }

    #[test]
    fn of_a_constant() {
        let rate = 0.5.warmup_by(10, Ramp::Constant { factor: 0.5 });
        assert_eq!([0, 9, 10, u64::MAX].map(|t| rate.at(t)), [0.25, 0.25, 0.5, 0.5]);
    }

    #[test]
    fn without_steps_it_is_the_schedule() {
        let cosine = Cosine { peak: 1.0, end: 0.0, steps: 5 };
        for step in 0..7 {
            assert_eq!(cosine.warmup(0).at(step), cosine.at(step));
        }
    }
}
