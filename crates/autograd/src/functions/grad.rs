//! The derivative of a function of one variable, as a function.

use super::objective;
use crate::var::Var;

/// The derivative of a scalar function of one variable, as a function that can be differentiated again.
///
/// ```
/// use gradus_autograd::{Tape, grad};
/// let tape = Tape::new();
/// let third = grad(grad(grad(|x| x.sin())));
/// assert!((third(tape.var(0.5)).item() + 0.5f64.cos()).abs() < 1e-15);
/// ```
pub fn grad(f: impl for<'t> Fn(Var<'t>) -> Var<'t>) -> impl for<'t> Fn(Var<'t>) -> Var<'t> {
    objective(move |x| {
        // A name of its own for the argument: if f uses x from outside as well, that use is not differentiated here.
        let x = x.alias();
        f(x).grad(x)
    })
}
