//! W5, W6, W7: training steps of a convolutional network, a transformer and an LSTM; W5x, W6x, W7x: the same at odd sizes.

use std::time::Instant;

use gradus::autograd::ops::{Attention, ConvOptions, Pool};
use gradus::autograd::{Mode, Param, Tape, TensorExt, Var, params};
use gradus::nn::{BatchNorm, LayerNorm, Linear, Lstm, Module, RecurrentLayer, RecurrentWeights};
use gradus::optim::{Adam, AdamW, Optimizer};
use gradus::tensor::Tensor;

use crate::common::{Times, emit, labels, time, training_for, utensor, weight};

/// A linear layer whose numbers run over `[in, out]`, as all peers have them.
fn linear(inputs: usize, outputs: usize, seed: u32) -> Linear {
    let weight = weight(inputs, outputs, seed).t().copied();
    Linear { weight: Param::new(weight), bias: Some(Param::new(Tensor::zeros(outputs))) }
}

/// A convolution, its normalisation if it has one, ReLU, and halving by maxima if it does that.
#[derive(Debug)]
struct Stage {
    weight: Param,
    bias: Param,
    norm: Option<BatchNorm>,
    how: ConvOptions,
    halves: bool,
}
params!(Stage { weight, bias, norm });

#[derive(Debug)]
struct Cnn {
    stages: Vec<Stage>,
    hidden: Linear,
    out: Linear,
}
params!(Cnn { stages, hidden, out });

/// What differs between the convolutional networks.
struct CnnSize {
    batch: usize,
    channels: usize,
    side: usize,
    kernel: usize,
    stride: usize,
    norm: bool,
}

const W5: CnnSize = CnnSize { batch: 64, channels: 1, side: 28, kernel: 3, stride: 1, norm: false };

impl Cnn {
    fn new(size: &CnnSize) -> Self {
        let stage = |(l, channels): (usize, &[usize])| {
            let (inputs, outputs, k) = (channels[0], channels[1], size.kernel);
            let scale = (1.0 / ((inputs * k * k) as f64).sqrt()) as f32;
            Stage {
                weight: Param::new(utensor([outputs, inputs, k, k], l as u32, scale)),
                bias: Param::new(Tensor::zeros(outputs)),
                norm: size.norm.then(|| BatchNorm::new(outputs)),
                how: ConvOptions {
                    stride: vec![size.stride],
                    padding: vec![k / 2].into(),
                    ..ConvOptions::default()
                },
                halves: size.stride == 1,
            }
        };
        let stages = [size.channels, 16, 32].windows(2).enumerate().map(stage).collect();
        let places = (size.side / 4) * (size.side / 4);
        Self { stages, hidden: linear(32 * places, 128, 2), out: linear(128, 10, 3) }
    }

    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let tape = x.tape();
        let x = self.stages.iter().fold(x, |x, stage| {
            let y = x.conv(tape.param(&stage.weight), Some(tape.param(&stage.bias)), &stage.how);
            let y = stage.norm.as_ref().map_or(y, |norm| norm.forward(y)).relu();
            if stage.halves { y.max_pool(&Pool::of(2)).0 } else { y }
        });
        self.out.forward(self.hidden.forward(x.flatten_axes(1, -1)).relu())
    }
}

/// A training step on so many of the images, at most `size.batch`.
fn cnn_step(size: &CnnSize) -> impl FnMut(usize) -> f64 + use<> {
    let mut model = Cnn::new(size);
    let shape = [size.batch, size.channels, size.side, size.side];
    let x = (&utensor(shape, 1006, 1.0) + 1.0) * 0.5;
    let y = labels(size.batch, 1007, 10);
    let mut optimizer = Optimizer::new(Adam::default(), 1e-3);
    move |batch| {
        let (x, y) = (x.narrow(0, 0, batch), y.narrow(0, 0, batch));
        optimizer.training_step(&mut model, |model, tape| model.forward(tape.constant(&x)).cross_entropy(&y))
    }
}

fn cnn(name: &str, seconds: f64, size: &CnnSize) {
    let mut step = cnn_step(size);
    training_for(name, seconds, 1.0, || step(size.batch));
}

/// A convolutional network on 28×28 images, batch 64, Adam.
pub(crate) fn w5() {
    cnn("W5", 4.0, &W5);
}

/// Odd batches, kernels of 5×5 with stride 2, colour images with batch normalisation.
pub(crate) fn w5x() {
    let colour = CnnSize { channels: 3, side: 32, norm: true, ..W5 };
    cnn("W5_batch7", 1.5, &CnnSize { batch: 7, ..W5 });
    cnn("W5_batch37", 1.5, &CnnSize { batch: 37, ..W5 });
    cnn("W5_5x5s2", 1.5, &CnnSize { kernel: 5, stride: 2, ..W5 });
    cnn("W5_colour7", 1.5, &CnnSize { batch: 7, ..colour });
    cnn("W5_colour", 1.5, &colour);
}

