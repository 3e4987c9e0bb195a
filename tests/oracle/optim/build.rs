//! Optimizers of `torch.optim` by name, whole: the rule or method, the usual values of its hyper-parameters, the rate.

use gradus_optim::schedule::Schedule;
use gradus_optim::{Adam, AdamW, Adamax, Lbfgs, LineSearch, NAdam, Optimizer, RAdam, RmsProp, Rule, Sgd};
use serde_json::{Value, json};

use super::hyper::{self, Hyper};

/// All hyper-parameters in force, where only some were passed.
///
/// # Errors
/// A text beginning with `unsupported:`.
pub(crate) fn complete(name: &str, passed: &Value) -> Result<Value, String> {
    let betas = json!([0.9, 0.999]);
    let moments = |lr: f64| json!({"lr": lr, "betas": betas, "eps": 1e-8, "weight_decay": 0.0});
    let mut all = match name {
        "SGD" => json!({"lr": 1e-3, "momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0}),
        "Adam" | "RAdam" | "SparseAdam" => moments(1e-3),
        "AdamW" => {
            json!({"lr": 1e-3, "betas": betas, "eps": 1e-8, "weight_decay": 1e-2, "decoupled_weight_decay": true})
        }
        "NAdam" => {
            json!({"lr": 2e-3, "betas": betas, "eps": 1e-8, "weight_decay": 0.0, "momentum_decay": 4e-3})
        }
        "Adamax" => moments(2e-3),
        "Adagrad" => {
            json!({"lr": 1e-2, "lr_decay": 0.0, "weight_decay": 0.0, "initial_accumulator_value": 0.0, "eps": 1e-10})
        }
        "Adadelta" => json!({"lr": 1.0, "rho": 0.9, "eps": 1e-6, "weight_decay": 0.0}),
        "RMSprop" => json!({"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0.0, "momentum": 0.0}),
        "Rprop" => json!({"lr": 1e-2, "etas": [0.5, 1.2], "step_sizes": [1e-6, 50.0]}),
        "ASGD" => json!({"lr": 1e-2, "lambd": 1e-4, "alpha": 0.75, "t0": 1e6, "weight_decay": 0.0}),
        "Adafactor" => {
            json!({"lr": 1e-2, "beta2_decay": -0.8, "eps": [null, 1e-3], "d": 1.0, "weight_decay": 0.0})
        }
        "Muon" => json!({
            "lr": 1e-3, "weight_decay": 0.1, "momentum": 0.95, "nesterov": true, "eps": 1e-7, "ns_steps": 5,
            "ns_coefficients": [3.4445, -4.775, 2.0315]
        }),
        "LBFGS" => json!({
            "lr": 1.0, "max_iter": 20, "tolerance_grad": 1e-7, "tolerance_change": 1e-9, "history_size": 100
        }),
        other => return Err(format!("unsupported: optimizer {other}")),
    };
    for (key, value) in passed.as_object().into_iter().flatten() {
        all[key] = value.clone();
    }
    if name == "LBFGS" && all["max_eval"].is_null() {
        all["max_eval"] = json!(all["max_iter"].as_u64().ok_or("max_iter is no number")? * 5 / 4);
    }
    Ok(all)
}

/// `torch.optim.NAME` with these hyper-parameters, all of them given, at a rate.
///
/// # Errors
/// A text beginning with `unsupported:`, or what is missing.
pub(crate) fn optimizer(name: &str, all: &Value, lr: impl Schedule + 'static) -> Result<Optimizer, String> {
    let h = Hyper(all);
    if name == "LBFGS" {
        if h.flag("maximize") {
            return Err("unsupported: LBFGS that maximizes".into());
        }
        return Ok(Optimizer::new(lbfgs(&h)?, lr));
    }
    let optimizer = Optimizer::new(hyper::torch(name, all)?, lr);
    Ok(if h.flag("maximize") { optimizer.maximize() } else { optimizer })
}

fn lbfgs(h: &Hyper<'_>) -> Result<Lbfgs, String> {
    Ok(Lbfgs {
        iterations: h.number("max_iter")? as usize,
        evaluations: Some(h.number("max_eval")? as usize),
        tolerance_grad: h.number("tolerance_grad")?,
        tolerance_change: h.number("tolerance_change")?,
        history: h.number("history_size")? as usize,
        line_search: match h.0["line_search_fn"].as_str() {
            None => LineSearch::None,
            Some("strong_wolfe") => LineSearch::StrongWolfe,
            Some(other) => return Err(format!("unsupported: line search {other}")),
        },
    })
}

/// The optimizer with a momentum (`beta1` where there are two) that changes with the step, as `CyclicLR` and `OneCycleLR`
/// change it.
///
/// # Errors
/// A text beginning with `unsupported:`.
pub(crate) fn with_momentum(
    optimizer: Optimizer,
    name: &str,
    momentum: impl Schedule + 'static,
) -> Result<Optimizer, String> {
    fn vary<R: Rule>(
        optimizer: Optimizer,
        momentum: impl Schedule + 'static,
        field: fn(&mut R) -> &mut f64,
    ) -> Optimizer {
        optimizer.vary(move |rule: &mut R, step| *field(rule) = momentum.at(step))
    }
    Ok(match name {
        "SGD" => vary(optimizer, momentum, |rule: &mut Sgd| &mut rule.momentum),
        "RMSprop" => vary(optimizer, momentum, |rule: &mut RmsProp| &mut rule.momentum),
        "Adam" => vary(optimizer, momentum, |rule: &mut Adam| &mut rule.beta1),
        "AdamW" => vary(optimizer, momentum, |rule: &mut AdamW| &mut rule.beta1),
        "NAdam" => vary(optimizer, momentum, |rule: &mut NAdam| &mut rule.beta1),
        "RAdam" => vary(optimizer, momentum, |rule: &mut RAdam| &mut rule.beta1),
        "Adamax" => vary(optimizer, momentum, |rule: &mut Adamax| &mut rule.beta1),
        other => return Err(format!("unsupported: a momentum of {other} that changes")),
    })
}
