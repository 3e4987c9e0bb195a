//! Implicit differentiation of a fixed point.
//!
//! At `$x^* = f(x^*, a)$` the gradient needs no step of the iteration that found it: with
//! `$w = \bar y + (\partial f / \partial x)^\top w$`, itself a fixed point, `$\bar a = (\partial f / \partial a)^\top w$`.

use std::fmt;
use std::rc::Rc;

use gradus_tensor::Tensor;

use super::derivative;
use crate::fast::reuse::on_tape;
use crate::model::training::Mode;
use crate::op::{Backward, Op};
use crate::var::Var;

/// Where an iteration ends: when no element moves by more than this, relative to 1 and itself …
const TOLERANCE: f64 = 1e-14;
/// … or here.
const ITERATIONS: usize = 1000;

/// A function of a value and of inputs.
type Map = Rc<dyn for<'t> Fn(Var<'t>, &[Var<'t>]) -> Var<'t>>;

struct FixedPoint {
    f: Map,
    start: Tensor,
}

impl fmt::Debug for FixedPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FixedPoint fn")
    }
}

impl FixedPoint {
    fn new(f: impl for<'t> Fn(Var<'t>, &[Var<'t>]) -> Var<'t> + 'static, start: Tensor) -> Self {
        Self { f: Rc::new(f), start }
    }

    /// `$w = \bar y + (\partial f / \partial x)^\top w$` in the inputs `$\bar y$`, x and a: a fixed point too, so that its
    /// derivatives, in `$\bar y$` above all, are those of the limit and not of the steps to it.
    fn adjoint(&self, start: Tensor) -> Self {
        let f = self.f.clone();
        Self::new(
            move |w, inputs| {
                let (dy, x, a) = (inputs[0], inputs[1], &inputs[2..]);
                let _recording = x.tape().switch(true);
                let x = if x.needs() { x.alias() } else { x.tape().var(x.value()) };
                dy + derivative::products(f(x, a), &[x], w)[0]
            },
            start,
        )
    }
}

impl Op for FixedPoint {
    fn name(&self) -> &'static str {
        "implicit"
    }

    fn forward(&self, inputs: &[Tensor]) -> Tensor {
        iterate("implicit", self.start.clone(), |x| {
            on_tape(Mode::Inference, |tape| {
                let a: Vec<Var<'_>> = inputs.iter().map(|a| tape.constant(a.clone())).collect();
                (self.f)(tape.constant(x.clone()), &a).value()
            })
        })
    }

    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let tape = step.tape();
        // f is recorded once more, at the fixed point, on names of its own: its derivatives end there.
        let _recording = tape.switch(true);
        let (x, dy) = (step.y().alias(), step.dy());
        let a: Vec<Var<'t>> = (0..step.inputs()).map(|i| step.x(i).alias()).collect();
        let inputs: Vec<Var<'t>> = [dy, x].into_iter().chain(a.iter().copied()).collect();
        let w = tape.apply(self.adjoint(dy.value()), &inputs);
        for (i, da) in derivative::products((self.f)(x, &a), &a, w).into_iter().enumerate() {
            if step.needs(i) {
                step.give(i, da);
            }
        }
    }

    fn words(&self) -> &'static str {
        "x = f(x, a): a gets (∂f/∂a)ᵀ·w, where w = ȳ + (∂f/∂x)ᵀ·w"
    }
}

fn settled(before: &Tensor, after: &Tensor) -> bool {
    let size = after.to_f64_vec().iter().fold(1.0f64, |a, b| a.max(b.abs()));
    before.max_abs_diff(after) <= TOLERANCE.max(4.0 * epsilon(after)) * size
}

fn epsilon(x: &Tensor) -> f64 {
    if x.dtype() == gradus_tensor::DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON }
}

#[track_caller]
fn iterate(name: &str, start: Tensor, mut f: impl FnMut(&Tensor) -> Tensor) -> Tensor {
    let mut x = start;
    for _ in 0..ITERATIONS {
        let next = f(&x);
        let done = settled(&x, &next);
        x = next;
        if done {
            return x;
        }
    }
    panic!(
        "{name}: the iteration has not settled after {ITERATIONS} steps; is the function a contraction here?"
    );
}

