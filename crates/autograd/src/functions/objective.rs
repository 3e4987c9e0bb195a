//! Closures with a name: the lifetime of the tape, told to the compiler.

use crate::tape::Tape;
use crate::var::Var;

/// A function of one variable, so that a closure can have a name: `objective(|w| …)`.
///
/// A closure that is given to a function at once needs nothing. One that gets a name first is compiled for the tape of its
/// first use alone, and `let loss = |w: Var| w.square();` fails with *lifetime may not live long enough*. This function says
/// that the closure is for every tape.
///
/// ```
/// use gradus_autograd::{Tape, grad, objective};
///
/// let target = 3.0;
/// let loss = objective(|w| (w - target).square());
///
/// let slope = grad(&loss);                     // ∂ℓ/∂w, a function again
/// let tape = Tape::new();
/// assert_eq!(loss(tape.var(5.0)).item(), 4.0);
/// assert_eq!(slope(tape.var(5.0)).item(), 4.0);
/// ```
///
/// A `fn` needs it not: `fn loss(w: Var) -> Var { w.square() }` is for every tape. For closures of a tape there is
/// [`objective_on_tape`].
#[doc(alias = "lifetime")]
pub fn objective<F>(f: F) -> F
where
    F: for<'t> Fn(Var<'t>) -> Var<'t>,
{
    f
}

/// A function of a tape, so that a closure for [`value_and_grad`](crate::value_and_grad) can have a name; see [`objective`].
///
/// ```
/// use gradus_autograd::{Param, objective_on_tape, value_and_grad};
///
/// let w = Param::new(3.0);
/// let loss = objective_on_tape(|tape| tape.param(&w).square());
/// let (value, grads) = value_and_grad(&loss);
/// assert_eq!((value, grads.get(&w).unwrap().item()), (9.0, 6.0));
/// ```
#[doc(alias = "lifetime")]
pub fn objective_on_tape<F>(f: F) -> F
where
    F: for<'t> Fn(&'t Tape) -> Var<'t>,
{
    f
}
