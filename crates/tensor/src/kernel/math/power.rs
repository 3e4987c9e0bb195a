//! Logarithms to other bases and powers in `f64`, where ln x is needed to more than 53 bits.

use super::derivative::finite;
use super::double::{
    FAR, LN_2_HIGH, LN_2_LOW, atanh_tail, exp_sum, ln_edges, polynomial, shifted_exp, split_all,
};
use super::pairs::{LOW, UP};
use super::select;

/// A logarithm's unit: 1/ln(base) and log_base(2), each in two parts.
struct Base {
    per_ln: [f64; 2],
    of_two: [f64; 2],
}

/// log_base(x) = e·log_base(2) + ln(1 + f)/ln(base), the products with their rounding errors.
#[inline(always)]
fn log(x: f64, base: &Base) -> f64 {
    let (e, f) = split_all(x);
    let s = f / (2.0 + f);
    let h = 0.5 * f * f;
    let high = f - h;
    let low = ((f - high) - h) + s * (h + atanh_tail(s * s));
    let product = high * base.per_ln[0];
    let rest = high.mul_add(base.per_ln[0], -product) + low.mul_add(base.per_ln[0], high * base.per_ln[1]);
    let whole = e * base.of_two[0];
    let sum = whole + product;
    let rest = rest + ((whole - sum) + product) + e * base.of_two[1];
    ln_edges(x, sum + rest)
}

#[inline(always)]
pub(super) fn log2(x: f64) -> f64 {
    log(x, &Base { per_ln: [std::f64::consts::LOG2_E, 2.035_527_374_093_103_3e-17], of_two: [1.0, 0.0] })
}

#[inline(always)]
pub(super) fn log10(x: f64) -> f64 {
    let of_two = [f64::from_bits(0x3fd3_4413_509f_6000), 3.694_239_077_158_930_8e-13];
    log(x, &Base { per_ln: [std::f64::consts::LOG10_E, 1.098_319_650_216_765_1e-17], of_two })
}

/// ln |x| as an unevaluated sum, about 68 bits.
#[inline(always)]
fn ln_sum(x: f64) -> (f64, f64) {
    let (e, f) = split_all(x);
    let d = 2.0 + f;
    let s = f / d;
    let s_low = ((-s).mul_add(d, f) - s * (f - (d - 2.0))) / d;
    let z = s * s;
    let z_low = s.mul_add(s, -z) + 2.0 * s * s_low;
    let third = 1.0 / 3.0;
    let t = z * third;
    let t_low = z.mul_add(third, -t) + z * 1.850_371_707_708_594e-17 + z_low * third + z * z * atanh_fifth(z);
    let twice = 2.0 * s;
    let u = twice * t;
    let u_low = twice.mul_add(t, -u) + twice * t_low + 2.0 * s_low * (1.0 + t);
    let high = twice + u;
    let low = ((twice - high) + u) + u_low;
    add_exponent(e, high, low)
}

/// e ln 2 + high + low as an unevaluated sum.
#[inline(always)]
fn add_exponent(e: f64, high: f64, low: f64) -> (f64, f64) {
    let whole = e * LN_2_HIGH;
    let sum = whole + high;
    let back = sum - whole;
    let error = (whole - (sum - back)) + (high - back);
    let low = error + low + e * LN_2_LOW;
    let total = sum + low;
    (total, (sum - total) + low)
}

/// B(z), where atanh(s) = s + s³/3 + s⁵B(s²).
#[inline(always)]
fn atanh_fifth(z: f64) -> f64 {
    polynomial(
        z,
        [
            0.199_999_999_999_999_9,
            0.142_857_142_857_225_56,
            0.111_111_111_087_682_47,
            0.090_909_094_351_564_93,
            0.076_922_784_355_226_52,
            0.066_681_587_093_360_65,
            0.058_374_092_474_559_464,
            0.059_945_066_956_158_14,
        ],
    )
}

/// y ln |x| in two parts.
#[inline(always)]
fn exponent(x: f64, y: f64) -> (f64, f64) {
    let a = x.abs();
    let (high, low) = ln_sum(a);
    let high = select(a < f64::INFINITY, high, a);
    let high = select(a == 0.0, f64::NEG_INFINITY, high);
    let w = y * high;
    let tail = y.mul_add(high, -w) + y * low;
    (w, select(w.abs() < FAR, tail, 0.0))
}

