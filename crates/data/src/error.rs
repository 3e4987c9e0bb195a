//! What can be wrong with a data file.

use std::path::PathBuf;

/// Why a data file could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused: no such file, no permission.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is truncated, damaged, or of another kind.
    #[error("{}: not a valid {format} file: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The format it was read as.
        format: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A label is not one of the classes.
    #[error("{}: label {label} of example {index} is not one of the {classes} classes 0..{classes}", path.display())]
    Label {
        /// The file.
        path: PathBuf,
        /// The example.
        index: usize,
        /// Its label.
        label: i64,
        /// The number of classes.
        classes: usize,
    },
    /// Inputs and labels come in different numbers.
    #[error("{}: holds {found} labels for {expected} inputs", path.display())]
    Count {
        /// The file with the labels.
        path: PathBuf,
        /// The number of inputs.
        expected: usize,
        /// The number of labels.
        found: usize,
    },
}
