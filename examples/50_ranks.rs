//! One network on several ranks, here threads of one process: each works on its part of every batch, all make the same step, and the
//! parameters have the same bits as on one rank. A program for MPI is the same with `gradus_parallel_mpi::run` around it
//! (docs/many-machines.md).

use gradus::parallel::{Communicator, DataParallel, Error, ParallelOptions, Statistics, run};
use gradus::prelude::*;

/// A network of one's own: two branches that look at the same image, joined.
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
        Self {
            rows: Linear::new(8, 8, rng),
            columns: Linear::new(8, 8, rng),
            norm: BatchNorm::new(128),
            dropout: Dropout { p: 0.2 },
            head: Linear::new(128, 10, rng),
        }
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

/// What one rank does: the loop of a training in one process, with the rank's share of each batch.
fn train(comm: impl Communicator, data: &Dataset, epochs: u64) -> Result<(Branches, f64), Error> {
    let mut model = Branches::new(&mut rng(0)); // the values of rank 0 count
    let mut optimizer = Optimizer::new(AdamW::default(), 3e-3);
    let options = ParallelOptions { statistics: Statistics::Synchronised, ..ParallelOptions::default() };
    let mut parallel = DataParallel::with_options(comm, &mut model, options)?;
    let loader = Loader { batch: 64, shuffle: Some(0), drop_last: false };
    let mut last = f64::NAN;
    for epoch in 0..epochs {
        for batch in loader.shares(data, epoch, parallel.shard()) {
            last = parallel.training_step(&mut optimizer, &mut model, batch.len(), |model, tape, part| {
                let part = batch.part(part);
                model.forward(tape.constant(&part.inputs)).cross_entropy(&part.labels)
            })?;
        }
    }
    Ok((model, last))
}

fn main() -> Result<(), Error> {
    let epochs = if std::env::args().any(|argument| argument == "--quick") { 2 } else { 12 };
    let (data, test) = gradus::data::digits().map_inputs(|x| x / 16.0).split(0.2, 0);
    println!("ranks  last loss  test accuracy  parameters");
    let mut first: Option<Branches> = None;
    for ranks in [1, 2, 4, 8] {
        let all: Vec<_> =
            run(ranks, |comm| train(comm, &data, epochs))?.into_iter().collect::<Result<_, _>>()?;
        let (model, loss) = &all[0];
        let right = accuracy(&model.predict(&test.inputs), &test.labels);
        let same = |other: &Branches| {
            model.params().iter().zip(other.params()).all(|((_, a), (_, b))| a.value() == b.value())
        };
        assert!(all.iter().all(|(other, _)| same(other)), "the ranks differ");
        assert!(first.as_ref().is_none_or(same), "{ranks} ranks have other bits than one");
        println!("{ranks:>5}  {loss:>9.5}  {right:>13.4}  the same bits");
        first.get_or_insert_with(|| model.clone());
    }
    Ok(())
}
