//! Decay with the inverse of time, the rate of the convergence proofs.

use super::Schedule;
use crate::options::Options;

/// `$s_t = s_0 / (1 + k t)^p$`.
///
/// Power 1 satisfies the conditions of Robbins and Monro (`$\sum s_t = \infty$`, `$\sum s_t^2 < \infty$`).
/// Rate 1 and power 1/2 give `$s_0/\sqrt{t+1}$`, the step size of AdaGrad's derivation.
///
/// # Source
/// Robbins and Monro 1951, *A Stochastic Approximation Method*; Bottou 2012, *Stochastic Gradient Descent
/// Tricks*, sec. 5.2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InverseTime {
    /// The value at step 0, `$s_0$`.
    pub initial: f64,
    /// How fast time counts, `$k \ge 0$`.
    pub rate: f64,
    /// The power, `$p \ge 0$`.
    pub power: f64,
}

impl Schedule for InverseTime {
    fn options(&self) -> Options {
        Options::of("InverseTime")
            .finite("initial", self.initial)
            .non_negative("rate", self.rate)
            .non_negative("power", self.power)
    }

    fn at(&self, step: u64) -> f64 {
        self.options().check();
        self.initial / (1.0 + self.rate * step as f64).powf(self.power)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse() {
        let rate = InverseTime { initial: 1.0, rate: 0.5, power: 1.0 };
        assert_eq!([0, 2, 6].map(|t| rate.at(t)), [1.0, 0.5, 0.25]);
    }

    #[test]
    fn inverse_root() {
        let rate = InverseTime { initial: 1.0, rate: 1.0, power: 0.5 };
        assert_eq!([0, 3, 15].map(|t| rate.at(t)), [1.0, 0.5, 0.25]);
    }

    #[test]
    #[should_panic(expected = "InverseTime: rate is -1")]
    fn negative_rate() {
        InverseTime { initial: 1.0, rate: -1.0, power: 0.5 }.at(0);
    }
}
