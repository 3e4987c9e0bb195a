//! The group `textbook`: the formulas of lecture notes, on functions and on given gradients.

use gradus_autograd::Gradients;
use gradus_optim::{
    Adadelta, Adagrad, Adam, AdamW, Lamb, Lars, Momentum, MomentumForm, Nesterov, Optimizer, RmsProp, Rule,
    Sgd, minimize,
};
use safetensors::SafeTensors;
use serde_json::Value;

use super::function::{start, surface};
use super::hyper::Hyper;
use super::{Model, compare, row, text, texts};
use crate::check::tensor;
use crate::theory;

/// Runs one case.
///
/// # Errors
/// What differs; or a text beginning with `unsupported:`.
pub(crate) fn run(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    if matches!(case["rule"].as_str(), Some("ewma" | "momentum_stability")) {
        return theory::run(case, tensors);
    }
    let (id, name) = (text(case, "id")?, text(case, "fn")?);
    let (rule, lr) = rule(text(case, "rule")?, &Hyper(&case["hyper"]))?;
    let mut optimizer = Optimizer::new(rule, lr);
    if name == "given gradients seq/grads" {
        given(case, &mut optimizer, tensors)?;
        return state(case, &optimizer, "theta", tensors);
    }
    let want = tensor(tensors, &format!("{id}/x"))?.to_f64_vec();
    let path = minimize(surface(name)?, &start(name)?, &mut optimizer, want.len() / 2 - 1);
    compare(case, "x", &path.points.concat(), &want)?;
    state(case, &optimizer, "", tensors)
}

fn given(case: &Value, optimizer: &mut Optimizer, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let start = tensor(tensors, "seq/theta0")?;
    let mut model = Model(vec![("theta".into(), gradus_autograd::Param::new(start))]);
    let all = tensor(tensors, "seq/grads")?;
    let want = tensor(tensors, &format!("{}/theta", text(case, "id")?))?;
    for t in 0..want.shape()[0] {
        let mut grads = Gradients::default();
        grads.set(model.0[0].1.id(), row(&all, t));
        optimizer.step(&mut model, &grads);
        let got = model.0[0].1.value().to_f64_vec();
        compare(case, &format!("theta after step {t}"), &got, &row(&want, t).to_f64_vec())?;
    }
    Ok(())
}

fn state(case: &Value, optimizer: &Optimizer, param: &str, tensors: &SafeTensors<'_>) -> Result<(), String> {
    for key in texts(case, "state") {
        let slot = match (text(case, "rule")?, key.as_str()) {
            ("rmsprop_inside", "s") => "v",
            ("momentum_ewma" | "nag_ewma" | "sgd_ewma_l2" | "sgd_ewma_decoupled", "m") => "v",
            (_, "S") => "s",
            (_, "D") => "d",
            (_, other) => other,
        };
        let got = optimizer.slot(param, slot).ok_or_else(|| format!("no slot {slot}"))?.to_f64_vec();
        let want = tensor(tensors, &format!("{}/state/{key}", text(case, "id")?))?.to_f64_vec();
        compare(case, &format!("state {key}"), &got, &want)?;
    }
    Ok(())
}

type Built = (Box<dyn Rule>, f64);

