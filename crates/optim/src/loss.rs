//! The function that one step goes down, wherever it comes from: a loss on tapes, or an objective.

use gradus_autograd::{Gradients, Mode, Param, ParamId, Params, Tape, Var, on_tape, scoped};
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

    /// The value, the gradients, and, if wanted, an estimate of the Hessian's diagonal; or what is wrong with the loss.
    fn evaluate(&mut self, estimate: bool) -> Result<Evaluated, String>;

    /// The Hessian in all elements of these parameters, row by row; or what is wrong with the loss.
    fn hessian(&mut self, ids: &[ParamId]) -> Result<Vec<f64>, String>;

    /// As [`Objective::residuals`].
    fn residuals(&mut self) -> Option<(Vec<f64>, Vec<f64>)>;
}

/// The value of a loss, its gradients, and an estimate of the Hessian's diagonal where one was wanted.
pub(crate) type Evaluated = (f64, Gradients, Option<Gradients>);

/// A closure, on a training tape for each evaluation.
pub(crate) struct OnTapes<'m, M: ?Sized, F> {
    pub(crate) model: &'m mut M,
    pub(crate) f: F,
    pub(crate) seed: u64,
}

impl<M: Params + ?Sized, F: for<'t> FnMut(&M, &'t Tape) -> Var<'t>> OnTapes<'_, M, F> {
    /// Reads a recorded loss.
    fn read(&mut self, read: &mut dyn FnMut(Var<'_>, &dyn Params)) -> Result<(), String> {
        on_tape(Mode::Training(self.seed), |tape| {
            let loss = (self.f)(self.model, tape);
            loss.fault(tape).map_or_else(
                || {
                    read(loss, &self.model);
                    Ok(())
                },
                Err,
            )
        })
    }
}

impl<M: Params + ?Sized, F: for<'t> FnMut(&M, &'t Tape) -> Var<'t>> Loss for OnTapes<'_, M, F> {
    fn model(&mut self) -> &mut dyn Params {
        &mut self.model
    }

    fn evaluate(&mut self, estimate: bool) -> Result<Evaluated, String> {
        if !estimate {
            let found = scoped(Mode::Training(self.seed), |tape| ((self.f)(self.model, tape), ()));
            return found.map(|(value, grads, ())| (value, grads, None));
        }
        let mut found = (0.0, Gradients::default(), None);
        self.read(&mut |loss, model| found = estimated(loss, model))?;
        Ok(found)
    }

    fn hessian(&mut self, ids: &[ParamId]) -> Result<Vec<f64>, String> {
        let mut hessian = Vec::new();
        self.read(&mut |loss, model| hessian = rows(loss, model, ids))?;
        Ok(hessian)
    }

    fn residuals(&mut self) -> Option<(Vec<f64>, Vec<f64>)> {
        None
    }
}

/// The value, the gradients and the estimate of a recorded loss.
fn estimated(loss: Var<'_>, model: &dyn Params) -> Evaluated {
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

    fn evaluate(&mut self, estimate: bool) -> Result<Evaluated, String> {
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
        Ok((value, of(g), curvature))
    }

    fn hessian(&mut self, _: &[ParamId]) -> Result<Vec<f64>, String> {
        Ok(self.f.hessian(&self.x.value().to_f64_vec()))
    }

    fn residuals(&mut self) -> Option<(Vec<f64>, Vec<f64>)> {
        self.f.residuals(&self.x.value().to_f64_vec())
    }
}
