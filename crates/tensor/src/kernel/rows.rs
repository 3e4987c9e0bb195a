//! Functions of whole rows: softmax, log-softmax and layer normalisation, each with the map of its gradient. Every
//! function here takes any number of rows of `width` elements and visits each row while it lies in the cache.

use super::{Real, math, run, sum};

/// Lanes of a running sum: so many that the compiler keeps the loop over them, which it turns into vectors; a shorter one
/// it would unroll into single numbers.
const LANES: usize = 64;
/// Lanes of a running maximum.
const MAX_LANES: usize = 16;

/// `$\sum_i f(x_i, y_i)$`, block by block in lanes.
#[inline(always)]
fn sum2<T: Real>(x: &[T], y: &[T], f: impl Fn(T, T) -> T) -> T {
    let mut total = T::ZERO;
    for (x, y) in x.chunks(super::BLOCK).zip(y.chunks(super::BLOCK)) {
        total += block_sum2(x, y, &f);
    }
    total
}

#[inline(always)]
fn block_sum2<T: Real>(x: &[T], y: &[T], f: &impl Fn(T, T) -> T) -> T {
    if x.len() < LANES {
        let mut total = T::ZERO;
        for (&x, &y) in x.iter().zip(y) {
            total += f(x, y);
        }
        return total;
    }
    let mut lanes = [T::ZERO; LANES];
    let ((cx, rx), (cy, ry)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    for (x, y) in cx.iter().zip(cy) {
        for ((lane, &x), &y) in lanes.iter_mut().zip(x).zip(y) {
            *lane += f(x, y);
        }
    }
    for ((lane, &x), &y) in lanes.iter_mut().zip(rx).zip(ry) {
        *lane += f(x, y);
    }
    sum::block_sum(&lanes)
}

/// The largest element of a row; NaN if there is one.
#[inline(always)]
fn largest<T: Real>(x: &[T]) -> T {
    let mut lanes = [T::NEG_INFINITY; MAX_LANES];
    let (chunks, rest) = x.as_chunks::<MAX_LANES>();
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = math::max(*lane, x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = math::max(*lane, x);
    }
    lanes.iter().copied().fold(T::NEG_INFINITY, math::max)
}

/// `y[i] = exp(x[i] - shift)`; returns the sum.
#[inline(always)]
fn exp_shifted<T: Real>(x: &[T], shift: T, y: &mut [T]) -> T {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = math::exp(x - shift);
    }
    sum2(
        y,
        y,
        #[inline(always)]
        |y, _| y,
    )
}

/// The maximum of a row and the logarithm of the sum of the shifted exponentials, which are left in `scratch`.
#[inline(always)]
pub fn log_sum_exp<T: Real>(x: &[T], scratch: &mut [T]) -> (T, T) {
    let max = largest(x);
    // No ∞ - ∞ where the maximum is -∞.
    let shift = if max == T::NEG_INFINITY { T::ZERO } else { max };
    (shift, math::ln(exp_shifted(x, shift, scratch)))
}

/// Runs `row` over the rows of equally long slices, inside the vector dispatch. The output is a parameter, not captured, so
/// that the compiler knows that it overlaps nothing.
#[inline(always)]
fn each_row<T: Real, const N: usize>(
    x: [&[T]; N],
    width: usize,
    y: &mut [T],
    row: impl Fn([&[T]; N], &mut [T]),
) {
    run(
        #[inline(always)]
        || {
            for (i, y) in y.chunks_exact_mut(width).enumerate() {
                row(x.map(|x| &x[i * width..][..width]), y);
            }
        },
    );
}

/// `$e^{x_i} / \sum_j e^{x_j}$`.
pub fn softmax<T: Real>(x: &[T], width: usize, y: &mut [T]) {
    each_row(
        [x],
        width,
        y,
        #[inline(always)]
        |[x], y| {
            let total = exp_shifted(x, largest(x), y);
            let scale = T::ONE / total;
            for y in y.iter_mut() {
                *y *= scale;
            }
        },
    );
}

