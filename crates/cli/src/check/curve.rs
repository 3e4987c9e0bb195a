//! The error of finite differences against their step, for one target, as a picture and as a table.

use std::fmt;

use gradus::autograd::{ErrorCurve, Scheme};
use gradus::tensor::DType;
use gradus_viz::{Chart, Figure, Scale, series_color};
use serde_json::{Value, json};

use super::target::Target;
use crate::text::numbers::{short, size};
use crate::text::table::Table;

/// The curves of all schemes in both float types.
pub(crate) struct Curve {
    about: String,
    along: &'static str,
    /// The derivative that the differences are compared with.
    exact: f64,
    curves: Vec<ErrorCurve>,
}

/// An error of exactly 0 has no place on a logarithmic axis; it is drawn here. One that is no number, from a step that
/// leaves the domain, is a gap of the line.
const LEAST: f64 = 1e-17;

/// Why the curves fall and rise.
const BRANCHES: &str = "On the right the step is too long for a curved function (truncation): the error falls with the step, or with a \
                        power of it. On the left the values are rounded: the error grows as 1/h, up to 1, where rounding hides the \
                        whole difference.";
/// What the line at the bottom is.
const EXACT: &str = " A difference that is the derivative to the last bit has the error 0, for which a logarithmic axis has no place: it \
                     stands on the dashed line, at 1e-17.";

impl Curve {
    pub(crate) fn of(target: &mut Target, seed: u64) -> Self {
        let along = if target.elements() == 1 {
            "in its only variable"
        } else {
            "along a random direction of length 1"
        };
        let about = target.about().to_string();
        let mut line = target.line(seed);
        let exact = line.derivative();
        let kinds = [DType::F64, DType::F32].map(|dtype| Scheme::ALL.map(|scheme| (scheme, dtype)));
        let of =
            |(scheme, dtype)| ErrorCurve::in_dtype(scheme, dtype, |t| line.value_in(t, dtype), 0.0, exact);
        Self { about, along, exact, curves: kinds.into_iter().flatten().map(of).collect() }
    }

    /// The error relative to the derivative, or absolute where that is 0.
    fn relative(&self, error: f64) -> f64 {
        if self.exact == 0.0 { error } else { error / self.exact.abs() }
    }

    fn points(&self, curve: &ErrorCurve) -> Vec<(f64, f64)> {
        // Not `max`, which takes the number and drops the NaN.
        let shown = |error: f64| if error < LEAST { LEAST } else { error };
        curve.points.iter().map(|p| (p.step, shown(self.relative(p.error)))).collect()
    }

    /// Two panels, F64 and F32.
    pub(crate) fn svg(&self) -> String {
        let mut figure = Figure::new(&format!("Finite differences: {}", self.about)).shared_legend();
        let mut exact = false;
        for (dtype, title) in [(DType::F64, "computed in F64"), (DType::F32, "computed in F32")] {
            let mut chart = Chart::new(title)
                .size(390.0, 320.0)
                .x_axis("step h", Scale::Log10)
                .y_axis("relative error", Scale::Log10)
                .x_range(5e-16, 2e-1);
            let drawn = || self.curves.iter().filter(|curve| curve.dtype == dtype).enumerate();
            for (_, curve) in drawn() {
                chart = chart.line(curve.scheme.name(), &self.points(curve));
                // It lies on the forward difference for the most part.
                if curve.scheme == Scheme::Backward {
                    chart = chart.dashed();
                }
            }
            if drawn().any(|(_, curve)| curve.points.iter().any(|p| self.relative(p.error) < LEAST)) {
                chart = chart.horizontal("errors of exactly 0", LEAST);
                exact = true;
            }
            for (i, curve) in drawn() {
                chart = chart.points("", &self.points(curve)).color(series_color(i));
            }
            figure = figure.panel(chart);
        }
        figure.note(&format!("{BRANCHES}{}", if exact { EXACT } else { "" })).svg()
    }

