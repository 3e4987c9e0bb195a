//! The group `init`: distributions, bounds and properties of initialisers, and how PyTorch's modules begin.
//!
//! A draw is large (or many small ones together), so that mean and deviation are known to 5 deviations of theirs, and the
//! whole distribution by the largest distance from its function (Kolmogorov and Smirnov).

use approx::abs_diff_eq;
use gradus_nn::init::{self, Fan, Gain};
use gradus_tensor::{DType, Rng, Shape, Tensor, rng};
use safetensors::SafeTensors;
use serde_json::Value;

use crate::check::compare;
use crate::nn;

/// How many numbers a check of a distribution has at least.
const ENOUGH: usize = 60_000;

/// Runs one case.
///
/// # Errors
/// What differs; or a text beginning with `unsupported:`.
pub(crate) fn run(case: &Value, _: &SafeTensors<'_>) -> Result<(), String> {
    if case["id"] == "module_defaults" {
        return defaults(case);
    }
    let name = case["init"].as_str().ok_or("no init")?;
    let given: Option<Vec<usize>> = case["shape"]
        .as_array()
        .map(|all| all.iter().filter_map(Value::as_u64).map(|n| n as usize).collect());
    let shape = given.unwrap_or_else(|| vec![ENOUGH]);
    let (shape, args) = (Shape::new(&shape), &case["kwargs"]);
    let mut generator = rng(20_240_229);
    let x = drawn(name, shape, args, &mut generator)?;
    if *x.shape() != shape {
        return Err(format!("shape {} instead of {shape}", x.shape()));
    }
    if let (Some(fan_in), Some(fan_out)) = (case["fan_in"].as_u64(), case["fan_out"].as_u64()) {
        let got = init::fans(shape);
        if got != (fan_in as usize, fan_out as usize) {
            return Err(format!("fans {got:?} instead of {fan_in} and {fan_out}"));
        }
    }
    if let Some(exact) = case["exact"].as_array() {
        let want: Vec<f64> = exact.iter().filter_map(Value::as_f64).collect();
        return compare("values", &x, &Tensor::from_vec(want, shape), (0.0, 0.0));
    }
    match name {
        "orthogonal_" => {
            return orthogonal(&x, number(args, "gain", 1.0), case["tol"].as_f64().unwrap_or(1e-10));
        }
        "sparse_" => {
            let want = case["zeros_per_column"].as_f64().ok_or("no zeros_per_column")?;
            return sparse(&x, want, number(args, "std", 0.01));
        }
        _ => {}
    }
    let mut all = x.to_f64_vec();
    while all.len() < ENOUGH {
        all.extend(drawn(name, shape, args, &mut generator)?.to_f64_vec());
    }
    let uniform = case["distribution"] == "uniform" || name == "uniform_";
    let expected = Expected {
        low: case["low"].as_f64(),
        high: case["high"].as_f64(),
        mean: case["mean"].as_f64(),
        std: case["std"].as_f64(),
        uniform,
        room: 1e-12,
    };
    expected.check(&mut all)
}

fn number(args: &Value, key: &str, usual: f64) -> f64 {
    args[key].as_f64().unwrap_or(usual)
}

