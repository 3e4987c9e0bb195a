//! Schedules made of two schedules.

use gradus_tensor::kernel::math;

use super::Schedule;
use crate::options::Options;

/// One schedule before step `at`, another from there on, beginning at its own step 0; made by
/// [`Schedule::then`].
///
/// Longer sequences are chains: `a.then(10, b).then(30, c)` changes at steps 10 and 30 of the whole.
///
/// # Source
/// `torch.optim.lr_scheduler.SequentialLR`.
///
/// # Differs
/// In PyTorch a `MultiplicativeLR` that follows another schedule goes on from the rate reached so far; here
/// every schedule starts from its own initial value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Then<A, B> {
    /// In force before step `at`.
    pub first: A,
    /// The step of the change.
    pub at: u64,
    /// In force from step `at` on.
    pub next: B,
}

impl<A: Schedule, B: Schedule> Schedule for Then<A, B> {
    fn options(&self) -> Options {
        self.first.options().and(self.next.options())
    }

    fn at(&self, step: u64) -> f64 {
        match step.checked_sub(self.at) {
            Some(own) => self.next.at(own),
            None => self.first.at(step),
        }
    }
}

/// The product of two schedules, `$s_t = a_t b_t$`; made by [`Schedule::times`].
///
/// # Source
/// `torch.optim.lr_scheduler.ChainedScheduler`, for schedules that multiply the current rate.
///
/// # Differs
/// In PyTorch the schedules of a chain change the same rate one after the other at every step. That is the
/// product as long as each multiplies by a quotient of its own values; [`Lambda`](super::Lambda), restarts
/// and cycles overwrite the rate there instead. Such chains are written as a
/// [`Recurrence`](super::Recurrence).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Times<A, B> {
    /// One factor, `$a$`.
    pub left: A,
    /// The other factor, `$b$`.
    pub right: B,
}

impl<A: Schedule, B: Schedule> Schedule for Times<A, B> {
    fn options(&self) -> Options {
        self.left.options().and(self.right.options())
    }

    fn at(&self, step: u64) -> f64 {
        self.left.at(step) * self.right.at(step)
    }
}

/// The smaller of two schedules, `$s_t = \min(a_t, b_t)$`; made by [`Schedule::min`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Min<A, B> {
    /// One schedule, `$a$`.
    pub left: A,
    /// The other schedule, `$b$`.
    pub right: B,
}

impl<A: Schedule, B: Schedule> Schedule for Min<A, B> {
    fn options(&self) -> Options {
        self.left.options().and(self.right.options())
    }

    fn at(&self, step: u64) -> f64 {
        math::min(self.left.at(step), self.right.at(step))
    }
}

/// The larger of two schedules, `$s_t = \max(a_t, b_t)$`; made by [`Schedule::max`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Max<A, B> {
    /// One schedule, `$a$`.
    pub left: A,
    /// The other schedule, `$b$`.
    pub right: B,
}

impl<A: Schedule, B: Schedule> Schedule for Max<A, B> {
    fn options(&self) -> Options {
        self.left.options().and(self.right.options())
    }

    fn at(&self, step: u64) -> f64 {
        math::max(self.left.at(step), self.right.at(step))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Exponential, Linear, StepDecay};
    use super::*;

    const DOWN: Linear = Linear { start: 1.0, end: 0.0, steps: 4 };
    const HALVING: Exponential = Exponential { initial: 1.0, factor: 0.5 };

    #[test]
    fn each_begins_at_its_own_step_zero() {
        let rate = DOWN.then(2, HALVING).then(5, StepDecay { initial: 8.0, factor: 0.5, every: 2 });
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 6, 7, 9].map(|t| rate.at(t)),
            [1.0, 0.75, 1.0, 0.5, 0.25, 8.0, 8.0, 4.0, 2.0]
        );
        assert_eq!(rate.at(u64::MAX), 0.0);
    }

    #[test]
    fn a_change_at_step_zero() {
        assert_eq!(DOWN.then(0, HALVING).at(0), 1.0);
        assert_eq!(DOWN.then(0, HALVING).at(1), 0.5);
    }

    #[test]
    fn products() {
        let rate = 0.5.times(DOWN).times(HALVING);
        assert_eq!([0, 1, 2, 4].map(|t| rate.at(t)), [0.5, 0.1875, 0.0625, 0.0]);
    }

    #[test]
    fn floors_and_ceilings() {
        assert_eq!([0, 1, 2, 5].map(|t| HALVING.max(0.25).at(t)), [1.0, 0.5, 0.25, 0.25]);
        assert_eq!([0, 1, 2, 5].map(|t| HALVING.min(0.5).at(t)), [0.5, 0.5, 0.25, 0.03125]);
        assert_eq!([0, 1, 2, 3].map(|t| DOWN.min(HALVING).at(t)), [1.0, 0.5, 0.25, 0.125]);
    }
}
