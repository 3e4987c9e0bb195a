//! What a value must be for a sweep to start from it, and for several to meet.

use gradus_tensor::Shape;

use crate::tape::Tape;
use crate::var::Var;

impl Tape {
    /// Numbers of nodes mean something on their own tape only: on another they name another value.
    #[inline]
    #[track_caller]
    pub(crate) fn check_operand(&self, what: &str, x: Var<'_>) {
        if !std::ptr::eq(self, x.tape) {
            two_tapes(what);
        }
    }

    #[track_caller]
    pub(crate) fn check_inputs(&self, what: &str, inputs: &[Var<'_>]) {
        for &x in inputs {
            self.check_operand(what, x);
        }
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn two_tapes(what: &str) -> ! {
    panic!(
        "{what}: an operand belongs to another tape; record both on one, or bring its value over with \
         tape.constant(x.value())"
    );
}

impl Var<'_> {
    #[track_caller]
    pub(crate) fn check_seed(self, seed: &Shape) {
        let shape = self.shape();
        assert!(*seed == shape, "backward: the weights have shape {seed}, the value {shape}");
    }

    #[track_caller]
    pub(crate) fn check_scalar(self, what: &str) {
        let shape = self.shape();
        assert!(
            shape.elements() == 1,
            "{what}: needs a scalar, got shape {shape}; reduce it with .sum() or .mean(), or weight it with .backward_with(..)"
        );
    }

    #[track_caller]
    pub(crate) fn check_needs(self, what: &str) {
        assert!(
            self.needs(),
            "{what}: nothing this value depends on wants a gradient; make leaves with tape.var(..) or tape.param(..) on a \
             recording tape"
        );
    }
}
