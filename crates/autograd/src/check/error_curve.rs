//! The error of finite differences against the step: too large a step truncates, too small a one rounds, and the best lies
//! where the two meet. In a double-logarithmic picture the curve is a V.

use gradus_tensor::{DType, Tensor};

use super::finite_difference::{FiniteDifference, Scheme};
use crate::fast::reuse::on_tape;
use crate::functions::derivative::slopes;
use crate::model::training::Mode;
use crate::tape::Tape;
use crate::var::Var;

/// The steps of a curve, `$10^{-1}$` to `$10^{-15}$`.
pub const STEPS: [f64; 15] =
    [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14, 1e-15];

/// One point of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// The step.
    pub step: f64,
    /// The finite difference.
    pub estimate: f64,
    /// Its distance from the derivative.
    pub error: f64,
}

/// The errors of one scheme in one float type.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorCurve {
    /// The scheme.
    pub scheme: Scheme,
    /// The type in which the function was computed.
    pub dtype: DType,
    /// From the largest step to the smallest.
    pub points: Vec<CurvePoint>,
}

impl ErrorCurve {
    /// The errors of a scheme for a function of one number, whose derivative at `x` is `exact`.
    pub fn new(scheme: Scheme, f: impl FnMut(f64) -> f64, x: f64, exact: f64) -> Self {
        Self::in_dtype(scheme, DType::F64, f, x, exact)
    }

    /// As [`Self::new`], for a function that computes in the given type.
    pub fn in_dtype(scheme: Scheme, dtype: DType, mut f: impl FnMut(f64) -> f64, x: f64, exact: f64) -> Self {
        let point = |step: f64| {
            let estimate = FiniteDifference { scheme, step }.derivative(&mut f, x);
            CurvePoint { step, estimate, error: (estimate - exact).abs() }
        };
        Self { scheme, dtype, points: STEPS.into_iter().map(point).collect() }
    }

    /// The point with the least error; of equals the one with the largest step. Points without a number, from a step that
    /// leaves the domain, do not count unless there are no others.
    pub fn best(&self) -> CurvePoint {
        let least = |a: CurvePoint, b: CurvePoint| if b.error < a.error || a.error.is_nan() { b } else { a };
        self.points.iter().copied().reduce(least).expect("a curve has points")
    }

    /// The slope of the right branch, `$d \log e / d \log h$` by least squares over the points from `10^{-1}` down to ten times
    /// the best step: about the order of the scheme. NaN if there are fewer than two.
    pub fn truncation_slope(&self) -> f64 {
        let best = self.best().step;
        self.slope(|step| step > 5.0 * best)
    }

    /// The slope of the left branch, below the best step: about -1. Points without error are left out.
    pub fn rounding_slope(&self) -> f64 {
        let best = self.best().step;
        self.slope(|step| step < 0.5 * best)
    }

    /// The slope over the points whose step `keep` accepts.
    pub fn slope(&self, keep: impl Fn(f64) -> bool) -> f64 {
        let kept = self.points.iter().filter(|p| keep(p.step) && p.error > 0.0 && p.error.is_finite());
        let logs: Vec<(f64, f64)> = kept.map(|p| (p.step.log10(), p.error.log10())).collect();
        let n = logs.len() as f64;
        let (mx, my) = (logs.iter().map(|p| p.0).sum::<f64>() / n, logs.iter().map(|p| p.1).sum::<f64>() / n);
        let above: f64 = logs.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum();
        let below: f64 = logs.iter().map(|p| (p.0 - mx).powi(2)).sum();
        if logs.len() < 2 { f64::NAN } else { above / below }
    }
}

/// The errors of every scheme in F32 and F64 for a scalar function on a tape; the derivative to compare with is the tape's,
/// in F64.
///
/// ```
/// use gradus_autograd::{Scheme, error_curve};
/// let curves = error_curve(|x| x.sin(), 1.0);
/// let central = curves.iter().find(|c| c.scheme == Scheme::Central).unwrap();
/// assert!(central.best().error < 1e-2);
/// ```
///
/// # Panics
/// If the result is not a scalar.
#[track_caller]
pub fn error_curve(f: impl for<'t> Fn(Var<'t>) -> Var<'t>, x: f64) -> Vec<ErrorCurve> {
    let tape = Tape::new();
    let var = tape.var(x);
    let y = f(var);
    y.check_scalar("error_curve");
    let exact = slopes(y, &[var])[0].item();
    let value = |dtype: DType| {
        let f = &f;
        move |x: f64| on_tape(Mode::Inference, |tape| f(tape.constant(Tensor::scalar(x).to(dtype))).item())
    };
    let curves = [DType::F32, DType::F64].into_iter().flat_map(|dtype| {
        let value = value(dtype);
        Scheme::ALL.into_iter().map(move |scheme| ErrorCurve::in_dtype(scheme, dtype, value, x, exact))
    });
    curves.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;

    #[test]
    fn the_v_of_each_scheme() {
        let curves = error_curve(|x| x.exp(), 1.0);
        assert_eq!(curves.len(), 10);
        let find = |scheme, dtype| curves.iter().find(|c| c.scheme == scheme && c.dtype == dtype).unwrap();
        for (scheme, order) in [(Scheme::Forward, 1.0), (Scheme::Central, 2.0), (Scheme::FivePoint, 4.0)] {
            let curve = find(scheme, DType::F64);
            assert!(
                abs_diff_eq!(curve.slope(|h| h > 5e-3), order, epsilon = 0.1),
                "{scheme}: {}",
                curve.truncation_slope()
            );
            assert!(curve.rounding_slope() < -0.7, "{scheme}: {}", curve.rounding_slope());
            assert!(find(scheme, DType::F32).best().error > curve.best().error);
        }
        assert_eq!(find(Scheme::Forward, DType::F64).best().step, 1e-8);
    }

    #[test]
    fn a_step_out_of_the_domain_is_not_the_best() {
        for curve in error_curve(|x| x.ln(), 0.05) {
            assert!(curve.best().error < 1.0, "{}: {:?}", curve.scheme, curve.best());
        }
    }
}