/// The fixed point `$x = f(x, a)$` that the iteration from `start` finds, differentiable in the inputs `a` to any order. Memory
/// and time of the backward pass do not depend on how many steps were needed.
///
/// ```
/// use gradus_autograd::{Tape, implicit};
/// use gradus_tensor::Tensor;
/// // x = (x + a/x)/2 is Newton's iteration for √a.
/// let tape = Tape::new();
/// let a = tape.var(2.0);
/// let root = implicit(|x, a| (x + a[0] / x) / 2.0, Tensor::scalar(1.0), &[a]);
/// assert!((root.item() - 2f64.sqrt()).abs() < 1e-15);
/// assert!((root.grad(a).item() - 0.5 / 2f64.sqrt()).abs() < 1e-14);
/// ```
///
/// # Panics
/// If there is no input, or the iteration does not settle.
///
/// # Source
/// Christianson, "Reverse accumulation and attractive fixed points", 1994.
#[track_caller]
pub fn implicit<'t>(
    f: impl for<'a> Fn(Var<'a>, &[Var<'a>]) -> Var<'a> + 'static,
    start: Tensor,
    inputs: &[Var<'t>],
) -> Var<'t> {
    assert!(!inputs.is_empty(), "implicit: needs an input to differentiate in");
    inputs[0].tape().apply(FixedPoint::new(f, start), inputs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GradcheckOptions, gradcheck_with, hvp, jvp};
    use approx::abs_diff_eq;

    /// x = cos(a x): dx = -sin(a x) x / (1 + a sin(a x)) da, in forward mode, whose sweep starts from a gradient of 0.
    #[test]
    fn forward_mode() {
        fn cosine<'t>(a: &[Var<'t>]) -> Var<'t> {
            implicit(|x, a| (a[0] * x).cos(), Tensor::scalar(0.5), a)
        }
        let a = 0.7;
        let (x, slope) = jvp(cosine, &[Tensor::scalar(a)], &[Tensor::scalar(2.0)]);
        let x = x.item();
        let (sin, cos) = (a * x).sin_cos();
        let dx = -sin * x / (1.0 + a * sin);
        assert!(
            abs_diff_eq!(x, cos, epsilon = 1e-14) && abs_diff_eq!(slope.item(), 2.0 * dx, epsilon = 1e-13),
            "{x} {slope} {dx}"
        );
        // (1 + a sin) x' = -x sin, once more, with (a x)' = x + a x'.
        let inner = x + a * dx;
        let curvature = (-dx * sin - x * cos * inner - dx * (sin + a * cos * inner)) / (1.0 + a * sin);
        let product = hvp(cosine, &[Tensor::scalar(a)], &[Tensor::scalar(2.0)]);
        assert!(
            abs_diff_eq!(product[0].item(), 2.0 * curvature, epsilon = 1e-12),
            "{} {curvature}",
            product[0]
        );
    }

    #[test]
    fn to_third_order() {
        // x = cos(a x), and a system.
        let options = GradcheckOptions { order: 3, rtol: 1e-5, ..GradcheckOptions::default() };
        gradcheck_with(
            |a| implicit(|x, a| (a[0] * x).cos(), Tensor::scalar(0.5), &[a[0]]),
            &[Tensor::scalar(0.7)],
            &options,
        )
        .assert();
        let w = Tensor::from([[0.2, -0.3], [0.1, 0.4]]);
        let b = Tensor::from([[0.5], [-0.2]]);
        let options = GradcheckOptions { order: 2, ..options };
        gradcheck_with(
            |a| {
                implicit(
                    |x, a| (a[0].matmul(x) + a[1]).tanh(),
                    Tensor::zeros_of([2, 1], gradus_tensor::DType::F64),
                    a,
                )
            },
            &[w, b],
            &options,
        )
        .assert();
    }
}
