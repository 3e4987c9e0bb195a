//! The cases `ewma_*` and `stability_*` of the group `textbook`: averages, and momentum on a quadratic.

use approx::relative_eq;
use gradus_optim::theory::{QuadraticMomentum, effective_samples, ewma, ewma_corrected, leaky_sum};
use safetensors::SafeTensors;
use serde_json::Value;

/// Runs one case.
///
/// # Errors
/// What differs; or a text beginning with `unsupported:`.
pub(crate) fn run(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    match case.get("rule").and_then(Value::as_str) {
        Some("ewma") => averages(case, tensors),
        Some("momentum_stability") => stability(case, tensors),
        other => Err(format!("unsupported: rule {other:?}")),
    }
}

fn averages(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let gamma = number(case, "gamma")?;
    let samples = series(case, "x", tensors)?;
    let average = series(case, "ewma", tensors)?;
    compare(case, "ewma", &ewma(gamma, &samples), &average)?;
    compare(case, "leaky", &leaky_sum(gamma, &samples), &series(case, "leaky", tensors)?)?;
    compare(case, "effective_n", &[effective_samples(gamma)], &[number(case, "effective_n")?])?;
    let limit = number(case, "leaky_limit_weight")?;
    compare(case, "leaky_limit_weight", &[effective_samples(gamma)], &[limit])?;
    let mut power = 1.0;
    let correct = |m: &f64| {
        power *= gamma;
        m / (1.0 - power)
    };
    let corrected: Vec<f64> = average.iter().map(correct).collect();
    compare(case, "bias_corrected", &ewma_corrected(gamma, &samples), &corrected)
}

fn stability(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let (beta, eta, lambda) = (number(case, "beta")?, number(case, "eta")?, number(case, "lam")?);
    let system = QuadraticMomentum { beta, eta, lambda };
    let matrix = case.get("R").and_then(Value::as_array).into_iter().flatten();
    let matrix: Vec<f64> = matrix.filter_map(Value::as_array).flatten().filter_map(Value::as_f64).collect();
    compare(case, "R", system.matrix().as_flattened(), &matrix)?;
    compare(case, "spectral_radius", &[system.spectral_radius()], &[number(case, "spectral_radius")?])?;
    let largest = system.eigenvalues()[0].abs();
    compare(case, "eigenvalues", &[largest], &[number(case, "spectral_radius")?])?;
    if Some(system.is_stable()) != case.get("converges").and_then(Value::as_bool) {
        return Err(format!("converges: {}", system.is_stable()));
    }
    let want = series(case, "x", tensors)?;
    let got = system.trajectory(number(case, "v0")?, number(case, "x0")?, want.len());
    compare(case, "x", &got, &want)
}

fn number(case: &Value, key: &str) -> Result<f64, String> {
    case.get(key).and_then(Value::as_f64).ok_or_else(|| format!("no number `{key}`"))
}

/// The numbers of the tensor that the field `key` names.
fn series(case: &Value, key: &str, tensors: &SafeTensors<'_>) -> Result<Vec<f64>, String> {
    let name = case.get(key).and_then(Value::as_str).ok_or_else(|| format!("no tensor `{key}`"))?;
    let tensor = tensors.tensor(name).map_err(|e| format!("{name}: {e}"))?;
    let words = tensor.data().chunks_exact(8).map(|bytes| <[u8; 8]>::try_from(bytes).unwrap_or_default());
    Ok(words.map(f64::from_le_bytes).collect())
}

fn compare(case: &Value, what: &str, got: &[f64], want: &[f64]) -> Result<(), String> {
    let tol = number(case, "tol")?;
    if got.len() != want.len() {
        return Err(format!("{what}: {} values, not {}", got.len(), want.len()));
    }
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        let close = relative_eq!(got, want, epsilon = tol, max_relative = tol);
        if !close {
            return Err(format!("{what}[{i}]: {got:e}, not {want:e} (tol {tol:e})"));
        }
    }
    Ok(())
}
