//! Statistics of a batch whose parts lie on several tapes.

use gradus_autograd::{Peers, Var};
use gradus_tensor::Tensor;

/// Mean and biased variance of each channel, `[C]`, over this part of a batch and all others, and the number of values of a channel:
/// `$\mu = \frac{1}{n}\sum_p n_p \mu_p$` and `$\sigma^2 = \frac{1}{n}\sum_p n_p (\sigma_p^2 + (\mu_p - \mu)^2)$`.
///
/// # Panics
/// If a channel has a single value in all parts together.
#[track_caller]
pub(super) fn whole_batch<'t>(x: Var<'t>, peers: &dyn Peers) -> (Var<'t>, Var<'t>, usize) {
    let tape = x.tape();
    let channels = x.shape()[1];
    let own = (x.elements() / channels.max(1)) as f64;
    let (mean, variance) = x.channel_statistics();
    let count = tape.constant(Tensor::full_of([1], own, x.dtype()));
    let sums = peers.sum(Var::cat(&[mean * own, count], 0));
    let n = sums.narrow(0, channels, 1).value().item();
    assert!(n > 1.0, "batch_norm: {} has {n} value in each channel; training needs more than one", x.shape());
    let whole = sums.narrow(0, 0, channels) / n;
    let spread = peers.sum((variance + (mean - whole).square()) * own) / n;
    (whole, spread, n as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BatchNorm, Module};
    use approx::relative_eq;
    use gradus_autograd::{Params, Tape};
    use gradus_tensor::{DType, rng};
    use std::rc::Rc;

    /// Another part with the same values: each sum is twice the own.
    #[derive(Debug)]
    struct Twin;

    impl Peers for Twin {
        fn sum<'t>(&self, x: Var<'t>) -> Var<'t> {
            x * 2.0
        }
    }

    #[test]
    fn a_batch_and_its_twin_are_the_batch_twice() {
        let mut layer = BatchNorm::new(3);
        layer.visit_mut("", &mut |_, param| param.convert(DType::F64));
        let part = Tensor::randn_of([4, 3, 2], DType::F64, &mut rng(1));
        let both = Tensor::cat(&[&part, &part], 0);
        let weights = Tensor::randn_of([4, 3, 2], DType::F64, &mut rng(2));
        let tape = Tape::training(0);
        tape.set_peers(Some(Rc::new(Twin)));
        let x = tape.var(part);
        let y = layer.forward(x);
        let whole = Tape::training(0);
        let z = whole.var(both);
        let w = layer.forward(z);
        assert!(y.value().allclose(&w.value().narrow(0, 0, 4), 1e-12, 1e-12));
        for (a, b) in tape.updates().iter().zip(whole.updates()) {
            assert!(relative_eq!(a.1.to_f64_vec()[..], b.1.to_f64_vec()[..], max_relative = 1e-12));
        }
        let twice = Tensor::cat(&[&weights, &weights], 0);
        let (part, both) = ((y * &weights).sum().backward(), (w * &twice).sum().backward());
        assert!(part.wrt(x).allclose(&both.wrt(z).narrow(0, 0, 4), 1e-11, 1e-11));
    }

    #[test]
    #[should_panic(expected = "batch_norm: [0, 3] has 0 value in each channel")]
    fn parts_without_values_have_no_statistics() {
        let tape = Tape::training(0);
        tape.set_peers(Some(Rc::new(Twin)));
        BatchNorm::new(3).forward(tape.constant(Tensor::zeros([0, 3])));
    }
}
