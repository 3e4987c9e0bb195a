//! What the answers of all views are made of: numbers that may be infinite, tensors, and why a request was refused.

use std::any::Any;

use gradus::tensor::Tensor;
use gradus_cli::failure::Failure;
use gradus_cli::text::numbers::brief;
use serde::{Serialize, Serializer};

/// A number of an answer. JSON has none that is not finite: those are the texts `NaN`, `inf` and `-inf`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() { to.serialize_f64(self.0) } else { to.serialize_str(&self.0.to_string()) }
    }
}

impl From<f64> for Number {
    fn from(x: f64) -> Self {
        Self(x)
    }
}

/// A list of numbers.
pub(crate) fn numbers(x: &[f64]) -> Vec<Number> {
    x.iter().copied().map(Number).collect()
}

/// A tensor of an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Values {
    /// The sizes of its axes; empty for a number.
    pub shape: Vec<usize>,
    /// Its elements, the last axis fastest.
    pub values: Vec<Number>,
    /// It in a few characters, as the command prints it.
    pub text: String,
}

impl Values {
    /// The elements of a tensor.
    pub fn of(x: &Tensor) -> Self {
        Self { shape: x.shape().to_vec(), values: numbers(&x.to_f64_vec()), text: brief(x) }
    }
}

/// Why a request has no answer. It goes to the page as JSON: `{"error": {"kind": …, "message": …}}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Refusal {
    /// The status of the response.
    #[serde(skip)]
    pub status: u16,
    /// A word for programs.
    pub kind: &'static str,
    /// What was wrong and what to do, for people. It may have several lines, with marks under a place.
    pub message: String,
}

impl Refusal {
    /// Of a kind, with a status and the words for people.
    pub fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, message: message.into() }
    }

    /// A value of the request cannot be used.
    pub fn value(message: impl Into<String>) -> Self {
        Self::new(422, "value", message)
    }

    /// A computation that panicked.
    pub(crate) fn panicked(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("without words");
        Self::new(500, "panic", format!("the computation stopped: {text}"))
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::value(failure.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_json_has_not() {
        let text = serde_json::to_string(&numbers(&[1.5, f64::NAN, f64::INFINITY, -f64::INFINITY])).unwrap();
        assert_eq!(text, r#"[1.5,"NaN","inf","-inf"]"#);
    }

    #[test]
    fn a_panic_is_told_with_its_words() {
        for (payload, word) in [
            (Box::new("add: shapes") as Box<dyn Any + Send>, "add: shapes"),
            (Box::new("matmul".to_string()), "matmul"),
            (Box::new(7), "without words"),
        ] {
            assert!(Refusal::panicked(&*payload).message.contains(word));
        }
    }
}
