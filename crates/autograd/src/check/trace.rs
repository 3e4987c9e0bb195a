//! The backward sweep as data: for each node what arrives, the local slope, what each input receives, and the running sums.
//! The text here, drawings and web pages print it.

use std::fmt;
use std::panic::Location;

use gradus_tensor::Tensor;

use super::display::{attributes, brief, formula};
use super::node as single;
use crate::fast::lists::Inner;
use crate::node::{Kind, Node};
use crate::tape::Tape;
use crate::var::Var;

/// The sweep from one scalar, node by node, with the tape it walks.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The nodes of the tape up to the scalar, in order.
    pub nodes: Vec<TraceNode>,
    /// The steps, in the order of the sweep: from the result back.
    pub steps: Vec<TraceStep>,
    /// What the leaves and parameters have received in the end, in the order of the tape.
    pub leaves: Vec<TraceLeaf>,
}

/// One node of the tape.
#[derive(Debug, Clone)]
pub struct TraceNode {
    /// Its number.
    pub node: usize,
    /// What it is: `mul(%1, %0)`; `leaf`, `param` or `constant` where nothing is computed.
    pub formula: String,
    /// The name of its operation.
    pub op: String,
    /// The numbers of its inputs.
    pub inputs: Vec<usize>,
    /// The number that the operation carries: the factor of a scaling, the exponent of a power.
    pub number: Option<f64>,
    /// All that it carries, as it stands in the formula behind the inputs: that number, or the axis of a sum.
    pub attributes: Option<String>,
    /// Its value.
    pub value: Tensor,
    /// Whether a gradient reaches it.
    pub needs: bool,
}

/// One node of the sweep.
#[derive(Debug, Clone)]
pub struct TraceStep {
    /// Its number.
    pub node: usize,
    /// What it is: `mul(%1, %0)`.
    pub formula: String,
    /// The name of its operation.
    pub op: String,
    /// What the operation is and its rule, in words: a row's documentation, or [`Op::words`](crate::Op::words). Empty for
    /// operations of [`Tape::custom`].
    pub rule: &'static str,
    /// The line of code that recorded it.
    pub line: &'static Location<'static>,
    /// Its value.
    pub value: Tensor,
    /// The gradient that has arrived: `$\bar y$`.
    pub upstream: Tensor,
    /// What each of its inputs receives.
    pub parts: Vec<TracePart>,
}

/// What one input of a node receives.
#[derive(Debug, Clone)]
pub struct TracePart {
    /// The input's number.
    pub input: usize,
    /// The local slope `$\partial y/\partial x_i$`, element by element; `None` where the operation is not elementwise.
    pub slope: Option<Tensor>,
    /// `$\bar y \cdot \partial y / \partial x_i$`.
    pub contribution: Tensor,
    /// The gradient of the input so far, with this contribution.
    pub sum: Tensor,
}

/// The gradient of a leaf.
#[derive(Debug, Clone)]
pub struct TraceLeaf {
    /// Its number.
    pub node: usize,
    /// `leaf` or `param`.
    pub kind: String,
    /// Its value.
    pub value: Tensor,
    /// Its gradient.
    pub gradient: Tensor,
}

impl Trace {
    /// The backward sweep from a scalar, step by step.
    ///
    /// ```
    /// use gradus_autograd::{Tape, Trace};
    /// let tape = Tape::new();
    /// let x = tape.var(3.0);
    /// let trace = Trace::of(x * x);
    /// assert_eq!(trace.leaves[0].gradient.item(), 6.0);
    /// assert_eq!(trace.steps[0].parts[1].sum.item(), 6.0);
    /// ```
    ///
    /// # Panics
    /// If it is not a scalar or depends on nothing that wants a gradient.
    #[track_caller]
    pub fn of(root: Var<'_>) -> Self {
        root.check_scalar("trace");
        root.check_needs("trace");
        let mut steps = Vec::new();
        let sums = sweep(root, |step| steps.push(step));
        let nodes = (0..=root.index()).map(|id| node(root.tape, id)).collect();
        Self { nodes, steps, leaves: leaves(root.tape, &sums) }
    }
}

impl Trace {
    /// All nodes of a tape; with the backward sweep if its last value is one number that wants a gradient. `None` if
    /// nothing is on it or a value was freed, as those within a checkpoint are.
    ///
    /// ```
    /// use gradus_autograd::{Tape, Trace};
    /// let tape = Tape::new();
    /// let _ = tape.var(3.0).square();
    /// let trace = Trace::of_tape(&tape).unwrap();
    /// assert_eq!((trace.nodes.len(), trace.leaves[0].gradient.item()), (2, 6.0));
    /// ```
    pub fn of_tape(tape: &Tape) -> Option<Self> {
        let last = tape.len().checked_sub(1).filter(|_| tape.live().iter().all(|&live| live))?;
        // What waits is computed now.
        (0..=last).for_each(|id| crate::fast::lazy::compute(&mut tape.inner.borrow_mut(), id as u32));
        let result = Var { tape, id: last as u32 };
        if result.elements() == 1 && result.needs() {
            return Some(Self::of(result));
        }
        let nodes = (0..=last).map(|id| node(tape, id)).collect();
        Some(Self { nodes, steps: Vec::new(), leaves: Vec::new() })
    }
}

