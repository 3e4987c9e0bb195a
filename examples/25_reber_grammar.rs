//! The embedded Reber grammar: a network reads strings of a small grammar and says which letters may come next.
//!
//! The last letter but one repeats the second one, with a whole string of the inner grammar between them. Nothing else in the
//! string tells which it is: the network has to keep one bit for as long as the inner string lasts.
//!
//! Experiment 1 of Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997: 256 strings to learn from, 256 others for the test;
//! solved when in all of them, at every letter, those that may come next are the most active outputs.

#[path = "common/published.rs"]
mod published;

use gradus::autograd::ops::CrossEntropyOptions;
use gradus::prelude::*;
use published::Published;

const LETTERS: &str = "BTPSXVE";
/// The edges of the inner grammar: from each state two letters and where they lead. State 5 is left by an E.
const EDGES: [[(char, usize); 2]; 5] = [
    [('T', 1), ('P', 2)],
    [('S', 1), ('X', 3)],
    [('T', 2), ('V', 4)],
    [('X', 2), ('S', 5)],
    [('P', 3), ('V', 5)],
];

/// A string, and for each of its letters those that may follow it.
fn string(rng: &mut Rng) -> (String, Vec<String>) {
    let mut coin = || Tensor::randint(0, 2, [1], rng).item() as usize;
    let outer = ['T', 'P'][coin()];
    let (mut text, mut next) = (format!("B{outer}B"), vec!["TP".into(), "B".into()]);
    let mut state = 0;
    while state < 5 {
        next.push(EDGES[state].iter().map(|edge| edge.0).collect());
        let (letter, to) = EDGES[state][coin()];
        text.push(letter);
        state = to;
    }
    next.extend(["E".into(), outer.into(), "E".into()]);
    text.extend(['E', outer, 'E']);
    (text, next)
}

/// Different strings, none of them among `known`: letters `[n, time, 7]` as ones and zeros with the next letter as label, -1 behind
/// the end, and which letters may come next, where behind the end all may.
fn strings(n: usize, known: &mut Vec<String>, rng: &mut Rng) -> (Dataset, Tensor) {
    let mut chosen = Vec::new();
    while chosen.len() < n {
        let (text, next) = string(rng);
        if text.len() <= 40 && !known.contains(&text) {
            known.push(text.clone());
            chosen.push((text, next));
        }
    }
    let place = |letter: char| LETTERS.find(letter).expect("a letter of the grammar");
    let (mut inputs, mut allowed) = (vec![0f32; n * 40 * 7], vec![true; n * 40 * 7]);
    let mut labels = vec![-1i64; n * 40];
    for (i, (text, next)) in chosen.iter().enumerate() {
        let letters: Vec<usize> = text.chars().map(place).collect();
        for (t, may) in next.iter().enumerate() {
            let at = (i * 40 + t) * 7;
            inputs[at + letters[t]] = 1.0;
            labels[i * 40 + t] = letters[t + 1] as i64;
            (0..7).for_each(|letter| allowed[at + letter] = may.chars().any(|c| place(c) == letter));
        }
    }
    let data = Dataset::new(Tensor::from_vec(inputs, [n, 40, 7]), Tensor::from_vec(labels, [n, 40]));
    (data, Tensor::from_vec(allowed, [n, 40, 7]))
}

/// How many strings are understood at every letter: each letter that may come next is more active than each that may not.
fn understood(model: &Sequential, data: &Dataset, allowed: &Tensor) -> usize {
    let outputs = model.predict(&data.inputs);
    let least = outputs.masked_fill(&allowed.logical_not(), f64::INFINITY).min_axes(2);
    let most = outputs.masked_fill(allowed, f64::NEG_INFINITY).max_axes(2);
    least.gt(&most).to(DType::F64).min_axes(1).sum().item() as usize
}

fn main() {
    let published =
        Published::new("Embedded Reber grammar", "Hochreiter and Schmidhuber 1997, experiment 1", 5);
    let epochs = if published.quick { 3 } else { 200 };
    let (mut seen, mut solved) = (Vec::new(), 0);
    for seed in 0..published.seeds {
        let mut generator = rng(seed);
        let mut known = Vec::new();
        let (train, may) = strings(256, &mut known, &mut generator);
        let (test, test_may) = strings(256, &mut known, &mut generator);
        let options = gradus::nn::RecurrentOptions { batch_first: true, ..Default::default() };
        let lstm = Lstm::with_options(7, 12, &options, &mut generator).forget_bias(1.0);
        let mut model = sequential![lstm, Linear::new(12, 7, &mut generator)];
        let mut optimizer = Optimizer::new(Adam::default(), 0.01);
        let loader = Loader { batch: 4, shuffle: Some(seed), drop_last: false };
        let how = CrossEntropyOptions { ignore: Some(-1), ..CrossEntropyOptions::default() };
        let (mut losses, mut right, mut epoch) = (Vec::new(), [0, 0], 0);
        while epoch < epochs && right != [256, 256] {
            for batch in loader.epoch(&train, epoch) {
                losses.push(optimizer.training_step(&mut model, |model, tape| {
                    model.forward(tape.constant(&batch.inputs)).cross_entropy_with(&batch.labels, &how)
                }));
            }
            epoch += 1;
            right = [understood(&model, &train, &may), understood(&model, &test, &test_may)];
        }
        let [of_train, of_test] = right;
        println!("seed {seed}: {of_train} and {of_test} of 256 strings after {} sequences", 256 * epoch);
        published.falls("the loss", losses[0], losses[losses.len() - 1]);
        solved += usize::from(right == [256, 256]);
        seen.push(256.0 * epoch as f64);
    }
    published.row("sequences seen until solved", "8,440", &seen);
    published.row("share of the runs that solve it", "1", &[solved as f64 / seen.len() as f64]);
    assert!(published.quick || solved == seen.len(), "{solved} of {} seeds", seen.len());
    published.done();
}
