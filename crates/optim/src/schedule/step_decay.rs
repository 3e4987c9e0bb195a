//! A jump at equal distances.

use super::{Schedule, geometric};
use crate::options::Options;

/// Multiplied by `factor` once in `every` steps: `$s_t = s_0\,\gamma^{\lfloor t/k \rfloor}$`.
///
/// # Source
/// `torch.optim.lr_scheduler.StepLR` (`step_size` is `every`, `gamma` is `factor`, 0.1 unless told).
///
/// # Differs
/// PyTorch multiplies the current rate, so a rate changed from outside stays changed; here the formula
/// decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepDecay {
    /// The value before the first jump, `$s_0$`.
    pub initial: f64,
    /// What each jump multiplies by, `$\gamma \ge 0$`.
    pub factor: f64,
    /// Steps between jumps, `$k \ge 1$`.
    pub every: u64,
}

impl Schedule for StepDecay {
    fn options(&self) -> Options {
        Options::of("StepDecay")
            .finite("initial", self.initial)
            .non_negative("factor", self.factor)
            .count("every", self.every)
    }

    fn at(&self, step: u64) -> f64 {
        self.options().check();
        geometric(self.initial, self.factor, step / self.every)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumps_at_multiples() {
        let rate = StepDecay { initial: 0.5, factor: 0.5, every: 10 };
        assert_eq!([0, 9, 10, 19, 20, 35].map(|t| rate.at(t)), [0.5, 0.5, 0.25, 0.25, 0.125, 0.0625]);
    }

    #[test]
    #[should_panic(expected = "StepDecay: every is 0")]
    fn no_distance() {
        StepDecay { initial: 0.5, factor: 0.5, every: 0 }.at(0);
    }

    #[test]
    #[should_panic(expected = "StepDecay: factor is -0.5")]
    fn negative_factor() {
        StepDecay { initial: 0.5, factor: -0.5, every: 1 }.at(0);
    }
}
