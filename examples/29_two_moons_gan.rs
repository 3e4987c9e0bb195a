//! A generator learns to draw two moons from a discriminator alone: it never sees a point of them.
//!
//! The discriminator learns to tell points of the moons from drawn ones, the generator to draw what passes for real; Goodfellow et
//! al., "Generative Adversarial Nets", 2014, with the generator's loss −log D. Two models, two optimizers: a step of the generator
//! runs through the discriminator, whose own gradients are left out by `Gradients::of`. With D = σ(a), −log D is softplus(−a), and
//! −log(1 − D) is softplus(a).

#[path = "common/published.rs"]
mod published;

use gradus::data::generate::{Generator, Moons};
use gradus::nn::LeakyRelu;
use gradus::prelude::*;
use published::Published;

const NOISE: usize = 4;
const NEAR: f64 = 0.15;

/// The middle lines of both moons, `[100, 2]` each.
fn middles() -> [Tensor; 2] {
    let angle = Tensor::linspace(0.0, std::f64::consts::PI, 100);
    let (x, y) = (angle.cos(), angle.sin());
    [Tensor::stack(&[x.clone(), y.clone()], 1), Tensor::stack(&[1.0 - x, 0.5 - y], 1)]
}

/// How well points fit the moons: the share that lies near one of them, and of each moon the share that has a point near it.
fn fit(points: &Tensor) -> [f64; 3] {
    let near = |distances: Tensor, axis: isize| distances.min_axes(axis).lt(NEAR).to(DType::F64);
    let [upper, lower] = middles().map(|moon| points.cdist(&moon, 2.0));
    let close = near(upper.clone(), 1).maximum(&near(lower.clone(), 1));
    [close.mean().item(), near(upper, 0).mean().item(), near(lower, 0).mean().item()]
}

/// Points as text, the plane from -1.5 to 2.5 and from -1 to 1.5.
fn draw(points: &Tensor) -> String {
    let (columns, rows) = (56, 16);
    let mut plane = vec![vec![' '; columns]; rows];
    for point in points.to_f64_vec().chunks(2) {
        let (column, row) = ((point[0] + 1.5) / 4.0 * columns as f64, (1.5 - point[1]) / 2.5 * rows as f64);
        if column >= 0.0 && row >= 0.0 && column < columns as f64 && row < rows as f64 {
            plane[row as usize][column as usize] = '*';
        }
    }
    let rows: Vec<String> = plane.into_iter().map(|row| format!("  {}", String::from_iter(row))).collect();
    rows.join("\n")
}

fn network(inputs: usize, outputs: usize, rng: &mut Rng) -> Sequential {
    let slope = LeakyRelu::default();
    sequential![
        Linear::new(inputs, 64, rng),
        slope,
        Linear::new(64, 64, rng),
        slope,
        Linear::new(64, outputs, rng)
    ]
}

/// The generator after a training, and the discriminator's and the generator's losses.
fn train(real: &Dataset, epochs: u64, seed: u64) -> (Sequential, Vec<[f64; 2]>) {
    let mut random = rng(seed);
    let (mut generator, mut discriminator) = (network(NOISE, 2, &mut random), network(2, 1, &mut random));
    let loader = Loader { batch: 128, shuffle: Some(seed), drop_last: true };
    let rate = Cosine { peak: 1e-3, end: 1e-4, steps: epochs * loader.batches(real.len()) as u64 };
    let adam = || Optimizer::new(Adam { beta1: 0.5, ..Adam::default() }, rate);
    let (mut of_generator, mut of_discriminator) = (adam(), adam());
    let mut losses = Vec::new();
    for epoch in 0..epochs {
        for batch in loader.epoch(real, epoch) {
            let mut noise = || Tensor::randn([batch.len(), NOISE], &mut random);
            let drawn = generator.predict(&noise());
            let told = of_discriminator.training_step(&mut discriminator, |model, tape| {
                let [real, drawn] = [&batch.inputs, &drawn].map(|x| model.forward(tape.constant(x)));
                (-real).softplus().mean() + drawn.softplus().mean()
            });
            let codes = noise();
            let (fooled, grads) = value_and_grad(|tape| {
                let drawn = generator.forward(tape.constant(&codes));
                (-discriminator.forward(drawn)).softplus().mean()
            });
            let own = grads.of(&generator);
            of_generator.step(&mut generator, &own);
            losses.push([told, fooled]);
        }
    }
    (generator, losses)
}

fn main() {
    let published = Published::new("A GAN of two moons", "1,000 points, noise 0.05", 3);
    let real = Moons { n: 1000, noise: 0.05, ..Moons::default() }.dataset(0);
    let mut fits = [const { Vec::new() }; 3];
    for seed in 0..published.seeds {
        let (generator, losses) = train(&real, if published.quick { 4 } else { 1500 }, seed);
        let points = generator.predict(&Tensor::randn([1000, NOISE], &mut rng(seed + 100)));
        fit(&points).into_iter().zip(&mut fits).for_each(|(share, all)| all.push(share));
        if seed == 0 {
            println!("{}", draw(&points));
        }
        // Balance is no falling loss: where nothing can be told, the discriminator's is 2 ln 2. At first it learns to tell.
        published.falls("the discriminator's loss", losses[0][0], losses[20][0]);
    }
    let exact = fit(&Moons { n: 1000, noise: 0.05, ..Moons::default() }.dataset(1).inputs);
    let what = ["points near a moon", "of the upper moon drawn", "of the lower moon drawn"];
    for ((what, exact), ours) in what.into_iter().zip(exact).zip(&fits) {
        published.row(what, &format!("real {exact:.4}"), ours);
    }
    assert!(published.quick || fits.iter().flatten().all(|share| *share > 0.9), "{fits:?}");
    published.done();
}
