//! Estimates of the Hessian's diagonal.

use gradus_autograd::{Gradients, Param, Params, Var};
use gradus_tensor::{Rng, Tensor};

/// The gradients of a loss in a model's parameters, and Hutchinson's estimate of the Hessian's diagonal, `$z \odot Hz$` for
/// random signs `$z$`: its mean is the diagonal. Costs about three gradients more than the loss.
///
/// ```
/// use gradus_autograd::{Param, Tape};
/// use gradus_optim::{Optimizer, Sophia, hutchinson};
///
/// let (mut w, mut rng) = (Param::new([1.0, 2.0]), gradus_tensor::rng(0));
/// let mut optimizer = Optimizer::new(Sophia::default(), 0.1);
/// let tape = Tape::training(0);
/// let (grads, curvature) = hutchinson(tape.param(&w).square().sum(), &w, &mut rng);
/// assert_eq!(curvature.get(&w).unwrap().to_vec::<f64>(), [2.0, 2.0]);
/// drop(tape);
/// optimizer.step_with_curvature(&mut w, &grads, Some(&curvature));
/// ```
///
/// # Panics
/// If the loss is not a scalar, or depends on no parameter.
///
/// # Source
/// Hutchinson 1990; Bekas, Kokiopoulou and Saad 2007.
#[track_caller]
pub fn hutchinson(loss: Var<'_>, model: &(impl Params + ?Sized), rng: &mut Rng) -> (Gradients, Gradients) {
    let grads = loss.backward();
    let all = model.params().into_iter().map(|(_, param)| param);
    let params: Vec<&Param> = all.filter(|param| grads.get(param).is_some()).collect();
    let vars: Vec<Var<'_>> = params.iter().map(|param| loss.tape().param(param)).collect();
    let slopes = loss.grads(&vars);
    let sign =
        |param: &&Param| Tensor::bernoulli_of(*param.shape(), 0.5, param.value().dtype(), rng) * 2.0 - 1.0;
    let signs: Vec<Tensor> = params.iter().map(sign).collect();
    let products = slopes.iter().zip(&signs).map(|(g, z)| (*g * z).sum());
    let total: Option<Var<'_>> = products.reduce(|a, b| a + b);
    let twice = total.filter(|total| total.needs()).map(Var::backward);
    let mut curvature = Gradients::default();
    for (param, z) in params.iter().zip(&signs) {
        // A linear loss has no curvature.
        let product = twice.as_ref().and_then(|twice| twice.get(param));
        curvature.set(param.id(), product.map_or_else(|| z.zeros_like(), |product| product * z));
    }
    (grads, curvature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;
    use gradus_autograd::Tape;

    #[test]
    fn a_diagonal_hessian_is_found_exactly() {
        let (w, unused) = (Param::new([1.0, 2.0, 3.0]), Param::new(1.0));
        let mut rng = gradus_tensor::rng(1);
        let tape = Tape::new();
        // Σ w³/6: gradient w²/2, Hessian diag(w).
        let loss = (tape.param(&w).square() * tape.param(&w)).sum() / 6.0;
        let (grads, curvature) = hutchinson(loss, &[w.clone(), unused.clone()], &mut rng);
        assert!(grads.get(&w).is_some() && curvature.is_empty(), "clones are other parameters");
        let (grads, curvature) = hutchinson(loss, &vec![w, unused], &mut rng);
        assert_eq!((grads.len(), curvature.len()), (1, 1));
        assert_eq!(grads.iter().next().unwrap().1.to_vec::<f64>(), [0.5, 2.0, 4.5]);
        let diagonal = curvature.iter().next().unwrap().1.to_vec::<f64>();
        assert!(diagonal.iter().zip([1.0, 2.0, 3.0]).all(|(a, b)| abs_diff_eq!(*a, b, epsilon = 1e-14)));
    }

    #[test]
    fn a_linear_loss_has_none_and_statistics_leave_with_the_gradients() {
        let (w, mean) = (Param::new([1.0, 2.0]), Param::buffer(0.0));
        let tape = Tape::training(0);
        tape.update(&mean, Tensor::scalar(5.0));
        let (grads, curvature) = hutchinson(tape.param(&w).sum(), &w, &mut gradus_tensor::rng(1));
        assert_eq!(curvature.get(&w).unwrap().to_vec::<f64>(), [0.0, 0.0]);
        assert_eq!(grads.updates().count(), 1);
    }
}
