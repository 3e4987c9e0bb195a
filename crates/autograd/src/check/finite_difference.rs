//! Finite differences: derivatives from values alone, with a step `h`. The check that needs no rule, and the
//! comparison for every gradient of the tape.
//!
//! | scheme | estimate of `$f'(x)$` | error |
//! |---|---|---|
//! | forward | `$(f(x+h)-f(x))/h$` | `$O(h)$` |
//! | central | `$(f(x+h)-f(x-h))/2h$` | `$O(h^2)$` |
//! | five-point | `$(8(f(x+h)-f(x-h))-(f(x+2h)-f(x-2h)))/12h$` | `$O(h^4)$` |
//! | Ridders | central differences extrapolated to `$h \to 0$` | estimated on the way |
//!
//! Rounding adds about `$\epsilon |f| / h$` to each: too small a step is as bad as too large a one.

use gradus_tensor::{DType, Tensor};

use super::flat::{flatten, flattened, unflatten};
use crate::tape::Tape;
use crate::var::Var;

/// A formula for a derivative from values.
///
/// # Source
/// Abramowitz and Stegun, 1964, 25.3; Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", 1982.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `$(f(x+h)-f(x))/h$`, error of order h.
    Forward,
    /// `$(f(x)-f(x-h))/h$`, error of order h.
    Backward,
    /// `$(f(x+h)-f(x-h))/2h$`, error of order h².
    Central,
    /// `$(8(f(x+h)-f(x-h))-(f(x+2h)-f(x-2h)))/12h$`, error of order h⁴.
    FivePoint,
    /// Richardson's extrapolation of central differences, in Ridders' form: the step is divided by 1.4 until the
    /// estimates stop agreeing better; gives an estimate of its own error.
    Ridders,
}

impl Scheme {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Forward, Self::Backward, Self::Central, Self::FivePoint, Self::Ridders];

    /// The name, as printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Backward => "backward",
            Self::Central => "central",
            Self::FivePoint => "five-point",
            Self::Ridders => "ridders",
        }
    }

    /// The power of h in the truncation error. (Ridders: of the central differences that it starts from.)
    pub fn order(self) -> i32 {
        match self {
            Self::Forward | Self::Backward => 1,
            Self::Central | Self::Ridders => 2,
            Self::FivePoint => 4,
        }
    }

    /// A good step for arguments and values near 1 in f64, where truncation and rounding balance:
    /// `$\epsilon^{1/(p+1)}$` for order p, rounded to a power of ten. The one-sided schemes take 1e-6, as textbooks do;
    /// Ridders starts from 0.1.
    pub fn step(self) -> f64 {
        match self {
            Self::Forward | Self::Backward => 1e-6,
            Self::Central => 1e-5,
            Self::FivePoint => 1e-3,
            Self::Ridders => 1e-1,
        }
    }

    /// The derivative of `f` at 0, where `value` is `f(0)`, used by the one-sided schemes. Returns it with an error
    /// estimate, which only Ridders has (NaN otherwise).
    fn at_zero(self, f: &mut dyn FnMut(f64) -> f64, value: &mut dyn FnMut() -> f64, h: f64) -> (f64, f64) {
        let estimate = match self {
            Self::Forward => (f(h) - value()) / h,
            Self::Backward => (value() - f(-h)) / h,
            Self::Central => (f(h) - f(-h)) / (2.0 * h),
            Self::FivePoint => (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / (12.0 * h),
            Self::Ridders => return ridders(f, h),
        };
        (estimate, f64::NAN)
    }
}

