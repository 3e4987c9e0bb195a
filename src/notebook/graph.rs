//! A tape as a graph: a box for each node with its value and its gradient, and on each arrow the local slope.

use gradus_autograd::{Trace, TraceNode, TracePart, nested, significant};
use gradus_tensor::Tensor;
use gradus_viz::{Graph, Role};

/// Larger graphs are no longer readable.
pub const MOST: usize = 120;
/// Longer heads of boxes, sums of contributions and slopes are cut.
pub const HEAD: usize = 36;

/// Values of up to this many elements are written whole.
const WHOLE: usize = 6;
/// Significant digits of an element.
const DIGITS: i32 = 6;

/// What the arrows mean.
const SLOPES: &str = "× on an arrow is the local slope: by how much the box at its head changes for each unit of the box it \
                      comes from. Back along the arrow goes the gradient of the box at its head × this slope. What arrives at a box adds \
                      up to its gradient.";
/// What stands on arrows of operations without a slope per element.
const PRODUCTS: &str = " ← is what an operation sends back that is not elementwise.";

/// A trace as a graph; `head` says what a box stands for and what is written over it, `brief` writes a value.
///
/// ```
/// use gradus::autograd::{Tape, Trace};
/// use gradus::notebook::{graph, head};
/// let tape = Tape::new();
/// let x = tape.var(3.0);
/// let svg = graph(&Trace::of(x * x), "x²", head, |x| x.to_string()).svg();
/// assert_eq!(svg.matches("marker-end").count(), 2);
/// ```
pub fn graph(
    trace: &Trace,
    title: &str,
    head: impl Fn(&TraceNode) -> (Role, String),
    brief: impl Fn(&Tensor) -> String,
) -> Graph {
    let mut graph = Graph::new(title);
    for node in &trace.nodes {
        let (role, head) = head(node);
        let mut rows = vec![("value", brief(&node.value))];
        rows.extend(gradient(trace, node.node, &brief).map(|sum| ("gradient", sum)));
        graph.node(role, &head, &rows);
    }
    let (mut slopes, mut products) = (false, false);
    for node in &trace.nodes {
        let step = trace.steps.iter().find(|step| step.node == node.node);
        let mut parts: Vec<&TracePart> = step.map_or_else(Vec::new, |step| step.parts.iter().collect());
        for &input in &node.inputs {
            // Of two factors that are one variable, each has a part of its own.
            let part = parts.iter().position(|part| part.input == input).map(|place| parts.remove(place));
            slopes |= part.is_some();
            products |= part.is_some_and(|part| part.slope.is_none());
            graph.labelled_edge(input, node.node, &part.map_or_else(String::new, |part| arrow(part, &brief)));
        }
    }
    match (slopes, products) {
        (false, _) => graph,
        (true, false) => graph.note(SLOPES),
        (true, true) => graph.note(&[SLOPES, PRODUCTS].concat()),
    }
}

/// What a node of a tape stands for, and its line of the tape.
pub fn head(node: &TraceNode) -> (Role, String) {
    let role = match node.op.as_str() {
        "leaf" | "param" => Role::Input,
        "constant" => Role::Constant,
        _ => Role::Step,
    };
    (role, cut(&format!("%{} = {}", node.node, node.formula)))
}

/// A value in a few words: all elements of a small one, the first three of a large one.
pub(super) fn brief(x: &Tensor) -> String {
    let (shape, values) = (*x.shape(), x.to_f64_vec());
    if values.len() <= WHOLE {
        return nested(&values, &shape, DIGITS);
    }
    let first: Vec<String> = values[..3].iter().map(|&x| significant(x, DIGITS)).collect();
    format!("{}{}, …{}", "[".repeat(shape.len()), first.join(", "), "]".repeat(shape.len()))
}

/// What stands on an arrow.
fn arrow(part: &TracePart, brief: impl Fn(&Tensor) -> String) -> String {
    match &part.slope {
        Some(slope) => format!("×{}", cut(&brief(slope))),
        None => format!("←{}", cut(&brief(&part.contribution))),
    }
}

/// A gradient; as a sum if several arrows bring it: `3 + 3 = 6`.
fn gradient(trace: &Trace, node: usize, brief: impl Fn(&Tensor) -> String) -> Option<String> {
    let step = trace.steps.iter().find(|step| step.node == node).map(|step| &step.upstream);
    let leaf = || trace.leaves.iter().find(|leaf| leaf.node == node).map(|leaf| &leaf.gradient);
    let sum = brief(step.or_else(leaf)?);
    let parts = trace.steps.iter().flat_map(|step| &step.parts).filter(|part| part.input == node);
    let parts: Vec<String> = parts.map(|part| brief(&part.contribution)).collect();
    let written = parts.join(" + ").replace("+ -", "- ");
    Some(if parts.len() > 1 && written.chars().count() <= HEAD { format!("{written} = {sum}") } else { sum })
}

/// A text of at most so many characters.
fn cut(text: &str) -> String {
    if text.chars().count() <= HEAD {
        return text.to_string();
    }
    text.chars().take(HEAD - 1).chain(['…']).collect()
}
