//! Layer normalisation: each run is centred, divided by its deviation, scaled and shifted, in one pass while it lies in
//! the cache.
//!
//! `$y = \gamma \odot \hat x + \beta$`, `$\hat x = (x - \mu)\, r$`, `$r = 1/\sqrt{\sigma^2 + \varepsilon}$`, with the
//! biased variance (Ba et al., 2016).

use crate::kernel::{Real, layer_norm as kernel};
use crate::last_axis::by_runs;
use crate::tensor::Tensor;

/// `$\gamma \odot (x - \mu) r + \beta$` along the last axis.
///
/// # Panics
/// If `gamma` or `beta` have not the size of the last axis, or the elements are not floats.
#[track_caller]
pub fn layer_norm(x: &Tensor, gamma: &Tensor, beta: &Tensor, eps: f64) -> Tensor {
    let sizes = [gamma, beta].map(|part| *part.shape());
    let fits = x.shape().last().is_some_and(|&n| sizes.iter().all(|size| *size == [n]));
    assert!(
        fits,
        "layer_norm: input {}, gamma {}, beta {}: both must have the size of the input's last axis",
        x.shape(),
        sizes[0],
        sizes[1]
    );
    let dtype = x.dtype().promote(gamma.dtype()).promote(beta.dtype());
    let x = &x.to(dtype);
    with_float!("layer_norm", dtype, T => {
        let (gamma, beta) = (gamma.to(dtype).contiguous(), beta.to(dtype).contiguous());
        let (gamma, beta) = (gamma.as_slice::<T>(), beta.as_slice::<T>());
        by_runs::<T>(x, 0.6, &|x, n, y| kernel::layer_norm(x, gamma, beta, n, T::of(eps), y))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_have_mean_0_and_variance_1() {
        let x = Tensor::from([[1.0, 2.0, 3.0, 6.0], [-4.0, 0.0, 0.0, 4.0]]);
        let y = layer_norm(&x, &Tensor::from([1.0; 4]), &Tensor::from([0.0; 4]), 0.0);
        assert!(y.sum_axes(1).abs().max().item() < 1e-14);
        assert!((&(&y * &y).sum_axes(1) - 4.0).abs().max().item() < 1e-14);
    }
}