/// A block of a pre-norm transformer.
#[derive(Debug)]
struct Block {
    ln1: LayerNorm,
    qkv: Linear,
    proj: Linear,
    ln2: LayerNorm,
    fc1: Linear,
    fc2: Linear,
    heads: usize,
}
params!(Block { ln1, qkv, proj, ln2, fc1, fc2 });

impl Block {
    fn new(l: u32, d: usize, heads: usize) -> Self {
        Self {
            ln1: LayerNorm::new(d),
            qkv: linear(d, 3 * d, 10 * l + 10),
            proj: linear(d, d, 10 * l + 11),
            ln2: LayerNorm::new(d),
            fc1: linear(d, 4 * d, 10 * l + 12),
            fc2: linear(4 * d, d, 10 * l + 13),
            heads,
        }
    }

    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let [b, t, d] = x.shape()[..] else { unreachable!("[batch, places, width]") };
        let split = |x: Var<'t>| x.reshape([b, t, self.heads, d / self.heads]).transpose(1, 2);
        let parts = self.qkv.forward(self.ln1.forward(x)).chunks(-1, 3);
        let how = Attention { causal: true, ..Attention::default() };
        let seen = split(parts[0]).attention(split(parts[1]), split(parts[2]), &how);
        let x = x + self.proj.forward(seen.transpose(1, 2).reshape([b, t, d]));
        x + self.fc2.forward(self.fc1.forward(self.ln2.forward(x)).gelu())
    }
}

#[derive(Debug)]
struct Transformer {
    tokens: Param,
    places: Param,
    blocks: Vec<Block>,
    norm: LayerNorm,
    head: Linear,
}
params!(Transformer { tokens, places, blocks, norm, head });

impl Transformer {
    fn new(d: usize, heads: usize, context: usize) -> Self {
        Self {
            tokens: Param::new(utensor([65, d], 0, 0.1)),
            places: Param::new(utensor([context, d], 1, 0.1)),
            blocks: (0..4).map(|l| Block::new(l, d, heads)).collect(),
            norm: LayerNorm::new(d),
            head: linear(d, 65, 2),
        }
    }

    /// The logits of all places as rows.
    fn forward<'t>(&self, tape: &'t gradus::autograd::Tape, x: &Tensor) -> Var<'t> {
        let rows = x.elements();
        let x = tape.param(&self.tokens).embedding(x, None) + tape.param(&self.places);
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x));
        self.head.forward(self.norm.forward(x)).reshape([rows, 65])
    }
}

/// A training step on so many of the sequences, at most `batch`.
fn transformer_step(batch: usize, d: usize, heads: usize) -> impl FnMut(usize) -> f64 {
    let context = 64;
    let mut model = Transformer::new(d, heads, context);
    let (x, y) = (labels(batch * context, 1008, 65), labels(batch * context, 1009, 65));
    let x = x.reshape([batch, context]);
    let mut optimizer = Optimizer::new(AdamW { weight_decay: 0.01, ..AdamW::default() }, 1e-3);
    move |batch| {
        let (x, y) = (x.narrow(0, 0, batch), y.narrow(0, 0, batch * context));
        optimizer.training_step(&mut model, |model, tape| model.forward(tape, &x).cross_entropy(&y))
    }
}

fn transformer(name: &str, seconds: f64, batch: usize, d: usize, heads: usize) {
    let mut step = transformer_step(batch, d, heads);
    training_for(name, seconds, (batch * 64) as f64, || step(batch));
}

/// Steps whose sizes change, beside the page faults of one step in the last quarter: many batch sizes, and three models in turn.
pub(crate) fn varying() {
    let colour = CnnSize { channels: 3, side: 32, norm: true, ..W5 };
    let mut many = cnn_step(&colour);
    faults("varying_batches", 64, |i| many(64 - i * 7 % 32));
    let (mut first, mut second, mut third) = (cnn_step(&W5), transformer_step(37, 96, 3), cnn_step(&colour));
    faults("varying_models", 48, |i| match i % 3 {
        0 => first(64),
        1 => second(37),
        _ => third(64),
    });
}

