//! Tables of vectors, recurrent layers, attention and transformers.

use gradus_autograd::Var;
use gradus_nn::{
    AttendOptions, AttentionOptions, Bag, DecoderBlock, DecoderMasks, Embedding, EmbeddingBag, EncoderMasks,
    Gru, GruCell, LayerNorm, Lstm, LstmCell, MultiheadAttention, Nonlinearity, RecurrentOptions, Rnn,
    RnnCell, RotaryPositions, SinusoidalPositions, Transformer, TransformerDecoder, TransformerDecoderLayer,
    TransformerEncoder, TransformerEncoderLayer, TransformerOptions,
};
use gradus_tensor::{DType, Tensor};

use crate::entry::{Entry, called, layer};

pub(crate) fn table() -> Vec<Entry> {
    let mut all = tables();
    all.extend(recurrent());
    all.extend(cells());
    all.extend(attention());
    all.extend(transformers());
    all
}

fn tables() -> Vec<Entry> {
    let bag = |mode| move |rng: &mut _| EmbeddingBag { mode, ..EmbeddingBag::new(5, 3, rng) };
    vec![
        layer("Embedding", &[3, 2], |rng| Embedding::new(5, 3, rng)).indices(5),
        layer("Embedding", &[3, 2], |rng| Embedding { max_norm: Some(9.0), ..Embedding::new(5, 3, rng) })
            .indices(5),
        layer("EmbeddingBag", &[3, 2], bag(Bag::Sum)).indices(5),
        layer("EmbeddingBag", &[3, 2], bag(Bag::Mean)).indices(5),
        layer("EmbeddingBag", &[3, 2], |rng| EmbeddingBag {
            padding_idx: Some(1),
            ..EmbeddingBag::new(5, 3, rng)
        })
        .indices(5),
        layer("EmbeddingBag", &[3, 2], bag(Bag::Max)).indices(5),
    ]
}

fn batch_first() -> RecurrentOptions {
    RecurrentOptions { batch_first: true, ..RecurrentOptions::default() }
}

/// Two layers in both directions.
fn deep() -> RecurrentOptions {
    RecurrentOptions { num_layers: 2, bidirectional: true, ..batch_first() }
}

fn recurrent() -> Vec<Entry> {
    vec![
        layer("Rnn", &[2, 3, 5], |rng| Rnn::with_options(5, 3, &deep(), rng)),
        layer("Rnn", &[2, 3, 5], |rng| Rnn {
            nonlinearity: Nonlinearity::Relu,
            ..Rnn::with_options(5, 3, &RecurrentOptions { bias: false, ..batch_first() }, rng)
        }),
        layer("Lstm", &[2, 3, 5], |rng| Lstm::with_options(5, 3, &deep(), rng)),
        layer("Lstm", &[2, 3, 5], |rng| {
            Lstm::with_options(5, 3, &RecurrentOptions { proj_size: 2, ..batch_first() }, rng)
        }),
        called("Lstm", &[2, 3, 5], |rng| Lstm::with_options(5, 3, &deep(), rng), lengths),
        layer("Gru", &[2, 3, 5], |rng| Gru::with_options(5, 3, &deep(), rng)),
        layer("Gru", &[2, 3, 5], |rng| {
            Gru::with_options(5, 3, &RecurrentOptions { bias: false, ..batch_first() }, rng)
        }),
    ]
}

/// Sequences of two steps and of three in turn; all that a call gives, in a row.
fn lengths<'t>(layer: &Lstm, x: Var<'t>) -> Var<'t> {
    let lengths: Vec<usize> = (0..x.shape()[0]).map(|i| 2 + i % 2).collect();
    let (y, (h, c)) = layer.run_lengths(x, None, &lengths);
    let by_batch = |x: Var<'t>| x.transpose(0, 1).flatten_axes(1, -1);
    Var::cat(&[y.flatten_axes(1, -1), by_batch(h), by_batch(c)], 1)
}

fn cells() -> Vec<Entry> {
    vec![
        called(
            "RnnCell",
            &[2, 5],
            |rng| RnnCell::new(5, 3, rng),
            |cell, x| cell.step(x, Some(cell.step(x, None))),
        ),
        called(
            "LstmCell",
            &[2, 5],
            |rng| LstmCell::new(5, 3, rng),
            |cell, x| {
                let (h, c) = cell.step(x, Some(cell.step(x, None)));
                Var::cat(&[h, c], 1)
            },
        ),
        called(
            "GruCell",
            &[2, 5],
            |rng| GruCell::new(5, 3, rng),
            |cell, x| cell.step(x, Some(cell.step(x, None))),
        ),
    ]
}

