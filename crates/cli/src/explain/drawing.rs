//! The graph of an expression: a box for each node with its value and its gradient.

use gradus_viz::{Graph, Role};

use super::explanation::Explanation;
use crate::failure::Failure;
use crate::text::lines::cut;
use crate::text::numbers::brief;

/// Larger graphs are no longer readable.
const MOST: usize = 120;

/// The graph as SVG text.
pub(crate) fn svg(explanation: &Explanation) -> Result<String, Failure> {
    let nodes = &explanation.trace.nodes;
    if nodes.len() > MOST {
        let message = format!("--svg: the tape has {} nodes; at most {MOST} are drawn", nodes.len());
        return Err(Failure::Value(message));
    }
    let mut graph = Graph::new(&cut(&explanation.problem.text, 90));
    for node in nodes {
        let i = node.node;
        let (role, title) = match node.op.as_str() {
            _ if i < explanation.problem.names.len() => (Role::Input, explanation.name(i)),
            "constant" => (Role::Constant, "constant".to_string()),
            _ if i + 1 == nodes.len() => (Role::Result, operation(explanation, i)),
            _ => (Role::Step, operation(explanation, i)),
        };
        let mut rows = vec![("value", brief(&node.value))];
        rows.extend(explanation.gradient(i).map(|gradient| ("gradient", brief(gradient))));
        graph.node(role, &title, &rows);
    }
    for node in nodes {
        for &input in &node.inputs {
            graph.edge(input, node.node);
        }
    }
    Ok(graph.svg())
}

/// `%3 = scale 2`.
fn operation(explanation: &Explanation, node: usize) -> String {
    let op = &explanation.trace.nodes[node].op;
    let words = [format!("%{node}  {op}")].into_iter().chain(explanation.attributes(node));
    words.collect::<Vec<_>>().join(" ")
}
