//! What can be wrong with names and files.

use std::fmt;

use gradus_tensor::names::instead;
use gradus_tensor::{DType, Shape};

/// Why parameters could not be matched with rules, or a saved state with an optimizer.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A group selects nothing.
    Unmatched {
        /// The pattern.
        pattern: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// No optimizer has this name.
    Unknown {
        /// The name.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// A text that is no optimizer or no schedule: what is wrong, and how it is written.
    Spec(String),
    /// A saved state lacks an entry.
    Missing {
        /// The entry wanted.
        name: String,
        /// The entries there are.
        known: Vec<String>,
    },
    /// A saved state has an entry that belongs to nothing.
    Extra {
        /// The entry.
        name: String,
        /// The entries that are wanted.
        known: Vec<String>,
    },
    /// An entry has another shape or element type than its slot.
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
    /// A saved state does not fit, and other rules wrote it.
    OtherRules {
        /// The rules that wrote it, by groups.
        wrote: Vec<String>,
        /// The rules that read it.
        reads: Vec<String>,
        /// The first thing that does not fit.
        fault: Box<Self>,
    },
    /// A file could not be read or written.
    File(gradus_tensor::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unmatched { pattern, known } => {
                write!(f, "no parameter matches {pattern}; {}", near(pattern, known))
            }
            Self::Unknown { name, known } => {
                write!(f, "no optimizer is named {name}; {}", near(name, known))
            }
            Self::Spec(text) => f.write_str(text),
            Self::Missing { name, known } => {
                write!(f, "the saved state has no entry {name}; {}", near(name, known))
            }
            Self::Extra { name, known } => write!(
                f,
                "the saved state has an entry {name} that belongs to no parameter and slot; {}",
                near(name, known)
            ),
            Self::Mismatch { name, expected, expected_type, found, found_type } => write!(
                f,
                "entry {name} of the saved state is {found_type}{found}, but {expected_type}{expected} is needed"
            ),
            Self::OtherRules { wrote, reads, fault } => write!(
                f,
                "the state was saved by {} and is read by {}; {fault}",
                wrote.join(", "),
                reads.join(", ")
            ),
            Self::File(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(error) => error.source(),
            Self::OtherRules { fault, .. } => fault.source(),
            _ => None,
        }
    }
}

impl From<gradus_tensor::Error> for Error {
    fn from(error: gradus_tensor::Error) -> Self {
        Self::File(error)
    }
}

/// The names that were perhaps meant.
fn near(name: &str, names: &[String]) -> String {
    instead(name, names.iter().map(String::as_str))
}
