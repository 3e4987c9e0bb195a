//! A fraction of the value for some steps, then all of it.

use super::Schedule;
use crate::options::Options;

/// A constant fraction at first: `$s_t = \gamma s$` for `$t < n$`, then `$s$`.
///
/// # Source
/// `torch.optim.lr_scheduler.ConstantLR` (`factor` 1/3 and `total_iters`, here `steps`, 5 unless told).
///
/// # Differs
/// With 0 steps PyTorch reduces the rate for ever; here it is never reduced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConstantFactor {
    /// The full value, `$s$`.
    pub peak: f64,
    /// The fraction in force at first, `$\gamma$`.
    pub factor: f64,
    /// Number of steps at the fraction, `$n$`.
    pub steps: u64,
}

impl Schedule for ConstantFactor {
    fn options(&self) -> Options {
        Options::of("ConstantFactor").finite("peak", self.peak).finite("factor", self.factor)
    }

    fn at(&self, step: u64) -> f64 {
        self.options().check();
        if step < self.steps { self.peak * self.factor } else { self.peak }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_then_all() {
        let rate = ConstantFactor { peak: 0.5, factor: 0.25, steps: 3 };
        assert_eq!([0, 2, 3, u64::MAX].map(|t| rate.at(t)), [0.125, 0.125, 0.5, 0.5]);
    }

    #[test]
    fn zero_steps() {
        assert_eq!(ConstantFactor { peak: 0.5, factor: 0.25, steps: 0 }.at(0), 0.5);
    }
}
