//! Attention and transformers.

use gradus_autograd::Var;
use gradus_nn::{
    Activation, AttendOptions, AttentionOptions, DecoderMasks, EncoderMasks, MultiheadAttention, Transformer,
    TransformerDecoderLayer, TransformerEncoderLayer, TransformerOptions,
};
use gradus_tensor::rng;

use super::given::{Call, Options};
use super::{Class, with};

const LAYER: &str =
    "d_model nhead dim_feedforward dropout activation layer_norm_eps batch_first norm_first bias";

pub(super) const CLASSES: &[Class] = &[
    (
        "MultiheadAttention",
        "embed_dim num_heads dropout bias add_bias_kv add_zero_attn kdim vdim batch_first",
        |o| {
            let width = |name: &str| o.get(name).map(|_| o.size(name, 1));
            let options = AttentionOptions {
                dropout: o.number("dropout", 0.0),
                bias: o.flag("bias", true),
                add_bias_kv: o.flag("add_bias_kv", false),
                add_zero_attn: o.flag("add_zero_attn", false),
                kdim: width("kdim"),
                vdim: width("vdim"),
                batch_first: o.flag("batch_first", false),
            };
            let (width, heads) = (o.size("embed_dim", 1), o.size("num_heads", 1));
            let layer = MultiheadAttention::with_options(width, heads, &options, &mut rng(0));
            Ok(with(layer, |layer, call| {
                let how = AttendOptions {
                    attn_mask: mask(call, "attn_mask")?,
                    key_padding_mask: mask(call, "key_padding_mask")?,
                    is_causal: call.options.flag("is_causal", false),
                    need_weights: call.options.flag("need_weights", true),
                    average_attn_weights: call.options.flag("average_attn_weights", true),
                };
                let (y, weights) = layer.attend(call.input(0)?, call.input(1)?, call.input(2)?, &how);
                Ok([Some(y), weights].into_iter().flatten().collect())
            }))
        },
    ),
    ("TransformerEncoderLayer", LAYER, |o| {
        let (width, heads) = (o.size("d_model", 1), o.size("nhead", 1));
        let layer = TransformerEncoderLayer::with_options(width, heads, &options(o)?, &mut rng(0));
        Ok(with(layer, |layer, call| Ok(vec![layer.encode(call.input(0)?, &encoder(call, "is_causal")?)])))
    }),
    ("TransformerDecoderLayer", LAYER, |o| {
        let (width, heads) = (o.size("d_model", 1), o.size("nhead", 1));
        let layer = TransformerDecoderLayer::with_options(width, heads, &options(o)?, &mut rng(0));
        Ok(with(layer, |layer, call| Ok(vec![layer.decode(call.input(0)?, call.input(1)?, &decoder(call)?)])))
    }),
    (
        "Transformer",
        "d_model nhead num_encoder_layers num_decoder_layers dim_feedforward dropout activation custom_encoder \
         custom_decoder layer_norm_eps batch_first norm_first bias",
        |o| {
            let (width, heads) = (o.size("d_model", 512), o.size("nhead", 8));
            let depth = (o.size("num_encoder_layers", 6), o.size("num_decoder_layers", 6));
            let layer = Transformer::with_options(width, heads, depth, &options(o)?, &mut rng(0));
            Ok(with(layer, |layer, call| {
                let (src, tgt) = (encoder(call, "src_is_causal")?, decoder(call)?);
                Ok(vec![layer.run(call.input(0)?, call.input(1)?, &src, &tgt)])
            }))
        },
    ),
];

fn options(o: &Options<'_>) -> Result<TransformerOptions, String> {
    let activation: Activation = match o.text("activation", "relu") {
        "relu" => |x| x.relu(),
        "gelu" => |x| x.gelu(),
        other => return Err(format!("unsupported: {} with the activation {other}", o.module)),
    };
    Ok(TransformerOptions {
        dim_feedforward: o.size("dim_feedforward", 2048),
        dropout: o.number("dropout", 0.1),
        activation,
        layer_norm_eps: o.number("layer_norm_eps", 1e-5),
        batch_first: o.flag("batch_first", false),
        norm_first: o.flag("norm_first", false),
        bias: o.flag("bias", true),
    })
}

fn mask<'t>(call: &Call<'_, 't>, name: &str) -> Result<Option<Var<'t>>, String> {
    Ok(call.options.tensor(name)?.map(|mask| call.tape.constant(mask)))
}

fn encoder<'t>(call: &Call<'_, 't>, is_causal: &str) -> Result<EncoderMasks<'t>, String> {
    Ok(EncoderMasks {
        mask: mask(call, "src_mask")?,
        key_padding_mask: mask(call, "src_key_padding_mask")?,
        is_causal: call.options.flag(is_causal, false),
    })
}

fn decoder<'t>(call: &Call<'_, 't>) -> Result<DecoderMasks<'t>, String> {
    Ok(DecoderMasks {
        tgt_mask: mask(call, "tgt_mask")?,
        memory_mask: mask(call, "memory_mask")?,
        tgt_key_padding_mask: mask(call, "tgt_key_padding_mask")?,
        memory_key_padding_mask: mask(call, "memory_key_padding_mask")?,
        tgt_is_causal: call.options.flag("tgt_is_causal", false),
        memory_is_causal: call.options.flag("memory_is_causal", false),
    })
}
