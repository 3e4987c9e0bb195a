//! The encoder: self-attention and a small network, layer upon layer.

use gradus_autograd::{Var, params};

use super::options::{Activation, TransformerOptions, check, dropped, entered, left};
use crate::attention::{AttendOptions, MultiheadAttention};
use crate::linear::Linear;
use crate::module::Module;
use crate::norm::LayerNorm;

/// What an encoder may see; see [`AttendOptions`] for shapes and for what true means.
#[derive(Debug, Clone, Copy, Default)]
pub struct EncoderMasks<'t> {
    /// Which places see which; `src_mask`.
    #[doc(alias = "src_mask")]
    pub mask: Option<Var<'t>>,
    /// Which places are there only to fill up, `[batch, time]`.
    #[doc(alias = "src_key_padding_mask")]
    pub key_padding_mask: Option<Var<'t>>,
    /// Whether a place sees only itself and those before.
    pub is_causal: bool,
}

impl<'t> EncoderMasks<'t> {
    pub(super) fn attend(&self) -> AttendOptions<'t> {
        AttendOptions {
            attn_mask: self.mask,
            key_padding_mask: self.key_padding_mask,
            is_causal: self.is_causal,
            need_weights: false,
            ..AttendOptions::default()
        }
    }
}

/// Self-attention and a network of two linear layers, each added to its input and normalised: `[time, batch, width]` to the same. As a
/// [`Module`] without masks.
///
/// ```
/// use gradus_autograd::Tape;
/// use gradus_nn::{EncoderMasks, TransformerEncoderLayer};
/// use gradus_tensor::{Tensor, rng};
///
/// let (layer, tape) = (TransformerEncoderLayer::new(6, 2, &mut rng(0)), Tape::inference());
/// let x = tape.constant(Tensor::ones([5, 4, 6]));
/// let causal = EncoderMasks { is_causal: true, ..EncoderMasks::default() };
/// assert_eq!(layer.encode(x, &causal).shape()[..], [5, 4, 6]);
/// ```
///
/// # Source
/// Vaswani et al. 2017, section 3.1; Xiong et al. 2020 (normalised in front); PyTorch's `nn.TransformerEncoderLayer`.
#[derive(Debug, Clone)]
pub struct TransformerEncoderLayer {
    /// The self-attention.
    pub self_attn: MultiheadAttention,
    /// To the width between.
    pub linear1: Linear,
    /// And back.
    pub linear2: Linear,
    /// Of the attention.
    pub norm1: LayerNorm,
    /// Of the network.
    pub norm2: LayerNorm,
    /// The probability of a zero, while training; the attention has its own.
    pub dropout: f64,
    /// What stands between the linear layers.
    pub activation: Activation,
    /// Whether a part is normalised in front.
    pub norm_first: bool,
}

params!(TransformerEncoderLayer { self_attn, linear1, linear2, norm1, norm2 });

impl TransformerEncoderLayer {
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
            linear1: options.linear(d_model, dim_feedforward, rng),
            linear2: options.linear(dim_feedforward, d_model, rng),
            norm1: options.norm(d_model),
            norm2: options.norm(d_model),
            dropout,
            activation,
            norm_first,
        }
    }

    /// The layer with masks.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn encode<'t>(&self, x: Var<'t>, masks: &EncoderMasks<'t>) -> Var<'t> {
        check("transformer_encoder_layer", "the input", x, &self.self_attn);
        let Self { self_attn, linear1, linear2, norm1, norm2, dropout, activation, norm_first } = self;
        let read = entered(x, norm1, *norm_first);
        let found = self_attn.attend(read, read, read, &masks.attend()).0;
        let x = left(x, dropped(found, *dropout), norm1, *norm_first);
        let between = activation(linear1.forward(entered(x, norm2, *norm_first)));
        let found = linear2.forward(dropped(between, *dropout));
        left(x, dropped(found, *dropout), norm2, *norm_first)
    }
}

impl Module for TransformerEncoderLayer {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.encode(x, &EncoderMasks::default())
    }
}

/// Encoder layers one upon another, and a normalisation behind the last, if there is one.
///
/// ```
/// use gradus_nn::{LayerNorm, Module, TransformerEncoder, TransformerOptions};
/// use gradus_tensor::{Tensor, rng};
///
/// let options = TransformerOptions { batch_first: true, norm_first: true, ..TransformerOptions::default() };
/// let new = TransformerEncoder::new(6, 2, 3, &options, &mut rng(0)); // 3 layers
/// let model = TransformerEncoder { norm: Some(LayerNorm::new(6)), ..new };
/// assert_eq!(model.predict(&Tensor::ones([4, 5, 6])).shape()[..], [4, 5, 6]);
/// ```
///
/// # Source
/// PyTorch's `nn.TransformerEncoder`.
///
/// # Differs
/// Each layer draws its own weights; in PyTorch all begin as copies of one.
#[derive(Debug, Clone)]
pub struct TransformerEncoder {
    /// The layers.
    pub layers: Vec<TransformerEncoderLayer>,
    /// Behind the last.
    pub norm: Option<LayerNorm>,
}

params!(TransformerEncoder { layers, norm });

impl TransformerEncoder {
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
            layers.push(TransformerEncoderLayer::with_options(d_model, nhead, options, rng));
        }
        Self { layers, norm: None }
    }

    /// The layers with masks, the same for all.
    #[track_caller]
    pub fn encode<'t>(&self, x: Var<'t>, masks: &EncoderMasks<'t>) -> Var<'t> {
        let mut x = x;
        for layer in &self.layers {
            x = layer.encode(x, masks);
        }
        self.norm.as_ref().map_or(x, |norm| norm.forward(x))
    }
}

impl Module for TransformerEncoder {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.encode(x, &EncoderMasks::default())
    }
}
