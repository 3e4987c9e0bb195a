//! The end of a history, kept on the tape so that it can be shown.

use gradus_tensor::Tensor;

use crate::op::{Backward, Form, Op};
use crate::var::Var;

/// `$y = x$` with slope 0: its rule gives nothing.
#[derive(Debug)]
struct Detach;

impl Op for Detach {
    fn name(&self) -> &'static str {
        "detach"
    }
    fn form(&self) -> Form {
        Form::Linear
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].clone()
    }
    fn backward<'t>(&self, _: &mut Backward<'t>) {}
    fn words(&self) -> &'static str {
        "the same value as a constant: x gets nothing"
    }
}

/// # Without gradient
impl Var<'_> {
    /// The same value without its history: no gradient flows back through it.
    #[doc(alias = "stop_gradient")]
    #[track_caller]
    pub fn detach(self) -> Self {
        let stopped = self.tape.record(Detach, &[self], self.value());
        let ty = &mut self.tape.inner.borrow_mut().nodes[stopped.index()].ty;
        *ty = ty.only_if(false);
        stopped
    }
}
