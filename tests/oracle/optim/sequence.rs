//! The group `optim_seq`: PyTorch's optimizers on given gradients, 50 steps, with groups that come and go.

use gradus_autograd::{Gradients, Params};
use gradus_optim::Optimizer;
use gradus_optim::schedule::Lambda;
use gradus_tensor::Tensor;
use safetensors::SafeTensors;
use serde_json::Value;

use super::hyper::{self, Hyper};
use super::{Model, compare, count, row, text, texts};
use crate::check::tensor;

/// Runs one case.
///
/// # Errors
/// What differs; or a text beginning with `unsupported:`.
pub(crate) fn run(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let (id, set, steps) = (text(case, "id")?, text(case, "grad_set")?, count(case, "steps")?);
    let mut names: Vec<String> = groups(case).flat_map(|group| texts(group, "params")).collect();
    if !case["add_group"].is_null() {
        names.extend(texts(&case["add_group"], "params"));
    }
    names.sort();
    let mut model = Model::read(&names, "init", tensors)?;
    let mut optimizer = build(case)?;
    let read = |name: &String, prefix: String| tensor(tensors, &format!("{prefix}/{name}"));
    let grads: Vec<Tensor> =
        names.iter().map(|n| read(n, format!("grads/{set}"))).collect::<Result<_, _>>()?;
    let want: Vec<Tensor> = names.iter().map(|n| read(n, id.to_string())).collect::<Result<_, _>>()?;
    for t in 0..steps {
        let mut now = Gradients::default();
        for ((name, param), all) in model.0.iter().zip(&grads) {
            if has_gradient(case, name, t) {
                now.set(param.id(), row(all, t));
            }
        }
        optimizer.step(&mut model, &now);
        for ((name, param), want) in model.0.iter().zip(&want) {
            let want = row(want, t).to_f64_vec();
            compare(case, &format!("{name} after step {t}"), &param.value().to_f64_vec(), &want)?;
        }
    }
    state(case, &optimizer, &model, tensors)
}

fn groups(case: &Value) -> impl Iterator<Item = &Value> {
    case["groups"].as_array().into_iter().flatten()
}

/// A parameter is without gradient in the steps that say so, and before its group is added.
fn has_gradient(case: &Value, name: &str, t: usize) -> bool {
    let without = case["no_grad_steps"][name].as_array().into_iter().flatten();
    let added = &case["add_group"];
    let late = texts(added, "params").iter().any(|p| p == name);
    let before = late && (t as u64) < added["before_step"].as_u64().unwrap_or(0);
    !before && !without.filter_map(Value::as_u64).any(|step| step == t as u64)
}

fn build(case: &Value) -> Result<Optimizer, String> {
    let name = text(case, "optimizer")?;
    let mut optimizer: Option<Optimizer> = None;
    let mut maximize = Vec::new();
    for (i, group) in groups(case).enumerate() {
        let mut hyper = group["hyper"].clone();
        if name == "Adagrad" {
            // These are options of groups, and PyTorch's Adagrad reads this one from its constructor only.
            hyper["initial_accumulator_value"] = 0.0.into();
        }
        maximize.push(Hyper(&hyper).flag("maximize"));
        optimizer = Some(add(optimizer, name, &hyper, &texts(group, "params"), changes(case, i, &hyper)?)?);
    }
    let mut optimizer = optimizer.ok_or("no groups")?;
    let added = &case["add_group"];
    if !added.is_null() {
        let mut hyper = case["groups"][0]["hyper"].clone();
        for (key, value) in added["kwargs"].as_object().into_iter().flatten() {
            hyper[key] = value.clone();
        }
        let rate = changes(&Value::Null, 0, &hyper)?;
        optimizer = add(Some(optimizer), name, &hyper, &texts(added, "params"), rate)?;
    }
    if maximize.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err("unsupported: groups of which only some maximize".into());
    }
    Ok(if maximize.contains(&true) { optimizer.maximize() } else { optimizer })
}

type Rate = Lambda<Box<dyn Fn(u64) -> f64 + Send + Sync>>;

fn add(
    optimizer: Option<Optimizer>,
    name: &str,
    hyper: &Value,
    params: &[String],
    lr: Rate,
) -> Result<Optimizer, String> {
    let rule = hyper::torch(name, hyper)?;
    let Some(mut optimizer) = optimizer else { return Ok(Optimizer::new(rule, lr)) };
    let lr = std::sync::Arc::new(lr);
    for param in params {
        optimizer = optimizer.group_with_lr(param, hyper::torch(name, hyper)?, lr.clone());
    }
    Ok(optimizer)
}

/// The learning rate of a group, which may change at given steps.
fn changes(case: &Value, group: usize, hyper: &Value) -> Result<Rate, String> {
    let first = Hyper(hyper).number("lr")?;
    let all = case["lr_changes"].as_array().into_iter().flatten();
    let mine = all.filter(|change| change["group"].as_u64() == Some(group as u64));
    let mine: Vec<(u64, f64)> =
        mine.filter_map(|c| Some((c["before_step"].as_u64()?, c["lr"].as_f64()?))).collect();
    Ok(Lambda(Box::new(move |t| mine.iter().rev().find(|(at, _)| *at <= t).map_or(first, |(_, lr)| *lr))))
}

fn state(
    case: &Value,
    optimizer: &Optimizer,
    model: &Model,
    tensors: &SafeTensors<'_>,
) -> Result<(), String> {
    let name = text(case, "optimizer")?;
    for (param, _) in model.params() {
        for (key, want) in case["final_state"][&param].as_object().into_iter().flatten() {
            let want = match want {
                Value::String(key) if tensors.tensor(key).is_ok() => tensor(tensors, key)?.to_f64_vec(),
                _ => vec![want.as_f64().ok_or_else(|| format!("state {key}: {want}"))?],
            };
            let got = if key == "step" {
                vec![optimizer.updates(&param) as f64]
            } else {
                let slot =
                    hyper::slot(name, key).ok_or_else(|| format!("unsupported: state {key} of {name}"))?;
                let slot =
                    optimizer.slot(&param, slot).ok_or_else(|| format!("{param} has no slot {slot}"))?;
                slot.to_f64_vec()
            };
            compare(case, &format!("state {key} of {param}"), &got, &want)?;
        }
    }
    Ok(())
}
