//! The tape: a Wengert list of operations, in the order in which they ran.
//!
//! A node is 32 bytes without destructor: which operation (a `&'static` [`Row`]), its inputs, its type, where its value
//! lies, and the line of the user's code. Inputs always lie before outputs, so the forward pass and the sweep split the
//! buffers at the output and need no `unsafe`.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::panic::Location;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use gradus_tensor::{DType, Shape, Tensor};
use smallvec::SmallVec;

use crate::op::Op;
use crate::param::{Param, ParamId, ParamNodes};
use crate::row::{Kernels, Row};
use crate::slot::{Mirror, Slot, Type, Values};
use crate::training::Training;
use crate::var::Var;

/// Set in a node's type when its gradient is wanted.
pub(crate) const NEEDS: u32 = 1 << 31;
/// Set in a node's type when its value is computed when it is asked for (see [`crate::lazy`]).
pub(crate) const LAZY: u32 = 1 << 30;
/// The bits of a node's type that number it.
pub(crate) const TYPE: u32 = !(NEEDS | LAZY);

/// One operation, or a leaf.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) row: &'static Row,
    /// First input; for an [`Op`], where its inputs start in `edges`.
    pub(crate) a: u32,
    /// Second input; the index of the number for a row that carries one; for an [`Op`], its index in `ops`.
    pub(crate) b: u32,
    pub(crate) ty: u32,
    pub(crate) slot: Slot,
    pub(crate) line: &'static Location<'static>,
}

impl Node {
    #[inline]
    pub(crate) fn needs(&self) -> bool {
        self.ty & NEEDS != 0
    }

    #[inline]
    pub(crate) fn is_lazy(&self) -> bool {
        self.ty & LAZY != 0
    }

    /// The number of its type.
    #[inline]
    pub(crate) fn type_id(&self) -> u32 {
        self.ty & TYPE
    }
}

const fn marker(name: &'static str, arity: u8) -> Row {
    fn nothing<T>(_: &[T], _: &[T], _: T, _: &mut [T]) {}
    fn none<T>(_: &[T], _: &[T], _: &[T], _: &[T], _: T, _: &mut [T]) {}
    Row {
        name,
        arity,
        has_number: false,
        cost: 0.0,
        f32: Kernels { forward: nothing, pull: [none, none] },
        f64: Kernels { forward: nothing, pull: [none, none] },
        constant: |_| None,
        slopes: [|_, _, _, _| crate::row::Sym::Number(0.0), |_, _, _, _| crate::row::Sym::Number(0.0)],
        doc: "",
    }
}

/// A leaf that gradients are taken in.
pub(crate) static LEAF: Row = marker("leaf", 0);
/// A leaf without gradient.
pub(crate) static CONSTANT: Row = marker("constant", 0);
/// A parameter of a model.
pub(crate) static PARAM: Row = marker("param", 0);
/// A node whose rule is an [`Op`].
pub(crate) static OP: Row = marker("op", 3);

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

/// What the nodes refer to.
#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) nodes: Vec<Node>,
    pub(crate) values: Values,
    pub(crate) types: Vec<Type>,
    /// Types by content, consulted when there are too many to scan.
    type_index: HashMap<(DType, Shape), u32>,
    pub(crate) numbers: Vec<f64>,
    /// For each [`Op`] node: the number of inputs, then the inputs.
    pub(crate) edges: Vec<u32>,
    pub(crate) ops: Vec<Rc<dyn Op>>,
    pub(crate) params: ParamNodes,
    /// Statistics that layers hand back with the gradients.
    pub(crate) updates: Vec<(ParamId, Tensor)>,
}

