//! The function that one step goes down, wherever it comes from: a loss on tapes, or an objective.

use std::panic::Location;

use gradus_autograd::{Gradients, Mode, Param, ParamId, Params, Tape, Var, on_tape, value_and_grad_training};
use gradus_tensor::Tensor;

use crate::curvature::hutchinson;
use crate::methods::Objective;

/// A loss together with the model it is of, at whose place it is evaluated. Within one step it is one function: layers draw
/// the same numbers at every evaluation.
///
/// The one way in which a step sees a user's types: what drives the rules is compiled once, not again for each model.
pub(crate) trait Loss {
    /// The model.
    fn model(&mut self) -> &mut dyn Params;

    /// The value, the gradients, and, if wanted, an estimate of the Hessian's diagonal.
    fn evaluate(&mut self, estimate: bool) -> (f64, Gradients, Option<Gradients>);

    /// The Hessian in all elements of these parameters, row by row.
    fn hessian(&mut self, ids: &[ParamId]) -> Vec<f64>;

    /// As [`Objective::residuals`].
    fn residuals(&mut self) -> Option<(Vec<f64>, Vec<f64>)>;
}

/// A closure, on a training tape for each evaluation.
pub(crate) struct OnTapes<'m, M: ?Sized, F> {
    pub(crate) model: &'m mut M,
    pub(crate) f: F,
    pub(crate) seed: u64,
    pub(crate) caller: &'static Location<'static>,
}

impl<M: Params + ?Sized, F: for<'t> FnMut(&M, &'t Tape) -> Var<'t>> OnTapes<'_, M, F> {
    fn record<'t>(&mut self, tape: &'t Tape) -> Var<'t> {
        let loss = (self.f)(self.model, tape);
        check(loss, self.caller);
        loss
    }

    /// Reads a recorded loss.
    fn read(&mut self, read: &mut dyn FnMut(Var<'_>, &dyn Params)) {
        on_tape(Mode::Training(self.seed), |tape| read(self.record(tape), &self.model));
    }
}

impl<M: Params + ?Sized, F: for<'t> FnMut(&M, &'t Tape) -> Var<'t>> Loss for OnTapes<'_, M, F> {
    fn model(&mut self) -> &mut dyn Params {
        &mut self.model
    }

    fn evaluate(&mut self, estimate: bool) -> (f64, Gradients, Option<Gradients>) {
        if !estimate {
            let (value, grads) = value_and_grad_training(self.seed, |tape| self.record(tape));
            return (value, grads, None);
        }
        let mut found = (0.0, Gradients::default(), None);
        self.read(&mut |loss, model| found = estimated(loss, model));
        found
    }

    fn hessian(&mut self, ids: &[ParamId]) -> Vec<f64> {
        let mut hessian = Vec::new();
        self.read(&mut |loss, model| hessian = rows(loss, model, ids));
        hessian
    }

    fn residuals(&mut self) -> Option<(Vec<f64>, Vec<f64>)> {
        None
    }
}

fn check(loss: Var<'_>, caller: &Location<'_>) {
    assert!(
        loss.elements() == 1 && loss.needs(),
        "training_step at {caller}: the loss must be a scalar that depends on a parameter, got shape {}",
        loss.shape()
    );
}

/// The value, the gradients and the estimate of a recorded loss.
fn estimated(loss: Var<'_>, model: &dyn Params) -> (f64, Gradients, Option<Gradients>) {
    // The stream after those of the layers.
    let mut signs = loss.tape().rng().expect("it is a training tape");
    let (grads, curvature) = hutchinson(loss, model, &mut signs);
    (loss.item(), grads, Some(curvature))
}

/// The rows of the Hessian of a recorded loss.
fn rows(loss: Var<'_>, model: &dyn Params, ids: &[ParamId]) -> Vec<f64> {
    let params = model.params().into_iter().map(|(_, param)| param);
    let params: Vec<&Param> = params.filter(|param| ids.contains(&param.id())).collect();
    let vars: Vec<Var<'_>> = params.iter().map(|param| loss.tape().param(param)).collect();
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
}

/// An objective as a loss of one parameter.
pub(crate) struct OfVector<'f> {
    pub(crate) x: &'f mut Param,
    pub(crate) f: &'f mut dyn Objective,
}

impl Loss for OfVector<'_> {
    fn model(&mut self) -> &mut dyn Params {
        self.x
    }

    fn evaluate(&mut self, estimate: bool) -> (f64, Gradients, Option<Gradients>) {
        let (at, n) = (self.x.value().to_f64_vec(), self.x.value().elements());
        let of = |values: Vec<f64>| {
            let mut grads = Gradients::default();
            grads.set(self.x.id(), Tensor::from_vec(values, *self.x.shape()));
            grads
        };
        let (value, g) = self.f.value_and_grad(&at);
        let curvature = estimate.then(|| {
            let hessian = self.f.hessian(&at);
            of((0..n).map(|i| hessian[i * n + i]).collect())
        });
        (value, of(g), curvature)
    }

    fn hessian(&mut self, _: &[ParamId]) -> Vec<f64> {
        self.f.hessian(&self.x.value().to_f64_vec())
    }

    fn residuals(&mut self) -> Option<(Vec<f64>, Vec<f64>)> {
        self.f.residuals(&self.x.value().to_f64_vec())
    }
}
