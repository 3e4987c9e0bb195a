//! Backprop, step by step: an expression, the tape that it leaves, and each step of the sweep back over it.
//!
//! The page shows the values one after the other and then the steps, so an answer holds everything for all moments.

mod graphs;
mod remarks;
mod slope;
mod told;

use gradus::autograd::{GradcheckOptions, TraceNode, TraceStep, Verdict};
use gradus_cli::check::Function;
use gradus_cli::explain::{BOUND, Explanation, Partial, Problem, plain};
use serde::{Deserialize, Serialize};

use crate::answer::{Number, Refusal, Values};
use crate::drawing::Table;
pub use graphs::{Empty, Graph, Names, graphs, names};

/// Elements of one value.
pub(crate) const LARGEST: usize = 256;
/// Elements of all variables together: each of them is checked by differences.
const VARIABLES: usize = 64;
/// Nodes of a graph that can still be read.
const NODES: usize = 120;

/// What the page asks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// An expression, as of `gradus explain`.
    pub f: String,
    /// `x=2`, `A=[[1, 2], [3, 4]]`.
    pub at: Vec<String>,
    /// Whether forward mode and the complex step are wanted beside the difference.
    #[serde(default)]
    pub four_ways: bool,
}

/// Everything there is to show.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The expression.
    pub f: String,
    /// Its variables and where they stand.
    pub variables: Vec<Variable>,
    /// The tape, in the order in which it was recorded.
    pub nodes: Vec<Node>,
    /// The sweep, from the result back.
    pub steps: Vec<Step>,
    /// Each derivative beside its central difference.
    pub gradient: Vec<Derivative>,
    /// The relative error up to which the two agree.
    pub bound: Number,
    /// Why they do not, if they do not.
    pub reason: Option<String>,
    /// Kinks at which the two agree and there is no derivative.
    pub kinks: Vec<String>,
    /// The operation because of which there is no complex step.
    pub not_complex: Option<String>,
    /// The gradient and its checks, as they are shown.
    pub table: Table,
    /// What there is to say about them.
    pub notes: Vec<String>,
}

/// A variable.
#[derive(Debug, Clone, Serialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Values,
}

/// One node of the tape.
#[derive(Debug, Clone, Serialize)]
pub struct Node {
    /// Its number.
    pub node: usize,
    /// A variable's name, a number, or `%3`.
    pub name: String,
    /// `variable`, `constant`, `operation` or `result`.
    pub kind: &'static str,
    /// What it is: `w * x`.
    pub formula: String,
    /// The part of the expression that it stands for.
    pub part: Option<String>,
    /// The numbers of its inputs.
    pub inputs: Vec<usize>,
    /// Its value.
    pub value: Values,
    /// What arrives in the end; none where nothing does.
    pub gradient: Option<Values>,
}

/// One step of the sweep.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The node.
    pub node: usize,
    /// Its rule in words.
    pub rule: String,
    /// The gradient that has arrived.
    pub upstream: Values,
    /// What each input receives, one after the other.
    pub parts: Vec<Part>,
    /// What is peculiar here: a kink, a slope of 0.
    pub remarks: Vec<String>,
    /// What has arrived, as it is shown.
    pub facts: Table,
}

/// What one input receives.
#[derive(Debug, Clone, Serialize)]
pub struct Part {
    /// The input's number.
    pub input: usize,
    /// Its place among the inputs of the node.
    pub place: usize,
    /// The local slope, element by element; none where the operation is not elementwise.
    pub slope: Option<Values>,
    /// The slope's formula with the numbers of this node, as far as the table has one.
    pub numbers: Option<String>,
    /// Upstream times slope.
    pub contribution: Values,
    /// The gradient of the input with it.
    pub sum: Values,
    /// That a broadcast is summed, if it is.
    pub remark: Option<String>,
    /// All of it, as it is shown.
    pub facts: Table,
}

/// One derivative from several sides.
#[derive(Debug, Clone, Serialize)]
pub struct Derivative {
    /// `w`, `x[1]`.
    pub name: String,
    /// Where it is taken.
    pub value: Number,
    /// By the sweep back.
    pub backward: Number,
    /// By the central difference.
    pub central: Number,
    /// How far the two are apart, relative to the larger.
    pub relative: Number,
    /// Whether they agree.
    pub agrees: bool,
    /// By forward mode, if it was asked for.
    pub forward: Option<Number>,
    /// By the complex step, if it was asked for and all operations have a complex form.
    pub complex: Option<Number>,
}

