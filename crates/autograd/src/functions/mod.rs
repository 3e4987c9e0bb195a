//! What functions of values are turned into: products with derivatives and whole derivatives, solutions of equations,
//! recomputed parts, operations from closures.

mod batched_jacobian;
mod checkpoint;
mod custom;
pub(crate) mod derivative;
pub(crate) mod derivatives;
mod evaluate;
mod forward;
mod grad;
mod implicit;
mod objective;
mod predict;
mod tensor_ext;
mod uses;

pub use batched_jacobian::batched_jacobian;
pub use derivatives::{
    directional_derivative, hessian, hvp, jacobian, jacobian_forward, jacobians, jvp, jvps, laplacian,
    model_hvp, vhp, vjp, vjps,
};
pub use grad::grad;
pub use implicit::implicit;
pub use objective::{objective, objective_on_tape};
pub use predict::predict;
pub use tensor_ext::{TENSOR_EXT, TensorExt};
pub use uses::first_uses;
