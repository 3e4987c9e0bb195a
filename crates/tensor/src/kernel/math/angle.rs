//! Sine, cosine and what is made of them.
//!
//! The polynomials of [`near`] reduce the argument with three parts of π/2, which is right for |x| ≤ [`Real::NEAR`] only
//! (1.3·10⁵ in `f32`, 10⁹ in `f64`). [`sin`] and [`cos`] are right everywhere, at the price of a branch that keeps a loop
//! from being vectorised; [`sin_slice`] and [`cos_slice`] decide once per block.

use super::Real;
use super::arithmetic::select;
use super::compound::in_double;
use super::normal::{parts, wide_product};

/// Elements per decision of [`sin_slice`] and [`cos_slice`].
const BLOCK: usize = 1024;

/// Functions that vectorise and are right for |x| ≤ [`Real::NEAR`] only.
///
/// A kernel checks a block with [`all`](near::all) and falls back to the functions of the same names one module up.
pub mod near {
    use super::Real;

    /// The sine for |x| ≤ [`Real::NEAR`]. At most 1.6 ulp (`f64`: 1.5).
    #[inline(always)]
    pub fn sin<R: Real>(x: R) -> R {
        x.near_sin()
    }

    /// The cosine for |x| ≤ [`Real::NEAR`]. At most 1.6 ulp (`f64`: 1.5).
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
    let (t, low) = wide_product(x - whole, parts(std::f64::consts::PI, 1.224_646_799_147_353_2e-16));
    let s = low.mul_add(t.near_cos(), t.near_sin());
    select(odd, -s, s)
}

/// cos(πx), exactly 0 at the halves of odd integers.
#[inline(always)]
pub fn cos_pi<R: Real>(x: R) -> R {
    let a = x.abs();
    let u = (a - R::TWO * (a * R::HALF).round()).abs();
    sin_pi(R::HALF - u)
}

/// sin(πx)/(πx), 1 at 0, 0 at ±∞.
#[inline(always)]
pub fn sinc<R: Real>(x: R) -> R {
    in_double(x, |x| {
        let y = select(x == 0.0, 1.0, sin_pi(x) / (x * std::f64::consts::PI));
        select(x.abs() == f64::INFINITY, 0.0, y)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::math::tests::assert_values;

    #[test]
    fn far_arguments() {
        assert_values(sin, 1e-15, &[(1e22, -0.852_200_849_767_188_8), (1e300, -0.817_881_912_115_908_5)]);
        assert_values(cos, 1e-15, &[(1e22, 0.523_214_785_395_139), (2e9, 0.404_109_857_387_889_9)]);
        assert_eq!(sin(1e22f32), -0.734_081_535_3);
        assert_eq!(cos(3e5f32), -0.994_252_168_7);
        assert_values(tan, 1e-15, &[(0.5, 0.546_302_489_843_790_5), (1e6, -0.373_624_453_987_599)]);
    }

    #[test]
    fn slices_are_right_in_near_and_far_blocks() {
        let mut x: Vec<f32> = (0..3000).map(|i| i as f32 * 0.1 - 150.0).collect();
        x[1500] = 1e20;
        x[2900] = f32::NAN;
        let (mut s, mut c) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        sin_slice(&x, &mut s);
        cos_slice(&x, &mut c);
        for (i, &x) in x.iter().enumerate() {
            assert_eq!((s[i].to_bits(), c[i].to_bits()), (sin(x).to_bits(), cos(x).to_bits()), "{x}");
        }
        assert!(!near::all(&x) && near::all(&x[..1500]));
    }

    #[test]
    fn multiples_of_pi() {
        for k in [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 1e6, 1e300] {
            assert_eq!(sin_pi(k), 0.0);
            assert_eq!(cos_pi(k), if k % 2.0 == 0.0 { 1.0 } else { -1.0 });
        }
        assert_eq!((sin_pi(0.5), sin_pi(-1.5), cos_pi(0.5), cos_pi(2.5f32)), (1.0, 1.0, 0.0, 0.0));
        assert_values(sin_pi, 1e-15, &[(0.25, std::f64::consts::FRAC_1_SQRT_2), (1.0 / 6.0, 0.5)]);
        assert_eq!((sinc(0.0), sinc(-0.0f32), sinc(1.0), sinc(7.0f32)), (1.0, 1.0, 0.0, 0.0));
        assert_values(sinc, 1e-15, &[(0.5, std::f64::consts::FRAC_2_PI), (1e-9, 1.0)]);
    }
}
