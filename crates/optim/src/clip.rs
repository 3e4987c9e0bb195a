//! Clipping of gradients by hand, for loops that look at the norm; an [`Optimizer`](crate::Optimizer) does the same with
//! `clip_norm` and `clip_value`.

use gradus_autograd::Gradients;
use gradus_tensor::{DType, Tensor};

/// The norm of order `p` of all gradients as one vector: `$(\sum |g|^p)^{1/p}$`, the largest `$|g|$` for infinite p, 0 for no
/// gradients; NaN if one is. Powers that overflow or vanish are taken of the gradients divided by the largest.
pub fn total_norm(grads: &Gradients, p: f64) -> f64 {
    let largest = || {
        let sizes = grads.iter().filter(|(_, g)| !g.is_empty()).map(|(_, g)| g.abs().max().item());
        // NaN wins, as in a sum.
        sizes.fold(0.0, |a: f64, b| if a.is_nan() || a > b { a } else { b })
    };
    if p.is_infinite() {
        return largest();
    }
    let norm = if p == 2.0 { grads.norm() } else { root_of_powers(grads, p, 1.0) };
    if norm != 0.0 && norm.is_finite() {
        return norm;
    }
    let most = largest();
    if most > 0.0 && most.is_finite() { root_of_powers(grads, p, most) } else { norm }
}

/// The norm of order `p`, with powers of the gradients divided by `unit`. The norm of the norms is the norm of all, so each
/// tensor is reduced by itself.
fn root_of_powers(grads: &Gradients, p: f64, unit: f64) -> f64 {
    let each = grads.iter().map(|(_, g)| (&g.to(DType::F64).abs() / unit).powf(p).sum().item());
    unit * each.sum::<f64>().powf(1.0 / p)
}

/// Scales all gradients by `$\min(1, m / (\lVert g \rVert_p + 10^{-6}))$`, so that their common norm is at most m; returns the
/// norm before.
///
/// # Source
/// Pascanu, Mikolov and Bengio 2013; `torch.nn.utils.clip_grad_norm_`.
///
/// # Panics
/// If `max_norm` is below 0 or NaN, or p is not above 0.
#[track_caller]
pub fn clip_norm(grads: &mut Gradients, max_norm: f64, p: f64) -> f64 {
    check("clip_norm", "the largest norm", max_norm);
    assert!(p > 0.0, "clip_norm: the order p of the norm is {p}; it must be above 0");
    let norm = total_norm(grads, p);
    let factor = factor(max_norm, norm);
    if factor != 1.0 {
        grads.scale(factor);
    }
    norm
}

/// Panics if a limit is below 0 or NaN.
#[track_caller]
pub(crate) fn check(op: &str, what: &str, limit: f64) {
    assert!(limit >= 0.0, "{op}: {what} is {limit}; it must be at least 0");
}

/// What gradients of this norm are multiplied by.
pub(crate) fn factor(max_norm: f64, norm: f64) -> f64 {
    // Not `min`, which drops a NaN.
    let factor = max_norm / (norm + 1e-6);
    if factor > 1.0 { 1.0 } else { factor }
}

/// Limits every element of the gradients to `-limit ..= limit`; NaN stays.
///
/// # Panics
/// If `limit` is below 0 or NaN.
#[track_caller]
pub fn clip_value(grads: &mut Gradients, limit: f64) {
    check("clip_value", "the limit", limit);
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
    use approx::{abs_diff_eq, assert_abs_diff_eq};
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
        assert_abs_diff_eq!(total_norm(&grads, 2.0), 1.0, epsilon = 1e-6);
        let mut grads = gradients();
        clip_value(&mut grads, 3.5);
        assert_eq!((grads.get(&a).unwrap().item(), grads.get(&b).unwrap().item()), (3.0, 3.5));
    }

    /// A NaN is not dropped, and large or small gradients keep their norm.
    #[test]
    fn nan_and_extreme_gradients() {
        let of = |x: f64| {
            let (a, b) = (Param::new(x), Param::new(4.0 / 3.0 * x));
            value_and_grad(|t| (t.param(&a) * x + t.param(&b) * (4.0 / 3.0 * x)) * 3.0).1
        };
        for p in [1.0, 2.0, 3.0, f64::INFINITY] {
            assert!(total_norm(&of(f64::NAN), p).is_nan());
            assert!(clip_norm(&mut of(f64::NAN), 1.0, p).is_nan());
        }
        let mut spoiled = of(f64::NAN);
        clip_norm(&mut spoiled, 1.0, f64::INFINITY);
        assert!(spoiled.iter().all(|(_, g)| g.is_nan().all().item() == 1.0));
        for x in [1e200, 1e-200, 1e300, 1e-300] {
            assert!(abs_diff_eq!(total_norm(&of(x), 2.0) / (5.0 * x), 1.0, epsilon = 1e-14), "{x:e}");
            assert!(
                abs_diff_eq!(total_norm(&of(x), 3.0) / (91f64.cbrt() * x), 1.0, epsilon = 1e-14),
                "{x:e}"
            );
        }
    }
}
