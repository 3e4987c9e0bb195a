//! What the layers of a transformer can be told when they are made, and the parts they share.

use gradus_autograd::Var;
use gradus_tensor::checked_product;

use crate::attention::{AttentionOptions, MultiheadAttention};
use crate::dropout::Dropout;
use crate::input::place;
use crate::linear::Linear;
use crate::module::Module;
use crate::norm::LayerNorm;

/// An activation between two layers: `|x| x.gelu()`.
pub type Activation = for<'t> fn(Var<'t>) -> Var<'t>;

/// What the layers of a transformer can be told when they are made. The usual values are PyTorch's.
///
/// ```
/// use gradus_nn::{Module, TransformerEncoderLayer, TransformerOptions};
/// use gradus_tensor::{Tensor, rng};
///
/// let options = TransformerOptions {
///     dim_feedforward: 16,
///     activation: |x| x.gelu(),
///     batch_first: true,
///     ..TransformerOptions::default()
/// };
/// let layer = TransformerEncoderLayer::with_options(6, 2, &options, &mut rng(0));
/// assert_eq!(layer.predict(&Tensor::ones([4, 5, 6])).shape()[..], [4, 5, 6]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct TransformerOptions {
    /// The width between the two linear layers; 2048.
    pub dim_feedforward: usize,
    /// The probability of a zero, while training: among the weights of attention, between the linear layers, and behind each
    /// part; 0.1.
    pub dropout: f64,
    /// What stands between the linear layers; `|x| x.relu()`.
    pub activation: Activation,
    /// `$\varepsilon$` of the normalisations; `$10^{-5}$`.
    pub layer_norm_eps: f64,
    /// Whether inputs are `[batch, time, width]` and not `[time, batch, width]`; no.
    pub batch_first: bool,
    /// Whether a part is normalised in front (pre-norm) and not behind its sum (post-norm); no.
    pub norm_first: bool,
    /// Whether linear layers and normalisations have biases; yes.
    pub bias: bool,
}

impl Default for TransformerOptions {
    fn default() -> Self {
        Self {
            dim_feedforward: 2048,
            dropout: 0.1,
            activation: |x| x.relu(),
            layer_norm_eps: 1e-5,
            batch_first: false,
            norm_first: false,
            bias: true,
        }
    }
}

impl TransformerOptions {
    /// Those of GPT-2, which a [`DecoderBlock`](crate::DecoderBlock) has if nothing else is said: normalised in front, GELU, four
    /// times the width between the linear layers, batch first; without dropout.
    ///
    /// ```
    /// use gradus_autograd::Params;
    /// use gradus_nn::{DecoderBlock, TransformerOptions};
    /// use gradus_tensor::rng;
    ///
    /// let unbiased = TransformerOptions { bias: false, ..TransformerOptions::gpt2(8) };
    /// let block = DecoderBlock::with_options(8, 2, &unbiased, &mut rng(0));
    /// assert_eq!(block.trainable_elements(), 12 * 8 * 8 + 2 * 8);
    /// ```
    ///
    /// # Panics
    /// If four times the width is no size.
    ///
    /// # Source
    /// Radford et al. 2019, section 2.3.
    #[track_caller]
    pub fn gpt2(d_model: usize) -> Self {
        Self {
            dim_feedforward: checked_product("TransformerOptions", &[4, d_model]),
            dropout: 0.0,
            activation: |x| x.gelu(),
            batch_first: true,
            norm_first: true,
            ..Self::default()
        }
    }

    #[track_caller]
    pub(super) fn attention(
        &self,
        width: usize,
        heads: usize,
        rng: &mut impl rand::Rng,
    ) -> MultiheadAttention {
        let Self { dropout, bias, batch_first, .. } = *self;
        let options = AttentionOptions { dropout, bias, batch_first, ..AttentionOptions::default() };
        MultiheadAttention::with_options(width, heads, &options, rng)
    }

    #[track_caller]
    pub(super) fn linear(&self, inputs: usize, outputs: usize, rng: &mut impl rand::Rng) -> Linear {
        let new = Linear::new(inputs, outputs, rng);
        Linear { bias: new.bias.filter(|_| self.bias), ..new }
    }

    pub(super) fn norm(&self, width: usize) -> LayerNorm {
        let new = LayerNorm::new(width);
        LayerNorm { bias: new.bias.filter(|_| self.bias), eps: self.layer_norm_eps, ..new }
    }
}

pub(super) fn dropped(x: Var<'_>, p: f64) -> Var<'_> {
    Dropout { p }.forward(x)
}

/// What a part reads: `$\mathrm{norm}(x)$` if it is normalised in front, else x.
pub(super) fn entered<'t>(x: Var<'t>, norm: &LayerNorm, norm_first: bool) -> Var<'t> {
    if norm_first { norm.forward(x) } else { x }
}

/// The sum with what a part found, `$x + y$`, or `$\mathrm{norm}(x + y)$` if it is normalised behind.
pub(super) fn left<'t>(x: Var<'t>, y: Var<'t>, norm: &LayerNorm, norm_first: bool) -> Var<'t> {
    if norm_first { x + y } else { norm.forward(x + y) }
}

/// Panics unless this is a sequence for a layer with that attention.
#[track_caller]
pub(super) fn check(layer: &str, what: &str, x: Var<'_>, attention: &MultiheadAttention) {
    let (shape, width) = (x.shape(), attention.out_proj.weight.shape()[1]);
    let axes = if attention.batch_first { "[batch, time" } else { "[time, batch" };
    assert!(
        matches!(shape.len(), 2 | 3) && shape.last() == Some(&width),
        "{layer}: {what} must be {axes}, {width}], or [time, {width}] without a batch, got {shape}{}",
        place()
    );
}