/// |x|ʸ = e^(y ln |x|) with ln |x| in two parts, then the rules for signs and limits.
#[inline(always)]
pub(super) fn pow(x: f64, y: f64) -> f64 {
    let (w, tail) = exponent(x, y);
    pow_edges(x, y, 0.0, exp_sum(w, tail), 1.0)
}

/// w x^(y − `less`) for a small whole `less`, with w multiplied in before the power of two.
#[inline(always)]
pub(super) fn pow_times(x: f64, y: f64, less: f64, w: f64) -> f64 {
    let rest_of = y - less;
    let back = rest_of - y;
    let error = (y - (rest_of - back)) - (less + back);
    let (v, tail) = exponent(x, rest_of);
    // Beyond the bound the product is 0 or ∞, whatever w.
    let tail = select(v.abs() < FAR, error.mul_add(ln_sum(x.abs()).0, tail), 0.0);
    // A subnormal w has fewer digits than the product, which a power of two gives it.
    let small = w.abs() < LOW;
    let product = shifted_exp(v, tail, select(small, w * UP, w), select(small, -100.0, 0.0));
    let product = select(v < -FAR, 0.0 * finite(w), select(v > FAR, f64::INFINITY * w, product));
    pow_edges(x, y, less, product, w)
}

/// w x^(y − `less`) from w |x|^(y − `less`): C's rules for negative x, and for what is 1 whatever the other operand. Whether the
/// exponent is even is asked of y, since the difference may be rounded. Where w is 0, so is the product.
#[inline(always)]
pub(super) fn pow_edges(x: f64, y: f64, less: f64, product: f64, w: f64) -> f64 {
    let whole = y.trunc() == y;
    let is_odd = |y: f64| (0.5 * y).trunc() != 0.5 * y;
    let odd = whole & (is_odd(y) != is_odd(less)) & (y.abs() < f64::INFINITY);
    let power = select(x.abs() == 1.0, select(y == y, w, y), product);
    let power = select(odd & x.is_sign_negative(), -power, power);
    let power = select((x < 0.0) & (x > f64::NEG_INFINITY) & !whole, f64::NAN, power);
    select((x == 1.0) | (y == less) | (w == 0.0), w, power)
}

#[cfg(test)]
mod tests {
    use crate::kernel::math::tests::assert_values;
    use crate::kernel::math::{Real, exp2, log2, log10, pow};
    use approx::relative_eq;

    #[test]
    fn known_values() {
        assert_values(log2, 1e-15, &[(12.0, 3.584_962_500_721_156), (1e-310, -1_029.797_709_415_082_4)]);
        assert_values(log10, 1e-15, &[(3.0, 0.477_121_254_719_662_44), (1e-310, -310.0)]);
        assert_values(exp2, 1e-15, &[(0.75, 1.681_792_830_507_429), (-1.25, 0.420_448_207_626_857_25)]);
        assert_values(
            |y| pow(1.1, y),
            3e-16,
            &[(1000.0, 2.469_932_918_006_025_6e41), (-7.5, 0.489_277_068_100_645_14)],
        );
    }

    /// 245 and 162 times the least number there is.
    #[test]
    fn a_factor_that_is_subnormal() {
        let slope = super::pow_times(8e-322, 1.21e-321, 1.0, 1.21e-321);
        assert!(relative_eq!(slope, 245.0 / 162.0, max_relative = 1e-15), "{slope}");
    }

    /// Every pair of special values, against the C library's rules as the standard library has them.
    fn edges<R: Real>(powf: impl Fn(R, R) -> R) {
        let values = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 1e30, f64::INFINITY];
        let values: Vec<R> = values.iter().flat_map(|&x| [R::of(x), R::of(-x)]).chain([R::NAN]).collect();
        for &x in &values {
            for &y in &values {
                let (got, want) = (pow(x, y).to_f64(), powf(x, y).to_f64());
                let same = relative_eq!(got, want, epsilon = 0.0, max_relative = 1e-15)
                    && got.is_sign_negative() == want.is_sign_negative();
                assert!(
                    same || got == want || got.is_nan() && want.is_nan(),
                    "{x}^{y} is {got} and should be {want}"
                );
                assert!(got != 0.0 || got.is_sign_negative() == want.is_sign_negative(), "{x}^{y}");
            }
        }
    }

    #[test]
    fn special_values() {
        edges(f32::powf);
        edges(f64::powf);
    }
}
