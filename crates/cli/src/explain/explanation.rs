//! What there is to say about an expression: its trace, its gradients beside finite differences, its Hessian.

use std::collections::HashMap;

use gradus::autograd::{
    FiniteDifference, KinkNote, Place, Reason, Report, Tape, Trace, TraceNode, Var, flatten, flattened,
    gradcheck,
};
use gradus::tensor::Tensor;

use super::hessian::Hessian;
use super::problem::Problem;
use crate::failure::Failure;
use crate::text::numbers::{elements, short};

/// The gradient agrees with the difference below this relative error.
pub const BOUND: f64 = 1e-6;
/// Values below this count as this in a relative error.
const FLOOR: f64 = 1e-3;
/// The step of the central differences at arguments up to 1; above, in proportion.
pub(crate) const STEP: f64 = 1e-5;

/// All that is said about one expression.
#[derive(Debug)]
pub struct Explanation {
    /// The expression and its values.
    pub problem: Problem,
    /// The tape and the sweep.
    pub trace: Trace,
    /// Which part of the text a node stands for.
    pub labels: HashMap<usize, String>,
    /// The gradient, element by element.
    pub partials: Vec<Partial>,
    /// Why a gradient and its difference disagree, if one does.
    pub reason: Option<String>,
    /// Where the two agree at a kink, at which there is no derivative.
    pub kinks: Vec<String>,
    /// The second derivatives, where they were asked for.
    pub hessian: Option<Hessian>,
}

/// One derivative from both sides.
#[derive(Debug)]
pub struct Partial {
    /// `w`, `x[1]`.
    pub name: String,
    /// Where it is taken.
    pub value: f64,
    /// By the sweep back.
    pub autograd: f64,
    /// By the central difference.
    pub numeric: f64,
}

impl Partial {
    /// How far the two are apart.
    pub fn absolute(&self) -> f64 {
        (self.autograd - self.numeric).abs()
    }

    /// The same, relative to the larger of the two.
    pub fn relative(&self) -> f64 {
        self.absolute() / self.autograd.abs().max(self.numeric.abs()).max(FLOOR)
    }

    /// Whether they are as close as differences come.
    pub fn agrees(&self) -> bool {
        self.relative() <= BOUND || self.autograd == self.numeric
    }
}

impl Explanation {
    /// Explains an expression; with order 2 its Hessian too.
    ///
    /// # Errors
    /// If the result is no scalar, or no gradient reaches a variable.
    pub fn of(problem: Problem, order: u8) -> Result<Self, Failure> {
        let tape = Tape::new();
        let variables: Vec<Var<'_>> = problem.values.iter().map(|value| tape.var(value.clone())).collect();
        let mut labels = Vec::new();
        let result = problem
            .record_checked(&variables, &mut labels)
            .map_err(|mistake| mistake.under(&problem.text))?;
        problem.check_scalar(result)?;
        if !result.needs() {
            let message = "no gradient reaches a variable: each way to one is cut, by stop_gradient or a comparison; keep one \
                 open, as in \"x^2 + stop_gradient(x)\"";
            return Err(Failure::Value(message.to_string()));
        }
        let trace = Trace::of(result);
        let labels = labels.into_iter().map(|(node, at)| (node, problem.text[at].to_string())).collect();
        let partials = partials(&problem, &trace);
        let report = gradcheck(|x| problem.record(x), &problem.values);
        let reason = partials.iter().any(|partial| !partial.agrees()).then(|| reason(&report));
        let kinks = report.kinks.iter().map(|note| kink(note, &problem.names)).collect();
        let hessian = (order == 2).then(|| Hessian::of(&problem));
        Ok(Self { problem, trace, labels, partials, reason, kinks, hessian })
    }

    /// The node of the result.
    pub(crate) fn result(&self) -> &TraceNode {
        &self.trace.nodes[self.trace.nodes.len() - 1]
    }

    /// The gradient that a node has received in the end; `None` where none arrives.
    pub fn gradient(&self, node: usize) -> Option<&Tensor> {
        let step = self.trace.steps.iter().find(|step| step.node == node).map(|step| &step.upstream);
        step.or_else(|| self.trace.leaves.iter().find(|leaf| leaf.node == node).map(|leaf| &leaf.gradient))
    }

    /// What a node is called: a variable by its name, a number by itself, others `%3`.
    pub fn name(&self, node: usize) -> String {
        if let Some(name) = self.problem.names.get(node) {
            return name.clone();
        }
        let it = &self.trace.nodes[node];
        if it.op == "constant" && it.value.rank() == 0 { short(it.value.item()) } else { format!("%{node}") }
    }

    /// What an operation carries besides its inputs: an exponent, an axis.
    pub(crate) fn attributes(&self, node: usize) -> Option<String> {
        self.trace.nodes[node].attributes.clone()
    }
}

/// Central differences of each element of each variable.
fn partials(problem: &Problem, trace: &Trace) -> Vec<Partial> {
    let f = flattened(|x| problem.record(x), &problem.values);
    let at = flatten(&problem.values);
    let names = elements(&problem.names, &problem.values);
    let gradients: Vec<Tensor> = trace.leaves.iter().map(|leaf| leaf.gradient.clone()).collect();
    let autograd = flatten(&gradients);
    let partial = |(i, name): (usize, String)| {
        let along = |t: f64| {
            let mut moved = at.clone();
            moved[i] += t;
            f(&moved)[0]
        };
        let step = STEP * at[i].abs().max(1.0);
        let numeric = FiniteDifference::central().with_step(step).derivative(along, 0.0);
        Partial { name, value: at[i], autograd: autograd[i], numeric }
    };
    names.into_iter().enumerate().map(partial).collect()
}

fn a_kink(place: Option<&Place>, left: f64, right: f64) -> String {
    let at = place.map_or_else(String::new, |place| format!(" of %{} = {}", place.node, place.op));
    let (left, right) = (short(clean(left)), short(clean(right)));
    format!("a kink{at}: the slope is {left} on the left and {right} on the right.")
}

/// A kink at which both sides agree, at a variable named by its number.
fn kink(note: &KinkNote, names: &[String]) -> String {
    let number = note.name.strip_prefix("input ").and_then(|number| number.parse::<usize>().ok());
    let name = number.and_then(|i| names.get(i)).unwrap_or(&note.name);
    let index = if note.index.is_empty() { String::new() } else { format!("{:?}", note.index) };
    format!(
        "{name}{index} is at {} There is no derivative.",
        a_kink(note.place.as_ref(), note.left, note.right)
    )
}

/// The reason that the gradient check finds.
fn reason(report: &Report) -> String {
    match &report.reason {
        Some(Reason::Kink { place, left, right, .. }) => a_kink(place.as_ref(), *left, *right),
        Some(reason) => reason.to_string(),
        None => "the step of the difference; with smaller ones the two agree.".to_string(),
    }
}

/// Without the rounding of a difference.
fn clean(x: f64) -> f64 {
    (x * 1e6).round() / 1e6
}
