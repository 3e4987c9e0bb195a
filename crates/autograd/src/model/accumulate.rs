//! Gradients by parameter, as threads and optimizers use them: read, changed, scaled, added.

use std::ops::AddAssign;

use gradus_tensor::{Tensor, inner_product};

use super::param::{Param, ParamId};
use super::params::Params;
use super::training::Untrained;
use crate::fast::store::Mirror;
use crate::gradients::Gradients;

impl Gradients {
    /// The gradient of the parameter with this identity.
    pub fn by_id(&self, id: ParamId) -> Option<&Tensor> {
        self.params.get(&id)
    }

    /// Sets the gradient of a parameter, for gradients that come from elsewhere.
    pub fn set(&mut self, id: ParamId, gradient: Tensor) {
        self.params.insert(id, gradient);
    }

    /// All gradients of parameters, in the order in which the parameters were first used.
    pub fn iter(&self) -> impl Iterator<Item = (ParamId, &Tensor)> {
        self.params.iter().map(|(&id, g)| (id, g))
    }

    /// All gradients of parameters, to be changed (clipped, scaled).
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (ParamId, &mut Tensor)> {
        self.params.iter_mut().map(|(&id, g)| (id, g))
    }

    /// New values of statistics that layers computed on the way.
    pub fn updates(&self) -> impl Iterator<Item = (ParamId, &Tensor)> {
        self.updates.iter().map(|(&id, value)| (id, value))
    }

    /// Sets the new value of a statistic, for one that comes from elsewhere.
    pub fn set_update(&mut self, id: ParamId, value: Tensor) {
        self.updates.insert(id, value);
    }

    /// The first layer that asked for training on a tape whose mode nobody chose (see
    /// [`value_and_grad`](crate::value_and_grad)): these gradients are not those of a training step.
    pub fn untrained(&self) -> Option<Untrained> {
        self.untrained
    }

    /// Whether they are of a scalar that depends on no parameter at all, so that nothing can be trained by them.
    #[doc(hidden)]
    pub fn is_idle(&self) -> bool {
        self.idle
    }

    /// Those of a model's own parameters, where several models share a tape. Gradients by variable are left out.
    #[must_use]
    pub fn of(&self, model: &(impl Params + ?Sized)) -> Self {
        let mut own = Self { untrained: self.untrained, ..Self::default() };
        model.visit("", &mut |_, param| {
            if let Some(g) = self.get(param) {
                own.set(param.id(), g.clone());
            }
            if let Some(value) = self.updates.get(&param.id()) {
                own.updates.insert(param.id(), value.clone());
            }
        });
        own
    }

    /// The number of parameters with a gradient.
    pub fn len(&self) -> usize {
        self.params.len()
    }

    /// Whether no parameter got a gradient.
    pub fn is_empty(&self) -> bool {
        self.params.is_empty()
    }

    /// Multiplies every gradient by a number.
    pub fn scale(&mut self, factor: f64) {
        for g in self.params.values_mut() {
            *g = &*g * factor;
        }
    }

    /// `$\sqrt{\sum g^2}$` over all parameters.
    pub fn norm(&self) -> f64 {
        norm(self.params.values())
    }

    /// `$\sqrt{\sum g^2}$` over these parameters, as far as they have a gradient.
    pub fn norm_of<'p>(&self, params: impl IntoIterator<Item = &'p Param>) -> f64 {
        norm(params.into_iter().filter_map(|param| self.get(param)))
    }
}

fn norm<'g>(gradients: impl Iterator<Item = &'g Tensor>) -> f64 {
    gradients.map(|g| inner_product(g, g)).sum::<f64>().sqrt()
}

/// Sums gradients parameter by parameter. Gradients by variable are dropped: they belong to one tape. Of statistics the
/// added ones win.
impl AddAssign for Gradients {
    fn add_assign(&mut self, other: Self) {
        self.nodes = Mirror::default();
        self.tape = 0;
        for (id, g) in other.params {
            match self.params.entry(id) {
                indexmap::map::Entry::Occupied(mut sum) => {
                    gradus_tensor::elementwise::add_assign(sum.get_mut(), &g);
                }
                indexmap::map::Entry::Vacant(empty) => {
                    empty.insert(g);
                }
            }
        }
        self.updates.extend(other.updates);
        self.untrained = self.untrained.or(other.untrained);
    }
}

impl std::ops::Add for Gradients {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::training::Mode;
    use crate::{Tape, value_and_grad, value_and_grad_with};

    #[test]
    fn sums_are_parameter_by_parameter() {
        let (a, b, mean) = (Param::new([1.0, 2.0]), Param::new(3.0), Param::buffer(0.0));
        let with = |k: f64, statistic: f64| {
            let (_, grads) = value_and_grad(|tape| {
                tape.update(&mean, Tensor::scalar(statistic));
                (tape.param(&a) * k).sum()
            });
            grads
        };
        let other = value_and_grad(|tape| tape.param(&b) * 5.0).1;
        let mut sum = with(1.0, 7.0) + with(3.0, 8.0) + other;
        assert_eq!(sum.get(&a).unwrap().to_f64_vec(), [4.0, 4.0]);
        assert_eq!((sum.get(&b).unwrap().item(), sum.len()), (5.0, 2));
        // Of statistics the added ones win; the optimizer takes the last of a parameter.
        assert_eq!(sum.updates().last().map(|(id, value)| (id, value.item())), Some((mean.id(), 8.0)));
        assert_eq!(sum.norm(), (16f64 + 16.0 + 25.0).sqrt());
        assert_eq!(sum.norm_of([&a]), 32f64.sqrt());
        sum.scale(-0.5);
        assert_eq!((sum.get(&a).unwrap().to_f64_vec()[0], sum.get(&b).unwrap().item()), (-2.0, -2.5));
    }

    #[test]
    fn sums_keep_the_note_of_a_layer_that_asked_in_vain() {
        let w = Param::new(1.0);
        let loss = |tape: &Tape, asks: bool| {
            if asks {
                tape.rng_for("Dropout");
            }
        };
        let of = |asks: bool| {
            value_and_grad(|tape| {
                loss(tape, asks);
                tape.param(&w)
            })
            .1
        };
        assert!(of(true).untrained().is_some() && of(false).untrained().is_none());
        assert!((of(true) + of(false)).untrained().is_some());
        assert!((of(false) + of(true)).untrained().is_some());
        let silent = value_and_grad_with(Mode::Record, |tape| {
            loss(tape, true);
            (tape.param(&w), ())
        });
        assert!((silent.1 + of(false)).untrained().is_none());
    }
}
