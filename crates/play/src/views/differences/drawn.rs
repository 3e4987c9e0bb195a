//! The curves of errors as charts, and their best steps as a table.

use gradus::autograd::Scheme;
use gradus::tensor::DType;
use gradus_cli::text::numbers::{number, size};

use super::{Curve, Model};
use crate::answer::Number;
use crate::drawing::{COLORS, Chart, Mark, Table};

/// Errors of exactly 0 have no place on a logarithmic axis; they stand here.
const LEAST: f64 = 1e-17;

/// The curves of one float type, each with its prediction.
pub(super) fn chart(curves: &[Curve], dtype: DType, absolute: bool) -> Chart {
    let error = if absolute { "error" } else { "relative error" };
    let chart = Chart::new(&format!("computed in {}", dtype.to_string().to_uppercase()), "step h", error);
    let mut chart = chart.logarithmic().within(LEAST / 2.0, 10.0).across(5e-16, 0.2);
    chart.x.scale = "log";
    let name = dtype.to_string().to_lowercase();
    for curve in curves.iter().filter(|curve| curve.dtype == name) {
        let place = Scheme::ALL.iter().position(|scheme| scheme.name() == curve.scheme).unwrap_or(0);
        let color = COLORS[place % COLORS.len()];
        let shown = |error: f64| if error == 0.0 { LEAST } else { error };
        let points = curve.points.iter().map(|point| [point.step, Number(shown(point.error.0))]).collect();
        let dash = if curve.scheme == "backward" { 2 } else { 0 };
        chart = chart.line(curve.scheme, color, points).dashed(dash).dotted();
        if let Some(Model { truncation, rounding, step, .. }) = &curve.model {
            let sum = |h: f64| Number(truncation.0 * h.powi(curve.order) + rounding.0 / h);
            let points = curve.points.iter().map(|point| [point.step, sum(point.step.0)]).collect();
            chart = chart.line(&format!("{}, predicted", curve.scheme), color, points).dashed(1);
            let label = format!("{}: predicted best step {}", curve.scheme, number(step.0, 3));
            chart.marks.push(Mark { x: *step, label, color });
        }
    }
    chart
}

/// The best step of each scheme beside the predicted one.
pub(super) fn best(curves: &[Curve]) -> Table {
    let row = |curve: &Curve| {
        let predicted = |of: fn(&Model) -> Number| {
            curve.model.as_ref().map_or("–".to_string(), |model| size(of(model).0))
        };
        let [step, error] = [curve.best.step, curve.best.error].map(|x| size(x.0));
        let dtype = curve.dtype.to_uppercase();
        vec![
            curve.scheme.to_string(),
            dtype,
            step,
            error,
            predicted(|model| model.step),
            predicted(|model| model.error),
        ]
    };
    let head = vec!["scheme", "computed in", "best step", "error there", "predicted step", "predicted error"];
    Table { head, rows: curves.iter().map(row).collect() }
}
