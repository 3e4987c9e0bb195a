//! A reverse-mode automatic differentiation tape.

#[macro_use]
mod param;
mod gradients;
mod op;
pub mod ops;
mod row;
mod slot;
mod sweep;
mod table;
mod tape;
mod transform;
mod var;

pub use gradients::Gradients;
pub use op::{Backward, Op};
pub use param::{Param, ParamId, Params, join};
pub use row::Row;
pub use tape::{Mode, Tape};
pub use transform::{grad, on_tape, training_step, value_and_grad, value_and_grad_with};
pub use var::{Operand, Var};
