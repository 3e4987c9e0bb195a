//! Clipping of gradients by hand, for loops that look at the norm; an [`Optimizer`](crate::Optimizer) does the same with
//! `clip_norm` and `clip_value`.

use gradus_autograd::Gradients;
use gradus_tensor::{DType, Tensor};

/// The norm of order `p` of all gradients as one vector: `$(\sum |g|^p)^{1/p}$`, the largest `$|g|$` for infinite p, 0 for no
/// gradients.
pub fn total_norm(grads: &Gradients, p: f64) -> f64 {
    if p == 2.0 {
        return grads.norm();
    }
    // The norm of the norms is the norm of all, so each tensor is reduced by itself.
    let each = grads.iter().map(|(_, g)| {
        let size = g.to(DType::F64).abs();
        if p.is_infinite() {
            if size.is_empty() { 0.0 } else { size.max().item() }
        } else {
            size.powf(p).sum().item()
        }
    });
    if p.is_infinite() { each.fold(0.0, f64::max) } else { each.sum::<f64>().powf(1.0 / p) }
}

/// Scales all gradients by `$\min(1, m / (\lVert g \rVert_p + 10^{-6}))$`, so that their common norm is at most m; returns the
/// norm before.
///
/// # Source
/// Pascanu, Mikolov and Bengio 2013; `torch.nn.utils.clip_grad_norm_`.
pub fn clip_norm(grads: &mut Gradients, max_norm: f64, p: f64) -> f64 {
    let norm = total_norm(grads, p);
    let factor = factor(max_norm, norm);
    if factor != 1.0 {
        grads.scale(factor);
    }
    norm
}

/// What gradients of this norm are multiplied by.
pub(crate) fn factor(max_norm: f64, norm: f64) -> f64 {
    (max_norm / (norm + 1e-6)).min(1.0)
}

/// Limits every element of the gradients to `-limit ..= limit`; NaN stays.
pub fn clip_value(grads: &mut Gradients, limit: f64) {
    for (_, g) in grads.iter_mut() {
        *g = by_value(g, limit);
    }
}

/// Every element limited to `-limit ..= limit`; NaN stays.
pub(crate) fn by_value(g: &Tensor, limit: f64) -> Tensor {
    g.clamp(-limit, limit)
}

#[cfg(test)]
mod tests {
    use gradus_autograd::{Param, value_and_grad};

    use super::*;

    #[test]
    fn three_and_four_become_a_unit_vector() {
        let (a, b) = (Param::new(3.0), Param::new(4.0));
        let gradients = || value_and_grad(|t| (t.param(&a).square() + t.param(&b).square()) * 0.5).1;
        let mut grads = gradients();
        assert_eq!(total_norm(&grads, 2.0), 5.0);
        assert_eq!(total_norm(&grads, 1.0), 7.0);
        assert_eq!(total_norm(&grads, f64::INFINITY), 4.0);
        assert_eq!(clip_norm(&mut grads, 1.0, 2.0), 5.0);
        assert!((total_norm(&grads, 2.0) - 1.0).abs() < 1e-6);
        let mut grads = gradients();
        clip_value(&mut grads, 3.5);
        assert_eq!((grads.get(&a).unwrap().item(), grads.get(&b).unwrap().item()), (3.0, 3.5));
    }
}
