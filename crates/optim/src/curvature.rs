//! Estimates of the Hessian's diagonal.

use gradus_autograd::{Gradients, Params, Tape, Var};
use gradus_tensor::{Rng, Tensor};

/// The loss, the gradients, and Hutchinson's estimate of the Hessian's diagonal, `$z \odot Hz$` for random
/// signs `$z$`: its mean is the diagonal. Costs about two gradients more.
///
/// # Panics
/// If the result of `f` is not a scalar.
///
/// # Source
/// Hutchinson 1990; Bekas, Kokiopoulou and Saad 2007.
pub fn hutchinson(
    model: &(impl Params + ?Sized),
    rng: &mut Rng,
    f: impl for<'t> FnOnce(&'t Tape) -> Var<'t>,
) -> (f64, Gradients, Gradients) {
    let tape = Tape::new();
    let loss = f(&tape);
    let mut params = Vec::new();
    model.visit("", &mut |_, param| {
        if param.is_trainable() {
            params.push(param);
        }
    });
    let vars: Vec<Var<'_>> = params.iter().map(|param| tape.param(param)).collect();
    let slopes = loss.grads(&vars);
    let sign = |param: &&gradus_autograd::Param| {
        Tensor::bernoulli_of(*param.shape(), 0.5, param.value().dtype(), rng) * 2.0 - 1.0
    };
    let signs: Vec<Tensor> = params.iter().map(sign).collect();
    let products = slopes.iter().zip(&signs).map(|(g, z)| (*g * z).sum());
    let total: Option<Var<'_>> = products.reduce(|a, b| a + b);
    let (mut grads, mut curvature) = (Gradients::default(), Gradients::default());
    let twice = total.filter(|total| total.needs()).map(|total| total.grads(&vars));
    for (i, param) in params.iter().enumerate() {
        grads.set(param.id(), slopes[i].value());
        let product = twice.as_ref().map_or_else(|| param.value().zeros_like(), |all| all[i].value());
        curvature.set(param.id(), product * &signs[i]);
    }
    (loss.item(), grads, curvature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_autograd::Param;

    #[test]
    fn a_diagonal_hessian_is_found_exactly() {
        let w = Param::new([1.0, 2.0, 3.0]);
        let mut rng = gradus_tensor::rng(1);
        // Σ w³/6: gradient w²/2, Hessian diag(w).
        let (loss, grads, curvature) =
            hutchinson(&w, &mut rng, |tape| (tape.param(&w).square() * tape.param(&w)).sum() / 6.0);
        assert!((loss - 6.0).abs() < 1e-15);
        assert_eq!(grads.get(&w).unwrap().to_vec::<f64>(), [0.5, 2.0, 4.5]);
        let close = curvature
            .get(&w)
            .unwrap()
            .to_vec::<f64>()
            .iter()
            .zip([1.0, 2.0, 3.0])
            .all(|(a, b)| (a - b).abs() < 1e-14);
        assert!(close);
    }
}
