//! The operations, each with its rule beside its forward: elementwise rows first, then everything with a shape.

pub mod elementwise;
pub mod index;
pub mod linear;
pub mod loss;
pub mod movement;
pub mod reduce;
pub(crate) use elementwise::sym;
