//! Averages of a model's weights over the training.

use gradus_autograd::Params;
use gradus_tensor::Tensor;
use indexmap::IndexMap;

use crate::drive::Kept;
use crate::error::Error;
use crate::options::Options;
use crate::state::Entries;

/// How much a new value counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Averaging {
    /// Exponentially: `$a \leftarrow \gamma a + (1-\gamma)\,\theta$`, from the first value on.
    Exponential {
        /// `$\gamma$`.
        decay: f64,
    },
    /// As the exponential one, with a decay that begins low: `$\min(\gamma, (1+n)/(10+n))$`.
    Warm {
        /// `$\gamma$`.
        decay: f64,
    },
    /// All alike: `$a \leftarrow a + (\theta - a)/(n+1)$` (Polyak and Ruppert; stochastic weight averaging).
    Equal,
}

/// The average of a model's parameters; buffers are taken as they are.
///
/// ```
/// use gradus_autograd::{Param, Params};
/// use gradus_optim::{Average, Averaging};
///
/// let mut w = Param::new(0.0);
/// let mut average = Average::new(Averaging::Equal);
/// for x in [1.0, 2.0, 6.0] {
///     w.set(x.into());
///     average.add(&w);
/// }
/// let kept = average.put(&mut w);
/// assert_eq!(w.value().item(), 3.0);
/// kept.restore(&mut w);
/// assert_eq!(w.value().item(), 6.0);
/// ```
///
/// # Source
/// Polyak and Juditsky 1992; Izmailov et al. 2018; `torch.optim.swa_utils.AveragedModel`.
#[derive(Debug, Clone)]
pub struct Average {
    /// How much a new value counts.
    pub averaging: Averaging,
    values: IndexMap<String, Tensor>,
    count: u64,
}

impl Average {
    /// An average of nothing yet.
    ///
    /// # Panics
    /// If the decay is below 0, above 1, or NaN.
    #[track_caller]
    pub fn new(averaging: Averaging) -> Self {
        let average = Self { averaging, values: IndexMap::new(), count: 0 };
        average.check();
        average
    }

    #[track_caller]
    fn check(&self) {
        let (Averaging::Exponential { decay } | Averaging::Warm { decay }) = self.averaging else { return };
        Options::of("Average").up_to_one("decay", decay).check();
    }

    /// The number of values in the average.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Adds the model's present values. Call it after each step, or, for stochastic weight averaging, once
    /// per epoch from some epoch on.
    ///
    /// # Panics
    /// As [`Self::new`].
    #[track_caller]
    pub fn add(&mut self, model: &(impl Params + ?Sized)) {
        self.check();
        let n = self.count as f64;
        let share = match self.averaging {
            _ if self.count == 0 => 1.0,
            Averaging::Exponential { decay } => 1.0 - decay,
            Averaging::Warm { decay } => 1.0 - decay.min((1.0 + n) / (10.0 + n)),
            Averaging::Equal => 1.0 / (n + 1.0),
        };
        model.visit("", &mut |name, param| {
            let value = param.value();
            match self.values.get_mut(name) {
                Some(average) if share < 1.0 && !param.is_buffer() => {
                    *average = &*average + (value - &*average) * share;
                }
                _ => {
                    self.values.insert(name.to_string(), value.clone());
                }
            }
        });
        self.count += 1;
    }

    /// The average of a parameter.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.values.get(name)
    }

    /// Puts the averages into the model; returns what was there. Batch normalisation's running statistics are not those of
    /// the averaged weights: `gradus_nn::update_batch_norm` counts them anew.
    pub fn put(&self, model: &mut (impl Params + ?Sized)) -> Kept {
        let mut kept = Vec::new();
        model.visit_mut("", &mut |name, param| {
            if let Some(average) = self.values.get(name) {
                kept.push((param.id(), param.value().clone()));
                param.set(average.clone());
            }
        });
        Kept(kept)
    }

    /// What has to be kept to go on later.
    pub fn state(&self) -> Entries {
        let count = Tensor::from(i64::try_from(self.count).unwrap_or(i64::MAX));
        let values = self.values.iter().map(|(name, value)| (format!("{name}/average"), value.clone()));
        std::iter::once(("count".to_string(), count)).chain(values).collect()
    }

    /// Takes a saved state over.
    ///
    /// # Errors
    /// If an entry is no average.
    pub fn load_state(&mut self, state: Entries) -> Result<(), Error> {
        let (mut values, mut count) = (IndexMap::new(), None);
        let known: Vec<String> = state.iter().map(|(name, _)| name.clone()).collect();
        for (name, value) in state {
            match name.strip_suffix("/average") {
                Some(param) => _ = values.insert(param.to_string(), value),
                None if name == "count" && value.elements() == 1 => count = Some(value.item() as u64),
                None => return Err(Error::Extra { name, known }),
            }
        }
        self.count = count.ok_or(Error::Missing { name: "count".to_string(), known })?;
        self.values = values;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;
    use gradus_autograd::Param;

    fn averaged(averaging: Averaging, values: &[f64]) -> f64 {
        let mut w = Param::new(0.0);
        let mut average = Average::new(averaging);
        for &x in values {
            w.set(x.into());
            let mut resumed = Average::new(averaging);
            resumed.load_state(average.state()).unwrap();
            average = resumed;
            average.add(&w);
        }
        average.get("").unwrap().item()
    }

    #[test]
    fn averages_by_hand() {
        assert_eq!(averaged(Averaging::Exponential { decay: 0.75 }, &[4.0, 8.0, 1.0]), 4.0);
        assert_eq!(averaged(Averaging::Equal, &[1.0, 2.0, 6.0]), 3.0);
        // decay 2/11 at first
        assert_abs_diff_eq!(averaged(Averaging::Warm { decay: 0.9 }, &[11.0, 22.0]), 20.0, epsilon = 1e-14);
    }
}
