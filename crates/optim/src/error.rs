//! What can be wrong with names and files.

use gradus_tensor::{DType, Shape};

/// Why parameters could not be matched with rules, or a saved state with an optimizer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A group selects nothing.
    #[error("no parameter matches {pattern}; there are {}", list(known))]
    Unmatched {
        /// The pattern.
        pattern: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// No optimizer has this name.
    #[error("no optimizer is named {name}; there are {}", known.join(", "))]
    Unknown {
        /// The name.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// A saved state lacks an entry.
    #[error("the saved state has no entry {name}; it holds {}", list(known))]
    Missing {
        /// The entry wanted.
        name: String,
        /// The entries there are.
        known: Vec<String>,
    },
    /// A saved state has an entry that belongs to nothing.
    #[error(
        "the saved state has an entry {name} that belongs to no parameter and slot; there are {}",
        list(known)
    )]
    Extra {
        /// The entry.
        name: String,
        /// The entries that are wanted.
        known: Vec<String>,
    },
    /// An entry has another shape or element type than its slot.
    #[error(
        "entry {name} of the saved state is {found_type}{found}, but {expected_type}{expected} is needed"
    )]
    Mismatch {
        /// The entry.
        name: String,
        /// The shape it should have.
        expected: Box<Shape>,
        /// The element type it should have.
        expected_type: DType,
        /// The shape it has.
        found: Box<Shape>,
        /// The element type it has.
        found_type: DType,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] gradus_tensor::Error),
}

/// The first few names.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 20;
    if names.is_empty() {
        return "none".to_string();
    }
    let shown = names[..names.len().min(SHOWN)].join(", ");
    if names.len() > SHOWN { format!("{shown} and {} more", names.len() - SHOWN) } else { shown }
}
