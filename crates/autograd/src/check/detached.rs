//! Values that depend on the inputs without the tape's knowledge: behind a `detach`, or lifted anew as constants. A
//! gradient check that fails, while each rule agrees with its forward, looks for them.

use std::rc::Rc;

use gradus_tensor::Tensor;

use super::comparison::{Comparison, Verdict, judged};
use super::line::Line;
use super::measure::Estimate;
use super::node;
use super::options::GradcheckOptions;
use super::report::{Reason, place};
use crate::fast::store::Ty;
use crate::op::{Backward, Op};
use crate::tape::Tape;
use crate::var::Var;

/// How far the inputs move, in units of the scale of the line, to see which constants move with them.
const MOVE: f64 = 1e-3;

/// The place where a gradient is stopped, if there is one.
pub(crate) fn find(line: &mut Line<'_>, worst: &Comparison, options: &GradcheckOptions) -> Option<Reason> {
    let tape = Tape::new();
    line.record_here(&tape);
    let stops: Vec<usize> = (0..tape.len()).filter(|&id| stops(&tape, id)).collect();
    for &stop in &stops {
        if explains(line, &[stop], worst, options) {
            return Some(Reason::Detached { place: place(&tape, stop), measured: true });
        }
    }
    let all = stops.len() > 1 && explains(line, &stops, worst, options);
    let found = stops.first().copied().or_else(|| moving_constant(line, &tape));
    found.map(|id| Reason::Detached { place: place(&tape, id), measured: all })
}

/// Whether a node hands its value on and not its gradient, though its input has one.
fn stops(tape: &Tape, id: usize) -> bool {
    let (node, inputs, _) = node::parts(tape, id);
    let of = |id: u32| Var { tape, id };
    of(id as u32).dtype().is_float() && !node.needs() && inputs.iter().any(|&i| of(i).needs())
}

/// A leaf that is no variable and has another value when the inputs have.
fn moving_constant(line: &mut Line<'_>, here: &Tape) -> Option<usize> {
    let there = Tape::new();
    let recorded = line.record_at(&there, MOVE * line.direction().scale);
    let inputs: Vec<usize> = recorded.variables.iter().map(|x| x.index()).collect();
    // Where the function takes another way, nodes do not correspond.
    let same = here.len() == there.len();
    let moves = |&id: &usize| {
        let (a, b) = (node::parts(here, id).0, node::parts(&there, id).0);
        let value = |tape| Var { tape, id: id as u32 }.value();
        let lifted = a.is_leaf() && b.is_leaf() && !inputs.contains(&id);
        lifted && value(here).dtype().is_float() && !value(here).equal(&value(&there))
    };
    (0..here.len()).filter(|_| same).find(moves)
}

/// Whether the two sides agree when these nodes let gradients through.
fn explains(line: &mut Line<'_>, opened: &[usize], worst: &Comparison, options: &GradcheckOptions) -> bool {
    // Of a higher order the tape holds derivatives that were recorded without them.
    if worst.order > 1 || worst.output.is_some() {
        return false;
    }
    let tape = Tape::new();
    let recorded = line.record_here(&tape);
    let all: Vec<usize> = (0..tape.len()).filter(|&id| stops(&tape, id)).collect();
    for id in 0..tape.len() {
        let (node, inputs, _) = node::parts(&tape, id);
        let of = |id: u32| Var { tape: &tape, id };
        let stays = node.needs() || node.ty.is_lazy() || (all.contains(&id) && !opened.contains(&id));
        if stays || !of(id as u32).dtype().is_float() || !inputs.iter().any(|&i| of(i).needs()) {
            continue;
        }
        let inner = &mut *tape.inner.borrow_mut();
        let ty = &mut inner.nodes[id].ty;
        *ty = ty.or(Ty::new(0, true));
        if opened.contains(&id) {
            inner.ops[node.b as usize] = Rc::new(Through);
        }
    }
    let autograd = line.direction().of(&recorded.gradients());
    judged(autograd, &Estimate::new(worst.numeric, worst.noise, 1.0), options) == Verdict::Agrees
}

/// In the place of a detach: the same value, and the gradient.
#[derive(Debug)]
struct Through;

impl Op for Through {
    fn name(&self) -> &'static str {
        "through"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].clone()
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        step.give(0, step.dy());
    }
}

#[cfg(test)]
mod tests {
    use crate::{Reason, Var, gradcheck};
    use gradus_tensor::Tensor;

    fn reason(f: impl for<'t> Fn(Var<'t>) -> Var<'t>) -> (String, bool, String) {
        let report = gradcheck(|x| f(x[0]), &[Tensor::from([0.3, -1.2])]);
        assert!(!report.passed());
        match report.reason {
            Some(Reason::Detached { ref place, measured }) => {
                assert!(place.line.file().ends_with("detached.rs"), "{}", place.line);
                (place.op.clone(), measured, report.to_string())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_was_detached_is_named() {
        let (op, measured, text) = reason(|x| (x.detach().sin() * x).sum());
        assert_eq!((op.as_str(), measured), ("detach", true));
        assert!(
            text.contains("reason     detached: the value of %1 = detach depends on the inputs"),
            "{text}"
        );
        // The one of two that matters: at the other the slope is 0 anyway.
        let (_, measured, text) = reason(|x| (x + x.detach().sign() + x.exp().detach() * x).sum());
        assert!(measured && text.contains("%5 = detach"), "{text}");
        // Both.
        assert!(reason(|x| (x.detach() * x + x.sin().detach()).sum()).1);
    }

    #[test]
    fn a_value_lifted_anew_is_named() {
        let (op, measured, text) = reason(|x| (x * x.tape().constant(x.exp().value())).sum());
        assert_eq!((op.as_str(), measured), ("constant", false));
        assert!(text.contains("possibly detached: the value of %2 = constant"), "{text}");
        assert_eq!(reason(|x| (x * x.tape().var(x.value())).sum()).0, "leaf");
    }
}
