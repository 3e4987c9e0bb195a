//! A model's values by name, in memory and (with the feature `safetensors`) in safetensors files.
//!
//! Loading is strict and whole: every parameter must be there with its shape and nothing else, or nothing is changed and
//! the error lists all that is wrong. Element types are converted to the model's.

use std::collections::BTreeMap;
use std::fmt;
#[cfg(feature = "safetensors")]
use std::path::Path;

use gradus_autograd::Params;
use gradus_tensor::{Shape, Tensor};

/// Why a state dict does not fit a model, or could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum StateDictError {
    /// The file could not be read.
    File(gradus_tensor::Error),
    /// The entries are not those of the model; the model is as it was.
    Mismatch {
        /// Parameters of the model without an entry.
        missing: Vec<String>,
        /// Entries without a parameter.
        extra: Vec<String>,
        /// Name, the model's shape, and the entry's shape.
        misshapen: Vec<(String, Shape, Shape)>,
    },
}

impl fmt::Display for StateDictError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Mismatch { missing, extra, misshapen } => {
                let differences = differences(missing, extra, misshapen);
                write!(f, "the state dict does not fit the model: {differences}")
            }
        }
    }
}

impl std::error::Error for StateDictError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        if let Self::File(error) = self { error.source() } else { None }
    }
}

impl From<gradus_tensor::Error> for StateDictError {
    fn from(error: gradus_tensor::Error) -> Self {
        Self::File(error)
    }
}

fn differences(missing: &[String], extra: &[String], misshapen: &[(String, Shape, Shape)]) -> String {
    let mut parts = Vec::new();
    if !missing.is_empty() {
        parts.push(format!("missing {}", missing.join(", ")));
    }
    if !extra.is_empty() {
        parts.push(format!("not in the model {}", extra.join(", ")));
    }
    if !misshapen.is_empty() {
        let shapes: Vec<String> = misshapen
            .iter()
            .map(|(name, want, found)| format!("{name} is {found} instead of {want}"))
            .collect();
        parts.push(format!("of another shape {}", shapes.join(", ")));
    }
    parts.join("; ")
}

/// All values with their names, in order. The tensors share the model's memory until one of both changes.
pub fn state_dict(model: &(impl Params + ?Sized)) -> Vec<(String, Tensor)> {
    let mut all = Vec::new();
    model.visit("", &mut |name, param| all.push((name.to_string(), param.value().clone())));
    all
}

/// Replaces all values by those of the entries, converted to the model's element types.
///
/// # Errors
/// [`StateDictError::Mismatch`] if an entry is missing, extra or misshapen; the model is then as it was.
pub fn load_state_dict(
    model: &mut (impl Params + ?Sized),
    entries: impl IntoIterator<Item = (String, Tensor)>,
) -> Result<(), StateDictError> {
    let mut entries: BTreeMap<String, Tensor> = entries.into_iter().collect();
    let (mut missing, mut misshapen) = (Vec::new(), Vec::new());
    let mut known = BTreeMap::new();
    model.visit("", &mut |name, param| match entries.remove(name) {
        None => missing.push(name.to_string()),
        Some(value) if value.shape() != param.shape() => {
            misshapen.push((name.to_string(), *param.shape(), *value.shape()));
        }
        Some(value) => {
            known.insert(name.to_string(), value.to(param.value().dtype()));
        }
    });
    let extra: Vec<String> = entries.into_keys().collect();
    if !(missing.is_empty() && extra.is_empty() && misshapen.is_empty()) {
        return Err(StateDictError::Mismatch { missing, extra, misshapen });
    }
    model.visit_mut("", &mut |name, param| {
        if let Some(value) = known.remove(name) {
            param.set(value);
        }
    });
    Ok(())
}

/// Writes all values to a safetensors file, which appears whole or not at all.
///
/// With the feature `safetensors`.
///
/// # Errors
/// [`gradus_tensor::Error::Io`] if the file cannot be written.
#[cfg(feature = "safetensors")]
pub fn save(model: &(impl Params + ?Sized), path: impl AsRef<Path>) -> Result<(), gradus_tensor::Error> {
    let entries = state_dict(model);
    gradus_tensor::io::safetensors::save(path, entries.iter().map(|(name, value)| (name.as_str(), value)))
}

/// Replaces all values by those of a safetensors file.
///
/// With the feature `safetensors`.
///
/// # Errors
/// [`StateDictError::File`] if the file cannot be read or is of another kind, [`StateDictError::Mismatch`] if its entries
/// are not the model's. The model is then as it was.
#[cfg(feature = "safetensors")]
pub fn load(model: &mut (impl Params + ?Sized), path: impl AsRef<Path>) -> Result<(), StateDictError> {
    load_state_dict(model, gradus_tensor::io::safetensors::load(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Linear, Module, Relu, Sequential, sequential};
    use gradus_tensor::{DType, rng};

    fn model(seed: u64) -> Sequential {
        let mut rng = rng(seed);
        sequential![Linear::new(3, 4, &mut rng), Relu, Linear::new(4, 2, &mut rng)]
    }

    #[test]
    fn values_move_from_model_to_model() {
        let (a, mut b) = (model(1), model(2));
        let x = Tensor::randn([5, 3], &mut rng(0));
        assert!(!a.predict(&x).equal(&b.predict(&x)));
        load_state_dict(&mut b, state_dict(&a)).unwrap();
        assert!(a.predict(&x).equal(&b.predict(&x)));
    }

    #[test]
    fn element_types_are_converted() {
        let (a, mut b) = (model(1), model(2));
        b.convert(DType::F64);
        load_state_dict(&mut b, state_dict(&a)).unwrap();
        for ((_, x), (_, y)) in a.params().iter().zip(b.params()) {
            assert_eq!(y.value().dtype(), DType::F64);
            assert!(y.value().equal(&x.value().to(DType::F64)));
        }
    }

    #[test]
    fn everything_wrong_is_listed_and_nothing_changed() {
        let mut target = model(1);
        let before = state_dict(&target);
        let mut entries = state_dict(&model(2));
        entries.remove(1);
        entries[0].1 = Tensor::zeros([4, 5]);
        entries.push(("head.weight".to_string(), Tensor::zeros(1)));
        let error = load_state_dict(&mut target, entries).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the state dict does not fit the model: missing 0.bias; not in the model head.weight; \
             of another shape 0.weight is [4, 5] instead of [4, 3]"
        );
        let after = state_dict(&target);
        assert!(before.iter().zip(&after).all(|(a, b)| a.0 == b.0 && a.1.equal(&b.1)));
    }

    #[cfg(feature = "safetensors")]
    #[test]
    fn there_and_back_through_a_file() {
        let path = std::env::temp_dir().join(format!("gradus-state-dict-{}.safetensors", std::process::id()));
        let (a, mut b) = (model(1), model(2));
        save(&a, &path).unwrap();
        load(&mut b, &path).unwrap();
        let (a, b) = (state_dict(&a), state_dict(&b));
        assert!(a.iter().zip(&b).all(|(x, y)| x.0 == y.0 && x.1.equal(&y.1)));
        std::fs::write(&path, b"no tensors here").unwrap();
        let error = load(&mut model(3), &path).unwrap_err();
        assert!(matches!(error, StateDictError::File(_)), "{error}");
        std::fs::remove_file(&path).unwrap();
    }
}
