//! The result of a gradient check: every comparison, the worst of them, the verdict, and the reason of a failure.

use std::fmt;

use crate::finite_difference::Scheme;
use crate::reason::Reason;

/// One derivative from both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The input or parameter: `input 0`, `fc1.weight`; for a direction `direction 3`.
    pub name: String,
    /// The place in that tensor; empty for a number or a direction.
    pub index: Vec<usize>,
    /// What the tape says.
    pub autograd: f64,
    /// What the finite difference says.
    pub numeric: f64,
    /// `$|a - n|$`.
    pub absolute: f64,
    /// `$|a - n| / \max(|a|, |n|, \mathrm{atol}/\mathrm{rtol})$`.
    pub relative: f64,
    /// The scheme of the finite difference.
    pub scheme: Scheme,
    /// Its step.
    pub step: f64,
    /// 1 for a gradient, 2 for the gradient of a gradient.
    pub order: usize,
}

/// The result of a check.
#[derive(Debug, Clone)]
pub struct Report {
    /// The number of derivatives compared.
    pub compared: usize,
    /// The number of those that disagree.
    pub failed: usize,
    /// The comparison with the largest relative error; `None` if there was nothing to compare.
    pub worst: Option<Comparison>,
    /// Every comparison, in order.
    pub comparisons: Vec<Comparison>,
    /// Why it failed.
    pub reason: Option<Reason>,
    /// The bound on the relative error.
    pub rtol: f64,
    /// The bound on the absolute error near 0.
    pub atol: f64,
}

impl Report {
    /// Whether every derivative agrees.
    pub fn passed(&self) -> bool {
        self.failed == 0 && self.reason.is_none()
    }

    /// The largest relative error; 0 if nothing was compared.
    pub fn max_relative_error(&self) -> f64 {
        self.worst.as_ref().map_or(0.0, |worst| worst.relative)
    }

    /// The largest absolute error; 0 if nothing was compared.
    pub fn max_absolute_error(&self) -> f64 {
        self.comparisons.iter().map(|c| c.absolute).fold(0.0, nan_max)
    }

    /// Nothing if the check passed.
    ///
    /// # Panics
    /// With the report if it failed.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.passed(), "{self}");
    }
}

/// The larger of two, or NaN if either is.
fn nan_max(a: f64, b: f64) -> f64 {
    if a > b || a.is_nan() { a } else { b }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(worst) = &self.worst else { return write!(f, "gradcheck: nothing to compare") };
        let verdict = if self.passed() { "passed" } else { "FAILED" };
        let share = if self.failed == 0 { String::new() } else { format!("{} of ", self.failed) };
        let differ = if self.failed == 0 { "compared" } else { "differ" };
        writeln!(f, "gradcheck {verdict}: {share}{} derivatives {differ}", self.compared)?;
        let place = if worst.index.is_empty() { String::new() } else { format!("{:?}", worst.index) };
        let order = if worst.order == 1 { String::new() } else { format!(", order {}", worst.order) };
        writeln!(f, "  worst      {}{place}{order}", worst.name)?;
        writeln!(f, "  autograd   {:>+.12e}", worst.autograd)?;
        writeln!(f, "  numeric    {:>+.12e}  ({}, step {:.0e})", worst.numeric, worst.scheme, worst.step)?;
        writeln!(f, "  absolute   {:.2e}", worst.absolute)?;
        write!(f, "  relative   {:.2e}  (bound {:.0e})", worst.relative, self.rtol)?;
        if let Some(reason) = &self.reason {
            write!(f, "\n  reason     {reason}")?;
        }
        Ok(())
    }
}
