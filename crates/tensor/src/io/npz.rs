//! NumPy's file of several arrays with names, `.npz`: a ZIP container of npy files, stored or deflated. With the feature
//! `zip`.
//!
//! # Source
//! NumPy's `savez` and `savez_compressed`.

use std::path::Path;

use super::npy;
use super::zip::{self, Archive};
use crate::{Error, Tensor};

/// Writes tensors under their names, as `numpy.savez(path, name=tensor, …)` does; the file appears whole or not at all.
///
/// # Errors
/// [`Error::Io`] if the file cannot be written.
///
/// # Panics
/// If two tensors have one name, or a name has more than 65,000 bytes.
#[track_caller]
pub fn save<'a, N: Into<String>>(
    path: impl AsRef<Path>,
    tensors: impl IntoIterator<Item = (N, &'a Tensor)>,
) -> Result<(), Error> {
    let mut entries: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, tensor) in tensors {
        let name = name.into();
        assert!(
            name.len() <= 65_000,
            "npz::save: a name has {} bytes; at most 65,000 are possible",
            name.len()
        );
        let entry = format!("{name}.npy");
        assert!(entries.iter().all(|(other, _)| *other != entry), "npz::save: two tensors are named {name}");
        entries.push((entry, npy::to_bytes(tensor)));
    }
    super::write_atomically(path, &zip::write(entries))
}

/// Reads all arrays with their names, in the order of the file; the types as [`npy::load`].
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Format`] if it is not what NumPy writes or holds another type.
pub fn load(path: impl AsRef<Path>) -> Result<Vec<(String, Tensor)>, Error> {
    let path = path.as_ref();
    let bytes = super::read(path)?;
    let tensors = Archive::open(&bytes).and_then(|archive| parse(&archive));
    tensors.map_err(|reason| super::refused(path, "npz", &bytes, reason))
}

/// The arrays of an archive, or what is wrong with them.
pub(super) fn parse(archive: &Archive<'_>) -> Result<Vec<(String, Tensor)>, String> {
    let array = |entry: &str| {
        let name = entry.strip_suffix(".npy").ok_or_else(|| format!("entry {entry} is no npy file"))?;
        let tensor = npy::parse(&archive.get(entry)?).map_err(|reason| format!("entry {entry}: {reason}"))?;
        Ok((name.to_string(), tensor))
    };
    let names: Vec<&str> = archive.names().collect();
    if let Some(twice) = (1..names.len()).find(|&i| names[..i].contains(&names[i])) {
        return Err(format!("two entries are named {}", names[twice]));
    }
    names.into_iter().map(array).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let path = std::env::temp_dir().join(format!("gradus-{}.npz", std::process::id()));
        let all = [
            ("w", Tensor::from([[1.5f32, 2.0], [3.0, 4.0]]).t()),
            ("layer.bias", Tensor::from(3)),
            ("größe", Tensor::from([true, false])),
            ("none", Tensor::zeros([0, 3])),
        ];
        save(&path, all.iter().map(|(name, tensor)| (*name, tensor))).unwrap();
        for back in [load(&path).unwrap(), super::super::load(&path).unwrap()] {
            assert_eq!(back.len(), all.len());
            for ((name, tensor), (found, other)) in all.iter().zip(&back) {
                assert!(name == found && tensor.equal(other), "{name}: {other:?}");
            }
        }
        std::fs::write(&path, zip::write([("a.txt", Vec::new())])).unwrap();
        let error = load(&path).unwrap_err().to_string();
        assert!(error.ends_with("not a valid npz file: entry a.txt is no npy file"), "{error}");
        let twice = [1.0, 2.0].map(|x| ("a.npy", npy::to_bytes(&Tensor::from(x))));
        std::fs::write(&path, zip::write(twice)).unwrap();
        let error = load(&path).unwrap_err().to_string();
        assert!(error.ends_with("two entries are named a.npy"), "{error}");
        std::fs::write(&path, zip::write([("a.npy", b"no array".to_vec())])).unwrap();
        let error = load(&path).unwrap_err().to_string();
        assert!(error.ends_with("entry a.npy: it does not begin with NumPy's magic bytes"), "{error}");
        std::fs::write(&path, b"no archive").unwrap();
        assert!(matches!(load(&path), Err(Error::Format { format: "npz", .. })));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(load(&path), Err(Error::Io { .. })));
    }

    #[test]
    #[should_panic(expected = "npz::save: two tensors are named x")]
    fn two_of_one_name() {
        let x = Tensor::ones(1);
        let _ = save("/nowhere/x", [("x", &x), ("x", &x)]);
    }
}
