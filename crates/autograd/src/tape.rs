//! The tape: a Wengert list of operations, in the order in which they ran.
//!
//! Inputs always lie before outputs, so the backward pass is a walk from the end: no recursion, no sorting.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use gradus_tensor::Tensor;
use smallvec::SmallVec;

use crate::fast::store::{Mirror, Slot, Types, Values};
use crate::node::{Kind, Leaf, Node, Ty};
use crate::op::Op;
use crate::param::{Param, ParamId, ParamNodes};
use crate::training::Training;
use crate::var::Var;

/// What a tape is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Records for gradients; dropout and batch statistics are off.
    #[default]
    Record,
    /// Records for gradients; dropout and batch statistics are on, with this seed.
    Training(u64),
    /// Records nothing.
    Inference,
}

/// The nodes, and what they refer to.
#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) nodes: Vec<Node>,
    pub(crate) values: Values,
    pub(crate) types: Types,
    /// The numbers that rows carry.
    pub(crate) numbers: Vec<f64>,
    /// For each [`Op`] node: the number of inputs, then the inputs.
    pub(crate) edges: Vec<u32>,
    pub(crate) ops: Vec<Rc<dyn Op>>,
    pub(crate) params: ParamNodes,
    /// Statistics that layers hand back with the gradients.
    pub(crate) updates: Vec<(ParamId, Tensor)>,
}

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
/// use gradus_autograd::Tape;
/// let kept;
/// {
///     let tape = Tape::new();
///     kept = tape.var(1.0);
/// }
/// println!("{}", kept.item());
/// ```
///
/// nor be sent to another thread:
///
/// ```compile_fail,E0277
/// use gradus_autograd::Tape;
/// let tape = Tape::new();
/// let x = tape.var(1.0);
/// std::thread::scope(|s| {
///     s.spawn(move || x.item());
/// });
/// ```
pub struct Tape {
    pub(crate) inner: RefCell<Inner>,
    /// Off in inference, and while a rule runs on scratch paper.
    pub(crate) recording: Cell<bool>,
    pub(crate) mode: Cell<Mode>,
    pub(crate) training: Training,
    /// Gradients by variable are asked for on the tape they are of.
    pub(crate) id: Cell<u64>,
    /// The memory of the last sweep's gradients, for the next.
    pub(crate) spare: RefCell<Mirror>,
}

static IDS: AtomicU64 = AtomicU64::new(1);

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

    /// A tape that records, with dropout and batch statistics on; `seed` fixes its random stream.
    pub fn training(seed: u64) -> Self {
        Self::with_mode(Mode::Training(seed))
    }

    /// A tape that records no rules: for predictions.
    pub fn inference() -> Self {
        Self::with_mode(Mode::Inference)
    }

    /// A tape for the given purpose.
    pub fn with_mode(mode: Mode) -> Self {
        let tape = Self {
            inner: RefCell::default(),
            recording: Cell::new(true),
            mode: Cell::new(mode),
            training: Training::default(),
            id: Cell::new(0),
            spare: RefCell::default(),
        };
        tape.reset(mode);
        tape
    }

    /// Forgets all nodes and keeps the memory, for the next evaluation.
    pub(crate) fn reset(&self, mode: Mode) {
        self.inner.borrow_mut().clear();
        self.mode.set(mode);
        self.recording.set(mode != Mode::Inference);
        self.training.reset();
        self.id.set(IDS.fetch_add(1, Ordering::Relaxed));
    }

    /// Records nothing until the result is dropped, which puts back what was before.
    pub(crate) fn pause(&self) -> Paused<'_> {
        Paused { tape: self, recording: self.recording.replace(false) }
    }

    /// What this tape is for.
    pub fn mode(&self) -> Mode {
        self.mode.get()
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
        let var = self.leaf(param.value().clone(), Leaf::Param, needs, Location::caller());
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

/// See [`Tape::pause`]. It holds through a panic in a rule, too.
pub(crate) struct Paused<'t> {
    tape: &'t Tape,
    recording: bool,
}

impl Drop for Paused<'_> {
    fn drop(&mut self) {
        self.tape.recording.set(self.recording);
    }
}

impl Inner {
    #[inline]
    pub(crate) fn push(&mut self, node: Node) -> u32 {
        let id = self.nodes.len();
        assert!(id < 1 << 31, "a tape holds at most 2^31 nodes");
        self.nodes.push(node);
        id as u32
    }

    /// The inputs of a node.
    pub(crate) fn inputs(&self, node: &Node) -> SmallVec<[u32; 4]> {
        match node.kind() {
            Kind::Leaf(_) => SmallVec::new(),
            Kind::Unary(_) => SmallVec::from_slice(&[node.a]),
            Kind::Binary(_) => SmallVec::from_slice(&[node.a, node.b]),
            Kind::Op => {
                let at = node.a as usize;
                SmallVec::from_slice(&self.edges[at + 1..][..self.edges[at] as usize])
            }
        }
    }

    /// The name of a node's operation.
    pub(crate) fn name(&self, node: &Node) -> &str {
        match node.kind() {
            Kind::Leaf(Leaf::Variable) => "leaf",
            Kind::Leaf(Leaf::Constant) => "constant",
            Kind::Leaf(Leaf::Param) => "param",
            Kind::Unary(row) | Kind::Binary(row) => row.name,
            Kind::Op => self.ops[node.b as usize].name(),
        }
    }

    /// The number that a row carries.
    #[inline]
    pub(crate) fn carried(&self, node: &Node) -> f64 {
        match node.kind() {
            Kind::Unary(row) if row.has_number => self.numbers[node.b as usize],
            _ => 0.0,
        }
    }
}

impl std::fmt::Debug for Tape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tape({} nodes)", self.len())
    }
}
