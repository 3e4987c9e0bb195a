//! Layer normalisation: each run is centred, divided by its deviation, scaled and shifted, in one pass while it lies in
//! the cache.
//!
//! `$y = \gamma \odot \hat x + \beta$`, `$\hat x = (x - \mu)\, r$`, `$r = 1/\sqrt{\sigma^2 + \varepsilon}$`, with the
//! biased variance (Ba et al., 2016).

use crate::kernel::{Real, axpy, layer_norm as kernel, parallel};
use crate::last_axis::{by_runs, runs_per_piece};
use crate::tensor::Tensor;

/// `$\gamma \odot (x - \mu) r + \beta$` along the last axis.
///
/// # Panics
/// If `gamma` or `beta` have not the size of the last axis, or the elements are not floats.
#[track_caller]
pub fn layer_norm(x: &Tensor, gamma: &Tensor, beta: &Tensor, epsilon: f64) -> Tensor {
    with_float!("layer_norm", x.dtype(), T => {
        let (gamma, beta) = (gamma.to(x.dtype()).contiguous(), beta.to(x.dtype()).contiguous());
        let (gamma, beta) = (gamma.as_slice::<T>(), beta.as_slice::<T>());
        by_runs::<T, 1>([x], 0.6, &|[x], n, y| kernel::layer_norm(x, gamma, beta, n, T::of(epsilon), y))
    })
}

// The gradients.

/// The gradient of [`layer_norm`] in x for outputs weighted by `d`:
/// `$r (p - \overline{p} - \hat x\, \overline{p \hat x})$` with `$p = d \odot \gamma$`.
///
/// # Panics
/// As [`layer_norm`].
#[track_caller]
pub fn layer_norm_input(x: &Tensor, gamma: &Tensor, d: &Tensor, epsilon: f64) -> Tensor {
    with_float!("layer_norm_input", x.dtype(), T => {
        let gamma = gamma.to(x.dtype()).contiguous();
        let gamma = gamma.as_slice::<T>();
        by_runs::<T, 2>([x, d], 1.0, &|[x, d], n, z| {
            z.fill(T::ZERO);
            kernel::layer_norm_pull(x, gamma, d, n, T::of(epsilon), z);
        })
    })
}

/// The gradients of [`layer_norm`] in gamma and beta, `[2, width]`: `$\sum d \odot \hat x$` and `$\sum d$` over the runs.
///
/// Runs are summed in blocks of fixed borders, so the bits do not depend on the number of threads.
///
/// # Panics
/// As [`layer_norm`].
#[track_caller]
pub fn layer_norm_scales(x: &Tensor, d: &Tensor, epsilon: f64) -> Tensor {
    let width = x.shape().last().copied().unwrap_or(1);
    with_float!("layer_norm_scales", x.dtype(), T => {
        let (x, d) = (x.contiguous(), d.contiguous());
        let (x, d) = (x.as_slice::<T>(), d.as_slice::<T>());
        let block = scale_block(x.len(), width);
        let blocks = x.len().div_ceil(block.max(1));
        let partial = Tensor::build::<T>([blocks, 2, width], |partial| {
            if partial.is_empty() {
                return;
            }
            parallel::chunks(partial, 2 * width, block as f64 / width as f64, |start, sum| {
                let first = start / (2 * width) * block;
                let range = first..(first + block).min(x.len());
                scale_runs(&x[range.clone()], &d[range], T::of(epsilon), sum);
            });
        });
        partial.sum_axes(0)
    })
}

/// Elements in one block of runs: at most 16 blocks.
fn scale_block(n: usize, width: usize) -> usize {
    let runs = n / width.max(1);
    runs.div_ceil(16).max(runs_per_piece(width)) * width
}

fn scale_runs<T: Real>(x: &[T], d: &[T], epsilon: T, sum: &mut [T]) {
    let width = sum.len() / 2;
    sum.fill(T::ZERO);
    let (scales, shifts) = sum.split_at_mut(width);
    for (x, d) in x.chunks_exact(width).zip(d.chunks_exact(width)) {
        kernel::layer_norm_pull_scale(x, d, width, epsilon, scales);
        axpy::add(d, shifts);
    }
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

    #[test]
    fn the_slope_is_the_limit_of_differences() {
        let mut rng = crate::rng(1);
        let mut random = |n: usize| Tensor::randn_of([3, n], crate::DType::F64, &mut rng);
        let (x, d, v) = (random(21), random(21), random(21));
        let gamma = Tensor::linspace_of(0.5, 2.0, 21, crate::DType::F64);
        let f = |h: f64| (&layer_norm(&(&x + &(&v * h)), &gamma, &gamma, 1e-5) * &d).sum().item();
        let want = (f(1e-6) - f(-1e-6)) / 2e-6;
        assert!(((&layer_norm_input(&x, &gamma, &d, 1e-5) * &v).sum().item() - want).abs() < 1e-7);
        let plain = layer_norm(&x, &Tensor::from([1.0; 21]), &Tensor::from([0.0; 21]), 1e-5);
        let scales = layer_norm_scales(&x, &d, 1e-5);
        assert!(scales.select(0, 0).max_abs_diff(&(&plain * &d).sum_axes(0)) < 1e-12);
        assert!(scales.select(0, 1).max_abs_diff(&d.sum_axes(0)) < 1e-12);
    }
}
