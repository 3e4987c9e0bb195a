//! Values that are given by the one before. They are pure functions of the step like all others; the last
//! value is remembered only to save work.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::Schedule;
use crate::options::Options;

/// Each value from the one before: `$s_t = f(t, s_{t-1})$`.
///
/// # Cost
/// Steps asked for in increasing order cost one call of `f` each; going back starts again from step 0, and a
/// first question for step `$t$` takes `$t$` calls.
#[derive(Clone)]
pub struct Recurrence {
    /// The value at step 0, `$s_0$`.
    pub initial: f64,
    next: Arc<dyn Fn(u64, f64) -> f64 + Send + Sync>,
    memo: Memo,
}

impl Recurrence {
    /// A schedule that starts at `initial` and goes on by `next(step, value before)`.
    pub fn new(initial: f64, next: impl Fn(u64, f64) -> f64 + Send + Sync + 'static) -> Self {
        Self { initial, next: Arc::new(next), memo: Memo::default() }
    }
}

impl Schedule for Recurrence {
    fn options(&self) -> Options {
        Options::of("Recurrence").finite("initial", self.initial)
    }

    fn at(&self, step: u64) -> f64 {
        self.options().check();
        self.memo.advance(self.initial, step, &*self.next)
    }
}

impl fmt::Debug for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recurrence").field("initial", &self.initial).finish_non_exhaustive()
    }
}

/// Multiplied at every step by a factor that depends on the step: `$s_t = s_{t-1}\,f(t)$`, so
/// `$s_t = s_0 \prod_{i=1}^{t} f(i)$`.
///
/// # Cost
/// As for [`Recurrence`].
///
/// # Source
/// `torch.optim.lr_scheduler.MultiplicativeLR`.
#[derive(Clone)]
pub struct Multiplicative {
    /// The value at step 0, `$s_0$`.
    pub initial: f64,
    factor: Arc<dyn Fn(u64) -> f64 + Send + Sync>,
    memo: Memo,
}

impl Multiplicative {
    /// A schedule that starts at `initial` and is multiplied by `factor(step)` at every step from 1 on.
    pub fn new(initial: f64, factor: impl Fn(u64) -> f64 + Send + Sync + 'static) -> Self {
        Self { initial, factor: Arc::new(factor), memo: Memo::default() }
    }
}

impl Schedule for Multiplicative {
    fn options(&self) -> Options {
        Options::of("Multiplicative").finite("initial", self.initial)
    }

    fn at(&self, step: u64) -> f64 {
        self.options().check();
        self.memo.advance(self.initial, step, &|t, value| value * (self.factor)(t))
    }
}

impl fmt::Debug for Multiplicative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Multiplicative").field("initial", &self.initial).finish_non_exhaustive()
    }
}

/// The last value computed: the initial value it started from, its step, and the value.
#[derive(Default)]
struct Memo(Mutex<Option<(f64, u64, f64)>>);

impl Memo {
    fn advance(&self, initial: f64, step: u64, next: &dyn Fn(u64, f64) -> f64) -> f64 {
        let known = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut t, mut value) = match known {
            Some((start, t, value)) if start == initial && t <= step => (t, value),
            _ => (0, initial),
        };
        while t < step {
            t += 1;
            value = next(t, value);
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((initial, t, value));
        value
    }
}

impl Clone for Memo {
    fn clone(&self) -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products() {
        let rate = Multiplicative::new(8.0, |t| if t % 2 == 0 { 0.5 } else { 1.0 });
        assert_eq!([0, 1, 2, 3, 4, 6].map(|t| rate.at(t)), [8.0, 8.0, 4.0, 4.0, 2.0, 1.0]);
    }

    #[test]
    fn any_order_gives_the_same() {
        let rate = Multiplicative::new(1.0, |t| 1.0 - 1.0 / (1.0 + t as f64));
        let at_seven = rate.at(7);
        assert_eq!(rate.at(2), rate.clone().at(2));
        assert_eq!(rate.at(7), at_seven);
        assert_eq!(rate.at(0), 1.0);
    }

    #[test]
    fn a_changed_initial_value_is_seen() {
        let mut rate = Multiplicative::new(1.0, |_| 0.5);
        assert_eq!(rate.at(3), 0.125);
        rate.initial = 8.0;
        assert_eq!([3, 4].map(|t| rate.at(t)), [1.0, 0.5]);
    }

    #[test]
    fn recurrences() {
        // s_t = s_{t-1}/2 + t
        let rate = Recurrence::new(4.0, |t, s| s / 2.0 + t as f64);
        assert_eq!([0, 1, 2, 3].map(|t| rate.at(t)), [4.0, 3.0, 3.5, 4.75]);
        assert_eq!(rate.at(1), 3.0);
    }
}
