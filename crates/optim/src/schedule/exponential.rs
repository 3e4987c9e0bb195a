//! The same factor at every step.

use super::{Schedule, geometric};
use crate::options::Options;

/// Multiplied by `factor` at every step: `$s_t = s_0\,\gamma^t$`.
///
/// A factor above 1 grows, as a search for the largest usable learning rate wants it; it stops at the largest
/// finite number.
///
/// # Source
/// `torch.optim.lr_scheduler.ExponentialLR` (`gamma` is `factor`).
///
/// # Differs
/// PyTorch multiplies the current rate, so a rate changed from outside stays changed; here the formula
/// decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exponential {
    /// The value at step 0, `$s_0$`.
    pub initial: f64,
    /// The factor of one step, `$\gamma \ge 0$`.
    pub factor: f64,
}

impl Schedule for Exponential {
    fn options(&self) -> Options {
        Options::of("Exponential").finite("initial", self.initial).non_negative("factor", self.factor)
    }

    fn at(&self, step: u64) -> f64 {
        self.options().check();
        geometric(self.initial, self.factor, step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers() {
        let rate = Exponential { initial: 3.0, factor: 0.5 };
        assert_eq!([0, 1, 2, 4].map(|t| rate.at(t)), [3.0, 1.5, 0.75, 0.1875]);
        assert_eq!(rate.at(u64::MAX), 0.0);
    }

    #[test]
    fn growth() {
        let rate = Exponential { initial: 1.0, factor: 2.0 };
        assert_eq!([0, 3, 10].map(|t| rate.at(t)), [1.0, 8.0, 1024.0]);
        assert_eq!(rate.at(u64::MAX), f64::MAX);
    }

    #[test]
    #[should_panic(expected = "Exponential: factor is NaN")]
    fn nan_factor() {
        Exponential { initial: 1.0, factor: f64::NAN }.at(0);
    }
}
