//! A straight line.

use super::{Curve, Schedule};
use crate::options::Options;

/// A straight line from `start` to `end`, which is held: `$s_t = a + (b - a)\,\min(t, n)/n$`.
///
/// # Source
/// `torch.optim.lr_scheduler.LinearLR`: for a rate `lr`, `start` is `lr * start_factor` (1/3 unless told),
/// `end` is `lr * end_factor` (1) and `steps` is `total_iters` (5).
///
/// # Differs
/// PyTorch multiplies the current rate by a quotient, so a rate changed from outside stays changed, and it
/// refuses factors above 1; here the formula decides, for any two values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Linear {
    /// The value at step 0, `$a$`.
    pub start: f64,
    /// The value from step `steps` on, `$b$`.
    pub end: f64,
    /// The length of the way, `$n \ge 1$`.
    pub steps: u64,
}

impl Schedule for Linear {
    fn options(&self) -> Options {
        Options::of("Linear").finite("start", self.start).finite("end", self.end).count("steps", self.steps)
    }

    fn at(&self, step: u64) -> f64 {
        self.options().check();
        Curve::Linear.between(self.start, self.end, step as f64 / self.steps as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn down_and_hold() {
        let rate = Linear { start: 1.0, end: 0.5, steps: 4 };
        assert_eq!([0, 1, 2, 4, 5, u64::MAX].map(|t| rate.at(t)), [1.0, 0.875, 0.75, 0.5, 0.5, 0.5]);
    }

    #[test]
    fn up() {
        let rate = Linear { start: 0.0, end: 2.0, steps: 4 };
        assert_eq!([0, 1, 3, 4].map(|t| rate.at(t)), [0.0, 0.5, 1.5, 2.0]);
    }

    #[test]
    #[should_panic(expected = "Linear: steps is 0")]
    fn no_steps() {
        Linear { start: 0.0, end: 2.0, steps: 0 }.at(3);
    }
}
