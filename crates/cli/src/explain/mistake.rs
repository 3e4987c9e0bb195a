//! A mistake in an expression, shown under its column.

use std::ops::Range;

use crate::failure::Failure;

/// Columns of the text that are shown around a mistake.
const WINDOW: usize = 90;

/// What is wrong, and where in the text, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mistake {
    pub(crate) at: Range<usize>,
    pub(crate) message: String,
}

impl Mistake {
    pub(crate) fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }

    /// Three lines: what is wrong, the text, and marks under the place. Of an empty text there is nothing to be shown.
    pub(crate) fn under(&self, text: &str) -> Failure {
        if text.trim().is_empty() {
            return Failure::Value(self.message.clone());
        }
        let shown: Vec<char> = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let column = text[..self.at.start].chars().count();
        let width = text[self.at.clone()].chars().count().max(1);
        // A long text is cut so that the place stays in sight.
        let start = if shown.len() <= WINDOW { 0 } else { column.saturating_sub(WINDOW / 2) };
        let end = shown.len().min(start + WINDOW);
        let (before, after) = (if start > 0 { "…" } else { "" }, if end < shown.len() { "…" } else { "" });
        let line: String = shown[start..end].iter().collect();
        let marks = "^".repeat(width.min(end.saturating_sub(column)).max(1));
        let indent = " ".repeat(column - start + before.chars().count());
        Failure::Value(format!("{}\n  {before}{line}{after}\n  {indent}{marks}", self.message))
    }
}
