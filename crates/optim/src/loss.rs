//! The function that one step goes down, wherever it comes from: a loss on tapes, or an objective.

use std::panic::Location;

use gradus_autograd::{Gradients, Mode, Param, Params, Tape, Var, on_tape, value_and_grad_training};
use gradus_tensor::Tensor;

use crate::curvature::hutchinson;
use crate::methods::Objective;

/// A loss as a function of a model. Within one step it is one function: layers draw the same numbers at every evaluation.
pub(crate) trait Loss<M: ?Sized> {
    /// The value, the gradients, and, if wanted, an estimate of the Hessian's diagonal.
    fn evaluate(&mut self, model: &M, estimate: bool) -> (f64, Gradients, Option<Gradients>);

    /// The Hessian in all elements of these parameters, row by row.
    fn hessian(&mut self, params: &[&Param], model: &M) -> Vec<f64>;

    /// As [`Objective::residuals`].
    fn residuals(&mut self, model: &M) -> Option<(Vec<f64>, Vec<f64>)>;
}

/// A closure, on a training tape for each evaluation.
pub(crate) struct OnTapes<F> {
    pub(crate) f: F,
    pub(crate) seed: u64,
    pub(crate) caller: &'static Location<'static>,
}

impl<F> OnTapes<F> {
    fn record<'t, M: ?Sized>(&mut self, model: &M, tape: &'t Tape) -> Var<'t>
    where
        F: FnMut(&M, &'t Tape) -> Var<'t>,
    {
        let loss = (self.f)(model, tape);
        assert!(
            loss.elements() == 1 && loss.needs(),
            "training_step at {}: the loss must be a scalar that depends on a parameter, got shape {}",
            self.caller,
            loss.shape()
        );
        loss
    }
}

impl<M: Params + ?Sized, F: for<'t> FnMut(&M, &'t Tape) -> Var<'t>> Loss<M> for OnTapes<F> {
    fn evaluate(&mut self, model: &M, estimate: bool) -> (f64, Gradients, Option<Gradients>) {
        if !estimate {
            let (value, grads) = value_and_grad_training(self.seed, |tape| self.record(model, tape));
            return (value, grads, None);
        }
        on_tape(Mode::Training(self.seed), |tape| {
            let loss = self.record(model, tape);
            // The stream after those of the layers.
            let mut signs = tape.rng().expect("it is a training tape");
            let (grads, curvature) = hutchinson(loss, model, &mut signs);
            (loss.item(), grads, Some(curvature))
        })
    }

    fn hessian(&mut self, params: &[&Param], model: &M) -> Vec<f64> {
        on_tape(Mode::Training(self.seed), |tape| {
            let loss = self.record(model, tape);
            let vars: Vec<Var<'_>> = params.iter().map(|param| tape.param(param)).collect();
            let n = params.iter().map(|param| param.value().elements()).sum();
            let mut hessian = Vec::new();
            for slope in loss.grads(&vars) {
                let slope = slope.reshape([slope.elements()]);
                for i in 0..slope.elements() {
                    let one = slope.select(0, i as isize);
                    if one.needs() {
                        let row = one.backward();
                        hessian.extend(vars.iter().flat_map(|&var| row.wrt(var).to_f64_vec()));
                    } else {
                        hessian.extend(std::iter::repeat_n(0.0, n));
                    }
                }
            }
            hessian
        })
    }

    fn residuals(&mut self, _: &M) -> Option<(Vec<f64>, Vec<f64>)> {
        None
    }
}

/// An objective as a loss of one parameter.
pub(crate) struct OfVector<'f>(pub(crate) &'f mut dyn Objective);

impl Loss<Param> for OfVector<'_> {
    fn evaluate(&mut self, x: &Param, estimate: bool) -> (f64, Gradients, Option<Gradients>) {
        let (at, n) = (x.value().to_f64_vec(), x.value().elements());
        let of = |values: Vec<f64>| {
            let mut grads = Gradients::default();
            grads.set(x.id(), Tensor::from_vec(values, *x.shape()));
            grads
        };
        let (value, g) = self.0.value_and_grad(&at);
        let curvature = estimate.then(|| {
            let hessian = self.0.hessian(&at);
            of((0..n).map(|i| hessian[i * n + i]).collect())
        });
        (value, of(g), curvature)
    }

    fn hessian(&mut self, _: &[&Param], x: &Param) -> Vec<f64> {
        self.0.hessian(&x.value().to_f64_vec())
    }

    fn residuals(&mut self, x: &Param) -> Option<(Vec<f64>, Vec<f64>)> {
        self.0.residuals(&x.value().to_f64_vec())
    }
}
