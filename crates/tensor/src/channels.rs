//! Batch normalisation, and scaling of channels: functions of `[N, C, …]` with numbers, `[C]`, of the channels, and their
//! gradients.
//!
//! Sums and means are over all axes but the second. The variance is biased, of the values less their mean.

use crate::Element;
use crate::kernel::Real;
use crate::kernel::channels::{Channels, map, sums};
use crate::tensor::Tensor;

/// Panics unless the values are `[N, C, …]` of one shape and type and the numbers `[C]` of that type.
#[track_caller]
fn check(op: &str, values: &[&Tensor], numbers: &[&Tensor]) -> Channels {
    let (shape, dtype) = (values[0].shape(), values[0].dtype());
    let fits = shape.len() >= 2
        && values.iter().all(|x| x.shape() == shape && x.dtype() == dtype)
        && numbers.iter().all(|x| x.shape()[..] == shape[1..2] && x.dtype() == dtype);
    assert!(fits, "{op}: {shape} must be [N, C, …], and the numbers of its channels [C], all of one type");
    Channels { outer: shape[0], count: shape[1], inner: shape[2..].iter().product() }
}

/// `$\sum f(\mu_c, x_i, d_i)$` for each channel.
fn of_channels<T: Real + Element>(
    at: Channels,
    x: [&[T]; 2],
    mean: &[T],
    f: impl Fn(T, [T; 2]) -> T + Sync + Copy,
) -> Tensor {
    Tensor::build::<T>([at.count], |out| sums(at, x, mean, f, out))
}

