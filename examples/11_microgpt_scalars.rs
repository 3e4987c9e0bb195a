//! microgpt with scalars: each of 4,192 weights is a variable of its own, and the tape holds every product and every sum.
//!
//! The log and the 20 names equal the published ones byte for byte: the names are shuffled, the weights drawn and the samples
//! chosen as Python does it, and the sums run from left to right. The same model with matrices is the next example.

#[path = "common/microgpt.rs"]
mod microgpt;
#[path = "common/microgpt_shapes.rs"]
mod microgpt_shapes;
#[path = "common/published.rs"]
mod published;
#[path = "common/python_random.rs"]
mod python_random;

use gradus::prelude::*;
use microgpt_shapes::{HEADS, SHAPES, STEPS, WIDTH};

type Scalars<'t> = Vec<Var<'t>>;

/// `Σ aᵢ bᵢ`.
fn dot<'t>(a: &[Var<'t>], b: &[Var<'t>]) -> Var<'t> {
    a.iter().zip(b).map(|(&a, &b)| a * b).sum()
}

/// A matrix times a vector: a row for each output.
fn linear<'t>(x: &[Var<'t>], rows: &[Scalars<'t>]) -> Scalars<'t> {
    rows.iter().map(|row| dot(row, x)).collect()
}

/// `eˣ / Σ eˣ`, shifted by the greatest so that nothing overflows.
fn softmax<'t>(x: &[Var<'t>]) -> Scalars<'t> {
    let most = x.iter().map(|x| x.item()).fold(f64::NEG_INFINITY, f64::max);
    let powers: Scalars = x.iter().map(|&x| (x - most).exp()).collect();
    let total: Var = powers.iter().copied().sum();
    powers.into_iter().map(|power| power / total).collect()
}

/// Divided by the root of the mean square.
fn rms_norm<'t>(x: &[Var<'t>]) -> Scalars<'t> {
    let scale = (dot(x, x) / x.len() as f64 + 1e-5).powf(-0.5);
    x.iter().map(|&x| x * scale).collect()
}

/// Number by number.
fn add<'t>(a: &[Var<'t>], b: &[Var<'t>]) -> Scalars<'t> {
    a.iter().zip(b).map(|(&a, &b)| a + b).collect()
}

/// The weights as scalars on a tape, and the keys and values of the letters so far.
struct Gpt<'t> {
    matrices: [Vec<Scalars<'t>>; 9],
    seen: Vec<[Scalars<'t>; 2]>,
}

impl<'t> Gpt<'t> {
    fn new(scalars: &[Var<'t>]) -> Self {
        let mut scalars = scalars.iter().copied();
        let mut matrix = |[rows, columns]: [usize; 2]| -> Vec<Scalars> {
            (0..rows).map(|_| scalars.by_ref().take(columns).collect()).collect()
        };
        Self { matrices: SHAPES.map(&mut matrix), seen: vec![] }
    }

    /// The scores of the letter after this one.
    fn scores(&mut self, letter: usize) -> Scalars<'t> {
        let [letters, places, back, query, key, value, found, inner, outer] = &self.matrices;
        let x = rms_norm(&add(&letters[letter], &places[self.seen.len()]));
        let normed = rms_norm(&x);
        let q = linear(&normed, query);
        self.seen.push([linear(&normed, key), linear(&normed, value)]);
        let mut heads = Vec::new();
        for (h, q) in q.chunks(WIDTH / HEADS).enumerate() {
            let (part, root) = (h * q.len()..(h + 1) * q.len(), (q.len() as f64).sqrt());
            let scores = self.seen.iter().map(|[k, _]| dot(q, &k[part.clone()]) / root);
            let shares = softmax(&scores.collect::<Scalars>());
            heads.extend(part.map(|j| -> Var {
                shares.iter().zip(&self.seen).map(|(&share, [_, v])| share * v[j]).sum()
            }));
        }
        let x = add(&linear(&heads, found), &x);
        let hidden: Scalars = linear(&rms_norm(&x), inner).into_iter().map(Var::relu).collect();
        linear(&add(&linear(&hidden, outer), &x), back)
    }
}

/// One step of Adam: each weight against the average of its slopes, over the root of the average of their squares.
fn adam(step: i32, weights: &mut [f64], averages: &mut [[f64; 2]], slopes: &[f64]) {
    let rate = 0.01 * (1.0 - f64::from(step) / STEPS as f64);
    let [begun, begun2] = [0.85f64, 0.99].map(|beta| 1.0 - beta.powi(step + 1));
    for ((weight, &slope), [m, v]) in weights.iter_mut().zip(slopes).zip(averages) {
        *m = 0.85 * *m + (1.0 - 0.85) * slope;
        *v = 0.99 * *v + (1.0 - 0.99) * slope * slope;
        *weight -= rate * (*m / begun) / ((*v / begun2).sqrt() + 1e-8);
    }
}

fn main() {
    let Some((run, mut start)) = microgpt::start("one variable a number") else { return };
    let (mut step, mut weights) = (0, start.weights());
    let mut averages = vec![[0.0; 2]; weights.len()];
    start.train(&run, |letters, n| {
        on_tape(Mode::Record, |tape| {
            let scalars = tape.vars(&weights);
            let mut gpt = Gpt::new(&scalars);
            let losses = (0..n).map(|i| -softmax(&gpt.scores(letters[i]))[letters[i + 1]].log());
            let loss = losses.sum::<Var>() / n as f64;
            adam(step, &mut weights, &mut averages, &loss.backward().items(&scalars));
            step += 1;
            loss.item()
        })
    });
    start.sample(&run, |letters| {
        let tape = Tape::inference();
        let scalars: Scalars = weights.iter().map(|&weight| tape.constant(weight)).collect();
        let mut gpt = Gpt::new(&scalars);
        let scores = letters.iter().map(|&letter| gpt.scores(letter)).last();
        scores.expect("a letter").iter().map(|score| score.item()).collect()
    });
    run.done();
}
