//! A step and the gradient as they are shown: tables of names and numbers.

use gradus::autograd::TraceStep;
use gradus_cli::explain::Explanation;
use gradus_cli::text::numbers::{brief, number, size};

use super::{Answer, Derivative, Part};
use crate::answer::Number;
use crate::drawing::Table;

/// What a node has and what has arrived there.
pub(super) fn arrived(explanation: &Explanation, it: &TraceStep) -> Table {
    let value = &explanation.trace.nodes[it.node].value;
    Table::facts([("value", brief(value)), ("upstream", brief(&it.upstream))])
}

/// What one input receives.
pub(super) fn part(explanation: &Explanation, it: &TraceStep, part: &Part) -> Table {
    let mut table = arrived(explanation, it);
    let mut row = |name: &str, text: String| table.rows.push(vec![name.to_string(), text]);
    row("to", explanation.name(part.input));
    let slope = part.slope.as_ref();
    row("local slope", slope.map_or("not elementwise: see the rule".to_string(), |slope| slope.text.clone()));
    if let (Some(numbers), Some(slope)) = (&part.numbers, slope)
        && *numbers != slope.text
    {
        let one = explanation.trace.nodes[it.node].value.shape().is_empty();
        let name = if one { "its formula" } else { "its formula (first element)" };
        row(name, format!("{numbers} = {}", number(slope.values[0].0, 6)));
    }
    row("contribution", part.contribution.text.clone());
    row("running sum", part.sum.text.clone());
    table
}

/// Each derivative beside its checks.
pub(super) fn gradient(all: &[Derivative], four_ways: bool) -> Table {
    let mut head = vec!["in", "at", "backpropagation", "central difference", "relative error"];
    if four_ways {
        head.extend(["forward mode", "complex step"]);
    }
    head.push("");
    let text = |x: Option<Number>| x.map_or("–".to_string(), |x| number(x.0, 10));
    let row = |d: &Derivative| {
        let [backward, central] = [d.backward, d.central].map(|x| text(Some(x)));
        let mut cells = vec![d.name.clone(), number(d.value.0, 6), backward, central, size(d.relative.0)];
        if four_ways {
            cells.extend([d.forward, d.complex].map(text));
        }
        cells.push(if d.agrees { "agrees" } else { "DIFFERS" }.to_string());
        cells
    };
    Table { head, rows: all.iter().map(row).collect() }
}

/// What there is to say about the gradient.
pub(super) fn notes(answer: &Answer) -> Vec<String> {
    let reason = answer.reason.iter().map(|reason| format!("They differ. Reason: {reason}"));
    let complex = answer.not_complex.iter().map(|op| format!("No complex step: {op} has no complex form."));
    reason.chain(answer.kinks.clone()).chain(complex).collect()
}
