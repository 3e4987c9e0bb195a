//! Methods that need the function itself, not one gradient of it: line searches, curvature, a second look.
//!
//! They see all parameters as one vector in F64. [`Solver`] is their driver for a model, [`crate::minimize`]
//! for a function.

use std::fmt::Debug;
use std::sync::Arc;

use gradus_autograd::{Gradients, Params};
use gradus_tensor::Tensor;
use indexmap::IndexMap;

use crate::error::Error;
use crate::schedule::Schedule;
use crate::state::Entries;

mod conjugate;
mod lbfgs;
mod levenberg;
mod line_search;
mod newton;
mod polyak;

pub use conjugate::{ConjugateForm, ConjugateGradients};
pub use lbfgs::{Lbfgs, LineSearch};
pub use levenberg::LevenbergMarquardt;
pub use newton::Newton;
pub use polyak::PolyakStep;

/// A function of a vector, with its gradient.
pub trait Objective {
    /// The value and the gradient at `x`.
    fn value_and_grad(&mut self, x: &[f64]) -> (f64, Vec<f64>);

    /// The Hessian at `x`, row by row: central differences of the gradient, unless something better is known.
    fn hessian(&mut self, x: &[f64]) -> Vec<f64> {
        let n = x.len();
        let mut hessian = vec![0.0; n * n];
        for i in 0..n {
            let h = f64::EPSILON.cbrt() * x[i].abs().max(1.0);
            let mut shifted = x.to_vec();
            shifted[i] = x[i] + h;
            let up = self.value_and_grad(&shifted).1;
            shifted[i] = x[i] - h;
            let down = self.value_and_grad(&shifted).1;
            (0..n).for_each(|j| hessian[i * n + j] = (up[j] - down[j]) / (2.0 * h));
        }
        for i in 0..n {
            for j in 0..i {
                let mean = f64::midpoint(hessian[i * n + j], hessian[j * n + i]);
                (hessian[i * n + j], hessian[j * n + i]) = (mean, mean);
            }
        }
        hessian
    }

    /// The residuals `$r(x)$` and their Jacobian, row by row, if the function is
    /// `$\tfrac12\lVert r\rVert^2$`.
    fn residuals(&mut self, x: &[f64]) -> Option<(Vec<f64>, Vec<f64>)> {
        let _ = x;
        None
    }
}

/// What a method remembers between steps: numbers under names, saved and loaded with it.
pub type Memory = IndexMap<String, Vec<f64>>;

/// One step of a method at a time.
pub trait Method: Debug + Send + Sync {
    /// Goes from `x` to a better place and returns the value at `x`. `memory` is empty before the first step.
    fn step(&self, lr: f64, x: &mut [f64], memory: &mut Memory, f: &mut dyn Objective) -> f64;
}

impl<M: Method + 'static> From<M> for Box<dyn Method> {
    fn from(method: M) -> Self {
        Box::new(method)
    }
}

/// The driver of a [`Method`] for the trainable parameters of a model.
///
/// ```
/// use gradus_autograd::{Param, value_and_grad};
/// use gradus_optim::{Lbfgs, Solver};
///
/// let mut w = Param::new([3.0, -2.0]);
/// let mut solver = Solver::new(Lbfgs::default(), 1.0);
/// for _ in 0..3 {
///     solver.step(&mut w, |w| value_and_grad(|tape| (tape.param(w) - 1.0).square().sum()));
/// }
/// assert!(w.value().to_f64_vec().iter().all(|x| (x - 1.0).abs() < 1e-6));
/// ```
#[derive(Debug)]
pub struct Solver {
    /// The method.
    pub method: Box<dyn Method>,
    /// What it remembers.
    pub memory: Memory,
    lr: Arc<dyn Schedule>,
    steps: u64,
}

impl Solver {
    /// A method at a learning rate.
    pub fn new(method: impl Into<Box<dyn Method>>, lr: impl Schedule + 'static) -> Self {
        Self { method: method.into(), memory: Memory::new(), lr: Arc::new(lr), steps: 0 }
    }

