//! Schedules: numbers that change with the step. A learning rate, a momentum or a weight decay on a schedule
//! is a pure function of the step, so a resumed run needs the step's number and nothing else.
//!
//! In teaching order:
//!
//! 1. any `f64` is a constant schedule, and [`Lambda`] turns a closure into one;
//! 2. falling in jumps: [`StepDecay`], [`MultiStep`], [`ConstantFactor`];
//! 3. falling smoothly: [`Linear`], [`Polynomial`], [`Exponential`], [`InverseTime`];
//! 4. the cosine: [`Cosine`], [`CosineAnnealing`], [`WarmRestarts`];
//! 5. cycles, for the rate and for momentum: [`Cyclic`], [`OneCycle`];
//! 6. with a warm-up built in: [`InverseSqrt`], [`Noam`], [`WarmupStableDecay`];
//! 7. the phase of weight averaging: [`SwaAnneal`];
//! 8. combinators: [`Warmup`], [`Then`], [`Times`], [`Min`], [`Max`];
//! 9. each value from the one before: [`Multiplicative`], [`Recurrence`];
//! 10. the one with state, fed with a metric: [`ReduceOnPlateau`].
//!
//! [`parse`] reads any of them from text, such as `cosine(0.3, 20).warmup(5)`; [`FORMS`] lists how they are written.
//!
//! Schedules are absolute: they hold their own initial or peak value. With that value at 1 they are factors,
//! to be combined by [`Schedule::times`].
//!
//! | PyTorch | here |
//! | --- | --- |
//! | `LambdaLR` | [`Lambda`] |
//! | `MultiplicativeLR` | [`Multiplicative`] |
//! | `StepLR` | [`StepDecay`] |
//! | `MultiStepLR` | [`MultiStep`] |
//! | `ConstantLR` | [`ConstantFactor`] |
//! | `LinearLR` | [`Linear`] |
//! | `ExponentialLR` | [`Exponential`] |
//! | `PolynomialLR` | [`Polynomial`] |
//! | `CosineAnnealingLR` | [`CosineAnnealing`] |
//! | `CosineAnnealingWarmRestarts` | [`WarmRestarts`] |
//! | `CyclicLR` | [`Cyclic`] |
//! | `OneCycleLR` | [`OneCycle`] |
//! | `SequentialLR` | [`Schedule::then`] |
//! | `ChainedScheduler` | [`Schedule::times`] |
//! | `ReduceLROnPlateau` | [`ReduceOnPlateau`] |
//! | `SWALR` | [`SwaAnneal`] |
//!
//! # Panics
//!
//! Fields are public, so they are checked where a schedule is handed over ([`Optimizer::new`](crate::Optimizer::new),
//! [`set_lr`](crate::Optimizer::set_lr)) and when a value is asked for: [`Schedule::at`] panics with the schedule's name, the
//! field, its value and its range when a parameter makes no curve (a period of 0 steps, a negative factor). Steps have no upper limit: beyond its end a curve holds its last value or goes on as documented.

use std::fmt;
use std::sync::Arc;

use crate::options::Options;

mod arguments;
mod combine;
mod constant_factor;
mod cosine;
mod curve;
mod cyclic;
mod exponential;
mod forms;
mod formula;
mod inverse_sqrt;
mod inverse_time;
mod lambda;
mod linear;
mod multi_step;
mod one_cycle;
mod plateau;
mod polynomial;
mod reading;
mod recurrence;
mod step_decay;
mod swa;
mod warm_restarts;
mod warmup;
mod warmup_stable_decay;

pub use combine::{Max, Min, Then, Times};
pub use constant_factor::ConstantFactor;
pub use cosine::{Cosine, CosineAnnealing};
pub use curve::Curve;
pub use cyclic::{CycleScale, Cyclic};
pub use exponential::Exponential;
pub use forms::{FORMS, Form};
pub use inverse_sqrt::{InverseSqrt, Noam};
pub use inverse_time::InverseTime;
pub use lambda::Lambda;
pub use linear::Linear;
pub use multi_step::MultiStep;
pub use one_cycle::OneCycle;
pub use plateau::{Goal, PlateauState, ReduceOnPlateau, Threshold};
pub use polynomial::Polynomial;
pub use reading::{Plan, parse, parse_plan};
pub use recurrence::{Multiplicative, Recurrence};
pub use step_decay::StepDecay;
pub use swa::SwaAnneal;
pub use warm_restarts::WarmRestarts;
pub use warmup::{Ramp, Warmup};
pub use warmup_stable_decay::WarmupStableDecay;

