//! What is peculiar about a step: a broadcast that is summed, a kink, a slope that is 0.

use gradus::autograd::ops::elementwise;
use gradus::autograd::{Row, TraceNode, TraceStep};
use gradus::tensor::{Shape, Tensor};
use gradus_cli::text::numbers::{element, short};

/// That an input was stretched and its contribution is therefore a sum.
pub(super) fn broadcast(name: &str, input: &Shape, output: &Shape) -> Option<String> {
    if input == output {
        return None;
    }
    let missing = output.len() - input.len();
    let stretched = |axis: &usize| *axis < missing || (input[*axis - missing] == 1 && output[*axis] != 1);
    let axes: Vec<String> = (0..output.len()).filter(stretched).map(|axis| axis.to_string()).collect();
    let axis = if axes.len() == 1 { "axis" } else { "axes" };
    let shape = if input.is_empty() { "is one number".to_string() } else { format!("has shape {input}") };
    Some(format!(
        "{name} {shape} and was stretched to {output}: what its copies receive is summed over {axis} {}",
        axes.join(" and ")
    ))
}

/// The row of an elementwise operation.
fn row(op: &str) -> Option<&'static Row> {
    elementwise::table().find(|row| row.name == op)
}

/// Remarks on a whole step.
pub(super) fn of(node: &TraceNode, inputs: &[&TraceNode], step: &TraceStep) -> Vec<String> {
    let mut remarks: Vec<String> = kink(node, inputs).into_iter().collect();
    if step.parts.is_empty() {
        remarks.push("The slope is 0 everywhere: no input receives anything.".to_string());
    }
    remarks
}

/// The first element that stands at a kink.
fn kink(node: &TraceNode, inputs: &[&TraceNode]) -> Option<String> {
    let row = row(&node.op)?;
    let shape = *node.value.shape();
    let spread = |x: &Tensor| x.expand(shape).to_f64_vec();
    let (a, b) = (spread(&inputs[0].value), spread(&inputs[inputs.len() - 1].value));
    let c = node.number.unwrap_or(0.0);
    let at = a.iter().zip(&b).position(|(&a, &b)| row.kink_at(a, b, c))?;
    let index = gradus::autograd::unravel(at, &shape);
    let place = if index.is_empty() { String::new() } else { format!(" in element {}", element("", &index)) };
    let input = if inputs.len() == 2 {
        format!("a = {}, b = {}", short(a[at]), short(b[at]))
    } else {
        format!("x = {}", short(a[at]))
    };
    Some(format!(
        "A kink of {}{place}, at {input}: the slopes on both sides differ, and the rule takes the value that it names.",
        node.op
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretched_axes_are_named() {
        let of = |a: &[usize], b: &[usize]| broadcast("b", &Shape::new(a), &Shape::new(b));
        assert_eq!(of(&[2, 3], &[2, 3]), None);
        assert!(of(&[3], &[2, 3]).unwrap().ends_with("over axis 0"));
        assert!(of(&[2, 1], &[2, 3]).unwrap().ends_with("over axis 1"));
        let scalar = of(&[], &[2, 3]).unwrap();
        assert!(scalar.contains("b is one number") && scalar.ends_with("over axes 0 and 1"), "{scalar}");
    }
}
