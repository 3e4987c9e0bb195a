//! The group `nn`: layers and losses with a given state, in training and outside: results, gradients, new statistics.
//!
//! A family of PyTorch's classes is one file here, with one table: the name, the arguments of its constructor in PyTorch's
//! order, and how ours is made from them. [`Options`] reads arguments, [`Call`] holds what the case hands to the layer.

mod activation;
mod attention;
mod conv;
mod dropout;
mod given;
mod loss;
mod norm;
mod pad;
mod plain;
mod pool;
mod recurrent;
mod shape;
mod table;

use gradus_autograd::{ParamId, Params, Tape, Var};
use gradus_nn::Module;
use gradus_nn::state_dict::{load_state_dict, state_dict};
use gradus_tensor::{DType, Tensor};
use safetensors::SafeTensors;
use serde_json::Value;

use crate::check::{compare, tensor, tolerance};
use given::{Call, Options};

/// What a case runs: parameters, and a call that gives one value or several.
pub(crate) trait Layer {
    fn params(&self) -> &dyn Params;
    fn params_mut(&mut self) -> &mut dyn Params;
    /// The outputs of one call, flattened in PyTorch's order.
    fn run<'t>(&self, call: &Call<'_, 't>) -> Result<Vec<Var<'t>>, String>;
}

struct Of<M, F>(M, F);

impl<M, F> Layer for Of<M, F>
where
    M: Params,
    F: for<'t> Fn(&M, &Call<'_, 't>) -> Result<Vec<Var<'t>>, String>,
{
    fn params(&self) -> &dyn Params {
        &self.0
    }
    fn params_mut(&mut self) -> &mut dyn Params {
        &mut self.0
    }
    fn run<'t>(&self, call: &Call<'_, 't>) -> Result<Vec<Var<'t>>, String> {
        (self.1)(&self.0, call)
    }
}

/// A layer of one value.
fn module(layer: impl Module + 'static) -> Box<dyn Layer> {
    with(layer, |layer, call| Ok(vec![layer.forward(call.input(0)?)]))
}

/// A layer and how it is called.
fn with<M: Params + 'static>(
    layer: M,
    run: impl for<'t> Fn(&M, &Call<'_, 't>) -> Result<Vec<Var<'t>>, String> + 'static,
) -> Box<dyn Layer> {
    Box::new(Of(layer, run))
}

/// One class: its name, the arguments of its constructor, and the layer for them.
type Class = (&'static str, &'static str, fn(&Options<'_>) -> Result<Box<dyn Layer>, String>);

/// The families.
const FAMILIES: &[&[Class]] = &[
    plain::CLASSES,
    conv::CLASSES,
    norm::CLASSES,
    activation::CLASSES,
    shape::CLASSES,
    pool::CLASSES,
    pad::CLASSES,
    pad::CONSTANTS,
    dropout::CLASSES,
    table::CLASSES,
    recurrent::CLASSES,
    attention::CLASSES,
    loss::CLASSES,
];

/// The layer of a case.
fn build(case: &Value, tensors: &SafeTensors<'_>) -> Result<Box<dyn Layer>, String> {
    let name = case["module"].as_str().ok_or("no module")?;
    let class = FAMILIES.iter().copied().flatten().find(|(known, ..)| *known == name);
    let (_, signature, build) = class.ok_or_else(|| format!("unsupported: there is no layer {name}"))?;
    build(&Options::of_constructor(case, signature, tensors)?)
}

/// The values of a new module, written as in Python: `Conv2d(8,64,3,groups=4)`.
///
/// # Errors
/// What is wrong; or a text beginning with `unsupported:`.
pub(crate) fn state_of_new(call: &str) -> Result<Vec<(String, Tensor)>, String> {
    let (name, rest) = call.split_once('(').unwrap_or((call, ")"));
    let rest = rest.strip_suffix(')').ok_or("no closing parenthesis")?;
    let python = rest.replace("True", "true").replace("False", "false").replace("None", "null");
    let (mut args, mut named, mut depth) = (vec![], serde_json::Map::new(), 0);
    let parts = python.split(|c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    });
    for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
        let (key, text) = part.split_once('=').map_or((None, part), |(key, text)| (Some(key), text));
        let json = text.replace('(', "[").replace(')', "]").replace('\'', "\"");
        let value: Value = serde_json::from_str(&json).map_err(|e| format!("{part}: {e}"))?;
        match key {
            Some(key) => drop(named.insert(key.to_string(), value)),
            None => args.push(value),
        }
    }
    let case = serde_json::json!({"module": name, "args": args, "kwargs": named});
    let layer = build(&case, &SafeTensors::deserialize(b"\x02\0\0\0\0\0\0\0{}").expect("no tensors"))?;
    Ok(state_dict(layer.params()))
}