fn attention() -> Vec<Entry> {
    let usual = AttentionOptions { batch_first: true, ..AttentionOptions::default() };
    let extra = AttentionOptions { add_bias_kv: true, add_zero_attn: true, ..usual };
    let apart = AttentionOptions { kdim: Some(3), vdim: Some(5), bias: false, ..usual };
    vec![
        layer("MultiheadAttention", &[2, 3, 6], move |rng| {
            MultiheadAttention::with_options(6, 3, &usual, rng)
        }),
        layer("MultiheadAttention", &[2, 3, 8], move |rng| MultiheadAttention {
            rotary: Some(RotaryPositions::default()),
            ..MultiheadAttention::with_options(8, 2, &usual, rng)
        }),
        called(
            "MultiheadAttention",
            &[2, 3, 6],
            move |rng| MultiheadAttention::with_options(6, 2, &extra, rng),
            weights,
        ),
        called(
            "MultiheadAttention",
            &[2, 3, 6],
            move |rng| MultiheadAttention::with_options(6, 2, &apart, rng),
            |layer, x| {
                let (key, value) = (x.narrow(2, 0, 3), x.narrow(2, 1, 5));
                layer.attend(x, key, value, &AttendOptions::default()).0
            },
        ),
        layer("SinusoidalPositions", &[2, 3, 5], |_| SinusoidalPositions::default()),
        layer("RotaryPositions", &[2, 3, 6], |_| RotaryPositions::default()),
        layer("RotaryPositions", &[2, 3, 6], |_| RotaryPositions {
            interleaved: false,
            ..RotaryPositions::default()
        }),
    ]
}

/// Causal and with padding; what is found, beside the weights of each head.
fn weights<'t>(layer: &MultiheadAttention, x: Var<'t>) -> Var<'t> {
    let (batch, tape) = (x.shape()[0], x.tape());
    let padding = Tensor::from([[false, true, false]]).expand([batch, 3]);
    let how = AttendOptions {
        key_padding_mask: Some(tape.constant(padding)),
        is_causal: true,
        average_attn_weights: false,
        ..AttendOptions::default()
    };
    let (y, weights) = layer.attend(x, x, x, &how);
    let weights = weights.expect("they are asked for").flatten_axes(1, -1);
    Var::cat(&[y.flatten_axes(1, -1), weights], 1)
}

fn post_norm() -> TransformerOptions {
    TransformerOptions {
        dim_feedforward: 5,
        batch_first: true,
        activation: |x| x.gelu(),
        ..TransformerOptions::default()
    }
}

fn pre_norm() -> TransformerOptions {
    TransformerOptions { norm_first: true, bias: false, activation: |x| x.relu(), ..post_norm() }
}

/// Later places hidden.
fn causal<'t>(x: Var<'t>) -> Var<'t> {
    let time = x.shape()[1];
    x.tape().constant(Tensor::tri(time, time, 0).to(DType::Bool).logical_not())
}

fn transformers() -> Vec<Entry> {
    vec![
        layer("TransformerEncoderLayer", &[2, 3, 6], |rng| {
            TransformerEncoderLayer::with_options(6, 2, &post_norm(), rng)
        }),
        called(
            "TransformerEncoderLayer",
            &[2, 3, 6],
            |rng| TransformerEncoderLayer::with_options(6, 2, &pre_norm(), rng),
            |layer, x| layer.encode(x, &EncoderMasks { mask: Some(causal(x)), ..EncoderMasks::default() }),
        ),
        called(
            "TransformerDecoderLayer",
            &[2, 3, 6],
            |rng| TransformerDecoderLayer::with_options(6, 2, &post_norm(), rng),
            |layer, x| layer.decode(x, x.tanh(), &DecoderMasks::default()),
        ),
        called(
            "TransformerDecoderLayer",
            &[2, 3, 6],
            |rng| TransformerDecoderLayer::with_options(6, 2, &pre_norm(), rng),
            |layer, x| {
                let masks = DecoderMasks {
                    tgt_is_causal: true,
                    memory_mask: Some(causal(x)),
                    ..DecoderMasks::default()
                };
                layer.decode(x, x.tanh(), &masks)
            },
        ),
        layer("TransformerEncoder", &[2, 3, 6], |rng| {
            let new = TransformerEncoder::new(6, 2, 2, &pre_norm(), rng);
            TransformerEncoder { norm: Some(LayerNorm::new(6)), ..new }
        }),
        called(
            "TransformerDecoder",
            &[2, 3, 6],
            |rng| TransformerDecoder::new(6, 2, 2, &pre_norm(), rng),
            |layer, x| layer.decode(x, x.tanh(), &DecoderMasks::default()),
        ),
        called(
            "Transformer",
            &[2, 3, 6],
            |rng| Transformer::with_options(6, 2, (1, 1), &post_norm(), rng),
            |model, x| model.run(x, x.sin(), &EncoderMasks::default(), &DecoderMasks::default()),
        ),
        layer("DecoderBlock", &[2, 3, 6], |rng| DecoderBlock::new(6, 2, rng)),
    ]
}
