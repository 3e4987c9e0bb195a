//! The gradient of a model on a few examples, before it is trained.

use std::io::Write;

use gradus::autograd::{Elements, GradcheckOptions, Report};
use gradus::prelude::*;

use super::data::Task;
use crate::failure::Failure;
use crate::text::numbers::count as many;

/// The gradient check passes below this relative error.
const BOUND: f64 = 1e-6;
/// The error is relative to the derivative, or to this if it is smaller: differences have an absolute error too.
const FLOOR: f64 = 1e-4;

/// Autograd against central differences in F64, on a small batch and with dropout off.
pub(super) fn gradient(out: &mut dyn Write, task: &Task, seed: u64) -> Result<Report, Failure> {
    let mut model = task.model.clone();
    let (batch, count) = &task.check;
    let inputs = batch.inputs.clone();
    let inputs = if inputs.dtype().is_float() { inputs.to(DType::F64) } else { inputs };
    let labels = &batch.labels;
    let labels = if labels.dtype().is_float() { labels.to(DType::F64) } else { labels.clone() };
    let options = GradcheckOptions {
        rtol: BOUND,
        atol: FLOOR * BOUND,
        elements: Elements::Sample { count: *count, seed },
        ..GradcheckOptions::default()
    };
    let report = gradcheck_model(
        &mut model,
        |model, tape| task.loss(model.forward(tape.constant(&inputs)), &labels),
        &options,
    );
    let all = model.trainable_elements();
    let examples = many(batch.len(), "example");
    writeln!(out, "The gradient on {examples}, tape against central differences, in F64:")?;
    writeln!(out, "{report}")?;
    writeln!(out, "  of {all} in all; values below {FLOOR:.0e} count as {FLOOR:.0e}\n")?;
    if report.passed() { Ok(report) } else { Err(Failure::Run("the gradient check failed".to_string())) }
}
