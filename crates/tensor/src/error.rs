//! What can be wrong with a file. Mistakes in a program panic; mistakes in a file come back as one of these.

use std::path::PathBuf;

use crate::DType;

/// Why a file could not be read or written, or does not hold what was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused: no such file, no permission, a full disk.
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
    /// There is no entry of a name.
    #[error("{name}: no such entry; there are {}", list(known))]
    Missing {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// An entry has another shape than it should.
    #[error("{name}: has shape {found:?}, but {expected:?} is needed")]
    Shape {
        /// The entry.
        name: String,
        /// The shape it should have.
        expected: Vec<usize>,
        /// The shape it has.
        found: Vec<usize>,
    },
    /// An entry has another element type than it should.
    #[error("{name}: holds {found}, but {expected} is needed")]
    DType {
        /// The entry.
        name: String,
        /// The type it should have.
        expected: DType,
        /// The type it has.
        found: DType,
    },
}

/// The first few names.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 10;
    if names.is_empty() {
        return "none".to_string();
    }
    let shown = names[..names.len().min(SHOWN)].join(", ");
    if names.len() > SHOWN { format!("{shown} and {} more", names.len() - SHOWN) } else { shown }
}
