//! Backpropagation by hand: the slopes of a network with batch normalisation and cross-entropy, written out, laid beside those
//! of the tape; then the network is trained by them alone.

#[path = "common/makemore.rs"]
mod makemore;
#[path = "common/published.rs"]
mod published;
#[path = "common/python_random.rs"]
mod python_random;
#[path = "common/torch_random.rs"]
mod torch_random;

use gradus::prelude::*;
use gradus::tensor::REST;
use makemore::{LECTURE, LETTERS};
use published::Published;
use torch_random::TorchRandom;

const BLOCK: usize = 3;
const WIDTH: usize = 10;
const EPS: f64 = 1e-5;

/// Letters, weights and biases of two layers, with the lecture's numbers, gain and shift of the normalisation. Nothing begins at 0
/// or 1, where a wrong slope could look right. (Gain and shift came from a generator without a seed.)
fn start(hidden: usize, generator: &mut TorchRandom, unknown: &mut TorchRandom) -> [Tensor; 7] {
    let inputs = BLOCK * WIDTH;
    let letters = generator.randn(&[LETTERS, WIDTH]);
    let w1 = generator.randn(&[inputs, hidden]) * (5.0 / 3.0 / (inputs as f64).sqrt());
    let mut tenth = |shape: &[usize]| generator.randn(shape) * 0.1;
    let (b1, w2, b2) = (tenth(&[hidden]), tenth(&[hidden, LETTERS]), tenth(&[LETTERS]));
    let (gain, shift) = (unknown.randn(&[hidden]) * 0.1 + 1.0, unknown.randn(&[hidden]) * 0.1);
    [letters, w1, b1, w2, b2, gain, shift]
}

/// The vectors of a context's letters in a row.
fn vectors(letters: &Tensor, data: &Dataset) -> Tensor {
    letters.index_select(0, &data.inputs.flatten()).reshape([data.len(), BLOCK * WIDTH])
}

/// The loss and its slopes in the parameters and in the logits, from the last line back to the first.
fn by_hand(params: &[Tensor; 7], batch: &Dataset) -> (f64, [Tensor; 7], Tensor) {
    let [letters, w1, b1, w2, b2, gain, shift] = params;
    let n = batch.len() as f64;
    let x = vectors(letters, batch);
    let sums = x.matmul(w1) + b1;
    let scale = (sums.var_keep(0, 1) + EPS).powf(-0.5);
    let normed = (&sums - sums.mean_keep(0)) * &scale;
    let h = (gain * &normed + shift).tanh();
    let logits = h.matmul(w2) + b2;
    let loss = logits.cross_entropy(&batch.labels).item();

    // Cross-entropy: what was said, minus what came.
    let d_logits = (logits.softmax(1) - Tensor::one_hot(&batch.labels, LETTERS).to(logits.dtype())) / n;
    let (d_w2, d_b2) = (h.t().matmul(&d_logits), d_logits.sum_axes(0));
    let d_shifted = d_logits.matmul(&w2.t()) * (1.0 - h.square()); // tanh' = 1 - tanh²
    let (d_gain, d_shift) = ((&d_shifted * &normed).sum_axes(0), d_shifted.sum_axes(0));
    // Mean and variance depend on every row, so each row gets its share of what the others get.
    let among = &normed * (&d_gain * (n / (n - 1.0)));
    let d_sums = (&d_shifted * n - &d_shift - among) * (gain * &scale / n);
    let (d_w1, d_b1) = (x.t().matmul(&d_sums), d_sums.sum_axes(0));
    let d_x = d_sums.matmul(&w1.t()).reshape([REST, WIDTH]);
    let d_letters = letters.zeros_like().index_add(0, &batch.inputs.flatten(), &d_x); // sums over places
    (loss, [d_letters, d_w1, d_b1, d_w2, d_b2, d_gain, d_shift], d_logits)
}

/// The largest differences between the slopes by hand and the tape's: of the parameters, and of the logits.
fn difference(params: &[Tensor; 7], batch: &Dataset) -> [f64; 2] {
    let lifted: Vec<Param> = params.iter().map(Param::new).collect();
    let nudge = Param::new(Tensor::zeros([batch.len(), LETTERS]).to(params[0].dtype()));
    let (_, slopes) = value_and_grad(|tape| {
        let [letters, w1, b1, w2, b2, gain, shift] = [0, 1, 2, 3, 4, 5, 6].map(|i| tape.param(&lifted[i]));
        let sums = letters.embedding(&batch.inputs, None).flatten_axes(1, 2).matmul(w1) + b1;
        let normed = (sums - sums.mean_keep(0)) / (sums.var_keep(0, 1) + EPS).sqrt();
        let logits = (gain * normed + shift).tanh().matmul(w2) + b2 + tape.param(&nudge);
        logits.cross_entropy(&batch.labels)
    });
    let (_, hand, d_logits) = by_hand(params, batch);
    let of = |param, hand: &Tensor| (slopes.get(param).expect("a slope") - hand).abs().max().item();
    let largest = lifted.iter().zip(&hand).map(|(param, hand)| of(param, hand)).max_by(f64::total_cmp);
    [largest.expect("seven"), of(&nudge, &d_logits)]
}

/// The loss by the statistics of the training set.
fn loss([letters, w1, b1, w2, b2, gain, shift]: &[Tensor; 7], training: &Dataset, data: &Dataset) -> f64 {
    let sums = |data: &Dataset| vectors(letters, data).matmul(w1) + b1;
    let all = sums(training);
    let normed = (sums(data) - all.mean_keep(0)) / (all.var_keep(0, 1) + EPS).sqrt();
    ((gain * normed + shift).tanh().matmul(w2) + b2).cross_entropy(&data.labels).item()
}

fn main() {
    let run = Published::new("makemore, part 4: backpropagation by hand", makemore::SOURCE, 1);
    let Some(names) = makemore::names() else { return };
    let [training, validation] = names.parts(BLOCK);
    let mut generator = TorchRandom::new(LECTURE);
    let params = start(64, &mut generator, &mut TorchRandom::new(0));
    let batch = makemore::batches(&training, 1, &mut generator).next().expect("one batch");
    let [exact, _] = difference(&params.each_ref().map(|param| param.to(DType::F64)), &batch);
    let [single, logits] = difference(&params, &batch);
    println!("largest differences to the tape: {single:.1e} in f32, {exact:.1e} in f64\n");
    run.row("slope of a logit, in 1e-9", "5", &[1e9 * logits]);
    assert!(exact < 1e-15 && logits < 1e-8, "a slope by hand is wrong");

    let mut found = Vec::new();
    for seed in 0..run.seeds {
        let mut generator = TorchRandom::new(LECTURE);
        let mut params = start(200, &mut generator, &mut TorchRandom::new(seed as u32));
        let (steps, mut losses) = (if run.quick { 300 } else { 200_000 }, Vec::new());
        for (step, batch) in makemore::batches(&training, steps, &mut generator).enumerate() {
            let (loss, slopes, _) = by_hand(&params, &batch);
            let rate = if step < steps / 2 { 0.1 } else { 0.01 };
            params.iter_mut().zip(&slopes).for_each(|(param, slope)| *param = &*param - slope * rate);
            losses.push(loss);
        }
        run.falls("the loss", losses[0], losses[steps - 10..].iter().sum::<f64>() / 10.0);
        found.push(loss(&params, &training, &validation));
    }
    run.row("validation loss", "2.1099", &found);
    run.done();
}
