//! The tape: a Wengert list of operations, in the order in which they ran.
//!
//! Inputs always lie before outputs, so the backward pass is a walk from the end: no recursion, no sorting.

use std::cell::{Cell, RefCell};
use std::panic::Location;

use gradus_tensor::Tensor;

use crate::fast::lists::Inner;
use crate::fast::store::{Slot, Ty};
use crate::model::param::Param;
use crate::model::training::{Mode, Training};
use crate::node::{Leaf, Node};
use crate::var::Var;

/// A list of operations and their values: the context of one evaluation.
///
/// ```
/// use gradus_autograd::Tape;
/// let tape = Tape::new();
/// let x = tape.var(3.0);
/// let y = x * x + 1.0;
/// assert_eq!(y.backward().wrt(x).item(), 6.0);
/// ```
///
/// A variable cannot outlive its tape:
///
/// ```compile_fail,E0597
/// let kept = {
///     let tape = gradus_autograd::Tape::new();
///     tape.var(1.0)
/// };
/// ```
///
/// nor be sent to another thread:
///
/// ```compile_fail,E0277
/// let tape = gradus_autograd::Tape::new();
/// let x = tape.var(1.0);
/// std::thread::scope(|s| s.spawn(move || x.item()).join());
/// ```
pub struct Tape {
    pub(crate) inner: RefCell<Inner>,
    /// Off in inference, and while a rule runs on scratch paper.
    pub(crate) recording: Cell<bool>,
    pub(crate) mode: Cell<Mode>,
    pub(crate) training: Training,
    /// Gradients by variable are asked for on the tape they are of.
    pub(crate) id: Cell<u64>,
}

impl Default for Tape {
    fn default() -> Self {
        Self::new()
    }
}

impl Tape {
    /// A tape that records, with dropout and batch statistics off. If a layer asks it for training, an optimizer refuses
    /// its gradients; [`Self::with_mode`]`(Mode::Record)` means it.
    pub fn new() -> Self {
        let tape = Self::with_mode(Mode::Record);
        tape.training.watch();
        tape
    }

    /// A tape for the given purpose.
    pub fn with_mode(mode: Mode) -> Self {
        let tape = Self {
            inner: RefCell::default(),
            recording: Cell::new(true),
            mode: Cell::new(mode),
            training: Training::default(),
            id: Cell::new(0),
        };
        tape.reset(mode);
        tape
    }

    /// The number of nodes.
    pub fn len(&self) -> usize {
        self.inner.borrow().nodes.len()
    }

    /// Whether nothing has been recorded.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A value whose gradient is wanted. A number becomes a 0-d F64 tensor.
    ///
    /// # Panics
    /// If the elements are not floats.
    #[track_caller]
    pub fn var(&self, value: impl Into<Tensor>) -> Var<'_> {
        let value = value.into();
        assert!(
            value.dtype().is_float(),
            "var: a {} tensor has no gradient; convert with .to(DType::F32) or use tape.constant",
            value.dtype()
        );
        let needs = self.recording.get();
        self.leaf(value, if needs { Leaf::Variable } else { Leaf::Constant }, needs, Location::caller())
    }

    /// A value without gradient: data, targets, masks.
    #[track_caller]
    pub fn constant(&self, value: impl Into<Tensor>) -> Var<'_> {
        self.leaf(value.into(), Leaf::Constant, false, Location::caller())
    }

    /// Lifts a parameter onto the tape: once, however often it is asked for.
    #[track_caller]
    pub fn param(&self, param: &Param) -> Var<'_> {
        let found = self.inner.borrow().params.get(&param.id()).copied();
        if let Some(id) = found {
            return Var { tape: self, id };
        }
        let needs = self.recording.get() && param.is_trainable();
        let var = self.leaf_of(param.value(), Leaf::Param, needs, Location::caller());
        self.inner.borrow_mut().params.insert(param.id(), var.id);
        var
    }

    pub(crate) fn leaf(
        &self,
        value: Tensor,
        leaf: Leaf,
        needs: bool,
        line: &'static Location<'static>,
    ) -> Var<'_> {
        self.push_value(value, needs, |ty, slot| Node::leaf(leaf, ty, slot, line))
    }

    /// Appends a node with a value that is known.
    pub(crate) fn push_value(
        &self,
        value: Tensor,
        needs: bool,
        node: impl FnOnce(Ty, Slot) -> Node,
    ) -> Var<'_> {
        let inner = &mut *self.inner.borrow_mut();
        let number = inner.types.intern(value.dtype(), *value.shape());
        let slot = inner.values.store(value, &inner.types[number]);
        let id = inner.push(node(Ty::new(number, needs), slot));
        Var { tape: self, id }
    }
}
