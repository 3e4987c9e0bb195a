//! A denoising autoencoder: digits with noise on them go in, and what comes out is held against the digits without.
//!
//! The best linear map is known exactly: it solves a system of equations, `(Xᵀ X + λ 1) W = Xᵀ Y` with the noisy pixels X (and a
//! one) and the clean ones Y. What the network finds beyond it is what it knows of digits; Vincent et al., "Extracting and
//! Composing Robust Features with Denoising Autoencoders", 2008.

#[path = "common/picture.rs"]
mod picture;
#[path = "common/published.rs"]
mod published;

use gradus::data::{digits, transform};
use gradus::prelude::*;
use picture::draw;
use published::Published;

/// The deviation of the noise, where pixels go from 0 to 1.
const NOISE: f64 = 0.4;

/// The mean squared error of a pixel.
fn error(found: &Tensor, clean: &Tensor) -> f64 {
    (found - clean).square().mean().item()
}

/// Pixels and a one behind them.
fn with_one(x: &Tensor) -> Tensor {
    Tensor::cat(&[x.clone(), Tensor::ones([x.shape()[0], 1])], 1).to(DType::F64)
}

/// The best linear map, from twenty noisy versions of each digit.
fn best_linear(clean: &Tensor, rng: &mut Rng) -> Tensor {
    let many = clean.repeat(&[20, 1]);
    let x = with_one(&transform::noise(&many, NOISE, rng));
    let (squares, products) = (x.t().matmul(&x), x.t().matmul(&many.to(DType::F64)));
    (squares + Tensor::eye_of(65, DType::F64) * 1e-6).solve(&products)
}

fn network(rng: &mut Rng) -> Sequential {
    sequential![
        Linear::new(64, 256, rng),
        Relu,
        Linear::new(256, 32, rng),
        Relu,
        Linear::new(32, 256, rng),
        Relu,
        Linear::new(256, 64, rng),
    ]
}

fn main() {
    let published =
        Published::new("Denoising autoencoder", "the digits, 8×8 pixels, noise of deviation 0.4", 3);
    let epochs = if published.quick { 4 } else { 200 };
    let (train, test) = digits().split(0.2, 0);
    let noisy = transform::noise(&test.inputs, NOISE, &mut rng(99));
    let linear = with_one(&noisy).matmul(&best_linear(&train.inputs, &mut rng(98)));
    let mut errors = Vec::new();
    for seed in 0..published.seeds {
        let mut generator = rng(seed);
        let mut model = network(&mut generator);
        let loader = Loader { batch: 64, shuffle: Some(seed), drop_last: false };
        let steps = epochs * loader.batches(train.len()) as u64;
        let mut optimizer = Optimizer::new(Adam::default(), Cosine { peak: 3e-3, end: 0.0, steps });
        let mut losses = Vec::new();
        // The clean picture is its own label, and each epoch lays other noise on it.
        let clean = Dataset::new(train.inputs.clone(), train.inputs.clone());
        for epoch in 0..epochs {
            let batches = loader.epoch(&clean, epoch);
            for batch in batches.transformed(seed, |b, rng| b.map_inputs(|x| transform::noise(x, NOISE, rng)))
            {
                losses.push(optimizer.training_step(&mut model, |model, tape| {
                    model.forward(tape.constant(&batch.inputs)).mse(&batch.labels)
                }));
            }
        }
        published.falls("the loss", losses[0], losses[losses.len() - 1]);
        let found = model.predict(&noisy);
        errors.push(error(&found, &test.inputs));
        if seed == 0 {
            for (what, pictures) in [("noisy", &noisy), ("cleaned", &found), ("clean", &test.inputs)] {
                println!("{what}\n{}", draw(&pictures.narrow(0, 0, 6), 8));
            }
        }
    }
    let exact = error(&linear, &test.inputs);
    published.row("error of the noisy pixels, 0.4²", "exact 0.16", &[error(&noisy, &test.inputs)]);
    published.row("error of the mean picture", "exact", &[error(&train.inputs.mean_axes(0), &test.inputs)]);
    published.row("error of the best linear map", "exact", &[exact]);
    published.row("error of the network", "-", &errors);
    assert!(published.quick || errors.iter().all(|error| *error < exact), "no better than {exact}");
    published.done();
}
