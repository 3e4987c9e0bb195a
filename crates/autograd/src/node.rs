//! A line of the list: 32 bytes, without destructor.

use std::panic::Location;

use crate::fast::store::{Slot, Ty};
use crate::ops::elementwise::row::Row;

/// One operation, or a leaf.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    /// What it computes, if it is elementwise.
    row: Option<&'static Row>,
    /// First input. Of an [`Op`](crate::Op): where its inputs start in the tape's `edges`. Of a leaf: [`LEAF`].
    pub(crate) a: u32,
    /// Second input; the index of the number for a row that carries one. Of an [`Op`](crate::Op): its index in `ops`. Of a
    /// leaf: which.
    pub(crate) b: u32,
    pub(crate) ty: Ty,
    pub(crate) slot: Slot,
    /// The line of the user's code.
    pub(crate) line: &'static Location<'static>,
}

/// What a node is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A value put on the tape.
    Leaf(Leaf),
    /// A row with one input.
    Unary(&'static Row),
    /// A row with two inputs.
    Binary(&'static Row),
    /// An [`Op`](crate::Op).
    Op,
}

/// What a leaf is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaf {
    Variable,
    Constant,
    Param,
}

/// In the place of the first input of a leaf.
const LEAF: u32 = u32::MAX;

impl Node {
    pub(crate) fn leaf(leaf: Leaf, ty: Ty, slot: Slot, line: &'static Location<'static>) -> Self {
        Self { row: None, a: LEAF, b: leaf as u32, ty, slot, line }
    }

    pub(crate) fn elementwise(
        row: &'static Row,
        (a, b): (u32, u32),
        ty: Ty,
        slot: Slot,
        line: &'static Location<'static>,
    ) -> Self {
        Self { row: Some(row), a, b, ty, slot, line }
    }

    pub(crate) fn op((a, b): (u32, u32), ty: Ty, slot: Slot, line: &'static Location<'static>) -> Self {
        Self { row: None, a, b, ty, slot, line }
    }

    #[inline(always)]
    pub(crate) fn kind(&self) -> Kind {
        match self.row {
            Some(row) if row.arity == 1 => Kind::Unary(row),
            Some(row) => Kind::Binary(row),
            None if self.a != LEAF => Kind::Op,
            None if self.b == Leaf::Variable as u32 => Kind::Leaf(Leaf::Variable),
            None if self.b == Leaf::Constant as u32 => Kind::Leaf(Leaf::Constant),
            None => Kind::Leaf(Leaf::Param),
        }
    }

    /// Its row, if it is elementwise.
    #[inline]
    pub(crate) fn row(&self) -> Option<&'static Row> {
        self.row
    }

    pub(crate) fn is_leaf(&self) -> bool {
        self.row.is_none() && self.a == LEAF
    }

    #[inline]
    pub(crate) fn needs(&self) -> bool {
        self.ty.needs()
    }
}
