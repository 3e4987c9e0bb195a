//! Sums of what a function makes of the elements of one or more slices, on this thread.
//!
//! All are pairwise over blocks, by `pairwise`: the error grows with `$\log n$`, and the bits depend on
//! the length alone.

use super::pairwise::{LANES, Slices, Sum, halves, lanes, pairwise};
use super::{Real, math, run};

/// `$\sum_i x_i$`.
pub fn sum<T: Real>(x: &[T]) -> T {
    sum_map(
        x,
        #[inline(always)]
        |x| x,
    )
}

/// Whether every element is a finite number.
pub fn all_finite<T: Real>(x: &[T]) -> bool {
    // An infinity or NaN anywhere makes 0 · x, and so the sum, NaN.
    sum_map(
        x,
        #[inline(always)]
        |x| x * T::ZERO,
    ) == T::ZERO
}

/// `$\sum_i f(x_i)$`.
pub fn sum_map<T: Real>(x: &[T], f: impl Fn(T) -> T) -> T {
    run(
        #[inline(always)]
        || {
            in_lanes(
                [x],
                #[inline(always)]
                |lane, [x]| lane + f(x),
            )
        },
    )
}

/// `$\sum_i x_i y_i$`, each product added with one rounding.
pub fn dot<T: Real>(x: &[T], y: &[T]) -> T {
    debug_assert_eq!(x.len(), y.len());
    run(
        #[inline(always)]
        || {
            in_lanes(
                [x, y],
                #[inline(always)]
                |lane, [x, y]| math::mul_add(x, y, lane),
            )
        },
    )
}

/// The sum that `step` builds: it gets a running sum and the elements at one place.
#[inline(always)]
pub(super) fn in_lanes<X: Slices<N>, const N: usize>(x: X, step: impl Fn(X::T, [X::T; N]) -> X::T) -> X::T
where
    X::T: Real,
{
    pairwise::<X, Sum, N>(
        x,
        #[inline(always)]
        |x| lanes::<X, Sum, N, LANES>(x, &step),
    )
}

/// `$\sum_i f(x_i, \dots)$` over a run, which is often short: fewer elements than lanes are added in the lanes of one vector,
/// since joining all lanes would cost more than they.
#[inline(always)]
pub(super) fn over_run<X: Slices<N>, const N: usize>(x: X, f: impl Fn([X::T; N]) -> X::T) -> X::T
where
    X::T: Real,
{
    if x.len() < LANES {
        return in_one_vector(x, f);
    }
    pairwise::<X, Sum, N>(
        x,
        #[inline(always)]
        |x| {
            if x.len() < LANES {
                return in_one_vector(x, &f);
            }
            lanes::<X, Sum, N, LANES>(
                x,
                #[inline(always)]
                |lane, x| lane + f(x),
            )
        },
    )
}

/// Lanes for a short run: one vector of `f32`.
pub(super) const SHORT: usize = 8;

/// Few elements one after the other, more in lanes. The lanes are looked at in memory before they are joined: else the
/// compiler would keep those that are joined in pairs, in vectors that are a quarter full.
#[inline(always)]
fn in_one_vector<X: Slices<N>, const N: usize>(x: X, f: impl Fn([X::T; N]) -> X::T) -> X::T
where
    X::T: Real,
{
    let mut lanes = [X::T::ZERO; SHORT];
    if x.len() < SHORT {
        let mut total = X::T::ZERO;
        for x in x.places() {
            total += f(x);
        }
        return total;
    }
    x.into_lanes(
        &mut lanes,
        #[inline(always)]
        |lane, x| lane + f(x),
    );
    halves::<X::T, Sum, SHORT>(std::hint::black_box(lanes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_integers_are_exact() {
        for n in [0usize, 1, 7, 63, 64, 65, 1023, 1024, 1025, 5000] {
            let x: Vec<f64> = (0..n).map(|i| i as f64).collect();
            let want = (n * n.saturating_sub(1) / 2) as f64;
            assert_eq!(sum(&x), want);
            assert_eq!(sum_map(&x, |x| x + x), 2.0 * want);
            assert_eq!(dot(&x, &vec![3.0; n]), 3.0 * want);
            assert_eq!(over_run([&x[..], &x], |[x, y]| x + y), 2.0 * want);
        }
    }

    #[test]
    fn the_error_of_a_long_sum_stays_small() {
        let x = vec![0.1f32; 10_000_000];
        let want = f64::from(0.1f32) * 1e7;
        assert!((f64::from(sum(&x)) - want).abs() / want < 1e-6);
        assert!((f64::from(dot(&x, &vec![1.0; x.len()])) - want).abs() / want < 1e-6);
    }
}
