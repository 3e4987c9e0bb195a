//! The group `optim_fn`: PyTorch's optimizers on functions, L-BFGS among them.

use gradus_autograd::{Param, Tape, Var};
use gradus_optim::{Optimizer, surfaces};
use gradus_tensor::Tensor;
use safetensors::SafeTensors;
use serde_json::Value;

use super::hyper::Hyper;
use super::{Model, build, compare, count, row, text};
use crate::check::tensor;

/// A function of a vector of two elements.
pub(crate) type Surface = for<'t> fn(Var<'t>) -> Var<'t>;

/// A function of the data, by name.
pub(crate) fn surface(name: &str) -> Result<Surface, String> {
    let name = if name == "quad" { "quadratic" } else { name };
    surfaces::surface(name).map(|surface| surface.f).ok_or_else(|| format!("unsupported: function {name}"))
}

/// Where its paths begin.
pub(crate) fn start(name: &str) -> Result<[f64; 2], String> {
    match name {
        "quad" => Ok([-5.0, -2.0]),
        "rosenbrock" => Ok([-1.2, 1.0]),
        "beale" => Ok([1.5, 0.5]),
        other => Err(format!("unsupported: function {other}")),
    }
}

/// Runs one case.
///
/// # Errors
/// What differs; or a text beginning with `unsupported:`.
pub(crate) fn run(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let (id, name) = (text(case, "id")?, text(case, "fn")?);
    let (valid, mut optimizer) = (count(case, "valid_steps")?, optimizer(case)?);
    let mut problem = Problem::new(name, tensors)?;
    let calls: Vec<u64> =
        case["closure_calls_cumulative"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
    let losses = tensor(tensors, &format!("{id}/loss"))?.to_f64_vec();
    let keys: &[&str] = if name == "logreg" { &["w", "b"] } else { &["x"] };
    let want: Vec<Tensor> =
        keys.iter().map(|key| tensor(tensors, &format!("{id}/{key}"))).collect::<Result<_, _>>()?;
    for ((_, param), want) in problem.model.0.iter_mut().zip(&want) {
        param.set(row(want, 0));
    }
    for t in 0..=valid {
        for (want, (name, param)) in want.iter().zip(&problem.model.0) {
            let want = row(want, t).to_f64_vec();
            compare(case, &format!("{name} after {t} steps"), &param.value().to_f64_vec(), &want)?;
        }
        if t < valid {
            let Problem { model, f, calls: made } = &mut problem;
            let loss = optimizer.training_step(model, |model, tape| {
                *made += 1;
                f(model, tape)
            });
            compare(case, &format!("loss {t}"), &[loss], &losses[t..=t])?;
            if let Some(&want) = calls.get(t)
                && problem.calls != want
            {
                return Err(format!("{} evaluations after step {t}, not {want}", problem.calls));
            }
        }
    }
    Ok(())
}

fn optimizer(case: &Value) -> Result<Optimizer, String> {
    let (name, mut hyper) = (text(case, "optimizer")?, case["hyper"].clone());
    let lr = Hyper(&hyper).number("lr")?;
    if name == "AdamW" {
        hyper["decoupled_weight_decay"] = Value::Bool(true);
    }
    build::optimizer(name, &hyper, lr)
}

type Evaluate = Box<dyn for<'t> Fn(&Model, &'t Tape) -> Var<'t>>;

struct Problem {
    model: Model,
    f: Evaluate,
    calls: u64,
}

impl Problem {
    fn new(name: &str, tensors: &SafeTensors<'_>) -> Result<Self, String> {
        if name == "logreg" {
            let (x, y) = (tensor(tensors, "logreg/X")?, tensor(tensors, "logreg/y")?);
            let zeros = |shape: &[usize]| Param::new(Tensor::zeros_of(shape, gradus_tensor::DType::F64));
            let model = Model(vec![("w".into(), zeros(&[x.shape()[1]])), ("b".into(), zeros(&[]))]);
            return Ok(Self {
                model,
                f: Box::new(move |model, tape| logistic(tape, model, &x, &y)),
                calls: 0,
            });
        }
        let (f, x) = (surface(name)?, Param::new(start(name)?));
        let model = Model(vec![("x".into(), x)]);
        Ok(Self { model, f: Box::new(move |model, tape| f(tape.param(&model.0[0].1))), calls: 0 })
    }
}

/// The mean binary cross-entropy of `Xw + b`, and 0.01 Σ w².
fn logistic<'t>(tape: &'t Tape, model: &Model, x: &Tensor, y: &Tensor) -> Var<'t> {
    let (w, b) = (tape.param(&model.0[0].1), tape.param(&model.0[1].1));
    let z = tape.constant(x).matmul(w) + b;
    let losses = (-z.abs()).exp().log1p() + z.clamp_min(0.0) - z * y;
    losses.mean() + 0.01 * w.square().sum()
}
