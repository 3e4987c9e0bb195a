//! The group `optim_ext`: optimizers beyond PyTorch's, on given gradients, and SAM on functions.

use gradus_autograd::{Gradients, Param};
use gradus_optim::{
    AdaBelief, Adam, Adan, Lamb, Lars, Lion, Lookahead, NovoGrad, Optimizer, Rule, Sam, ScheduleFree,
    ScheduleFreeBase, Sgd, Sophia, Yogi,
};
use gradus_tensor::Tensor;
use safetensors::SafeTensors;
use serde_json::Value;

use super::function::{start, surface};
use super::hyper::Hyper;
use super::{Model, compare, count, row, text};
use crate::check::tensor;

const NAMES: [&str; 3] = ["p0", "p1", "p2"];

/// Runs one case.
///
/// # Errors
/// What differs; or a text beginning with `unsupported:`.
pub(crate) fn run(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let (id, name) = (text(case, "id")?, text(case, "rule")?);
    if name == "SAM" {
        return sam(case, tensors);
    }
    let h = Hyper(&case["hyper"]);
    let mut optimizer = Optimizer::new(rule(name, case, &h)?, h.number("lr")?);
    let mut model = Model::read(&NAMES.map(String::from), text(case, "init")?, tensors)?;
    let read = |prefix: &str| -> Result<Vec<Tensor>, String> {
        NAMES.iter().map(|name| tensor(tensors, &format!("{prefix}/{name}"))).collect()
    };
    let grads = read("grads")?;
    let curvature = if name == "Sophia" { Some((read("hess")?, h.number("k")? as usize)) } else { None };
    let free = name.starts_with("ScheduleFree");
    let want = read(&if free { format!("{id}/y") } else { id.to_string() })?;
    let averages = if free { Some(read(&format!("{id}/x"))?) } else { None };
    for t in 0..count(case, "steps")? {
        let of = |all: &[Tensor], model: &Model| {
            let mut grads = Gradients::default();
            all.iter().zip(&model.0).for_each(|(all, (_, param))| grads.set(param.id(), row(all, t)));
            grads
        };
        match &curvature {
            Some((hess, k)) if t % k == 0 => {
                let (grads, hess) = (of(&grads, &model), of(hess, &model));
                optimizer.step_with_curvature(&mut model, &grads, Some(&hess));
            }
            Some(_) => {
                let grads = of(&grads, &model);
                optimizer.step_with_curvature(&mut model, &grads, None);
            }
            None => {
                let grads = of(&grads, &model);
                optimizer.step(&mut model, &grads);
            }
        }
        check(case, "", &model, &want, t)?;
        if let Some(averages) = &averages {
            let kept = optimizer.answer(&mut model);
            check(case, "the answer of ", &model, averages, t)?;
            kept.restore(&mut model);
        }
    }
    Ok(())
}

fn check(case: &Value, what: &str, model: &Model, want: &[Tensor], t: usize) -> Result<(), String> {
    for ((name, param), want) in model.0.iter().zip(want) {
        let want = row(want, t).to_f64_vec();
        compare(case, &format!("{what}{name} after step {t}"), &param.value().to_f64_vec(), &want)?;
    }
    Ok(())
}

fn rule(name: &str, case: &Value, h: &Hyper<'_>) -> Result<Box<dyn Rule>, String> {
    let weight_decay = h.number_or("weight_decay", 0.0);
    let beta = |i| h.item("betas", i);
    let eps = h.number_or("eps", 0.0);
    Ok(match name {
        "Lion" => Box::new(Lion { beta1: beta(0)?, beta2: beta(1)?, weight_decay }),
        "LAMB" => {
            Box::new(Lamb { beta1: beta(0)?, beta2: beta(1)?, eps, weight_decay, bias_correction: true })
        }
        "LARS_optax" | "LARS_paper" => Box::new(Lars {
            momentum: h.number("momentum")?,
            weight_decay,
            trust: h.number("trust_coefficient")?,
            eps,
            nesterov: h.flag("nesterov"),
            joint_norm: name == "LARS_optax",
        }),
        "Adan" => Box::new(Adan {
            beta1: beta(0)?,
            beta2: beta(1)?,
            beta3: beta(2)?,
            eps,
            weight_decay,
            proximal: !h.flag("no_prox"),
        }),
        "AdaBelief_optax" => Box::new(AdaBelief {
            beta1: beta(0)?,
            beta2: beta(1)?,
            eps,
            eps_root: h.number("eps_root")?,
            weight_decay,
        }),
        "Yogi_optax" => Box::new(Yogi { beta1: beta(0)?, beta2: beta(1)?, eps, ..Yogi::default() }),
        "NovoGrad_optax" => Box::new(NovoGrad { beta1: beta(0)?, beta2: beta(1)?, eps, weight_decay }),
        "Sophia" => Box::new(Sophia {
            beta1: beta(0)?,
            beta2: beta(1)?,
            gamma: h.number("gamma")?,
            eps,
            weight_decay,
            every: h.number("k")? as u64,
        }),
        "Lookahead" => lookahead(case, h)?,
        _ if name.starts_with("ScheduleFree") => schedule_free(name, h)?,
        other => return Err(format!("unsupported: rule {other}")),
    })
}

fn lookahead(case: &Value, h: &Hyper<'_>) -> Result<Box<dyn Rule>, String> {
    let (every, alpha) = (h.number("k")? as u64, h.number("alpha")?);
    Ok(match text(case, "base")? {
        "sgd" => Box::new(Lookahead { rule: Sgd::default(), every, alpha }),
        "adam" => Box::new(Lookahead { rule: Adam::default(), every, alpha }),
        other => return Err(format!("unsupported: base {other}")),
    })
}

fn schedule_free(name: &str, h: &Hyper<'_>) -> Result<Box<dyn Rule>, String> {
    let second = || -> Result<(f64, f64), String> { Ok((h.item("betas", 1)?, h.number("eps")?)) };
    let base = match name {
        "ScheduleFreeSGD" => ScheduleFreeBase::Sgd,
        "ScheduleFreeAdamW" => {
            let (beta2, eps) = second()?;
            ScheduleFreeBase::AdamW { beta2, eps }
        }
        "ScheduleFreeRAdam" => {
            let (beta2, eps) = second()?;
            ScheduleFreeBase::RAdam { beta2, eps, silent: h.flag("silent_sgd_phase") }
        }
        other => return Err(format!("unsupported: rule {other}")),
    };
    Ok(Box::new(ScheduleFree {
        base,
        momentum: h.number("momentum").or_else(|_| h.item("betas", 0))?,
        weight_decay: h.number_or("weight_decay", 0.0),
        warmup: h.number_or("warmup_steps", 0.0) as u64,
        step_power: h.number("r")?,
        lr_power: h.number("weight_lr_power")?,
    }))
}

fn sam(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let (id, name, h) = (text(case, "id")?, text(case, "fn")?, Hyper(&case["hyper"]));
    let rule = Sgd { momentum: h.number("momentum")?, ..Sgd::default() };
    let sam = Sam { rule, rho: h.number("rho")?, eps: h.number("eps")?, adaptive: false };
    let mut optimizer = Optimizer::new(sam, h.number("lr")?);
    let (f, mut x) = (surface(name)?, Param::new(start(name)?));
    let want = tensor(tensors, &format!("{id}/x"))?;
    for t in 1..want.shape()[0] {
        optimizer.training_step(&mut x, |x, tape| f(tape.param(x)));
        compare(case, &format!("x after step {t}"), &x.value().to_f64_vec(), &row(&want, t).to_f64_vec())?;
    }
    Ok(())
}
