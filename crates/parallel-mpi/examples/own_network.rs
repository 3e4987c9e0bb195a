//! A network of one's own on the ranks of MPI: `mpirun -n 2 own_network [FOLDER]`. It is the loop of `examples/50_ranks.rs` in the frame
//! of MPI, with checkpoints in a folder: started again with it, on any number of ranks, it goes on where it was.

use gradus::parallel::{Communicator, DataParallel, Error, ParallelOptions, Statistics, start};
use gradus::prelude::*;
use gradus::train::RunOptions;

/// Two branches that look at the same image, joined.
#[derive(Debug, Clone)]
struct Branches {
    rows: Linear,
    columns: Linear,
    norm: BatchNorm,
    dropout: Dropout,
    head: Linear,
}

gradus::params!(Branches { rows, columns, norm, head });

impl Branches {
    fn new(rng: &mut Rng) -> Self {
        let [rows, columns] = [(); 2].map(|()| Linear::new(8, 8, rng));
        let (norm, dropout) = (BatchNorm::new(128), Dropout { p: 0.2 });
        Self { rows, columns, norm, dropout, head: Linear::new(128, 10, rng) }
    }
}

impl Module for Branches {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let n = x.shape()[0];
        let image = x.reshape([n, 8, 8]);
        let rows = self.rows.forward(image).reshape([n, 64]);
        let columns = self.columns.forward(image.permute([0, 2, 1])).reshape([n, 64]);
        let both = self.norm.forward(Var::cat(&[rows, columns], 1)).relu();
        self.head.forward(self.dropout.forward(both))
    }
}

fn train(comm: impl Communicator) -> Result<(), Error> {
    let (data, test) = gradus::data::digits().map_inputs(|x| x / 16.0).split(0.2, 0);
    let (mut model, mut optimizer) = (Branches::new(&mut rng(0)), Optimizer::new(AdamW::default(), 3e-3));
    let loader = Loader { batch: 64, shuffle: Some(0), drop_last: false };
    let folder = std::env::args().nth(1).map(Into::into);
    let steps = 12 * loader.batches(data.len()) as u64;
    let options = RunOptions { folder, every: 20, resume: true, ..RunOptions::steps(steps) };
    let run = start(&comm, options, &mut model, &mut optimizer)?;
    let failed = |error: gradus::train::Error| Error::Run(error.to_string());
    let statistics = Statistics::Synchronised;
    let options = ParallelOptions { statistics, ..ParallelOptions::default() };
    let mut parallel = DataParallel::with_options(comm, &mut model, options)?;
    if let Some(file) = run.resumed().filter(|_| parallel.is_first()) {
        println!("goes on after step {}, from {}", run.step(), file.display());
    }
    for batch in run.batches(&loader, &data) {
        let loss = parallel.training_step(&mut optimizer, &mut model, batch.len(), |model, tape, part| {
            let part = batch.narrow(part.start, part.len());
            model.forward(tape.constant(&part.inputs)).cross_entropy(&part.labels)
        })?;
        run.log(&[("loss", loss)]).map_err(failed)?;
        run.checkpoint(&model, &optimizer).map_err(failed)?;
    }
    run.finish(&model, &optimizer).map_err(failed)?;
    if parallel.is_first() {
        let right = accuracy(&model.predict(&test.inputs), &test.labels);
        let bits = |x: &Tensor| x.to_f64_vec().iter().fold(0, |sum, x| sum ^ x.to_bits());
        let all =
            model.params().iter().fold(0u64, |sum, (_, param)| sum.rotate_left(1) ^ bits(param.value()));
        println!("{} ranks  test accuracy {right:.4}  bits {all:016x}", parallel.comm().size());
    }
    Ok(())
}

fn main() -> std::process::ExitCode {
    gradus_parallel_mpi::run(train)
}