/// The rule and the learning rate of a formula.
fn rule(name: &str, h: &Hyper<'_>) -> Result<Built, String> {
    let momentum = |beta: &str, form, lr: &str| -> Result<Built, String> {
        Ok((Box::new(Momentum { beta: h.number(beta)?, form, ..Momentum::default() }), h.number(lr)?))
    };
    Ok(match name {
        "gd" => (Box::new(Sgd::default()), h.number("eta")?),
        "momentum_ewma" => momentum("gamma", MomentumForm::Average, "eta")?,
        "momentum_velocity" => momentum("gamma", MomentumForm::Velocity, "eta")?,
        "momentum_physical" => momentum("alpha", MomentumForm::Physical, "eta")?,
        "momentum_leaky" => momentum("beta", MomentumForm::Leaky, "eta")?,
        "nag_ewma" => {
            let (beta, reach) = (h.number("gamma")?, Some(h.number("mu")?));
            (Box::new(Nesterov { beta, form: MomentumForm::Average, reach }), h.number("eta")?)
        }
        "nag_sutskever" => {
            (Box::new(Nesterov { beta: h.number("gamma")?, ..Nesterov::default() }), h.number("eta")?)
        }
        "nag_torch" => {
            let rule = Sgd { momentum: h.number("mu")?, nesterov: true, ..Sgd::default() };
            (Box::new(rule), h.number("lr")?)
        }
        "adagrad_final" => {
            let rule = Adagrad { eps: h.number("eps")?, eps_inside: true, ..Adagrad::default() };
            (Box::new(rule), h.number("eta")?)
        }
        "adagrad_sigma" => (Box::new(Adagrad { eps: 0.0, ..Adagrad::default() }), h.number("eta")?),
        "rmsprop_inside" => {
            let (alpha, eps) = (h.number("lam")?, h.number("eps")?);
            (Box::new(RmsProp { alpha, eps, eps_inside: true, ..RmsProp::default() }), h.number("eta")?)
        }
        _ => return with_decay(name, h),
    })
}

fn with_decay(name: &str, h: &Hyper<'_>) -> Result<Built, String> {
    let weight_decay = h.number_or("wd", 0.0);
    let lr = h.number_or("lr", f64::NAN);
    let momentum = |beta: &str, form, decoupled| -> Result<Box<dyn Rule>, String> {
        Ok(Box::new(Momentum { beta: h.number(beta)?, form, weight_decay, decoupled }))
    };
    let betas = || -> Result<_, String> { Ok((h.number("b1")?, h.number("b2")?, h.number("eps")?)) };
    let rule: Box<dyn Rule> = match name {
        "sgd_notes_wd" => momentum("mu", MomentumForm::Physical, false)?,
        "sgd_notes_wd_1m" => momentum("mu", MomentumForm::PhysicalAverage, false)?,
        "sgd_ewma_l2" => momentum("alpha", MomentumForm::Average, false)?,
        "sgd_ewma_decoupled" => momentum("alpha", MomentumForm::Average, true)?,
        "sgd_l2_plain" => Box::new(Sgd { weight_decay, ..Sgd::default() }),
        "sgd_decay_plain" => Box::new(Sgd { weight_decay, decoupled: true, ..Sgd::default() }),
        "adam" | "adam_l2" => {
            let (beta1, beta2, eps) = betas()?;
            Box::new(Adam { beta1, beta2, eps, weight_decay, ..Adam::default() })
        }
        "adamw" => {
            let (beta1, beta2, eps) = betas()?;
            Box::new(AdamW { beta1, beta2, eps, weight_decay, ..AdamW::default() })
        }
        "adamw_paper" => {
            let ((beta1, beta2, eps), paper_rate) = (betas()?, h.number("alpha")?);
            let rule = AdamW { beta1, beta2, eps, weight_decay, paper_rate, ..AdamW::default() };
            return Ok((Box::new(rule), h.number("s")?));
        }
        "adadelta" => Box::new(Adadelta { rho: h.number("rho")?, eps: h.number("eps")?, weight_decay: 0.0 }),
        "lars_paper" => {
            let (momentum, trust) = (h.number("mu")?, h.number("tc")?);
            Box::new(Lars { momentum, weight_decay, trust, ..Lars::default() })
        }
        "lamb_paper" | "lamb_no_bias_correction" => {
            let ((beta1, beta2, eps), bias_correction) = (betas()?, name == "lamb_paper");
            Box::new(Lamb { beta1, beta2, eps, weight_decay, bias_correction })
        }
        other => return Err(format!("unsupported: rule {other}")),
    };
    Ok((rule, lr))
}
