//! The explanation as one JSON document. Numbers that are not finite are `null`.

use gradus::autograd::{TraceNode, TraceStep};
use gradus::tensor::Tensor;
use serde_json::{Value, json};

use super::explanation::{BOUND, Explanation, Partial};
use super::hessian::Hessian;
use super::words;

pub(crate) fn document(explanation: &Explanation) -> Value {
    let problem = &explanation.problem;
    let inputs: Vec<Value> = problem
        .names
        .iter()
        .zip(&problem.values)
        .map(|(name, value)| json!({ "name": name, "value": tensor(value) }))
        .collect();
    let mut document = json!({
        "expression": problem.text,
        "inputs": inputs,
        "value": explanation.result().value.item(),
        "nodes": explanation.trace.nodes.iter().map(|node| self::node(explanation, node)).collect::<Vec<_>>(),
        "steps": explanation.trace.steps.iter().map(step).collect::<Vec<_>>(),
        "gradients": explanation.partials.iter().map(partial).collect::<Vec<_>>(),
        "bound": BOUND,
        "agree": explanation.reason.is_none(),
        "reason": explanation.reason,
        "kinks": explanation.kinks,
    });
    if let Some(hessian) = &explanation.hessian {
        document["hessian"] = matrices(hessian);
    }
    document
}

fn node(explanation: &Explanation, node: &TraceNode) -> Value {
    json!({
        "node": node.node,
        "name": explanation.name(node.node),
        "operation": if node.node < explanation.problem.names.len() { "variable" } else { &node.op },
        "inputs": node.inputs,
        "number": node.number,
        "part": explanation.labels.get(&node.node),
        "shape": node.value.shape().to_vec(),
        "value": tensor(&node.value),
        "gradient": explanation.gradient(node.node).map(tensor),
    })
}

fn step(step: &TraceStep) -> Value {
    let parts: Vec<Value> = step
        .parts
        .iter()
        .map(|part| {
            json!({
                "input": part.input,
                "slope": part.slope.as_ref().map(tensor),
                "contribution": tensor(&part.contribution),
                "sum": tensor(&part.sum),
            })
        })
        .collect();
    json!({
        "node": step.node,
        "operation": step.op,
        "rule": words::plain(step.rule),
        "value": tensor(&step.value),
        "upstream": tensor(&step.upstream),
        "parts": parts,
    })
}

fn partial(partial: &Partial) -> Value {
    json!({
        "name": partial.name,
        "value": partial.value,
        "autograd": partial.autograd,
        "numeric": partial.numeric,
        "absolute_error": partial.absolute(),
        "relative_error": partial.relative(),
        "agrees": partial.agrees(),
    })
}

fn matrices(hessian: &Hessian) -> Value {
    json!({
        "names": hessian.names,
        "autograd": hessian.autograd,
        "numeric": hessian.numeric,
        "largest_difference": hessian.worst().0,
        "agree": hessian.agrees(),
    })
}

/// A number, or nested lists.
fn tensor(x: &Tensor) -> Value {
    nested(&x.to_f64_vec(), x.shape())
}

fn nested(values: &[f64], shape: &[usize]) -> Value {
    let Some((&n, rest)) = shape.split_first() else { return json!(values[0]) };
    let size = rest.iter().product::<usize>();
    (0..n).map(|i| nested(&values[i * size..][..size], rest)).collect()
}
