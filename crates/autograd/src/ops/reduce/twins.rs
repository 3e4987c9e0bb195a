//! Values that were recorded more than once.

use std::collections::HashMap;

use smallvec::SmallVec;

use crate::node::Kind;
use crate::var::Var;

/// A value and every other on the tape that is the same computation of the same leaves.
pub(crate) fn twins(y: Var<'_>) -> Vec<Var<'_>> {
    let tape = y.tape;
    let inner = tape.inner.borrow();
    // The number of the first node that is the same computation.
    let mut first: Vec<u32> = Vec::with_capacity(inner.nodes.len());
    let mut known = HashMap::new();
    for (id, node) in inner.nodes.iter().enumerate() {
        let id = id as u32;
        let what = match node.kind() {
            Kind::Leaf(_) => format!("leaf {id}"),
            Kind::Unary(row) | Kind::Binary(row) => format!("{row:?} {:x}", inner.carried(node).to_bits()),
            Kind::Op => {
                let op = &inner.ops[node.b as usize];
                let what = format!("{} {op:?}", op.name());
                // A tensor is not printed in full, and a function not at all.
                let whole = !what.contains("tensor(") && !what.contains("fn");
                if whole { what } else { format!("{id} {what}") }
            }
        };
        let inputs: SmallVec<[u32; 4]> = inner.inputs(node).iter().map(|&i| first[i as usize]).collect();
        first.push(*known.entry((what, inputs)).or_insert(id));
    }
    drop(inner);
    let of = first[y.id as usize];
    (0..first.len() as u32).filter(|&id| first[id as usize] == of).map(|id| Var { tape, id }).collect()
}
