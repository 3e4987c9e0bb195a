//! How far back a recurrent network feels: the gradient of its last state in each of fifty inputs.
//!
//! In a plain network every step multiplies by the same matrix and by a slope of tanh below 1; fifty of them leave next to nothing, or,
//! with larger weights, whatever they please. In an LSTM the cell is carried on by a sum, weighted by a gate that can be held open.

#[path = "common/lesson.rs"]
mod lesson;

use gradus::nn::{Lstm, Rnn};
use gradus::prelude::*;
use gradus::viz::{Chart, Scale};
use lesson::save;

const STEPS: usize = 50;
const HIDDEN: usize = 16;

/// The length of the gradient at each step, from the last state's sum, beside that at the last step.
fn reach<'t>(tape: &'t Tape, run: impl Fn(Var<'t>) -> Var<'t>) -> Vec<f64> {
    let inputs = tape.var(Tensor::normal_of([STEPS, 1, 4], 0.0, 1.0, DType::F64, &mut rng(1)));
    let gradient = run(inputs).select(0, -1).sum().backward().wrt(inputs).clone();
    let lengths: Vec<f64> = (0..STEPS as isize).map(|t| gradient.select(0, t).norm().item()).collect();
    lengths.iter().map(|length| length / lengths[STEPS - 1]).collect()
}

fn plain(scale: f64) -> Rnn {
    let mut layer = Rnn::new(4, HIDDEN, &mut rng(2));
    layer.convert(DType::F64);
    let weights = &mut layer.layers[0].forward.weight_hh;
    weights.set(weights.value() * scale);
    layer
}

fn gated(bias: f64) -> Lstm {
    let mut layer = Lstm::new(4, HIDDEN, &mut rng(2)).forget_bias(bias);
    layer.convert(DType::F64);
    layer
}

fn main() {
    let mut chart = Chart::new("The gradient of the last state in the input k steps before")
        .size(560.0, 320.0)
        .x_axis("steps back k", Scale::Integer)
        .y_axis("length, beside that of the last input", Scale::Log10);
    println!("of {STEPS} steps, what arrives at the first input");
    let tapes = [Tape::new(), Tape::new(), Tape::new(), Tape::new()];
    let cases: [(&str, Vec<f64>); 4] = [
        ("plain", reach(&tapes[0], |x| plain(1.0).run(x, None).0)),
        ("plain, larger weights", reach(&tapes[1], |x| plain(1.6).run(x, None).0)),
        ("LSTM, forget bias 0", reach(&tapes[2], |x| gated(0.0).run(x, None).0)),
        ("LSTM, forget bias 4", reach(&tapes[3], |x| gated(4.0).run(x, None).0)),
    ];
    for (name, lengths) in &cases {
        println!("{name:22} {:.1e}", lengths[0]);
        let back: Vec<f64> = lengths.iter().rev().copied().collect();
        chart = chart.curve(name, &back);
    }
    assert!(cases[0].1[0] < 1e-6, "a plain network has forgotten");
    assert!(cases[3].1[0] > 0.05, "an open gate has not");
    save("48_memory", &chart.svg());
}
