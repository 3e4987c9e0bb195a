//! Many steps, many threads: memory stays flat, results are those of one thread, and no thread is lost after panics.
//!
//! `GRADUS_STEPS` is how many steps the small model makes, `GRADUS_WORKERS` how many threads train at once; `tests/long` takes
//! ten million and 64.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gradus::data::prefetch;
use gradus::prelude::*;

fn from_environment(name: &str, otherwise: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(otherwise, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name}: {text} is no whole number"))
    })
}

/// Memory and threads are of the whole process, so the tests here take turns.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A number of `/proc/self/status`; 0 on other systems.
fn status(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn model(seed: u64) -> Sequential {
    let mut rng = rng(seed);
    sequential![Linear::new(2, 8, &mut rng), Tanh, Linear::new(8, 1, &mut rng)]
}

fn data(examples: usize) -> Dataset {
    let mut rng = rng(9);
    let inputs = Tensor::randn([examples, 2], &mut rng);
    let targets = inputs.sum_keep(1).tanh();
    Dataset::new(inputs, targets)
}

fn step(model: &mut Sequential, optimizer: &mut Optimizer, batch: &Dataset) -> f64 {
    optimizer.training_step(model, |model, tape| {
        model.forward(tape.constant(&batch.inputs)).mse(tape.constant(&batch.labels))
    })
}

#[test]
fn memory_is_flat_over_many_steps() {
    let _turn = turn();
    let steps = from_environment("GRADUS_STEPS", 30_000);
    let (mut model, mut optimizer, data) = (model(1), Optimizer::new(Adam::default(), 1e-3), data(16));
    let first = step(&mut model, &mut optimizer, &data);
    (1..steps / 10).for_each(|_| _ = step(&mut model, &mut optimizer, &data));
    let (memory, resident) = (gradus::memory(), status("VmRSS"));
    let start = std::time::Instant::now();
    let mut last = first;
    for _ in steps / 10..steps {
        last = step(&mut model, &mut optimizer, &data);
    }
    let grown = status("VmRSS").saturating_sub(resident);
    println!(
        "{steps} steps, {:.2} µs each: {resident} KiB resident after a tenth, {grown} KiB more at the end; loss {first:.4} to {last:.2e}",
        start.elapsed().as_secs_f64() * 1e6 / (steps - steps / 10) as f64
    );
    assert_eq!(gradus::memory(), memory, "bytes in tensors and their pool");
    assert!(grown < 1024, "{grown} KiB more than after a tenth of the steps");
    assert!(last < 0.1 * first, "it was a training");
}

/// What a worker's training ends with; in between the closure panics some times, which must leave no trace.
fn worker(seed: u64, epochs: u64, panics: bool) -> Vec<u64> {
    let (mut model, mut optimizer) = (model(seed), Optimizer::new(Adam::default(), 1e-3));
    let data = data(64);
    let loader = Loader { batch: 16, shuffle: Some(seed), drop_last: false };
    for epoch in 0..epochs {
        // Batches are made on a thread of the loader's own.
        for batch in prefetch(loader.epoch(&data, epoch), 2) {
            step(&mut model, &mut optimizer, &batch);
        }
        if panics && epoch % 10 == 3 {
            let failed = catch_unwind(AssertUnwindSafe(|| {
                optimizer.training_step(&mut model, |model, tape| {
                    let y = model.forward(tape.constant(&data.inputs));
                    assert!(y.elements() == 0, "on purpose");
                    y.mean()
                })
            }));
            assert!(failed.is_err());
        }
    }
    model.params().iter().flat_map(|(_, p)| p.value().to_f64_vec()).map(f64::to_bits).collect()
}

#[test]
fn many_threads_train_and_none_is_lost() {
    let _turn = turn();
    let workers = from_environment("GRADUS_WORKERS", 8);
    let epochs = from_environment("GRADUS_EPOCHS", 20);
    let x = Tensor::randn([400, 400], &mut rng(1));
    gradus::set_threads(2);
    let (product, expected) = (x.matmul(&x), worker(5, epochs, false));
    let before = status("Threads");
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !info.to_string().contains("on purpose") {
            hook(info);
        }
    }));
    std::thread::scope(|scope| {
        let spawn = |i| scope.spawn(move || worker(5, epochs, i % 2 == 0));
        let all: Vec<_> = (0..workers).map(spawn).collect();
        for one in all {
            assert!(one.join().expect("a worker ends") == expected, "other bits than alone");
        }
    });
    let _ = std::panic::take_hook();
    println!(
        "{workers} threads, each {epochs} epochs of 4 batches: the bits of one; {before} threads before"
    );
    assert_eq!(status("Threads"), before, "threads");
    assert!(x.matmul(&x).equal(&product), "the kernels' own threads still work");
}
