//! The result of a gradient check as data: every comparison, the worst of them, the verdict, and the reason of a failure.
//!
//! As text (`{report}`) an operation is named by its node, `%2 = wrong_square`; `{report:#}` adds the line of code that
//! recorded it, as `{tape:#}` does. A test wants the line, so [`Report::assert`] prints it; a program that shows a report to
//! somebody else than its author leaves it out.

use std::fmt;
use std::panic::Location;

use super::comparison::{Comparison, KinkNote, Verdict};
use super::display::number;
use super::options::GradcheckOptions;
use crate::tape::Tape;

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
    /// The number of those that are too close to the rounding of the differences to say anything.
    pub undecided: usize,
    /// The number of those that differences do not give: nothing near is finite, or the derivative is infinite.
    pub unmeasured: usize,
    /// Of those that disagree the one with the largest relative error, else of those that agree; `None` if there was nothing
    /// to compare.
    pub worst: Option<Comparison>,
    /// Every comparison, in order.
    pub comparisons: Vec<Comparison>,
    /// Why it did not pass.
    pub reason: Option<Reason>,
    /// The kinks that it passed at.
    pub kinks: Vec<KinkNote>,
    /// The bound on the relative error.
    pub rtol: f64,
    /// The bound on the absolute error.
    pub atol: f64,
}

impl Report {
    /// Of nothing yet.
    pub(crate) fn empty(options: &GradcheckOptions) -> Self {
        Self {
            compared: 0,
            failed: 0,
            undecided: 0,
            unmeasured: 0,
            worst: None,
            comparisons: Vec::new(),
            reason: None,
            kinks: Vec::new(),
            rtol: options.rtol,
            atol: options.atol,
        }
    }

    /// Whether no derivative disagrees and at least one was found to agree.
    pub fn passed(&self) -> bool {
        self.agrees() && self.reason.is_none()
    }

    pub(crate) fn agrees(&self) -> bool {
        self.failed == 0 && self.agreed() > 0
    }

    /// The number of derivatives found to agree.
    pub fn agreed(&self) -> usize {
        self.compared - self.failed - self.undecided - self.unmeasured
    }

    /// Counts the comparisons.
    pub(crate) fn count(&mut self) {
        let of = |verdict| self.comparisons.iter().filter(|c| c.verdict == verdict).count();
        let (failed, undecided, unmeasured) =
            (of(Verdict::Differs), of(Verdict::Undecided), of(Verdict::Unmeasured));
        self.compared = self.comparisons.len();
        (self.failed, self.undecided, self.unmeasured) = (failed, undecided, unmeasured);
    }

