//! The scoped form of the backward pass: a function of a tape, its value and its gradients.

use gradus_tensor::Tensor;

use crate::fast::reuse::on_tape;
use crate::fast::store::Keep;
use crate::fast::sweep;
use crate::gradients::Gradients;
use crate::model::training::Mode;
use crate::tape::Tape;
use crate::var::Var;

/// The value of a scalar function and its gradients in the parameters it uses, with dropout and batch statistics off.
///
/// The closure gets a tape; values are freed while the sweep passes them, and the tape's memory is kept for the next
/// call, so a training step after the first one allocates next to nothing.
///
/// ```
/// use gradus_autograd::{Param, value_and_grad};
/// let w = Param::new(3.0);
/// let (loss, grads) = value_and_grad(|tape| tape.param(&w).square());
/// assert_eq!(loss, 9.0);
/// assert_eq!(grads.get(&w).unwrap().item(), 6.0);
/// ```
///
/// If a layer asks for training (dropout, batch normalisation), the gradients carry a note of it
/// ([`Gradients::untrained`]), and an optimizer's step refuses them: [`value_and_grad_training`] is meant then, or, where it
/// is not, [`value_and_grad_with`]`(Mode::Record, …)`.
///
/// # Panics
/// If the result is not a scalar or depends on nothing that wants a gradient.
#[track_caller]
pub fn value_and_grad(f: impl for<'t> FnOnce(&'t Tape) -> Var<'t>) -> (f64, Gradients) {
    let (value, grads, ()) = value_and_grad_with(Mode::Record, |tape| {
        tape.training.watch();
        (f(tape), ())
    });
    (value, grads)
}

/// As [`value_and_grad`], with dropout and batch statistics on; `seed` fixes the random numbers that layers draw.
///
/// # Panics
/// As [`value_and_grad`].
#[track_caller]
pub fn value_and_grad_training(seed: u64, f: impl for<'t> FnOnce(&'t Tape) -> Var<'t>) -> (f64, Gradients) {
    let (value, grads, ()) = value_and_grad_with(Mode::Training(seed), |tape| (f(tape), ()));
    (value, grads)
}

/// The most general scoped form: a mode, chosen on purpose, and an auxiliary result of the closure (the logits, for an
/// accuracy) that is handed through.
///
/// # Panics
/// As [`value_and_grad`].
#[track_caller]
pub fn value_and_grad_with<A>(
    mode: Mode,
    f: impl for<'t> FnOnce(&'t Tape) -> (Var<'t>, A),
) -> (f64, Gradients, A) {
    match scoped(mode, f) {
        Ok(found) => found,
        Err(fault) => panic!("value_and_grad: {fault}"),
    }
}

/// As [`value_and_grad_with`], or what is wrong with the result: no closure panics, since none has a caller.
#[doc(hidden)]
pub fn scoped<A>(
    mode: Mode,
    f: impl for<'t> FnOnce(&'t Tape) -> (Var<'t>, A),
) -> Result<(f64, Gradients, A), String> {
    on_tape(mode, |tape| {
        let (loss, aux) = f(tape);
        if let Some(fault) = loss.fault(tape) {
            return Err(fault);
        }
        // A total that waits is computed by the sweep itself.
        let early = (!loss.waits()).then(|| loss.item());
        let seed = Tensor::ones_of(loss.shape(), loss.dtype());
        let mirror = sweep::numeric(loss, seed, Keep::Leaves);
        let value = early.unwrap_or_else(|| loss.item());
        Ok((value, Gradients::collect(loss, mirror), aux))
    })
}