/// Lengths of a tape's lists, to return to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    nodes: usize,
    top: usize,
    large: usize,
    numbers: usize,
    edges: usize,
    ops: usize,
    params: usize,
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
    pub(crate) recording: Cell<bool>,
    pub(crate) mode: Cell<Mode>,
    pub(crate) training: Training,
    pub(crate) id: Cell<u64>,
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
        let inner = &mut *self.inner.borrow_mut();
        inner.nodes.clear();
        inner.values.top = 0;
        inner.values.truncate_large(0);
        inner.numbers.clear();
        inner.numbers.push(0.0);
        inner.edges.clear();
        inner.ops.clear();
        inner.params.clear();
        inner.updates.clear();
        if inner.types.len() > 1024 {
            inner.types.clear();
            inner.type_index.clear();
        }
        self.mode.set(mode);
        self.recording.set(mode != Mode::Inference);
        self.training.reset();
        self.id.set(IDS.fetch_add(1, Ordering::Relaxed));
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

    /// Bytes held by nodes, small values and side lists. (Large values are counted by `gradus::memory()`.)
    pub fn bytes(&self) -> usize {
        let inner = self.inner.borrow();
        let mirror = self.spare.borrow();
        inner.nodes.len() * size_of::<Node>()
            + inner.values.top * 8
            + inner.values.large.len() * size_of::<Option<Tensor>>()
            + inner.numbers.len() * 8
            + inner.edges.len() * 4
            + mirror.words.len() * 8
            + mirror.reached.len()
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
        self.leaf(value, if needs { &LEAF } else { &CONSTANT }, needs, Location::caller())
    }

    /// A value without gradient: data, targets, masks.
    #[track_caller]
    pub fn constant(&self, value: impl Into<Tensor>) -> Var<'_> {
        self.leaf(value.into(), &CONSTANT, false, Location::caller())
    }

    /// Lifts a parameter onto the tape: once, however often it is asked for.
    #[track_caller]
    pub fn param(&self, param: &Param) -> Var<'_> {
        let found = self.inner.borrow().params.get(&param.id()).copied();
        if let Some(id) = found {
            return Var { tape: self, id };
        }
        let needs = self.recording.get() && param.is_trainable();
        let var = self.leaf(param.value().clone(), &PARAM, needs, Location::caller());
        self.inner.borrow_mut().params.insert(param.id(), var.id);
        var
    }

    pub(crate) fn leaf(
        &self,
        value: Tensor,
        row: &'static Row,
        needs: bool,
        line: &'static Location<'static>,
    ) -> Var<'_> {
        let inner = &mut *self.inner.borrow_mut();
        let ty = inner.intern(value.dtype(), *value.shape());
        let slot = inner.values.store(value, &inner.types[ty as usize]);
        let ty = if needs { ty | NEEDS } else { ty };
        let id = inner.push(Node { row, a: 0, b: 0, ty, slot, line });
        Var { tape: self, id }
    }

    pub(crate) fn mark(&self) -> Mark {
        let inner = self.inner.borrow();
        Mark {
            nodes: inner.nodes.len(),
            top: inner.values.top,
            large: inner.values.large.len(),
            numbers: inner.numbers.len(),
            edges: inner.edges.len(),
            ops: inner.ops.len(),
            params: inner.params.len(),
        }
    }

    /// Forgets everything recorded since the mark.
    pub(crate) fn truncate(&self, mark: Mark) {
        let inner = &mut *self.inner.borrow_mut();
        inner.nodes.truncate(mark.nodes);
        inner.values.top = mark.top;
        inner.values.truncate_large(mark.large);
        inner.numbers.truncate(mark.numbers);
        inner.edges.truncate(mark.edges);
        inner.ops.truncate(mark.ops);
        inner.params.truncate(mark.params);
    }
}

impl Inner {
    #[inline]
    pub(crate) fn push(&mut self, node: Node) -> u32 {
        let id = self.nodes.len();
        assert!(id < NEEDS as usize, "a tape holds at most 2^31 nodes");
        self.nodes.push(node);
        id as u32
    }

    #[inline]
    pub(crate) fn number(&mut self, c: f64) -> u32 {
        self.numbers.push(c);
        self.numbers.len() as u32 - 1
    }

    /// The number of a type, new or known.
    pub(crate) fn intern(&mut self, dtype: DType, shape: Shape) -> u32 {
        const SCAN: usize = 16;
        let recent = self.types.len().saturating_sub(SCAN);
        let found = self.types[recent..].iter().rposition(|t| t.dtype == dtype && t.shape == shape);
        if let Some(i) = found {
            return (recent + i) as u32;
        }
        let types = &mut self.types;
        *self.type_index.entry((dtype, shape)).or_insert_with(|| {
            types.push(Type::new(dtype, shape));
            types.len() as u32 - 1
        })
    }

    #[inline]
    pub(crate) fn ty(&self, node: &Node) -> &Type {
        &self.types[node.type_id() as usize]
    }

    /// The inputs of a node.
    pub(crate) fn inputs(&self, node: &Node) -> SmallVec<[u32; 4]> {
        match node.row.arity {
            0 => SmallVec::new(),
            1 => SmallVec::from_slice(&[node.a]),
            2 => SmallVec::from_slice(&[node.a, node.b]),
            _ => {
                let at = node.a as usize;
                SmallVec::from_slice(&self.edges[at + 1..][..self.edges[at] as usize])
            }
        }
    }

    /// The name of a node's operation.
    pub(crate) fn name(&self, node: &Node) -> &str {
        if node.row.arity == 3 { self.ops[node.b as usize].name() } else { node.row.name }
    }

    /// The number that a row carries.
    pub(crate) fn carried(&self, node: &Node) -> f64 {
        if node.row.has_number { self.numbers[node.b as usize] } else { 0.0 }
    }
}

impl std::fmt::Debug for Tape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tape({} nodes)", self.len())
    }
}