/// A draw of `torch.nn.init.NAME`, F64.
fn drawn(name: &str, shape: Shape, args: &Value, rng: &mut Rng) -> Result<Tensor, String> {
    let (dtype, number) = (DType::F64, |key: &str, usual: f64| number(args, key, usual));
    let gain = Gain::Factor(number("gain", 1.0));
    let fan = if args["mode"] == "fan_out" { Fan::Out } else { Fan::In };
    let nonlinearity = || gain_of(args["nonlinearity"].as_str().unwrap_or("leaky_relu"), number("a", 0.0));
    Ok(match name {
        "uniform_" => Tensor::uniform_of(shape, number("a", 0.0), number("b", 1.0), dtype, rng),
        "normal_" => Tensor::normal_of(shape, number("mean", 0.0), number("std", 1.0), dtype, rng),
        "constant_" => Tensor::full_of(shape, args["val"].as_f64().ok_or("no val")?, dtype),
        "ones_" => Tensor::ones_of(shape, dtype),
        "zeros_" => Tensor::zeros_of(shape, dtype),
        "eye_" => init::eye(shape[0], shape[1]).to(dtype),
        "dirac_" => init::dirac(shape, number("groups", 1.0) as usize).to(dtype),
        "xavier_uniform_" => init::xavier_uniform_of(shape, gain, dtype, rng),
        "xavier_normal_" => init::xavier_normal_of(shape, gain, dtype, rng),
        "kaiming_uniform_" => init::kaiming_uniform_of(shape, fan, nonlinearity()?, dtype, rng),
        "kaiming_normal_" => init::kaiming_normal_of(shape, fan, nonlinearity()?, dtype, rng),
        "trunc_normal_" => {
            let bounds = [number("mean", 0.0), number("std", 1.0), number("a", -2.0), number("b", 2.0)];
            init::trunc_normal_of(shape, bounds[0], bounds[1], bounds[2], bounds[3], dtype, rng)
        }
        "orthogonal_" => init::orthogonal_of(shape, gain, dtype, rng),
        "sparse_" => {
            let sparsity = args["sparsity"].as_f64().ok_or("no sparsity")?;
            init::sparse_of(shape, sparsity, number("std", 0.01), dtype, rng)
        }
        other => return Err(format!("unsupported: initialiser {other}")),
    })
}

/// `torch.nn.init.calculate_gain`.
fn gain_of(nonlinearity: &str, a: f64) -> Result<Gain, String> {
    Ok(match nonlinearity {
        "linear" | "sigmoid" => Gain::Linear,
        name if name.starts_with("conv") => Gain::Linear,
        "tanh" => Gain::Tanh,
        "relu" => Gain::Relu,
        "leaky_relu" => Gain::LeakyRelu(a),
        "selu" => Gain::Selu,
        other => return Err(format!("unsupported: nonlinearity {other}")),
    })
}

/// What is known of a distribution.
struct Expected {
    low: Option<f64>,
    high: Option<f64>,
    mean: Option<f64>,
    std: Option<f64>,
    uniform: bool,
    /// How far a bound may be exceeded by rounding.
    room: f64,
}

impl Expected {
    fn check(&self, all: &mut [f64]) -> Result<(), String> {
        all.sort_by(f64::total_cmp);
        let (n, least, most) = (all.len() as f64, all[0], all[all.len() - 1]);
        let room = self.room * least.abs().max(most.abs());
        if self.low.is_some_and(|low| least < low - room) || self.high.is_some_and(|high| most > high + room)
        {
            return Err(format!("{least} to {most}, not {:?} to {:?}", self.low, self.high));
        }
        let mean = all.iter().sum::<f64>() / n;
        let square = all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        let fourth = all.iter().map(|x| (x - mean).powi(4)).sum::<f64>() / n;
        let (std, of_mean) = (square.sqrt(), (square / n).sqrt());
        let of_std = ((fourth - square * square).max(0.0) / n).sqrt() / (2.0 * std.max(f64::MIN_POSITIVE));
        if self.mean.is_some_and(|want| (mean - want).abs() > 5.0 * of_mean + room) {
            return Err(format!("mean {mean} instead of {:?}, known to {of_mean}", self.mean));
        }
        if self.std.is_some_and(|want| (std - want).abs() > 5.0 * of_std + room) {
            return Err(format!("standard deviation {std} instead of {:?}, known to {of_std}", self.std));
        }
        match (self.low, self.high) {
            (Some(low), Some(high)) if self.uniform => {
                follows(all, &format!("uniform from {low} to {high}"), |x| (x - low) / (high - low))
            }
            (None, None) if self.std.is_some() => {
                let (mean, std) = (self.mean.unwrap_or(0.0), self.std.unwrap_or(1.0));
                let all: Vec<f64> = all.iter().map(|x| (x - mean) / std).collect();
                let shares = gradus_autograd::TensorExt::normal_cdf(&Tensor::from(all)).to_f64_vec();
                follows(&shares, "normal", |share| share)
            }
            _ => Ok(()),
        }
    }
}

