//! The end of a training whose measure does not improve any more.

use gradus_autograd::Params;
use gradus_nn::state_dict::{load_state_dict, state_dict};
use gradus_optim::Entries;
use gradus_optim::schedule::Goal;
use gradus_tensor::Tensor;

use crate::error::Error;

/// Watches a measure, and keeps the weights of its best value.
///
/// ```
/// use gradus_autograd::Param;
/// use gradus_train::EarlyStopping;
///
/// let mut w = Param::new(0.0);
/// let mut stopping = EarlyStopping { patience: 2, ..EarlyStopping::default() };
/// for (epoch, loss) in [0.9, 0.5, 0.6, 0.55].into_iter().enumerate() {
///     w.set((epoch as f64).into());
///     stopping.observe(loss, &w);
/// }
/// assert!(stopping.should_stop());
/// stopping.restore_best(&mut w)?;
/// assert_eq!((stopping.best(), w.value().item()), (Some(0.5), 1.0));
/// # Ok::<(), gradus_train::Error>(())
/// ```
///
/// A value `$m$` is an improvement on the best one, `$b$`, if `$m < b - \delta$`, or `$m > b + \delta$` for [`Goal::Maximize`]. NaN is
/// no improvement.
///
/// # Source
/// Prechelt, "Early stopping, but when?", 1998; the options are those of Keras' `EarlyStopping`.
#[derive(Debug, Clone)]
pub struct EarlyStopping {
    /// How many observations in a row without improvement end the training.
    pub patience: u64,
    /// By how much an improvement must exceed the best, `$\delta$`.
    pub min_delta: f64,
    /// Whether the measure is to fall or to rise.
    pub goal: Goal,
    /// What was seen.
    pub seen: Seen,
}

/// What was seen so far by an [`EarlyStopping`]; begins empty.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    best: Option<f64>,
    bad: u64,
    weights: Entries,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        Self { patience: 10, min_delta: 0.0, goal: Goal::Minimize, seen: Seen::default() }
    }
}

impl EarlyStopping {
    /// Takes a new value of the measure; whether it is the best so far. The weights of the best are kept.
    ///
    /// # Panics
    /// If `min_delta` is negative or no number.
    #[track_caller]
    pub fn observe(&mut self, value: f64, model: &(impl Params + ?Sized)) -> bool {
        let delta = self.min_delta;
        assert!(delta >= 0.0, "early stopping: min_delta is {delta}; it must be at least 0");
        let better = match (self.seen.best, self.goal) {
            (None, _) => !value.is_nan(),
            (Some(best), Goal::Minimize) => value < best - delta,
            (Some(best), Goal::Maximize) => value > best + delta,
        };
        if better {
            self.seen = Seen { best: Some(value), bad: 0, weights: state_dict(model) };
        } else {
            self.seen.bad += 1;
        }
        better
    }

    /// Whether the measure has not improved for `patience` observations.
    pub fn should_stop(&self) -> bool {
        self.seen.bad >= self.patience.max(1)
    }

    /// The best value.
    pub fn best(&self) -> Option<f64> {
        self.seen.best
    }

    /// Gives a model the weights of the best value; nothing happens if none was observed.
    ///
    /// # Errors
    /// [`Error::Model`] if it is another model.
    pub fn restore_best(&self, model: &mut (impl Params + ?Sized)) -> Result<(), Error> {
        if self.seen.best.is_none() {
            return Ok(());
        }
        load_state_dict(model, self.seen.weights.iter().cloned()).map_err(Error::Model)
    }

    /// What was seen, to be saved.
    pub fn state(&self) -> Entries {
        let mut all = vec![
            ("best".to_string(), Tensor::from(self.seen.best.unwrap_or(f64::NAN))),
            ("bad".to_string(), Tensor::from(self.seen.bad.cast_signed())),
        ];
        all.extend(self.seen.weights.iter().map(|(name, value)| (format!("weights/{name}"), value.clone())));
        all
    }

    /// Goes on from a [`Self::state`].
    pub fn load_state(&mut self, state: Entries) {
        self.seen = Seen::default();
        for (name, value) in state {
            match name.as_str() {
                "best" => self.seen.best = Some(value.item()).filter(|best| !best.is_nan()),
                "bad" => self.seen.bad = value.item() as u64,
                _ => {
                    let name = name.strip_prefix("weights/").unwrap_or(&name).to_string();
                    self.seen.weights.push((name, value));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_autograd::Param;

    fn stops_after(stopping: &mut EarlyStopping, values: &[f64]) -> Option<usize> {
        let w = Param::new(0.0);
        values.iter().position(|value| {
            stopping.observe(*value, &w);
            stopping.should_stop()
        })
    }

    #[test]
    fn patience_delta_and_goal() {
        let patience = |patience| EarlyStopping { patience, ..EarlyStopping::default() };
        assert_eq!(stops_after(&mut patience(2), &[3.0, 3.0, 2.0, 2.0, 2.5]), Some(4));
        assert_eq!(stops_after(&mut patience(1), &[3.0, 2.0, 2.0]), Some(2));
        assert_eq!(stops_after(&mut patience(2), &[f64::NAN, f64::NAN, 1.0]), Some(1));
        let mut delta = EarlyStopping { min_delta: 0.5, ..patience(2) };
        assert_eq!(stops_after(&mut delta, &[3.0, 2.6, 2.5, 2.4]), Some(2));
        let mut rising = EarlyStopping { goal: Goal::Maximize, ..patience(1) };
        assert_eq!(stops_after(&mut rising, &[0.5, 0.6, 0.6]), Some(2));
    }

    #[test]
    fn a_saved_state_goes_on() {
        let (mut first, w) = (EarlyStopping { patience: 3, ..EarlyStopping::default() }, Param::new(7.0));
        for value in [3.0, 2.0, 2.5] {
            first.observe(value, &w);
        }
        let mut second = EarlyStopping { patience: 3, ..EarlyStopping::default() };
        second.load_state(first.state());
        let mut other = Param::new(0.0);
        second.restore_best(&mut other).unwrap();
        assert_eq!((second.best(), other.value().item()), (Some(2.0), 7.0));
        assert_eq!(stops_after(&mut second, &[2.0, 2.0]), Some(1));
    }
}
