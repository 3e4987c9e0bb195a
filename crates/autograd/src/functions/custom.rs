//! Operations from closures, with a rule of one's own: for a formula whose derivative is known better than the tape could
//! find it, or for code that the tape cannot see.

use std::fmt;

use gradus_tensor::Tensor;

use crate::op::{Backward, Op};
use crate::tape::Tape;
use crate::var::Var;

struct Custom<F, B> {
    name: &'static str,
    forward: F,
    backward: B,
}

impl<F, B> fmt::Debug for Custom<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fn {}", self.name)
    }
}

impl<F, B> Op for Custom<F, B>
where
    F: Fn(&[Tensor]) -> Tensor + 'static,
    B: for<'t> Fn(&mut Backward<'t>) + 'static,
{
    fn name(&self) -> &'static str {
        self.name
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        (self.forward)(x)
    }
    fn backward(&self, step: &mut Backward<'_>) {
        (self.backward)(step);
    }
}

impl Tape {
    /// Records an operation with its own forward, over tensors, and its own rule, in operations on [`Var`]. What has more to
    /// say implements [`Op`] and uses [`Tape::apply`].
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(2.0);
    /// // x³, with the rule 3x² · dy
    /// let y = tape.custom("cube", &[x], |x| &(&x[0] * &x[0]) * &x[0], |step| {
    ///     let x = step.x(0);
    ///     step.give(0, 3.0 * x * x * step.dy());
    /// });
    /// assert_eq!(y.backward().wrt(x).item(), 12.0);
    /// assert_eq!(y.grad(x).grad(x).item(), 12.0);
    /// ```
    ///
    /// # Panics
    /// If an input belongs to another tape.
    #[track_caller]
    pub fn custom<'t>(
        &'t self,
        name: &'static str,
        inputs: &[Var<'t>],
        forward: impl Fn(&[Tensor]) -> Tensor + 'static,
        rule: impl for<'a> Fn(&mut Backward<'a>) + 'static,
    ) -> Var<'t> {
        self.apply(Custom { name, forward, backward: rule }, inputs)
    }
}
