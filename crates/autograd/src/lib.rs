//! A reverse-mode automatic differentiation tape.
//!
//! # What a tape is
//!
//! A [`Tape`] is a list of operations in the order in which they ran (a Wengert list). [`Tape::var`] puts a value on it whose
//! gradient is wanted, [`Tape::constant`] one without, [`Tape::param`] a parameter of a model. A [`Var`] is a `Copy` handle to
//! a value of the list, so a formula reads as mathematics, and each operation in it appends a line:
//!
//! ```
//! use gradus_autograd::Tape;
//! let tape = Tape::new();
//! let x = tape.var(0.5);
//! let y = (x.sin() * x).tanh();
//! println!("{tape}"); // %0 = leaf, %1 = sin(%0), %2 = mul(%1, %0), %3 = tanh(%2)
//! ```
//!
//! The gradient of `y` in everything before it comes from walking the list once from its end: each operation multiplies what
//! arrives at its output, `$\bar y = \partial\ell/\partial y$`, by its slope and adds the product to its inputs,
//! `$\bar x \mathrel{+}= \bar y \cdot \partial y/\partial x$`. There are two such walks over the same rules:
//!
//! - [`Var::backward`] computes numbers. [`value_and_grad`] is its scoped form: it owns the tape, frees values as the walk
//!   passes them, and keeps the memory for the next call; [`value_and_grad_training`] is that with dropout and batch
//!   statistics on.
//! - [`Var::grad`] writes the walk's own operations on the tape, so its result can be differentiated again.
//!
//! ```
//! use gradus_autograd::Tape;
//! let tape = Tape::new();
//! let x = tape.var(2.0);
//! let y = x * x * x;
//! assert_eq!(y.backward().wrt(x).item(), 12.0);
//! assert_eq!(y.grad(x).grad(x).item(), 12.0);
//! ```
//!
//! # Where a rule is
//!
//! Elementwise operations are rows of tables ([`ops::elementwise`]): a formula and its slope. Everything else implements
//! [`Op`]: `forward` on tensors and, beside it, `backward` in operations on `Var`. [`Tape::custom`] makes one from closures.
//!
//! # Checks
//!
//! [`gradcheck`] compares a function's gradients with finite differences ([`FiniteDifference`], [`error_curve`]) and says why
//! they differ; [`Trace`] is the backward walk as data; `Tape::detect_anomalies` finds the first NaN; `Var::why_zero` says why
//! a parameter got no gradient.
//!
//! # Panics
//! Mistakes of shape, axis or dtype panic at the caller's line and name the operation, the shapes and what differs.
#![forbid(unsafe_code)]

#[macro_use]
mod param;
mod batched_jacobian;
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
mod lazy;
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
mod training;
mod transform;
mod var;

pub use batched_jacobian::batched_jacobian;
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
pub use lazy::fuse_above;
pub use op::{Backward, Blocks, Op};
pub use param::{Param, ParamId, Params, join};
pub use reason::{Place, Reason};
pub use report::{Comparison, Report};
pub use row::{ByRows, Row};
pub use tape::{Mode, Tape};
pub use trace::{Trace, TraceLeaf, TraceNode, TracePart, TraceStep};
pub use training::{Entered, Untrained};
pub use transform::{grad, on_tape, value_and_grad, value_and_grad_training, value_and_grad_with};
pub use var::{Operand, Var};
