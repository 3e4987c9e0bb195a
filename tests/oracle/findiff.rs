//! The group `findiff`: forward and central differences, and their error against the step.

use gradus_autograd::{ErrorCurve, FiniteDifference, STEPS, Scheme, Tape, Var, flattened};
use gradus_tensor::Tensor;
use safetensors::SafeTensors;
use serde_json::Value;

use crate::check::tensor;

/// Runs one case.
///
/// # Errors
/// What differs; or a text beginning with `unsupported:`.
pub(crate) fn run(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    match case["kind"].as_str() {
        Some("gradient") => gradient(case),
        Some("curve") => curve(case, tensors),
        other => Err(format!("unsupported: kind {other:?}")),
    }
}

/// The sum of squares, from the left.
fn sum_of_squares(x: &[f64]) -> f64 {
    x.iter().fold(0.0, |sum, x| sum + x * x)
}

fn gradient(case: &Value) -> Result<(), String> {
    let (x, step) = (numbers(case, "point")?, number(case, "eps")?);
    if case["fn"] != "sum of squares" {
        return Err(format!("unsupported: function {}", case["fn"]));
    }
    for scheme in [Scheme::Forward, Scheme::Central] {
        let got = FiniteDifference { scheme, step }.gradient(sum_of_squares, &x);
        let want = numbers(case, scheme.name())?;
        if got.iter().zip(&want).any(|(a, b)| a.to_bits() != b.to_bits()) {
            return Err(format!("{scheme}: {got:?}, not {want:?}, bit for bit"));
        }
    }
    let tape = Tape::new();
    let var = tape.var(Tensor::from_vec(x.clone(), [x.len()]));
    let got = var.square().sum().backward().wrt(var).to_f64_vec();
    near("exact", &got, &numbers(case, "exact")?, &vec![0.0; x.len()])
}

fn function<'t>(name: &str, x: Var<'t>) -> Result<Var<'t>, String> {
    match name {
        "sin" => Ok(x.sin()),
        "exp" => Ok(x.exp()),
        "cube (x*x*x)" => Ok(x * x * x),
        other => Err(format!("unsupported: function {other}")),
    }
}

fn curve(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let (id, name) = (text(case, "id")?, text(case, "fn")?);
    let stored = |key: &str| Ok::<_, String>(tensor(tensors, &format!("{id}/{key}"))?.to_f64_vec());
    let (x, tol) = (number(case, "x")?, stored("tol")?);
    if stored("h")? != STEPS {
        return Err(format!("unsupported: steps {:?}", stored("h")?));
    }
    let tape = Tape::new();
    let var = tape.var(x);
    let exact = function(name, var)?.grad(var).item();
    near("derivative", &[exact], &[number(case, "derivative")?], &[4.0 * f64::EPSILON * exact.abs()])?;
    let f = flattened(|x| function(name, x[0]).expect("a known function"), &[Tensor::scalar(x)]);
    for (scheme, right) in [(Scheme::Forward, 6), (Scheme::Central, 3)] {
        let key = scheme.name();
        let curve = ErrorCurve::new(scheme, |x| f(&[x])[0], x, exact);
        let estimates: Vec<f64> = curve.points.iter().map(|p| p.estimate).collect();
        let errors: Vec<f64> = curve.points.iter().map(|p| p.error).collect();
        near(key, &estimates, &stored(key)?, &tol)?;
        near(&format!("err_{key}"), &errors, &stored(&format!("err_{key}"))?, &tol)?;
        let slope = curve.slope(|h| h >= STEPS[right - 1]);
        near("slope", &[slope], &[number(case, &format!("slope_{key}"))?], &[1e-3])?;
        if !(curve.rounding_slope() < -0.7 && curve.rounding_slope() > -1.3) {
            return Err(format!("{key}: slope {} on the left", curve.rounding_slope()));
        }
        let decades = (curve.best().step / number(case, &format!("best_h_{key}"))?).log10().abs();
        if decades > 1.5 {
            return Err(format!("{key}: the best step is {:e}", curve.best().step));
        }
        let place = STEPS.iter().position(|&h| h == curve.best().step).unwrap_or_default();
        near(
            "least error",
            &[curve.best().error],
            &[number(case, &format!("min_err_{key}"))?],
            &[tol[place]],
        )?;
    }
    Ok(())
}

fn near(what: &str, got: &[f64], want: &[f64], tol: &[f64]) -> Result<(), String> {
    for (i, ((got, want), tol)) in got.iter().zip(want).zip(tol).enumerate() {
        if (got - want).abs() > *tol || got.is_nan() {
            return Err(format!("{what}[{i}]: {got:e}, not {want:e} (tol {tol:e})"));
        }
    }
    if got.len() == want.len() {
        Ok(())
    } else {
        Err(format!("{what}: {} values, not {}", got.len(), want.len()))
    }
}

fn number(case: &Value, key: &str) -> Result<f64, String> {
    case[key].as_f64().ok_or_else(|| format!("no number `{key}`"))
}

fn numbers(case: &Value, key: &str) -> Result<Vec<f64>, String> {
    let list = case[key].as_array().ok_or_else(|| format!("no list `{key}`"))?;
    list.iter().map(|x| x.as_f64().ok_or_else(|| format!("`{key}` holds {x}"))).collect()
}

fn text<'a>(case: &'a Value, key: &str) -> Result<&'a str, String> {
    case[key].as_str().ok_or_else(|| format!("no text `{key}`"))
}
