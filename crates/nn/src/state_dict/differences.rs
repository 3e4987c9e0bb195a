//! What a state dict and a model have not in common, as a list and in words.

use std::fmt;

use gradus_tensor::Shape;
use gradus_tensor::names::{alike, nearest};

/// Where the entries of a state dict and the parameters of a model differ.
///
/// Printed, it is one sentence with all of them. Beside a missing name stands the unexpected one that it may be, as far as there
/// are few: `missing fc.weight (perhaps module.fc.weight)`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// Parameters of the model without an entry.
    #[doc(alias = "missing_keys")]
    pub missing: Vec<String>,
    /// Entries without a parameter.
    #[doc(alias = "unexpected_keys")]
    pub unexpected: Vec<String>,
    /// Entries of another shape than their parameter.
    pub misshapen: Vec<Misshapen>,
    /// Names of one parameter whose entries have different values: weights that are tied here and were not there.
    pub untied: Vec<[String; 2]>,
}

/// An entry of another shape than its parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misshapen {
    /// Its name.
    pub name: String,
    /// The parameter's shape.
    pub expected: Shape,
    /// The entry's shape.
    pub found: Shape,
}

/// Names to which the one that was perhaps meant is said: finding it takes time.
const GUESSED: usize = 32;

impl Differences {
    /// Whether there are none: every parameter had an entry of its shape, and every entry a parameter.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// A missing name, and the unexpected one that it may be.
    fn guessed(&self, name: &str) -> String {
        let others = || self.unexpected.iter().map(String::as_str);
        let few = self.missing.len() <= GUESSED && self.unexpected.len() <= GUESSED;
        let near = if few { nearest(name, others()) } else { Vec::new() };
        match near.first().filter(|near| alike(name, near)) {
            Some(near) => format!("{name} (perhaps {near})"),
            None => name.to_string(),
        }
    }
}

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing = self.missing.iter().map(|name| self.guessed(name));
        let misshapen =
            self.misshapen.iter().map(|m| format!("{} is {} instead of {}", m.name, m.found, m.expected));
        let untied = self.untied.iter().map(|[a, b]| format!("{a} and {b}"));
        let parts: [(&str, Vec<String>); 4] = [
            ("missing", missing.collect()),
            ("not in the model", self.unexpected.clone()),
            ("of another shape", misshapen.collect()),
            ("one parameter here, two values there", untied.collect()),
        ];
        let said = parts.iter().filter(|(_, names)| !names.is_empty());
        let said: Vec<String> = said.map(|(what, names)| format!("{what} {}", names.join(", "))).collect();
        f.write_str(if said.is_empty() { "no difference" } else { "" })?;
        f.write_str(&said.join("; "))
    }
}