/// Runs one case.
///
/// # Errors
/// What differs; or a text beginning with `unsupported:`.
pub(crate) fn run(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let read = |key: &Value| tensor(tensors, key.as_str().ok_or_else(|| format!("{key} is no key"))?);
    let mut layer = build(case, tensors)?;
    layer.params_mut().visit_mut("", &mut |_, param| param.convert(DType::F64));
    let state = case["state_dict"].as_object().ok_or("no state_dict")?.iter();
    let state =
        state.map(|(name, key)| Ok((name.clone(), read(key)?))).collect::<Result<Vec<_>, String>>()?;
    load_state_dict(layer.params_mut(), state).map_err(|e| e.to_string())?;
    for batch in case["previous_batches"].as_array().into_iter().flatten() {
        let tape = Tape::training(0);
        layer.run(&Call::of(&Value::Array(vec![batch.clone()]), &Value::Null, tensors, &tape)?)?;
        apply(layer.params_mut(), &tape.updates());
    }
    let tape = if case["mode"] == "train" { Tape::training(0) } else { Tape::new() };
    let call = Call::of(&case["inputs"], &case["call_kwargs"], tensors, &tape)?;
    let outputs = layer.run(&call)?;
    let updates = compare_call(case, &read, &call, &outputs, layer.params())?;
    apply(layer.params_mut(), &updates);
    for (name, value) in state_dict(layer.params()) {
        let want = case["state_dict_after"].get(&name).unwrap_or(&case["state_dict"][&name]);
        compare(&format!("{name} afterwards"), &value, &read(want)?, tolerance(case))?;
    }
    Ok(())
}

/// Compares the outputs, the loss and the gradients; gives the new values of statistics.
fn compare_call(
    case: &Value,
    read: &impl Fn(&Value) -> Result<Tensor, String>,
    call: &Call<'_, '_>,
    outputs: &[Var<'_>],
    params: &dyn Params,
) -> Result<Vec<(ParamId, Tensor)>, String> {
    let tol = tolerance(case);
    let list = |key: &str| case[key].as_array().map(Vec::as_slice).unwrap_or_default();
    if outputs.len() != list("outputs").len() {
        return Err(format!("{} outputs instead of {}", outputs.len(), list("outputs").len()));
    }
    for (i, (got, want)) in outputs.iter().zip(list("outputs")).enumerate() {
        compare(&format!("output {i}"), &got.value(), &read(want)?, tol)?;
    }
    let mut loss: Option<Var<'_>> = None;
    for (place, seed) in list("diff_outputs").iter().zip(list("grad_outputs")) {
        let y = outputs[place.as_u64().ok_or("no place of an output")? as usize];
        let part = (y * read(seed)?).sum();
        loss = Some(loss.map_or(part, |sum| sum + part));
    }
    let loss = loss.ok_or("no output has a gradient")?;
    let want = &case["loss"];
    let want = want.as_f64().or_else(|| want.as_str()?.parse().ok()).ok_or("no loss")?;
    let want = Tensor::from(want);
    compare("loss", &loss.value(), &want, tol)?;
    let gradients = loss.backward();
    for (name, want) in case["grad_inputs"].as_object().into_iter().flatten() {
        let got = gradients.wrt(call.named(name)?);
        compare(&format!("gradient in {name}"), &got, &read(want)?, tol)?;
    }
    let known = params.params();
    for (name, want) in case["grad_params"].as_object().into_iter().flatten() {
        let (_, param) = known.iter().find(|(path, _)| path == name).ok_or(format!("no {name}"))?;
        let got = gradients.get(param).cloned().unwrap_or_else(|| param.value().zeros_like());
        compare(&format!("gradient in {name}"), &got, &read(want)?, tol)?;
    }
    Ok(gradients.updates().map(|(id, value)| (id, value.clone())).collect())
}

/// Puts new values of statistics into the layer.
fn apply(layer: &mut dyn Params, updates: &[(ParamId, Tensor)]) {
    layer.visit_mut("", &mut |_, param| {
        if let Some((_, value)) = updates.iter().find(|(id, _)| *id == param.id()) {
            param.set(value.clone());
        }
    });
}
