//! A reverse-mode automatic differentiation tape.
//!
//! # What a tape is
//!
//! A [`Tape`] is a list of operations in the order in which they ran (a Wengert list). [`Tape::var`] puts a value on it whose
//! gradient is wanted, [`Tape::constant`] one without, [`Tape::param`] a parameter of a model. A [`Var`] is a `Copy` handle to
//! a value of the list, so a formula reads as mathematics, and each operation in it appends a line:
//!
//! ```
//! let tape = gradus_autograd::Tape::new();
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
//! let tape = gradus_autograd::Tape::new();
//! let x = tape.var(2.0);
//! let y = x * x * x;
//! assert_eq!(y.backward().wrt(x).item(), 12.0);
//! assert_eq!(y.grad(x).grad(x).item(), 12.0);
//! ```
//!
//! The course in the folder `docs/course` of the repository explains it from the beginning: chapters 1 to 3.
//!
//! # Where a rule is
//!
//! Elementwise operations are rows of tables ([`ops::elementwise`]): a formula and its slope. Everything else implements
//! [`Op`]: `forward` on tensors and, beside it, `backward` in operations on `Var`. [`Tape::custom`] makes one from closures.
//!
//! # Checks
//!
//! [`gradcheck`] compares a function's gradients with finite differences ([`FiniteDifference`], [`error_curve`]) and says why
//! they differ; [`four_ways`] adds forward mode, the complex step and the Hessian. [`Line`] is what it takes differences of, a
//! function along a line; [`Trace`] is the backward walk as data; `Tape::detect_anomalies` finds the first NaN; `Var::why_zero` says why a parameter got no gradient.
//!
//! # Panics
//! Mistakes of shape, axis or dtype panic at the caller's line and name the operation, the shapes and what differs.
#![forbid(unsafe_code)]

mod check;
mod fast;
mod functions;
mod gradients;
#[macro_use]
mod model;
mod node;
mod op;
pub mod ops;
mod record;
mod recorded;
mod tape;
mod transform;
mod var;

pub use check::{
    Anomaly, Comparison, CurvePoint, Elements, ErrorCurve, FiniteDifference, FourWays, GradcheckOptions,
    KinkNote, Line, Pass, Place, Reason, Recorded, Report, STEPS, Scheme, TapeMemory, TapeMemoryRow, Trace,
    TraceLeaf, TraceNode, TracePart, TraceStep, Verdict, Ways, WhyZero, error_curve, flatten, flattened,
    flattened_tensors, four_ways, four_ways_model, gradcheck, gradcheck_model, gradcheck_with, unflatten,
    unravel,
};
pub use fast::{lazy::fuse_above, reuse::on_tape};
pub use functions::{
    TensorExt, batched_jacobian, directional_derivative, first_uses, grad, hessian, hvp, implicit, jacobian,
    jacobian_forward, jacobians, jvp, jvps, laplacian, model_hvp, objective, objective_on_tape, predict, vhp,
    vjp, vjps,
};
pub use gradients::Gradients;
pub use model::{Entered, Mode, Param, ParamId, Params, Peers, Substituted, Untrained, join};
pub use op::{Backward, Op};
pub use ops::elementwise::facts::{Facts, Kinks};
pub use ops::elementwise::operators::Operand;
pub use ops::elementwise::row::Row;
pub use tape::Tape;
pub use transform::{value_and_grad, value_and_grad_training, value_and_grad_with};
pub use var::Var;
// What the other crates share, and a list for a test; no part of the interface.
#[doc(hidden)]
pub use fast::finished::{Part, scoped_part};
#[doc(hidden)]
pub use {check::display::nested, check::display::significant, functions::TENSOR_EXT, transform::scoped};
