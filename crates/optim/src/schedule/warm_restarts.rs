//! The cosine that starts again.

use super::{Curve, Schedule};
use crate::options::Options;

/// Cosine decay with warm restarts: cycle `$i$` takes `$n_i = n_0 g^i$` steps, and `$\tau$` steps into it
/// `$s_t = b + \tfrac12 (s_0 - b)\,(1 + \cos(\pi \tau/n_i))$`.
///
/// # Source
/// Loshchilov and Hutter 2017, *SGDR: Stochastic Gradient Descent with Warm Restarts*, eq. 5;
/// `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts` (`T_0` is `first`, `T_mult` is `growth`, 1 unless
/// told, `eta_min` is `end`, 0).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WarmRestarts {
    /// The value at the start of each cycle, `$s_0$`.
    pub peak: f64,
    /// The value each cycle approaches, `$b$`.
    pub end: f64,
    /// Steps of the first cycle, `$n_0 \ge 1$`.
    pub first: u64,
    /// How many times longer each cycle is than the one before, `$g \ge 1$`.
    pub growth: u64,
}

impl Schedule for WarmRestarts {
    fn options(&self) -> Options {
        Options::of("WarmRestarts")
            .finite("peak", self.peak)
            .finite("end", self.end)
            .count("first", self.first)
            .count("growth", self.growth)
    }

    fn at(&self, step: u64) -> f64 {
        self.options().check();
        let (mut within, mut length) = (step, self.first);
        if self.growth == 1 {
            within %= length;
        }
        while within >= length {
            within -= length;
            length = length.saturating_mul(self.growth);
        }
        Curve::Cosine.between(self.peak, self.end, within as f64 / length as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;

    fn close(got: f64, want: f64) {
        assert!(abs_diff_eq!(got, want, epsilon = 1e-15), "{got} is not {want}");
    }

    #[test]
    fn equal_cycles() {
        let rate = WarmRestarts { peak: 1.0, end: 0.0, first: 6, growth: 1 };
        for (step, want) in [(0, 1.0), (2, 0.75), (4, 0.25), (6, 1.0), (9, 0.5), (12, 1.0)] {
            close(rate.at(step), want);
        }
    }

    #[test]
    fn growing_cycles() {
        // 3, 6, 12 … steps, starting at 0, 3, 9, 21 …
        let rate = WarmRestarts { peak: 1.0, end: 0.5, first: 3, growth: 2 };
        for (step, want) in [(1, 0.875), (2, 0.625), (3, 1.0), (5, 0.875), (6, 0.75), (9, 1.0), (15, 0.75)] {
            close(rate.at(step), want);
        }
    }

    #[test]
    #[should_panic(expected = "WarmRestarts: growth is 0")]
    fn no_growth() {
        WarmRestarts { peak: 1.0, end: 0.5, first: 3, growth: 0 }.at(0);
    }
}
