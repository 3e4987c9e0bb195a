//! The rows of the elementwise table in complex numbers, from formulas of their own: for the complex step, which looks at
//! them beside the real axis. Rows with kinks are not analytic and have none; the functions of Bessel, the gamma family and
//! inverse error functions have none here either.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, FRAC_PI_2, LN_2, LOG2_E, LOG10_E, PI};

/// √(8/π): the sigmoid's argument in the approximated gelu is `$\sqrt{8/\pi}\,(x + 0.044715 x^3)$`.
const GELU_FACTOR: f64 = 1.595_769_121_605_730_8;
const GELU_CUBE: f64 = 0.044_715;

/// A complex number.
#[derive(Debug, Clone, Copy)]
pub(super) struct C {
    pub(super) re: f64,
    pub(super) im: f64,
}

/// The imaginary part of what has left the real axis: a step times any slope that is not absurd is smaller.
const LEFT: f64 = 1e-25;

/// A row of the table in complex numbers, where it has a formula here and is real on the real axis: the logarithm of a negative number has
/// the imaginary part π, beside which the step is lost.
pub(super) fn row(name: &str, x: C, b: C, c: f64) -> Option<C> {
    pair(name, x, b)
        .or_else(|| with_number(name, x, c))
        .or_else(|| elementary(name, x))
        .or_else(|| special(name, x))
        .filter(|y| y.im.is_nan() || y.im.abs() < LEFT)
}

/// Of two inputs.
fn pair(name: &str, x: C, b: C) -> Option<C> {
    let one = C::real(1.0);
    Some(match name {
        "add" => x + b,
        "sub" => x - b,
        "mul" | "weigh" => x * b,
        "div" => x * b.recip(),
        "pow" => x.power(b),
        "pow_slope" => b * x.power(b - one),
        "pow_log_slope" => x.power(b) * x.ln(),
        "pow_curvature" => b * (b - one) * x.power(b - one - one),
        "pow_mixed" => x.power(b - one) * (one + b * x.ln()),
        "pow_log_curvature" => x.power(b) * x.ln() * x.ln(),
        "hypot" => (x * x + b * b).sqrt(),
        "hypot_slope" => x * (x * x + b * b).sqrt().recip(),
        "hypot_curvature" => b * b * ((x * x + b * b) * (x * x + b * b).sqrt()).recip(),
        "hypot_mixed" => x * b * ((x * x + b * b) * (x * x + b * b).sqrt()).recip(),
        "atan2_slope" => x * (x * x + b * b).recip(),
        "logaddexp" => (x.exp() + b.exp()).ln(),
        "logaddexp2" => (x.times(LN_2).exp() + b.times(LN_2).exp()).ln().times(LOG2_E),
        "xlogy" => x * b.ln(),
        "xlog1py" => x * (one + b).ln(),
        "atan2" if b.re > x.re.abs() => (x * b.recip()).atan(),
        "atan2" if x.re != 0.0 => C::real(FRAC_PI_2.copysign(x.re)) - (b * x.recip()).atan(),
        "surprise" => x.ln().times(-1.0) * b - (one - x).ln() * (one - b),
        _ => return None,
    })
}

/// With a number.
fn with_number(name: &str, x: C, c: f64) -> Option<C> {
    let number = C::real(c);
    Some(match name {
        "powf" => x.power(number),
        // Near an exponent above 0 all powers of 0 are 0.
        "number_pow" if c == 0.0 && x.re > 0.0 => C::real(0.0),
        "number_pow" => (x * number.ln()).exp(),
        "add_number" => x + number,
        "number_minus" => number - x,
        "scale" => x.times(c),
        "over_number" => x.times(1.0 / c),
        "number_over" => x.recip().times(c),
        _ => return None,
    })
}

