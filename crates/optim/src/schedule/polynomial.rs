//! A power of the way that is left.

use super::Schedule;
use crate::options::Options;

/// Polynomial decay, then the end value: `$s_t = b + (s_0 - b)\,(1 - \min(t, n)/n)^p$`.
///
/// # Source
/// `torch.optim.lr_scheduler.PolynomialLR` (`total_iters`, here `steps`, 5 and `power` 1 unless told, end
/// value 0); Liu et al. 2015, *ParseNet*.
///
/// # Differs
/// PyTorch multiplies the current rate by a quotient, so a rate changed from outside stays changed, and it
/// always ends at 0; here the formula decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Polynomial {
    /// The value at step 0, `$s_0$`.
    pub initial: f64,
    /// The value from step `steps` on, `$b$`.
    pub end: f64,
    /// The length of the way, `$n \ge 1$`.
    pub steps: u64,
    /// The power, `$p > 0$`: 1 is a line, 2 a parabola.
    pub power: f64,
}

impl Schedule for Polynomial {
    fn options(&self) -> Options {
        Options::of("Polynomial")
            .finite("initial", self.initial)
            .finite("end", self.end)
            .count("steps", self.steps)
            .positive("power", self.power)
    }

    fn at(&self, step: u64) -> f64 {
        self.options().check();
        let left = 1.0 - step.min(self.steps) as f64 / self.steps as f64;
        let r = left.powf(self.power);
        self.initial * r + self.end * (1.0 - r)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parabola() {
        let rate = Polynomial { initial: 1.0, end: 0.0, steps: 4, power: 2.0 };
        assert_eq!([0, 1, 2, 3, 4, u64::MAX].map(|t| rate.at(t)), [1.0, 0.5625, 0.25, 0.0625, 0.0, 0.0]);
    }

    #[test]
    fn with_an_end_value() {
        let rate = Polynomial { initial: 1.0, end: 0.5, steps: 4, power: 2.0 };
        assert_eq!([0, 2, 4].map(|t| rate.at(t)), [1.0, 0.625, 0.5]);
    }

    #[test]
    #[should_panic(expected = "Polynomial: power is 0")]
    fn no_power() {
        Polynomial { initial: 1.0, end: 0.5, steps: 4, power: 0.0 }.at(0);
    }
}
