//! One function, its value, gradient and Hessian-vector product, each in up to four ways beside each other: the sweep back,
//! forward mode, differences, and the complex step. The first two share rules, the last two use none.

use std::fmt;

use gradus_tensor::Tensor;

use super::comparison::{Comparison, Verdict};
use super::complex;
use super::gradcheck::checked;
use super::line::{Direction, Line, directions};
use super::options::GradcheckOptions;
use super::report::{Place, Report};
use super::subject::{Function, LossOfModel, Subject};
use crate::functions::jvps;
use crate::model::Params;
use crate::tape::Tape;
use crate::var::Var;

/// One quantity in up to four ways.
#[derive(Debug, Clone, PartialEq)]
pub struct Ways {
    /// 0 for the value, 1 for the gradient, 2 for the product with the Hessian.
    pub order: usize,
    /// The input or parameter, or the direction; empty for the value.
    pub name: String,
    /// The place in it.
    pub index: Vec<usize>,
    /// By the sweep back over the tape.
    pub backward: f64,
    /// By forward mode.
    pub forward: Option<f64>,
    /// By finite differences; the value evaluated again.
    pub difference: f64,
    /// A bound of the error of the difference.
    pub noise: f64,
    /// By the complex step, where all operations have a complex form.
    pub complex: Option<f64>,
    /// What the ways say of each other: they differ if any does.
    pub verdict: Verdict,
}

/// The table of [`four_ways`].
#[derive(Debug, Clone)]
pub struct FourWays {
    /// The value, the derivatives, and the products with the Hessian, in this order.
    pub rows: Vec<Ways>,
    /// The check of the first against the third way, with the reason of a failure.
    pub report: Report,
    /// The operation because of which there is no complex step, if one has no complex form.
    pub not_complex: Option<Place>,
}

impl FourWays {
    /// Whether no two ways differ and the gradient check passed.
    pub fn passed(&self) -> bool {
        self.report.passed() && self.rows.iter().all(|row| row.verdict != Verdict::Differs)
    }

    /// Nothing if all agree.
    ///
    /// # Panics
    /// With the table, if some do not.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.passed(), "{self:#}");
    }
}

/// The value of `f`, its derivatives, and its Hessian times a vector, each by the sweep back, by forward mode, by
/// differences, and by the complex step. A result of several elements is weighted by seeded random numbers and summed, as in
/// [`gradcheck`](crate::gradcheck); the vector is seeded as well. The order of the options is 2.
///
/// The complex step needs a complex form of each operation. Without one are: what is not analytic (`abs`, `relu`, `maximum`,
/// rounding), the Bessel functions, the gamma function and its family (`lgamma`, `digamma`, `polygamma`), the inverse error
/// function (`erfinv`, `ndtri`), decompositions and solutions of linear systems, and operations of one's own. Then the column
/// has `-` and [`FourWays::not_complex`] names the first of them.
///
/// ```
/// use gradus_autograd::{GradcheckOptions, four_ways};
/// use gradus_tensor::Tensor;
/// let ways = four_ways(|x| (x[0].sin() * x[0]).exp(), &[Tensor::scalar(0.5)], &GradcheckOptions::default());
/// ways.assert();
/// assert_eq!(ways.rows.len(), 3);
/// assert!((ways.rows[1].complex.unwrap() - ways.rows[1].backward).abs() < 1e-15);
/// ```
pub fn four_ways(
    f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>,
    inputs: &[Tensor],
    options: &GradcheckOptions,
) -> FourWays {
    of(Box::new(Function::new(f, inputs)), options)
}

/// As [`four_ways`], of a model's loss in its trainable parameters, which are put back afterwards.
///
/// # Panics
/// If the model has no trainable parameter.
#[track_caller]
pub fn four_ways_model<M: Params>(
    model: &mut M,
    loss: impl for<'t> Fn(&M, &'t Tape) -> Var<'t>,
    options: &GradcheckOptions,
) -> FourWays {
    of(Box::new(LossOfModel::new("four_ways_model", model, loss)), options)
}

fn of(subject: Box<dyn Subject + '_>, options: &GradcheckOptions) -> FourWays {
    let options = GradcheckOptions { order: 2, per_output: false, ..options.clone() };
    let directions = directions(subject.variables(), options.elements);
    let mut line = None;
    let report = checked(subject, &directions, &options, &mut line);
    let mut ways = FourWays { rows: Vec::new(), report, not_complex: None };
    let Some(mut line) = line.filter(|_| ways.report.compared > 0) else { return ways };
    line.turn(&directions[0], 1);
    let value = value(&mut line, &directions[0], &mut ways.not_complex);
    ways.rows.push(value);
    let comparisons = ways.report.comparisons.clone();
    // A derivative that cancels has the rounding of what it is made of: the value and those of lower order.
    let value = ways.rows[0].backward.abs();
    let largest = |order: usize| {
        let below = comparisons.iter().filter(|c| c.order <= order && c.autograd.is_finite());
        below.map(|c| c.autograd.abs()).fold(value, f64::max)
    };
    for (c, direction) in comparisons.iter().zip(directions.iter().cycle()) {
        line.turn(direction, c.order);
        let row =
            derivative(&mut line, direction, c, (largest(c.order), options.rtol), &mut ways.not_complex);
        ways.rows.push(row);
    }
    ways
}

