//! The group `gradutil`: Jacobians, Hessians and products with them; clipping; averages of parameters; statistics counted
//! anew for averaged weights.

use gradus_autograd::{Gradients, Param, Var, hessian, hvp, jacobian, jacobian_forward, jvp, vhp, vjp};
use gradus_nn::state_dict::{load_state_dict, state_dict};
use gradus_nn::{BatchNorm, Linear, Module, sequential, update_batch_norm};
use gradus_optim::{Average, Averaging, clip_norm, clip_value};
use gradus_tensor::{DType, Tensor, rng};
use safetensors::SafeTensors;
use serde_json::Value;

use crate::check::{compare, tensor, tolerance};

/// Runs one case.
///
/// # Errors
/// What differs; or a text beginning with `unsupported:`.
pub(crate) fn run(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    match case["op"].as_str() {
        Some("functional") => functional(case, tensors),
        Some("clip_grad_norm_" | "clip_grad_value_") => clipping(case, tensors),
        Some("AveragedModel") => averaging(case, tensors),
        Some("swa update_bn") => recounting(case, tensors),
        other => Err(format!("unsupported: operation {other:?}")),
    }
}

/// Clipping, of gradients that came from nowhere.
fn clipping(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let read = |key: &Value| tensor(tensors, key.as_str().ok_or("a key is missing")?);
    let list = |name: &str| {
        case[name].as_array().into_iter().flatten().map(read).collect::<Result<Vec<Tensor>, _>>()
    };
    let (before, after) = (list("grads")?, list("after")?);
    let params: Vec<Param> = before.iter().map(|g| Param::new(g.clone())).collect();
    let mut grads = Gradients::default();
    for (p, g) in params.iter().zip(before) {
        grads.set(p.id(), g);
    }
    let number =
        |name: &str| case[name].as_f64().or(if case[name] == "inf" { Some(f64::INFINITY) } else { None });
    let tol = tolerance(case);
    if let Some(limit) = number("clip_value") {
        clip_value(&mut grads, limit);
    } else {
        let (limit, p) =
            (number("max_norm").ok_or("no max_norm")?, number("norm_type").ok_or("no norm_type")?);
        let norm = clip_norm(&mut grads, limit, p);
        compare(
            "total_norm",
            &Tensor::from(norm),
            &Tensor::from(number("total_norm").ok_or("no total_norm")?),
            tol,
        )?;
    }
    let find = |p: &Param| grads.get(p).ok_or("a gradient was lost");
    params
        .iter()
        .zip(&after)
        .enumerate()
        .try_for_each(|(i, (p, want))| compare(&format!("after[{i}]"), find(p)?, want, tol))
}

/// The averages of a parameter's values over its steps.
fn averaging(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let read = |name: &str| tensor(tensors, case[name].as_str().ok_or_else(|| format!("no {name}"))?);
    let (values, averages) = (read("params")?, read("averaged")?);
    let averaging = case["decay"].as_f64().map_or(Averaging::Equal, |decay| Averaging::Exponential { decay });
    let mut average = Average::new(averaging);
    let mut param = Param::new(values.select(0, 0));
    for step in 0..values.shape()[0] as isize {
        param.set(values.select(0, step));
        average.add(&param);
        let got = average.get("").ok_or("the parameter has no average")?;
        compare(&format!("step {step}"), got, &averages.select(0, step), tolerance(case))?;
    }
    Ok(())
}

/// The running statistics of a linear layer with batch normalisation behind it, counted anew over batches.
fn recounting(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let read = |key: &Value| tensor(tensors, key.as_str().ok_or_else(|| format!("{key} is no key"))?);
    let entries = |state: &Value| {
        let pairs = state.as_object().into_iter().flatten();
        pairs.map(|(name, key)| Ok((name.clone(), read(key)?))).collect::<Result<Vec<_>, String>>()
    };
    let init = entries(&case["init"])?;
    let weight = init.iter().find(|(name, _)| name == "0.weight").ok_or("no 0.weight")?.1.shape();
    let mut model = sequential![Linear::new(weight[1], weight[0], &mut rng(0)), BatchNorm::new(weight[0])];
    model.convert(DType::F64);
    load_state_dict(&mut model, init).map_err(|e| e.to_string())?;
    update_batch_norm(&mut model, read(&case["x"])?.unbind(0), 0);
    let (got, want) = (state_dict(&model), entries(&case["after"])?);
    for (name, want) in &want {
        let found =
            got.iter().find(|(found, _)| found == name).ok_or_else(|| format!("{name} is missing"))?;
        compare(name, &found.1, want, tolerance(case))?;
    }
    Ok(())
}

