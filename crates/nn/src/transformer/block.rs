//! The block of models that only decode, such as GPT.

use gradus_autograd::{Var, params};

use super::encoder::{EncoderMasks, TransformerEncoderLayer};
use super::options::TransformerOptions;
use crate::module::Module;

/// Causal self-attention and a small network: a [`TransformerEncoderLayer`], with its names, in which a place sees only itself and
/// those before. `[batch, time, width]` to the same, if its options are not others.
///
/// ```
/// use gradus_nn::{DecoderBlock, Module, RotaryPositions};
/// use gradus_tensor::{Tensor, rng};
///
/// let mut block = DecoderBlock::new(8, 2, &mut rng(0));
/// block.layer.self_attn.rotary = Some(RotaryPositions::default()); // positions; else they are added to the input
/// let x = Tensor::randn([1, 5, 8], &mut rng(1));
/// let y = block.predict(&x);
/// let shorter = block.predict(&x.narrow(1, 0, 3)); // what comes later changes nothing
/// assert!(shorter.allclose(&y.narrow(1, 0, 3), 1e-5, 1e-6));
/// ```
///
/// # Source
/// Radford et al. 2019, section 2.3 (normalised in front).
#[derive(Debug, Clone)]
pub struct DecoderBlock {
    /// Attention and network.
    pub layer: TransformerEncoderLayer,
}

params!(DecoderBlock { "": layer });

impl DecoderBlock {
    /// With GPT-2's options, [`TransformerOptions::gpt2`].
    ///
    /// # Panics
    /// If the heads do not divide the width.
    #[track_caller]
    pub fn new(d_model: usize, nhead: usize, rng: &mut impl rand::Rng) -> Self {
        Self::with_options(d_model, nhead, &TransformerOptions::gpt2(d_model), rng)
    }

    /// As the options say.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    #[track_caller]
    pub fn with_options(
        d_model: usize,
        nhead: usize,
        options: &TransformerOptions,
        rng: &mut impl rand::Rng,
    ) -> Self {
        Self { layer: TransformerEncoderLayer::with_options(d_model, nhead, options, rng) }
    }
}

impl Module for DecoderBlock {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.layer.encode(x, &EncoderMasks { is_causal: true, ..EncoderMasks::default() })
    }
}