fn value(line: &mut Line<'_>, direction: &Direction, not_complex: &mut Option<Place>) -> Ways {
    let tape = Tape::new();
    let recorded = line.record_here(&tape);
    let backward = recorded.scalar().item();
    let weights: Vec<f64> = recorded.weights.iter().flat_map(Tensor::to_f64_vec).collect();
    let v = direction.vectors(&recorded.variables);
    let complex = complex::step(&recorded.outputs, &recorded.weights, &recorded.variables, &v);
    let complex = complex.map_err(|place| not_complex.get_or_insert(place)).ok().map(|(re, _)| re);
    let again: f64 = line.results(0.0).iter().zip(&weights).map(|(y, w)| y * w).sum();
    let noise = f64::EPSILON * weights.len() as f64 * again.abs();
    let near = |other: f64| near(other, backward, 1e-12 * backward.abs().max(1e-300));
    let agrees = near(again) && complex.is_none_or(near);
    let verdict = if agrees { Verdict::Agrees } else { Verdict::Differs };
    let (name, index) = (String::new(), Vec::new());
    Ways { order: 0, name, index, backward, forward: None, difference: again, noise, complex, verdict }
}

fn derivative(
    line: &mut Line<'_>,
    direction: &Direction,
    c: &Comparison,
    (largest, rtol): (f64, f64),
    not_complex: &mut Option<Place>,
) -> Ways {
    let tape = Tape::new();
    let recorded = line.record_here(&tape);
    let v = direction.vectors(&recorded.variables);
    let complex = complex::step(&recorded.outputs, &recorded.weights, &recorded.variables, &v);
    let complex = complex.map_err(|place| not_complex.get_or_insert(place)).ok().map(|(_, im)| im);
    let scalar = recorded.scalar();
    let forward = if scalar.needs() {
        let v: Vec<Var<'_>> = v.into_iter().map(|v| tape.constant(v)).collect();
        jvps(&[scalar], &recorded.variables, &v)[0].item()
    } else {
        0.0
    };
    // These have no error but rounding; what cancels is of the size of the others.
    let near = |other: f64| {
        let size = c.autograd.abs().max(other.abs());
        near(other, c.autograd, (rtol * size).max(1e-12 * largest))
    };
    let agree = near(forward) && complex.is_none_or(near);
    Ways {
        order: c.order,
        name: c.name.clone(),
        index: c.index.clone(),
        backward: c.autograd,
        forward: Some(forward),
        difference: c.numeric,
        noise: c.noise,
        complex,
        verdict: if agree { c.verdict } else { Verdict::Differs },
    }
}

/// Whether two numbers are equal or as near as allowed. Nothing is near an infinite one, whatever it allows.
fn near(a: f64, b: f64, allowed: f64) -> bool {
    a == b || a.is_finite() && b.is_finite() && (a - b).abs() <= allowed
}

impl Ways {
    /// `value`, `gradient in input 0[1]`, `Hv in w[2]`.
    pub fn quantity(&self) -> String {
        let what = ["value", "gradient in ", "Hv in "][self.order.min(2)];
        let index = if self.index.is_empty() { String::new() } else { format!("{:?}", self.index) };
        format!("{what}{}{index}", self.name)
    }
}

impl fmt::Display for FourWays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.passed() { "agree" } else { "do NOT all agree" };
        writeln!(f, "four ways {verdict}")?;
        let heads = ["quantity", "backward", "forward", "difference", "within", "complex step"];
        let number = |x: Option<f64>| x.map_or_else(|| "-".to_string(), |x| format!("{x:+.10e}"));
        let row = |row: &Ways| {
            let Ways { backward, forward, difference, noise, complex, .. } = row;
            let [b, f, d, c] = [Some(*backward), *forward, Some(*difference), *complex].map(number);
            [row.quantity(), b, f, d, format!("{noise:.0e}"), c]
        };
        let mut lines = vec![heads.map(str::to_string)];
        lines.extend(self.rows.iter().map(row));
        let width = |i: usize| lines.iter().map(|line| line[i].chars().count()).max().unwrap_or(0);
        let widths: [usize; 6] = std::array::from_fn(width);
        let marks = self.rows.iter().map(|row| row.verdict);
        for (line, mark) in lines.iter().zip(std::iter::once(Verdict::Agrees).chain(marks)) {
            let mark = match mark {
                Verdict::Agrees => "",
                Verdict::Differs => "  differs",
                Verdict::Undecided => "  undecided",
                Verdict::Unmeasured => "  not measured",
            };
            let cells = line.iter().zip(widths).map(|(cell, width)| format!("  {cell:<width$}"));
            let text: String = cells.collect();
            writeln!(f, "{}{mark}", text.trim_end())?;
        }
        if let Some(place) = &self.not_complex {
            write!(f, "  -: no complex step, there is no complex form of ")?;
            place.fmt(f)?;
            writeln!(f)?;
        }
        self.report.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_near_infinity() {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        assert!(near(1.0, 1.5, 0.5) && !near(1.0, 1.5, 0.4) && near(inf, inf, 0.0));
        for (a, b) in [(inf, 1.0), (1.0, -inf), (inf, -inf), (nan, 1.0), (inf, nan), (nan, nan)] {
            assert!(!near(a, b, inf), "{a} {b}");
        }
    }
}