fn function<'t>(name: &str, x: &[Var<'t>]) -> Result<Var<'t>, String> {
    let at = |i: isize| x[0].select(0, i);
    Ok(match name {
        "f1_scalar" => {
            (1.0 - at(0)).square() + 100.0 * (at(1) - at(0).square()).square() + at(2).sin() * at(0)
        }
        "f2_vector" => {
            let parts = [at(0) * at(1), at(1).sin() * at(2), (at(0) - at(2)).exp(), x[0].square().sum()];
            Var::stack(&parts, 0)
        }
        "f3_matrix" => x[0].matmul(x[0].t()).tanh() + x[0].sum(),
        "f4_two" => x[0].matmul(x[1]).log_softmax(0),
        "f5_norm" => (x[0].square().sum() + 1.0).sqrt() * x[1].prod() + (x[0].narrow(0, 0, 2) * x[1]).sum(),
        other => return Err(format!("unsupported: function {other}")),
    })
}

/// All transformations of one function at one point.
fn functional(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let name = case["fn"].as_str().ok_or("no function")?;
    let read = |key: &Value| tensor(tensors, key.as_str().ok_or_else(|| format!("{key} is no key"))?);
    let list =
        |key: &Value| key.as_array().into_iter().flatten().map(read).collect::<Result<Vec<Tensor>, _>>();
    let (at, v, u) = (list(&case["inputs"])?, list(&case["v"])?, read(&case["u"])?);
    let tol = tolerance(case);
    let tape = gradus_autograd::Tape::inference();
    function(name, &at.iter().map(|x| tape.constant(x)).collect::<Vec<_>>())?;
    let f = function_named(name);
    let s = scalar_named(name, &u);
    let all = |what: &str, got: &[Tensor], want: &Value| -> Result<(), String> {
        let want = list(want)?;
        if got.len() != want.len() {
            return Err(format!("{what}: {} tensors, not {}", got.len(), want.len()));
        }
        got.iter()
            .zip(&want)
            .enumerate()
            .try_for_each(|(i, (g, w))| compare(&format!("{what}[{i}]"), g, w, tol))
    };
    let (y, row) = vjp(&f, &at, &u);
    compare("output", &y, &read(&case["output"])?, tol)?;
    all("vjp", &row, &case["vjp"])?;
    compare("jvp", &jvp(&f, &at, &v).1, &read(&case["jvp"])?, tol)?;
    all("jacobian", &jacobian(&f, &at), &case["jacobian"])?;
    all("jacobian_forward", &jacobian_forward(&f, &at), &case["jacobian"])?;
    for (i, row) in hessian(&s, &at).iter().enumerate() {
        all(&format!("hessian[{i}]"), row, &case["hessian"][i])?;
    }
    all("hvp", &hvp(&s, &at, &v), &case["hvp"])?;
    all("vhp", &vhp(&s, &at, &v), &case["vhp"])?;
    all("third", &third(&s, &at, &v), &case["third"])
}

/// The gradient of `$v^\top H v$`.
fn third(s: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, at: &[Tensor], v: &[Tensor]) -> Vec<Tensor> {
    let tape = gradus_autograd::Tape::new();
    let x: Vec<Var<'_>> = at.iter().map(|x| tape.var(x)).collect();
    let first: Var<'_> = s(&x).grads(&x).into_iter().zip(v).map(|(g, v)| (g * v).sum()).sum();
    let second: Var<'_> = first.grads(&x).into_iter().zip(v).map(|(g, v)| (g * v).sum()).sum();
    second.grads(&x).iter().map(|g| g.value()).collect()
}

fn function_named(name: &str) -> impl for<'t> Fn(&[Var<'t>]) -> Var<'t> {
    move |x| function(name, x).expect("a known function")
}

fn scalar_named(name: &str, u: &Tensor) -> impl for<'t> Fn(&[Var<'t>]) -> Var<'t> {
    move |x| (function(name, x).expect("a known function") * u).sum()
}
