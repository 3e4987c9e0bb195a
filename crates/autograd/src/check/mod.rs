//! Seeing and checking derivatives: what the tape holds and what the sweep does, and the same derivatives without rules.
//!
//! To be read in this order: [`display`], [`recorded`], [`memory`], [`node`] and [`trace`] show a tape, as text and as a list, what it holds, one node and a sweep, [`diagnose`] says what went
//! wrong in it. [`finite_difference`] and [`flat`] take derivatives from values; [`subject`] is what can be checked, [`line`]
//! the same as a function of one number, [`measure`] its derivative with a bound of the error; [`prepare`] takes the tape's side,
//! [`gradcheck`] compares, [`comparison`] judges one derivative, [`report`] says the result, [`reason`] finds the cause of
//! a failure, [`error_curve`] shows how the error depends on the step. [`four_ways`] puts forward mode and the [`complex`] step
//! beside both.

mod comparison;
mod complex;
mod complex_rows;
mod detached;
pub(crate) mod diagnose;
pub(crate) mod display;
mod error_curve;
#[cfg(test)]
mod far_out;
mod finite_difference;
mod flat;
mod four_ways;
mod gradcheck;
mod grain;
mod line;
mod measure;
mod memory;
pub(crate) mod node;
mod options;
mod prepare;
mod reason;
mod recorded;
mod report;
mod root;
mod subject;
mod trace;

pub use comparison::{Comparison, KinkNote, Verdict};
pub(crate) use complex::Form;
pub use diagnose::{Anomaly, Pass, WhyZero};
pub use error_curve::{CurvePoint, ErrorCurve, STEPS, error_curve};
pub use finite_difference::{FiniteDifference, Scheme};
pub use flat::{flatten, flattened, flattened_tensors, unflatten, unravel};
pub use four_ways::{FourWays, Ways, four_ways, four_ways_model};
pub use gradcheck::{gradcheck, gradcheck_model, gradcheck_with};
pub use line::Line;
pub use memory::{TapeMemory, TapeMemoryRow};
pub use options::{Elements, GradcheckOptions};
pub use recorded::Recorded;
pub use report::{Place, Reason, Report};
pub use trace::{Trace, TraceLeaf, TraceNode, TracePart, TraceStep};