/// `$y = (x - \mu_c)\, a_c + b_c$` for the numbers `[μ, a, b]`.
///
/// # Panics
/// If the shapes do not fit or the elements are not floats.
#[track_caller]
pub fn scale(x: &Tensor, numbers: [&Tensor; 3]) -> Tensor {
    let at = check("scale_channels", &[x], &numbers);
    let (x, numbers) = (x.contiguous(), numbers.map(Tensor::contiguous));
    with_float!("scale_channels", x.dtype(), T => {
        let numbers = numbers.each_ref().map(Tensor::as_slice::<T>);
        Tensor::build::<T>(*x.shape(), |y| {
            map(at, [x.as_slice::<T>()], numbers, #[inline(always)] |[m, a, b], [x]| (x - m) * a + b, y);
        })
    })
}

/// `$(d - p_c - (x - \mu_c)\, q_c)\, a_c$` for the numbers `[μ, a, p, q]`.
fn pulled(at: Channels, x: &Tensor, d: &Tensor, numbers: [&Tensor; 4]) -> Tensor {
    with_float!("scale_channels", x.dtype(), T => {
        let (values, numbers) = ([x, d].map(Tensor::as_slice::<T>), numbers.map(Tensor::as_slice::<T>));
        Tensor::build::<T>(*x.shape(), |y| {
            map(at, values, numbers, #[inline(always)] |[m, a, p, q], [x, d]| (d - p - (x - m) * q) * a, y);
        })
    })
}

/// `$\sum d$` and `$\sum d\,(x - \mu)$`.
fn products(at: Channels, x: &Tensor, d: &Tensor, mean: &Tensor) -> [Tensor; 2] {
    with_float!("scale_channels", x.dtype(), T => {
        let [x, d, mean] = [x, d, mean].map(Tensor::as_slice::<T>);
        [
            of_channels(at, [x, d], mean, #[inline(always)] |_, [_, d]| d),
            of_channels(at, [x, d], mean, #[inline(always)] |m, [x, d]| d * (x - m)),
        ]
    })
}

/// The gradients of [`scale`] in x, where it is `wanted`, and in the numbers, for outputs weighted by `d`.
///
/// # Panics
/// As [`scale`].
#[track_caller]
pub fn scale_pull(
    [x, d]: [&Tensor; 2],
    [mean, a]: [&Tensor; 2],
    wanted: bool,
) -> (Option<Tensor>, [Tensor; 3]) {
    let at = check("scale_channels", &[x, d], &[mean, a]);
    let [x, d, mean, a] = [x, d, mean, a].map(Tensor::contiguous);
    let none = a.zeros_like();
    let [sum, product] = products(at, &x, &d, &mean);
    let dx = wanted.then(|| scale(&d, [&none, &a, &none]));
    (dx, [-(&sum * &a), product, sum])
}

/// The mean and the biased variance of each channel; of no elements NaN.
///
/// # Panics
/// If the value has less than two axes or the elements are not floats.
#[track_caller]
pub fn moments(x: &Tensor) -> [Tensor; 2] {
    let at = check("batch_norm", &[x], &[]);
    let n = (at.outer * at.inner) as f64;
    let x = x.contiguous();
    with_float!("batch_norm", x.dtype(), T => {
        let x = x.as_slice::<T>();
        let zeros = vec![T::default(); at.count];
        let mean = of_channels(at, [x, x], &zeros, #[inline(always)] |_, [x, _]| x) / n;
        let squares = of_channels(at, [x, x], mean.as_slice::<T>(), #[inline(always)] |m, [x, _]| (x - m) * (x - m));
        [mean, squares / n]
    })
}

/// `$\sqrt{\sigma^2 + \varepsilon}$`.
fn deviation(variance: &Tensor, eps: f64) -> Tensor {
    (variance + eps).sqrt()
}

/// `$\gamma_c (x - \mu_c)/\sqrt{\sigma_c^2 + \varepsilon} + \beta_c$` for the [`moments`] of x.
///
/// # Panics
/// If the shapes do not fit or the elements are not floats.
#[track_caller]
pub fn batch_norm(
    x: &Tensor,
    [mean, variance]: [&Tensor; 2],
    [gamma, beta]: [&Tensor; 2],
    eps: f64,
) -> Tensor {
    scale(x, [mean, &(gamma / &deviation(variance, eps)), beta])
}

/// The gradients of [`batch_norm`] in x, where it is `wanted`, in gamma and in beta, for outputs weighted by `d`: the moments
/// are functions of x.
///
/// # Panics
/// As [`batch_norm`].
#[track_caller]
pub fn batch_norm_pull(
    [x, d]: [&Tensor; 2],
    [mean, variance]: [&Tensor; 2],
    gamma: &Tensor,
    eps: f64,
    wanted: bool,
) -> (Option<Tensor>, [Tensor; 2]) {
    let at = check("batch_norm", &[x, d], &[mean, variance, gamma]);
    let [x, d, mean] = [x, d, mean].map(Tensor::contiguous);
    if x.is_empty() {
        return (wanted.then(|| x.zeros_like()), [gamma.zeros_like(), gamma.zeros_like()]);
    }
    let (n, r) = ((at.outer * at.inner) as f64, deviation(variance, eps).recip());
    let [sum, product] = products(at, &x, &d, &mean);
    let dx = wanted.then(|| {
        let slope = &product * &r * &r / n;
        pulled(at, &x, &d, [&mean, &(gamma * &r), &(&sum / n), &slope])
    });
    (dx, [product * &r, sum])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;

    /// Long runs and short ones, one channel and many, against sums over axes.
    #[test]
    fn moments_and_gradients_are_those_of_their_formulas() {
        let mut rng = crate::rng(5);
        let shapes: [&[usize]; 6] =
            [&[3, 2, 20], &[70, 5, 2, 3], &[200, 300], &[1, 1, 40], &[1, 4, 5], &[2, 3, 4, 5]];
        for shape in shapes {
            let x = Tensor::randn_of(shape, DType::F64, &mut rng) * 2.0 + 7.0;
            let d = Tensor::randn_of(shape, DType::F64, &mut rng);
            let numbers = [0, 1].map(|_| Tensor::randn_of([shape[1]], DType::F64, &mut rng));
            let mut sizes = vec![1; shape.len() - 1];
            sizes[0] = shape[1];
            let wide = |number: &Tensor| number.reshape(&sizes[..]);
            let axes: Vec<isize> = (0..shape.len() as isize).filter(|&a| a != 1).collect();
            let total = |x: &Tensor| x.sum_axes(axes.clone());
            let n = (x.elements() / shape[1]) as f64;
            let close = |a: &Tensor, b: &Tensor| assert!(a.max_abs_diff(b) < 1e-10, "{shape:?}: {a} {b}");

            let [mean, variance] = moments(&x);
            close(&mean, &x.mean_axes(axes.clone()));
            close(&variance, &x.var_axes(axes.clone(), 0));
            let r = (&variance + 1e-3).sqrt().recip();
            let unit = (&x - &wide(&mean)) * &wide(&r);
            let y = batch_norm(&x, [&mean, &variance], [&numbers[0], &numbers[1]], 1e-3);
            close(&y, &(&unit * &wide(&numbers[0]) + &wide(&numbers[1])));

            let (dx, [dgamma, dbeta]) =
                batch_norm_pull([&x, &d], [&mean, &variance], &numbers[0], 1e-3, true);
            close(&dgamma, &total(&(&d * &unit)));
            close(&dbeta, &total(&d));
            let inner = &d - &wide(&(&dbeta / n)) - &unit * &wide(&(&dgamma / n));
            close(&dx.unwrap(), &(inner * &wide(&(&numbers[0] * &r))));

            let (dx, [dm, da, db]) = scale_pull([&x, &d], [&numbers[0], &numbers[1]], true);
            close(&dx.unwrap(), &(&d * &wide(&numbers[1])));
            close(&dm, &-total(&(&d * &wide(&numbers[1]))));
            close(&da, &total(&(&d * &(&x - &wide(&numbers[0])))));
            close(&db, &total(&d));
        }
    }

    #[test]
    #[should_panic(
        expected = "scale_channels: [2, 3] must be [N, C, …], and the numbers of its channels [C]"
    )]
    fn numbers_of_other_channels() {
        let two = Tensor::zeros([2]);
        scale(&Tensor::zeros([2, 3]), [&two, &two, &two]);
    }
}
