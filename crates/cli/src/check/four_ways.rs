//! `gradus check TARGET --four-ways`: value, gradient and Hessian-vector product, each in up to four ways, in one table.

use std::io::Write;

use gradus::autograd::{FourWays, GradcheckOptions, Ways};
use serde_json::{Value, json};

use super::target::Target;
use super::{failure, verdict};
use crate::failure::Failure;
use crate::text::lines::wrapped;
use crate::text::numbers::{number, size};
use crate::text::table::Table;

pub(crate) fn run(
    out: &mut dyn Write,
    target: &mut Target,
    options: &GradcheckOptions,
    as_json: bool,
) -> Result<(), Failure> {
    let ways = target.four_ways(options);
    if as_json {
        writeln!(out, "{:#}", document(target, &ways))?;
    } else {
        print(out, target, &ways, options)?;
    }
    match (ways.passed(), ways.report.passed()) {
        (true, _) => Ok(()),
        (false, true) => Err(Failure::Run("the four ways do not agree".to_string())),
        (false, false) => Err(failure(&ways.report)),
    }
}

fn print(
    out: &mut dyn Write,
    target: &Target,
    ways: &FourWays,
    options: &GradcheckOptions,
) -> Result<(), Failure> {
    writeln!(out, "{}, seed {}\n", target.about(), options.seed)?;
    if !ways.rows.is_empty() {
        let mut table =
            Table::new(&["quantity", "backward", "forward", "difference", "within", "complex step", ""]);
        for row in &ways.rows {
            let cell = |x: Option<f64>| x.map_or_else(|| "—".to_string(), |x| number(x, 8));
            let mark = verdict(row.verdict);
            table.row([
                row.quantity(),
                number(row.backward, 8),
                cell(row.forward),
                number(row.difference, 8),
                size(row.noise),
                cell(row.complex),
                mark.to_string(),
            ]);
        }
        writeln!(out, "{}", table.text())?;
    }
    if let Some(place) = &ways.not_complex {
        writeln!(out, "—: no complex step, there is no complex form of {place}.\n")?;
    }
    for line in ways.report.to_string().lines() {
        writeln!(out, "{}", wrapped(line, 13))?;
    }
    Ok(())
}

fn document(target: &Target, ways: &FourWays) -> Value {
    let row = |row: &Ways| {
        json!({
            "quantity": row.quantity(),
            "order": row.order,
            "name": row.name,
            "index": row.index,
            "backward": row.backward,
            "forward": row.forward,
            "difference": row.difference,
            "noise": row.noise,
            "complex_step": row.complex,
            "verdict": verdict(row.verdict),
        })
    };
    json!({
        "about": target.about(),
        "passed": ways.passed(),
        "rows": ways.rows.iter().map(row).collect::<Vec<_>>(),
        "no_complex_step_because_of": ways.not_complex.as_ref().map(ToString::to_string),
        "reason": ways.report.reason.as_ref().map(ToString::to_string),
    })
}
