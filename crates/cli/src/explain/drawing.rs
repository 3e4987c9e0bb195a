//! The graph of an expression: a box for each node with its value and its gradient, and on each arrow the local slope.

use gradus::autograd::TraceNode;
use gradus::notebook::{HEAD, MOST, graph};
use gradus_viz::Role;

use super::explanation::Explanation;
use crate::failure::Failure;
use crate::text::lines::cut;
use crate::text::numbers::brief;

/// The graph as SVG text.
pub(crate) fn svg(explanation: &Explanation) -> Result<String, Failure> {
    let nodes = &explanation.trace.nodes;
    if nodes.len() > MOST {
        let message = format!("--svg: the tape has {} nodes; at most {MOST} are drawn", nodes.len());
        return Err(Failure::Value(message));
    }
    let head = |node: &TraceNode| {
        let i = node.node;
        let formula = || cut(&format!("%{i} = {}", explanation.formula(i)), HEAD);
        match node.op.as_str() {
            _ if i < explanation.problem.names.len() => (Role::Input, explanation.name(i)),
            "constant" => (Role::Constant, format!("%{i}")),
            _ if i + 1 == nodes.len() => (Role::Result, formula()),
            _ => (Role::Step, formula()),
        }
    };
    Ok(graph(&explanation.trace, &explanation.problem.text, head, brief).svg())
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
            .split("font-size=\"17\"")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap().matches("tanh").count())
            .sum();
        assert_eq!(words, 30, "{svg}");
    }
}
