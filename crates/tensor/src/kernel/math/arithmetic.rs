//! Functions of a few instructions: rounding, signs, remainders, order and comparison.

use super::Real;

/// `a` if `condition` holds, else `b`; both are evaluated.
#[inline(always)]
pub fn select<T: Copy>(condition: bool, a: T, b: T) -> T {
    if condition { a } else { b }
}

unary! {
    /// |x|.
    abs;
    /// √x, rounded correctly.
    sqrt;
    /// The largest integer that is not above x.
    floor;
    /// The smallest integer that is not below x.
    ceil;
    /// The integer part of x.
    trunc;
    /// The nearest integer, halves to the even one.
    round;
}

/// 1/√x.
#[inline(always)]
pub fn rsqrt<R: Real>(x: R) -> R {
    R::ONE / x.sqrt()
}

/// 1/x.
#[inline(always)]
pub fn recip<R: Real>(x: R) -> R {
    R::ONE / x
}

/// x².
#[inline(always)]
pub fn square<R: Real>(x: R) -> R {
    x * x
}

/// x − trunc(x), with the sign of x.
#[inline(always)]
pub fn frac<R: Real>(x: R) -> R {
    x - x.trunc()
}

/// −1, 0 or 1; 0 for both zeros, NaN for NaN.
#[inline(always)]
pub fn sign<R: Real>(x: R) -> R {
    let s = gt(x, R::ZERO) - lt(x, R::ZERO);
    select(is_nan(x), x, s)
}

/// |x| with the sign of y.
#[inline(always)]
pub fn copysign<R: Real>(x: R, y: R) -> R {
    x.copysign(y)
}

/// a·b + c, rounded once.
#[inline(always)]
pub fn mul_add<R: Real>(a: R, b: R, c: R) -> R {
    a.mul_add(b, c)
}

/// Whether x is NaN.
#[inline(always)]
pub fn is_nan<R: Real>(x: R) -> bool {
    x != x
}

/// The smaller of the two; NaN if either is.
#[inline(always)]
pub fn min<R: Real>(a: R, b: R) -> R {
    select(is_nan(a), a, select(a < b, a, b))
}

/// The larger of the two; NaN if either is.
#[inline(always)]
pub fn max<R: Real>(a: R, b: R) -> R {
    select(is_nan(a), a, select(a > b, a, b))
}

/// The smaller of the two; the other if one is NaN.
#[inline(always)]
pub fn fmin<R: Real>(a: R, b: R) -> R {
    select(is_nan(b), a, select(a < b, a, b))
}

/// The larger of the two; the other if one is NaN.
#[inline(always)]
pub fn fmax<R: Real>(a: R, b: R) -> R {
    select(is_nan(b), a, select(a > b, a, b))
}

/// x − trunc(x/y)·y, exact, with the sign of x: C's `fmod`.
#[inline(always)]
pub fn fmod<R: Real>(x: R, y: R) -> R {
    x.fmod(y)
}

/// x − floor(x/y)·y, with the sign of y: Python's `%`.
#[inline(always)]
pub fn remainder<R: Real>(x: R, y: R) -> R {
    let r = x.fmod(y);
    let wrong_sign = (r != R::ZERO) & ((r < R::ZERO) != (y < R::ZERO));
    select(wrong_sign, r + y, r)
}

/// 1 where `condition` holds, else 0.
#[inline(always)]
fn indicator<R: Real>(condition: bool) -> R {
    select(condition, R::ONE, R::ZERO)
}

macro_rules! comparison {
    ($($(#[$doc:meta])* $name:ident $operator:tt;)*) => {
        $(
            $(#[$doc])*
            #[inline(always)]
            pub fn $name<R: Real>(a: R, b: R) -> R {
                indicator(a $operator b)
            }
        )*
    };
}

comparison! {
    /// 1 where a > b, else 0.
    gt >;
    /// 1 where a ≥ b, else 0.
    ge >=;
    /// 1 where a < b, else 0.
    lt <;
    /// 1 where a ≤ b, else 0.
    le <=;
    /// 1 where a = b, else 0.
    eq ==;
    /// 1 where a ≠ b, else 0.
    ne !=;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_nan() {
        let nan = f64::NAN;
        for (a, b) in [(1.0, nan), (nan, 1.0), (nan, nan)] {
            assert!(min(a, b).is_nan() && max(a, b).is_nan());
        }
        assert_eq!((fmin(1.0, nan), fmin(nan, 1.0), fmax(1.0, nan), fmax(nan, 1.0)), (1.0, 1.0, 1.0, 1.0));
        assert!(fmin(nan, nan).is_nan() && fmax(nan, nan).is_nan());
        assert_eq!((min(2.0, -1.0), max(2.0, -1.0)), (-1.0, 2.0));
        assert_eq!(
            (gt(nan, 1.0), eq(nan, nan), ne(nan, nan), ge(1.0, 1.0), le(2.0, 1.0)),
            (0.0, 0.0, 1.0, 1.0, 0.0)
        );
    }

    #[test]
    fn signs_and_fractions() {
        assert_eq!([-2.5f32, -0.0, 0.0, 7.0].map(sign), [-1.0, 0.0, 0.0, 1.0]);
        assert!(sign(f32::NAN).is_nan());
        assert_eq!([0.5, 1.5, 2.5, -0.5, -1.5].map(round::<f64>), [0.0, 2.0, 2.0, 0.0, -2.0]);
        assert_eq!((frac(-2.25), frac(2.25)), (-0.25, 0.25));
        assert!(frac(f64::INFINITY).is_nan());
        assert_eq!((copysign(3.0, -0.0), mul_add(2.0, 3.0, 1.0)), (-3.0, 7.0));
    }

    #[test]
    fn remainders() {
        assert_eq!((fmod(5.0, -3.0), fmod(-5.0, 3.0)), (2.0, -2.0));
        assert_eq!((remainder(5.0, -3.0), remainder(-5.0, 3.0), remainder(6.0, 3.0)), (-1.0, 1.0, 0.0));
        assert!(remainder(1f64, 0.0).is_nan() && fmod(f32::INFINITY, 2.0).is_nan());
        assert_eq!((remainder(5.0, f64::INFINITY), remainder(-5.0, f64::INFINITY)), (5.0, f64::INFINITY));
    }
}
