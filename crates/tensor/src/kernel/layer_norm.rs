//! Layer normalisation over runs, with the kernels that add its gradients.

use super::runs::each_run;
use super::tile::{self, Column, SIDE, each_tile};
use super::{Real, math, run, sum};

/// Runs of fewer elements are taken together: two tiles are in use at once, so fewer than [`SHORT_RUN`](super::SHORT_RUN).
const SHORT: usize = 96;

/// The mean and the reciprocal deviation of a run, with the biased variance.
#[inline(always)]
fn moments<T: Real>(x: &[T], epsilon: T) -> (T, T) {
    let n = T::of(x.len() as f64);
    let mean = sum::over_run(
        [x],
        #[inline(always)]
        |[x]| x,
    ) / n;
    let squares = sum::over_run(
        [x],
        #[inline(always)]
        |[x]| (x - mean) * (x - mean),
    );
    let r = T::ONE / (squares / n + epsilon).sqrt();
    (mean, if squares == T::INFINITY { reciprocal_deviation(x, mean, epsilon) } else { r })
}

/// [`moments`] of each run of a tile.
#[inline(always)]
fn moments_in_tile<T: Real>(x: &[Column<T>], epsilon: T) -> (Column<T>, Column<T>) {
    let n = T::of(x.len() as f64);
    let mut mean = tile::sum(
        x.len(),
        #[inline(always)]
        |j| x[j],
    );
    for mean in &mut mean {
        *mean /= n;
    }
    let squares = tile::sum(
        x.len(),
        #[inline(always)]
        |j| {
            let mut square = x[j];
            for (x, &mean) in square.iter_mut().zip(&mean) {
                *x = (*x - mean) * (*x - mean);
            }
            square
        },
    );
    let mut r = squares;
    for r in &mut r {
        *r = T::ONE / (*r / n + epsilon).sqrt();
    }
    for i in 0..SIDE {
        if squares[i] == T::INFINITY {
            let run: Vec<T> = x.iter().map(|x| x[i]).collect();
            r[i] = reciprocal_deviation(&run, mean[i], epsilon);
        }
    }
    (mean, r)
}

/// The reciprocal deviation where the squares overflow: of the run divided by its largest distance from the mean.
#[cold]
fn reciprocal_deviation<T: Real>(x: &[T], mean: T, epsilon: T) -> T {
    let most = x.iter().fold(T::ZERO, |most, &x| math::max(most, (x - mean).abs()));
    let unit = |x: T| (x - mean) / most;
    let squares = x.iter().fold(T::ZERO, |sum, &x| sum + unit(x) * unit(x));
    T::ONE / most / (squares / T::of(x.len() as f64) + epsilon / most / most).sqrt()
}

