//! A reverse-mode automatic differentiation tape.
#![forbid(unsafe_code)]

#[macro_use]
mod param;
mod checkpoint;
mod custom;
mod derivatives;
mod diagnose;
mod display;
mod error_curve;
mod finite_difference;
mod gradcheck;
mod gradients;
mod implicit;
mod local;
mod op;
pub mod ops;
mod reason;
mod record;
mod report;
mod row;
mod slot;
mod sweep;
mod table;
mod tape;
mod trace;
mod transform;
mod var;

pub use derivatives::{
    directional_derivative, hessian, hvp, jacobian, jacobian_forward, jacobians, jvp, jvps, laplacian,
    model_hvp, vhp, vjp, vjps,
};
pub use diagnose::{Anomaly, Pass, WhyZero};
pub use error_curve::{CurvePoint, ErrorCurve, STEPS, error_curve};
pub use finite_difference::{FiniteDifference, Scheme, flatten, flattened, flattened_tensors, unflatten};
pub use gradcheck::{Elements, GradcheckOptions, gradcheck, gradcheck_model, gradcheck_with};
pub use gradients::Gradients;
pub use implicit::implicit;
pub use op::{Backward, Op};
pub use param::{Param, ParamId, Params, join};
pub use reason::{Place, Reason};
pub use report::{Comparison, Report};
pub use row::Row;
pub use tape::{Mode, Tape};
pub use trace::{Trace, TraceLeaf, TracePart, TraceStep};
pub use transform::{grad, on_tape, training_step, value_and_grad, value_and_grad_with};
pub use var::{Operand, Var};
