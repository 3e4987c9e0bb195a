//! Criterion benches of the parts: kernels, the tape, a training step. `cargo bench --bench criterion`.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use gradus::nn::{Linear, Module, Tanh, sequential};
use gradus::optim::{Optimizer, Sgd};
use gradus::prelude::*;

fn kernels(c: &mut Criterion) {
    let mut rng = rng(0);
    let x = Tensor::randn(100_000, &mut rng);
    let y = Tensor::randn(100_000, &mut rng);
    c.bench_function("exp of 1e5", |b| b.iter(|| black_box(&x).exp()));
    c.bench_function("tanh of 1e5", |b| b.iter(|| black_box(&x).tanh()));
    c.bench_function("add of 1e5", |b| b.iter(|| black_box(&x) + &y));
    c.bench_function("sum of 1e5", |b| b.iter(|| black_box(&x).sum()));
    let (p, q) = (Tensor::randn([128, 128], &mut rng), Tensor::randn([128, 128], &mut rng));
    c.bench_function("matmul 128", |b| b.iter(|| black_box(&p).matmul(&q)));
    let logits = Tensor::randn([128, 100], &mut rng);
    c.bench_function("softmax 128x100", |b| b.iter(|| gradus::tensor::softmax(black_box(&logits))));
}

fn tape(c: &mut Criterion) {
    let x = Param::new(0.5f32);
    c.bench_function("chain of 1000 operations, forward and backward", |b| {
        b.iter(|| {
            value_and_grad(|tape| {
                let mut y = tape.param(&x);
                for _ in 0..500 {
                    y = y * 0.999 + 1e-3;
                }
                y
            })
        });
    });
}

fn step(c: &mut Criterion) {
    let mut rng = rng(0);
    let mut model = sequential![Linear::new(2, 32, &mut rng), Tanh, Linear::new(32, 1, &mut rng)];
    let (x, y) = (Tensor::randn([64, 2], &mut rng), Tensor::randn([64, 1], &mut rng));
    let mut optimizer = Optimizer::new(Sgd { momentum: 0.9, ..Sgd::default() }, 0.01);
    c.bench_function("training step of an MLP 2-32-1", |b| {
        b.iter(|| {
            optimizer.training_step(&mut model, |model, tape| model.forward(tape.constant(&x)).mse(&y))
        });
    });
}

criterion_group!(benches, kernels, tape, step);
criterion_main!(benches);
