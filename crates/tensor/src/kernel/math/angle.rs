//! Sine, cosine and what is made of them.
//!
//! The polynomials of [`near`] reduce the argument with three parts of π/2, which is right for |x| ≤ [`Real::NEAR`] only
//! (1.3·10⁵ in `f32`, 10⁹ in `f64`). [`sin`] and [`cos`] are right everywhere, at the price of a branch that keeps a loop
//! from being vectorised; [`sin_slice`] and [`cos_slice`] decide once per block.

use super::Real;
use super::arithmetic::select;
use super::compound::in_double;

/// Elements per decision of [`sin_slice`] and [`cos_slice`].
const BLOCK: usize = 1024;

/// Functions that vectorise and are right for |x| ≤ [`Real::NEAR`] only.
///
/// A kernel checks a block with [`all`](near::all) and falls back to the functions of the same names one module up.
pub mod near {
    use super::Real;

    /// The sine for |x| ≤ [`Real::NEAR`]. At most 1.6 ulp (`f64`: 2).
    #[inline(always)]
    pub fn sin<R: Real>(x: R) -> R {
        x.near_sin()
    }

    /// The cosine for |x| ≤ [`Real::NEAR`]. At most 1.6 ulp (`f64`: 2).
    #[inline(always)]
    pub fn cos<R: Real>(x: R) -> R {
        x.near_cos()
    }

    /// Whether the functions of this module are right for every element.
    #[inline(always)]
    pub fn all<R: Real>(x: &[R]) -> bool {
        let mut far = false;
        for &x in x {
            far |= x.abs() > R::NEAR;
        }
        !far
    }
}

/// The sine, for every x.
#[inline(always)]
pub fn sin<R: Real>(x: R) -> R {
    if x.abs() > R::NEAR { x.far_sin() } else { x.near_sin() }
}

/// The cosine, for every x.
#[inline(always)]
pub fn cos<R: Real>(x: R) -> R {
    if x.abs() > R::NEAR { x.far_cos() } else { x.near_cos() }
}

/// y = sin x, element by element, for every x, vectorised.
#[inline(always)]
pub fn sin_slice<R: Real>(x: &[R], y: &mut [R]) {
    for_blocks(x, y, near::sin, sin);
}

/// y = cos x, element by element, for every x, vectorised.
#[inline(always)]
pub fn cos_slice<R: Real>(x: &[R], y: &mut [R]) {
    for_blocks(x, y, near::cos, cos);
}

#[inline(always)]
fn for_blocks<R: Real>(x: &[R], y: &mut [R], near: impl Fn(R) -> R, anywhere: impl Fn(R) -> R) {
    for (x, y) in x.chunks(BLOCK).zip(y.chunks_mut(BLOCK)) {
        if near::all(x) {
            x.iter().zip(y).for_each(|(&x, y)| *y = near(x));
        } else {
            x.iter().zip(y).for_each(|(&x, y)| *y = anywhere(x));
        }
    }
}

/// The tangent.
#[inline(always)]
pub fn tan<R: Real>(x: R) -> R {
    in_double(x, libm::tan)
}

/// sin(πx), exactly 0 at the integers.
#[inline(always)]
pub fn sin_pi<R: Real>(x: R) -> R {
    let whole = x.round();
    let odd = (R::HALF * whole).round() != R::HALF * whole;
    let s = ((x - whole) * R::PI).near_sin();
    select(odd, -s, s)
}

/// cos(πx), exactly 0 at the halves of odd integers.
#[inline(always)]
pub fn cos_pi<R: Real>(x: R) -> R {
    let a = x.abs();
    let u = (a - R::TWO * (a * R::HALF).round()).abs();
    sin_pi(R::HALF - u)
}

/// sin(πx)/(πx), 1 at 0.
#[inline(always)]
pub fn sinc<R: Real>(x: R) -> R {
    select(x == R::ZERO, R::ONE, sin_pi(x) / (x * R::PI))
}