/// Elementary functions and their slopes.
fn elementary(name: &str, x: C) -> Option<C> {
    let one = C::real(1.0);
    Some(match name {
        "neg" => C::real(0.0) - x,
        "alias" => x,
        "square" => x * x,
        "recip" => x.recip(),
        "sqrt" => x.sqrt(),
        "rsqrt" => x.sqrt().recip(),
        "exp" => x.exp(),
        "exp2" => x.times(LN_2).exp(),
        "expm1" => C { re: x.re.exp_m1(), im: x.re.exp() * x.im.sin() },
        "ln" => x.ln(),
        "log2" => x.ln().times(LOG2_E),
        "log10" => x.ln().times(LOG10_E),
        "log1p" => C { re: x.re.ln_1p(), im: x.im.atan2(1.0 + x.re) },
        "sin" => x.sin(),
        "cos" => C { re: x.re.cos() * x.im.cosh(), im: -x.re.sin() * x.im.sinh() },
        "sinh" => C { re: x.re.sinh() * x.im.cos(), im: x.re.cosh() * x.im.sin() },
        "cosh" => x.cosh(),
        "tanh" => x.tanh(),
        "log_cosh" => x.cosh().ln(),
        "tan" => C { re: x.im, im: -x.re }.tanh().times_i(),
        "logit" => (x * (one - x).recip()).ln(),
        "asin" => x.asin(),
        "acos" => C::real(FRAC_PI_2) - x.asin(),
        "atan" => x.atan(),
        "asinh" => (x * (one + x * x).sqrt().recip()).atanh(),
        "acosh" => ((x + one).times(0.5).sqrt() + (x - one).times(0.5).sqrt()).ln().times(2.0),
        "atanh" => x.atanh(),
        "finite" if x.re.is_finite() => x,
        "sech_squared" => (x.cosh() * x.cosh()).recip(),
        "logit_slope" => (x * (one - x)).recip(),
        "asin_slope" => (one - x * x).sqrt().recip(),
        "atan_slope" => (one + x * x).recip(),
        "asinh_slope" => (one + x * x).sqrt().recip(),
        "acosh_slope" => (x * x - one).sqrt().recip(),
        "atanh_slope" => (one - x * x).recip(),
        _ => return None,
    })
}

/// Activations, the error function and its relatives, and their slopes.
fn special(name: &str, x: C) -> Option<C> {
    let one = C::real(1.0);
    Some(match name {
        "sigmoid" => x.sigmoid(),
        "silu" => x * x.sigmoid(),
        "gelu" => x * x.times(-FRAC_1_SQRT_2).erfc().times(0.5),
        "gelu_tanh" => x * x.gelu_argument().sigmoid(),
        "mish" => x * x.softplus().tanh(),
        "softplus" => x.softplus(),
        "log_sigmoid" => x.times(-1.0).softplus().times(-1.0),
        "tanhshrink" => x - x.tanh(),
        "erf" => one - x.erfc(),
        "erfc" => x.erfc(),
        "erfcx" => (x * x).exp() * x.erfc(),
        "normal_cdf" => x.times(-FRAC_1_SQRT_2).erfc().times(0.5),
        "normal_pdf" => x.normal_pdf(),
        "log_normal_cdf" => x.times(-FRAC_1_SQRT_2).erfc().times(0.5).ln(),
        "sinc" if x.re.abs() > 0.1 => x.times(PI).sin() * x.times(PI).recip(),
        "logistic_pdf" => x.sigmoid() * x.times(-1.0).sigmoid(),
        "gelu_tanh_slope" => {
            let v = x.gelu_argument();
            let slope = (one + (x * x).times(3.0 * GELU_CUBE)).times(GELU_FACTOR);
            v.sigmoid() + x * v.sigmoid() * v.times(-1.0).sigmoid() * slope
        }
        "inverse_mills" => x.normal_pdf() * x.times(-FRAC_1_SQRT_2).erfc().times(0.5).recip(),
        _ => return None,
    })
}

impl C {
    pub(super) fn real(re: f64) -> Self {
        Self { re, im: 0.0 }
    }

    fn times(self, factor: f64) -> Self {
        Self { re: self.re * factor, im: self.im * factor }
    }

    fn times_i(self) -> Self {
        Self { re: -self.im, im: self.re }
    }

    fn recip(self) -> Self {
        // Divided by the larger part first, so that no square overflows.
        let size = self.re.abs().max(self.im.abs());
        let (re, im) = (self.re / size, self.im / size);
        let square = re * re + im * im;
        Self { re: re / square / size, im: -im / square / size }
    }