fn node(tape: &Tape, id: usize) -> TraceNode {
    let (node, inputs, number) = single::parts(tape, id);
    let inner = tape.inner.borrow();
    TraceNode {
        node: id,
        formula: formula(&inner, &node),
        op: inner.name(&node).to_string(),
        inputs: inputs.iter().map(|&input| input as usize).collect(),
        number: node.row().is_some_and(|row| row.has_number).then_some(number),
        attributes: attributes(&inner, &node),
        value: inner.values.tensor(node.slot, inner.ty(&node)),
        needs: node.needs(),
    }
}

/// The documentation of a row, the words of another operation.
fn words(inner: &Inner, node: &Node) -> &'static str {
    match node.kind() {
        Kind::Leaf(_) => "",
        Kind::Unary(row) | Kind::Binary(row) => row.doc.trim(),
        Kind::Op => inner.ops[node.b as usize].words(),
    }
}

/// The sums of all nodes; `see` is shown each step.
pub(crate) fn sweep(root: Var<'_>, mut see: impl FnMut(TraceStep)) -> Vec<Option<Tensor>> {
    let tape = root.tape;
    let mut sums: Vec<Option<Tensor>> = vec![None; root.index() + 1];
    sums[root.index()] = Some(Tensor::ones_of(root.shape(), root.dtype()));
    for id in (0..=root.index()).rev() {
        let (node, inputs, _) = single::parts(tape, id);
        let Some(upstream) = sums[id].clone().filter(|_| !node.is_leaf() && node.needs()) else {
            continue;
        };
        let mut parts = Vec::new();
        for (i, contribution) in single::contributions(tape, id, &upstream) {
            let input = inputs[i] as usize;
            let sum = match &sums[input] {
                Some(sum) => sum + &contribution,
                None => contribution.clone(),
            };
            sums[input] = Some(sum.clone());
            parts.push(TracePart { input, slope: single::slope(tape, id, i), contribution, sum });
        }
        let (formula, op, rule) = {
            let inner = tape.inner.borrow();
            (formula(&inner, &node), inner.name(&node).to_string(), words(&inner, &node))
        };
        let value = Var { tape, id: id as u32 }.value();
        see(TraceStep { node: id, formula, op, rule, line: node.line, value, upstream, parts });
    }
    sums
}

fn leaves(tape: &Tape, sums: &[Option<Tensor>]) -> Vec<TraceLeaf> {
    let leaf = |(id, sum): (usize, &Option<Tensor>)| {
        let node = single::parts(tape, id).0;
        if !node.is_leaf() || !node.needs() {
            return None;
        }
        let x = Var { tape, id: id as u32 };
        let kind = tape.inner.borrow().name(&node).to_string();
        let gradient = sum.clone().unwrap_or_else(|| Tensor::zeros_of(x.shape(), x.dtype()));
        Some(TraceLeaf { node: id, kind, value: x.value(), gradient })
    };
    sums.iter().enumerate().filter_map(leaf).collect()
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            let (value, upstream) = (brief(&step.value), brief(&step.upstream));
            writeln!(f, "%{} = {} = {value}, upstream {upstream}", step.node, step.formula)?;
            for part in &step.parts {
                let (gives, sum) = (brief(&part.contribution), brief(&part.sum));
                let slope =
                    part.slope.as_ref().map(|slope| format!("slope {} ", brief(slope))).unwrap_or_default();
                writeln!(f, "    %{}: {slope}gives {gives}, sum {sum}", part.input)?;
            }
        }
        for leaf in &self.leaves {
            writeln!(
                f,
                "%{} {}: value {}, gradient {}",
                leaf.node,
                leaf.kind,
                brief(&leaf.value),
                brief(&leaf.gradient)
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_small_sweep() {
        let tape = Tape::new();
        let (x, w) = (tape.var(2.0), tape.var(-3.0));
        let y = (w * x + x).square();
        let want = "\
%4 = square(%3) = 16, upstream 1
    %3: slope -8 gives -8, sum -8
%3 = add(%2, %0) = -4, upstream -8
    %2: slope 1 gives -8, sum -8
    %0: slope 1 gives -8, sum -8
%2 = mul(%1, %0) = -6, upstream -8
    %1: slope 2 gives -16, sum -16
    %0: slope -3 gives 24, sum 16
%0 leaf: value 2, gradient 16
%1 leaf: value -3, gradient -16
";
        let trace = Trace::of(y);
        assert_eq!(trace.to_string(), want);
        let formulas: Vec<&str> = trace.nodes.iter().map(|node| node.formula.as_str()).collect();
        assert_eq!(formulas, ["leaf", "leaf", "mul(%1, %0)", "add(%2, %0)", "square(%3)"]);
        let power = Trace::of((x * 2.0).reshape([1, 1]).sum_axes(0).sum());
        let carried: Vec<Option<&str>> =
            power.nodes.iter().skip(5).map(|n| n.attributes.as_deref()).collect();
        assert_eq!(carried[..3], [Some("2"), Some("[1, 1]"), Some("[0]")]);
        assert_eq!((&trace.nodes[3].inputs[..], trace.nodes[3].value.item()), (&[2, 0][..], -4.0));
    }

    #[test]
    fn the_same_numbers_as_the_sweep() {
        let tape = Tape::new();
        let x = tape.var(Tensor::from([[0.3, -0.7], [1.2, 0.1]]));
        let b = tape.var(Tensor::from([0.5, -0.5]));
        let y = (x.matmul(x) + b).tanh().log_softmax(-1).sum();
        let (trace, grads) = (Trace::of(y), y.backward());
        assert!(trace.leaves[0].gradient.max_abs_diff(&grads.wrt(x)) < 1e-15);
        assert!(trace.leaves[1].gradient.max_abs_diff(&grads.wrt(b)) < 1e-15);
    }
}
