//! Derivatives of functions of two numbers: powers, lengths, angles. They are right to the ends of the range, where what they are
//! written with overflows or has lost digits.

use super::Real;
use super::arithmetic::{max, min, select};
use super::compound::{hypot, weigh};
use super::derivative::finite;

/// Below this a quotient of two numbers, or their length, may have lost digits by being subnormal: 2⁻⁹⁶².
pub(super) const LOW: f64 = f64::from_bits(0x03d0_0000_0000_0000);
/// What brings such numbers back to where none are lost, and its inverse: 2¹⁰⁰.
pub(super) const UP: f64 = f64::from_bits(0x4630_0000_0000_0000);
const DOWN: f64 = f64::from_bits(0x39b0_0000_0000_0000);

/// b aᵇ⁻¹, the slope of aᵇ in a; 0 where b = 0.
#[inline(always)]
pub fn pow_slope<R: Real>(a: R, b: R) -> R {
    a.pow_times(b, R::ONE, b)
}

/// aᵇ ln a, the slope of aᵇ in b; 0 where a = 0 and b ≥ 0.
#[inline(always)]
pub fn pow_log_slope<R: Real>(a: R, b: R) -> R {
    a.pow_times(b, R::ZERO, log_of_base(a, b))
}

/// b (b − 1) aᵇ⁻², the slope of [`pow_slope`] in a; 0 where b is 0 or 1.
#[inline(always)]
pub fn pow_curvature<R: Real>(a: R, b: R) -> R {
    a.pow_times(b, R::TWO, b * (b - R::ONE))
}

/// aᵇ⁻¹ (1 + b ln a), the slope of [`pow_slope`] in b.
#[inline(always)]
pub fn pow_mixed<R: Real>(a: R, b: R) -> R {
    a.pow_times(b, R::ONE, R::ONE + weigh(b, a.ln()))
}

/// aᵇ ln² a, the slope of [`pow_log_slope`] in b; 0 where a = 0 and b ≥ 0.
#[inline(always)]
pub fn pow_log_curvature<R: Real>(a: R, b: R) -> R {
    let log = log_of_base(a, b);
    a.pow_times(b, R::ZERO, log * log)
}

/// ln a, 0 where aᵇ is constant in b: a = 0 and b ≥ 0.
#[inline(always)]
fn log_of_base<R: Real>(a: R, b: R) -> R {
    select((a == R::ZERO) & (b >= R::ZERO), R::ZERO, a.ln())
}

/// A power of two by which two numbers are multiplied, so that their length is neither subnormal nor infinite.
#[inline(always)]
fn lift(x: f64, y: f64) -> f64 {
    let large = max(x.abs(), y.abs());
    select(large < LOW, UP, select(large > 1e300, DOWN, 1.0))
}

/// (x/r, y/r, r) with r = √(x² + y²) times the power of two in the last place.
#[inline(always)]
fn unit(x: f64, y: f64) -> (f64, f64, f64, f64) {
    let up = lift(x, y);
    let length = hypot(x * up, y * up);
    // Beside an infinite number a finite one is nothing.
    let part = |x: f64, y: f64| {
        let slope = select(length == f64::INFINITY, x.clamp(-1.0, 1.0), x * up / length);
        select((y.abs() == f64::INFINITY) & (x.abs() < y.abs()), 0.0 * x, slope)
    };
    (part(x, y), part(y, x), length, up)
}

/// x/√(x² + y²), the slope of √(x² + y²) in x: 0 beside an infinite y, ±1 where x is infinite.
#[inline(always)]
pub fn hypot_slope<R: Real>(x: R, y: R) -> R {
    R::of(unit(x.to_f64(), y.to_f64()).0)
}

/// y²/r³ with r = √(x² + y²), the slope of [`hypot_slope`] in x.
#[inline(always)]
pub fn hypot_curvature<R: Real>(x: R, y: R) -> R {
    let (_, v, length, up) = unit(x.to_f64(), y.to_f64());
    R::of(v / length * v * up)
}

/// xy/r³ with r = √(x² + y²): the slope of [`hypot_slope`] in y has the opposite sign.
#[inline(always)]
pub fn hypot_mixed<R: Real>(x: R, y: R) -> R {
    let (u, v, length, up) = unit(x.to_f64(), y.to_f64());
    R::of(min(u.abs(), v.abs()) / length * max(u.abs(), v.abs()) * up * (u.signum() * v.signum()))
}

/// x/(x² + y²), the slope of atan2(x, y) in x with the sign of y's.
#[inline(always)]
pub fn atan2_slope<R: Real>(x: R, y: R) -> R {
    let (a, b) = (x.to_f64(), y.to_f64());
    let up = lift(a, b);
    let (part, length) = (finite(a) * up, hypot(a * up, b * up));
    // The first quotient is subnormal only here: beside an x next to nothing.
    let more = select((part.abs() < LOW) & (length > f64::EPSILON), UP, 1.0);
    R::of(part * more / length / length * (up / more))
}

#[cfg(test)]
mod tests {
    use approx::relative_eq;

    use super::*;

    /// Among subnormal numbers, beside one that is next to nothing, and where the square of the length is infinite.
    #[test]
    fn slopes_of_lengths_and_angles_at_the_ends_of_the_range() {
        let half = 0.5f64.sqrt();
        let slopes =
            [(3e-310, 4e-310, 0.6), (5e-324, 5e-324, half), (-5e-324, 0.0, -1.0), (f64::MAX, f64::MAX, half)];
        for (x, y, slope) in slopes {
            assert!(
                relative_eq!(hypot_slope(x, y), slope, epsilon = 0.0, max_relative = 1e-15),
                "{x:e}, {y:e}"
            );
        }
        assert_eq!((hypot_slope(1e-45f32, 1e-45), hypot_slope(0.0, f64::INFINITY)), (0.5f32.sqrt(), 0.0));
        assert_eq!((hypot_slope(f64::INFINITY, 1.0), hypot_slope(f32::INFINITY, 1.0)), (1.0, 1.0));
        let slopes = [
            (3e-310, 1e-3, 2.999_999_999_999_991e-304),
            (-5e-309, 7e-309, -6.756_756_756_756_758e307),
            (5e-324, 0.1, 4.94e-322),
            (f64::MAX, f64::MAX, 2.781_342_323_134e-309),
            (5e-324, 5e-324, f64::INFINITY),
            (1.0, f64::INFINITY, 0.0),
        ];
        for (x, y, slope) in slopes {
            assert!(
                relative_eq!(atan2_slope(x, y), slope, epsilon = 0.0, max_relative = 1e-15),
                "{x:e}, {y:e}"
            );
        }
        assert!(hypot_slope(0.0f64, 0.0).is_nan() && atan2_slope(0.0f64, 0.0).is_nan());
    }
}
