//! A jump at each of some milestones.

use super::{Schedule, geometric};
use crate::options::Options;

/// Multiplied by `factor` at each milestone: `$s_t = s_0\,\gamma^{\#\{m\,:\,m \le t\}}$`.
///
/// Milestones may stand in any order; one that is listed twice counts twice.
///
/// # Source
/// `torch.optim.lr_scheduler.MultiStepLR` (`gamma` is `factor`, 0.1 unless told).
///
/// # Differs
/// PyTorch multiplies the current rate, so a rate changed from outside stays changed; here the formula
/// decides.
#[derive(Debug, Clone, PartialEq)]
pub struct MultiStep {
    /// The value before the first milestone, `$s_0$`.
    pub initial: f64,
    /// What each milestone multiplies by, `$\gamma \ge 0$`.
    pub factor: f64,
    /// The steps from which on a further factor is in force.
    pub milestones: Vec<u64>,
}

impl Schedule for MultiStep {
    fn options(&self) -> Options {
        Options::of("MultiStep").finite("initial", self.initial).non_negative("factor", self.factor)
    }

    fn at(&self, step: u64) -> f64 {
        self.options().check();
        let passed = self.milestones.iter().filter(|&&milestone| milestone <= step).count();
        geometric(self.initial, self.factor, passed as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumps_at_milestones() {
        let rate = MultiStep { initial: 1.0, factor: 0.5, milestones: vec![10, 30] };
        assert_eq!([0, 9, 10, 29, 30, 99].map(|t| rate.at(t)), [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]);
    }

    #[test]
    fn a_repeated_milestone_counts_twice() {
        let rate = MultiStep { initial: 1.0, factor: 0.5, milestones: vec![20, 5, 5] };
        assert_eq!([4, 5, 20].map(|t| rate.at(t)), [1.0, 0.25, 0.125]);
    }

    #[test]
    fn without_milestones_it_is_constant() {
        let rate = MultiStep { initial: 1.0, factor: 0.5, milestones: vec![] };
        assert_eq!([0, 5, u64::MAX].map(|t| rate.at(t)), [1.0; 3]);
    }
}
