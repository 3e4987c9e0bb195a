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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Module, TransformerDecoderLayer};
    use gradus_autograd::Tape;
    use gradus_tensor::{Tensor, rng};

    fn options() -> TransformerOptions {
        TransformerOptions { dim_feedforward: 8, ..TransformerOptions::default() }
    }

    #[test]
    fn names_are_pytorchs() {
        let model = Transformer::with_options(4, 2, (1, 1), &options(), &mut rng(0));
        let names: Vec<String> = model.params().into_iter().map(|(name, _)| name).collect();
        let of_attention = |prefix: &str| {
            ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"]
                .map(|name| format!("{prefix}.{name}"))
                .to_vec()
        };
        let pairs = |prefix: &str, parts: &[&str]| -> Vec<String> {
            let both = |part: &&str| [format!("{prefix}{part}.weight"), format!("{prefix}{part}.bias")];
            parts.iter().flat_map(both).collect()
        };
        let mut want = of_attention("encoder.layers.0.self_attn");
        want.extend(pairs("encoder.layers.0.", &["linear1", "linear2", "norm1", "norm2"]));
        want.extend(pairs("encoder.", &["norm"]));
        want.extend(of_attention("decoder.layers.0.self_attn"));
        want.extend(of_attention("decoder.layers.0.multihead_attn"));
        want.extend(pairs("decoder.layers.0.", &["linear1", "linear2", "norm1", "norm2", "norm3"]));
        want.extend(pairs("decoder.", &["norm"]));
        assert_eq!(names, want);
    }

    #[test]
    fn matrices_begin_within_their_bound() {
        let model = Transformer::with_options(4, 2, (1, 1), &options(), &mut rng(0));
        let bound = (6.0 / 12.0f64).sqrt();
        let weights = model.encoder.layers[0].linear1.weight.value().to_f64_vec();
        assert!(weights.iter().all(|w| w.abs() <= bound) && weights.iter().any(|w| w.abs() > 0.7 * bound));
    }

    #[test]
    fn dropout_is_on_in_training_alone() {
        let model = TransformerEncoder::new(4, 2, 1, &options(), &mut rng(0));
        let x = Tensor::randn([3, 2, 4], &mut rng(1));
        let trained = |seed| {
            let tape = Tape::training(seed);
            model.forward(tape.constant(&x)).value()
        };
        assert!(trained(0).equal(&trained(0)));
        assert!(!trained(0).allclose(&trained(1), 1e-3, 1e-3));
        assert!(!trained(0).allclose(&model.predict(&x), 1e-3, 1e-3));
    }

    #[test]
    #[should_panic(
        expected = "transformer_decoder_layer: the memory must be [time, batch, 4], or [time, 4] without a batch, got [3, 2, 5]"
    )]
    fn a_memory_of_another_width_is_named() {
        let tape = Tape::new();
        let [x, memory] = [4, 5].map(|width| tape.constant(Tensor::zeros([3, 2, width])));
        let layer = TransformerDecoderLayer::with_options(4, 2, &options(), &mut rng(0));
        layer.decode(x, memory, &DecoderMasks::default());
    }

    #[test]
    #[should_panic(
        expected = "transformer_encoder_layer: the input must be [time, batch, 4], or [time, 4] without a batch, got [3, 2, 5]"
    )]
    fn an_input_of_another_width_is_named() {
        let options = TransformerOptions { norm_first: true, ..options() };
        TransformerEncoder::new(4, 2, 1, &options, &mut rng(0)).predict(&Tensor::zeros([3, 2, 5]));
    }
}
