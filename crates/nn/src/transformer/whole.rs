//! Encoder and decoder together.

use gradus_autograd::{Param, Params, Var, params};

use super::decoder::{DecoderMasks, TransformerDecoder};
use super::encoder::{EncoderMasks, TransformerEncoder};
use super::options::TransformerOptions;
use crate::init::{self, Gain};

/// An encoder and a decoder that looks at what the encoder found, each with a normalisation behind its last layer.
///
/// ```
/// use gradus_autograd::Tape;
/// use gradus_nn::{DecoderMasks, EncoderMasks, Transformer, TransformerOptions};
/// use gradus_tensor::{Tensor, rng};
///
/// let options = TransformerOptions { dim_feedforward: 16, ..TransformerOptions::default() };
/// let model = Transformer::with_options(6, 2, (2, 1), &options, &mut rng(0)); // 2 layers encode, 1 decodes
/// let tape = Tape::inference();
/// let [src, tgt] = [5, 3].map(|time| tape.constant(Tensor::ones([time, 4, 6])));
/// let masks = DecoderMasks { tgt_is_causal: true, ..DecoderMasks::default() };
/// assert_eq!(model.run(src, tgt, &EncoderMasks::default(), &masks).shape()[..], [3, 4, 6]);
/// ```
///
/// # Source
/// Vaswani et al. 2017; PyTorch's `nn.Transformer`.
#[derive(Debug, Clone)]
pub struct Transformer {
    /// Reads the source.
    pub encoder: TransformerEncoder,
    /// Reads the target and what the encoder found.
    pub decoder: TransformerDecoder,
}

params!(Transformer { encoder, decoder });

impl Transformer {
    /// Six layers each and PyTorch's usual options; see [`TransformerOptions`].
    #[track_caller]
    pub fn new(d_model: usize, nhead: usize, rng: &mut impl rand::Rng) -> Self {
        Self::with_options(d_model, nhead, (6, 6), &TransformerOptions::default(), rng)
    }

    /// So many encoder and decoder layers as the options say, all matrices Xavier uniform.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    #[track_caller]
    pub fn with_options(
        d_model: usize,
        nhead: usize,
        (num_encoder_layers, num_decoder_layers): (usize, usize),
        options: &TransformerOptions,
        rng: &mut impl rand::Rng,
    ) -> Self {
        let mut encoder = TransformerEncoder::new(d_model, nhead, num_encoder_layers, options, rng);
        let mut decoder = TransformerDecoder::new(d_model, nhead, num_decoder_layers, options, rng);
        (encoder.norm, decoder.norm) = (Some(options.norm(d_model)), Some(options.norm(d_model)));
        let mut model = Self { encoder, decoder };
        model.visit_mut("", &mut |_, param: &mut Param| {
            let shape = *param.shape();
            if shape.len() > 1 {
                param.set(init::xavier_uniform(shape, Gain::Linear, &mut *rng));
            }
        });
        model
    }

    /// What the decoder makes of the target `[time, batch, width]` with the source `[places, batch, width]` before it, in the shape of the
    /// target. The masks of the memory are among the decoder's.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn run<'t>(
        &self,
        src: Var<'t>,
        tgt: Var<'t>,
        src_masks: &EncoderMasks<'t>,
        tgt_masks: &DecoderMasks<'t>,
    ) -> Var<'t> {
        self.decoder.decode(tgt, self.encoder.encode(src, src_masks), tgt_masks)
    }
}
