//! Kernels that do in one visit to the memory what several operations would do in many: the affine map of a layer,
//! softmax and its relatives along the last axis, and cross-entropy, each with the map of its gradient.

use crate::dtype::Element;
use crate::kernel::{Real, parallel, rows, run, sum};
use crate::tensor::Tensor;

/// `$x W^\top + b$`: x is `[…, in]`, `w` is `[out, in]`, `b` is `[out]`.
///
/// # Panics
/// If the sizes do not fit.
#[track_caller]
pub fn linear(x: &Tensor, w: &Tensor, b: Option<&Tensor>) -> Tensor {
    let mut y = x.matmul(&w.t());
    if let Some(b) = b {
        let b = b.to(y.dtype()).contiguous();
        with_float!("linear", y.dtype(), T => add_rows(y.slice_mut::<T>(), b.as_slice::<T>()));
    }
    y
}

/// Adds `row` to each row.
fn add_rows<T: Real + Element>(y: &mut [T], row: &[T]) {
    let width = row.len();
    if y.is_empty() {
        return;
    }
    parallel::chunks(y, rows_per_piece(width) * width, 0.1, |_, y| {
        run(
            #[inline(always)]
            || {
                for y in y.chunks_exact_mut(width) {
                    for (y, &b) in y.iter_mut().zip(row) {
                        *y += b;
                    }
                }
            },
        );
    });
}

/// How many rows of this width make one parallel piece.
pub(crate) fn rows_per_piece(width: usize) -> usize {
    ((1 << 14) / width.max(1)).max(1)
}

/// A kernel over rows: `(inputs, width, output)`.
pub(crate) type RowsFn<'f, T, const N: usize> = dyn Fn([&[T]; N], usize, &mut [T]) + Sync + 'f;

/// Applies a kernel to the rows along the last axis of tensors of one shape, in pieces of whole rows.
#[track_caller]
pub(crate) fn by_rows<T: Real + Element, const N: usize>(
    x: [&Tensor; N],
    cost: f64,
    f: &RowsFn<'_, T, N>,
) -> Tensor {
    let shape = *x[0].shape();
    for other in x {
        assert!(*other.shape() == shape, "rows of {shape} and {} cannot be paired", other.shape());
    }
    let width = shape.last().copied().unwrap_or(1);
    let x = x.map(Tensor::contiguous);
    let slices = x.each_ref().map(|x| x.as_slice::<T>());
    Tensor::build::<T>(shape, |y| {
        if !y.is_empty() {
            parallel::chunks(y, rows_per_piece(width) * width, cost, |start, y| {
                f(slices.map(|x| &x[start..start + y.len()]), width, y);
            });
        }
    })
}

/// `$e^{x_i} / \sum_j e^{x_j}$` along the last axis.
///
/// # Panics
/// If the elements are not floats.
#[track_caller]
pub fn softmax(x: &Tensor) -> Tensor {
    with_float!("softmax", x.dtype(), T => by_rows::<T, 1>([x], 1.0, &|[x], n, y| rows::softmax(x, n, y)))
}

/// `$y \odot (d - \sum d \odot y)$` along the last axis: the gradient of softmax with result `y`.
///
/// # Panics
/// If the shapes differ or the elements are not floats.
#[track_caller]
pub fn softmax_backward(y: &Tensor, d: &Tensor) -> Tensor {
    with_float!("softmax_backward", y.dtype(), T => by_rows::<T, 2>([y, d], 0.5, &|[y, d], n, z| {
        z.fill(T::ZERO);
        rows::softmax_pull(y, d, n, z);
    }))
}

/// `$x_i - \ln \sum_j e^{x_j}$` along the last axis.
///
/// # Panics
/// If the elements are not floats.
#[track_caller]
pub fn log_softmax(x: &Tensor) -> Tensor {
    with_float!("log_softmax", x.dtype(), T => by_rows::<T, 1>([x], 1.0, &|[x], n, y| rows::log_softmax(x, n, y)))
}

