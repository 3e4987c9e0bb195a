//! The derivative of a function of one variable, as a function.

use std::panic::Location;

use super::{derivative, objective};
use crate::var::Var;

/// The derivative of a scalar function of one variable, as a function that can be differentiated again.
///
/// It is a function of values: 0 where the function is constant, and the same at a variable, at a constant, and on a tape for
/// inference.
///
/// ```
/// use gradus_autograd::{Tape, grad};
/// let tape = Tape::new();
/// let third = grad(grad(grad(|x| x.sin())));
/// assert!((third(tape.var(0.5)).item() + 0.5f64.cos()).abs() < 1e-15);
/// ```
///
/// # Panics
/// When it is called, if the result of the function is not one number; the message has the line of this call.
#[track_caller]
pub fn grad(f: impl for<'t> Fn(Var<'t>) -> Var<'t>) -> impl for<'t> Fn(Var<'t>) -> Var<'t> {
    let line = Location::caller();
    objective(move |x| {
        let _recording = x.tape().switch(true);
        // A name of its own for the argument: if f uses x from outside as well, that use is not differentiated here.
        let x = if x.needs() { x.alias() } else { x.tape().var(x.value()) };
        let y = f(x);
        assert!(
            y.elements() == 1,
            "grad at {line}: needs a function whose result is one number, got shape {}; reduce it with .sum() or .mean()",
            y.shape()
        );
        derivative::slopes(y, &[x])[0]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Mode, Tape};

    #[test]
    fn the_same_at_variables_constants_and_without_recording() {
        let (recording, inference) = (Tape::new(), Tape::with_mode(Mode::Inference));
        let slope = grad(|x| x * x * x);
        for x in [recording.var(2.0), recording.constant(2.0), inference.var(2.0)] {
            assert_eq!((slope(x).item(), grad(&slope)(x).item()), (12.0, 12.0));
            assert_eq!(grad(grad(grad(&slope)))(x).item(), 0.0);
        }
        assert_eq!(grad(|x| x.tape().constant(3.0))(recording.var(1.0)).item(), 0.0);
        assert!(!slope(inference.var(2.0)).tape().recording.get());
    }
}
