//! microgpt with scalars: a GPT in which each of 4,192 weights is a variable of its own, and the tape holds every product
//! and every sum.
//!
//! The log and the 20 names equal the published ones byte for byte: the names are shuffled, the weights drawn and the samples
//! chosen as Python does it, and the sums run from left to right. The same model with matrices is the next example.

#[path = "common/microgpt.rs"]
mod microgpt;
#[path = "common/published.rs"]
mod published;
#[path = "common/python_random.rs"]
mod python_random;

use gradus::optim::schedule;
use gradus::prelude::*;
use microgpt::{HEADS, SHAPES, STEPS, WIDTH};
use published::Published;

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

fn add<'t>(a: &[Var<'t>], b: &[Var<'t>]) -> Scalars<'t> {
    a.iter().zip(b).map(|(&a, &b)| a + b).collect()
}

/// The weights as scalars on a tape, and the keys and values of the letters so far.
struct Gpt<'t> {
    matrices: Vec<Vec<Scalars<'t>>>,
    keys: Vec<Scalars<'t>>,
    values: Vec<Scalars<'t>>,
}

impl<'t> Gpt<'t> {
    fn new(weights: &[Param], tape: &'t Tape) -> Self {
        let mut scalars = weights.iter().map(|weight| tape.param(weight));
        let mut matrix = |[rows, columns]: [usize; 2]| -> Vec<Scalars> {
            (0..rows).map(|_| scalars.by_ref().take(columns).collect()).collect()
        };
        Self { matrices: SHAPES.map(&mut matrix).into(), keys: vec![], values: vec![] }
    }

    /// The scores of the letter after this one.
    fn scores(&mut self, letter: usize) -> Scalars<'t> {
        let [letters, places, back, query, key, value, found, inner, outer] = &self.matrices[..] else {
            unreachable!("nine matrices")
        };
        let x = rms_norm(&add(&letters[letter], &places[self.keys.len()]));
        let normed = rms_norm(&x);
        let q = linear(&normed, query);
        self.keys.push(linear(&normed, key));
        self.values.push(linear(&normed, value));
        let mut heads = Vec::new();
        for head in q.chunks(WIDTH / HEADS).enumerate().map(|(h, q)| (h * WIDTH / HEADS, q)) {
            let (from, q) = head;
            let part = |x: &Scalars<'t>| x[from..from + q.len()].to_vec();
            let root = (q.len() as f64).sqrt();
            let scores: Scalars = self.keys.iter().map(|k| dot(q, &part(k)) / root).collect();
            let shares = softmax(&scores);
            heads.extend((from..from + q.len()).map(|j| -> Var {
                shares.iter().zip(&self.values).map(|(&share, value)| share * value[j]).sum()
            }));
        }
        let x = add(&linear(&heads, found), &x);
        let hidden: Scalars = linear(&rms_norm(&x), inner).into_iter().map(Var::relu).collect();
        linear(&add(&linear(&hidden, outer), &x), back)
    }
}

fn main() {
    let run = Published::new(
        "microgpt, one variable a number",
        "A. Karpathy, gist 8627fe009c40f57531cb18360106ce95",
        1,
    );
    let Some(mut start) = microgpt::start() else { return };
    let mut weights: Vec<Param> = start.weights().into_iter().map(Param::new).collect();
    let adam = Adam { beta1: 0.85, beta2: 0.99, ..Adam::default() };
    // A letter that is not in a name has no slope; Adam's averages fade there all the same.
    let rate = schedule::Linear { start: 0.01, end: 0.0, steps: STEPS };
    let mut optimizer = Optimizer::new(adam, rate).missing_as_zero();
    start.train(&run, |letters, n| {
        optimizer.training_step(&mut weights, |weights, tape| {
            let mut gpt = Gpt::new(weights, tape);
            let losses = (0..n).map(|i| -softmax(&gpt.scores(letters[i]))[letters[i + 1]].log());
            losses.sum::<Var>() / n as f64
        })
    });
    start.sample(&run, |letters| {
        let tape = Tape::inference();
        let mut gpt = Gpt::new(&weights, &tape);
        let scores = letters.iter().map(|&letter| gpt.scores(letter)).last();
        scores.expect("a letter").iter().map(|score| score.item()).collect()
    });
    run.done();
}
