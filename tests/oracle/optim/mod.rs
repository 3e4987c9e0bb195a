//! The groups of optimizers: `optim_seq`, `optim_sparse`, `optim_fn`, `optim_ext`, `textbook`.
//!
//! `hyper` turns PyTorch's names and values into the rules of `gradus-optim`; the other files run one group
//! each.

use approx::relative_eq;
use gradus_autograd::{Param, Params};
use gradus_tensor::Tensor;
use safetensors::SafeTensors;
use serde_json::Value;

use crate::check::tensor;

pub(crate) mod build;
pub(crate) mod extended;
pub(crate) mod function;
pub(crate) mod hyper;
pub(crate) mod sequence;
pub(crate) mod sparse;
pub(crate) mod textbook;

/// Named parameters: the model of these cases.
#[derive(Debug)]
pub(crate) struct Model(pub(crate) Vec<(String, Param)>);

impl Model {
    /// Parameters with the values of tensors `PREFIX/NAME`.
    pub(crate) fn read(names: &[String], prefix: &str, tensors: &SafeTensors<'_>) -> Result<Self, String> {
        let read =
            |name: &String| Ok((name.clone(), Param::new(tensor(tensors, &format!("{prefix}/{name}"))?)));
        names.iter().map(read).collect::<Result<_, String>>().map(Self)
    }
}

impl Params for Model {
    fn visit<'a>(&'a self, _: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        self.0.iter().for_each(|(name, param)| f(name, param));
    }
    fn visit_mut<'a>(&'a mut self, _: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        self.0.iter_mut().for_each(|(name, param)| f(name, param));
    }
}

/// Compares numbers, within the case's tolerance.
pub(crate) fn compare(case: &Value, what: &str, got: &[f64], want: &[f64]) -> Result<(), String> {
    let tolerance = |name| case.get(name).or_else(|| case.get("tol")).and_then(Value::as_f64).unwrap_or(0.0);
    let (rtol, atol) = (tolerance("rtol"), tolerance("atol"));
    if got.len() != want.len() {
        return Err(format!("{what}: {} numbers, not {}", got.len(), want.len()));
    }
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        let equal = got == want || (got.is_nan() && want.is_nan());
        let near = relative_eq!(got, want, epsilon = atol, max_relative = rtol);
        if !equal && !near {
            return Err(format!("{what}[{i}]: {got:e}, not {want:e} (rtol {rtol:e}, atol {atol:e})"));
        }
    }
    Ok(())
}

/// Row `t` of a tensor of rows.
pub(crate) fn row(all: &Tensor, t: usize) -> Tensor {
    all.select(0, t as isize).contiguous()
}

/// A text field.
pub(crate) fn text<'a>(case: &'a Value, key: &str) -> Result<&'a str, String> {
    case.get(key).and_then(Value::as_str).ok_or_else(|| format!("no text `{key}`"))
}

/// A whole number.
pub(crate) fn count(case: &Value, key: &str) -> Result<usize, String> {
    case.get(key).and_then(Value::as_u64).map(|n| n as usize).ok_or_else(|| format!("no number `{key}`"))
}

/// A list of texts.
pub(crate) fn texts(case: &Value, key: &str) -> Vec<String> {
    case[key].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_string).collect()
}
