//! Descent as a subject: any optimizer on any function, and the path it takes.

use gradus_autograd::{Gradients, Param, Tape, Var};
use gradus_tensor::Tensor;

use crate::methods::{Objective, Solver};
use crate::optimizer::Optimizer;

/// The path of a minimisation.
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory {
    /// The places, the start first.
    pub points: Vec<Vec<f64>>,
    /// The value at each place.
    pub values: Vec<f64>,
}

impl Trajectory {
    /// The last place.
    pub fn last(&self) -> &[f64] {
        self.points.last().map_or(&[], Vec::as_slice)
    }

    /// The distance of each place from another one.
    pub fn distances(&self, to: &[f64]) -> Vec<f64> {
        let distance = |x: &Vec<f64>| x.iter().zip(to).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        self.points.iter().map(distance).collect()
    }

    /// The first step after which the distance from a place stays within a tolerance.
    pub fn steps_to(&self, target: &[f64], tolerance: f64) -> Option<usize> {
        let far = self.distances(target).iter().rposition(|d| d.is_nan() || *d > tolerance);
        match far {
            None => Some(0),
            Some(last) => (last + 1 < self.points.len()).then_some(last + 1),
        }
    }
}

/// What goes down a function, step by step: an [`Optimizer`] or a [`Solver`].
pub trait Minimizer {
    /// One step from the value of `x`; returns the value of the function there.
    fn advance(&mut self, x: &mut Param, f: &mut dyn Objective) -> f64;
}

impl Minimizer for Solver {
    fn advance(&mut self, x: &mut Param, f: &mut dyn Objective) -> f64 {
        let mut place = x.value().to_f64_vec();
        let value = Self::advance(self, &mut place, f);
        x.set(Tensor::from_vec(place, *x.shape()).to(x.value().dtype()));
        value
    }
}

impl Minimizer for Optimizer {
    fn advance(&mut self, x: &mut Param, f: &mut dyn Objective) -> f64 {
        let shape = *x.shape();
        if self.uses_curvature() {
            let (at, n) = (x.value().to_f64_vec(), x.value().elements());
            let (value, g) = f.value_and_grad(&at);
            let hessian = f.hessian(&at);
            let diagonal = (0..n).map(|i| hessian[i * n + i]).collect();
            let of = |values| gradient(x, Tensor::from_vec(values, shape));
            let (grads, curvature) = (of(g), of(diagonal));
            self.step_with_curvature(x, &grads, &curvature);
            return value;
        }
        self.step_ahead(x, |x| {
            let (value, g) = f.value_and_grad(&x.value().to_f64_vec());
            (value, gradient(x, Tensor::from_vec(g, shape)))
        })
    }
}

fn gradient(x: &Param, g: Tensor) -> Gradients {
    let mut grads = Gradients::default();
    grads.set(x.id(), g);
    grads
}

/// Minimises a function of the tape, whose argument is a vector, from `x0` on.
///
/// ```
/// use gradus_optim::{Optimizer, Sgd, minimize};
/// let mut descent = Optimizer::new(Sgd::default(), 0.4);
/// let weights = gradus_tensor::Tensor::from([0.1, 2.0]);
/// let path = minimize(|x| (x.square() * &weights).sum(), &[-5.0, -2.0], &mut descent, 20);
/// assert_eq!(format!("{:.6} {:.6}", path.last()[0], path.last()[1]), "-0.943467 -0.000073");
/// ```
pub fn minimize(
    f: impl for<'t> Fn(Var<'t>) -> Var<'t>,
    x0: &[f64],
    by: &mut (impl Minimizer + ?Sized),
    steps: usize,
) -> Trajectory {
    minimize_objective(&mut OnTape(f), x0, by, steps)
}

/// As [`minimize`], for any [`Objective`]: one with finite differences, one with residuals.
pub fn minimize_objective(
    f: &mut dyn Objective,
    x0: &[f64],
    by: &mut (impl Minimizer + ?Sized),
    steps: usize,
) -> Trajectory {
    let mut x = Param::new(Tensor::from_vec(x0.to_vec(), x0.len()));
    let mut path = Trajectory { points: vec![x0.to_vec()], values: vec![f.value_and_grad(x0).0] };
    for _ in 0..steps {
        by.advance(&mut x, f);
        let place = x.value().to_f64_vec();
        path.values.push(f.value_and_grad(&place).0);
        path.points.push(place);
    }
    path
}

/// A function of the tape: exact gradients and Hessians.
#[derive(Debug)]
pub struct OnTape<F>(pub F);

impl<F: for<'t> Fn(Var<'t>) -> Var<'t>> Objective for OnTape<F> {
    fn value_and_grad(&mut self, x: &[f64]) -> (f64, Vec<f64>) {
        let tape = Tape::new();
        let x = tape.var(Tensor::from_vec(x.to_vec(), x.len()));
        let y = (self.0)(x);
        (y.item(), y.backward().wrt(x).to_f64_vec())
    }

    fn hessian(&mut self, x: &[f64]) -> Vec<f64> {
        let tape = Tape::new();
        let place = tape.var(Tensor::from_vec(x.to_vec(), x.len()));
        let g = (self.0)(place).grad(place);
        let row = |i: usize| {
            let gi = g.select(0, i as isize);
            if gi.needs() { gi.backward().wrt(place).to_f64_vec() } else { vec![0.0; x.len()] }
        };
        (0..x.len()).flat_map(row).collect()
    }
}

/// A plain function with gradients by finite differences of width `h`.
#[derive(Debug)]
pub struct Differences<F> {
    /// The function.
    pub f: F,
    /// The width.
    pub h: f64,
    /// `$(f(x+h) - f(x-h))/2h$` instead of `$(f(x+h) - f(x))/h$`.
    pub central: bool,
}

impl<F: FnMut(&[f64]) -> f64> Objective for Differences<F> {
    fn value_and_grad(&mut self, x: &[f64]) -> (f64, Vec<f64>) {
        let value = (self.f)(x);
        let mut place = x.to_vec();
        let slope = |i: usize| {
            place[i] = x[i] + self.h;
            let up = (self.f)(&place);
            let mut slope = (up - value) / self.h;
            if self.central {
                place[i] = x[i] - self.h;
                slope = (up - (self.f)(&place)) / (2.0 * self.h);
            }
            place[i] = x[i];
            slope
        };
        (value, (0..x.len()).map(slope).collect())
    }
}

/// `$\tfrac12\lVert r(x)\rVert^2$` for residuals that are a vector on the tape.
#[derive(Debug)]
pub struct LeastSquares<F>(pub F);

impl<F: for<'t> Fn(Var<'t>) -> Var<'t>> Objective for LeastSquares<F> {
    fn value_and_grad(&mut self, x: &[f64]) -> (f64, Vec<f64>) {
        let tape = Tape::new();
        let x = tape.var(Tensor::from_vec(x.to_vec(), x.len()));
        let y = (self.0)(x).square().sum() * 0.5;
        (y.item(), y.backward().wrt(x).to_f64_vec())
    }

    fn residuals(&mut self, x: &[f64]) -> Option<(Vec<f64>, Vec<f64>)> {
        let tape = Tape::new();
        let x = tape.var(Tensor::from_vec(x.to_vec(), x.len()));
        let r = (self.0)(x);
        let jacobian = (0..r.elements()).flat_map(|i| r.select(0, i as isize).backward().wrt(x).to_f64_vec());
        Some((r.value().to_f64_vec(), jacobian.collect()))
    }
}