/// The largest distance of sorted numbers from their distribution function is that of chance: above 2.6/√n it is in
/// three of 10⁶ cases.
fn follows(sorted: &[f64], what: &str, share: impl Fn(f64) -> f64) -> Result<(), String> {
    let n = sorted.len() as f64;
    let far = sorted.iter().enumerate().map(|(i, &x)| (share(x) - (i as f64 + 0.5) / n).abs());
    let far = far.max_by(f64::total_cmp).unwrap_or(0.0);
    if far < 2.6 / n.sqrt() { Ok(()) } else { Err(format!("not {what}: off by {far}")) }
}

fn orthogonal(x: &Tensor, gain: f64, tol: f64) -> Result<(), String> {
    let rows = x.shape()[0];
    let m = x.reshape([rows, x.elements() / rows.max(1)]);
    let product = if rows <= m.shape()[1] { m.matmul(&m.t()) } else { m.t().matmul(&m) };
    let want = Tensor::eye_of(product.shape()[0], DType::F64) * (gain * gain);
    compare("the products", &product, &want, (tol, tol))
}

fn sparse(x: &Tensor, zeros: f64, std: f64) -> Result<(), String> {
    let counts = x.eq(0.0).to(DType::F64).sum_axes(0).to_f64_vec();
    if let Some(other) = counts.iter().find(|&&count| count != zeros) {
        return Err(format!("{other} zeros in a column instead of {zeros}"));
    }
    // All others are normal.
    let rest: Vec<f64> = x.to_f64_vec().into_iter().filter(|x| *x != 0.0).collect();
    let size = (rest.iter().map(|x| x * x).sum::<f64>() / rest.len() as f64).sqrt();
    let room = 5.0 / (2.0 * rest.len() as f64).sqrt();
    if abs_diff_eq!(size / std, 1.0, epsilon = room) {
        Ok(())
    } else {
        Err(format!("deviation {size} instead of {std}"))
    }
}

/// How the parameters of modules begin.
fn defaults(case: &Value) -> Result<(), String> {
    for module in case["modules"].as_array().ok_or("no modules")? {
        let text = module["module"].as_str().ok_or("no module")?;
        beginning(text, &module["params"]).map_err(|e| match e.strip_prefix("unsupported: ") {
            Some(what) => format!("unsupported: {text}: {what}"),
            None => format!("{text}: {e}"),
        })?;
    }
    Ok(())
}

/// Builds the module of a text, `Conv2d(8,64,3,groups=4)`, and looks at its parameters.
fn beginning(text: &str, params: &Value) -> Result<(), String> {
    let state = nn::state_of_new(text.split(':').next().unwrap_or(text).trim())?;
    for (name, want) in params.as_object().ok_or("no params")? {
        let found = state.iter().find(|(known, _)| known == name);
        let mut all = found.ok_or(format!("no parameter {name}"))?.1.to_f64_vec();
        let (bound, value) = (want["bound"].as_f64(), want["value"].as_f64());
        let expected = Expected {
            low: bound.map(|bound| -bound).or(value),
            high: bound.or(value),
            mean: if bound.is_some() || want["std"].is_number() { Some(0.0) } else { None },
            std: bound.map(|bound| bound / 3f64.sqrt()).or(want["std"].as_f64()),
            uniform: bound.is_some(),
            // Parameters are F32.
            room: 1e-7,
        };
        expected.check(&mut all).map_err(|e| format!("{name}: {e}"))?;
    }
    Ok(())
}
