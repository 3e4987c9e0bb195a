//! Gradients that are handed out while the sweep still runs: the communication of a data-parallel training begins with them.

use std::rc::Rc;

use gradus_tensor::Tensor;

use super::reuse::on_tape;
use super::store::{Keep, Mirror};
use super::{flat, sweep};
use crate::gradients::Gradients;
use crate::model::param::ParamId;
use crate::model::training::{Mode, Peers};
use crate::tape::Tape;
use crate::var::Var;

/// A part of a batch, as [`scoped_part`] evaluates it.
#[derive(Debug)]
pub struct Part {
    /// The mode of its tape.
    pub mode: Mode,
    /// What its gradients are multiplied by: its share of the batch.
    pub weight: f64,
    /// The tapes of the other parts, where layers ask for statistics of the whole batch.
    pub peers: Option<Rc<dyn Peers>>,
}

/// The value of a scalar function and the statistics that its layers handed back; or what is wrong with the result. The gradient of
/// a parameter, times the weight, is handed out when the sweep has passed everything that uses it: so in the reverse order of
/// first use. One that no gradient reaches is not handed out.
///
/// No closure panics here, since none has a caller.
///
/// # Errors
/// What is wrong with the result, in words.
pub fn scoped_part(
    part: &Part,
    f: impl for<'t> FnOnce(&'t Tape) -> Var<'t>,
    finished: &mut dyn FnMut(ParamId, Tensor),
) -> Result<(f64, Gradients), String> {
    on_tape(part.mode, |tape| {
        tape.set_peers(part.peers.clone());
        let loss = f(tape);
        if let Some(fault) = loss.fault(tape) {
            return Err(fault);
        }
        // A total that waits is computed by the sweep itself.
        let early = (!loss.waits()).then(|| loss.item());
        let seed = Tensor::full_of(loss.shape(), part.weight, loss.dtype());
        let mirror = reporting(loss, seed, finished);
        let value = early.unwrap_or_else(|| loss.item());
        tape.set_peers(None);
        Ok((value, Gradients::collect(loss, mirror)))
    })
}

/// As [`sweep::numeric`], in pieces that end where a parameter was lifted.
fn reporting(root: Var<'_>, seed: Tensor, finished: &mut dyn FnMut(ParamId, Tensor)) -> Mirror {
    let tape = root.tape;
    let mut mirror = sweep::begin(root, seed, Keep::Leaves);
    let _paused = tape.pause();
    let mut lifted: Vec<(u32, ParamId)> = tape
        .inner
        .borrow()
        .params
        .iter()
        .map(|(&id, &node)| (node, id))
        .filter(|(node, _)| *node <= root.id)
        .collect();
    lifted.sort_unstable();
    let (mut next, mut behind, mut flat) = (root.id as usize + 1, Vec::new(), 0);
    for (node, id) in lifted.into_iter().rev() {
        next = sweep::down_to(node as usize + 1, root, next, &mut mirror);
        // What a slope that is the number 0 has cut off has zeros.
        if mirror.flat.len() > flat {
            flat = mirror.flat.len();
            behind = flat::behind(&tape.inner.borrow(), &mirror.flat);
        }
        if behind.get(node as usize).copied().unwrap_or(false) {
            flat::reach(&tape.inner.borrow(), &mut mirror, node as usize);
        }
        if std::mem::take(&mut mirror.reached[node as usize]) {
            let inner = tape.inner.borrow();
            let node = &inner.nodes[node as usize];
            if let Some(gradient) = mirror.take(node.slot, inner.ty(node)) {
                finished(id, gradient.into_contiguous());
            }
        }
    }
    sweep::down_to(0, root, next, &mut mirror);
    mirror
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Param, value_and_grad_training};

    /// Small and large values, numbers, a parameter that is used twice, one that is not reached, one behind a slope of 0, a rule
    /// without kernels.
    fn loss<'t>(tape: &'t Tape, w: &[Param]) -> Var<'t> {
        let number = tape.param(&w[0]);
        let small = tape.param(&w[1]);
        let large = tape.param(&w[2]);
        let _ = tape.param(&w[3]);
        let cut = (tape.param(&w[4]).sin().floor() * number).sum();
        let x = (large * number).tanh().sum() + (small * small).cumsum(0).sum() * number.sin();
        x + (large.square().mean() * 3.0).exp() * small.select(0, 1) + cut
    }

    #[test]
    fn the_same_gradients_as_in_one_sweep_in_reverse_order_of_use() {
        let n = (1 << 17) + 5;
        let w = [
            Param::new(0.3),
            Param::new([1.0, -2.0, 0.5]),
            Param::new(Tensor::linspace_of(-1.0, 1.0, n, gradus_tensor::DType::F64)),
            Param::new(1.0),
            Param::new(Tensor::ones([n])),
        ];
        let (value, whole) = value_and_grad_training(3, |tape| loss(tape, &w));
        for weight in [1.0, 0.25] {
            let mut found = Vec::new();
            let part = Part { mode: Mode::Training(3), weight, peers: None };
            let (again, rest) =
                scoped_part(&part, |tape| loss(tape, &w), &mut |id, g| found.push((id, g))).unwrap();
            assert_eq!((again, rest.len()), (value, 0));
            let order: Vec<_> = found.iter().map(|(id, _)| *id).collect();
            assert_eq!(order, [w[4].id(), w[2].id(), w[1].id(), w[0].id()]);
            for (id, g) in found {
                assert_eq!(g, whole.by_id(id).unwrap() * weight);
            }
        }
    }

    #[test]
    fn what_is_no_loss_is_said() {
        let w = Param::new([1.0, 2.0]);
        let part = Part { mode: Mode::Training(0), weight: 1.0, peers: None };
        let fault = scoped_part(&part, |tape| tape.param(&w), &mut |_, _| {}).unwrap_err();
        assert!(fault.contains("[2]"), "{fault}");
    }
}
