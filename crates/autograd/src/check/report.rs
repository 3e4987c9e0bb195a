//! The result of a gradient check as data: every comparison, the worst of them, the verdict, and the reason of a failure.
//!
//! As text (`{report}`) an operation is named by its node, `%2 = wrong_square`; `{report:#}` adds the line of code that
//! recorded it, as `{tape:#}` does. A test wants the line, so [`Report::assert`] prints it; a program that shows a report to
//! somebody else than its author leaves it out.

use std::fmt;
use std::panic::Location;

use super::finite_difference::Scheme;
use crate::tape::Tape;

/// One derivative from both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The input or parameter: `input 0`, `fc1.weight`; for a direction `direction 3`.
    pub name: String,
    /// The number of the input or of the trainable parameter; `None` for a direction.
    pub input: Option<usize>,
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

impl Comparison {
    /// Whether the two sides agree within a relative error, or are the same number, be it infinite.
    pub(crate) fn agrees(&self, rtol: f64) -> bool {
        self.relative <= rtol || self.autograd == self.numeric
    }
}

/// The result of a check.
///
/// ```
/// use gradus_autograd::gradcheck;
/// use gradus_tensor::Tensor;
/// let report = gradcheck(|x| x[0].relu(), &[Tensor::scalar(0.0)]);
/// assert!(report.to_string().ends_with("at %1 = relu"));
/// // With the line of code:
/// assert!(format!("{report:#}").contains("at %1 = relu ("));
/// ```
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
    /// With the report, and the lines of code in it, if it failed.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.passed(), "{self:#}");
    }
}

/// The cause of a failed check. `{reason:#}` prints the lines of code with it, `{reason}` does not.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// Two evaluations at the same point differ.
    Random {
        /// The first result.
        first: f64,
        /// The second result.
        second: f64,
    },
    /// The value or the derivative is infinite or not a number.
    NotFinite {
        /// The result.
        value: f64,
        /// The tape's derivative.
        derivative: f64,
    },
    /// Part of the function is computed in F32 although its inputs are F64.
    Narrow(Place),
    /// The rule of one operation disagrees with its own forward.
    WrongRule {
        /// Which operation.
        place: Place,
        /// Which of its inputs.
        input: usize,
        /// Which element of that input.
        index: Vec<usize>,
        /// What the rule gives.
        rule: f64,
        /// What differences of its forward give.
        numeric: f64,
        /// Whether it is the slope recorded for higher orders that is wrong.
        recorded: bool,
    },
    /// The function has a kink within the step: the differences to the two sides disagree.
    Kink {
        /// The operation that has it, if one does at the very point.
        place: Option<Place>,
        /// The difference to the left.
        left: f64,
        /// The difference to the right.
        right: f64,
        /// The step of both.
        step: f64,
    },
    /// A smaller step agrees.
    StepTooLarge {
        /// The step used.
        step: f64,
        /// The step that agrees best.
        best: f64,
    },
    /// A larger step agrees.
    StepTooSmall {
        /// The step used.
        step: f64,
        /// The step that agrees best.
        best: f64,
    },
    /// None of these.
    Unknown,
}

/// A node of the tape: `%2 = tanh`, and with `{place:#}` its line of code behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its number.
    pub node: usize,
    /// Its operation.
    pub op: String,
    /// The line of code that recorded it.
    pub line: &'static Location<'static>,
}

/// The place of a node.
pub(crate) fn place(tape: &Tape, id: usize) -> Place {
    let inner = tape.inner.borrow();
    let node = &inner.nodes[id];
    Place { node: id, op: inner.name(node).to_string(), line: node.line }
}

/// The larger of two, or NaN if either is.
fn nan_max(a: f64, b: f64) -> f64 {
    if a > b || a.is_nan() { a } else { b }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{} = {}", self.node, self.op)?;
        if f.alternate() { write!(f, " ({}:{})", self.line.file(), self.line.line()) } else { Ok(()) }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let full = f.alternate();
        let shown = |place: &Place| if full { format!("{place:#}") } else { place.to_string() };
        match self {
            Self::Random { first, second } => {
                write!(f, "random: two evaluations at the same point give {first:e} and {second:e}")
            }
            Self::NotFinite { value, derivative } => {
                write!(f, "not finite: value {value}, derivative {derivative}")
            }
            Self::Narrow(place) => write!(f, "dtype too narrow: {} is computed in f32", shown(place)),
            Self::WrongRule { place, input, index, rule, numeric, recorded } => {
                let which = if *recorded { "recorded rule" } else { "rule" };
                let element = if index.is_empty() { String::new() } else { format!("{index:?}") };
                let place = shown(place);
                write!(f, "wrong {which}: {place}: for input {input}{element} it gives {rule:.9e}, ")?;
                write!(f, "differences of its forward {numeric:.9e}")
            }
            Self::Kink { place, left, right, step } => {
                write!(
                    f,
                    "kink within the step {step:.0e}: from the left {left:.6e}, from the right {right:.6e}"
                )?;
                place.as_ref().map_or(Ok(()), |place| write!(f, ", at {}", shown(place)))
            }
            Self::StepTooLarge { step, best } => write!(f, "step too large: {step:.0e}; {best:.0e} agrees"),
            Self::StepTooSmall { step, best } => write!(f, "step too small: {step:.0e}; {best:.0e} agrees"),
            Self::Unknown => write!(f, "not found: each node by itself agrees with its forward"),
        }
    }
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
            write!(f, "\n  reason     ")?;
            // With its places if the report is printed with them.
            reason.fmt(f)?;
        }
        Ok(())
    }
}