impl std::fmt::Display for Scheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// Ridders' table: row i has step `$h/1.4^i$`, column j removes the error term of order 2j. The entry that agrees
/// best with its neighbours wins.
fn ridders(f: &mut dyn FnMut(f64) -> f64, h: f64) -> (f64, f64) {
    const SHRINK: f64 = 1.4;
    const ROWS: usize = 12;
    let mut previous: Vec<f64> = Vec::new();
    let (mut best, mut error, mut h) = (f64::NAN, f64::INFINITY, h);
    for i in 0..ROWS {
        let mut row = vec![(f(h) - f(-h)) / (2.0 * h)];
        if i == 0 {
            best = row[0];
        }
        let mut factor = SHRINK * SHRINK;
        for j in 1..=i {
            let next = (row[j - 1] * factor - previous[j - 1]) / (factor - 1.0);
            let spread = (next - row[j - 1]).abs().max((next - previous[j - 1]).abs());
            if spread <= error {
                (best, error) = (next, spread);
            }
            row.push(next);
            factor *= SHRINK * SHRINK;
        }
        // Rounding has taken over once the diagonal moves by twice the error found so far.
        if i > 0 && (row[i] - previous[i - 1]).abs() >= 2.0 * error {
            break;
        }
        previous = row;
        h /= SHRINK;
    }
    (best, error)
}

/// A scheme with its step.
///
/// ```
/// use gradus_autograd::FiniteDifference;
/// let f = |x: &[f64]| x[0] * x[0] * x[1];
/// let gradient = FiniteDifference::forward().gradient(f, &[2.0, 3.0]);
/// assert!((gradient[0] - 12.0).abs() < 1e-5 && (gradient[1] - 4.0).abs() < 1e-5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FiniteDifference {
    /// The formula.
    pub scheme: Scheme,
    /// The step `h`, absolute.
    pub step: f64,
}

impl Default for FiniteDifference {
    fn default() -> Self {
        Self::new(Scheme::Central)
    }
}

impl FiniteDifference {
    /// A scheme with its usual step.
    pub fn new(scheme: Scheme) -> Self {
        Self { scheme, step: scheme.step() }
    }

    /// `$(f(x + \epsilon e_i) - f(x))/\epsilon$` with `$\epsilon = 10^{-6}$`.
    pub fn forward() -> Self {
        Self::new(Scheme::Forward)
    }

    /// `$(f(x + h e_i) - f(x - h e_i))/2h$` with `$h = 10^{-5}$`.
    pub fn central() -> Self {
        Self::new(Scheme::Central)
    }

    /// The same scheme with another step.
    #[must_use]
    pub fn with_step(self, step: f64) -> Self {
        Self { step, ..self }
    }

    /// The derivative of a function of one number.
    pub fn derivative(&self, f: impl FnMut(f64) -> f64, x: f64) -> f64 {
        self.derivative_with_error(f, x).0
    }

    /// The derivative with the scheme's own estimate of the error: NaN for all schemes but Ridders.
    pub fn derivative_with_error(&self, f: impl FnMut(f64) -> f64, x: f64) -> (f64, f64) {
        let f = std::cell::RefCell::new(f);
        self.scheme.at_zero(&mut |t| f.borrow_mut()(x + t), &mut || f.borrow_mut()(x), self.step)
    }

    /// The gradient of a scalar function of several numbers.
    pub fn gradient(&self, mut f: impl FnMut(&[f64]) -> f64, x: &[f64]) -> Vec<f64> {
        let value = if self.is_one_sided() { f(x) } else { 0.0 };
        (0..x.len()).map(|i| self.partial(&mut f, x, i, value)).collect()
    }

    /// The derivative in element `i`; `value` is `f(x)`, for the one-sided schemes.
    fn partial(&self, f: &mut dyn FnMut(&[f64]) -> f64, x: &[f64], i: usize, value: f64) -> f64 {
        let mut moved = x.to_vec();
        let mut shifted = |t: f64| {
            moved[i] = x[i] + t;
            f(&moved)
        };
        self.scheme.at_zero(&mut shifted, &mut || value, self.step).0
    }

    fn is_one_sided(&self) -> bool {
        matches!(self.scheme, Scheme::Forward | Scheme::Backward)
    }

