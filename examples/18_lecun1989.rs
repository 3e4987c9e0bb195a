//! The network of 1989 that read zip codes: 9,760 parameters, convolutions of stride 2 instead of pools, a bias for every unit, and
//! planes of the second layer that each see 8 of the 12 before. Once as its paper trained it (tanh, squared errors, one digit at a
//! time), once with the same sizes and what is usual today (ReLU, cross-entropy, AdamW, shifted digits, dropout).
//!
//! The paper's digits are not public; as in the reproduction they are MNIST's, made 16 × 16, 7,291 to learn and 2,007 to test.

#[path = "common/mnist.rs"]
mod mnist;
#[path = "common/published.rs"]
mod published;
#[path = "common/torch_random.rs"]
mod torch_random;

use gradus::data::{generate::RandomState, transform::one_hot};
use gradus::nn::ConstantPad2d;
use gradus::prelude::*;
use published::Published;
use torch_random::TorchRandom;

/// The planes of the first layer that the three groups of the second see.
const PLANES: [i64; 24] = [0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11];

#[derive(Debug, Clone)]
struct Net {
    h1: Conv2d,
    h2: Conv2d,
    biases: [Param; 2], // one for each unit of h1 and of h2
    h3: Linear,
    output: Linear,
    kept: Option<Tensor>, // what dropout leaves of h2 in this step
    modern: bool,
}

gradus::params!(Net { h1, h2, biases, h3, output });

impl Net {
    fn new(modern: bool, words: &mut TorchRandom) -> Self {
        // Uniform weights, larger where few inputs come in; in the reproduction's numbers and layouts.
        let mut uniform =
            |shape: &[usize], inputs: f64| (words.rand(shape) * 2.0 - 1.0) * (2.4 / inputs.sqrt());
        let conv = |weight: Tensor, groups| {
            let how = ConvOptions { stride: vec![2], groups, ..ConvOptions::default() };
            Conv2d { weight: Param::new(weight), bias: None, how }
        };
        let linear = |weight: Tensor, bias: f64| {
            let bias = Tensor::full(weight.shape()[1], bias);
            Linear { weight: Param::new(weight.t()), bias: Some(Param::new(bias)) }
        };
        Self {
            h1: conv(uniform(&[12, 1, 5, 5], 25.0), 1),
            h2: conv(uniform(&[12, 8, 5, 5], 200.0), 3),
            biases: [8, 4].map(|side| Param::new(Tensor::zeros([12, side, side]))),
            h3: linear(uniform(&[192, 30], 192.0), 0.0),
            output: linear(uniform(&[30, 10], 30.0), if modern { 0.0 } else { -1.0 }), // most targets are -1
            kept: None,
            modern,
        }
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
        let x = if let Some(kept) = &self.kept { x * kept } else { x };
        let x = self.output.forward(bend(self.h3.forward(Flatten::default().forward(x))));
        if self.modern { x } else { x.tanh() }
    }
}

/// The percentages of training and test digits that are read wrongly after one training.
fn errors(modern: bool, sets: &(Dataset, Dataset), run: &Published, seed: u64) -> [f64; 2] {
    let mut generator = RandomState::new(seed);
    let (train, test) = mnist::small_digits(sets, &mut generator);
    let (n, passes) = if run.quick { (500, 2) } else { (7291, if modern { 80 } else { 23 }) };
    let train = train.narrow(0, n);
    // As the reproduction draws them: weights and dropout by PyTorch's generator, shifts by NumPy's.
    let (mut words, mut shifts) = (TorchRandom::new(seed as u32), RandomState::new(seed));
    let mut net = Net::new(modern, &mut words);
    assert_eq!(net.trainable_elements(), 9760);
    let (sgd, mut losses) = (Optimizer::new(Sgd::default(), 0.03), Vec::new());
    let mut optimizer = if modern { Optimizer::new(AdamW::default(), 3e-4) } else { sgd };
    for pass in 0..passes {
        optimizer.set_lr(if modern { 3e-4 - 2e-4 * pass as f64 / 79.0 } else { 0.03 });
        let one_by_one = Loader { batch: 1, shuffle: None, drop_last: false }; // in the same order in each pass
        let loss_of = |Dataset { inputs, labels }| {
            net.kept = modern.then(|| words.dropout(&[1, 12, 4, 4], 0.25));
            let mut shift = || if modern { shifts.integer(2) as isize - 1 } else { 0 };
            let x = inputs.roll(&[shift(), shift()], &[2, 3]);
            optimizer.training_step(&mut net, |net, tape| {
                let y = net.forward(tape.constant(&x));
                if modern { y.cross_entropy(&labels) } else { y.mse(one_hot(&labels, 10) * 2.0 - 1.0) }
            })
        };
        losses.push(one_by_one.epoch(&train, pass).map(loss_of).sum::<f64>() / train.len() as f64);
    }
    net.kept = None;
    run.falls("the mean loss of a pass", losses[0], losses[losses.len() - 1]);
    [&train, &test].map(|set| 100.0 * (1.0 - accuracy(&net.predict(&set.inputs), &set.labels)))
}

fn main() {
    let source = "LeCun et al. 1989; github.com/karpathy/lecun1989-repro, repro.py and modern.py";
    let run = Published::new("Zip codes, 1989: digits that are read wrongly, in percent", source, 3);
    let Some(sets) = mnist::sets() else { return };
    let paper = (false, "the paper's recipe", "0.62", "4.09");
    for (modern, name, train, test) in [paper, (true, "today's recipe", "1.47", "1.59")] {
        let seeds = 1337..1337 + run.seeds; // 1337 is the reproduction's
        let ours: Vec<[f64; 2]> = seeds.map(|seed| errors(modern, &sets, &run, seed)).collect();
        let column = |i: usize| ours.iter().map(|errors| errors[i]).collect::<Vec<_>>();
        run.row(&format!("{name}, test, published start"), test, &column(1)[..1]);
        run.row(&format!("{name}, test"), test, &column(1));
        run.row(&format!("{name}, training"), train, &column(0));
    }
    run.done();
}