/// `$g \mathrel{+}= y \odot (d - \sum d \odot y)$`: the gradient of softmax with result `y`.
pub fn softmax_pull<T: Real>(y: &[T], d: &[T], width: usize, g: &mut [T]) {
    each_row(
        [y, d],
        width,
        g,
        #[inline(always)]
        |[y, d], g| {
            let inner = sum2(
                y,
                d,
                #[inline(always)]
                |y, d| y * d,
            );
            for ((g, &y), &d) in g.iter_mut().zip(y).zip(d) {
                *g += y * (d - inner);
            }
        },
    );
}

/// `$x_i - \ln \sum_j e^{x_j}$`.
pub fn log_softmax<T: Real>(x: &[T], width: usize, y: &mut [T]) {
    each_row(
        [x],
        width,
        y,
        #[inline(always)]
        |[x], y| {
            let max = largest(x);
            let total = math::ln(exp_shifted(x, max, y));
            for (y, &x) in y.iter_mut().zip(x) {
                *y = (x - max) - total;
            }
        },
    );
}

/// `$g \mathrel{+}= d - e^y \sum d$`: the gradient of log-softmax with result `y`.
pub fn log_softmax_pull<T: Real>(y: &[T], d: &[T], width: usize, g: &mut [T]) {
    each_row(
        [y, d],
        width,
        g,
        #[inline(always)]
        |[y, d], g| {
            let total = sum2(
                d,
                d,
                #[inline(always)]
                |d, _| d,
            );
            for ((g, &y), &d) in g.iter_mut().zip(y).zip(d) {
                *g += d - math::exp(y) * total;
            }
        },
    );
}

/// The mean and the reciprocal deviation of a row, with the biased variance.
#[inline(always)]
pub fn moments<T: Real>(x: &[T], epsilon: T) -> (T, T) {
    let n = T::of(x.len() as f64);
    let mean = sum2(
        x,
        x,
        #[inline(always)]
        |x, _| x,
    ) / n;
    let squares = sum2(
        x,
        x,
        #[inline(always)]
        |x, _| (x - mean) * (x - mean),
    );
    (mean, T::ONE / (squares / n + epsilon).sqrt())
}

/// `$\gamma \odot (x - \mu) r + \beta$` with the first `width` elements of `gamma` and `beta`.
pub fn layer_norm<T: Real>(x: &[T], gamma: &[T], beta: &[T], width: usize, epsilon: T, y: &mut [T]) {
    let (gamma, beta) = (&gamma[..width], &beta[..width]);
    each_row(
        [x],
        width,
        y,
        #[inline(always)]
        |[x], y| {
            let (mean, r) = moments(x, epsilon);
            for (((y, &x), &g), &b) in y.iter_mut().zip(x).zip(gamma).zip(beta) {
                *y = (x - mean) * r * g + b;
            }
        },
    );
}

/// `$g \mathrel{+}= r (p - \overline p - \hat x\, \overline{p \hat x})$` with `$p = d \odot \gamma$`: the gradient of
/// [`layer_norm`] in x for outputs weighted by `d`.
pub fn layer_norm_pull<T: Real>(x: &[T], gamma: &[T], d: &[T], width: usize, epsilon: T, g: &mut [T]) {
    let gamma = &gamma[..width];
    each_row(
        [x, d],
        width,
        g,
        #[inline(always)]
        |[x, d], g| {
            let (mean, r) = moments(x, epsilon);
            let (p, q) = projections(x, gamma, d, mean, r);
            for (((g, &x), &c), &d) in g.iter_mut().zip(x).zip(gamma).zip(d) {
                *g += r * (d * c - p - (x - mean) * q);
            }
        },
    );
}

/// The means of `$p$` and of `$p \hat x\, r$` over a row.
#[inline(always)]
fn projections<T: Real>(x: &[T], gamma: &[T], d: &[T], mean: T, r: T) -> (T, T) {
    let n = T::of(x.len() as f64);
    let p = sum2(
        d,
        gamma,
        #[inline(always)]
        |d, c| d * c,
    );
    let mut q = T::ZERO;
    for ((x, d), c) in x.chunks(super::BLOCK).zip(d.chunks(super::BLOCK)).zip(gamma.chunks(super::BLOCK)) {
        q += block_projection(x, d, c, mean);
    }
    (p / n, q * r * r / n)
}

