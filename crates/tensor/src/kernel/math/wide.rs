//! Numbers of about 100 bits, as unevaluated sums of two `f64`: where digits cancel, and in the tests.
//!
//! Sums and products after Dekker (1971).

use std::ops::{Add, Div, Mul, Neg, Sub};

/// An unevaluated sum, the second part below half an ulp of the first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wide(pub(super) f64, pub(super) f64);

/// a + b with its rounding error.
#[inline(always)]
pub(super) fn two_sum(a: f64, b: f64) -> Wide {
    let s = a + b;
    let back = s - a;
    Wide(s, (a - (s - back)) + (b - back))
}

/// As [`two_sum`] for |a| ≥ |b|.
#[inline(always)]
fn quick_sum(a: f64, b: f64) -> Wide {
    let s = a + b;
    Wide(s, b - (s - a))
}

impl Wide {
    /// a·b with its rounding error.
    #[inline(always)]
    pub(super) fn product(a: f64, b: f64) -> Self {
        let p = a * b;
        Self(p, a.mul_add(b, -p))
    }

    /// Times a power of two.
    #[inline(always)]
    pub(super) fn scaled(self, factor: f64) -> Self {
        Self(self.0 * factor, self.1 * factor)
    }
}

impl From<f64> for Wide {
    #[inline(always)]
    fn from(x: f64) -> Self {
        Self(x, 0.0)
    }
}

impl Neg for Wide {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(-self.0, -self.1)
    }
}

impl Add for Wide {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let (s, t) = (two_sum(self.0, other.0), two_sum(self.1, other.1));
        let s = quick_sum(s.0, s.1 + t.0);
        quick_sum(s.0, s.1 + t.1)
    }
}

impl Sub for Wide {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Wide {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let p = Self::product(self.0, other.0);
        quick_sum(p.0, p.1 + (self.0 * other.1 + self.1 * other.0))
    }
}

impl Div for Wide {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        let q = self.0 / other.0;
        let r = self - other * q.into();
        let q2 = r.0 / other.0;
        let r = r - other * q2.into();
        quick_sum(q, q2) + (r.0 / other.0).into()
    }
}
