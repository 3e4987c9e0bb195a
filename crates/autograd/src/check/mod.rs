//! Derivatives checked without rules: finite differences, the gradient check, and the search for the reason where it
//! fails.
//!
//! To be read in this order: [`finite_difference`] and [`flat`] take derivatives from values; [`subject`] is what can be
//! checked, [`line`] the same as a function of one number; [`gradcheck`] compares, [`report`] says the result, [`reason`]
//! finds the cause of a failure, [`error_curve`] shows how the error depends on the step.

mod error_curve;
mod finite_difference;
mod flat;
mod gradcheck;
mod line;
mod options;
mod reason;
mod report;
mod subject;

pub use error_curve::{CurvePoint, ErrorCurve, STEPS, error_curve};
pub use finite_difference::{FiniteDifference, Scheme};
pub use flat::{flatten, flattened, flattened_tensors, unflatten, unravel};
pub use gradcheck::{gradcheck, gradcheck_model, gradcheck_with};
pub use line::Line;
pub use options::{Elements, GradcheckOptions};
pub use report::{Comparison, Place, Reason, Report};

pub(crate) use report::place;