    /// `$\tfrac{d}{dt} f(x + t v)$` at `$t = 0$`.
    ///
    /// # Panics
    /// If the lengths differ.
    #[track_caller]
    pub fn directional(&self, mut f: impl FnMut(&[f64]) -> f64, x: &[f64], v: &[f64]) -> f64 {
        assert!(
            x.len() == v.len(),
            "directional: the direction has {} elements, the point {}",
            v.len(),
            x.len()
        );
        let mut along = |t: f64| {
            let moved: Vec<f64> = x.iter().zip(v).map(|(x, v)| x + t * v).collect();
            f(&moved)
        };
        self.derivative(&mut along, 0.0)
    }

    /// The Jacobian of a vector function: one row for each output, one column for each input.
    /// Each shifted point is evaluated once for all outputs.
    ///
    /// # Panics
    /// If it has not the same number of outputs everywhere.
    #[track_caller]
    pub fn jacobian(&self, mut f: impl FnMut(&[f64]) -> Vec<f64>, x: &[f64]) -> Vec<Vec<f64>> {
        let value = f(x);
        let mut rows = vec![vec![0.0; x.len()]; value.len()];
        let mut fewer = None;
        for i in 0..x.len() {
            let mut known: Vec<(f64, Vec<f64>)> = Vec::new();
            for (k, row) in rows.iter_mut().enumerate() {
                let mut shifted = |t: f64| {
                    if let Some((_, values)) = known.iter().find(|(at, _)| *at == t) {
                        return values[k];
                    }
                    let mut moved = x.to_vec();
                    moved[i] = x[i] + t;
                    let values = f(&moved);
                    // A closure has no caller to point at; what is missing is told at the end.
                    if values.len() != value.len() {
                        fewer = Some(values.len());
                        return f64::NAN;
                    }
                    let result = values[k];
                    known.push((t, values));
                    result
                };
                row[i] = self.scheme.at_zero(&mut shifted, &mut || value[k], self.step).0;
            }
        }
        if let Some(n) = fewer {
            panic!("jacobian: the function has {} outputs at the point and {n} near it", value.len());
        }
        rows
    }

    /// The Hessian of a scalar function: differences of differences. The step should be larger than for a gradient,
    /// about `$\epsilon^{1/4}$`; the five-point scheme with its usual step does well.
    pub fn hessian(&self, mut f: impl FnMut(&[f64]) -> f64, x: &[f64]) -> Vec<Vec<f64>> {
        self.jacobian(|x| self.gradient(&mut f, x), x)
    }

    /// The gradient of a scalar function on a tape, in F64.
    ///
    /// # Panics
    /// If the result is not a scalar.
    #[track_caller]
    pub fn tape_gradient(&self, f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, at: &[Tensor]) -> Vec<Tensor> {
        let g = of_scalar("tape_gradient", flattened(f, at), |f| self.gradient(f, &flatten(at)));
        unflatten(&g, at)
    }

    /// The Jacobian of a function on a tape, in F64: for each input a tensor of the output's shape, then the input's.
    pub fn tape_jacobian(&self, f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, at: &[Tensor]) -> Vec<Tensor> {
        let output = Tape::inference();
        let vars: Vec<Var<'_>> = at.iter().map(|t| output.constant(t.to(DType::F64))).collect();
        let shape = f(&vars).shape();
        let rows = self.jacobian(flattened(f, at), &flatten(at));
        let mut start = 0;
        at.iter()
            .map(|input| {
                let columns = start..start + input.elements();
                start = columns.end;
                let block: Vec<f64> =
                    rows.iter().flat_map(|row| row[columns.clone()].iter().copied()).collect();
                let sizes: Vec<usize> = shape.iter().chain(input.shape().iter()).copied().collect();
                Tensor::from_vec(block, &sizes[..])
            })
            .collect()
    }