    fn exp(self) -> Self {
        let size = self.re.exp();
        Self { re: size * self.im.cos(), im: size * self.im.sin() }
    }

    /// `$x^b$`. A whole exponent is multiplied out: the logarithm of a negative number has the imaginary part π, whose rounding
    /// would hide the step, and that of 0 is infinite.
    fn power(self, b: Self) -> Self {
        let whole = b.im == 0.0 && b.re.fract() == 0.0 && b.re.abs() < 1e9;
        if !whole {
            return (b * self.ln()).exp();
        }
        let (mut result, mut square, mut n) = (Self::real(1.0), self, b.re.abs() as u64);
        while n > 0 {
            if n % 2 == 1 {
                result = result * square;
            }
            square = square * square;
            n /= 2;
        }
        if b.re < 0.0 { result.recip() } else { result }
    }

    fn ln(self) -> Self {
        Self { re: self.re.hypot(self.im).ln(), im: self.im.atan2(self.re) }
    }

    fn sqrt(self) -> Self {
        let t = f64::midpoint(self.re.abs(), self.re.hypot(self.im)).sqrt();
        if self.re >= 0.0 {
            Self { re: t, im: self.im / (2.0 * t) }
        } else {
            Self { re: self.im.abs() / (2.0 * t), im: t.copysign(self.im) }
        }
    }

    fn sin(self) -> Self {
        Self { re: self.re.sin() * self.im.cosh(), im: self.re.cos() * self.im.sinh() }
    }

    fn cosh(self) -> Self {
        Self { re: self.re.cosh() * self.im.cos(), im: self.re.sinh() * self.im.sin() }
    }

    /// `$\tfrac12 \ln \tfrac{1+z}{1-z}$`.
    fn atanh(self) -> Self {
        let (x, y) = (self.re, self.im);
        let below = (1.0 - x) * (1.0 - x) + y * y;
        Self {
            re: 0.25 * (4.0 * x / below).ln_1p(),
            im: 0.5 * (2.0 * y).atan2((1.0 - x) * (1.0 + x) - y * y),
        }
    }

    fn atan(self) -> Self {
        self.times_i().atanh().times(-1.0).times_i()
    }

    fn asin(self) -> Self {
        let one = Self::real(1.0);
        (self * (one - self * self).sqrt().recip()).atan()
    }

    fn sigmoid(self) -> Self {
        (Self::real(1.0) + self.times(-1.0).exp()).recip()
    }

    fn softplus(self) -> Self {
        (Self::real(1.0) + self.exp()).ln()
    }

    fn gelu_argument(self) -> Self {
        self.times(GELU_FACTOR) * (Self::real(1.0) + (self * self).times(GELU_CUBE))
    }

    fn normal_pdf(self) -> Self {
        (self * self).times(-0.5).exp().times(0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2)
    }

    /// 1 - erf z: by the series `$\tfrac{2}{\sqrt\pi} e^{-z^2} \sum_n 2^n z^{2n+1}/(2n+1)!!$`, far from 0 by the continued
    /// fraction `$e^{-z^2}/\sqrt\pi / (z + \tfrac12/(z + 1/(z + \tfrac32/(z + \dots))))$`.
    fn erfc(self) -> Self {
        let weight = (self * self).times(-1.0).exp().times(FRAC_2_SQRT_PI);
        if self.re.abs() < 2.0 {
            let (mut term, mut sum) = (self, self);
            for n in 1..60 {
                term = term * (self * self).times(2.0 / f64::from(2 * n + 1));
                sum = sum + term;
            }
            return Self::real(1.0) - weight * sum;
        }
        if self.re < 0.0 {
            return Self::real(2.0) - self.times(-1.0).erfc();
        }
        let below =
            (1..120).rev().fold(self, |below, n| self + Self::real(0.5 * f64::from(n)) * below.recip());
        weight.times(0.5) * below.recip()
    }

    fn tanh(self) -> Self {
        let (t, tangent) = (self.re.tanh(), self.im.tan());
        let below = 1.0 + (t * tangent).powi(2);
        let cosh = self.re.cosh();
        Self { re: t * (1.0 + tangent * tangent) / below, im: tangent / (cosh * cosh) / below }
    }
}

