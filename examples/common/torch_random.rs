//! The draws of PyTorch's generator on a CPU: the same numbers for the same seed, on top of NumPy's, which has the same words.

use gradus::data::generate::RandomState;
use gradus::prelude::*;

/// `torch.rand(shape)` after `torch.manual_seed(seed)` made the generator, stretched to ±bound: uniform, with 24 bits.
pub(crate) fn uniform(generator: &mut RandomState, shape: &[usize], bound: f64) -> Tensor {
    let mut draw = || (generator.integer(u32::MAX) % (1 << 24)) as f32 / (1u32 << 24) as f32;
    let drawn: Vec<f32> = (0..shape.iter().product()).map(|_| draw()).collect();
    (Tensor::from_vec(drawn, shape) * 2.0 - 1.0) * bound
}
