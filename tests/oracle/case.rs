//! The groups `ops` and `ops_edge`: values, gradients, second derivatives.

use std::collections::HashMap;

use gradus_autograd::{Tape, Var};
use gradus_tensor::{DType, Tensor};
use safetensors::SafeTensors;
use serde_json::Value;

use crate::check::{compare, tensor, tolerance};
use crate::expression::evaluate;
use crate::table;
use crate::value::Val;

thread_local! {
    /// Whether floats are cast to F32 and compared roughly: for types that change on the way.
    static SINGLE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// An input, in the precision of the run.
fn input(tensors: &SafeTensors<'_>, key: &str) -> Result<Tensor, String> {
    let x = tensor(tensors, key)?;
    Ok(if SINGLE.get() && x.dtype() == DType::F64 { x.to(DType::F32) } else { x })
}

/// An expected result, in the precision of the run.
fn expected(tensors: &SafeTensors<'_>, key: &str) -> Result<Tensor, String> {
    input(tensors, key)
}

/// The case in F32: the gradient has the type of the value, and values are near where the case is well conditioned.
pub(crate) fn operation_in_f32(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    SINGLE.set(true);
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| operation(case, tensors)));
    SINGLE.set(false);
    result.unwrap_or_else(|payload| std::panic::resume_unwind(payload))
}

/// A case that names an operation and gives trees of arguments.
pub(crate) fn operation(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let tape = Tape::new();
    let mut leaves = vec![];
    let mut read = |value: &Value| tree(value, tensors, &tape, &mut leaves);
    let args = case["args"].as_array().into_iter().flatten();
    let positional = args.map(&mut read).collect::<Result<Vec<_>, _>>()?;
    let named = case["kwargs"].as_object().into_iter().flatten();
    let keywords = named.map(|(k, v)| Ok((k.clone(), read(v)?))).collect::<Result<Vec<_>, String>>()?;
    // A variant may be a call of its own: `linalg.pinv.singular`.
    let name = |key: &str| case[key].as_str().unwrap_or_default();
    let op = if table::knows(name("call")) { name("call") } else { name("op") };
    let result = table::call(op, positional, keywords, &tape)?;
    check(case, tensors, &result, &leaves, &tape)
}

/// A case that gives an expression over named inputs.
pub(crate) fn expression(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let tape = Tape::new();
    let wanted: Vec<&str> = strings(&case["grad_of"]);
    let mut inputs = HashMap::new();
    for (name, key) in case["inputs"].as_object().into_iter().flatten() {
        let value = input(tensors, key.as_str().ok_or("an input without key")?)?;
        let leaf = wanted.contains(&name.as_str());
        inputs.insert(name.clone(), if leaf { Val::V(tape.var(value)) } else { Val::T(value) });
    }
    let leaves: Vec<Var<'_>> = wanted.iter().map(|name| inputs[*name].var(&tape)).collect();
    let text = case["expr"].as_str().ok_or("no expression")?;
    let result = evaluate(text, &inputs, &tape)?;
    check(case, tensors, &result, &leaves, &tape)
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// A tree of arguments; tensors with `grad` become leaves.
fn tree<'t>(
    value: &Value,
    tensors: &SafeTensors<'_>,
    tape: &'t Tape,
    leaves: &mut Vec<Var<'t>>,
) -> Result<Val<'t>, String> {
    if let Some(scalar) = Val::scalar(value) {
        return Ok(scalar);
    }
    Ok(match value {
        Value::Array(items) => {
            Val::List(items.iter().map(|v| tree(v, tensors, tape, leaves)).collect::<Result<_, _>>()?)
        }
        Value::Object(map) => {
            if let Some(key) = map.get("t").and_then(Value::as_str) {
                let t = input(tensors, key)?;
                if map.get("grad").and_then(Value::as_bool) == Some(true) {
                    let leaf = tape.var(t);
                    leaves.push(leaf);
                    return Ok(Val::V(leaf));
                }
                return Ok(Val::T(t));
            }
            if let Some(Value::Array(bounds)) = map.get("slice") {
                let at = |i: usize| bounds.get(i).and_then(Value::as_i64);
                return Ok(Val::Slice([at(0), at(1), at(2)]));
            }
            if let Some(Value::Array(list)) = map.get("index_list") {
                return Ok(Val::T(tree(&Value::Array(list.clone()), tensors, tape, leaves)?.tensor()));
            }
            match map.get("dtype").and_then(Value::as_str) {
                Some("float64") => Val::D(DType::F64),
                Some("int64") => Val::D(DType::I64),
                Some("bool") => Val::D(DType::Bool),
                _ if map.contains_key("ellipsis") => Val::Ellipsis,
                _ => return Err(format!("unsupported: argument {value}")),
            }
        }
        _ => return Err(format!("unsupported: argument {value}")),
    })
}