    /// The slope left of the best step, as far as the error is still smaller than the derivative.
    fn rounding_slope(&self, curve: &ErrorCurve) -> f64 {
        let best = curve.best().step;
        let left = curve.points.iter().filter(|p| p.step < 0.5 * best);
        let useful = left.take_while(|p| self.relative(p.error) < 0.5).map(|p| p.step);
        let last = useful.reduce(f64::min).unwrap_or(f64::INFINITY);
        curve.slope(|step| step < 0.5 * best && step >= last)
    }

    pub(crate) fn document(&self) -> Value {
        let curve = |curve: &ErrorCurve| {
            json!({
                "scheme": curve.scheme.name(),
                "dtype": curve.dtype.to_string(),
                "steps": curve.points.iter().map(|p| p.step).collect::<Vec<_>>(),
                "estimates": curve.points.iter().map(|p| p.estimate).collect::<Vec<_>>(),
                "errors": curve.points.iter().map(|p| p.error).collect::<Vec<_>>(),
            })
        };
        self.curves.iter().map(curve).collect()
    }
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Error against step, {} (derivative {}):\n", self.along, short(self.exact))?;
        let mut table = Table::new(&[
            "scheme",
            "computed in",
            "best step",
            "relative error",
            "slope right of it",
            "left",
        ]);
        for curve in &self.curves {
            let (best, dash) = (curve.best(), || "—".to_string());
            let error = self.relative(best.error);
            let measured = error.is_finite();
            table.row([
                curve.scheme.name().to_string(),
                curve.dtype.to_string(),
                if measured { format!("{:.0e}", best.step) } else { dash() },
                if measured { size(error) } else { dash() },
                slope(curve, curve.truncation_slope()),
                slope(curve, self.rounding_slope(curve)),
            ]);
        }
        write!(f, "{}", table.text())?;
        let missing =
            |curve: &ErrorCurve| curve.points.iter().filter(|p| !self.relative(p.error).is_finite()).count();
        match self.curves.iter().map(missing).sum() {
            0 => Ok(()),
            missing => {
                writeln!(f, "\n  {missing} differences are no number, and so are gaps in the picture.")
            }
        }
    }
}

/// A slope with one decimal; `—` where a branch has too few points, and for extrapolated differences, whose error is no
/// power of the step.
fn slope(curve: &ErrorCurve, x: f64) -> String {
    if x.is_nan() || curve.scheme == Scheme::Ridders { "—".to_string() } else { format!("{x:+.1}") }
}

#[cfg(test)]
mod tests {
    use gradus::autograd::STEPS;

    use super::*;

    #[test]
    fn the_line_of_exact_errors_is_explained() {
        for (text, at, exact) in [("x", "x=0", true), ("exp(x)", "x=1", false)] {
            let mut target = Target::find(text, &[at.to_string()], 0).expect("an expression");
            let curve = Curve::of(&mut target, 0);
            let zeros = curve.curves.iter().flat_map(|curve| &curve.points).any(|p| p.error == 0.0);
            let svg = curve.svg();
            let (line, said) = (svg.contains("errors of exactly 0"), svg.contains("has the error 0"));
            assert_eq!([line, said], [zeros; 2], "{text}");
            assert!(zeros || !exact, "{text}");
            assert!(svg.contains("(truncation)") && svg.contains("values are rounded"), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_not_drawn() {
        // At 0.05 the first steps leave the domain of the logarithm.
        let mut target = Target::find("ln(x)", &["x=0.05".to_string()], 0).expect("an expression");
        let curve = Curve::of(&mut target, 0);
        for of in &curve.curves {
            let missing = of.points.iter().filter(|p| !p.error.is_finite()).count();
            let exact = of.points.iter().filter(|p| p.error == 0.0).count();
            let drawn = curve.points(of);
            let count = |of: fn(f64) -> bool| drawn.iter().filter(|p| of(p.1)).count();
            assert_eq!(
                [drawn.len(), count(f64::is_nan), count(|error| error <= LEAST)],
                [STEPS.len(), missing, exact]
            );
            assert!(
                missing > 0 || of.scheme == Scheme::Forward || of.scheme == Scheme::Ridders,
                "{}",
                of.scheme
            );
            assert!(of.best().error.is_finite());
        }
    }
}
