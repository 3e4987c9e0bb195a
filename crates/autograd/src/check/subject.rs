//! What is checked: a function of tensors in its inputs, or a model's loss in its parameters.

use gradus_tensor::{DType, Tensor};

use crate::model::Params;
use crate::tape::Tape;
use crate::var::Var;

/// A tensor that derivatives are taken in.
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    /// `input 0`, `fc1.weight`.
    pub(crate) name: String,
    /// Which of the inputs, or of the trainable parameters, it is.
    pub(crate) number: usize,
    /// Its value in F64.
    pub(crate) value: Tensor,
}

/// A function of named tensors.
pub(crate) trait Subject {
    /// What it is differentiated in.
    fn variables(&self) -> &[Variable];
    /// The result on a tape, and the variables there, for values of all variables, all of one float type.
    fn record<'t>(&mut self, tape: &'t Tape, at: &[Tensor]) -> (Var<'t>, Vec<Var<'t>>);
}

/// A function and its inputs. Those that are no floats are handed to it as they are.
pub(crate) struct Function<F> {
    f: F,
    /// All inputs, floats in F64.
    inputs: Vec<Tensor>,
    variables: Vec<Variable>,
}

impl<F> Function<F> {
    pub(crate) fn new(f: F, inputs: &[Tensor]) -> Self {
        let raise = |x: &Tensor| if x.dtype().is_float() { x.to(DType::F64) } else { x.clone() };
        let inputs: Vec<Tensor> = inputs.iter().map(raise).collect();
        let floats = inputs.iter().enumerate().filter(|(_, x)| x.dtype().is_float());
        let variables = floats
            .map(|(number, x)| Variable { name: format!("input {number}"), number, value: x.clone() })
            .collect();
        Self { f, inputs, variables }
    }
}

impl<F: for<'t> Fn(&[Var<'t>]) -> Var<'t>> Subject for Function<F> {
    fn variables(&self) -> &[Variable] {
        &self.variables
    }

    fn record<'t>(&mut self, tape: &'t Tape, at: &[Tensor]) -> (Var<'t>, Vec<Var<'t>>) {
        let mut values = at.iter();
        let mut next = || values.next().expect("a value for each variable").clone();
        let mut lift = |given: &Tensor| {
            if given.dtype().is_float() { tape.var(next()) } else { tape.constant(given.clone()) }
        };
        let all: Vec<Var<'t>> = self.inputs.iter().map(&mut lift).collect();
        let variables = all.iter().copied().filter(|x| x.dtype().is_float()).collect();
        ((self.f)(&all), variables)
    }
}

/// A model and its loss. The model's parameters take the type and the values of each evaluation; they are put back, with
/// their bits, when this is dropped.
pub(crate) struct LossOfModel<'a, M: Params, F> {
    model: &'a mut M,
    loss: F,
    /// The values of all parameters as they were.
    kept: Vec<Tensor>,
    variables: Vec<Variable>,
}

impl<'a, M: Params, F> LossOfModel<'a, M, F> {
    /// # Panics
    /// If the model has no trainable parameter. `op` is the name of the caller.
    #[track_caller]
    pub(crate) fn new(op: &str, model: &'a mut M, loss: F) -> Self {
        assert!(model.trainable_elements() > 0, "{op}: the model has no trainable parameter");
        let kept = model.params().iter().map(|(_, p)| p.value().clone()).collect();
        let trainable = model.params().into_iter().filter(|(_, p)| p.is_trainable()).enumerate();
        let variables = trainable
            .map(|(number, (name, p))| Variable { name, number, value: p.value().to(DType::F64) })
            .collect();
        Self { model, loss, kept, variables }
    }
}

impl<M: Params, F: for<'t> Fn(&M, &'t Tape) -> Var<'t>> Subject for LossOfModel<'_, M, F> {
    fn variables(&self) -> &[Variable] {
        &self.variables
    }

    fn record<'t>(&mut self, tape: &'t Tape, at: &[Tensor]) -> (Var<'t>, Vec<Var<'t>>) {
        let mut values = at.iter();
        for ((_, p), kept) in self.model.params_mut().into_iter().zip(&self.kept) {
            if p.is_trainable() {
                *p.value_mut() = values.next().expect("a value for each variable").clone();
            } else if kept.dtype().is_float() && p.value().dtype() != at[0].dtype() {
                *p.value_mut() = kept.to(at[0].dtype());
            }
        }
        let trainable = self.model.params().into_iter().filter(|(_, p)| p.is_trainable());
        let variables = trainable.map(|(_, p)| tape.param(p)).collect();
        ((self.loss)(self.model, tape), variables)
    }
}

impl<M: Params, F> Drop for LossOfModel<'_, M, F> {
    fn drop(&mut self) {
        for ((_, p), value) in self.model.params_mut().into_iter().zip(self.kept.drain(..)) {
            *p.value_mut() = value;
        }
    }
}
