//! Half a period of the cosine, once or for ever.

use super::{Curve, Schedule};
use crate::options::Options;

/// Half a period of the cosine down to `end`, which is held:
/// `$s_t = b + \tfrac12 (s_0 - b)\,(1 + \cos(\pi \min(t, n)/n))$`.
///
/// With a warm-up it is the usual schedule of language models:
///
/// ```
/// use gradus_optim::schedule::{Cosine, Schedule};
///
/// let rate = Cosine { peak: 3e-4, end: 3e-5, steps: 9_500 }.warmup(500);
/// assert_eq!(rate.at(249), 1.5e-4);
/// assert_eq!(rate.at(500), 3e-4);
/// assert_eq!(rate.at(10_000), 3e-5);
/// ```
///
/// # Source
/// Loshchilov and Hutter 2017, *SGDR*, eq. 5, without restarts.
///
/// # Differs
/// PyTorch's `CosineAnnealingLR` climbs again after `T_max` steps; that is [`CosineAnnealing`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cosine {
    /// The value at step 0, `$s_0$`.
    pub peak: f64,
    /// The value from step `steps` on, `$b$`.
    pub end: f64,
    /// The length of the way, `$n \ge 1$`.
    pub steps: u64,
}

impl Schedule for Cosine {
    fn options(&self) -> Options {
        Options::of("Cosine").finite("peak", self.peak).finite("end", self.end).count("steps", self.steps)
    }

    fn at(&self, step: u64) -> f64 {
        self.options().check();
        Curve::Cosine.between(self.peak, self.end, step as f64 / self.steps as f64)
    }
}

/// The whole cosine, down to `end` and up again for ever:
/// `$s_t = b + \tfrac12 (s_0 - b)\,(1 + \cos(\pi t/n))$`.
///
/// # Source
/// `torch.optim.lr_scheduler.CosineAnnealingLR` (`T_max` is `half_period`, `eta_min` is `end`, 0 unless
/// told).
///
/// # Differs
/// PyTorch computes each rate from the current one by a quotient of cosines. The two agree to rounding as
/// long as nothing else changes the rate; in a `ChainedScheduler` they part: with `eta_min` above 0 PyTorch
/// scales only the part above it, and after `T_max` it climbs by amounts of the initial rate whatever the
/// others have done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CosineAnnealing {
    /// The highest value, at steps 0, `$2n$`, `$4n$` …
    pub peak: f64,
    /// The lowest value, at steps `$n$`, `$3n$` …
    pub end: f64,
    /// Steps from the highest to the lowest value, `$n \ge 1$`.
    pub half_period: u64,
}

impl Schedule for CosineAnnealing {
    fn options(&self) -> Options {
        Options::of("CosineAnnealing")
            .finite("peak", self.peak)
            .finite("end", self.end)
            .count("half_period", self.half_period)
    }

    fn at(&self, step: u64) -> f64 {
        self.options().check();
        let n = self.half_period;
        // The cosine is even, so the way up is the way down, backwards.
        let within = step % n.saturating_mul(2);
        let distance = if within <= n { within } else { n - (within - n) };
        Curve::Cosine.between(self.peak, self.end, distance as f64 / n as f64)
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
    fn down_and_hold() {
        let rate = Cosine { peak: 1.0, end: 0.5, steps: 12 };
        for (step, want) in [(0, 1.0), (4, 0.875), (6, 0.75), (8, 0.625), (12, 0.5), (u64::MAX, 0.5)] {
            close(rate.at(step), want);
        }
    }

    #[test]
    fn down_and_up() {
        let rate = CosineAnnealing { peak: 1.0, end: 0.0, half_period: 6 };
        for (step, want) in [(0, 1.0), (2, 0.75), (3, 0.5), (6, 0.0), (8, 0.25), (10, 0.75), (12, 1.0)] {
            close(rate.at(step), want);
        }
        close(rate.at(14 + 12 * 1_000_000_000_000), 0.75);
    }

    #[test]
    fn a_period_beyond_the_integers() {
        let rate = CosineAnnealing { peak: 1.0, end: 0.0, half_period: u64::MAX };
        close(rate.at(u64::MAX / 2), 0.5);
    }

    #[test]
    #[should_panic(expected = "Cosine: steps is 0")]
    fn no_steps() {
        Cosine { peak: 1.0, end: 0.5, steps: 0 }.at(0);
    }
}
