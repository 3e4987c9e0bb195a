//! What a value must be for a sweep to start from it, and for several to meet.

use gradus_tensor::Shape;

use crate::fast::lists::Inner;
use crate::node::{Kind, Leaf};
use crate::op::Backward;
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

impl Inner {
    /// Whether a value depends on a parameter that is trained.
    pub(crate) fn reaches_param(&self, root: u32) -> bool {
        if self.params.is_empty() {
            return false;
        }
        let mut wanted = vec![false; root as usize + 1];
        wanted[root as usize] = true;
        (0..wanted.len()).rev().any(|id| {
            let node = &self.nodes[id];
            if !wanted[id] || !node.needs() {
                return false;
            }
            for i in self.inputs(node) {
                wanted[i as usize] = true;
            }
            matches!(node.kind(), Kind::Leaf(Leaf::Param))
        })
    }
}

impl<'t> Backward<'t> {
    /// Panics unless there is such an input, in the rule that asked.
    #[track_caller]
    pub(crate) fn check_input(&self, i: usize) {
        let n = self.inputs.len();
        assert!(
            i < n,
            "{}: its rule names input {i} of {n}; inputs are counted from 0{}",
            self.name(),
            self.recorded_at()
        );
    }

    /// Panics unless a rule may give this, in that rule.
    #[track_caller]
    pub(crate) fn check_given(&self, i: usize, dx: Var<'t>) {
        self.check_input(i);
        if !std::ptr::eq(self.tape, dx.tape) {
            two_tapes(&self.name());
        }
        let (x, shape, dtype) = (self.x(i), dx.shape(), dx.dtype());
        let wanted = x.shape();
        let fits = shape == wanted || shape.broadcast(&wanted) == Some(shape);
        assert!(
            fits && dtype == x.dtype(),
            "{}: its rule gives input {i} a gradient of {dtype}{shape}; the input is {of}{wanted}, so it must be {of}{wanted} \
             or a shape that this broadcasts to{}",
            self.name(),
            self.recorded_at(),
            of = x.dtype()
        );
    }

    fn name(&self) -> String {
        let inner = self.tape.inner.borrow();
        inner.name(&inner.nodes[self.y as usize]).to_string()
    }

    fn recorded_at(&self) -> String {
        format!(" (recorded at {})", self.tape.inner.borrow().nodes[self.y as usize].line)
    }
}

impl Var<'_> {
    #[track_caller]
    pub(crate) fn check_seed(self, what: &str, seed: &Shape) {
        let shape = self.shape();
        assert!(*seed == shape, "{what}: the weights have shape {seed}, the value {shape}");
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

    /// Panics unless a gradient can arrive here.
    #[track_caller]
    pub(crate) fn check_wanted(self, what: &str) {
        assert!(
            self.needs(),
            "{what}: %{} is a constant, which has no gradient (made by tape.constant, detached, of a frozen parameter, or on \
             a tape for inference); make it with tape.var(..) or tape.param(..) on a recording tape",
            self.index()
        );
    }

    /// Panics unless this value and all of `wrt` are of one tape and none is a constant.
    #[track_caller]
    pub(crate) fn check_wrt(self, what: &str, wrt: &[Var<'_>]) {
        self.tape.check_inputs(what, wrt);
        for x in wrt {
            x.check_wanted(what);
        }
        self.check_needs(what);
    }

    /// What is wrong with it as the result of a function of this tape whose gradient is wanted.
    #[doc(hidden)]
    pub fn fault(self, tape: &Tape) -> Option<String> {
        let shape = self.shape();
        if !std::ptr::eq(self.tape, tape) {
            return Some(
                "the result is of another tape; record it on the one that the function is given".to_string(),
            );
        }
        if shape.elements() != 1 {
            return Some(format!(
                "the result must be a scalar, got shape {shape}; reduce it with .sum() or .mean()"
            ));
        }
        (!self.needs()).then(|| {
            "the result depends on no parameter that is trained: none was lifted with tape.param(..), all are frozen, or the \
             value is detached"
                .to_string()
        })
    }
}
