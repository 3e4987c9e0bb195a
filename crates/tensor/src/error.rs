//! What can be wrong with a file. Mistakes in a program panic; mistakes in a file come back as one of these.

use std::fmt;
use std::path::PathBuf;

use crate::DType;
use crate::names::instead;

/// Why a file could not be read or written, or does not hold what was asked for.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The system refused: no such file, no permission, a full disk.
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
    /// There is no entry of a name.
    Missing {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// An entry has another shape than it should.
    Shape {
        /// The entry.
        name: String,
        /// The shape it should have.
        expected: Vec<usize>,
        /// The shape it has.
        found: Vec<usize>,
    },
    /// An entry has another element type than it should.
    DType {
        /// The entry.
        name: String,
        /// The type it should have.
        expected: DType,
        /// The type it has.
        found: DType,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Format { path, format, reason } => {
                write!(f, "{}: not a valid {format} file: {reason}", path.display())
            }
            Self::Missing { name, known } => {
                write!(f, "{name}: no such entry; {}", instead(name, known.iter().map(String::as_str)))
            }
            Self::Shape { name, expected, found } => {
                write!(f, "{name}: has shape {found:?}, but {expected:?} is needed")
            }
            Self::DType { name, expected, found } => {
                write!(f, "{name}: holds {found}, but {expected} is needed")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        if let Self::Io { source, .. } = self { Some(source) } else { None }
    }
}
