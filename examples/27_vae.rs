//! A variational autoencoder writes digits: a picture becomes a small cloud of codes, and any code near the middle becomes a picture.
//!
//! The encoder gives a mean and a deviation for each of eight numbers; the code is drawn from them as mean + deviation · noise, so that
//! the gradient reaches both. The loss is the bound of Kingma and Welling, "Auto-Encoding Variational Bayes", 2014:
//!
//! ```text
//! −log p(x) ≤ cross-entropy of the pixels + KL(code || normal),   KL = ½ Σ (μ² + σ² − 1 − ln σ²)
//! ```

#[path = "common/picture.rs"]
mod picture;
#[path = "common/published.rs"]
mod published;

use gradus::data::digits;
use gradus::prelude::*;
use picture::draw;
use published::Published;

const CODE: usize = 8;

#[derive(Debug, Clone)]
struct Vae {
    encoder: Sequential,
    decoder: Sequential,
}

params!(Vae { encoder, decoder });

/// The two parts of the bound, in nats a picture.
struct Bound<'t> {
    pixels: Var<'t>,
    code: Var<'t>,
}

impl Vae {
    fn new(rng: &mut Rng) -> Self {
        let encoder = sequential![Linear::new(64, 128, rng), Relu, Linear::new(128, 2 * CODE, rng)];
        let decoder = sequential![Linear::new(CODE, 128, rng), Relu, Linear::new(128, 64, rng)];
        Self { encoder, decoder }
    }

    /// Mean and logarithm of the variance of each code.
    fn encode<'t>(&self, x: Var<'t>) -> (Var<'t>, Var<'t>) {
        let both = self.encoder.forward(x);
        (both.narrow(1, 0, CODE), both.narrow(1, CODE, CODE))
    }

    /// One code is drawn for each picture; the tape has the random numbers, and each step draws others.
    fn bound<'t>(&self, x: Var<'t>) -> Bound<'t> {
        let (mean, log_variance) = self.encode(x);
        let mut generator = x.tape().rng_for("Vae").unwrap_or_else(|| rng(0));
        let noise = Tensor::randn(mean.shape(), &mut generator);
        let logits = self.decoder.forward(mean + (0.5 * log_variance).exp() * &noise);
        let pictures = x.shape()[0] as f64;
        // Σ over pixels of ln(1 + e^a) − x a is the cross-entropy of a pixel that is lit with probability σ(a).
        let pixels = (logits.softplus() - x * logits).sum() / pictures;
        let code = 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).sum() / pictures;
        Bound { pixels, code }
    }

    /// Pictures `[n, 64]` for codes `[n, CODE]`.
    fn decode(&self, codes: &Tensor) -> Tensor {
        predict(|tape| self.decoder.forward(tape.constant(codes)).sigmoid())
    }
}

/// Cross-entropy a picture, if each pixel is lit with its own frequency: the best that a decoder can do without a code.
fn without_code(train: &Tensor, test: &Tensor) -> f64 {
    let p = train.mean_axes(0).clamp(1e-3, 1.0 - 1e-3);
    let nats = test * p.ln() + (1.0 - test) * (1.0 - &p).ln();
    -nats.sum().item() / test.shape()[0] as f64
}

fn main() {
    let published = Published::new("Variational autoencoder", "the digits, 8×8 pixels, as probabilities", 3);
    let epochs = if published.quick { 3 } else { 150 };
    let (train, test) = digits().split(0.2, 0);
    let mut parts = [const { Vec::new() }; 3];
    for seed in 0..published.seeds {
        let mut generator = rng(seed);
        let mut model = Vae::new(&mut generator);
        let loader = Loader { batch: 64, shuffle: Some(seed), drop_last: false };
        let steps = epochs * loader.batches(train.len()) as u64;
        let mut optimizer =
            Optimizer::new(Adam::default(), Cosine { peak: 3e-3, end: 1e-4, steps }).seed(seed);
        let mut losses = Vec::new();
        for epoch in 0..epochs {
            for batch in loader.epoch(&train, epoch) {
                losses.push(optimizer.training_step(&mut model, |model, tape| {
                    let Bound { pixels, code } = model.bound(tape.constant(&batch.inputs));
                    pixels + code
                }));
            }
        }
        published.falls("the bound", losses[0], losses[losses.len() - 1]);
        let tape = Tape::inference();
        let Bound { pixels, code } = model.bound(tape.constant(&test.inputs));
        let (pixels, code) = (pixels.item(), code.item());
        [pixels, code, pixels + code].into_iter().zip(&mut parts).for_each(|(part, all)| all.push(part));
        if seed == 0 {
            let seen = test.inputs.narrow(0, 0, 6);
            let (mean, _) = model.encode(tape.constant(&seen));
            println!("pictures of the test, and what their codes give:\n{}", draw(&seen, 8));
            println!("{}", draw(&model.decode(&mean.value()), 8));
            let drawn = model.decode(&Tensor::randn([12, CODE], &mut generator));
            println!("drawn from the middle of the codes:\n{}", draw(&drawn, 8));
        }
    }
    let floor = without_code(&train.inputs, &test.inputs);
    published.row("nats a picture without a code", "exact", &[floor]);
    for (what, values) in ["cross-entropy of the pixels", "what the code costs", "bound"].iter().zip(&parts) {
        published.row(what, "-", values);
    }
    assert!(published.quick || parts[2].iter().all(|bound| *bound < floor));
    published.done();
}
