//! Layer normalisation: each row is centred, divided by its deviation, scaled and shifted, in one pass while it lies in
//! the cache.
//!
//! `$y = \gamma \odot \hat x + \beta$`, `$\hat x = (x - \mu)\, r$`, `$r = 1/\sqrt{\sigma^2 + \varepsilon}$`, with the
//! biased variance (Ba et al., 2016).

use crate::dtype::Element;
use crate::kernel::{Real, parallel, run, sum};
use crate::tensor::Tensor;

/// Rows in one piece of work.
fn group(width: usize) -> usize {
    ((1 << 14) / width.max(1)).max(1)
}

/// Sums, over a row, of two expressions at once, in lanes.
#[inline(always)]
fn sums<T: Real>(n: usize, f: impl Fn(usize) -> (T, T)) -> (T, T) {
    const LANES: usize = 16;
    let (mut a, mut b) = ([T::ZERO; LANES], [T::ZERO; LANES]);
    let whole = n - n % LANES;
    for start in (0..whole).step_by(LANES) {
        for lane in 0..LANES {
            let (x, y) = f(start + lane);
            a[lane] += x;
            b[lane] += y;
        }
    }
    for i in whole..n {
        let (x, y) = f(i);
        a[i - whole] += x;
        b[i - whole] += y;
    }
    (sum::block_sum(&a), sum::block_sum(&b))
}

/// The mean and the reciprocal deviation of a row.
#[inline(always)]
fn moments<T: Real>(x: &[T], epsilon: T) -> (T, T) {
    let n = T::of(x.len() as f64);
    let mean = sums(
        x.len(),
        #[inline(always)]
        |i| (x[i], T::ZERO),
    )
    .0 / n;
    let squares = sums(
        x.len(),
        #[inline(always)]
        |i| ((x[i] - mean) * (x[i] - mean), T::ZERO),
    )
    .0;
    (mean, T::ONE / (squares / n + epsilon).sqrt())
}

/// `$\gamma \odot (x - \mu) r + \beta$` along the last axis.
///
/// # Panics
/// If `gamma` or `beta` have not the size of the last axis, or the elements are not floats.
#[track_caller]
pub fn layer_norm(x: &Tensor, gamma: &Tensor, beta: &Tensor, epsilon: f64) -> Tensor {
    with_float!("layer_norm", x.dtype(), T => {
        let (x, gamma, beta) = (x.contiguous(), gamma.to(x.dtype()).contiguous(), beta.to(x.dtype()).contiguous());
        let (all, gamma, beta) = (x.as_slice::<T>(), gamma.as_slice::<T>(), beta.as_slice::<T>());
        let width = gamma.len();
        let epsilon = T::of(epsilon);
        Tensor::build::<T>(*x.shape(), |y| {
            if y.is_empty() {
                return;
            }
            parallel::chunks(y, group(width) * width, 0.6, |start, y| {
                let x = &all[start..start + y.len()];
                run(#[inline(always)] || {
                    for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
                        let (mean, r) = moments(x, epsilon);
                        for (((y, &x), &g), &b) in y.iter_mut().zip(x).zip(gamma).zip(beta) {
                            *y = (x - mean) * r * g + b;
                        }
                    }
                });
            });
        })
    })
}

/// The gradient of [`layer_norm`] in x for outputs weighted by `d`:
/// `$r (p - \overline{p} - \hat x\, \overline{p \hat x})$` with `$p = d \odot \gamma$`.
///
/// # Panics
/// As [`layer_norm`].
#[track_caller]
pub fn layer_norm_input(x: &Tensor, gamma: &Tensor, d: &Tensor, epsilon: f64) -> Tensor {
    with_float!("layer_norm_input", x.dtype(), T => {
        let (x, gamma, d) = (x.contiguous(), gamma.to(x.dtype()).contiguous(), d.contiguous());
        let (all, gamma, d) = (x.as_slice::<T>(), gamma.as_slice::<T>(), d.as_slice::<T>());
        let width = gamma.len();
        let (epsilon, n) = (T::of(epsilon), T::of(width as f64));
        Tensor::build::<T>(*x.shape(), |z| {
            if z.is_empty() {
                return;
            }
            parallel::chunks(z, group(width) * width, 1.0, |start, z| {
                let range = start..start + z.len();
                let (x, d) = (&all[range.clone()], &d[range]);
                run(#[inline(always)] || {
                    for ((x, d), z) in x.chunks_exact(width).zip(d.chunks_exact(width)).zip(z.chunks_exact_mut(width)) {
                        input_row(x, gamma, d, epsilon, n, z);
                    }
                });
            });
        })
    })
}

#[inline(always)]
fn input_row<T: Real>(x: &[T], gamma: &[T], d: &[T], epsilon: T, n: T, z: &mut [T]) {
    let (mean, r) = moments(x, epsilon);
    let width = z.len();
    let (x, gamma, d) = (&x[..width], &gamma[..width], &d[..width]);
    let (p, q) = sums(
        width,
        #[inline(always)]
        |i| {
            let p = d[i] * gamma[i];
            (p, p * (x[i] - mean))
        },
    );
    let (p, q) = (p / n, q * r * r / n);
    for (((z, &x), &g), &d) in z.iter_mut().zip(x).zip(gamma).zip(d) {
        *z = r * (d * g - p - (x - mean) * q);
    }
}

