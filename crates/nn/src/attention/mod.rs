//! Attention over several heads, and positions.

mod heads;
mod masks;
mod multihead;
mod positions;

pub use masks::AttendOptions;
pub use multihead::{AttentionOptions, InProjection, MultiheadAttention};
pub use positions::{RotaryPositions, SinusoidalPositions};
