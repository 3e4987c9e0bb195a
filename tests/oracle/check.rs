//! Comparison of tensors with a tolerance.

use gradus_tensor::{DType, Tensor};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

/// A stored tensor.
pub(crate) fn tensor(tensors: &SafeTensors<'_>, key: &str) -> Result<Tensor, String> {
    let view = tensors.tensor(key).map_err(|e| format!("{key}: {e}"))?;
    let words = |data: &[u8]| {
        data.chunks_exact(8).map(|b| <[u8; 8]>::try_from(b).expect("8 bytes")).collect::<Vec<_>>()
    };
    let shape = view.shape().to_vec();
    match view.dtype() {
        Dtype::F64 => {
            Ok(Tensor::from_vec(words(view.data()).into_iter().map(f64::from_le_bytes).collect(), shape))
        }
        Dtype::I64 => {
            Ok(Tensor::from_vec(words(view.data()).into_iter().map(i64::from_le_bytes).collect(), shape))
        }
        Dtype::BOOL => Ok(Tensor::from_vec(view.data().iter().map(|&b| b != 0).collect(), shape)),
        other => Err(format!("unsupported: {key} has the type {other:?}")),
    }
}

/// The tolerance of a case: relative and absolute.
pub(crate) fn tolerance(case: &Value) -> (f64, f64) {
    let tol = case["tol"].as_f64();
    let of = |key: &str| case[key].as_f64().or(tol).unwrap_or(1e-10);
    (of("rtol"), of("atol"))
}

/// `|got - want| <= atol + rtol |want|` for each element; NaN and infinity equal themselves alone; other types exactly.
pub(crate) fn compare(
    name: &str,
    got: &Tensor,
    want: &Tensor,
    (rtol, atol): (f64, f64),
) -> Result<(), String> {
    if got.shape() != want.shape() {
        return Err(format!("{name}: shape {} instead of {}", got.shape(), want.shape()));
    }
    if got.dtype() != want.dtype() && (want.dtype() == DType::Bool || want.dtype().is_float()) {
        return Err(format!("{name}: type {} instead of {}", got.dtype(), want.dtype()));
    }
    let (g, w) = (got.to_f64_vec(), want.to_f64_vec());
    let mut worst: Option<(f64, usize)> = None;
    let mut wrong = 0;
    for (i, (&g, &w)) in g.iter().zip(&w).enumerate() {
        let difference = if g == w || g.is_nan() && w.is_nan() { 0.0 } else { (g - w).abs() };
        let allowed = atol + rtol * w.abs();
        if difference == 0.0 || w.is_finite() && difference <= allowed {
            continue;
        }
        wrong += 1;
        let excess = if difference.is_finite() { difference / allowed } else { f64::INFINITY };
        if worst.is_none_or(|(e, _)| excess > e) {
            worst = Some((excess, i));
        }
    }
    match worst {
        None => Ok(()),
        Some((_, i)) => {
            Err(format!("{name}: {wrong} of {} differ, at {i} {} instead of {}", g.len(), g[i], w[i]))
        }
    }
}
