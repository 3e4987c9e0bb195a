//! The lists of a tape: the nodes, and what they refer to. Their memory is kept from one evaluation to the next.

use std::collections::HashMap;
use std::rc::Rc;

use gradus_tensor::{DType, Shape, Tensor};
use smallvec::SmallVec;

use super::store::{NUMBERS, Type, Values, room_for};
use crate::model::param::{ByParam, ParamId};
use crate::node::{Kind, Leaf, Node};
use crate::op::Op;
use crate::tape::Tape;

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
    /// The nodes of the parameters that lie on the tape, in the order in which they were lifted.
    pub(crate) params: ByParam<u32>,
    /// Statistics that layers hand back with the gradients.
    pub(crate) updates: Vec<(ParamId, Tensor)>,
}

/// Types by number; the first are those of single numbers, [`NUMBERS`].
pub(crate) struct Types {
    list: Vec<Type>,
    /// By content, consulted when there are too many to scan.
    index: HashMap<(DType, Shape), u32>,
}

impl Default for Types {
    fn default() -> Self {
        let mut types = Self { list: Vec::new(), index: HashMap::new() };
        for dtype in NUMBERS {
            types.intern(dtype, Shape::new(&[]));
        }
        types
    }
}

impl Types {
    /// The number of a type, new or known.
    pub(crate) fn intern(&mut self, dtype: DType, shape: Shape) -> u32 {
        const SCAN: usize = 16;
        if shape.is_empty()
            && let Some(i) = NUMBERS.iter().take(self.list.len()).position(|&number| number == dtype)
        {
            return i as u32;
        }
        let recent = self.list.len().saturating_sub(SCAN);
        let found = self.list[recent..].iter().rposition(|t| t.dtype == dtype && t.shape == shape);
        if let Some(i) = found {
            return (recent + i) as u32;
        }
        let list = &mut self.list;
        *self.index.entry((dtype, shape)).or_insert_with(|| {
            list.push(Type::new(dtype, shape));
            list.len() as u32 - 1
        })
    }
}

impl std::ops::Index<u32> for Types {
    type Output = Type;
    #[inline]
    fn index(&self, number: u32) -> &Type {
        &self.list[number as usize]
    }
}

/// Appends to a list that may grow long.
#[inline(always)]
fn push<T>(list: &mut Vec<T>, x: T) {
    #[cold]
    #[inline(never)]
    fn grow<T>(list: &mut Vec<T>) {
        room_for(list, list.len() + 1);
    }
    if list.len() == list.capacity() {
        grow(list);
    }
    list.push(x);
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

impl Inner {
    #[inline]
    pub(crate) fn push(&mut self, node: Node) -> u32 {
        let id = self.nodes.len();
        assert!(id < 1 << 31, "a tape holds at most 2^31 nodes");
        push(&mut self.nodes, node);
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
        if node.row().is_some_and(|row| row.has_number) { self.numbers[node.b as usize] } else { 0.0 }
    }

    /// Forgets all nodes and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.nodes.clear();
        self.values.top = 0;
        self.values.truncate_large(0);
        self.numbers.clear();
        self.edges.clear();
        self.ops.clear();
        self.params.clear();
        self.updates.clear();
        if self.types.list.len() > 1024 {
            self.types = Types::default();
        }
    }

    #[inline]
    pub(crate) fn number(&mut self, c: f64) -> u32 {
        push(&mut self.numbers, c);
        self.numbers.len() as u32 - 1
    }

    /// Stores an operation and its inputs; returns where they lie.
    pub(crate) fn store_op(&mut self, op: Rc<dyn Op>, inputs: &[u32]) -> (u32, u32) {
        let start = self.edges.len() as u32;
        self.edges.push(inputs.len() as u32);
        self.edges.extend(inputs);
        self.ops.push(op);
        (start, self.ops.len() as u32 - 1)
    }

    /// The dtype and shape of a node.
    #[inline]
    pub(crate) fn ty(&self, node: &Node) -> &Type {
        &self.types[node.ty.number()]
    }
}

impl Tape {
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

    /// Bytes held by nodes, small values and side lists. (Large values are counted by `gradus::memory()`.)
    pub fn bytes(&self) -> usize {
        let inner = self.inner.borrow();
        inner.nodes.len() * size_of::<Node>()
            + inner.values.top * 8
            + inner.values.large.len() * size_of::<Option<Tensor>>()
            + inner.numbers.len() * 8
            + inner.edges.len() * 4
    }
}