/// The gradients of [`layer_norm`] in gamma and beta, `[2, width]`: `$\sum d \odot \hat x$` and `$\sum d$` over the rows.
///
/// Rows are summed in blocks of fixed borders, so the bits do not depend on the number of threads.
///
/// # Panics
/// As [`layer_norm`].
#[track_caller]
pub fn layer_norm_scales(x: &Tensor, d: &Tensor, epsilon: f64) -> Tensor {
    let width = x.shape().last().copied().unwrap_or(1);
    with_float!("layer_norm_scales", x.dtype(), T => {
        let (x, d) = (x.contiguous(), d.contiguous());
        let (x, d) = (x.as_slice::<T>(), d.as_slice::<T>());
        Tensor::build::<T>([2, width], |out| {
            out.fill(T::ZERO);
            let block = scale_block(x.len(), width);
            if x.is_empty() {
                return;
            }
            let mut partial = vec![T::ZERO; x.len().div_ceil(block) * 2 * width];
            parallel::chunks(&mut partial, 2 * width, block as f64 / width as f64, |start, sum| {
                let first = start / (2 * width) * block;
                let range = first..(first + block).min(x.len());
                let (x, d) = (&x[range.clone()], &d[range]);
                run(#[inline(always)] || scale_rows(x, d, T::of(epsilon), sum));
            });
            for sum in partial.chunks(2 * width) {
                out.iter_mut().zip(sum).for_each(|(y, &x)| *y += x);
            }
        })
    })
}

/// [`layer_norm_input`] and [`layer_norm_scales`] in one pass over memory.
///
/// # Panics
/// As [`layer_norm`].
#[track_caller]
pub fn layer_norm_backward(x: &Tensor, gamma: &Tensor, d: &Tensor, epsilon: f64) -> (Tensor, Tensor) {
    with_float!("layer_norm_backward", x.dtype(), T => {
        let (x, gamma, d) = (x.contiguous(), gamma.to(x.dtype()).contiguous(), d.contiguous());
        let (all, gamma, d) = (x.as_slice::<T>(), gamma.as_slice::<T>(), d.as_slice::<T>());
        let width = gamma.len();
        let (epsilon, n) = (T::of(epsilon), T::of(width as f64));
        let block = scale_block(all.len(), width).max(1);
        let mut partial = vec![T::ZERO; all.len().div_ceil(block) * 2 * width];
        let dx = Tensor::build::<T>(*x.shape(), |z| {
            parallel::chunks2((z, block), (&mut partial, 2 * width), 1.5, |i, z, sum| {
                let range = i * block..i * block + z.len();
                let (x, d) = (&all[range.clone()], &d[range]);
                run(#[inline(always)] || {
                    for ((x, d), z) in x.chunks_exact(width).zip(d.chunks_exact(width)).zip(z.chunks_exact_mut(width)) {
                        backward_row(x, gamma, d, epsilon, n, z, sum);
                    }
                });
            });
        });
        let scales = Tensor::build::<T>([2, width], |out| {
            out.fill(T::ZERO);
            for sum in partial.chunks((2 * width).max(1)) {
                out.iter_mut().zip(sum).for_each(|(y, &x)| *y += x);
            }
        });
        (dx, scales)
    })
}

#[inline(always)]
fn backward_row<T: Real>(x: &[T], gamma: &[T], d: &[T], epsilon: T, n: T, z: &mut [T], sum: &mut [T]) {
    let (mean, r) = moments(x, epsilon);
    let width = z.len();
    let (x, gamma, d) = (&x[..width], &gamma[..width], &d[..width]);
    let (p, q) = sums(
        width,
        #[inline(always)]
        |i| {
            let p = d[i] * gamma[i];
            (p, p * (x[i] - mean))
        },
    );
    let (p, q) = (p / n, q * r / n);
    let (scales, shifts) = sum.split_at_mut(width);
    let shifts = &mut shifts[..width];
    for i in 0..width {
        let unit = (x[i] - mean) * r;
        z[i] = r * (d[i] * gamma[i] - p - unit * q);
        scales[i] += d[i] * unit;
        shifts[i] += d[i];
    }
}

/// Elements in one block of rows: at most 16 blocks.
fn scale_block(n: usize, width: usize) -> usize {
    let rows = n / width.max(1);
    rows.div_ceil(16).max(group(width)) * width
}

#[inline(always)]
fn scale_rows<T: Real + Element>(x: &[T], d: &[T], epsilon: T, sum: &mut [T]) {
    let width = sum.len() / 2;
    let (scales, shifts) = sum.split_at_mut(width);
    for (x, d) in x.chunks_exact(width).zip(d.chunks_exact(width)) {
        let (mean, r) = moments(x, epsilon);
        for (((g, b), &x), &d) in scales.iter_mut().zip(shifts.iter_mut()).zip(x).zip(d) {
            *g += d * ((x - mean) * r);
            *b += d;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_mean_0_and_variance_1() {
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
        let (dx, both) = layer_norm_backward(&x, &gamma, &d, 1e-5);
        assert!(dx.max_abs_diff(&layer_norm_input(&x, &gamma, &d, 1e-5)) < 1e-13);
        assert!(both.max_abs_diff(&scales) < 1e-13);
        assert!(scales.select(0, 0).max_abs_diff(&(&plain * &d).sum_axes(0)) < 1e-12);
        assert!(scales.select(0, 1).max_abs_diff(&d.sum_axes(0)) < 1e-12);
    }
}
