//! microgpt with matrices: the model of the example before, a whole name at a time.
//!
//! Products of matrices add in another order than sums of scalars, so the losses differ, in their last bits; the log and the
//! names are the published ones all the same.

#[path = "common/microgpt.rs"]
mod microgpt;
#[path = "common/published.rs"]
mod published;
#[path = "common/python_random.rs"]
mod python_random;

use gradus::optim::schedule;
use gradus::prelude::*;
use microgpt::{HEADS, SHAPES, STEPS, WIDTH};

/// One block of a transformer between two tables of letters; nothing has a bias.
struct Gpt {
    letters: Param,
    places: Param,
    back: Param,
    query: Param,
    key: Param,
    value: Param,
    found: Param,
    inner: Param,
    outer: Param,
}
params!(Gpt { letters, places, back, query, key, value, found, inner, outer });

impl Gpt {
    /// The matrices one after the other.
    fn new(weights: &[f64]) -> Self {
        let mut rest = weights;
        let [letters, places, back, query, key, value, found, inner, outer] =
            SHAPES.map(|[rows, columns]| {
                let matrix = rest.split_off(..rows * columns).expect("as many weights as the shapes have");
                Param::new(Tensor::from_slice(matrix, [rows, columns]))
            });
        Self { letters, places, back, query, key, value, found, inner, outer }
    }

    /// The scores of what follows each letter, `[n, 27]`.
    fn scores<'t>(&self, tape: &'t Tape, letters: &[usize]) -> Var<'t> {
        let numbers: Vec<i64> = letters.iter().map(|&letter| letter as i64).collect();
        let n = numbers.len();
        let norm = |x: Var<'t>| x.rms_norm(1, 1e-5);
        let linear = |x: Var<'t>, weight: &Param| x.linear(tape.param(weight), None);
        let letters = tape.param(&self.letters).embedding(&Tensor::from_vec(numbers, [n]), None);
        let x = norm(letters + tape.param(&self.places).narrow(0, 0, n));

        // [n, 16] to [heads, n, 4] and back.
        let heads = |x: Var<'t>| x.reshape([n, HEADS, WIDTH / HEADS]).transpose(0, 1);
        let [q, k, v] = [&self.query, &self.key, &self.value].map(|weight| heads(linear(norm(x), weight)));
        let found = q.attention(k, v, &Attention { causal: true, ..Attention::default() });
        let x = x + linear(found.transpose(0, 1).reshape([n, WIDTH]), &self.found);

        let x = x + linear(linear(norm(x), &self.inner).relu(), &self.outer);
        linear(x, &self.back)
    }
}

fn main() {
    let Some((run, mut start)) = microgpt::start("matrices") else { return };
    let mut model = Gpt::new(&start.weights());
    let adam = Adam { beta1: 0.85, beta2: 0.99, ..Adam::default() };
    let mut optimizer = Optimizer::new(adam, schedule::Linear { start: 0.01, end: 0.0, steps: STEPS });
    start.train(&run, |letters, n| {
        let next: Vec<i64> = letters[1..=n].iter().map(|&letter| letter as i64).collect();
        let next = Tensor::from_vec(next, [n]);
        optimizer
            .training_step(&mut model, |model, tape| model.scores(tape, &letters[..n]).cross_entropy(&next))
    });
    start.sample(&run, |letters| {
        let scores = model.scores(&Tape::inference(), letters).value();
        scores.select(0, -1).to_f64_vec()
    });
    run.done();
}
