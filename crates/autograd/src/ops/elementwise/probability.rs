//! Rows about probabilities.
#![allow(clippy::excessive_precision, reason = "one literal serves f32, f64 and recorded values")]

crate::table::binary! {
    /// The surprise of an event of probability `a` where the truth is `b`: `$-b \ln a - (1 - b) \ln(1 - a)$`, each
    /// logarithm held at -100. Slopes `$(a - b)/\max(a (1 - a), \varepsilon)$` and `$\ln(1 - a) - \ln a$`.
    surprise [4.0] |a, b, y|
        -(b * pick(lt(ln(a), -100.0), -100.0, ln(a)) + (1.0 - b) * pick(lt(log1p(-a), -100.0), -100.0, log1p(-a))) =>
        (a - b) / pick(lt(a * (1.0 - a), 9.999_999_960_041_972e-13), 9.999_999_960_041_972e-13, a * (1.0 - a)),
        pick(lt(log1p(-a), -100.0), -100.0, log1p(-a)) - pick(lt(ln(a), -100.0), -100.0, ln(a));
}
