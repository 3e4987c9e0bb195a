//! Layers of attention and of a small network, and stacks of them.

mod block;
mod decoder;
mod encoder;
mod options;
mod whole;

pub use block::DecoderBlock;
pub use decoder::{DecoderMasks, TransformerDecoder, TransformerDecoderLayer};
pub use encoder::{EncoderMasks, TransformerEncoder, TransformerEncoderLayer};
pub use options::{Activation, TransformerOptions};
pub use whole::Transformer;
