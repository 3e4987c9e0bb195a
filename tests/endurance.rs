//! Many steps, many threads: memory stays flat, results are those of one thread, and no thread is lost after panics.
//!
//! `GRADUS_STEPS` is how many steps the small model makes, `GRADUS_GPT_STEPS` how many one of nanoGPT's shape, `GRADUS_WORKERS` how
//! many threads train at once; `tests/long` takes ten million, ten thousand and 64.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gradus::data::prefetch;
use gradus::data::text::random_windows;
use gradus::nn::{DecoderBlock, TransformerOptions};
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

/// Makes that many steps; memory after the first tenth is memory at the end, and the loss falls below this part of the first.
fn flat(steps: u64, falls: f64, mut step: impl FnMut() -> f64) {
    let first = step();
    (1..steps / 10).for_each(|_| _ = step());
    let (memory, resident) = (gradus::memory(), status("VmRSS"));
    let start = std::time::Instant::now();
    let mut last = first;
    for _ in steps / 10..steps {
        last = step();
    }
    let grown = status("VmRSS").saturating_sub(resident);
    println!(
        "{steps} steps, {:.2} µs each: {resident} KiB resident after a tenth, {grown} KiB more at the end; loss {first:.4} to {last:.2e}",
        start.elapsed().as_secs_f64() * 1e6 / (steps - steps / 10) as f64
    );
    assert_eq!(gradus::memory(), memory, "bytes in tensors and their pool");
    assert!(grown < 1024, "{grown} KiB more than after a tenth of the steps");
    assert!(last < falls * first, "it was a training");
}

#[test]
fn memory_is_flat_over_many_steps() {
    let _turn = turn();
    let steps = from_environment("GRADUS_STEPS", 30_000);
    let (mut model, mut optimizer, data) = (model(1), Optimizer::new(Adam::default(), 1e-3), data(16));
    flat(steps, 0.1, || step(&mut model, &mut optimizer, &data));
}

/// nanoGPT's shape for a CPU: 4 layers of 4 heads, 128 wide; 12 pieces of 64 letters, of 65 kinds.
#[derive(Debug, Clone)]
struct Gpt {
    letters: Embedding,
    positions: Param,
    blocks: Vec<DecoderBlock>,
    norm: LayerNorm,
}

gradus::params!(Gpt { letters, positions, blocks, norm });

impl Gpt {
    fn new(rng: &mut Rng) -> Self {
        let options = TransformerOptions { bias: false, ..TransformerOptions::gpt2(128) };
        Self {
            letters: Embedding::new(65, 128, rng),
            positions: Param::new(Tensor::zeros([64, 128])),
            blocks: (0..4).map(|_| DecoderBlock::with_options(128, 4, &options, rng)).collect(),
            norm: LayerNorm { bias: None, ..LayerNorm::new(128) },
        }
    }
}

impl Module for Gpt {
    fn forward<'t>(&self, letters: Var<'t>) -> Var<'t> {
        let tape = letters.tape();
        let x = self.letters.forward(letters) + tape.param(&self.positions);
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x));
        self.norm.forward(x).linear(tape.param(&self.letters.weight), None)
    }
}

#[test]
fn memory_is_flat_with_a_small_gpt() {
    let _turn = turn();
    // A helper's pool grows whenever it happens to get its first piece.
    gradus::set_threads(1);
    let mut rng = rng(1);
    // Each letter says which one follows, by a map of the 65 to one another.
    let text: Vec<i64> = (0..20_000).scan(1, |x, _| Some(std::mem::replace(x, (*x + 7) % 65))).collect();
    let text = Tensor::from_vec(text, [20_000]);
    let (mut gpt, adam) = (Gpt::new(&mut rng), AdamW { beta2: 0.99, ..AdamW::default() });
    let mut optimizer = Optimizer::new(adam, 1e-3).clip_norm(1.0);
    flat(from_environment("GRADUS_GPT_STEPS", 20), 0.9, || {
        let batch = random_windows(&text, 64, 12, &mut rng);
        optimizer.training_step(&mut gpt, |gpt, tape| {
            gpt.forward(tape.constant(&batch.inputs)).cross_entropy(&batch.labels)
        })
    });
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