    /// The Hessian of a scalar function on a tape in all elements of all inputs, flattened: rows and columns.
    ///
    /// # Panics
    /// If the result is not a scalar.
    #[track_caller]
    pub fn tape_hessian(&self, f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, at: &[Tensor]) -> Vec<Vec<f64>> {
        of_scalar("tape_hessian", flattened(f, at), |f| self.hessian(f, &flatten(at)))
    }
}

/// What `take` makes of a function of one number.
///
/// # Panics
/// If the function has another number of elements.
#[track_caller]
fn of_scalar<R>(
    op: &str,
    flat: impl Fn(&[f64]) -> Vec<f64>,
    take: impl FnOnce(&mut dyn FnMut(&[f64]) -> f64) -> R,
) -> R {
    let mut other = None;
    let result = take(&mut |x| match flat(x)[..] {
        [value] => value,
        ref values => {
            other = Some(values.len());
            f64::NAN
        }
    });
    if let Some(n) = other {
        panic!(
            "{op}: needs a scalar, got {n} elements; reduce it with .sum() or .mean(), or take tape_jacobian"
        );
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::{abs_diff_eq, assert_abs_diff_eq};

    #[test]
    fn schemes_on_a_cubic() {
        // f = x³ at 2: the forward error is 6h + h², the central one h², five points are exact.
        let cube = |x: f64| x * x * x;
        let at = |scheme, step| FiniteDifference { scheme, step }.derivative(cube, 2.0);
        assert_abs_diff_eq!(at(Scheme::Forward, 0.1), 12.61, epsilon = 1e-12);
        assert_abs_diff_eq!(at(Scheme::Backward, 0.1), 11.41, epsilon = 1e-12);
        assert_abs_diff_eq!(at(Scheme::Central, 0.1), 12.01, epsilon = 1e-12);
        assert_abs_diff_eq!(at(Scheme::FivePoint, 0.1), 12.0, epsilon = 1e-12);
        assert_abs_diff_eq!(at(Scheme::Ridders, 0.1), 12.0, epsilon = 1e-11);
    }

    #[test]
    fn ridders_knows_its_error() {
        let (d, error) = FiniteDifference::new(Scheme::Ridders).derivative_with_error(f64::exp, 1.0);
        assert!(abs_diff_eq!(d, 1f64.exp(), epsilon = 10.0 * error) && error < 1e-9, "{d} {error}");
    }

    #[test]
    fn hessian_and_jacobian_of_a_polynomial() {
        let fd = FiniteDifference::new(Scheme::FivePoint);
        let f = |x: &[f64]| x[0] * x[0] * x[1];
        let h = fd.hessian(f, &[2.0, 3.0]);
        for (got, want) in h.concat().iter().zip([6.0, 4.0, 4.0, 0.0]) {
            assert!(abs_diff_eq!(*got, want, epsilon = 1e-7), "{got} {want}");
        }
        let j = fd.jacobian(|x| vec![x[0] + x[1], x[0] * x[1]], &[2.0, 3.0]);
        for (got, want) in j.concat().iter().zip([1.0, 1.0, 3.0, 2.0]) {
            assert!(abs_diff_eq!(*got, want, epsilon = 1e-10), "{got} {want}");
        }
        assert_abs_diff_eq!(fd.directional(f, &[2.0, 3.0], &[1.0, -1.0]), 8.0, epsilon = 1e-10);
    }

    #[test]
    fn a_jacobian_evaluates_each_point_once() {
        let mut calls = 0;
        let f = |x: &[f64]| {
            calls += 1;
            vec![x[0] * x[1], x[0] + x[1], x[1].sin()]
        };
        let rows = FiniteDifference::central().jacobian(f, &[2.0, 3.0]);
        // One for the number of outputs, two for each input.
        assert_eq!(calls, 5);
        assert!(
            abs_diff_eq!(rows[0][0], 3.0, epsilon = 1e-9)
                && abs_diff_eq!(rows[2][1], 3f64.cos(), epsilon = 1e-9)
        );
    }
}
