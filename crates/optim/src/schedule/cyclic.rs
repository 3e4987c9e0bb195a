//! Up and down for ever, with an amplitude that may shrink.

use std::fmt;
use std::sync::Arc;

use super::Schedule;
use crate::options::Options;

/// A triangle from `base` up to `peak` and down again, for ever: `$s_t = b + (p - b)\,\Delta(t)\,a$`, where
/// `$\Delta$` rises from 0 to 1 in `up` steps and falls back in `down` steps, and `$a$` is the amplitude of
/// `scale`.
///
/// Momentum moves against the learning rate, low when the rate is high. It is a `Cyclic` too, with the two
/// ends exchanged:
///
/// ```
/// use gradus_optim::schedule::{CycleScale, Cyclic, Schedule};
///
/// let rate = Cyclic { base: 0.001, peak: 0.1, up: 10, down: 10, scale: CycleScale::Full };
/// let momentum = Cyclic { base: 0.9, peak: 0.8, ..rate.clone() };
/// assert_eq!((rate.at(10), momentum.at(10)), (0.1, 0.8));
/// assert_eq!((rate.at(20), momentum.at(20)), (0.001, 0.9));
/// ```
///
/// # Source
/// Smith 2017, *Cyclical Learning Rates for Training Neural Networks*; `torch.optim.lr_scheduler.CyclicLR`
/// (`base_lr` and `max_lr` are `base` and `peak`; `step_size_up` and `step_size_down` are `up`, 2000 unless
/// told, and `down`, as `up` unless told; `mode` or `scale_fn` is `scale`; for momentum `base` is
/// `max_momentum`, 0.9, and `peak` is `base_momentum`, 0.8).
#[derive(Debug, Clone)]
pub struct Cyclic {
    /// The value where each cycle begins and ends, `$b$`.
    pub base: f64,
    /// The value at the turning point of the first cycle, `$p$`.
    pub peak: f64,
    /// Steps from `base` to `peak`, at least 1.
    pub up: u64,
    /// Steps from `peak` to `base`, at least 1.
    pub down: u64,
    /// The amplitude from cycle to cycle.
    pub scale: CycleScale,
}

/// The amplitude of a [`Cyclic`] schedule.
#[derive(Clone)]
pub enum CycleScale {
    /// 1 in every cycle; `triangular` in PyTorch.
    Full,
    /// 1, 1/2, 1/4 … from cycle to cycle; `triangular2` in PyTorch.
    Halving,
    /// `$\gamma^t$`, falling with every step; `exp_range` in PyTorch.
    Exponential {
        /// The factor of one step, `$\gamma$`.
        factor: f64,
    },
    /// A function of the cycle's number, which starts at 1; `scale_mode="cycle"` in PyTorch.
    PerCycle(Arc<dyn Fn(u64) -> f64 + Send + Sync>),
    /// A function of the step; `scale_mode="iterations"` in PyTorch.
    PerStep(Arc<dyn Fn(u64) -> f64 + Send + Sync>),
}

impl CycleScale {
    /// The amplitude at a step in a cycle, the first cycle being 1.
    fn at(&self, step: u64, cycle: u64) -> f64 {
        match self {
            CycleScale::Full => 1.0,
            CycleScale::Halving => (-((cycle - 1) as f64)).exp2(),
            CycleScale::Exponential { factor } => factor.powf(step as f64).min(f64::MAX),
            CycleScale::PerCycle(f) => f(cycle),
            CycleScale::PerStep(f) => f(step),
        }
    }
}

impl fmt::Debug for CycleScale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CycleScale::Full => f.write_str("Full"),
            CycleScale::Halving => f.write_str("Halving"),
            CycleScale::Exponential { factor } => write!(f, "Exponential {{ factor: {factor:?} }}"),
            CycleScale::PerCycle(_) => f.write_str("PerCycle(..)"),
            CycleScale::PerStep(_) => f.write_str("PerStep(..)"),
        }
    }
}

impl Schedule for Cyclic {
    fn options(&self) -> Options {
        let options = Options::of("Cyclic")
            .finite("base", self.base)
            .finite("peak", self.peak)
            .count("up", self.up)
            .count("down", self.down);
        match self.scale {
            CycleScale::Exponential { factor } => options.non_negative("factor of the scale", factor),
            _ => options,
        }
    }

    fn at(&self, step: u64) -> f64 {
        self.options().check();
        let length = self.up.saturating_add(self.down);
        let within = step % length;
        let height = if within <= self.up {
            within as f64 / self.up as f64
        } else {
            (length - within) as f64 / self.down as f64
        };
        let part = height * self.scale.at(step, (step / length).saturating_add(1));
        self.base * (1.0 - part) + self.peak * part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn triangle(scale: CycleScale) -> Cyclic {
        Cyclic { base: 1.0, peak: 2.0, up: 2, down: 4, scale }
    }

    #[test]
    fn full() {
        let rate = triangle(CycleScale::Full);
        assert_eq!([0, 1, 2, 3, 4, 6, 7, 8].map(|t| rate.at(t)), [1.0, 1.5, 2.0, 1.75, 1.5, 1.0, 1.5, 2.0]);
    }

    #[test]
    fn halving() {
        let rate = triangle(CycleScale::Halving);
        assert_eq!([2, 6, 8, 14, 16].map(|t| rate.at(t)), [2.0, 1.0, 1.5, 1.25, 1.125]);
    }

    #[test]
    fn exponential() {
        let rate = triangle(CycleScale::Exponential { factor: 0.5 });
        assert_eq!([0, 1, 2, 4].map(|t| rate.at(t)), [1.0, 1.25, 1.25, 1.03125]);
    }

    #[test]
    fn by_closures() {
        let per_cycle = triangle(CycleScale::PerCycle(Arc::new(|cycle| 1.0 / cycle as f64)));
        assert_eq!([2, 8].map(|t| per_cycle.at(t)), [2.0, 1.5]);
        let per_step = triangle(CycleScale::PerStep(Arc::new(|step| 1.0 / step as f64)));
        assert_eq!([2, 8].map(|t| per_step.at(t)), [1.5, 1.125]);
        assert!(format!("{per_step:?}").contains("PerStep(..)"));
    }

    #[test]
    #[should_panic(expected = "Cyclic: down is 0")]
    fn no_way_down() {
        Cyclic { down: 0, ..triangle(CycleScale::Full) }.at(0);
    }
}
