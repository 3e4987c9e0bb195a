//! Derivatives that are recorded, as the functions of this crate take them: 0 where there is nothing to differentiate. What a
//! user calls ([`Var::grad`](crate::Var::grad), [`Var::vjp`](crate::Var::vjp)) looks at its variables first.

use gradus_tensor::Tensor;

use crate::op::{Backward, Form, Op};
use crate::recorded;
use crate::var::Var;

/// `$\sum_i s_i\,\partial y_i/\partial x$` for each x.
pub(crate) fn products<'t>(y: Var<'t>, wrt: &[Var<'t>], seed: Var<'t>) -> Vec<Var<'t>> {
    let found = recorded::backward(y, seed.to(y.dtype()), wrt);
    let zeros = |x: &Var<'t>| x.tape.constant(Tensor::zeros_of(x.shape(), x.dtype()));
    wrt.iter().zip(found).map(|(x, dx)| dx.unwrap_or_else(|| zeros(x))).collect()
}

/// `$\partial y/\partial x$` for each x, of one number y.
pub(crate) fn slopes<'t>(y: Var<'t>, wrt: &[Var<'t>]) -> Vec<Var<'t>> {
    let seed = y.tape.constant(Tensor::ones_of(y.shape(), y.dtype()));
    products(y, wrt, seed)
}

/// Derivatives that can be differentiated again. That of something linear is a constant, and one is refused where a gradient
/// is asked of it; so it is recorded as a function of x, whose slope is 0.
#[track_caller]
pub(crate) fn again<'t>(found: Vec<Var<'t>>, wrt: &[Var<'t>]) -> Vec<Var<'t>> {
    let mut all = Vec::with_capacity(found.len());
    for (dx, &x) in found.into_iter().zip(wrt) {
        all.push(if dx.needs() { dx } else { x.tape.record(ConstantSlope, &[dx, x], dx.value()) });
    }
    all
}

/// `$y = c$`, as a function of x.
#[derive(Debug)]
struct ConstantSlope;

impl Op for ConstantSlope {
    fn name(&self) -> &'static str {
        "constant_slope"
    }
    fn form(&self) -> Form {
        Form::Linear
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].clone()
    }
    fn backward<'t>(&self, _: &mut Backward<'t>) {}
    fn words(&self) -> &'static str {
        "a slope that is the same for every x: x gets nothing"
    }
}