#[diagnostic::on_unimplemented(
    message = "`{Self}` is no schedule",
    note = "a learning rate is an `f64` (`0.1`, not `1`) or a schedule such as `Cosine`; a closure of the step becomes one by \
            `Lambda(|step: u64| …)`"
)]
/// A number that changes with the step: a learning rate, a momentum, a weight decay.
///
/// ```
/// use gradus_optim::schedule::{Schedule, StepDecay};
///
/// let constant = 0.1;
/// assert_eq!(constant.at(1000), 0.1);
/// let halving = StepDecay { initial: 0.1, factor: 0.5, every: 100 };
/// assert_eq!([0, 99, 100, 250].map(|step| halving.at(step)), [0.1, 0.1, 0.05, 0.025]);
/// // As lists to be drawn: a curve is a function of the step.
/// let curve: Vec<f64> = (0..300).map(|step| halving.at(step)).collect();
/// assert_eq!(curve.len(), 300);
/// ```
pub trait Schedule: Send + Sync + fmt::Debug {
    /// The value in force during optimizer step `step`; the first step is 0.
    ///
    /// # Panics
    /// If a parameter lies outside of its range.
    #[track_caller]
    fn at(&self, step: u64) -> f64;

    /// Its parameters with their ranges, as [`Rule::options`](crate::Rule::options) has those of a rule. All are well unless a
    /// schedule says otherwise; one made of others hands on theirs.
    fn options(&self) -> Options {
        Options::default()
    }

    /// `steps` steps that rise linearly to this schedule's first value, then this schedule from its own step
    /// 0.
    ///
    /// The warm-up comes before the schedule: a [`Cosine`] over 9500 steps with a warm-up of 500 ends at step
    /// 10 000. During the warm-up the value is `$s_0\,(t+1)/n$`, so that already the first step moves;
    /// [`Schedule::warmup_by`] has the other forms.
    fn warmup(self, steps: u64) -> Warmup<Self>
    where
        Self: Sized,
    {
        self.warmup_by(steps, Ramp::Linear)
    }

    /// As [`Schedule::warmup`], with the form of the warm-up given.
    fn warmup_by(self, steps: u64, ramp: Ramp) -> Warmup<Self>
    where
        Self: Sized,
    {
        Warmup { schedule: self, steps, ramp }
    }

    /// This schedule before step `at`, `next` from step `at` on, beginning at its own step 0.
    fn then<S: Schedule>(self, at: u64, next: S) -> Then<Self, S>
    where
        Self: Sized,
    {
        Then { first: self, at, next }
    }

    /// The product of two schedules at the same step.
    fn times<S: Schedule>(self, other: S) -> Times<Self, S>
    where
        Self: Sized,
    {
        Times { left: self, right: other }
    }

    /// The smaller of two schedules at the same step; `min(0.1)` is a ceiling of 0.1.
    fn min<S: Schedule>(self, other: S) -> Min<Self, S>
    where
        Self: Sized,
    {
        Min { left: self, right: other }
    }

    /// The larger of two schedules at the same step; `max(1e-5)` is a floor of 1e-5.
    fn max<S: Schedule>(self, other: S) -> Max<Self, S>
    where
        Self: Sized,
    {
        Max { left: self, right: other }
    }
}

/// A constant: the number itself at every step.
impl Schedule for f64 {
    fn at(&self, _step: u64) -> f64 {
        *self
    }
}

impl<S: Schedule + ?Sized> Schedule for Box<S> {
    fn options(&self) -> Options {
        (**self).options()
    }

    fn at(&self, step: u64) -> f64 {
        (**self).at(step)
    }
}

impl<S: Schedule + ?Sized> Schedule for Arc<S> {
    fn options(&self) -> Options {
        (**self).options()
    }

    fn at(&self, step: u64) -> f64 {
        (**self).at(step)
    }
}

