//! Behind a slope that is the number 0: nothing is handed on there, so that no infinite slope behind it makes a NaN of it, and a leaf
//! has a gradient all the same, zeros, as it would have if they were handed on.

use gradus_tensor::Tensor;

use super::lists::Inner;
use super::store::Mirror;

/// The nodes before `end` that some others depend on, these too.
pub(super) fn behind(inner: &Inner, flat: &[u32]) -> Vec<bool> {
    let end = flat.iter().max().map_or(0, |&last| last as usize + 1);
    let mut behind = vec![false; end];
    for &id in flat {
        behind[id as usize] = true;
    }
    for id in (0..end).rev() {
        let node = &inner.nodes[id];
        behind[id] &= node.needs();
        if behind[id] {
            for input in inner.inputs(node) {
                behind[input as usize] = true;
            }
        }
    }
    behind
}

/// Lets a leaf be reached by zeros, if nothing else has reached it.
pub(super) fn reach(inner: &Inner, mirror: &mut Mirror, id: usize) {
    let node = &inner.nodes[id];
    if !std::mem::replace(&mut mirror.reached[id], true) && node.slot.is_large() {
        let ty = inner.ty(node);
        mirror.large[node.slot.at()].get_or_insert_with(|| Tensor::zeros_of(ty.shape, ty.dtype));
    }
}

/// Zeros in all leaves behind the flat slopes of a sweep that has ended.
#[cold]
pub(super) fn fill(inner: &Inner, mirror: &mut Mirror) {
    let behind = behind(inner, &mirror.flat);
    for id in (0..behind.len()).filter(|&id| behind[id] && inner.nodes[id].is_leaf()) {
        reach(inner, mirror, id);
    }
}

#[cfg(test)]
mod tests {
    use crate::{Gradients, Param, Tape, Var, value_and_grad};
    use gradus_tensor::{DType, Tensor};

    /// A flat slope at each place of a chain, over numbers, small and large values: PyTorch gives zeros to all that the loss
    /// depends on, and nothing to what it does not.
    #[test]
    fn zeros_wherever_the_flat_slope_stands() {
        for n in [1, 5, (1 << 18) + 3] {
            let ones = || Tensor::ones_of([n], DType::F64);
            let [w, b, other] = [Param::new(ones()), Param::new(Tensor::from(0.5)), Param::new(ones())];
            type Flat = for<'t> fn(Var<'t>) -> Var<'t>;
            type Loss<'f> = &'f dyn for<'t> Fn(Var<'t>, Var<'t>) -> Var<'t>;
            let flat: [Flat; 4] = [|x| x * 0.0, |x| x.floor(), |x| x.sign(), |x| x.pow(0)];
            for flat in flat {
                let places: [Loss<'_>; 4] = [
                    &|w, b| flat(w).sum() * b,
                    &|w, b| flat((w * b).tanh()).sum(),
                    &|w, b| flat((w.square() + b).sum()),
                    &|w, b| (flat(w.cumsum(0).exp() * b).mean() + 1.0) * 0.0,
                ];
                for (k, loss) in places.iter().enumerate() {
                    let (_, grads) = value_and_grad(|tape| {
                        let _ = tape.param(&other);
                        loss(tape.param(&w), tape.param(&b))
                    });
                    let zeros = |param: &Param| {
                        grads
                            .get(param)
                            .unwrap_or_else(|| panic!("{n}: none at place {k}"))
                            .abs()
                            .max()
                            .item()
                    };
                    assert_eq!(zeros(&w), 0.0, "{n}, place {k}");
                    assert!(k == 0 || zeros(&b) == 0.0, "{n}, place {k}");
                    assert!(grads.get(&b).is_some() && grads.get(&other).is_none());
                }
            }
        }
    }

    /// A slope that is infinite behind it makes no NaN, and what reaches a leaf by another way counts.
    #[test]
    fn nothing_is_multiplied_and_nothing_is_overwritten() {
        let tape = Tape::new();
        let (x, apart) = (tape.var([0.0, 4.0]), tape.var(1.0));
        let y = x.sqrt();
        let grads: Gradients = (y * 0.0).sum().backward();
        assert_eq!(grads.wrt(x).to_f64_vec(), [0.0, 0.0]);
        assert!(grads.try_wrt(x).is_some() && grads.try_wrt(apart).is_none());
        let both = (x.square().floor() + x * 3.0).sum().backward();
        assert_eq!(both.wrt(x).to_f64_vec(), [3.0, 3.0]);
        // What is detached is not behind it.
        let w = tape.var(2.0);
        assert!((w.detach().floor() * x.sum()).backward().try_wrt(w).is_none());
    }
}
