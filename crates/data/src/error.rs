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
    /// A table has no column of a name.
    Column {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// Nothing is known in some rows of a column.
    Missing {
        /// The column.
        column: String,
        /// How many rows.
        rows: usize,
    },
    /// A vocabulary has no such token, or no token of such a number.
    Token {
        /// The token, or the number.
        token: String,
        /// The number of tokens there are.
        tokens: usize,
    },
    /// A file of tensors could not be read.
    Tensor(gradus_tensor::Error),
}

impl From<gradus_tensor::Error> for Error {
    fn from(error: gradus_tensor::Error) -> Self {
        Self::Tensor(error)
    }
}

/// The names there are, of which one was perhaps meant.
fn near(name: &str, known: &[String]) -> String {
    gradus_tensor::names::instead(name, known.iter().map(String::as_str))
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
            Self::Column { name, known } => write!(f, "no column is named {name}; {}", near(name, known)),
            Self::Missing { column, rows } => write!(
                f,
                "column {column}: nothing is known in {rows} row{}; fill it (Table::fill) or drop it (Table::drop_missing)",
                if *rows == 1 { "" } else { "s" }
            ),
            Self::Token { token, tokens } => {
                write!(f, "{token:?} is none of the {tokens} tokens of the vocabulary")
            }
            Self::Tensor(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Tensor(error) => error.source(),
            _ => None,
        }
    }
}
