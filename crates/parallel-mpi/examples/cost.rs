//! What a step of a small GPT (4 layers, 4 heads, width 128, 64 letters) costs on ranks, in milliseconds: `mpirun -n 2 cost 1` with one
//! thread a rank, beside `cost 2`, one process with two; `cost 1 24` has a batch of 24 in place of 12. `ddp.py` is the same with
//! PyTorch, and `cost.sh` runs both in turn.

use std::time::Instant;

use gradus_autograd::{Param, Tape, Var, params};
use gradus_nn::{DecoderBlock, Embedding, LayerNorm, Linear, Module, TransformerOptions};
use gradus_optim::{AdamW, Optimizer};
use gradus_parallel::{Alone, Communicator, DataParallel, Error, ParallelOptions, Summation};
use gradus_tensor::{DType, Tensor, rng};

const LETTERS: usize = 65;
const LENGTH: usize = 64;
const WIDTH: usize = 128;

#[derive(Debug, Clone)]
struct Gpt {
    letters: Embedding,
    places: Param,
    blocks: Vec<DecoderBlock>,
    norm: LayerNorm,
    head: Linear,
}

params!(Gpt { letters, places, blocks, norm, head });

impl Gpt {
    fn new() -> Self {
        let (rng, options) =
            (&mut rng(0), TransformerOptions { dropout: 0.0, ..TransformerOptions::gpt2(WIDTH) });
        Self {
            letters: Embedding::new(LETTERS, WIDTH, rng),
            places: Param::new(Tensor::randn([LENGTH, WIDTH], rng) * 0.02),
            blocks: (0..4).map(|_| DecoderBlock::with_options(WIDTH, 4, &options, rng)).collect(),
            norm: LayerNorm::new(WIDTH),
            head: Linear::new(WIDTH, LETTERS, rng),
        }
    }

    fn loss<'t>(&self, tape: &'t Tape, x: &Tensor, y: &Tensor) -> Var<'t> {
        let mut h = self.letters.forward(tape.constant(x)) + tape.param(&self.places);
        for block in &self.blocks {
            h = block.forward(h);
        }
        let scores = self.head.forward(self.norm.forward(h));
        scores.reshape([x.elements(), LETTERS]).cross_entropy(&y.reshape([y.elements()]))
    }
}

/// Letters that are the same on all ranks.
fn letters(seed: u64, batch: usize) -> Tensor {
    (Tensor::randn([batch, LENGTH], &mut rng(seed)).abs() * 25.0).floor().clamp(0.0, 64.0).to(DType::I64)
}

/// One step; its loss.
type Step = Box<dyn FnMut() -> Result<f64, Error>>;

fn on(comm: impl Communicator, batch: usize, options: ParallelOptions) -> Result<Step, Error> {
    let (mut model, mut optimizer) = (Gpt::new(), Optimizer::new(AdamW::default(), 1e-3));
    let (x, y) = (letters(1, batch), letters(2, batch));
    let mut parallel = DataParallel::with_options(comm, &mut model, options)?;
    Ok(Box::new(move || {
        parallel.training_step(&mut optimizer, &mut model, batch, |model, tape, part| {
            let of = |tensor: &Tensor| tensor.narrow(0, part.start, part.len());
            model.loss(tape, &of(&x), &of(&y))
        })
    }))
}

fn alone(batch: usize) -> Step {
    let (mut model, mut optimizer) = (Gpt::new(), Optimizer::new(AdamW::default(), 1e-3));
    let (x, y) = (letters(1, batch), letters(2, batch));
    Box::new(move || Ok(optimizer.training_step(&mut model, |model, tape| model.loss(tape, &x, &y))))
}

/// A step without reduction whose ranks wait for each other: what remains of a step that is sent is the reduction.
fn in_step(comm: impl Communicator, mut step: Step) -> Step {
    Box::new(move || {
        comm.barrier()?;
        step()
    })
}

/// Runs all in turn, some steps of each, so that none has a quieter machine than the others. A step is over when its last rank is,
/// also where nothing is sent.
fn measure(comm: &impl Communicator, threads: usize, mut all: Vec<(&str, Step)>) -> Result<(), Error> {
    let mut times: Vec<Vec<u8>> = vec![Vec::new(); all.len()];
    for _ in 0..8 {
        for ((_, step), times) in all.iter_mut().zip(&mut times) {
            comm.barrier()?;
            for i in 0..12 {
                let begin = Instant::now();
                step()?;
                if i >= 2 {
                    times.extend(begin.elapsed().as_micros().to_ne_bytes());
                }
            }
        }
    }
    for ((name, _), own) in all.iter().zip(&times) {
        let ranks = comm.all_gather(own)?;
        let of = |bytes: &[u8]| u128::from_ne_bytes(bytes.try_into().unwrap_or_default());
        let last = |i: usize| ranks.iter().map(|bytes| of(&bytes[16 * i..][..16])).max();
        let mut steps: Vec<_> = (0..own.len() / 16).filter_map(last).collect();
        steps.sort_unstable();
        let (median, size) = (steps[steps.len() / 2] as f64 / 1e3, comm.size());
        if comm.rank() == 0 {
            println!("{size} ranks of {threads} threads  {name:<32} {median:7.2} ms a step");
        }
    }
    Ok(())
}

fn main() -> std::process::ExitCode {
    gradus_parallel_mpi::run(|comm| {
        let number = |i| std::env::args().nth(i).and_then(|text| text.parse().ok());
        let (threads, batch) = (number(1).unwrap_or(1), number(2).unwrap_or(12));
        gradus_tensor::kernel::parallel::set_threads(threads);
        let size = comm.size();
        let exact = |parts| ParallelOptions { parts, ..ParallelOptions::default() };
        let fast = ParallelOptions { sums: Summation::Fast, ..ParallelOptions::default() };
        let mut all = Vec::new();
        if size == 1 {
            all.push(("Optimizer::training_step", alone(batch)));
        } else {
            all.push(("Summation::Fast", on(comm.clone(), batch, fast)?));
            all.push(("Summation::Exact, a part a rank", on(comm.clone(), batch, exact(size))?));
            let unsent = |parts| on(Alone, batch / size, exact(parts));
            all.push(("8 parts, nothing sent", unsent(8 / size)?));
            all.push(("8 parts, nothing sent, in step", in_step(comm.clone(), unsent(8 / size)?)));
            all.push(("a part a rank, nothing sent", unsent(1)?));
            all.push(("a part a rank, in step", in_step(comm.clone(), unsent(1)?)));
        }
        all.push(("Summation::Exact, 8 parts", on(comm.clone(), batch, exact(8))?));
        measure(&comm, threads, all)
    })
}
