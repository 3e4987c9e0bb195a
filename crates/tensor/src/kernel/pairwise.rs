//! The one way to reduce slices: in lanes over blocks of [`BLOCK`] elements, and pairwise over the blocks.
//!
//! So the rounding error of a sum grows with `$\log n$`, the loop over a block becomes vector code, and the bits depend on
//! the length alone, never on the number of threads. [`fold`](super::fold) reduces whole slices, runs and columns by any
//! [`Join`]; [`sum`](super::sum) adds what a function makes of one, two or three slices.

use std::mem::MaybeUninit;
use std::ops::Range;

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
    /// Elements from which on [`LANES`] lanes are worth joining; below there are fewer.
    const MANY: usize;
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
    ($($op:ident, $identity:ident, $many:expr, |$a:ident, $b:ident| $body:expr;)*) => {$(
        impl<T: Real> Join<T> for $op {
            const IDENTITY: T = T::$identity;
            const EXACT: bool = false;
            const MANY: usize = $many;
            #[inline(always)]
            fn join($a: T, $b: T) -> T {
                $body
            }
        }
    )*};
}
float_joins! {
    Sum, ZERO, 256, |a, b| a + b;
    Prod, ONE, 0, |a, b| a * b;
    Max, NEG_INFINITY, 0, |a, b| if b > a || math::is_nan(b) { b } else { a };
    Min, INFINITY, 0, |a, b| if b < a || math::is_nan(b) { b } else { a };
}

macro_rules! integer_joins {
    ($($op:ident, $t:ty, $identity:expr, $join:expr;)*) => {$(
        impl Join<$t> for $op {
            const IDENTITY: $t = $identity;
            const EXACT: bool = true;
            const MANY: usize = 0;
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

/// One, two or three equally long slices, walked together. Written out for each number: elements in arrays of any length
/// the compiler keeps in memory.
pub(super) trait Slices<const N: usize>: Copy {
    /// The type of the elements.
    type T: Copy;
    /// Elements of each slice.
    fn len(self) -> usize;
    /// A part of each slice.
    fn part(self, range: Range<usize>) -> Self;
    /// The elements of all slices at one place after the other.
    fn places(self) -> impl Iterator<Item = [Self::T; N]>;
    /// Replaces lane `i mod L` by what `step` makes of it and the elements at place `i`, for every place.
    fn into_lanes<const L: usize>(
        self,
        lanes: &mut [Self::T; L],
        step: impl Fn(Self::T, [Self::T; N]) -> Self::T,
    );
}

macro_rules! slices {
    ($n:literal, $($x:ident)+, $place:pat => $places:expr, |$lanes:ident, $lane:ident| $pair:pat => $pairs:expr) => {
        impl<T: Copy> Slices<$n> for [&[T]; $n] {
            type T = T;
            #[inline(always)]
            fn len(self) -> usize {
                self[0].len()
            }
            #[inline(always)]
            fn part(self, range: Range<usize>) -> Self {
                let [$($x),+] = self;
                [$(&$x[range.clone()]),+]
            }
            #[inline(always)]
            fn places(self) -> impl Iterator<Item = [T; $n]> {
                let [$($x),+] = self;
                $places.map(#[inline(always)] |$place| [$(*$x),+])
            }
            #[inline(always)]
            fn into_lanes<const L: usize>(self, $lanes: &mut [T; L], step: impl Fn(T, [T; $n]) -> T) {
                let [$($x),+] = self;
                let rest = [$($x.as_chunks::<L>().1),+];
                $(let $x = $x.as_chunks::<L>().0;)+
                for $place in $places {
                    for $pair in $pairs {
                        *$lane = step(*$lane, [$(*$x),+]);
                    }
                }
                let [$($x),+] = rest;
                for $pair in $pairs {
                    *$lane = step(*$lane, [$(*$x),+]);
                }
            }
        }
    };
}
slices!(1, x, x => x.iter(), |lanes, lane| (lane, x) => lanes.iter_mut().zip(x));
slices!(2, x y, (x, y) => x.iter().zip(y), |lanes, lane| ((lane, x), y) => lanes.iter_mut().zip(x).zip(y));
slices!(3, x y z, ((x, y), z) => x.iter().zip(y).zip(z), |lanes, lane| (((lane, x), y), z) => lanes.iter_mut().zip(x).zip(y).zip(z));

/// One block of equally long slices in `L` lanes: element `i` of the slices goes into lane `i mod L` by `step`, and the
/// lanes are joined pairwise.
#[inline(always)]
pub(super) fn lanes<X: Slices<N>, J: Join<X::T>, const N: usize, const L: usize>(
    x: X,
    step: impl Fn(X::T, [X::T; N]) -> X::T,
) -> X::T {
    let mut lanes = [J::IDENTITY; L];
    x.into_lanes(&mut lanes, step);
    // In an array of their own, one by one: lanes that are joined in place the compiler keeps in memory, in the loop above
    // too, which then takes twice as long.
    let mut joined = [J::IDENTITY; L];
    for (joined, &lane) in joined.iter_mut().zip(&lanes) {
        *joined = J::join(*joined, lane);
    }
    halves::<X::T, J, L>(joined)
}

/// Lanes joined pairwise.
#[inline(always)]
pub(super) fn halves<T: Copy, J: Join<T>, const L: usize>(mut lanes: [T; L]) -> T {
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
pub(super) fn pairwise<X: Slices<N>, J: Join<X::T>, const N: usize>(x: X, block: impl Fn(X) -> X::T) -> X::T {
    let n = x.len();
    // A stack of partial results, each of 2^k blocks: k falls towards the top. Not initialised, since most slices are one
    // block long, and filling it would cost as much as ten elements.
    let mut partial = [const { MaybeUninit::<X::T>::uninit() }; 48];
    let (mut depth, mut count, mut start) = (0, 0usize, 0);
    loop {
        let end = n.min(start + BLOCK);
        let mut total = block(x.part(start..end));
        if n <= BLOCK {
            return total;
        }
        for _ in 0..count.trailing_ones() {
            depth -= 1;
            // SAFETY: what lies below `depth` was written.
            total = J::join(unsafe { partial[depth].assume_init() }, total);
        }
        partial[depth].write(total);
        (depth, count, start) = (depth + 1, count + 1, end);
        if start == n {
            break;
        }
    }
    // SAFETY: as above.
    let full = partial[..depth].iter().rev().map(|partial| unsafe { partial.assume_init() });
    full.reduce(|low, high| J::join(high, low)).unwrap_or(J::IDENTITY)
}
