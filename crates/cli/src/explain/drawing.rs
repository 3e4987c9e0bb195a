//! The graph of an expression: a box for each node with its value and its gradient, and on each arrow the local slope.

use gradus::autograd::TracePart;
use gradus_viz::{Graph, Role};

use super::explanation::Explanation;
use crate::failure::Failure;
use crate::text::lines::cut;
use crate::text::numbers::brief;

/// Larger graphs are no longer readable.
const MOST: usize = 120;
/// Longer sums of contributions are not written out, longer slopes and formulas are cut.
const LONG: usize = 36;

/// What the arrows mean.
const SLOPES: &str = "× on an arrow is the local slope: by how much the box at its head changes for each unit of the box it \
                      comes from. Back along the arrow goes the gradient of the box at its head × this slope. What arrives at a box adds \
                      up to its gradient.";
/// What stands on arrows of operations without a slope per element.
const PRODUCTS: &str = " ← is what an operation sends back that is not elementwise.";

/// The graph as SVG text.
pub(crate) fn svg(explanation: &Explanation) -> Result<String, Failure> {
    let nodes = &explanation.trace.nodes;
    if nodes.len() > MOST {
        let message = format!("--svg: the tape has {} nodes; at most {MOST} are drawn", nodes.len());
        return Err(Failure::Value(message));
    }
    let mut graph = Graph::new(&explanation.problem.text);
    for node in nodes {
        let i = node.node;
        let formula = || cut(&format!("%{i} = {}", explanation.formula(i)), LONG);
        let (role, title) = match node.op.as_str() {
            _ if i < explanation.problem.names.len() => (Role::Input, explanation.name(i)),
            "constant" => (Role::Constant, format!("%{i}")),
            _ if i + 1 == nodes.len() => (Role::Result, formula()),
            _ => (Role::Step, formula()),
        };
        let mut rows = vec![("value", brief(&node.value))];
        rows.extend(gradient(explanation, i).map(|sum| ("gradient", sum)));
        graph.node(role, &title, &rows);
    }
    let mut products = false;
    for node in nodes {
        let step = explanation.trace.steps.iter().find(|step| step.node == node.node);
        let mut parts: Vec<&TracePart> = step.map_or_else(Vec::new, |step| step.parts.iter().collect());
        for &input in &node.inputs {
            // Of two factors that are one variable, each has a part of its own.
            let part = parts.iter().position(|part| part.input == input).map(|place| parts.remove(place));
            products |= part.is_some_and(|part| part.slope.is_none());
            graph.labelled_edge(input, node.node, &part.map_or_else(String::new, arrow));
        }
    }
    let note = if products { format!("{SLOPES}{PRODUCTS}") } else { SLOPES.to_string() };
    Ok(graph.note(&note).svg())
}

/// What stands on an arrow.
fn arrow(part: &TracePart) -> String {
    match &part.slope {
        Some(slope) => format!("×{}", cut(&brief(slope), LONG)),
        None => format!("←{}", cut(&brief(&part.contribution), LONG)),
    }
}

/// A gradient; as a sum if several arrows bring it: `3 + 3 = 6`.
fn gradient(explanation: &Explanation, node: usize) -> Option<String> {
    let sum = brief(explanation.gradient(node)?);
    let parts = explanation.trace.steps.iter().flat_map(|step| &step.parts).filter(|part| part.input == node);
    let parts: Vec<String> = parts.map(|part| brief(&part.contribution)).collect();
    let written = parts.join(" + ").replace("+ -", "- ");
    Some(if parts.len() > 1 && written.chars().count() <= LONG { format!("{written} = {sum}") } else { sum })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::problem::Problem;

    fn drawn(text: &str, values: &[&str]) -> String {
        let values: Vec<String> = values.iter().map(|value| (*value).to_string()).collect();
        let problem = Problem::read(text, &values).expect("it reads");
        let explanation = Explanation::of(problem, 1).expect("it has a gradient");
        svg(&explanation).expect("it is small").replace('\n', "")
    }

    #[test]
    fn both_contributions_of_a_square_are_seen() {
        let svg = drawn("x*x", &["x=3"]);
        assert_eq!(svg.matches("marker-end").count(), 2, "{svg}");
        assert_eq!(svg.matches(">×3<").count(), 2, "{svg}");
        assert!(svg.contains(">3 + 3 = 6<"), "{svg}");
    }

    #[test]
    fn slopes_colours_and_formulas() {
        let svg = drawn("1/x + w*x", &["x=2", "w=5"]);
        for text in ["%2 = 1 / x", "×-0.25", "5 - 0.25 = 4.75", "variable", "operation", "result"] {
            assert!(svg.contains(text), "{text}: {svg}");
        }
        assert!(!svg.contains("number_over") && !svg.contains('←'), "{svg}");
        let products = drawn("sum(A@x)", &["A=[[1, 2], [3, 4]]", "x=[1, 2]"]);
        assert!(products.contains("←[4, 6]") && products.contains("not elementwise"), "{products}");
    }

    #[test]
    fn a_long_expression_is_whole_in_the_title() {
        let text = vec!["tanh(x)"; 30].join(" + ");
        let svg = drawn(&text, &["x=1"]);
        let words: usize = svg
            .split("font-size=\"15\"")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap().matches("tanh").count())
            .sum();
        assert_eq!(words, 30, "{svg}");
    }
}
