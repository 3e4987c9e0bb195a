//! Functions of a vector for methods and for `minimize`: on a tape, by finite differences, with residuals.

use gradus_autograd::{FiniteDifference, Tape, Var};
use gradus_tensor::Tensor;

use crate::methods::Objective;

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

    fn fault(&mut self, x: &[f64]) -> Option<String> {
        let tape = Tape::new();
        (self.0)(tape.var(Tensor::from_vec(x.to_vec(), x.len()))).fault(&tape)
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

/// A plain function with gradients by finite differences.
#[derive(Debug)]
pub struct Differences<F> {
    /// The function.
    pub f: F,
    /// The scheme and its step.
    pub by: FiniteDifference,
}

impl<F: FnMut(&[f64]) -> f64> Objective for Differences<F> {
    fn value_and_grad(&mut self, x: &[f64]) -> (f64, Vec<f64>) {
        ((self.f)(x), self.by.gradient(&mut self.f, x))
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

    fn fault(&mut self, x: &[f64]) -> Option<String> {
        let tape = Tape::new();
        let r = (self.0)(tape.var(Tensor::from_vec(x.to_vec(), x.len())));
        if r.rank() != 1 {
            return Some(format!("the residuals must be a vector, got shape {}", r.shape()));
        }
        r.square().sum().fault(&tape)
    }

    fn residuals(&mut self, x: &[f64]) -> Option<(Vec<f64>, Vec<f64>)> {
        let tape = Tape::new();
        let x = tape.var(Tensor::from_vec(x.to_vec(), x.len()));
        let r = (self.0)(x);
        let jacobian = (0..r.elements()).flat_map(|i| r.select(0, i as isize).backward().wrt(x).to_f64_vec());
        Some((r.value().to_f64_vec(), jacobian.collect()))
    }
}