    /// The number of steps made.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// What has to be kept to go on later: `step` and `memory/NAME`.
    pub fn state(&self) -> Entries {
        let steps = Tensor::from(i64::try_from(self.steps).unwrap_or(i64::MAX));
        let vectors = self
            .memory
            .iter()
            .map(|(name, x)| (format!("memory/{name}"), Tensor::from_vec(x.clone(), x.len())));
        std::iter::once(("step".to_string(), steps)).chain(vectors).collect()
    }

    /// Takes a saved state over.
    ///
    /// # Errors
    /// If an entry is no part of such a state, or the number of steps is missing.
    pub fn load_state(&mut self, state: Entries) -> Result<(), Error> {
        let (mut memory, mut steps) = (Memory::new(), None);
        let known: Vec<String> = state.iter().map(|(name, _)| name.clone()).collect();
        for (name, value) in state {
            match name.strip_prefix("memory/") {
                Some(key) => _ = memory.insert(key.to_string(), value.to_f64_vec()),
                None if name == "step" && value.elements() == 1 => steps = Some(value.item() as u64),
                None => return Err(Error::Extra { name, known }),
            }
        }
        self.steps = steps.ok_or(Error::Missing { name: "step".to_string(), known })?;
        self.memory = memory;
        Ok(())
    }

    /// One step; `f` gives the loss and the gradients of a model. Returns the loss before the step.
    pub fn step<M: Params>(&mut self, model: &mut M, f: impl FnMut(&M) -> (f64, Gradients)) -> f64 {
        let mut x = flatten(model);
        let mut objective = OnModel { model, f };
        let loss = self.advance(&mut x, &mut objective);
        unflatten(objective.model, &x);
        loss
    }

    /// One step of a function of a vector.
    pub fn advance(&mut self, x: &mut [f64], f: &mut dyn Objective) -> f64 {
        let lr = self.lr.at(self.steps);
        self.steps += 1;
        self.method.step(lr, x, &mut self.memory, f)
    }
}

/// A model as a function of the vector of its parameters.
struct OnModel<'m, M, F> {
    model: &'m mut M,
    f: F,
}

impl<M: Params, F: FnMut(&M) -> (f64, Gradients)> Objective for OnModel<'_, M, F> {
    fn value_and_grad(&mut self, x: &[f64]) -> (f64, Vec<f64>) {
        unflatten(self.model, x);
        let (value, grads) = (self.f)(self.model);
        let mut flat = Vec::with_capacity(x.len());
        self.model.visit("", &mut |_, param| {
            if param.is_trainable() {
                match grads.get(param) {
                    Some(g) => flat.extend(g.to_f64_vec()),
                    None => flat.resize(flat.len() + param.value().elements(), 0.0),
                }
            }
        });
        (value, flat)
    }
}

fn flatten(model: &impl Params) -> Vec<f64> {
    let mut flat = Vec::new();
    model.visit("", &mut |_, param| {
        if param.is_trainable() {
            flat.extend(param.value().to_f64_vec());
        }
    });
    flat
}

fn unflatten(model: &mut impl Params, mut x: &[f64]) {
    model.visit_mut("", &mut |_, param| {
        if param.is_trainable() {
            let (mine, rest) = x.split_at(param.value().elements());
            let value = Tensor::from_vec(mine.to_vec(), *param.shape());
            param.set(value.to(param.value().dtype()));
            x = rest;
        }
    });
}

/// `$\langle a, b\rangle$`.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `$\max |a_i|$`.
fn largest(a: &[f64]) -> f64 {
    a.iter().fold(0.0, |most, a| f64::max(most, a.abs()))
}

/// `$x + t\,d$`.
fn along(x: &[f64], t: f64, d: &[f64]) -> Vec<f64> {
    x.iter().zip(d).map(|(x, d)| x + t * d).collect()
}
