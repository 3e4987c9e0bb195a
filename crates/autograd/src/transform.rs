//! Transformations of functions: the scoped forms, and derivatives of derivatives.

use std::cell::RefCell;

use gradus_tensor::Tensor;

use crate::fast::store::Keep;
use crate::fast::sweep;
use crate::gradients::Gradients;
use crate::tape::{Mode, Tape};
use crate::var::Var;

thread_local! {
    /// A used tape of this thread, whose memory the next evaluation takes over.
    static SPARE: RefCell<Option<Tape>> = const { RefCell::new(None) };
}

/// Runs `f` on a tape of its own, which lies in the memory of the thread's last one.
pub fn on_tape<R>(mode: Mode, f: impl FnOnce(&Tape) -> R) -> R {
    let tape = SPARE.with(|spare| spare.borrow_mut().take()).unwrap_or_default();
    tape.reset(mode);
    let result = f(&tape);
    tape.reset(Mode::Record);
    SPARE.with(|spare| *spare.borrow_mut() = Some(tape));
    result
}

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
    let caller = std::panic::Location::caller();
    on_tape(mode, |tape| {
        let (loss, aux) = f(tape);
        assert!(std::ptr::eq(loss.tape(), tape), "value_and_grad: the result is of another tape");
        assert!(
            loss.elements() == 1 && loss.needs(),
            "value_and_grad at {caller}: needs a scalar that depends on a parameter or variable, got shape {}",
            loss.shape()
        );
        // A total that waits is computed by the sweep itself.
        let early = (!loss.waits()).then(|| loss.item());
        let seed = Tensor::ones_of(loss.shape(), loss.dtype());
        let mirror = sweep::numeric(loss, seed, Keep::Leaves);
        let value = early.unwrap_or_else(|| loss.item());
        (value, Gradients::collect(tape, mirror), aux)
    })
}

/// The derivative of a scalar function of one variable, as a function that can be differentiated again.
///
/// ```
/// use gradus_autograd::{Tape, grad};
/// let tape = Tape::new();
/// let third = grad(grad(grad(|x| x.sin())));
/// assert!((third(tape.var(0.5)).item() + 0.5f64.cos()).abs() < 1e-15);
/// ```
pub fn grad(f: impl for<'t> Fn(Var<'t>) -> Var<'t>) -> impl for<'t> Fn(Var<'t>) -> Var<'t> {
    fn bound<F: for<'t> Fn(Var<'t>) -> Var<'t>>(f: F) -> F {
        f
    }
    bound(move |x| {
        // A name of its own for the argument: if f uses x from outside as well, that use is not differentiated here.
        let x = x.alias();
        f(x).grad(x)
    })
}
