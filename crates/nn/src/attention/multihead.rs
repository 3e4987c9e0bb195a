//! The layer: its parameters, and how they begin.

use gradus_autograd::{Param, Var, params};
use gradus_tensor::{Tensor, checked_product};

use super::positions::RotaryPositions;
use crate::init::{self, Gain};
use crate::linear::Linear;
use crate::module::Module;

/// What a [`MultiheadAttention`] can be told when it is made. The usual values are PyTorch's.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "each is one of PyTorch's options")]
pub struct AttentionOptions {
    /// The probability of a zero among the weights, while training; 0.
    pub dropout: f64,
    /// Whether the projections have biases; yes.
    pub bias: bool,
    /// Whether a learned key and value stand behind all others; no.
    pub add_bias_kv: bool,
    /// Whether a key and a value of zeros stand behind all others; no.
    pub add_zero_attn: bool,
    /// The width of the keys, if it is not that of the queries.
    pub kdim: Option<usize>,
    /// The width of the values, if it is not that of the queries.
    pub vdim: Option<usize>,
    /// Whether inputs are `[batch, time, width]` and not `[time, batch, width]`; no.
    pub batch_first: bool,
}

impl Default for AttentionOptions {
    fn default() -> Self {
        Self {
            dropout: 0.0,
            bias: true,
            add_bias_kv: false,
            add_zero_attn: false,
            kdim: None,
            vdim: None,
            batch_first: false,
        }
    }
}

/// The weights in front of the heads.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "there is one in a layer, and the matrices are elsewhere")]
pub enum InProjection {
    /// One matrix, where queries, keys and values have one width.
    Packed {
        /// Of queries, keys and values, `[3 · width, width]`.
        in_proj_weight: Param,
    },
    /// Three, where they have not.
    Separate {
        /// `[width, width]`.
        q_proj_weight: Param,
        /// `[width, kdim]`.
        k_proj_weight: Param,
        /// `[width, vdim]`.
        v_proj_weight: Param,
    },
}

params!(enum InProjection { Packed { in_proj_weight }, Separate { q_proj_weight, k_proj_weight, v_proj_weight } });

/// Attention over several heads: `$\mathrm{concat}_h\,(\mathrm{softmax}(Q_h K_h^\top/\sqrt d)\,V_h)\,W_o^\top + b_o$`, where `$Q_h$`, `$K_h$`,
/// `$V_h$` are the h-th parts, of width d, of `$Q W_q^\top + b_q$`, `$K W_k^\top + b_k$`, `$V W_v^\top + b_v$`. As a [`Module`] it is
/// self-attention without a mask: `[time, batch, width]` to the same, or `[batch, time, width]` with `batch_first`.
///
/// ```
/// use gradus_nn::{AttentionOptions, Module, MultiheadAttention};
/// use gradus_tensor::{Tensor, rng};
///
/// let options = AttentionOptions { batch_first: true, ..AttentionOptions::default() };
/// let layer = MultiheadAttention::with_options(6, 2, &options, &mut rng(0)); // 2 heads of width 3
/// assert_eq!(layer.predict(&Tensor::ones([4, 5, 6])).shape()[..], [4, 5, 6]);
/// ```
///
/// # Source
/// Vaswani et al. 2017, section 3.2.2; PyTorch's `nn.MultiheadAttention`.
///
/// # Differs
/// A query that sees no key gives 0, where PyTorch gives NaN if the weights are asked for. The learned key and the key of zeros are
/// seen under `is_causal` too, where PyTorch hides them if no weights are asked for and shows them else.
#[derive(Debug, Clone)]
pub struct MultiheadAttention {
    /// The weights in front of the heads.
    pub in_proj: InProjection,
    /// Of queries, keys and values, `[3 · width]`.
    pub in_proj_bias: Option<Param>,
    /// A learned key behind all others, `[1, 1, width]`.
    pub bias_k: Option<Param>,
    /// Its value, `[1, 1, width]`.
    pub bias_v: Option<Param>,
    /// Behind the heads.
    pub out_proj: Linear,
    /// The number of heads, which divides the width.
    pub num_heads: usize,
    /// The probability of a zero among the weights, while training.
    pub dropout: f64,
    /// Whether a key and a value of zeros stand behind all others.
    pub add_zero_attn: bool,
    /// Whether inputs are `[batch, time, width]`.
    pub batch_first: bool,
    /// Whether queries and keys are turned by their positions; not in PyTorch's layer.
    pub rotary: Option<RotaryPositions>,
}

params!(MultiheadAttention { "": in_proj, in_proj_bias, bias_k, bias_v, out_proj });

impl MultiheadAttention {
    /// With biases, for queries, keys and values of one width, time first; see [`Self::with_options`].
    #[track_caller]
    pub fn new(embed_dim: usize, num_heads: usize, rng: &mut impl rand::Rng) -> Self {
        Self::with_options(embed_dim, num_heads, &AttentionOptions::default(), rng)
    }

    /// As the options say. Weights in front of the heads are Xavier uniform, biases 0, the learned key and value Xavier normal,
    /// `out_proj.weight` as in a [`Linear`]; F32.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    #[track_caller]
    pub fn with_options(
        embed_dim: usize,
        num_heads: usize,
        options: &AttentionOptions,
        rng: &mut impl rand::Rng,
    ) -> Self {
        check_heads(embed_dim, num_heads);
        let packed = checked_product("multihead_attention", &[3, embed_dim]);
        let AttentionOptions { dropout, bias, add_bias_kv, add_zero_attn, kdim, vdim, batch_first } =
            *options;
        let (kdim, vdim) = (kdim.unwrap_or(embed_dim), vdim.unwrap_or(embed_dim));
        let mut matrix = |sizes: [usize; 2]| Param::new(init::xavier_uniform(sizes, Gain::Linear, &mut *rng));
        let in_proj = if kdim == embed_dim && vdim == embed_dim {
            InProjection::Packed { in_proj_weight: matrix([packed, embed_dim]) }
        } else {
            InProjection::Separate {
                q_proj_weight: matrix([embed_dim, embed_dim]),
                k_proj_weight: matrix([embed_dim, kdim]),
                v_proj_weight: matrix([embed_dim, vdim]),
            }
        };
        let zeros = |size: usize| bias.then(|| Param::new(Tensor::zeros(size)));
        let mut learned = || {
            add_bias_kv.then(|| Param::new(init::xavier_normal([1, 1, embed_dim], Gain::Linear, &mut *rng)))
        };
        let (bias_k, bias_v) = (learned(), learned());
        Self {
            in_proj,
            in_proj_bias: zeros(packed),
            bias_k,
            bias_v,
            out_proj: Linear { bias: zeros(embed_dim), ..Linear::new(embed_dim, embed_dim, rng) },
            num_heads,
            dropout,
            add_zero_attn,
            batch_first,
            rotary: None,
        }
    }
}

#[track_caller]
pub(super) fn check_heads(embed_dim: usize, num_heads: usize) {
    assert!(
        num_heads > 0 && embed_dim > 0 && embed_dim.is_multiple_of(num_heads),
        "multihead_attention: the width {embed_dim} does not divide into {num_heads} heads"
    );
}

impl Module for MultiheadAttention {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let how = super::AttendOptions { need_weights: false, ..super::AttendOptions::default() };
        self.attend(x, x, x, &how).0
    }
}
