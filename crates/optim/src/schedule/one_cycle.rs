//! The 1cycle policy: one rise, one long fall.

use super::{Curve, Schedule};
use crate::options::Options;

/// One rise from `start` to `peak`, then one fall to `end`, which is held.
///
/// Of `$N$` steps the rise takes those up to `$cN - 1$`, where `$c$` is `rise`; the fall ends at step
/// `$N - 1$`. In the three-phase form the value is back at `start` at step `$2cN - 2$` and only then falls to
/// `end`. Within a phase the way is a [`Curve`].
///
/// Momentum moves against the learning rate; it is a `OneCycle` with other end points:
///
/// ```
/// use gradus_optim::schedule::{OneCycle, Schedule};
///
/// let rate = OneCycle::new(0.1, 1000);
/// let momentum = OneCycle { start: 0.95, peak: 0.85, end: 0.95, ..rate };
/// assert_eq!((rate.at(299), momentum.at(299)), (0.1, 0.85));
/// ```
///
/// # Source
/// Smith and Topin 2018, *Super-Convergence*; `torch.optim.lr_scheduler.OneCycleLR` (`max_lr` is `peak`,
/// `pct_start` is `rise`, `anneal_strategy` is `shape`; `start` is `max_lr / div_factor`, `end` is
/// `start / final_div_factor`).
///
/// # Differs
/// After the last step PyTorch extrapolates by one step and then raises; here the end value is held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneCycle {
    /// The value at step 0.
    pub start: f64,
    /// The value at the top.
    pub peak: f64,
    /// The value from step `steps - 1` on.
    pub end: f64,
    /// Number of steps of the whole cycle, `$N \ge 1$`.
    pub steps: u64,
    /// The part of the steps that the rise takes, `$c \in [0, 1]$`; in the three-phase form at most 1/2.
    pub rise: f64,
    /// The way within each phase.
    pub curve: Curve,
    /// Whether the value falls back to `start` before it falls to `end`.
    pub three_phase: bool,
}

impl OneCycle {
    /// A learning rate with PyTorch's defaults: from `peak / 25` to `peak` in 30 % of the steps, then down to
    /// `peak / 250 000`, by cosines.
    pub fn new(peak: f64, steps: u64) -> Self {
        let start = peak / 25.0;
        Self { start, peak, end: start / 1e4, steps, rise: 0.3, curve: Curve::Cosine, three_phase: false }
    }
}

impl Schedule for OneCycle {
    fn options(&self) -> Options {
        let (limit, rise) = (if self.three_phase { 0.5 } else { 1.0 }, self.rise);
        Options::of("OneCycle")
            .finite("start", self.start)
            .finite("peak", self.peak)
            .finite("end", self.end)
            .count("steps", self.steps)
            .must((0.0..=limit).contains(&rise), || {
                format!("OneCycle: rise is {rise}; it must be at least 0 and at most {limit}")
            })
    }

    fn at(&self, step: u64) -> f64 {
        self.options().check();
        let t = step.min(self.steps - 1) as f64;
        let (steps, last) = (self.steps as f64, (self.steps - 1) as f64);
        let top = self.rise * steps - 1.0;
        if t <= top {
            return self.phase(self.start, self.peak, t, 0.0, top);
        }
        if !self.three_phase {
            return self.phase(self.peak, self.end, t, top.min(last), last);
        }
        let back = 2.0 * self.rise * steps - 2.0;
        if t <= back {
            return self.phase(self.peak, self.start, t, top, back);
        }
        self.phase(self.start, self.end, t, back.min(last), last)
    }
}

impl OneCycle {
    /// The value at `t` on the way from `a` at time `from` to `b` at time `to`; an empty way is at its end.
    fn phase(&self, a: f64, b: f64, t: f64, from: f64, to: f64) -> f64 {
        let progress = if to > from { (t - from) / (to - from) } else { 1.0 };
        self.curve.between(a, b, progress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::{abs_diff_eq, assert_abs_diff_eq};

    const LINES: OneCycle = OneCycle {
        start: 1.0,
        peak: 5.0,
        end: 0.0,
        steps: 10,
        rise: 0.5,
        curve: Curve::Linear,
        three_phase: false,
    };

    #[test]
    fn two_phases() {
        // up to step 4, down to step 9
        assert_eq!([0, 1, 3, 4].map(|t| LINES.at(t)), [1.0, 2.0, 4.0, 5.0]);
        for (step, want) in [(5, 4.0), (6, 3.0), (8, 1.0), (9, 0.0), (10, 0.0), (u64::MAX, 0.0)] {
            assert_abs_diff_eq!(LINES.at(step), want, epsilon = 1e-15);
        }
    }

    #[test]
    fn three_phases() {
        // up to step 2, back to step 4, down to step 9
        let rate = OneCycle { three_phase: true, rise: 0.3, ..LINES };
        for (step, want) in [(0, 1.0), (1, 3.0), (2, 5.0), (3, 3.0), (4, 1.0), (5, 0.8), (7, 0.4), (9, 0.0)] {
            assert!(abs_diff_eq!(rate.at(step), want, epsilon = 1e-14), "{step}: {}", rate.at(step));
        }
    }

    #[test]
    fn defaults() {
        let rate = OneCycle::new(0.1, 100);
        for (step, want) in [(0, 0.004), (29, 0.1), (64, 0.050_000_2), (99, 4e-7)] {
            assert!(abs_diff_eq!(rate.at(step), want, epsilon = 1e-15), "{step}: {}", rate.at(step));
        }
    }

    #[test]
    fn degenerate_phases() {
        assert_eq!(OneCycle { steps: 1, ..LINES }.at(0), 0.0);
        assert_eq!(OneCycle { steps: 2, ..LINES }.at(0), 5.0);
        assert_eq!([0, 9].map(|t| OneCycle { rise: 1.0, ..LINES }.at(t)), [1.0, 5.0]);
        assert_eq!([4, 9].map(|t| OneCycle { rise: 0.0, ..LINES }.at(t)), [2.5, 0.0]);
    }

    #[test]
    #[should_panic(expected = "OneCycle: rise is 1.5")]
    fn rise_too_long() {
        OneCycle { rise: 1.5, ..LINES }.at(0);
    }
}