    /// Where the worst comparison is: those that differ first, then those that agree; not a number is larger than any.
    pub(crate) fn worst_place(&self) -> Option<usize> {
        let rank = |c: &Comparison| match c.verdict {
            Verdict::Differs => 3,
            Verdict::Agrees => 2,
            Verdict::Undecided => 1,
            Verdict::Unmeasured => 0,
        };
        let size = |c: &Comparison| if c.relative.is_nan() { f64::INFINITY } else { c.relative };
        let key = |i: &usize| (rank(&self.comparisons[*i]), size(&self.comparisons[*i]));
        let worst = |a: &usize, b: &usize| key(a).0.cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1));
        (0..self.comparisons.len()).max_by(worst)
    }

    /// The largest relative error; 0 if nothing was compared.
    pub fn max_relative_error(&self) -> f64 {
        self.worst.as_ref().map_or(0.0, |worst| worst.relative)
    }

    /// The largest absolute error of what was decided; 0 if nothing was.
    pub fn max_absolute_error(&self) -> f64 {
        let decided = |c: &&Comparison| matches!(c.verdict, Verdict::Agrees | Verdict::Differs);
        self.comparisons.iter().filter(decided).map(|c| c.absolute).fold(0.0, nan_max)
    }

    /// Nothing if the check passed.
    ///
    /// # Panics
    /// With the report, and the lines of code in it, if it did not pass.
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
    /// There was nothing to compare.
    NothingCompared(&'static str),
    /// An input is infinite or not a number.
    InputNotFinite {
        /// Which input or parameter.
        name: String,
        /// The place in it.
        index: Vec<usize>,
        /// What stands there.
        value: f64,
    },
    /// All that was measured is less than the error of the measurement.
    Noise {
        /// That error, of the last comparison.
        bound: f64,
    },
    /// Nothing near the point is finite.
    Unmeasured,
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
    /// A value that depends on the inputs goes on without its history: through a [`Var::detach`](crate::Var::detach), or as a
    /// constant made of it.
    Detached {
        /// Where: the detach, or the constant.
        place: Place,
        /// Whether the two agree with the gradient that is stopped there; else it is a possible reason, and no other was
        /// found.
        measured: bool,
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
            Self::NothingCompared(why) => write!(f, "nothing was compared: {why}"),
            Self::InputNotFinite { name, index, value } => {
                write!(f, "{} is {value}: there is no derivative to compare", element(name, index))
            }
            Self::Noise { bound } => {
                let near = "by rounding or so near to 0; take a part of the function, or a place where it is smaller or \
                            its arguments are larger";
                write!(f, "undecided: differences have an error of {bound:.1e} here, {near}")
            }
            Self::Unmeasured => f.write_str("could not be measured: the function jumps, or is not finite"),
            Self::NotFinite { value, derivative } => {
                write!(f, "not finite: value {}, derivative {}", number(*value), number(*derivative))
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
            Self::Detached { place, measured } => {
                let (place, how) = (shown(place), if *measured { "detached" } else { "possibly detached" });
                write!(
                    f,
                    "{how}: the value of {place} depends on the inputs, and no gradient goes back through it"
                )?;
                if *measured { write!(f, "; with that gradient the two agree") } else { Ok(()) }
            }
            Self::StepTooLarge { step, best } => write!(f, "step too large: {step:.0e}; {best:.0e} agrees"),
            Self::StepTooSmall { step, best } => write!(f, "step too small: {step:.0e}; {best:.0e} agrees"),
            Self::Unknown => write!(f, "not found: each node by itself agrees with its forward"),
        }
    }
}

/// `w[0, 1]`.
fn element(name: &str, index: &[usize]) -> String {
    if index.is_empty() { name.to_string() } else { format!("{name}{index:?}") }
}

impl Report {
    /// `passed`, `FAILED`, or `UNDECIDED` where nothing was found to differ and nothing to agree.
    pub fn verdict(&self) -> &'static str {
        if self.passed() {
            "passed"
        } else if self.failed == 0 && self.undecided > 0 {
            "UNDECIDED"
        } else {
            "FAILED"
        }
    }

    fn counts(&self) -> String {
        let some = |n: usize, what: &str| if n == 0 { String::new() } else { format!(", {n} {what}") };
        let share = if self.failed == 0 { String::new() } else { format!("{} of ", self.failed) };
        let differ = ["compared", "differs", "differ"][self.failed.min(2)];
        let s = if self.compared == 1 { "" } else { "s" };
        let undecided = some(self.undecided, "undecided (within the rounding of the differences)");
        let unmeasured = some(self.unmeasured, "could not be measured");
        format!("{share}{} derivative{s} {differ}{undecided}{unmeasured}", self.compared)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gradcheck {}: {}", self.verdict(), self.counts())?;
        if let Some(worst) = &self.worst {
            let order = if worst.order == 1 { String::new() } else { format!(", order {}", worst.order) };
            let output = worst.output.as_ref().map_or_else(String::new, |k| format!(" of result{k:?}"));
            writeln!(f, "\n  worst      {}{output}{order}", element(&worst.name, &worst.index))?;
            writeln!(f, "  autograd   {:>+.12e}", worst.autograd)?;
            writeln!(
                f,
                "  numeric    {:>+.12e}  ({}, step {:.0e})",
                worst.numeric, worst.scheme, worst.step
            )?;
            writeln!(f, "  absolute   {:.2e}", worst.absolute)?;
            write!(f, "  relative   {:.2e}  (bound {:.0e})", worst.relative, self.rtol)?;
        }
        for kink in &self.kinks {
            let (left, right) = (kink.left, kink.right);
            write!(f, "\n  note       kink at {}: ", element(&kink.name, &kink.index))?;
            write!(f, "from the left {left:.6e}, from the right {right:.6e}")?;
            if let Some(place) = &kink.place {
                write!(f, ", at ")?;
                place.fmt(f)?;
            }
        }
        if let Some(reason) = &self.reason {
            write!(f, "\n  reason     ")?;
            // With its places if the report is printed with them.
            reason.fmt(f)?;
        }
        Ok(())
    }
}
