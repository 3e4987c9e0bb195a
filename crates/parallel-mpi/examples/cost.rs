//! What a step of a small GPT (4 layers, 4 heads, width 128, 64 letters, a batch of 12) costs on ranks, in milliseconds:
//! `mpirun -n 2 cost 1` with one thread a rank, beside `cost 2`, one process with two. `ddp.py` is the same with PyTorch.

use std::time::Instant;

use gradus_autograd::{Param, Params, Tape, Var, params};
use gradus_nn::{DecoderBlock, Embedding, LayerNorm, Linear, Module, TransformerOptions};
use gradus_optim::{AdamW, Optimizer};
use gradus_parallel::{Alone, Communicator, DataParallel, Error, ParallelOptions, Summation};
use gradus_tensor::{DType, Tensor, rng};

const LETTERS: usize = 65;
const LENGTH: usize = 64;
const BATCH: usize = 12;
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
fn letters(seed: u64) -> Tensor {
    (Tensor::randn([BATCH, LENGTH], &mut rng(seed)).abs() * 25.0).floor().clamp(0.0, 64.0).to(DType::I64)
}

/// The median time of a step, in milliseconds, and the last loss.
fn median(mut step: impl FnMut() -> Result<f64, Error>) -> Result<(f64, f64), Error> {
    let (mut times, mut loss) = (Vec::new(), 0.0);
    for i in 0..60 {
        let begin = Instant::now();
        loss = step()?;
        if i >= 10 {
            times.push(begin.elapsed().as_secs_f64() * 1e3);
        }
    }
    times.sort_by(f64::total_cmp);
    Ok((times[times.len() / 2], loss))
}

fn on(comm: impl Communicator, n: usize, options: ParallelOptions) -> Result<(f64, f64), Error> {
    let (mut model, mut optimizer) = (Gpt::new(), Optimizer::new(AdamW::default(), 1e-3));
    let (x, y) = (letters(1), letters(2));
    let mut parallel = DataParallel::with_options(comm, &mut model, options)?;
    median(|| {
        parallel.training_step(&mut optimizer, &mut model, n, |model, tape, part| {
            let of = |tensor: &Tensor| tensor.narrow(0, part.start, part.len());
            model.loss(tape, &of(&x), &of(&y))
        })
    })
}

fn main() -> std::process::ExitCode {
    gradus_parallel_mpi::run(|comm| {
        let threads = std::env::args().nth(1).and_then(|threads| threads.parse().ok()).unwrap_or(1);
        gradus_tensor::kernel::parallel::set_threads(threads);
        let (first, size) = (comm.rank() == 0, comm.size());
        let say = |what: &str, (time, loss): (f64, f64)| {
            if first {
                println!(
                    "{size} ranks of {threads} threads  {what:<42} {time:7.2} ms a step  loss {loss:.4}"
                );
            }
        };
        if size == 1 {
            let (mut model, mut optimizer) = (Gpt::new(), Optimizer::new(AdamW::default(), 1e-3));
            let (x, y) = (letters(1), letters(2));
            let step = || Ok(optimizer.training_step(&mut model, |model, tape| model.loss(tape, &x, &y)));
            say("Optimizer::training_step", median(step)?);
        }
        if first {
            println!("{} parameters", Gpt::new().trainable_elements());
        }
        let exact = |parts| ParallelOptions { parts, ..ParallelOptions::default() };
        let fast = ParallelOptions { sums: Summation::Fast, ..ParallelOptions::default() };
        say("a rank's own part, nothing sent", on(Alone, BATCH / size, exact(1))?);
        comm.barrier()?;
        say("Summation::Fast", on(comm.clone(), BATCH, fast)?);
        say("Summation::Exact, a part a rank", on(comm.clone(), BATCH, exact(size))?);
        say("Summation::Exact, 8 parts", on(comm.clone(), BATCH, exact(8))?);
        Ok::<(), Error>(())
    })
}