impl std::ops::Add for C {
    type Output = Self;
    fn add(self, b: Self) -> Self {
        Self { re: self.re + b.re, im: self.im + b.im }
    }
}

impl std::ops::Sub for C {
    type Output = Self;
    fn sub(self, b: Self) -> Self {
        Self { re: self.re - b.re, im: self.im - b.im }
    }
}

impl std::ops::Mul for C {
    type Output = Self;
    fn mul(self, b: Self) -> Self {
        Self { re: self.re * b.re - self.im * b.im, im: self.re * b.im + self.im * b.re }
    }
}

#[cfg(test)]
mod tests {
    use super::super::complex::STEP;
    use super::*;
    use crate::ops::elementwise;
    use crate::tape::Tape;
    use approx::{abs_diff_eq, relative_eq};

    /// Every row that has a complex form has the value and the slope of the table there.
    #[test]
    fn values_and_slopes_of_the_rows() {
        let mut found = 0;
        for row in elementwise::table() {
            let c = row.facts.number.unwrap_or(0.7);
            let at = row.facts.domain.map(|[low, high]| low + 0.7 * (high - low));
            let tape = Tape::new();
            let (a, b) = (tape.var(at[0]), tape.var(at[1]));
            let inputs = [a, b];
            let y = row.apply(&inputs[..usize::from(row.arity)], c);
            for (i, x) in inputs[..usize::from(row.arity)].iter().enumerate() {
                let z = |k: usize| C { re: at[k], im: if k == i { STEP } else { 0.0 } };
                let Some(got) = self::row(row.name, z(0), z(usize::from(row.arity) - 1), c) else { break };
                let (value, slope) = (y.value().item(), y.grad(*x).item());
                let near = |a: f64, b: f64| relative_eq!(a, b, epsilon = 1e-16, max_relative = 1e-13);
                assert!(near(got.re, value), "{}: {}, not {value}", row.name, got.re);
                assert!(near(got.im / STEP, slope), "{}: slope {}, not {slope}", row.name, got.im / STEP);
                found += 1;
            }
        }
        assert!(found > 75, "{found}");
    }

    /// Where a row is not real, or goes through a logarithm that is not, it has no complex form: what it gave was rounding over the step.
    #[test]
    fn what_leaves_the_real_axis_is_none() {
        let moved = |re| C { re, im: STEP };
        for (name, x, c) in [
            ("number_pow", 2.0, -2.0),
            ("number_pow", 3.0, -1.0),
            ("number_pow", 0.5, -2.0),
            ("powf", -2.0, 0.5),
            ("ln", -1.0, 0.0),
            ("log2", -1.0, 0.0),
            ("log10", -1.0, 0.0),
            ("log1p", -2.0, 0.0),
            ("sqrt", -4.0, 0.0),
            ("rsqrt", -4.0, 0.0),
            ("logit", 2.0, 0.0),
            ("asin", 2.0, 0.0),
            ("acos", -2.0, 0.0),
            ("acosh", 0.5, 0.0),
            ("atanh", 2.0, 0.0),
        ] {
            assert!(
                row(name, moved(x), moved(x), c).is_none(),
                "{name} at {x}: {:?}",
                row(name, moved(x), moved(x), c)
            );
        }
        for (name, a, b) in [("pow", -2.0, 2.0), ("xlogy", 1.0, -1.0), ("xlog1py", 1.0, -2.0)] {
            assert!(row(name, C::real(a), moved(b), 0.0).is_none(), "{name} at {a}, {b}");
        }
        let slope = |y: Option<C>| y.map(|y| y.im / STEP);
        assert_eq!(slope(row("pow", moved(-2.0), C::real(3.0), 0.0)), Some(12.0));
        assert_eq!(slope(row("powf", moved(-2.0), moved(-2.0), 3.0)), Some(12.0));
        assert_eq!(slope(row("number_pow", moved(2.0), moved(2.0), 0.0)), Some(0.0));
        let steep = row("ln", moved(1e-20), moved(1e-20), 0.0).map(|y| y.im / STEP * 1e-20).unwrap();
        assert!(abs_diff_eq!(steep, 1.0, epsilon = 1e-12), "{steep}");
    }
}
