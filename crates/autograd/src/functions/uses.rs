//! Where parameters enter a computation.

use std::collections::HashSet;

use crate::model::{ParamId, Params};
use crate::tape::Tape;
use crate::var::Var;

/// Operations that hand a parameter on as it is, in another shape or type.
const CARRIERS: [&str; 4] = ["reshape", "permute", "to", "alias"];

/// For each trainable parameter of a model that lies on the tape, the result of the first operation that computes with it,
/// in the order of the tape: the signal behind a weight. Reshaped and transposed parameters are followed.
///
/// ```
/// use gradus_autograd::{Param, Tape, first_uses};
/// let (a, b) = (Param::new([2.0, 3.0]), Param::new(5.0));
/// let tape = Tape::new();
/// let y = tape.param(&a).reshape([2, 1]) * 10.0 + tape.param(&b);
/// let uses = first_uses(&tape, &[a.clone(), b.clone()]);
/// assert_eq!(uses[0].1.value().to_f64_vec(), [20.0, 30.0]);
/// assert_eq!(uses[1].1.value(), y.value());
/// ```
pub fn first_uses<'t>(tape: &'t Tape, model: &(impl Params + ?Sized)) -> Vec<(ParamId, Var<'t>)> {
    let inner = tape.inner.borrow();
    let mut held: Vec<Option<ParamId>> = vec![None; inner.nodes.len()];
    model.visit("", &mut |_, param| {
        if let Some(&node) = inner.params.get(&param.id())
            && param.is_trainable()
        {
            held[node as usize] = Some(param.id());
        }
    });
    let (mut seen, mut uses) = (HashSet::new(), Vec::new());
    for (id, node) in inner.nodes.iter().enumerate() {
        for input in inner.inputs(node) {
            let Some(param) = held[input as usize] else { continue };
            if CARRIERS.contains(&inner.name(node)) {
                held[id] = Some(param);
            } else if seen.insert(param) {
                uses.push((param, Var { tape, id: id as u32 }));
            }
        }
    }
    uses
}
