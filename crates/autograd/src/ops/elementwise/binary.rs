//! Rows with two inputs, which broadcast: arithmetic, extremes, remainders, logarithms of sums, comparisons.
#![allow(
    clippy::excessive_precision,
    clippy::approx_constant,
    reason = "one literal serves f32, f64 and recorded values"
)]
#![allow(clippy::eq_op, reason = "b - b tells the infinities and NaN, in floats and in recorded values")]

crate::ops::elementwise::table::binary! {
    /// `$a + b$`. Slopes 1 and 1.
    add [0.2] |a, b, y| a + b => const 1.0, const 1.0;
    /// `$a - b$`. Slopes 1 and -1.
    sub [0.2] |a, b, y| a - b => const 1.0, const -1.0;
    /// `$a \cdot b$`. Slopes b and a.
    mul [0.2, same: Some(&super::unary::square), bilinear: true] |a, b, y| a * b => b, a;
    /// `$a / b$`. Slopes `$1/b$` and `$-a/b^2$`.
    div [0.3, domain: [[-2.0, 2.0], [0.5, 2.0]]] |a, b, y| a / b => 1.0 / b, -(y / b);
    /// `$a^b$`. Slopes `$b\,a^{b-1}$` (0 where b = 0) and `$a^b \ln a$` (0 where a = 0 and b ≥ 0).
    pow [5.0, domain: [[0.4, 2.0], [-2.0, 2.0]]] |a, b, y| pow(a, b) =>
        pow_slope(a, b), pow_log_slope(a, b);
    /// The larger of two; NaN if either is. Slopes 1 for the larger and 0 for the other. At a tie each gets half the gradient.
    maximum [0.3, kinks: Kinks::Equal] |a, b, y| max(a, b) => gt(a, b) + 0.5 * eq(a, b), gt(b, a) + 0.5 * eq(a, b);
    /// The smaller of two; NaN if either is. Slopes 1 for the smaller and 0 for the other. At a tie each gets half the gradient.
    minimum [0.3, kinks: Kinks::Equal] |a, b, y| min(a, b) => lt(a, b) + 0.5 * eq(a, b), lt(b, a) + 0.5 * eq(a, b);
    /// The larger of two, ignoring a NaN. Slopes 1 for the larger and 0 for the other. At a tie each gets half the gradient.
    fmax [0.3, kinks: Kinks::Equal] |a, b, y| fmax(a, b) =>
        pick(ne(b, b), 1.0, gt(a, b) + 0.5 * eq(a, b)),
        pick(ne(b, b), 0.0, pick(ne(a, a), 1.0, gt(b, a) + 0.5 * eq(a, b)));
    /// The smaller of two, ignoring a NaN. Slopes 1 for the smaller and 0 for the other. At a tie each gets half the gradient.
    fmin [0.3, kinks: Kinks::Equal] |a, b, y| fmin(a, b) =>
        pick(ne(b, b), 1.0, lt(a, b) + 0.5 * eq(a, b)),
        pick(ne(b, b), 0.0, pick(ne(a, a), 1.0, lt(b, a) + 0.5 * eq(a, b)));
    /// The angle of the point `(b, a)`, 0 at the origin. Slopes `$b/(a^2+b^2)$` and `$-a/(a^2+b^2)$`, NaN at the origin.
    #[doc(alias = "arctan2")]
    atan2 [10.0, domain: [[0.4, 2.0], [-2.0, 2.0]]] |a, b, y| atan2(a, b) =>
        atan2_slope(b, a), -atan2_slope(a, b);
    /// `$\sqrt{a^2 + b^2}$`. Slopes `$a/y$` and `$b/y$`, NaN at the origin.
    hypot [5.0, domain: [[0.4, 2.0], [-2.0, 2.0]]] |a, b, y| hypot(a, b) => hypot_slope(a, b), hypot_slope(b, a);
    /// The remainder of `$a/b$` with the sign of a. Slopes 1 and `$-\operatorname{trunc}(a/b)$`.
    fmod [10.0, domain: [[-2.0, 2.0], [0.6, 1.4]], kinks: Kinks::MultiplesButZero] |a, b, y| fmod(a, b) =>
        1.0, -pick(ne(y, y), trunc(a / b), round((finite(a) - y) / finite(b)));
    /// The remainder of `$a/b$` with the sign of b. Slopes 1 and `$-\lfloor a/b \rfloor$`.
    remainder [10.0, domain: [[-2.0, 2.0], [0.6, 1.4]], kinks: Kinks::Multiples] |a, b, y| remainder(a, b) =>
        1.0, -pick(ne(y, y), floor(a / b), {
            let d = finite(a) - finite(y);
            round(pick(eq(finite(d), d), d / finite(b), (0.5 * a - 0.5 * y) / (0.5 * b)))
        });
    /// `$\ln(e^a + e^b)$`. Slopes `$\sigma(a-b)$` and `$\sigma(b-a)$`, ½ each where both are the same infinity.
    logaddexp [3.0] |a, b, y| logaddexp(a, b) => sigmoid_of_difference(a, b), sigmoid_of_difference(b, a);
    /// `$\log_2(2^a + 2^b)$`. Slopes `$\sigma((a-b) \ln 2)$` and `$\sigma((b-a) \ln 2)$`.
    logaddexp2 [3.0] |a, b, y| logaddexp2(a, b) =>
        sigmoid_of_bits(a, b), sigmoid_of_bits(b, a);
    /// `$a \ln b$`, 0 where a = 0. Slopes `$\ln b$` (0 where a = 0 and b ≤ 0) and `$a/b$` (NaN where a = b = 0).
    xlogy [2.0, domain: [[-2.0, 2.0], [0.4, 2.0]]] |a, b, y| xlogy(a, b) =>
        ln(pick(eq(a, 0.0) * le(b, 0.0), 1.0, b)), a / b;
    /// `$a \ln(1 + b)$`, 0 where a = 0. Slopes `$\ln(1+b)$` (0 where a = 0 and b ≤ -1) and `$a/(1+b)$` (NaN where
    /// a = 0 and b = -1).
    xlog1py [2.0, domain: [[-2.0, 2.0], [-0.5, 2.0]]] |a, b, y| xlog1py(a, b) =>
        log1p(pick(eq(a, 0.0) * le(b, -1.0), 0.0, b)), a / (1.0 + b);
    /// `$a b$`, 0 where a = 0: a weight of 0 takes out an infinite b. Slopes b (0 where a = 0 and b is infinite) and a.
    weigh [0.3] @hidden |a, b, y| weigh(a, b) => pick(eq(a, 0.0) * ne(0.0 * b, 0.0), 0.0, b), a;
    /// The magnitude of a with the sign of b. Slopes `$\pm 1$` (0 where a = 0) and 0.
    copysign [0.3, kinks: Kinks::EitherZero] |a, b, y| copysign(a, b) => sign(a) * sign(y);
    /// The surprise of an event of probability `a` where the truth is `b`: `$-b \ln a - (1 - b) \ln(1 - a)$`, each
    /// logarithm held at -100. Slopes `$(a - b)/\max(a (1 - a), \varepsilon)$` and `$\ln(1 - a) - \ln a$`.
    surprise [4.0, domain: [[0.2, 0.9]; 2]] @hidden |a, b, y|
        -(b * pick(lt(ln(a), -100.0), -100.0, ln(a)) + (1.0 - b) * pick(lt(log1p(-a), -100.0), -100.0, log1p(-a))) =>
        (a - b) / pick(lt(a * (1.0 - a), 9.999_999_960_041_972e-13), 9.999_999_960_041_972e-13, a * (1.0 - a)),
        pick(lt(abs(a - 0.5), 0.25), -logit(pick(lt(abs(a - 0.5), 0.25), a, 0.5)), pick(ge(a, 1.0), -100.0, log1p(-pick(ge(a, 1.0), 0.0, a)))
            - pick(lt(a, 3.720_075_976_020_836e-44), -100.0, ln(pick(lt(a, 3.720_075_976_020_836e-44), 1.0, a))));
    /// 1 where `$a > b$`, else 0. The slopes are 0.
    gt [0.2, kinks: Kinks::Equal] |a, b, y| gt(a, b);
    /// 1 where `$a \ge b$`, else 0. The slopes are 0.
    ge [0.2, kinks: Kinks::Equal] |a, b, y| ge(a, b);
    /// 1 where `$a < b$`, else 0. The slopes are 0.
    lt [0.2, kinks: Kinks::Equal] |a, b, y| lt(a, b);
    /// 1 where `$a \le b$`, else 0. The slopes are 0.
    le [0.2, kinks: Kinks::Equal] |a, b, y| le(a, b);
    /// 1 where `$a = b$`, else 0. The slopes are 0.
    eq [0.2, kinks: Kinks::Equal] |a, b, y| eq(a, b);
    /// 1 where `$a \ne b$`, else 0. The slopes are 0.
    ne [0.2, kinks: Kinks::Equal] |a, b, y| ne(a, b);
}
