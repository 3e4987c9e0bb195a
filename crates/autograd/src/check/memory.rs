//! What a tape holds, by operation.

use std::collections::HashSet;
use std::fmt;

use gradus_tensor::kernel::pool::bytes_in_words;
use indexmap::IndexMap;

use crate::tape::Tape;

/// The values that a tape holds, by operation, the largest first; print it with `{}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TapeMemory {
    /// One row for each name of an operation; `leaf`, `param` and `constant` for what was put on the tape.
    pub rows: Vec<TapeMemoryRow>,
    /// Bytes of the lists of nodes, inputs and numbers, and of the room for gradients that is kept.
    pub lists: usize,
}

/// The values of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TapeMemoryRow {
    /// Its name.
    pub op: String,
    /// How many nodes have it.
    pub nodes: usize,
    /// Bytes of the blocks that its values are the first to lie in: a parameter's are the model's too.
    pub bytes: usize,
    /// Nodes whose values share the block of an earlier one, as a reshaped value does.
    pub views: usize,
    /// Nodes whose values are not there: still to be computed, freed by a sweep, or dropped by a checkpoint.
    pub absent: usize,
}

impl TapeMemory {
    /// Bytes of all values and lists.
    pub fn total(&self) -> usize {
        self.lists + self.rows.iter().map(|row| row.bytes).sum::<usize>()
    }
}

impl Tape {
    /// What the tape holds, by operation: to see what a step's memory goes into. Nothing is computed. What an operation keeps
    /// besides its value, such as the places of maxima, is not counted.
    ///
    /// ```
    /// use gradus_autograd::{Tape, fuse_above};
    /// use gradus_tensor::Tensor;
    ///
    /// fuse_above(usize::MAX); // every value at once
    /// let tape = Tape::new();
    /// let x = tape.var(Tensor::ones([1024, 64]));
    /// x.tanh().reshape([64, 1024]).square().sum();
    /// let memory = tape.memory();
    /// let row = |op: &str| memory.rows.iter().find(|row| row.op == op).unwrap();
    /// assert_eq!((row("tanh").bytes, row("square").bytes), (262_144, 262_144));
    /// assert_eq!((row("reshape").bytes, row("reshape").views), (0, 1));
    /// println!("{memory}");
    /// ```
    ///
    /// A block of memory may be larger than what was asked for: sizes are rounded, so that they can be used again.
    #[doc(alias = "memory_summary")]
    pub fn memory(&self) -> TapeMemory {
        let lists = self.bytes();
        let inner = self.inner.borrow();
        let mut rows: IndexMap<&str, TapeMemoryRow> = IndexMap::new();
        let mut seen = HashSet::new();
        for node in &inner.nodes {
            let op = inner.name(node);
            let row = rows.entry(op).or_insert_with(|| TapeMemoryRow {
                op: op.to_string(),
                nodes: 0,
                bytes: 0,
                views: 0,
                absent: 0,
            });
            row.nodes += 1;
            if !node.slot.is_large() {
                // It lies in a list, of which the row gets its share.
                row.bytes += inner.ty(node).words * 8;
                continue;
            }
            match &inner.values.large[node.slot.at()] {
                None => row.absent += 1,
                Some(value) => {
                    let block = value.block_addresses();
                    if seen.insert(block.start) {
                        row.bytes += block.end as usize - block.start as usize;
                    } else {
                        row.views += 1;
                    }
                }
            }
        }
        let mut rows: Vec<TapeMemoryRow> = rows.into_values().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.bytes));
        TapeMemory { rows, lists: lists - inner.values.top * 8 }
    }
}

impl fmt::Display for TapeMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.op.chars().count()).max().unwrap_or(0).max(9);
        writeln!(
            f,
            "{:<width$}  {:>7}  {:>10}  {:>6}  {:>6}",
            "operation", "nodes", "memory", "views", "absent"
        )?;
        for TapeMemoryRow { op, nodes, bytes, views, absent } in &self.rows {
            let bytes = bytes_in_words(*bytes);
            writeln!(f, "{op:<width$}  {nodes:>7}  {bytes:>10}  {views:>6}  {absent:>6}")?;
        }
        writeln!(f, "{:<width$}  {:>7}  {:>10}", "lists", "", bytes_in_words(self.lists))?;
        let nodes: usize = self.rows.iter().map(|row| row.nodes).sum();
        write!(f, "{:<width$}  {nodes:>7}  {:>10}", "total", bytes_in_words(self.total()))
    }
}

#[cfg(test)]
mod tests {
    use gradus_tensor::Tensor;

    use super::*;
    use crate::fuse_above;

    #[test]
    fn every_node_is_in_one_row_and_every_block_counts_once_if_it_is_there() {
        fuse_above(usize::MAX);
        let tape = Tape::new();
        let x = tape.var(Tensor::ones([512, 64]));
        let y = x.checkpoint(|x| x.exp().sin()) + x.t().reshape([512, 64]);
        (y.sum() * 2.0).square();
        let memory = tape.memory();
        assert_eq!(memory.rows.iter().map(|row| row.nodes).sum::<usize>(), tape.len());
        let row = |op: &str| memory.rows.iter().find(|row| row.op == op).expect("it was recorded");
        assert_eq!((row("leaf").bytes, row("leaf").views), (512 * 64 * 4, 0));
        assert_eq!((row("enter_checkpoint").bytes, row("enter_checkpoint").views), (0, 1));
        assert_eq!((row("exp").bytes, row("exp").absent), (0, 1)); // dropped by the checkpoint
        assert_eq!(row("sum").bytes, 8); // one number in a word
        assert!(memory.rows.is_sorted_by_key(|row| std::cmp::Reverse(row.bytes)));
        assert!(memory.to_string().contains("total") && memory.total() > 3 * 512 * 64 * 4);
        // Values that wait are absent. (One test, since the bound is one for all threads.)
        fuse_above(0);
        let tape = Tape::new();
        let y = tape.var(Tensor::ones([512, 64])).exp();
        let absent = |tape: &Tape| tape.memory().rows.iter().map(|row| row.absent).sum::<usize>();
        assert_eq!(absent(&tape), 1);
        y.value();
        assert_eq!(absent(&tape), 0);
    }

    #[test]
    fn an_empty_tape() {
        let memory = Tape::new().memory();
        assert!(memory.rows.is_empty());
        assert!(memory.to_string().starts_with("operation"));
    }
}
