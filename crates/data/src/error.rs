//! What can be wrong with a data file.

use std::fmt;
use std::path::PathBuf;

/// Why a data file could not be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The system refused: no such file, no permission.
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is truncated, damaged, or of another kind.
    Format {
        /// The file.
        path: PathBuf,
        /// The format it was read as.
        format: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A label is not one of the classes.
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
    Count {
        /// The file with the labels.
        path: PathBuf,
        /// The number of inputs.
        expected: usize,
        /// The number of labels.
        found: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Format { path, format, reason } => {
                write!(f, "{}: not a valid {format} file: {reason}", path.display())
            }
            Self::Label { path, index, label, classes } => write!(
                f,
                "{}: label {label} of example {index} is not one of the {classes} classes 0..{classes}",
                path.display()
            ),
            Self::Count { path, expected, found } => {
                write!(f, "{}: holds {found} labels for {expected} inputs", path.display())
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        if let Self::Io { source, .. } = self { Some(source) } else { None }
    }
}
