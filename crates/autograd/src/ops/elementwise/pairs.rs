//! Derivatives of rows with two inputs, as rows: so a recorded slope is the number that the loops compute, also where what it is
//! written with overflows or has lost digits. They are no words of a formula.
#![allow(
    clippy::excessive_precision,
    clippy::approx_constant,
    reason = "one literal serves f32, f64 and recorded values"
)]

crate::ops::elementwise::table::binary! {
    /// `$b\,a^{b-1}$`, the slope of `pow` in a; 0 where b = 0. Slopes `$b (b-1)\,a^{b-2}$` and `$a^{b-1} (1 + b \ln a)$`.
    pow_slope [5.0, domain: [[0.4, 2.0], [-2.0, 2.0]]] @hidden |a, b, y| pow_slope(a, b) =>
        pow_curvature(a, b), pow_mixed(a, b);
    /// `$a^b \ln a$`, the slope of `pow` in b; 0 where a = 0 and b ≥ 0. Slopes `$a^{b-1} (1 + b \ln a)$` and `$a^b \ln^2 a$`.
    pow_log_slope [10.0, domain: [[0.4, 2.0], [-2.0, 2.0]]] @hidden |a, b, y| pow_log_slope(a, b) =>
        pow_mixed(a, b), pow_log_curvature(a, b);
    /// `$b (b-1)\,a^{b-2}$`, the slope of `pow_slope` in a. Slopes `$b (b-1) (b-2)\,a^{b-3}$` and
    /// `$a^{b-2} (2b - 1 + b (b-1) \ln a)$`.
    pow_curvature [5.0, domain: [[0.4, 2.0], [-2.0, 2.0]]] @hidden |a, b, y| pow_curvature(a, b) =>
        pick(eq(a, 0.0) + ne(finite(a), a), weigh(finite(b * (b - 1.0) * (b - 2.0)), pow(a, b - 3.0)), (b - 2.0) * (y / a)),
        weigh(2.0 * b - 1.0, pow(a, b - 2.0)) + weigh(finite(b * (b - 1.0)), pow_log_slope(a, b - 2.0));
    /// `$a^{b-1} (1 + b \ln a)$`, the slope of `pow_slope` in b. Slopes `$a^{b-2} (2b - 1 + b (b-1) \ln a)$` and
    /// `$a^{b-1} (2 + b \ln a) \ln a$`.
    pow_mixed [10.0, domain: [[0.4, 2.0], [-2.0, 2.0]]] @hidden |a, b, y| pow_mixed(a, b) =>
        weigh(2.0 * b - 1.0, pow(a, b - 2.0)) + weigh(finite(b * (b - 1.0)), pow_log_slope(a, b - 2.0)),
        2.0 * pow_log_slope(a, b - 1.0) + weigh(b, pow_log_curvature(a, b - 1.0));
    /// `$a^b \ln^2 a$`, the slope of `pow_log_slope` in b; 0 where a = 0 and b ≥ 0. Slopes `$a^{b-1} (2 + b \ln a) \ln a$` and
    /// `$a^b \ln^3 a$`.
    pow_log_curvature [10.0, domain: [[0.4, 2.0], [-2.0, 2.0]]] @hidden |a, b, y| pow_log_curvature(a, b) =>
        2.0 * pow_log_slope(a, b - 1.0) + weigh(b, pow_log_curvature(a, b - 1.0)),
        weigh(y, ln(a));
    /// `$a/\sqrt{a^2+b^2}$`, the slope of `hypot` in a, NaN at the origin. Slopes `$b^2/r^3$` and `$-ab/r^3$` with
    /// `$r = \sqrt{a^2+b^2}$`.
    hypot_slope [5.0, domain: [[0.4, 2.0], [-2.0, 2.0]]] @hidden |a, b, y| hypot_slope(a, b) =>
        hypot_curvature(a, b), -hypot_mixed(a, b);
    /// `$b^2/r^3$` with `$r = \sqrt{a^2+b^2}$`, the slope of `hypot_slope` in a. Slopes `$-3ab^2/r^5$` and `$b (2a^2 - b^2)/r^5$`.
    hypot_curvature [5.0, domain: [[0.4, 2.0], [-2.0, 2.0]]] @hidden |a, b, y| hypot_curvature(a, b) =>
        -3.0 * y * atan2_slope(a, b), atan2_slope(b, a) * (2.0 * hypot_curvature(b, a) - y);
    /// `$ab/r^3$` with `$r = \sqrt{a^2+b^2}$`: the slope of `hypot_slope` in b has the opposite sign. Slopes `$b (b^2 - 2a^2)/r^5$`
    /// and `$a (a^2 - 2b^2)/r^5$`.
    hypot_mixed [5.0, domain: [[0.4, 2.0], [-2.0, 2.0]]] @hidden |a, b, y| hypot_mixed(a, b) =>
        atan2_slope(b, a) * (hypot_curvature(a, b) - 2.0 * hypot_curvature(b, a)),
        atan2_slope(a, b) * (hypot_curvature(b, a) - 2.0 * hypot_curvature(a, b));
    /// `$a/(a^2+b^2)$`, the slope of `atan2` in its first input beside a second a, NaN at the origin. Slopes `$(b^2-a^2)/r^4$` and
    /// `$-2ab/r^4$` with `$r = \sqrt{a^2+b^2}$`.
    atan2_slope [5.0, domain: [[0.4, 2.0], [-2.0, 2.0]]] @hidden |a, b, y| atan2_slope(a, b) =>
        (finite(b - a) / hypot(a, b)) * (finite(b + a) / hypot(a, b)) / hypot(a, b) / hypot(a, b),
        -2.0 * hypot_slope(a, b) * hypot_slope(b, a) / hypot(a, b) / hypot(a, b);
}
