//! MNIST and the sets of its shape: 28×28 images of ten classes in four idx files.

use std::path::{Path, PathBuf};

use gradus_tensor::{DType, Tensor};

use crate::dataset::Dataset;
use crate::error::Error;
use crate::idx;

const CLASSES: usize = 10;

/// Reads the training and the test set from a folder: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the two
/// `t10k-…`, each plain or, with the feature `gzip`, with `.gz`. Inputs are `[N, 784]`, F32 in `0 ..= 1`; labels `[N]`, I64.
///
/// # Errors
/// [`Error::Io`] if a file is missing, [`Error::Format`] if it is truncated, foreign or of another shape,
/// [`Error::Label`] and [`Error::Count`] if the labels do not fit.
pub fn mnist(folder: impl AsRef<Path>) -> Result<(Dataset, Dataset), Error> {
    let folder = folder.as_ref();
    Ok((part(folder, "train")?, part(folder, "t10k")?))
}

/// The plain file, or the compressed one, or the plain one's name for the error.
fn find(folder: &Path, name: &str) -> PathBuf {
    let plain = folder.join(name);
    let packed = folder.join(format!("{name}.gz"));
    if !plain.exists() && packed.exists() { packed } else { plain }
}

fn part(folder: &Path, name: &str) -> Result<Dataset, Error> {
    let path = find(folder, &format!("{name}-images-idx3-ubyte"));
    let images = idx::read(&path, DType::F32)?;
    let wrong =
        |path: &Path, reason: String| Error::Format { path: path.to_path_buf(), format: "MNIST", reason };
    let shape = *images.shape();
    if shape.len() != 3 {
        return Err(wrong(&path, format!("images are [N, rows, columns], these are {shape}")));
    }
    let (n, pixels) = (shape[0], shape[1] * shape[2]);
    let path = find(folder, &format!("{name}-labels-idx1-ubyte"));
    let labels = idx::read(&path, DType::I64)?;
    if labels.rank() != 1 {
        return Err(wrong(&path, format!("labels are [N], these are {}", labels.shape())));
    }
    if labels.elements() != n {
        return Err(Error::Count { path, expected: n, found: labels.elements() });
    }
    check_labels(&path, &labels)?;
    Ok(Dataset::new(&images.reshape([n, pixels]) * (1.0 / 255.0), labels))
}

fn check_labels(path: &Path, labels: &Tensor) -> Result<(), Error> {
    let outside = |&label: &i64| !(0..CLASSES as i64).contains(&label);
    match labels.to_vec::<i64>().iter().position(outside) {
        None => Ok(()),
        Some(index) => {
            let label = labels.select(0, index as isize).item() as i64;
            Err(Error::Label { path: path.to_path_buf(), index, label, classes: CLASSES })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with sets of two tiny images each.
    fn folder(name: &str, labels: &[u8]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("gradus-mnist-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for part in ["train", "t10k"] {
            let images =
                [&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2], &[0u8, 51, 102, 255][..]].concat();
            std::fs::write(folder.join(format!("{part}-images-idx3-ubyte")), images).unwrap();
            let labels = [&[0, 0, 8, 1, 0, 0, 0, labels.len() as u8], labels].concat();
            std::fs::write(folder.join(format!("{part}-labels-idx1-ubyte")), labels).unwrap();
        }
        folder
    }

    fn message(folder: &Path) -> String {
        let error = mnist(folder).unwrap_err().to_string();
        std::fs::remove_dir_all(folder).unwrap();
        error
    }

    #[test]
    fn four_small_files() {
        let folder = folder("good", &[3, 9]);
        let (train, test) = mnist(&folder).unwrap();
        assert_eq!((*train.inputs.shape() == [2, 2], test.len()), (true, 2));
        assert!(train.inputs.max_abs_diff(&Tensor::from([[0f32, 0.2], [0.4, 1.0]])) < 1e-6);
        assert_eq!(train.labels.to_vec::<i64>(), [3, 9]);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn labels_that_do_not_fit() {
        let text = message(&folder("range", &[3, 10]));
        assert!(text.ends_with("label 10 of example 1 is not one of the 10 classes 0..10"), "{text}");
        let text = message(&folder("count", &[3]));
        assert!(text.ends_with("train-labels-idx1-ubyte: holds 1 labels for 2 inputs"), "{text}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let folder = folder("missing", &[3, 9]);
        std::fs::remove_file(folder.join("t10k-images-idx3-ubyte")).unwrap();
        assert!(message(&folder).contains("t10k-images-idx3-ubyte: "));
    }

    #[test]
    fn labels_in_the_place_of_images() {
        let folder = folder("swapped", &[3, 9]);
        let labels = folder.join("train-labels-idx1-ubyte");
        std::fs::copy(&labels, folder.join("train-images-idx3-ubyte")).unwrap();
        assert!(
            message(&folder)
                .ends_with("not a valid MNIST file: images are [N, rows, columns], these are [2]")
        );
    }
}
