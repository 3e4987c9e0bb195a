//! The group `train`: models from a given state, 30 steps of an optimizer with its schedule and clipping.

mod models;

use gradus_autograd::{Mode, Params, on_tape, value_and_grad_training};
use gradus_nn::state_dict::{load_state_dict, state_dict};
use gradus_optim::{Optimizer, clip_norm, total_norm};
use gradus_tensor::{DType, Tensor};
use safetensors::SafeTensors;
use serde_json::Value;

use crate::check::{compare, tensor, tolerance};
use crate::optim::{build, row, text};
use crate::schedules;
use models::Trained;

/// How near each loss must be, relatively and absolutely, unless the case itself is less sure.
const LOSS: f64 = 1e-9;

/// Runs one case.
///
/// # Errors
/// What differs; or a text beginning with `unsupported:`.
pub(crate) fn run(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let read = |key: &str| tensor(tensors, case[key].as_str().ok_or(format!("no {key}"))?);
    let data = |key: &str| tensor(tensors, &format!("{}/{key}", text(case, "id")?));
    let mut model = model(case, tensors)?;
    let mut optimizer = optimizer(case)?;
    let (x, y, losses, rates) =
        (data("x")?, data("y")?, read("loss")?.to_f64_vec(), read("lr")?.to_f64_vec());
    let norms =
        if case["grad_norm_before_clip"].is_null() { None } else { Some(read("grad_norm_before_clip")?) };
    let clip = case["clip_grad_norm"].as_f64().unwrap_or(0.0);
    let near = tolerance(case).0.max(LOSS);
    for (t, (&loss, &rate)) in losses.iter().zip(&rates).enumerate() {
        same(&format!("the rate of step {t}"), optimizer.lr(), rate, 1e-12)?;
        let batch = (row(&x, t), row(&y, t));
        let (got, norm) = step(&mut optimizer, &mut *model, &batch, clip)?;
        same(&format!("loss {t}"), got, loss, near)?;
        if let (Some(got), Some(norms)) = (norm, &norms) {
            same(&format!("the norm of gradient {t}"), got, norms.item_at([t]), tolerance(case).0.max(LOSS))?;
        }
        if t == 0 {
            compare_state(case, "after_step_1", &*model, tensors)?;
        }
    }
    compare_state(case, "final", &*model, tensors)?;
    let eval = on_tape(Mode::Inference, |tape| model.loss(tape, &row(&x, 0), &row(&y, 0)).item());
    same("the loss afterwards", eval, case["eval_loss"].as_f64().ok_or("no eval_loss")?, near)
}

/// The model with its first values.
fn model(case: &Value, tensors: &SafeTensors<'_>) -> Result<Box<dyn Trained>, String> {
    let state = case["init"].as_object().ok_or("no init")?.iter();
    let state = state.map(|(name, key)| Ok((name.clone(), tensor(tensors, key.as_str().ok_or("no key")?)?)));
    let state = state.collect::<Result<Vec<_>, String>>()?;
    let mut model = models::build(case, &state)?;
    model.visit_mut("", &mut |_, param| param.convert(DType::F64));
    load_state_dict(&mut *model, state).map_err(|e| e.to_string())?;
    Ok(model)
}

/// The optimizer with the rate and the momentum of the scheduler.
fn optimizer(case: &Value) -> Result<Optimizer, String> {
    let name = text(case, "optimizer")?;
    let hyper = build::complete(name, &case["optimizer_kwargs"])?;
    let lr = hyper["lr"].as_f64().ok_or("no lr")?;
    if case["scheduler"].is_null() {
        return build::optimizer(name, &hyper, lr);
    }
    let mut built = schedules::build(&case["scheduler"], &[lr])?;
    let optimizer = build::optimizer(name, &hyper, built.lr.remove(0))?;
    match built.momentum {
        Some(mut momentum) => build::with_momentum(optimizer, name, momentum.remove(0)),
        None => Ok(optimizer),
    }
}

/// One step: the loss before it, and the norm of the gradient before it is clipped.
fn step(
    optimizer: &mut Optimizer,
    model: &mut dyn Trained,
    (x, y): &(Tensor, Tensor),
    clip: f64,
) -> Result<(f64, Option<f64>), String> {
    if optimizer.rule::<gradus_optim::Lbfgs>().is_some() {
        if clip > 0.0 {
            return Err("unsupported: LBFGS with clipped gradients".into());
        }
        return Ok((optimizer.training_step(model, |model, tape| model.loss(tape, x, y)), None));
    }
    let (loss, mut grads) = value_and_grad_training(0, |tape| model.loss(tape, x, y));
    let norm = if clip > 0.0 { clip_norm(&mut grads, clip, 2.0) } else { total_norm(&grads, 2.0) };
    optimizer.step(model, &grads);
    Ok((loss, Some(norm)))
}

fn same(what: &str, got: f64, want: f64, near: f64) -> Result<(), String> {
    compare(what, &Tensor::from(got), &Tensor::from(want), (near, near))
}

/// Compares all values of the model, statistics among them.
fn compare_state(
    case: &Value,
    key: &str,
    model: &dyn Trained,
    tensors: &SafeTensors<'_>,
) -> Result<(), String> {
    let want = case[key].as_object().ok_or(format!("no {key}"))?;
    let all = state_dict(model);
    if all.len() != want.len() {
        return Err(format!("{key}: {} values, not {}", all.len(), want.len()));
    }
    for (name, value) in all {
        let place = want.get(&name).and_then(Value::as_str).ok_or(format!("{key} has no {name}"))?;
        compare(&format!("{name}, {key}"), &value, &tensor(tensors, place)?, tolerance(case))?;
    }
    Ok(())
}
