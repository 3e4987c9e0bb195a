//! A function of tensors, run on a tape of its own; what it is given and what it gives are looked at by the name that was called.

use gradus_tensor::{Shape, Tensor};

use crate::fast::reuse::on_tape;
use crate::model::training::Mode;
use crate::ops::expect;
use crate::var::Var;

/// Runs `f` on a tape of its own.
pub(crate) fn with<R>(
    f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>,
    at: &[Tensor],
    then: impl for<'t> FnOnce(Var<'t>, &[Var<'t>]) -> R,
) -> R {
    on_tape(Mode::Record, |tape| {
        let inputs: Vec<Var<'_>> = at.iter().map(|x| tape.var(x.clone())).collect();
        then(f(&inputs), &inputs)
    })
}

/// As [`with`], for a function whose result is one number. No closure panics: it would not point at the caller's line.
#[track_caller]
pub(crate) fn of_scalar<R>(
    op: &str,
    f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>,
    at: &[Tensor],
    then: impl for<'t> FnOnce(Var<'t>, &[Var<'t>]) -> R,
) -> R {
    check_floats(op, at);
    match with(f, at, |y, inputs| if y.elements() == 1 { Ok(then(y, inputs)) } else { Err(y.shape()) }) {
        Ok(result) => result,
        Err(shape) => {
            panic!(
                "{op}: needs a function whose result is one number, got shape {shape}; reduce it with .sum() or .mean()"
            )
        }
    }
}

#[track_caller]
pub(crate) fn check_floats(op: &str, at: &[Tensor]) {
    for x in at {
        expect::floats(op, x.dtype());
    }
}

/// Panics unless there is a direction for each input, of its shape.
#[track_caller]
pub(crate) fn check_directions(op: &str, inputs: &[Shape], directions: &[Shape]) {
    let (n, m) = (inputs.len(), directions.len());
    assert!(n == m, "{op}: {n} inputs and {m} directions; each input needs one");
    for (x, v) in inputs.iter().zip(directions) {
        assert!(x == v, "{op}: a direction of shape {v} for an input of shape {x}; they must be equal");
    }
}