/// Compares outputs, gradients (recorded and numeric), and second derivatives.
fn check<'t>(
    case: &Value,
    tensors: &SafeTensors<'_>,
    result: &Val<'t>,
    leaves: &[Var<'t>],
    tape: &'t Tape,
) -> Result<(), String> {
    let tol = if SINGLE.get() { (2e-3, 2e-3) } else { tolerance(case) };
    let outputs = result.outputs();
    let want = strings(&case["outputs"]);
    if outputs.len() != want.len() {
        return Err(format!("{} outputs instead of {}", outputs.len(), want.len()));
    }
    for (i, (got, key)) in outputs.iter().zip(&want).enumerate() {
        compare(&format!("output {i}"), &got.tensor(), &expected(tensors, key)?, tol)?;
    }
    let Some(want) = case["grad_inputs"].as_array().filter(|w| !w.is_empty()) else { return Ok(()) };
    let mut total: Option<Var<'t>> = None;
    let weights = strings(&case["grad_outputs"]);
    for (&weight, j) in weights.iter().zip(case["diff_outputs"].as_array().into_iter().flatten()) {
        let j = j.as_u64().ok_or("an output without number")? as usize;
        let term = (outputs[j].var(tape) * &expected(tensors, weight)?).sum();
        total = Some(total.map_or(term, |t| t + term));
    }
    let total = total.ok_or("no differentiable output")?;
    let numeric = total.needs().then(|| total.backward());
    let grads = grads(total, leaves);
    for (i, key) in want.iter().enumerate() {
        let want = expected(tensors, key.as_str().ok_or("no key")?)?;
        compare(&format!("gradient {i}"), &grads[i].value(), &want, tol)?;
        let number = numeric.as_ref().map_or_else(|| Tensor::zeros_like(&want), |g| g.wrt(leaves[i]));
        compare(&format!("numeric gradient {i}"), &number, &want, tol)?;
    }
    second(case, tensors, &grads, leaves)
}

/// The recorded gradients; 0, as PyTorch's, of what needs none: a norm of order 0 only counts.
fn grads<'t>(y: Var<'t>, leaves: &[Var<'t>]) -> Vec<Var<'t>> {
    if y.needs() {
        return y.grads(leaves);
    }
    leaves.iter().map(|leaf| y.tape().constant(leaf.value().zeros_like())).collect()
}

/// Hessian-vector products: the gradients of `$\sum_k \langle \bar x_k, v_k \rangle$`.
fn second<'t>(
    case: &Value,
    tensors: &SafeTensors<'_>,
    first: &[Var<'t>],
    leaves: &[Var<'t>],
) -> Result<(), String> {
    let tol = if SINGLE.get() { (2e-3, 2e-3) } else { tolerance(case) };
    let zero = match &case["hvp"] {
        Value::String(s) if s == "zero" => true,
        Value::Array(_) => false,
        _ => return Ok(()),
    };
    let v = strings(&case["v"]);
    let mut total: Option<Var<'t>> = None;
    for (k, &grad) in first.iter().enumerate() {
        let v = match v.get(k) {
            Some(key) => expected(tensors, key)?,
            None => Tensor::ones_of(grad.shape(), grad.dtype()),
        };
        let term = (grad * &v).sum();
        total = Some(total.map_or(term, |t| t + term));
    }
    let Some(total) = total else { return Ok(()) };
    let hvp = grads(total, leaves);
    for (i, got) in hvp.iter().enumerate() {
        let want = if zero {
            Tensor::zeros_of(got.shape(), got.dtype())
        } else {
            expected(tensors, case["hvp"][i].as_str().ok_or("no key")?)?
        };
        compare(&format!("second derivative {i}"), &got.value(), &want, tol)?;
    }
    Ok(())
}