/// Prints the median time of all steps, and the page faults of a step in the first and in the last quarter.
fn faults(name: &str, steps: usize, mut step: impl FnMut(usize) -> f64) {
    let (mut times, mut marks) = (vec![], vec![page_faults()]);
    for i in 0..steps {
        let start = Instant::now();
        step(i);
        times.push(start.elapsed().as_secs_f64());
        marks.push(page_faults());
    }
    times.sort_by(f64::total_cmp);
    let times = Times { median: times[steps / 2], least: times[0], calls: steps };
    let of_step =
        |quarter: usize| (marks[(quarter + 1) * steps / 4] - marks[quarter * steps / 4]) * 4 / steps;
    let extra = format!("\"faults_first\":{},\"faults_last\":{}", of_step(0), of_step(3));
    emit(name, &times, 1.0, &extra);
}

/// Page faults of this process so far; 0 where the system does not tell.
fn page_faults() -> usize {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(7).next().and_then(|n| n.parse().ok()).unwrap_or_default()
}

/// Convolutions alone: without and with their gradients.
pub(crate) fn convolutions() {
    for (name, x, outputs, k, stride) in [
        ("3x3", [64, 16, 14, 14], 32, 3, 1),
        ("5x5s2", [64, 16, 14, 14], 32, 5, 2),
        ("3x3_wide", [16, 64, 28, 28], 64, 3, 1),
    ] {
        let how = ConvOptions { stride: vec![stride], padding: vec![k / 2].into(), ..ConvOptions::default() };
        let (x, w, b) =
            (utensor(x, 1, 1.0), utensor([outputs, x[1], k, k], 2, 0.1), utensor([outputs], 3, 0.1));
        let t = time(3, 7, 1.0, || {
            let tape = Tape::with_mode(Mode::Inference);
            let y = tape.constant(&x).conv(tape.constant(&w), Some(tape.constant(&b)), &how);
            std::hint::black_box(y.value());
        });
        emit(&format!("conv_{name}_f"), &t, 1.0, "");
        let d = Tensor::ones(x.conv(&w, Some(&b), &how).shape());
        let t = time(3, 7, 1.0, || {
            let gradients = gradus::autograd::value_and_grad(|tape| {
                let [x, w, b] = [&x, &w, &b].map(|value| tape.var(value));
                (x.conv(w, Some(b), &how) * tape.constant(&d)).sum()
            });
            std::hint::black_box(gradients);
        });
        emit(&format!("conv_{name}_fb"), &t, 1.0, "");
    }
}

/// A transformer of characters: 4 blocks, width 128, 4 heads, context 64, batch 16, AdamW.
pub(crate) fn w6() {
    transformer("W6", 4.0, 16, 128, 4);
}

/// Width 96 with 3 heads, odd batches.
pub(crate) fn w6x() {
    transformer("W6_96x3_batch7", 1.5, 7, 96, 3);
    transformer("W6_96x3_batch37", 1.5, 37, 96, 3);
}

#[derive(Debug)]
struct Classifier {
    lstm: Lstm,
    out: Linear,
}
params!(Classifier { lstm, out });

impl Classifier {
    /// With one bias, as all peers have it.
    fn new(inputs: usize, hidden: usize) -> Self {
        let forward = RecurrentWeights {
            weight_ih: Param::new(weight(inputs, 4 * hidden, 0).t().copied()),
            weight_hh: Param::new(weight(hidden, 4 * hidden, 1).t().copied()),
            bias_ih: Some(Param::new(Tensor::zeros(4 * hidden))),
            bias_hh: None,
            weight_hr: None,
        };
        let layers = vec![RecurrentLayer { forward, reverse: None }];
        Self { lstm: Lstm { layers, batch_first: false, dropout: 0.0 }, out: linear(hidden, 10, 2) }
    }

    /// From `[steps, batch, inputs]`.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.out.forward(self.lstm.run(x, None).0.select(0, -1))
    }
}

fn lstm(name: &str, seconds: f64, batch: usize, hidden: usize) {
    let mut model = Classifier::new(64, hidden);
    let x = utensor([batch, 32, 64], 1010, 1.0).transpose(0, 1).copied();
    let y = labels(batch, 1011, 10);
    let mut optimizer = Optimizer::new(Adam::default(), 1e-3);
    training_for(name, seconds, 1.0, || {
        optimizer.training_step(&mut model, |model, tape| model.forward(tape.constant(&x)).cross_entropy(&y))
    });
}

/// An LSTM with 128 hidden numbers over 32 steps of 64, batch 32, Adam.
pub(crate) fn w7() {
    lstm("W7", 4.0, 32, 128);
}

/// 75 hidden numbers, odd batches.
pub(crate) fn w7x() {
    lstm("W7_75_batch7", 1.5, 7, 75);
    lstm("W7_75_batch37", 1.5, 37, 75);
}