/// `initial * factor^count`, without NaN for an initial value of 0 and without infinity for a factor above 1.
fn geometric(initial: f64, factor: f64, count: u64) -> f64 {
    if initial == 0.0 {
        return 0.0;
    }
    (initial * factor.powf(count as f64)).clamp(-f64::MAX, f64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_constant_schedule() {
        for step in [0, 1, 1000, u64::MAX] {
            assert_eq!(Schedule::at(&1e-3, step), 1e-3);
        }
    }

    #[test]
    fn boxes_and_arcs_are_schedules() {
        let boxed: Box<dyn Schedule> = Box::new(StepDecay { initial: 1.0, factor: 0.5, every: 2 });
        let shared: Arc<dyn Schedule> = Arc::new(0.1);
        let product = boxed.times(shared).max(0.03);
        assert_eq!([0, 2, 4, 6].map(|t| product.at(t)), [0.1, 0.05, 0.03, 0.03]);
    }

    type Faulty = Vec<(Box<dyn Schedule>, &'static str)>;

    /// Schedules of one curve with a parameter outside of its range.
    fn faulty_curves() -> Faulty {
        let nan = f64::NAN;
        let cyclic = |scale| Cyclic { base: 0.1, peak: 1.0, up: 3, down: 5, scale };
        let swa = SwaAnneal { initial: 1.0, swa: nan, steps: 5, curve: Curve::Cosine };
        let step = StepDecay { initial: 1.0, factor: 0.5, every: 3 };
        let multi = MultiStep { initial: 1.0, factor: -0.5, milestones: vec![] };
        let polynomial = Polynomial { initial: 1.0, end: 0.1, steps: 7, power: 0.0 };
        let annealing = CosineAnnealing { peak: 1.0, end: 0.1, half_period: 0 };
        let restarts = WarmRestarts { peak: 1.0, end: nan, first: 2, growth: 2 };
        let rise = OneCycle { rise: nan, ..OneCycle::new(1.0, 10) };
        vec![
            (Box::new(StepDecay { initial: nan, ..step }), "StepDecay: initial is NaN; it must be finite"),
            (Box::new(StepDecay { every: 0, ..step }), "StepDecay: every is 0; it must be at least 1"),
            (Box::new(multi), "MultiStep: factor is -0.5"),
            (Box::new(ConstantFactor { peak: 1.0, factor: nan, steps: 4 }), "ConstantFactor: factor is NaN"),
            (Box::new(Linear { start: 1.0, end: nan, steps: 7 }), "Linear: end is NaN"),
            (Box::new(polynomial), "Polynomial: power is 0"),
            (Box::new(Exponential { initial: 1.0, factor: f64::INFINITY }), "Exponential: factor is inf"),
            (Box::new(InverseTime { initial: 1.0, rate: nan, power: 1.0 }), "InverseTime: rate is NaN"),
            (Box::new(Cosine { peak: nan, end: 0.1, steps: 7 }), "Cosine: peak is NaN"),
            (Box::new(annealing), "CosineAnnealing: half_period is 0"),
            (Box::new(restarts), "WarmRestarts: end is NaN"),
            (Box::new(cyclic(CycleScale::Exponential { factor: nan })), "Cyclic: factor of the scale is NaN"),
            (Box::new(OneCycle::new(nan, 10)), "OneCycle: start is NaN"),
            (Box::new(rise), "OneCycle: rise is NaN; it must be at least 0"),
            (Box::new(InverseSqrt { peak: nan, warmup: 3 }), "InverseSqrt: peak is NaN"),
            (Box::new(Noam { factor: nan, width: 64, warmup: 3 }), "Noam: factor is NaN"),
            (Box::new(swa), "SwaAnneal: swa is NaN"),
            (Box::new(Multiplicative::new(nan, |_| 0.5)), "Multiplicative: initial is NaN"),
            (Box::new(Recurrence::new(nan, |_, s| s)), "Recurrence: initial is NaN"),
        ]
    }

    /// Schedules made of such.
    fn faulty_combinations() -> Faulty {
        let falling = Exponential { initial: f64::NAN, factor: 0.9 };
        let fault = "Exponential: initial is NaN";
        let ramp = Ramp::Exponential { start: 0.0 };
        let stops = Cosine { peak: 1.0, end: 0.1, steps: 0 };
        vec![
            (Box::new(0.1.warmup_by(5, ramp)), "Ramp::Exponential: start is 0"),
            (Box::new(stops.warmup(4)), "Cosine: steps is 0"),
            (Box::new(1.0.then(4, stops)), "Cosine: steps is 0"),
            (Box::new(0.5.times(falling)), fault),
            (Box::new(Schedule::min(0.5, falling)), fault),
            (Box::new(Schedule::max(falling, 0.5)), fault),
        ]
    }

    /// Every number of every schedule has a range: NaN lies outside of it, and it is told when it is handed over.
    #[test]
    fn no_parameter_is_nan() {
        for schedule in one_of_each() {
            assert_eq!(schedule.options().fault(), None, "{schedule:?}");
        }
        for (schedule, start) in faulty_curves().into_iter().chain(faulty_combinations()) {
            let options = schedule.options();
            assert!(
                options.fault().is_some_and(|fault| fault.starts_with(start)),
                "{options:?} is not {start}"
            );
        }
    }

    #[test]
    fn growth_saturates() {
        assert_eq!(geometric(2.0, 0.5, 3), 0.25);
        assert_eq!(geometric(2.0, 1.5, u64::MAX), f64::MAX);
        assert_eq!(geometric(2.0, 0.5, u64::MAX), 0.0);
        assert_eq!(geometric(0.0, 1.5, u64::MAX), 0.0);
    }

    /// One of each pure schedule, with end points and periods well below the steps asked for.
    fn one_of_each() -> Vec<Box<dyn Schedule>> {
        let cycle = Cyclic { base: 0.1, peak: 1.0, up: 3, down: 5, scale: CycleScale::Full };
        let wsd = WarmupStableDecay {
            peak: 1.0,
            end: 0.1,
            warmup: 2,
            stable: 3,
            decay: 4,
            curve: Curve::SquareRoot,
        };
        vec![
            Box::new(0.1),
            Box::new(Lambda(|t: u64| 1.0 / (1.0 + t as f64))),
            Box::new(StepDecay { initial: 1.0, factor: 0.5, every: 3 }),
            Box::new(MultiStep { initial: 1.0, factor: 0.5, milestones: vec![2, 5] }),
            Box::new(ConstantFactor { peak: 1.0, factor: 0.5, steps: 4 }),
            Box::new(Linear { start: 1.0, end: 0.1, steps: 7 }),
            Box::new(Polynomial { initial: 1.0, end: 0.1, steps: 7, power: 2.0 }),
            Box::new(Exponential { initial: 1.0, factor: 0.9 }),
            Box::new(Exponential { initial: 1.0, factor: 1.1 }),
            Box::new(InverseTime { initial: 1.0, rate: 0.5, power: 1.0 }),
            Box::new(Cosine { peak: 1.0, end: 0.1, steps: 7 }),
            Box::new(CosineAnnealing { peak: 1.0, end: 0.1, half_period: 7 }),
            Box::new(WarmRestarts { peak: 1.0, end: 0.1, first: 2, growth: 2 }),
            Box::new(WarmRestarts { peak: 1.0, end: 0.1, first: 2, growth: 1 }),
            Box::new(cycle.clone()),
            Box::new(Cyclic { scale: CycleScale::Halving, ..cycle.clone() }),
            Box::new(Cyclic { scale: CycleScale::Exponential { factor: 0.9 }, ..cycle }),
            Box::new(OneCycle::new(1.0, 10)),
            Box::new(OneCycle { three_phase: true, ..OneCycle::new(1.0, 10) }),
            Box::new(InverseSqrt { peak: 1.0, warmup: 3 }),
            Box::new(Noam { factor: 1.0, width: 64, warmup: 3 }),
            Box::new(wsd),
            Box::new(SwaAnneal { initial: 1.0, swa: 0.1, steps: 5, curve: Curve::Cosine }),
            Box::new(Cosine { peak: 1.0, end: 0.1, steps: 7 }.warmup(4)),
            Box::new(1.0.then(4, Linear { start: 1.0, end: 0.0, steps: 3 })),
            Box::new(0.5.times(Exponential { initial: 1.0, factor: 0.9 })),
            Box::new(Schedule::min(0.5, Exponential { initial: 1.0, factor: 0.9 })),
            Box::new(Schedule::max(0.5, Exponential { initial: 1.0, factor: 0.9 })),
        ]
    }

    #[test]
    fn every_schedule_is_finite_at_every_step() {
        for schedule in one_of_each() {
            for step in (0..100).chain([u64::from(u32::MAX), 1 << 53, u64::MAX / 2, u64::MAX - 1, u64::MAX]) {
                let value = schedule.at(step);
                assert!(value.is_finite() && value >= 0.0, "{schedule:?} is {value} at step {step}");
            }
        }
    }

    #[test]
    fn the_order_of_the_questions_does_not_matter() {
        let mut schedules = one_of_each();
        schedules.push(Box::new(Multiplicative::new(1.0, |t| if t % 3 == 0 { 0.5 } else { 1.1 })));
        for schedule in schedules {
            let forward: Vec<u64> = (0..40).map(|t| schedule.at(t).to_bits()).collect();
            let backward: Vec<u64> = (0..40).rev().map(|t| schedule.at(t).to_bits()).collect();
            assert!(forward.iter().eq(backward.iter().rev()), "{schedule:?}");
        }
    }
}
