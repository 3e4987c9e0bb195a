//! A closure as a schedule.

use std::fmt;

use super::Schedule;

/// Any function of the step: `$s_t = f(t)$`.
///
/// ```
/// use gradus_optim::schedule::{Lambda, Schedule};
///
/// let rate = Lambda(|t| 0.1 / (1.0 + t as f64));
/// assert_eq!(rate.at(1), 0.05);
/// ```
///
/// # Source
/// `torch.optim.lr_scheduler.LambdaLR`.
///
/// # Differs
/// The closure returns the value itself; in PyTorch it returns a factor of the initial learning rate. For a
/// factor write `0.1.times(Lambda(f))`.
#[derive(Clone, Copy)]
pub struct Lambda<F>(
    /// The function of the step.
    pub F,
);

impl<F: Fn(u64) -> f64 + Send + Sync> Schedule for Lambda<F> {
    fn at(&self, step: u64) -> f64 {
        (self.0)(step)
    }
}

impl<F> fmt::Debug for Lambda<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lambda(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_the_closure() {
        let halved = Lambda(|t| 0.5f64.powi(t as i32));
        assert_eq!([0, 1, 3].map(|t| halved.at(t)), [1.0, 0.5, 0.125]);
        assert_eq!(format!("{halved:?}"), "Lambda(..)");
    }

    #[test]
    fn as_a_factor() {
        let rate = 0.5.times(Lambda(|t| 1.0 / (1.0 + t as f64)));
        assert_eq!([0, 1, 3].map(|t| rate.at(t)), [0.5, 0.25, 0.125]);
    }
}