/// `$\gamma \odot (x - \mu) r + \beta$` with the first `width` elements of `gamma` and `beta`.
pub(crate) fn layer_norm<T: Real>(x: &[T], gamma: &[T], beta: &[T], width: usize, epsilon: T, y: &mut [T]) {
    let (gamma, beta) = (&gamma[..width], &beta[..width]);
    let done = each_tile::<SHORT, _, _, _>(
        [x],
        width,
        [&mut *y],
        false,
        #[inline(always)]
        |_, [x]| {
            let (mean, r) = moments_in_tile(x, epsilon);
            for ((x, &g), &b) in x.iter_mut().zip(gamma).zip(beta) {
                for ((x, &mean), &r) in x.iter_mut().zip(&mean).zip(&r) {
                    *x = (*x - mean) * r * g + b;
                }
            }
        },
    );
    each_run(
        [&x[done..]],
        width,
        &mut y[done..],
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
pub(crate) fn layer_norm_pull<T: Real>(x: &[T], gamma: &[T], d: &[T], width: usize, epsilon: T, g: &mut [T]) {
    let gamma = &gamma[..width];
    let done = each_tile::<SHORT, _, _, _>(
        [x, d],
        width,
        [&mut *g],
        true,
        #[inline(always)]
        |_, [x, d]| {
            both_in_tile([x, d], gamma, epsilon);
        },
    );
    each_run(
        [&x[done..], &d[done..]],
        width,
        &mut g[done..],
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

/// The means of `$p$` and of `$p \hat x\, r$` over a run.
#[inline(always)]
fn projections<T: Real>(x: &[T], gamma: &[T], d: &[T], mean: T, r: T) -> (T, T) {
    let n = T::of(x.len() as f64);
    let p = sum::over_run(
        [d, gamma],
        #[inline(always)]
        |[d, c]| d * c,
    );
    let q = sum::over_run(
        [x, d, gamma],
        #[inline(always)]
        |[x, d, c]| d * c * (x - mean),
    );
    (p / n, q * r * r / n)
}

/// [`projections`] of each run of a tile.
#[inline(always)]
fn projections_in_tile<T: Real>(
    x: &[Column<T>],
    gamma: &[T],
    d: &[Column<T>],
    mean: &Column<T>,
    r: &Column<T>,
) -> (Column<T>, Column<T>) {
    let n = T::of(x.len() as f64);
    let mut p = tile::sum(
        x.len(),
        #[inline(always)]
        |j| {
            let mut d = d[j];
            for d in &mut d {
                *d *= gamma[j];
            }
            d
        },
    );
    let mut q = tile::sum(
        x.len(),
        #[inline(always)]
        |j| {
            let mut d = d[j];
            for ((d, &x), &mean) in d.iter_mut().zip(&x[j]).zip(mean) {
                *d = *d * gamma[j] * (x - mean);
            }
            d
        },
    );
    for p in &mut p {
        *p /= n;
    }
    for (q, &r) in q.iter_mut().zip(r) {
        *q = *q * r * r / n;
    }
    (p, q)
}

/// The gradients in x and gamma of each run of a tile, in the place of x and d.
#[inline(always)]
fn both_in_tile<T: Real>([x, d]: [&mut [Column<T>]; 2], gamma: &[T], epsilon: T) {
    let (mean, r) = moments_in_tile(x, epsilon);
    let (p, q) = projections_in_tile(x, gamma, d, &mean, &r);
    for ((x, d), &c) in x.iter_mut().zip(d).zip(gamma) {
        for i in 0..SIDE {
            let centred = x[i] - mean[i];
            x[i] = r[i] * (d[i] * c - p[i] - centred * q[i]);
            d[i] *= centred * r[i];
        }
    }
}

/// `$g \mathrel{+}= d \odot \hat x$`, run by run: the gradient of [`layer_norm`] in gamma before the runs are summed.
pub(crate) fn layer_norm_pull_scale<T: Real>(x: &[T], d: &[T], width: usize, epsilon: T, g: &mut [T]) {
    each_run(
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
pub(crate) fn layer_norm_pull_both<T: Real>(
    [x, d, gamma]: [&[T]; 3],
    width: usize,
    epsilon: T,
    dx: &mut [T],
    scale: &mut [T],
) {
    let gamma = &gamma[..width];
    let done = each_tile::<SHORT, _, _, _>(
        [x, d],
        width,
        [&mut *dx, &mut *scale],
        true,
        #[inline(always)]
        |_, [x, d]| {
            both_in_tile([x, d], gamma, epsilon);
        },
    );
    let (x, d, dx, scale) = (&x[done..], &d[done..], &mut dx[done..], &mut scale[done..]);
    run(
        #[inline(always)]
        || {
            let runs = dx.chunks_exact_mut(width).zip(scale.chunks_exact_mut(width)).enumerate();
            for (i, (dx, scale)) in runs {
                let (x, d) = (&x[i * width..][..width], &d[i * width..][..width]);
                let (mean, r) = moments(x, epsilon);
                let (p, q) = projections(x, gamma, d, mean, r);
                both_run([x, d, gamma], (mean, r, p, q), dx, scale);
            }
        },
    );
}

#[inline(always)]
fn both_run<T: Real>([x, d, gamma]: [&[T]; 3], (mean, r, p, q): (T, T, T, T), dx: &mut [T], scale: &mut [T]) {
    for ((((g, s), &x), &c), &d) in dx.iter_mut().zip(scale).zip(x).zip(gamma).zip(d) {
        let centred = x - mean;
        *g += r * (d * c - p - centred * q);
        *s += d * (centred * r);
    }
}
