//! Reductions that need more than one pass: means, variances, log-sum-exp.
//!
//! Variances subtract the mean first (two passes over each run, while it lies in the cache), so they do not cancel;
//! log-sum-exp subtracts the maximum, so it does not overflow.

use super::{AxisList, forms, reduced_shape};
use crate::axes::Axes;
use crate::kernel::fold::{Max, Sum, same, whole};
use crate::kernel::math::kept;
use crate::kernel::softmax::log_sums;
use crate::kernel::{Real, parallel};
use crate::last_axis::RunsFn;
use crate::{DType, Element, Tensor};

/// Runs above this length are cut among threads; shorter ones are shared out whole.
const LONG: usize = 1 << 16;

impl Tensor {
    /// This tensor as floats: I64 and Bool become F32.
    pub(crate) fn floats(&self) -> Self {
        if self.dtype().is_float() { self.clone() } else { self.to(DType::F32) }
    }

    /// Applies `f` to the elements along `axes`: one result for each place along the other axes.
    pub(crate) fn over_runs<T: Element>(
        &self,
        axes: &[usize],
        keep: bool,
        f: &(dyn Fn(&[T]) -> T + Sync),
    ) -> Self {
        self.over_many_runs(axes, keep, &|x, len, out| match len {
            0 => out.fill(f(&[])),
            _ => out.iter_mut().zip(x.chunks(len)).for_each(|(y, x)| *y = f(x)),
        })
    }

    /// As [`Self::over_runs`], by a kernel of any number of runs of a length.
    fn over_many_runs<T: Element>(&self, axes: &[usize], keep: bool, f: &RunsFn<'_, T>) -> Self {
        let mut order: AxisList = (0..self.rank()).filter(|axis| !axes.contains(axis)).collect();
        let kept = order.len();
        order.extend_from_slice(axes);
        order[kept..].sort_unstable();
        let runs = self.permuted(&order).contiguous();
        let x = runs.as_slice::<T>();
        let len: usize = axes.iter().map(|&axis| self.shape()[axis]).product();
        Self::build::<T>(reduced_shape(self.shape(), axes, keep), |out| {
            if len == 0 || len > LONG {
                return f(x, len, out);
            }
            parallel::chunks(out, (LONG / 4 / len).max(1), len as f64 * 0.3, |start, out| {
                f(&x[start * len..][..out.len() * len], len, out);
            });
        })
    }

    fn mean_over(&self, axes: &[usize], keep: bool) -> Self {
        let n: usize = axes.iter().map(|&axis| self.shape()[axis]).product();
        let mut out = self.sum_over(axes, keep).floats();
        with_float!("mean", out.dtype(), T => {
            let n = n as T;
            out.slice_mut::<T>().iter_mut().for_each(|y| *y /= n);
        });
        out
    }

    fn var_over(&self, axes: &[usize], correction: usize, keep: bool) -> Self {
        let x = self.floats();
        with_float!("var", x.dtype(), T => x.over_runs::<T>(axes, keep, &|run| variance(run, correction)))
    }

    fn std_over(&self, axes: &[usize], correction: usize, keep: bool) -> Self {
        let x = self.floats();
        with_float!("std", x.dtype(), T => x.over_runs::<T>(axes, keep, &|run| variance(run, correction).sqrt()))
    }

    fn logsumexp_over(&self, axes: &[usize], keep: bool) -> Self {
        let x = self.floats();
        with_float!("logsumexp", x.dtype(), T => x.over_many_runs::<T>(axes, keep, &|x, len, out| {
            if (1..=LONG).contains(&len) {
                return log_sums(x, len, out);
            }
            out.iter_mut().enumerate().for_each(|(i, y)| *y = logsumexp(&x[i * len..][..len]));
        }))
    }
}

/// `$\sum_i (x_i - \bar x)^2 / (n - c)$`, at least 0 in the denominator.
fn variance<T: Real>(x: &[T], correction: usize) -> T {
    let mean = whole(Sum, x, same) / T::of(x.len() as f64);
    let squares = whole(Sum, x, |x| (x - mean) * (x - mean));
    squares / T::of(x.len().saturating_sub(correction) as f64)
}

/// `$m + \ln \sum_i e^{x_i - m}$` with the maximum `$m$`; an infinite one is the result itself.
fn logsumexp<T: Real>(x: &[T]) -> T {
    let m = whole(Max, x, same);
    if m.abs() == T::INFINITY {
        return m;
    }
    let total = whole(Sum, x, |x| (x - m).exp());
    if !kept(total - T::ONE) {
        // One element has nearly all the weight: the sum of the others.
        let at = x.iter().position(|&x| x == m).unwrap_or(0);
        let rest = |part: &[T]| whole(Sum, part, |x| (x - m).exp());
        return m + (rest(&x[..at]) + rest(&x[at + 1..])).log1p();
    }
    m + total.ln()
}

forms! {
    /// The mean `$\frac{1}{n} \sum_i x_i$`, NaN of nothing. I64 and Bool give F32.
    mean_over: mean mean_axes mean_keep;
    /// The logarithm of the sum of exponentials, `$\ln \sum_i e^{x_i}$`, −∞ of nothing. I64 and Bool give F32.
    logsumexp_over: logsumexp logsumexp_axes logsumexp_keep;
}

