//! The learning rate of stochastic weight averaging.

use super::{Curve, Schedule};
use crate::options::Options;

/// From the rate reached so far to the constant rate at which weights are averaged:
/// `$s_t = r(t/n)\,s_0 + (1 - r(t/n))\,s_{swa}$`, then `$s_{swa}$`.
///
/// It follows the training's own schedule: `training.then(160, SwaAnneal { … })`.
///
/// # Source
/// Izmailov et al. 2018, *Averaging Weights Leads to Wider Optima and Better Generalization*;
/// `torch.optim.swa_utils.SWALR` (`swa_lr` is `swa`, `anneal_epochs` is `steps`, 10 unless told,
/// `anneal_strategy` is `shape`, cosine).
///
/// # Differs
/// PyTorch starts from whatever the rate happens to be; here that value is `initial`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SwaAnneal {
    /// The rate before, `$s_0$`.
    pub initial: f64,
    /// The rate of the averaging phase, `$s_{swa}$`.
    pub swa: f64,
    /// Steps from the one to the other, `$n$`; with 0 the second is in force at once.
    pub steps: u64,
    /// The way between the two.
    pub curve: Curve,
}

impl Schedule for SwaAnneal {
    fn options(&self) -> Options {
        Options::of("SwaAnneal").finite("initial", self.initial).finite("swa", self.swa)
    }

    fn at(&self, step: u64) -> f64 {
        self.options().check();
        if step >= self.steps {
            return self.swa;
        }
        self.curve.between(self.initial, self.swa, step as f64 / self.steps as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    #[test]
    fn to_the_constant() {
        let rate = SwaAnneal { initial: 1.0, swa: 0.5, steps: 4, curve: Curve::Linear };
        assert_eq!([0, 1, 3, 4, u64::MAX].map(|t| rate.at(t)), [1.0, 0.875, 0.625, 0.5, 0.5]);
        let rate = SwaAnneal { curve: Curve::Cosine, ..rate };
        assert_abs_diff_eq!(rate.at(2), 0.75, epsilon = 1e-15);
    }

    #[test]
    fn at_once() {
        assert_eq!(SwaAnneal { initial: 1.0, swa: 0.5, steps: 0, curve: Curve::Linear }.at(0), 0.5);
    }
}
