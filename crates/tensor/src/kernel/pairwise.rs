//! The one way to reduce slices: in lanes over blocks of [`BLOCK`] elements, and pairwise over the blocks.
//!
//! So the rounding error of a sum grows with `$\log n$`, the loop over a block becomes vector code, and the bits depend on
//! the length alone, never on the number of threads. [`fold`](super::fold) reduces whole slices, runs and columns by any
//! [`Join`]; [`sum`](super::sum) adds what a function makes of one, two or three slices.

use smallvec::SmallVec;

use super::{BLOCK, Real, math};

/// Running results of one block: enough for several vectors of the widest kind, and so many that the compiler keeps the
/// loop over them, which it turns into vectors; a shorter one it would unroll into single numbers.
pub(super) const LANES: usize = 64;

/// An associative operation on pairs, with its identity.
pub(crate) trait Join<T>: Copy + Sync {
    /// The result for no elements.
    const IDENTITY: T;
    /// Whether the order of joins cannot change the result: for integers.
    const EXACT: bool;
    /// The result for two.
    fn join(a: T, b: T) -> T;
}

/// Addition (of integers: modulo 2⁶⁴).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sum;
/// Multiplication (of integers: modulo 2⁶⁴).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prod;
/// The larger; NaN wins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Max;
/// The smaller; NaN wins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Min;

macro_rules! float_joins {
    ($($op:ident, $identity:ident, |$a:ident, $b:ident| $body:expr;)*) => {$(
        impl<T: Real> Join<T> for $op {
            const IDENTITY: T = T::$identity;
            const EXACT: bool = false;
            #[inline(always)]
            fn join($a: T, $b: T) -> T {
                $body
            }
        }
    )*};
}
float_joins! {
    Sum, ZERO, |a, b| a + b;
    Prod, ONE, |a, b| a * b;
    Max, NEG_INFINITY, |a, b| if b > a || math::is_nan(b) { b } else { a };
    Min, INFINITY, |a, b| if b < a || math::is_nan(b) { b } else { a };
}

macro_rules! integer_joins {
    ($($op:ident, $t:ty, $identity:expr, $join:expr;)*) => {$(
        impl Join<$t> for $op {
            const IDENTITY: $t = $identity;
            const EXACT: bool = true;
            #[inline(always)]
            fn join(a: $t, b: $t) -> $t {
                $join(a, b)
            }
        }
    )*};
}
integer_joins! {
    Sum, i64, 0, i64::wrapping_add;
    Prod, i64, 1, i64::wrapping_mul;
    Max, i64, i64::MIN, i64::max;
    Min, i64, i64::MAX, i64::min;
    Max, u8, 0, u8::max;
    Min, u8, 1, u8::min;
}

/// One block of equally long slices in `L` lanes: element `i` of the slices goes into lane `i mod L` by `step`, and the
/// lanes are joined pairwise.
#[inline(always)]
pub(super) fn lanes<T: Copy, J: Join<T>, const N: usize, const L: usize>(
    x: [&[T]; N],
    step: impl Fn(T, [T; N]) -> T,
) -> T {
    let mut lanes = [J::IDENTITY; L];
    let parts = x.map(<[T]>::as_chunks::<L>);
    let (chunks, rest) = (parts[0].0.len(), parts[0].1.len());
    for c in 0..chunks {
        let chunk = parts.map(|(chunks, _)| &chunks[c]);
        for (i, lane) in lanes.iter_mut().enumerate() {
            *lane = step(*lane, chunk.map(|x| x[i]));
        }
    }
    let tail = parts.map(|(_, tail)| &tail[..rest]);
    for (i, lane) in lanes.iter_mut().enumerate().take(rest) {
        *lane = step(*lane, tail.map(|x| x[i]));
    }
    let mut width = L / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] = J::join(lanes[i], lanes[i + width]);
        }
        width /= 2;
    }
    lanes[0]
}

/// The results of `block` for the blocks of equally long slices, joined pairwise.
#[inline(always)]
pub(super) fn pairwise<T: Copy, J: Join<T>, const N: usize>(
    x: [&[T]; N],
    block: impl Fn([&[T]; N]) -> T,
) -> T {
    let n = x[0].len();
    // A stack of partial results, each of 2^k blocks: k falls towards the top.
    let mut partial = SmallVec::<[T; 64]>::new();
    for (count, start) in (0..n).step_by(BLOCK).enumerate() {
        let mut total = block(x.map(|x| &x[start..n.min(start + BLOCK)]));
        if n <= BLOCK {
            return total;
        }
        for _ in 0..count.trailing_ones() {
            total = J::join(partial.pop().unwrap_or(J::IDENTITY), total);
        }
        partial.push(total);
    }
    partial.into_iter().rev().reduce(|low, high| J::join(high, low)).unwrap_or(J::IDENTITY)
}