/// As `forms!`, with a correction to the number of elements.
macro_rules! corrected_forms {
    ($($(#[$doc:meta])* $over:ident: $all:ident $axes:ident $keep:ident;)*) => {
        /// # Variance and deviation
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// Over all elements, to a tensor without axes. I64 and Bool give F32.
            pub fn $all(&self, correction: usize) -> Self {
                let axes: AxisList = (0..self.rank()).collect();
                self.$over(&axes, correction, false)
            }

            $(#[$doc])*
            ///
            /// Over some axes, which the result does not have. I64 and Bool give F32.
            #[track_caller]
            pub fn $axes(&self, axes: impl Into<Axes>, correction: usize) -> Self {
                self.$over(&axes.into().resolve(stringify!($all), self.shape()), correction, false)
            }

            $(#[$doc])*
            ///
            /// Over some axes, which the result keeps with size 1. I64 and Bool give F32.
            #[track_caller]
            pub fn $keep(&self, axes: impl Into<Axes>, correction: usize) -> Self {
                self.$over(&axes.into().resolve(stringify!($all), self.shape()), correction, true)
            }
        )*}
    };
}

corrected_forms! {
    /// The variance `$\frac{1}{n - c} \sum_i (x_i - \bar x)^2$`; the correction `$c$` is 0 for a whole population (as in
    /// layers), 1 for a sample (as `torch.var` by default).
    var_over: var var_axes var_keep;
    /// The standard deviation, the root of the variance `$\frac{1}{n - c} \sum_i (x_i - \bar x)^2$`.
    std_over: std std_axes std_keep;
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::{abs_diff_eq, assert_abs_diff_eq};

    #[test]
    fn means_and_variances() {
        let x = Tensor::from([[1.0, 2.0, 3.0, 6.0], [0.0, 0.0, 4.0, 4.0]]);
        assert_eq!(x.mean().item(), 2.5);
        assert_eq!(x.mean_axes(1).to_vec::<f64>(), [3.0, 2.0]);
        assert_eq!(x.mean_keep(0).to_vec2::<f64>(), [[0.5, 1.0, 3.5, 5.0]]);
        assert_eq!(x.var_axes(1, 0).to_vec::<f64>(), [3.5, 4.0]);
        assert_eq!(x.var_axes(-1, 1).to_vec::<f64>(), [14.0 / 3.0, 16.0 / 3.0]);
        assert_eq!(x.std_keep(1, 0).to_vec2::<f64>(), [[3.5f64.sqrt()], [2.0]]);
        assert_eq!(x.var_axes(0, 0).to_vec::<f64>(), [0.25, 1.0, 0.25, 1.0]);
        assert_eq!(x.var(0).item(), 4.0);
    }

    #[test]
    fn a_variance_does_not_cancel() {
        let x = Tensor::from([1e6f32, 1e6 + 1.0, 1e6 + 2.0]);
        assert_eq!(x.var(1).item(), 1.0);
    }

    #[test]
    fn integers_give_floats_and_nothing_gives_nan() {
        let mean = Tensor::from([1, 2]).mean();
        assert_eq!((mean.dtype(), mean.item()), (DType::F32, 1.5));
        assert_eq!(Tensor::from([true, false]).mean().item(), 0.5);
        assert!(Tensor::zeros(0).mean().item().is_nan() && Tensor::zeros(0).var(0).item().is_nan());
        assert!(Tensor::ones(1).var(1).item().is_nan());
    }

    #[test]
    fn log_sum_exp() {
        let y = Tensor::from([[1000.0, 1000.0], [f64::NEG_INFINITY, 1.0]]).logsumexp_axes(1).to_vec::<f64>();
        assert!(abs_diff_eq!(y[0] - 1000.0, 2f64.ln(), epsilon = 1e-12) && y[1] == 1.0);
        assert_eq!(Tensor::full(3, f64::NEG_INFINITY).logsumexp().item(), f64::NEG_INFINITY);
        assert_eq!(Tensor::from([f64::INFINITY, 0.0]).logsumexp().item(), f64::INFINITY);
    }

    #[test]
    fn log_sum_exp_of_many_runs_is_that_of_each() {
        let wild = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.0, 700.0, -700.0];
        for width in [1, 2, 3, 10, 63, 64, 100, 127, 128, 200] {
            for dense in [false, true] {
                let number = |i: usize| match (i * 7919) % 97 {
                    k if k < wild.len() && (dense || i.is_multiple_of(11)) => wild[k],
                    _ if dense && (i / width).is_multiple_of(5) => f64::NEG_INFINITY,
                    k => k as f64 / 7.0 - 5.0,
                };
                let x: Vec<f64> = (0..150 * width).map(number).collect();
                let all = Tensor::from_vec(x.clone(), [150, width]).logsumexp_axes(1).to_vec::<f64>();
                for (run, &y) in x.chunks(width).zip(&all) {
                    let want = logsumexp(run);
                    let near = (y - want).abs() <= 1e-14 * want.abs().max(1.0);
                    assert!(near || y == want || y.is_nan() && want.is_nan(), "{y}, alone {want}: {run:?}");
                }
            }
        }
    }

    #[test]
    fn long_and_many_rows() {
        let x = Tensor::range(0.0, 300_000.0, 1.0).to(DType::F64);
        let n = 300_000f64;
        assert_abs_diff_eq!(x.var(0).item() / ((n * n - 1.0) / 12.0), 1.0, epsilon = 1e-12);
        let rows = x.reshape([3000, 100]).var_axes(1, 0).to_vec::<f64>();
        assert!(rows.iter().all(|&v| v == (1e4 - 1.0) / 12.0));
    }
}
