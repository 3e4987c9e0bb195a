//! microgpt with matrices: the model of the example before, a whole name at a time.
//!
//! Products of matrices add in another order than sums of scalars, so the losses differ, in their last bits; the log and the
//! names are the published ones all the same.

#[path = "common/microgpt.rs"]
mod microgpt;
#[path = "common/microgpt_model.rs"]
mod microgpt_model;
#[path = "common/microgpt_shapes.rs"]
mod microgpt_shapes;
#[path = "common/published.rs"]
mod published;
#[path = "common/python_random.rs"]
mod python_random;

use gradus::optim::schedule;
use gradus::prelude::*;
use microgpt_model::Gpt;
use microgpt_shapes::STEPS;

fn main() {
    let Some((run, mut start)) = microgpt::start("matrices") else { return };
    let mut weights = start.weights().into_iter();
    let mut model = Gpt::new(|| weights.next().expect("as many weights as the shapes have"));
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
