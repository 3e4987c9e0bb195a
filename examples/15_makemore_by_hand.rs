//! Backpropagation by hand: the slopes of a network with batch normalisation and cross-entropy, written out, laid beside those
//! of the tape; then the network is trained by them alone.

#[path = "common/makemore.rs"]
mod makemore;
#[path = "common/published.rs"]
mod published;
#[path = "common/python_random.rs"]
mod python_random;

use gradus::prelude::*;
use gradus::tensor::REST;
use makemore::LETTERS;
use published::Published;

const BLOCK: usize = 3;
const WIDTH: usize = 10;
const EPS: f64 = 1e-5;

/// Letters, weights and biases of two layers, gain and shift of the normalisation. Nothing begins at 0 or 1, where a wrong
/// slope could look right.
fn start(hidden: usize, rng: &mut Rng) -> [Tensor; 7] {
    let inputs = BLOCK * WIDTH;
    let mut normal = |shape: &[usize], mean: f64, std: f64| Tensor::normal(shape, mean, std, rng);
    [
        normal(&[LETTERS, WIDTH], 0.0, 1.0),
        normal(&[inputs, hidden], 0.0, 5.0 / 3.0 / (inputs as f64).sqrt()),
        normal(&[hidden], 0.0, 0.1),
        normal(&[hidden, LETTERS], 0.0, 0.1),
        normal(&[LETTERS], 0.0, 0.1),
        normal(&[hidden], 1.0, 0.1),
        normal(&[hidden], 0.0, 0.1),
    ]
}

/// The vectors of a context's letters in a row.
fn vectors(letters: &Tensor, data: &Dataset) -> Tensor {
    letters.index_select(0, &data.inputs.flatten()).reshape([data.len(), BLOCK * WIDTH])
}

/// Loss and slopes, from the last line back to the first.
fn by_hand([letters, w1, b1, w2, b2, gain, shift]: &[Tensor; 7], batch: &Dataset) -> (f64, [Tensor; 7]) {
    let n = batch.len() as f64;
    let x = vectors(letters, batch);
    let sums = x.matmul(w1) + b1;
    let mean = sums.mean_keep(0);
    let scale = (sums.var_keep(0, 1) + EPS).powf(-0.5);
    let normed = (&sums - &mean) * &scale;
    let h = (gain * &normed + shift).tanh();
    let logits = h.matmul(w2) + b2;
    let loss = logits.cross_entropy(&batch.labels).item();

    // Cross-entropy: what was said, minus what came.
    let d_logits = (logits.softmax(1) - Tensor::one_hot(&batch.labels, LETTERS).to(logits.dtype())) / n;
    let (d_w2, d_b2) = (h.t().matmul(&d_logits), d_logits.sum_axes(0));
    // tanh' = 1 - tanh².
    let d_shifted = d_logits.matmul(&w2.t()) * (1.0 - h.square());
    let (d_gain, d_shift) = ((&d_shifted * &normed).sum_axes(0), d_shifted.sum_axes(0));
    // Mean and variance depend on every row, so each row gets its share of what the others get.
    let among = &normed * (&d_gain * (n / (n - 1.0)));
    let d_sums = (&d_shifted * n - &d_shift - among) * (gain * &scale / n);
    let (d_w1, d_b1) = (x.t().matmul(&d_sums), d_sums.sum_axes(0));
    // A letter that stands at several places gets the sum.
    let d_x = d_sums.matmul(&w1.t()).reshape([REST, WIDTH]);
    let d_letters = letters.zeros_like().index_add(0, &batch.inputs.flatten(), &d_x);
    (loss, [d_letters, d_w1, d_b1, d_w2, d_b2, d_gain, d_shift])
}

/// The largest difference between the slopes by hand and the tape's.
fn difference(params: &[Tensor; 7], batch: &Dataset) -> f64 {
    let lifted: Vec<Param> = params.iter().map(Param::new).collect();
    let (_, slopes) = value_and_grad(|tape| {
        let [letters, w1, b1, w2, b2, gain, shift] = [0, 1, 2, 3, 4, 5, 6].map(|i| tape.param(&lifted[i]));
        let x = letters.embedding(&batch.inputs, None).flatten_axes(1, 2);
        let sums = x.matmul(w1) + b1;
        let normed = (sums - sums.mean_keep(0)) / (sums.var_keep(0, 1) + EPS).sqrt();
        ((gain * normed + shift).tanh().matmul(w2) + b2).cross_entropy(&batch.labels)
    });
    let (_, hand) = by_hand(params, batch);
    let tape = lifted.iter().map(|param| slopes.get(param).expect("every parameter has a slope"));
    tape.zip(&hand).map(|(tape, hand)| (tape - hand).abs().max().item()).fold(0.0, f64::max)
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
    let mut generator = rng(0);
    let batch = makemore::batches(&training, 1, &mut generator).next().expect("one batch");
    let params = start(64, &mut generator);
    let exact = difference(&params.each_ref().map(|param| param.to(DType::F64)), &batch);
    let single = difference(&params, &batch);
    println!(
        "largest difference to the tape's slopes: {single:.1e} in f32 (published 5e-9), {exact:.1e} in f64\n"
    );
    assert!(exact < 1e-15, "a slope by hand is wrong");

    let mut params = start(200, &mut generator);
    println!("{} parameters", params.iter().map(Tensor::elements).sum::<usize>());
    let (steps, mut losses) = (if run.quick { 300 } else { 200_000 }, Vec::new());
    for (step, batch) in makemore::batches(&training, steps, &mut generator).enumerate() {
        let (loss, slopes) = by_hand(&params, &batch);
        let rate = if step < steps / 2 { 0.1 } else { 0.01 };
        params.iter_mut().zip(&slopes).for_each(|(param, slope)| *param = &*param - slope * rate);
        losses.push(loss);
    }
    println!("training {:.4}", loss(&params, &training, &training));
    run.row("validation loss", "2.1099", &[loss(&params, &training, &validation)]);
    run.falls("the loss", losses[0], losses[steps - 10..].iter().sum::<f64>() / 10.0);
    run.done();
}
