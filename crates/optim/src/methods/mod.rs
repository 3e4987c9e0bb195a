//! Methods that need the function itself, not one gradient of it: line searches, curvature, a second look.
//!
//! They see all parameters as one vector in F64. An [`Optimizer`](crate::Optimizer) takes them as it takes rules;
//! [`crate::minimize`] lets them go down a function of a vector.

use std::any::Any;
use std::fmt::Debug;

use gradus_autograd::FiniteDifference;
use gradus_tensor::kernel::math;
use indexmap::IndexMap;

use crate::options::Options;
use crate::settings::Setting;

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
        let rows = FiniteDifference::central().jacobian(|x| self.value_and_grad(x).1, x);
        let mean = |i: usize, j: usize| f64::midpoint(rows[i][j], rows[j][i]);
        (0..x.len()).flat_map(|i| (0..x.len()).map(move |j| mean(i, j))).collect()
    }

    /// What is wrong with the result of the function at `x`, if something is: its shape, for one on a tape. [`minimize`] and
    /// [`Optimizer::advance`] ask before their first step and panic with it at their caller's line.
    ///
    /// [`minimize`]: crate::minimize()
    /// [`Optimizer::advance`]: crate::Optimizer::advance
    fn fault(&mut self, x: &[f64]) -> Option<String> {
        let _ = x;
        None
    }

    /// The residuals `$r(x)$` and their Jacobian, row by row, if the function is
    /// `$\tfrac12\lVert r\rVert^2$`.
    fn residuals(&mut self, x: &[f64]) -> Option<(Vec<f64>, Vec<f64>)> {
        let _ = x;
        None
    }
}

/// What a method remembers between steps: numbers under names, saved and loaded with the optimizer's state.
pub type Notes = IndexMap<String, Vec<f64>>;

/// One step of a method at a time.
///
/// ```
/// use gradus_autograd::Param;
/// use gradus_optim::{Lbfgs, Optimizer};
///
/// let mut w = Param::new([3.0, -2.0]);
/// let mut optimizer = Optimizer::new(Lbfgs::default(), 1.0);
/// for _ in 0..3 {
///     optimizer.training_step(&mut w, |w, tape| (tape.param(w) - 1.0).square().sum());
/// }
/// assert!(w.value().to_f64_vec().iter().all(|x| (x - 1.0).abs() < 1e-6));
/// ```
pub trait Method: Any + Debug + Send + Sync {
    /// Goes from `x` to a better place and returns the value at `x`, where it evaluates `f` first. `notes` is empty
    /// before the first step.
    fn step(&self, lr: f64, x: &mut [f64], notes: &mut Notes, f: &mut dyn Objective) -> f64;

    /// Its hyper-parameters with their ranges: [`Rule::options`](crate::Rule::options) of a method.
    fn options(&self) -> Options {
        Options::default()
    }

    /// Its hyper-parameters by name: [`Rule::settings`](crate::Rule::settings) of a method.
    fn settings(&mut self) -> Vec<Setting<'_>> {
        Vec::new()
    }

    /// Whether it needs [`Objective::residuals`].
    fn needs_residuals(&self) -> bool {
        false
    }
}

/// `$\langle a, b\rangle$`.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `$\max |a_i|$`; NaN if one is.
pub(crate) fn largest(a: &[f64]) -> f64 {
    a.iter().fold(0.0, |most, a| math::max(most, a.abs()))
}

/// `$x + t\,d$`.
fn along(x: &[f64], t: f64, d: &[f64]) -> Vec<f64> {
    x.iter().zip(d).map(|(x, d)| x + t * d).collect()
}
