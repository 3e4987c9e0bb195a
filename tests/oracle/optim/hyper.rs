//! PyTorch's optimizers by name and hyper-parameters, as rules.

use gradus_optim::{
    Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Asgd, Muon, MuonRate, NAdam, RAdam, RmsProp, Rprop,
    Rule, Sgd, SparseAdam,
};
use serde_json::Value;

/// Hyper-parameters by PyTorch's names.
pub(crate) struct Hyper<'a>(pub(crate) &'a Value);

impl Hyper<'_> {
    /// A number, which must be there.
    pub(crate) fn number(&self, name: &str) -> Result<f64, String> {
        as_number(&self.0[name]).ok_or_else(|| format!("no number `{name}` in {}", self.0))
    }

    /// A number, or what it is when it is not given.
    pub(crate) fn number_or(&self, name: &str, default: f64) -> f64 {
        as_number(&self.0[name]).unwrap_or(default)
    }

    /// Number `i` of a list.
    pub(crate) fn item(&self, name: &str, i: usize) -> Result<f64, String> {
        as_number(&self.0[name][i]).ok_or_else(|| format!("no number `{name}[{i}]` in {}", self.0))
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.0[name] == Value::Bool(true)
    }
}

fn as_number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

/// The rule of `torch.optim.NAME` with these hyper-parameters, all of them given.
///
/// # Errors
/// A text beginning with `unsupported:`, or what is missing.
pub(crate) fn torch(name: &str, hyper: &Value) -> Result<Box<dyn Rule>, String> {
    let h = Hyper(hyper);
    let weight_decay = h.number_or("weight_decay", 0.0);
    Ok(match name {
        "SGD" => Box::new(Sgd {
            momentum: h.number("momentum")?,
            dampening: h.number("dampening")?,
            weight_decay,
            nesterov: h.flag("nesterov"),
            ..Sgd::default()
        }),
        "Adam" | "AdamW" => adam(&h, weight_decay)?,
        "NAdam" => Box::new(NAdam {
            beta1: h.item("betas", 0)?,
            beta2: h.item("betas", 1)?,
            eps: h.number("eps")?,
            momentum_decay: h.number("momentum_decay")?,
            weight_decay,
            decoupled: h.flag("decoupled_weight_decay"),
        }),
        "RAdam" => Box::new(RAdam {
            beta1: h.item("betas", 0)?,
            beta2: h.item("betas", 1)?,
            eps: h.number("eps")?,
            weight_decay,
            decoupled: h.flag("decoupled_weight_decay"),
        }),
        "Adamax" => Box::new(Adamax {
            beta1: h.item("betas", 0)?,
            beta2: h.item("betas", 1)?,
            eps: h.number("eps")?,
            weight_decay,
        }),
        "SparseAdam" => Box::new(SparseAdam {
            beta1: h.item("betas", 0)?,
            beta2: h.item("betas", 1)?,
            eps: h.number("eps")?,
        }),
        _ => return others(name, &h, weight_decay),
    })
}

fn adam(h: &Hyper<'_>, weight_decay: f64) -> Result<Box<dyn Rule>, String> {
    let (beta1, beta2, eps) = (h.item("betas", 0)?, h.item("betas", 1)?, h.number("eps")?);
    let amsgrad = h.flag("amsgrad");
    Ok(if h.flag("decoupled_weight_decay") {
        Box::new(AdamW { beta1, beta2, eps, weight_decay, amsgrad, ..AdamW::default() })
    } else {
        Box::new(Adam { beta1, beta2, eps, weight_decay, amsgrad, ..Adam::default() })
    })
}

fn others(name: &str, h: &Hyper<'_>, weight_decay: f64) -> Result<Box<dyn Rule>, String> {
    Ok(match name {
        "Adagrad" => Box::new(Adagrad {
            lr_decay: h.number("lr_decay")?,
            weight_decay,
            initial_accumulator: h.number("initial_accumulator_value")?,
            eps: h.number("eps")?,
            eps_inside: false,
        }),
        "Adadelta" => Box::new(Adadelta { rho: h.number("rho")?, eps: h.number("eps")?, weight_decay }),
        "RMSprop" => Box::new(RmsProp {
            alpha: h.number("alpha")?,
            eps: h.number("eps")?,
            eps_inside: false,
            centered: h.flag("centered"),
            momentum: h.number("momentum")?,
            weight_decay,
        }),
        "Rprop" => Box::new(Rprop {
            shrink: h.item("etas", 0)?,
            grow: h.item("etas", 1)?,
            smallest: h.item("step_sizes", 0)?,
            largest: h.item("step_sizes", 1)?,
        }),
        "ASGD" => Box::new(Asgd {
            lambd: h.number("lambd")?,
            alpha: h.number("alpha")?,
            t0: h.number("t0")?,
            weight_decay,
        }),
        "Adafactor" => Box::new(Adafactor {
            beta2_decay: h.number("beta2_decay")?,
            eps1: h.item("eps", 0).ok(),
            eps2: h.item("eps", 1)?,
            clip: h.number("d")?,
            weight_decay,
        }),
        "Muon" => Box::new(muon(h, weight_decay)?),
        other => return Err(format!("unsupported: optimizer {other}")),
    })
}

fn muon(h: &Hyper<'_>, weight_decay: f64) -> Result<Muon, String> {
    Ok(Muon {
        momentum: h.number("momentum")?,
        nesterov: h.flag("nesterov"),
        weight_decay,
        coefficients: [
            h.item("ns_coefficients", 0)?,
            h.item("ns_coefficients", 1)?,
            h.item("ns_coefficients", 2)?,
        ],
        eps: h.number("eps")?,
        iterations: h.number("ns_steps")? as usize,
        rate: match h.0["adjust_lr_fn"].as_str() {
            None | Some("original") => MuonRate::Original,
            Some("match_rms_adamw") => MuonRate::MatchAdamW,
            Some("spectral_unclamped") => MuonRate::Spectral,
            Some(other) => return Err(format!("unsupported: adjust_lr_fn {other}")),
        },
        ..Muon::default()
    })
}

/// The slot that PyTorch calls `key` in the state of optimizer `name`.
pub(crate) fn slot(name: &str, key: &str) -> Option<&'static str> {
    Some(match (name, key) {
        ("SGD" | "RMSprop", "momentum_buffer") => "b",
        ("Muon", "momentum_buffer") => "b",
        (_, "exp_avg") => "m",
        (_, "exp_avg_sq") => "v",
        (_, "max_exp_avg_sq") => "v_max",
        (_, "exp_inf") => "u",
        (_, "mu_product") => "mu_product",
        ("Adagrad", "sum") => "s",
        ("Adadelta", "square_avg") => "s",
        ("Adadelta", "acc_delta") => "d",
        ("RMSprop", "square_avg") => "v",
        ("RMSprop", "grad_avg") => "mean",
        ("Rprop", "prev") => "before",
        ("Rprop", "step_size") => "size",
        ("ASGD", "eta") => "eta",
        ("ASGD", "mu") => "mu",
        ("ASGD", "ax") => "average",
        ("Adafactor", "row_var") => "rows",
        ("Adafactor", "col_var") => "columns",
        ("Adafactor", "variance") => "v",
        _ => return None,
    })
}
