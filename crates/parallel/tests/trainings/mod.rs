//! Small trainings on any number of ranks: of the threads' tests, and of those of MPI, which include this file.

use gradus_autograd::{Params, Tape, Var};
use gradus_data::{Dataset, Loader};
use gradus_nn::{
    BatchNorm, Conv2d, ConvOptions, DecoderBlock, Dropout, Embedding, Flatten, Gelu, Linear, Module, Relu,
    Sequential, TransformerOptions, sequential,
};
use gradus_optim::{Adam, Lamb, Lars, Optimizer};
use gradus_parallel::{Communicator, DataParallel, Error, ParallelOptions, Statistics, Values};
use gradus_tensor::{DType, Tensor, rng};

/// What is trained.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Net {
    Mlp,
    /// With synchronised batch norm.
    Cnn,
    /// With dropout.
    Transformer,
}

/// How a step is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Step {
    Whole,
    /// Two batches make a step, each of them sent.
    Accumulated,
    /// Two batches make a step, sent once.
    Unsent,
}

/// One training.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    pub(crate) net: Net,
    pub(crate) rule: &'static str,
    pub(crate) step: Step,
    /// Examples; 40 make whole batches.
    pub(crate) examples: usize,
}

/// The cases in which any number of ranks must give the same bits.
pub(crate) const CASES: [Case; 7] = [
    Case { net: Net::Mlp, rule: "adam", step: Step::Whole, examples: 40 },
    Case { net: Net::Mlp, rule: "lars", step: Step::Accumulated, examples: 43 },
    Case { net: Net::Mlp, rule: "lamb", step: Step::Unsent, examples: 43 },
    Case { net: Net::Cnn, rule: "lars", step: Step::Whole, examples: 40 },
    Case { net: Net::Cnn, rule: "adam", step: Step::Accumulated, examples: 45 },
    Case { net: Net::Transformer, rule: "lamb", step: Step::Whole, examples: 40 },
    Case { net: Net::Transformer, rule: "adam", step: Step::Unsent, examples: 47 },
];

/// Steps of a training.
pub(crate) const STEPS: usize = 50;
const BATCH: usize = 10;

impl Case {
    fn model(self) -> Sequential {
        // Another seed on each rank would do: rank 0's values count.
        let mut rng = rng(5);
        match self.net {
            Net::Mlp => sequential![Linear::new(6, 16, &mut rng), Gelu, Linear::new(16, 3, &mut rng)],
            Net::Cnn => {
                let options = ConvOptions { padding: 1.into(), ..ConvOptions::default() };
                sequential![
                    Conv2d::new(1, 4, [3, 3], options, &mut rng),
                    BatchNorm::new(4),
                    Relu,
                    Flatten::default(),
                    Linear::new(4 * 36, 3, &mut rng),
                ]
            }
            Net::Transformer => {
                let options = TransformerOptions { dropout: 0.2, ..TransformerOptions::gpt2(8) };
                sequential![
                    Embedding::new(3, 8, &mut rng),
                    DecoderBlock::with_options(8, 2, &options, &mut rng),
                    Dropout { p: 0.1 },
                    Flatten::default(),
                    Linear::new(6 * 8, 3, &mut rng),
                ]
            }
        }
    }

    fn data(self) -> Dataset {
        let (n, mut rng) = (self.examples, rng(6));
        let inputs = match self.net {
            Net::Mlp => Tensor::randn([n, 6], &mut rng),
            Net::Cnn => Tensor::randn([n, 1, 6, 6], &mut rng),
            Net::Transformer => (Tensor::randn([n, 6], &mut rng).abs() * 1.3).clamp(0.0, 2.0).to(DType::I64),
        };
        let labels: Vec<i64> = (0..n).map(|i| ((i * 7) % 3) as i64).collect();
        Dataset::new(inputs, Tensor::from(labels))
    }

    pub(crate) fn optimizer(self) -> Optimizer {
        let optimizer = match self.rule {
            "lars" => Optimizer::new(Lars::default(), 0.1),
            "lamb" => Optimizer::new(Lamb::default(), 0.01),
            _ => Optimizer::new(Adam::default(), 0.01),
        };
        if self.step == Step::Accumulated { optimizer.accumulate(2) } else { optimizer }
    }

    fn options(self) -> ParallelOptions {
        let statistics =
            if matches!(self.net, Net::Cnn) { Statistics::Synchronised } else { Statistics::Own };
        // Several buckets even for such small models.
        ParallelOptions { statistics, bucket: 512, first_bucket: 128, ..ParallelOptions::default() }
    }
}

/// Ranks that take each other for other machines, so that gradients leave in buckets while the sweep still runs.
pub(crate) struct Far<C>(pub(crate) C);

impl<C: Communicator> Communicator for Far<C> {
    fn rank(&self) -> usize {
        self.0.rank()
    }
    fn size(&self) -> usize {
        self.0.size()
    }
    fn all_reduce_sum(&self, values: Values<'_>) -> Result<(), Error> {
        self.0.all_reduce_sum(values)
    }
    fn broadcast(&self, bytes: &mut Vec<u8>, root: usize) -> Result<(), Error> {
        self.0.broadcast(bytes, root)
    }
    fn all_gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        self.0.all_gather(bytes)
    }
    fn exchange(&self, with: usize, own: &[u8], theirs: &mut [u8]) -> Result<(), Error> {
        self.0.exchange(with, own, theirs)
    }
    fn set_computing(&self, computing: bool) {
        self.0.set_computing(computing);
    }
    fn abort(&self, message: &str, code: i32) {
        self.0.abort(message, code);
    }
}

/// The loss of a model on some examples.
pub(crate) fn loss<'t>(model: &Sequential, tape: &'t Tape, data: &Dataset) -> Var<'t> {
    model.forward(tape.constant(&data.inputs)).cross_entropy(&data.labels)
}

/// Trains; the bits of losses, parameters and buffers.
pub(crate) fn train<C: Communicator>(comm: C, case: Case, steps: usize) -> Result<Vec<u64>, Error> {
    let (data, mut model, mut optimizer) = (case.data(), case.model(), case.optimizer());
    let mut parallel = DataParallel::with_options(comm, &mut model, case.options())?;
    let loader = Loader { batch: BATCH, shuffle: Some(1), drop_last: false };
    let mut bits = Vec::new();
    let (mut epoch, mut batches) = (0, loader.shares(&data, 0, parallel.shard()));
    let mut made = 0;
    while made < steps {
        let Some(batch) = batches.next() else {
            epoch += 1;
            batches = loader.shares(&data, epoch, parallel.shard());
            continue;
        };
        if case.step == Step::Unsent && made % 2 == 0 {
            parallel.no_sync(&optimizer, &model, batch.len(), |model, tape, part| {
                loss(model, tape, &batch.part(part))
            })?;
        } else {
            let value =
                parallel.training_step(&mut optimizer, &mut model, batch.len(), |model, tape, part| {
                    loss(model, tape, &batch.part(part))
                })?;
            assert!(value.is_finite());
            bits.push(value.to_bits());
        }
        made += 1;
    }
    assert!(parallel.unreached().is_empty(), "{:?}", parallel.unreached());
    for (_, param) in model.params() {
        bits.extend(param.value().to_f64_vec().into_iter().map(f64::to_bits));
    }
    Ok(bits)
}