/// `$d - e^y \sum d$` along the last axis: the gradient of log-softmax with result `y`.
///
/// # Panics
/// If the shapes differ or the elements are not floats.
#[track_caller]
pub fn log_softmax_backward(y: &Tensor, d: &Tensor) -> Tensor {
    with_float!("log_softmax_backward", y.dtype(), T => by_rows::<T, 2>([y, d], 1.0, &|[y, d], n, z| {
        z.fill(T::ZERO);
        rows::log_softmax_pull(y, d, n, z);
    }))
}

/// The mean over the rows of `$\ln \sum_j e^{x_j} - x_t$`, for logits `[N, C]` and labels `[N]`.
///
/// # Panics
/// If a label is not below C or the elements are not floats.
#[track_caller]
pub fn cross_entropy(x: &Tensor, labels: &Tensor) -> Tensor {
    let classes = x.shape()[1];
    let labels = labels.contiguous();
    let labels = labels.as_slice::<i64>();
    with_float!("cross_entropy", x.dtype(), T => {
        let x = x.contiguous();
        let x = x.as_slice::<T>();
        let mut losses = vec![T::ZERO; labels.len()];
        parallel::chunks(&mut losses, rows_per_piece(classes), classes as f64, |start, losses| {
            let mut scratch = vec![T::ZERO; classes];
            for (i, loss) in losses.iter_mut().enumerate() {
                let row = &x[(start + i) * classes..][..classes];
                let target = row[labels[start + i] as usize];
                let scratch = &mut scratch;
                *loss = run(#[inline(always)] || {
                    let (shift, log) = rows::log_sum_exp(row, scratch);
                    log - (target - shift)
                });
            }
        });
        let n = T::of(labels.len() as f64);
        Tensor::scalar(sum::sum(&losses) / n)
    })
}

/// `$\tfrac dN (\mathrm{softmax}(x_i)_j - [j = t_i])$`: the gradient of [`cross_entropy`].
///
/// # Panics
/// If a label is not below C or the elements are not floats.
#[track_caller]
pub fn cross_entropy_backward(x: &Tensor, labels: &Tensor, d: f64) -> Tensor {
    let classes = x.shape()[1];
    let mut z = softmax(x);
    let labels = labels.contiguous();
    let labels = labels.as_slice::<i64>();
    with_float!("cross_entropy_backward", z.dtype(), T => {
        let scale = T::of(d / labels.len() as f64);
        parallel::chunks(z.slice_mut::<T>(), rows_per_piece(classes) * classes.max(1), 0.3, |start, z| {
            for (i, row) in z.chunks_exact_mut(classes).enumerate() {
                row[labels[start / classes + i] as usize] += -T::ONE;
                for z in row {
                    *z *= scale;
                }
            }
        });
    });
    z
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_rows_sum_to_one_and_do_not_overflow() {
        let x = Tensor::from([[1000.0, 1001.0, 1002.0], [0.0, 0.0, 0.0]]);
        let y = softmax(&x).to_vec::<f64>();
        // e^-2 / (1 + e^-1 + e^-2) = 0.0900305731703805
        assert!((y[0] - 0.090_030_573_170_380_5).abs() < 1e-15);
        assert!((y[3..].iter().sum::<f64>() - 1.0).abs() < 1e-15);
        let z = log_softmax(&x).to_vec::<f64>();
        assert!((z[0] - y[0].ln()).abs() < 1e-14);
    }

    #[test]
    fn cross_entropy_is_minus_the_log_of_the_probability() {
        let x = Tensor::from([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]]);
        let labels = Tensor::from([0i64, 2]);
        // -ln(e^2/(e^2+e+1)) = 0.4076059644443804, -ln(1/3) = 1.0986122886681098
        let loss = cross_entropy(&x, &labels).item();
        assert!((loss - f64::midpoint(0.407_605_964_444_380_4, 1.098_612_288_668_109_8)).abs() < 1e-15);
        let g = cross_entropy_backward(&x, &labels, 1.0).to_vec::<f64>();
        assert!((g[5] - (1.0 / 3.0 - 1.0) / 2.0).abs() < 1e-15);
    }
}
