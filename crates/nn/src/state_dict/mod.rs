//! A model's values by name, in memory and in files.
//!
//! [`load_state_dict`] is strict and whole: every parameter must be there with its shape and nothing else, or nothing is
//! changed and the error lists all that is wrong. [`load_partial`] takes what fits and returns that list. Element types are
//! converted to the model's.
//!
//! ```
//! use gradus_nn::state_dict::{load_partial, load_state_dict, state_dict};
//! use gradus_nn::Linear;
//! use gradus_tensor::{Tensor, rng};
//!
//! let (trained, mut model) = (Linear::new(3, 2, &mut rng(0)), Linear::new(3, 2, &mut rng(1)));
//! load_state_dict(&mut model, state_dict(&trained)).unwrap();
//! assert_eq!(model.weight.value(), trained.weight.value());
//!
//! // Of a model that was wrapped, and has another head.
//! let entries = [("module.weight", Tensor::zeros([2, 3])), ("bias", Tensor::zeros(5))];
//! let entries = || entries.iter().map(|(name, value)| (name.to_string(), value.clone()));
//! let error = load_state_dict(&mut model, entries()).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "the state dict does not fit the model: missing weight (perhaps module.weight); \
//!      not in the model module.weight; of another shape bias is [5] instead of [2]"
//! );
//! let strip = |(name, value): (String, Tensor)| (name.trim_start_matches("module.").to_string(), value);
//! let differences = load_partial(&mut model, entries().map(strip));
//! assert_eq!(differences.to_string(), "of another shape bias is [5] instead of [2]");
//! assert_eq!(model.weight.value(), &Tensor::zeros([2, 3]));
//! ```
//!
//! # Tied weights
//! A parameter with two names ([`params!`](gradus_autograd::params)) is saved under both, as PyTorch does, and loaded from
//! either; two entries of one parameter must agree.

mod differences;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
#[cfg(any(feature = "safetensors", feature = "zip"))]
use std::path::Path;

use gradus_autograd::{ParamId, Params};
use gradus_tensor::Tensor;

pub use differences::{Differences, Misshapen};

/// Why a state dict does not fit a model, or could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum StateDictError {
    /// The file could not be read.
    File(gradus_tensor::Error),
    /// The entries are not those of the model; the model is as it was.
    Mismatch(Box<Differences>),
}

