//! The decoder: self-attention, attention to what an encoder found, and a small network.

use gradus_autograd::{Var, params};

use super::options::{Activation, TransformerOptions, check, dropped, entered, left};
use crate::attention::{AttendOptions, MultiheadAttention};
use crate::linear::Linear;
use crate::module::Module;
use crate::norm::LayerNorm;

/// What a decoder may see, of its own sequence and of the memory; see [`AttendOptions`] for shapes and for what true means.
#[derive(Debug, Clone, Copy, Default)]
pub struct DecoderMasks<'t> {
    /// Which places of the sequence see which.
    pub tgt_mask: Option<Var<'t>>,
    /// Which places of the sequence see which of the memory.
    pub memory_mask: Option<Var<'t>>,
    /// Which places of the sequence are there only to fill up, `[batch, time]`.
    pub tgt_key_padding_mask: Option<Var<'t>>,
    /// Which places of the memory are there only to fill up, `[batch, time]`.
    pub memory_key_padding_mask: Option<Var<'t>>,
    /// Whether a place of the sequence sees only itself and those before.
    pub tgt_is_causal: bool,
    /// Whether a place of the sequence sees only the memory's at the same place and before.
    pub memory_is_causal: bool,
}

/// Self-attention, attention to a memory, and a network of two linear layers, each added to its input and normalised.
///
/// ```
/// use gradus_autograd::Tape;
/// use gradus_nn::{DecoderMasks, TransformerDecoderLayer};
/// use gradus_tensor::{Tensor, rng};
///
/// let (layer, tape) = (TransformerDecoderLayer::new(6, 2, &mut rng(0)), Tape::inference());
/// let [x, memory] = [3, 5].map(|time| tape.constant(Tensor::ones([time, 4, 6])));
/// let masks = DecoderMasks { tgt_is_causal: true, ..DecoderMasks::default() };
/// assert_eq!(layer.decode(x, memory, &masks).shape()[..], [3, 4, 6]);
/// ```
///
/// # Source
/// Vaswani et al. 2017, section 3.1; PyTorch's `nn.TransformerDecoderLayer`.
#[derive(Debug, Clone)]
pub struct TransformerDecoderLayer {
    /// The self-attention.
    pub self_attn: MultiheadAttention,
    /// The attention to the memory.
    pub multihead_attn: MultiheadAttention,
    /// To the width between.
    pub linear1: Linear,
    /// And back.
    pub linear2: Linear,
    /// Of the self-attention.
    pub norm1: LayerNorm,
    /// Of the attention to the memory.
    pub norm2: LayerNorm,
    /// Of the network.
    pub norm3: LayerNorm,
    /// The probability of a zero, while training; the attentions have their own.
    pub dropout: f64,
    /// What stands between the linear layers.
    pub activation: Activation,
    /// Whether a part is normalised in front.
    pub norm_first: bool,
}

params!(TransformerDecoderLayer { self_attn, multihead_attn, linear1, linear2, norm1, norm2, norm3 });

impl TransformerDecoderLayer {
    /// With PyTorch's usual options; see [`TransformerOptions`].
    #[track_caller]
    pub fn new(d_model: usize, nhead: usize, rng: &mut impl rand::Rng) -> Self {
        Self::with_options(d_model, nhead, &TransformerOptions::default(), rng)
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
        let TransformerOptions { dim_feedforward, dropout, activation, norm_first, .. } = *options;
        Self {
            self_attn: options.attention(d_model, nhead, rng),
            multihead_attn: options.attention(d_model, nhead, rng),
            linear1: options.linear(d_model, dim_feedforward, rng),
            linear2: options.linear(dim_feedforward, d_model, rng),
            norm1: options.norm(d_model),
            norm2: options.norm(d_model),
            norm3: options.norm(d_model),
            dropout,
            activation,
            norm_first,
        }
    }

    /// The sequence `[time, batch, width]`, which looks at itself and at the memory `[places, batch, width]`, in its own shape.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn decode<'t>(&self, x: Var<'t>, memory: Var<'t>, masks: &DecoderMasks<'t>) -> Var<'t> {
        check("transformer_decoder_layer", "the sequence", x, &self.self_attn);
        check("transformer_decoder_layer", "the memory", memory, &self.multihead_attn);
        let usual = AttendOptions { need_weights: false, ..AttendOptions::default() };
        let own = AttendOptions {
            attn_mask: masks.tgt_mask,
            key_padding_mask: masks.tgt_key_padding_mask,
            is_causal: masks.tgt_is_causal,
            ..usual
        };
        let other = AttendOptions {
            attn_mask: masks.memory_mask,
            key_padding_mask: masks.memory_key_padding_mask,
            is_causal: masks.memory_is_causal,
            ..usual
        };
        let Self { self_attn, multihead_attn, norm1, norm2, norm3, dropout, norm_first, .. } = self;
        let read = entered(x, norm1, *norm_first);
        let found = self_attn.attend(read, read, read, &own).0;
        let x = left(x, dropped(found, *dropout), norm1, *norm_first);
        let found = multihead_attn.attend(entered(x, norm2, *norm_first), memory, memory, &other).0;
        let x = left(x, dropped(found, *dropout), norm2, *norm_first);
        let between = (self.activation)(self.linear1.forward(entered(x, norm3, *norm_first)));
        let found = self.linear2.forward(dropped(between, *dropout));
        left(x, dropped(found, *dropout), norm3, *norm_first)
    }
}

/// Decoder layers one upon another, and a normalisation behind the last, if there is one.
///
/// # Source
/// PyTorch's `nn.TransformerDecoder`.
///
/// # Differs
/// Each layer draws its own weights; in PyTorch all begin as copies of one.
#[derive(Debug, Clone)]
pub struct TransformerDecoder {
    /// The layers.
    pub layers: Vec<TransformerDecoderLayer>,
    /// Behind the last.
    pub norm: Option<LayerNorm>,
}

params!(TransformerDecoder { layers, norm });

impl TransformerDecoder {
    /// So many layers as the options say, without a normalisation behind them.
    #[track_caller]
    pub fn new(
        d_model: usize,
        nhead: usize,
        num_layers: usize,
        options: &TransformerOptions,
        rng: &mut impl rand::Rng,
    ) -> Self {
        let mut layers = Vec::with_capacity(num_layers);
        for _ in 0..num_layers {
            layers.push(TransformerDecoderLayer::with_options(d_model, nhead, options, rng));
        }
        Self { layers, norm: None }
    }

    /// The layers with masks, the same for all, and one memory.
    #[track_caller]
    pub fn decode<'t>(&self, x: Var<'t>, memory: Var<'t>, masks: &DecoderMasks<'t>) -> Var<'t> {
        let mut x = x;
        for layer in &self.layers {
            x = layer.decode(x, memory, masks);
        }
        self.norm.as_ref().map_or(x, |norm| norm.forward(x))
    }
}