/// The answer to a request.
///
/// # Errors
/// If the expression cannot be read or is too large to be shown.
pub fn answer(request: Request) -> Result<Answer, Refusal> {
    let explanation = Explanation::of(read(&request.f, &request.at)?, 1)?;
    let nodes = &explanation.trace.nodes;
    if nodes.len() > NODES {
        let message = format!("the tape has {} nodes; a graph of up to {NODES} is shown", nodes.len());
        return Err(Refusal::value(message));
    }
    let mut answer = Answer {
        f: request.f,
        variables: variables(&explanation.problem),
        nodes: nodes.iter().map(|it| node(&explanation, it)).collect(),
        steps: explanation.trace.steps.iter().map(|it| step(&explanation, it)).collect(),
        gradient: explanation.partials.iter().map(derivative).collect(),
        bound: Number(BOUND),
        reason: explanation.reason.clone(),
        kinks: explanation.kinks.clone(),
        not_complex: None,
        table: Table::facts([]),
        notes: Vec::new(),
    };
    if request.four_ways {
        beside(&mut answer, explanation.problem);
    }
    answer.table = told::gradient(&answer.gradient, request.four_ways);
    answer.notes = told::notes(&answer);
    Ok(answer)
}

/// An expression of bounded size.
pub(crate) fn read(f: &str, at: &[String]) -> Result<Problem, Refusal> {
    if at.len() > VARIABLES {
        return Err(Refusal::value(format!("{} values; at most {VARIABLES} are read", at.len())));
    }
    let problem = Problem::read_within(f, at, LARGEST)?;
    let elements: usize = problem.values.iter().map(gradus::tensor::Tensor::elements).sum();
    if elements > VARIABLES {
        let message =
            format!("the variables have {elements} elements together; at most {VARIABLES} are taken");
        return Err(Refusal::value(message));
    }
    Ok(problem)
}

fn variables(problem: &Problem) -> Vec<Variable> {
    let pairs = problem.names.iter().zip(&problem.values);
    pairs.map(|(name, value)| Variable { name: name.clone(), value: Values::of(value) }).collect()
}

fn node(explanation: &Explanation, it: &TraceNode) -> Node {
    let i = it.node;
    let kind = match it.op.as_str() {
        _ if i < explanation.problem.names.len() => "variable",
        "constant" => "constant",
        _ if i + 1 == explanation.trace.nodes.len() => "result",
        _ => "operation",
    };
    let computed = !it.inputs.is_empty();
    Node {
        node: i,
        name: explanation.name(i),
        kind,
        formula: if computed { explanation.formula(i) } else { explanation.name(i) },
        part: explanation.labels.get(&i).filter(|_| computed).cloned(),
        inputs: it.inputs.clone(),
        value: Values::of(&it.value),
        gradient: explanation.gradient(i).map(Values::of),
    }
}

fn step(explanation: &Explanation, it: &TraceStep) -> Step {
    let nodes = &explanation.trace.nodes;
    let inputs: Vec<&TraceNode> = nodes[it.node].inputs.iter().map(|&input| &nodes[input]).collect();
    // Of two inputs that are one variable, each has a part of its own.
    let mut places: Vec<usize> = (0..inputs.len()).collect();
    let mut place = |input: usize| {
        let at = places.iter().position(|&place| inputs[place].node == input).unwrap_or(0);
        places.remove(at)
    };
    let parts = it.parts.iter().map(|part| {
        let i = place(part.input);
        let mut told = Part {
            input: part.input,
            place: i,
            slope: part.slope.as_ref().map(Values::of),
            numbers: part.slope.as_ref().and_then(|_| slope::filled(&nodes[it.node], it.rule, &inputs, i)),
            contribution: Values::of(&part.contribution),
            sum: Values::of(&part.sum),
            remark: part.slope.as_ref().and_then(|slope| {
                remarks::broadcast(&explanation.name(part.input), part.contribution.shape(), slope.shape())
            }),
            facts: Table::facts([]),
        };
        told.facts = told::part(explanation, it, &told);
        told
    });
    Step {
        node: it.node,
        rule: plain(it.rule),
        upstream: Values::of(&it.upstream),
        parts: parts.collect(),
        remarks: remarks::of(&nodes[it.node], &inputs, it),
        facts: told::arrived(explanation, it),
    }
}

fn derivative(partial: &Partial) -> Derivative {
    Derivative {
        name: partial.name.clone(),
        value: Number(partial.value),
        backward: Number(partial.autograd),
        central: Number(partial.numeric),
        relative: Number(partial.relative()),
        agrees: partial.agrees(),
        forward: None,
        complex: None,
    }
}

/// Forward mode and the complex step, which know nothing of each other's ways.
fn beside(answer: &mut Answer, problem: Problem) {
    let ways = Function::expression(problem).four_ways(&GradcheckOptions::default());
    let first = ways.rows.iter().filter(|row| row.order == 1);
    for (derivative, row) in answer.gradient.iter_mut().zip(first) {
        derivative.forward = row.forward.map(Number);
        derivative.complex = row.complex.map(Number);
        derivative.agrees &= row.verdict != Verdict::Differs;
    }
    answer.not_complex = ways.not_complex.map(|place| place.to_string());
}

#[cfg(test)]
mod tests;