impl fmt::Display for StateDictError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Mismatch(differences) => {
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

/// All values with their names, in order; those of buffers too. The tensors share the model's memory until one of both changes.
pub fn state_dict(model: &(impl Params + ?Sized)) -> Vec<(String, Tensor)> {
    let mut all = Vec::new();
    model.visit("", &mut |name, param| all.push((name.to_string(), param.value().clone())));
    all
}

/// Replaces all values by those of the entries, converted to the model's element types.
///
/// # Errors
/// [`StateDictError::Mismatch`] if an entry is missing, unexpected or misshapen; the model is then as it was.
pub fn load_state_dict(
    model: &mut (impl Params + ?Sized),
    entries: impl IntoIterator<Item = (String, Tensor)>,
) -> Result<(), StateDictError> {
    let (values, differences) = matched(model, entries.into_iter().collect());
    if !differences.is_empty() {
        return Err(StateDictError::Mismatch(Box::new(differences)));
    }
    put(model, values);
    Ok(())
}

/// Replaces the values for which there is an entry of the same name and shape, and returns what is left over on either side.
/// PyTorch's `load_state_dict(…, strict=False)`, which takes no entries of another shape either, but fails over them.
///
/// Entries come from files of any format by [`io::load`](gradus_tensor::io::load):
///
/// ```no_run
/// use gradus_nn::{Linear, state_dict::load_partial};
/// let mut head = Linear::new(64, 10, &mut gradus_tensor::rng(0));
/// let left_over = load_partial(&mut head, gradus_tensor::io::load("other.safetensors")?);
/// println!("{left_over}"); // what the file lacks, what it has besides, what has another shape
/// # Ok::<(), gradus_tensor::Error>(())
/// ```
#[doc(alias = "strict")]
pub fn load_partial(
    model: &mut (impl Params + ?Sized),
    entries: impl IntoIterator<Item = (String, Tensor)>,
) -> Differences {
    let (values, differences) = matched(model, entries.into_iter().collect());
    put(model, values);
    differences
}

/// The new value of each parameter that has one, and what does not fit. Of two entries for one parameter the first counts.
fn matched(
    model: &(impl Params + ?Sized),
    mut entries: BTreeMap<String, Tensor>,
) -> (HashMap<ParamId, Tensor>, Differences) {
    let mut differences = Differences::default();
    let mut found: HashMap<ParamId, (String, Tensor)> = HashMap::new();
    let mut without: Vec<(String, ParamId)> = Vec::new();
    model.visit("", &mut |name, param| {
        let (id, expected) = (param.id(), *param.shape());
        let Some(value) = entries.remove(name) else {
            without.push((name.to_string(), id));
            return;
        };
        if *value.shape() != expected {
            let (name, found) = (name.to_string(), *value.shape());
            return differences.misshapen.push(Misshapen { name, expected, found });
        }
        let value = value.to(param.value().dtype()).contiguous();
        match found.get(&id) {
            Some((_, known)) if known.equal(&value) => {}
            Some((other, _)) => differences.untied.push([other.clone(), name.to_string()]),
            None => _ = found.insert(id, (name.to_string(), value)),
        }
    });
    // One of the names of a parameter is enough; of none, the first is said.
    let mut said = HashSet::new();
    without.retain(|(_, id)| !found.contains_key(id) && said.insert(*id));
    differences.missing = without.into_iter().map(|(name, _)| name).collect();
    differences.unexpected = entries.into_keys().collect();
    (found.into_iter().map(|(id, (_, value))| (id, value)).collect(), differences)
}

fn put(model: &mut (impl Params + ?Sized), mut values: HashMap<ParamId, Tensor>) {
    model.visit_mut("", &mut |_, param| {
        if let Some(value) = values.remove(&param.id()) {
            param.set(value);
        }
    });
}

/// Writes all values to a file, which appears whole or not at all: NumPy's npz for a name that ends in `.npz` (with the feature
/// `zip`), safetensors for all others (with the feature `safetensors`).
///
/// # Errors
/// [`gradus_tensor::Error::Io`] if the file cannot be written, [`gradus_tensor::Error::Format`] if the format's feature is off or
/// the name ends in `.pt` or `.pth`: these are read, not written.
#[cfg(any(feature = "safetensors", feature = "zip"))]
pub fn save(model: &(impl Params + ?Sized), path: impl AsRef<Path>) -> Result<(), gradus_tensor::Error> {
    let (path, entries) = (path.as_ref(), state_dict(model));
    let entries = entries.iter().map(|(name, value)| (name.as_str(), value));
    let ends = |known: &str| path.extension().is_some_and(|end| end.eq_ignore_ascii_case(known));
    if ends("pt") || ends("pth") {
        let reason = "PyTorch's files are read, not written; name it .safetensors, which PyTorch reads too"
            .to_string();
        return Err(gradus_tensor::Error::Format { path: path.to_path_buf(), format: "pt", reason });
    }
    let npz = ends("npz");
    #[cfg(feature = "zip")]
    if npz {
        return gradus_tensor::io::npz::save(path, entries);
    }
    #[cfg(feature = "safetensors")]
    if !npz {
        return gradus_tensor::io::safetensors::save(path, entries);
    }
    drop(entries);
    let format = if npz { "npz" } else { "safetensors" };
    let feature = if npz { "zip" } else { "safetensors" };
    let reason = format!("it is to be written as {format}; turn on the feature `{feature}` of gradus");
    Err(gradus_tensor::Error::Format { path: path.to_path_buf(), format, reason })
}

/// Replaces all values by those of a file: safetensors (with the feature `safetensors`), NumPy's npz or PyTorch's pt (with the
/// feature `zip`), told by its content.
///
/// ```no_run
/// # fn main() -> Result<(), gradus_nn::StateDictError> {
/// # #[cfg(any(feature = "safetensors", feature = "zip"))] {
/// use gradus_nn::{Linear, state_dict};
/// let mut model = Linear::new(3, 2, &mut gradus_tensor::rng(0));
/// state_dict::load(&mut model, "linear.pt")?; // torch.save(model.state_dict(), "linear.pt")
/// # }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`StateDictError::File`] if the file cannot be read or is of another kind, [`StateDictError::Mismatch`] if its entries
/// are not the model's. The model is then as it was.
#[cfg(any(feature = "safetensors", feature = "zip"))]
pub fn load(model: &mut (impl Params + ?Sized), path: impl AsRef<Path>) -> Result<(), StateDictError> {
    load_state_dict(model, gradus_tensor::io::load(path)?)
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

    #[test]
    fn a_partial_load_takes_what_fits() {
        let (mut target, source) = (model(1), model(2));
        let before = state_dict(&target);
        let mut entries = state_dict(&source);
        entries.remove(1);
        entries[2].1 = Tensor::zeros(7);
        entries.push(("0.bais".to_string(), Tensor::zeros(4)));
        let differences = load_partial(&mut target, entries);
        assert_eq!(
            differences.to_string(),
            "missing 0.bias (perhaps 0.bais); not in the model 0.bais; of another shape 2.bias is [7] instead of [2]"
        );
        assert!(!differences.is_empty());
        let after = state_dict(&target);
        for (i, from) in
            [source.params()[0].1.value(), &before[1].1, source.params()[2].1.value(), &before[3].1]
                .iter()
                .enumerate()
        {
            assert!(after[i].1.equal(from), "{}", after[i].0);
        }
        let whole = load_partial(&mut target, state_dict(&source));
        assert!(whole.is_empty() && whole.to_string() == "no difference");
    }

    #[derive(Debug)]
    struct Lm {
        embedding: Linear,
        bias: gradus_autograd::Param,
    }
    gradus_autograd::params!(Lm { embedding, "head.weight" = embedding.weight, "head.bias": bias });

    #[test]
    fn tied_weights_are_saved_twice_and_loaded_from_either_name() {
        let new = |seed| Lm {
            embedding: Linear { bias: None, ..Linear::new(2, 3, &mut rng(seed)) },
            bias: gradus_autograd::Param::new(Tensor::zeros(3)),
        };
        let (a, mut b) = (new(0), new(1));
        let all = state_dict(&a);
        let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["embedding.weight", "head.weight", "head.bias"]);
        let from = |names: &[&str]| {
            all.iter().filter(|(name, _)| names.contains(&name.as_str())).cloned().collect::<Vec<_>>()
        };
        for names in [&names[..], &["head.weight", "head.bias"], &["embedding.weight", "head.bias"]] {
            b = new(1);
            load_state_dict(&mut b, from(names)).unwrap();
            assert!(b.embedding.weight.value().equal(a.embedding.weight.value()));
        }
        let error = load_state_dict(&mut b, from(&["head.bias"])).unwrap_err().to_string();
        assert!(error.ends_with("fit the model: missing embedding.weight"), "{error}");
        let mut apart = all.clone();
        apart[1].1 = Tensor::ones([3, 2]);
        let error = load_state_dict(&mut b, apart).unwrap_err().to_string();
        assert!(
            error.ends_with("one parameter here, two values there embedding.weight and head.weight"),
            "{error}"
        );
    }

    #[cfg(feature = "zip")]
    #[test]
    fn npz_files_by_their_extension() {
        let path = std::env::temp_dir().join(format!("gradus-state-dict-{}.npz", std::process::id()));
        let (a, mut b) = (model(1), model(2));
        save(&a, &path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap()[..2], *b"PK");
        load(&mut b, &path).unwrap();
        assert!(state_dict(&a).iter().zip(state_dict(&b)).all(|(x, y)| x.0 == y.0 && x.1.equal(&y.1)));
        std::fs::remove_file(&path).unwrap();
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