/// `$\sum d_i c_i (x_i - \mu)$` over one block, in lanes.
#[inline(always)]
fn block_projection<T: Real>(x: &[T], d: &[T], c: &[T], mean: T) -> T {
    let mut lanes = [T::ZERO; LANES];
    let ((cx, rx), (cd, rd), (cc, rc)) =
        (x.as_chunks::<LANES>(), d.as_chunks::<LANES>(), c.as_chunks::<LANES>());
    for ((x, d), c) in cx.iter().zip(cd).zip(cc) {
        for (((lane, &x), &d), &c) in lanes.iter_mut().zip(x).zip(d).zip(c) {
            *lane += d * c * (x - mean);
        }
    }
    for (((lane, &x), &d), &c) in lanes.iter_mut().zip(rx).zip(rd).zip(rc) {
        *lane += d * c * (x - mean);
    }
    sum::block_sum(&lanes)
}

/// `$g \mathrel{+}= d \odot \hat x$`, row by row: the gradient of [`layer_norm`] in gamma before the rows are summed.
pub fn layer_norm_pull_scale<T: Real>(x: &[T], d: &[T], width: usize, epsilon: T, g: &mut [T]) {
    each_row(
        [x, d],
        width,
        g,
        #[inline(always)]
        |[x, d], g| {
            let (mean, r) = moments(x, epsilon);
            for ((g, &x), &d) in g.iter_mut().zip(x).zip(d) {
                *g += d * ((x - mean) * r);
            }
        },
    );
}

/// [`layer_norm_pull`] into `dx` and [`layer_norm_pull_scale`] into `scale`, with one reading of the moments.
pub fn layer_norm_pull_both<T: Real>(
    [x, d, gamma]: [&[T]; 3],
    width: usize,
    epsilon: T,
    dx: &mut [T],
    scale: &mut [T],
) {
    let gamma = &gamma[..width];
    run(
        #[inline(always)]
        || {
            let rows = dx.chunks_exact_mut(width).zip(scale.chunks_exact_mut(width)).enumerate();
            for (i, (dx, scale)) in rows {
                let (x, d) = (&x[i * width..][..width], &d[i * width..][..width]);
                let (mean, r) = moments(x, epsilon);
                let (p, q) = projections(x, gamma, d, mean, r);
                both_row([x, d, gamma], (mean, r, p, q), dx, scale);
            }
        },
    );
}

#[inline(always)]
fn both_row<T: Real>([x, d, gamma]: [&[T]; 3], (mean, r, p, q): (T, T, T, T), dx: &mut [T], scale: &mut [T]) {
    for ((((g, s), &x), &c), &d) in dx.iter_mut().zip(scale).zip(x).zip(gamma).zip(d) {
        let centred = x - mean;
        *g += r * (d * c - p - centred * q);
        *s += d * (centred * r);
    }
}

/// `$y \mathrel{+}= x$`.
pub fn add<T: Real>(x: &[T], y: &mut [T]) {
    each_row(
        [x],
        y.len().max(1),
        y,
        #[inline(always)]
        |[x], y| {
            for (y, &x) in y.iter_mut().zip(x) {
                *y += x;
            }
        },
    );
}

/// `$y = k x$`.
pub fn multiple<T: Real>(k: T, x: &[T], y: &mut [T]) {
    each_row(
        [x],
        y.len().max(1),
        y,
        #[inline(always)]
        |[x], y| {
            for (y, &x) in y.iter_mut().zip(x) {
                *y = k * x;
            }
        },
    );
}

/// `$y \mathrel{+}= k x$`.
pub fn add_multiple<T: Real>(k: T, x: &[T], y: &mut [T]) {
    each_row(
        [x],
        y.len().max(1),
        y,
        #[inline(always)]
        |[x], y| {
            for (y, &x) in y.iter_mut().zip(x) {
                *y += k * x;
            }
        },
    );
}
