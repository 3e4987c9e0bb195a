//! Seeing and checking derivatives: what the tape holds and what the sweep does, and the same derivatives without rules.
//!
//! To be read in this order: [`display`], [`node`] and [`trace`] show a tape, one node and a sweep, [`diagnose`] says what went
//! wrong in it. [`finite_difference`] and [`flat`] take derivatives from values; [`subject`] is what can be checked, [`line`]
//! the same as a function of one number; [`gradcheck`] compares, [`report`] says the result, [`reason`] finds the cause of
//! a failure, [`error_curve`] shows how the error depends on the step.

pub(crate) mod diagnose;
pub(crate) mod display;
mod error_curve;
mod finite_difference;
mod flat;
mod gradcheck;
mod line;
pub(crate) mod node;
mod options;
mod reason;
mod report;
mod root;
mod subject;
mod trace;

pub use diagnose::{Anomaly, Pass, WhyZero};
pub use error_curve::{CurvePoint, ErrorCurve, STEPS, error_curve};
pub use finite_difference::{FiniteDifference, Scheme};
pub use flat::{flatten, flattened, flattened_tensors, unflatten, unravel};
pub use gradcheck::{gradcheck, gradcheck_model, gradcheck_with};
pub use line::Line;
pub use options::{Elements, GradcheckOptions};
pub use report::{Comparison, Place, Reason, Report};
pub use trace::{Trace, TraceLeaf, TraceNode, TracePart, TraceStep};
