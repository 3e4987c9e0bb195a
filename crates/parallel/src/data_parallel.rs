//! One model on all ranks.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use gradus_autograd::{Gradients, Params, Tape, Var};
use gradus_data::Shard;
use gradus_optim::Optimizer;

use crate::agree;
use crate::collector::Waiting;
use crate::communicator::Communicator;
use crate::courier::Courier;
use crate::error::Error;
use crate::layout::Layout;
use crate::options::ParallelOptions;
use crate::plan::Plan;

/// One model trained on all ranks: each works on its part of every batch, and all make the same step.
///
/// ```
/// use gradus_data::{Loader, iris};
/// use gradus_nn::{Linear, Module};
/// use gradus_optim::{Adam, Optimizer};
/// use gradus_parallel::{DataParallel, Error, run};
/// use gradus_tensor::rng;
///
/// let train = |ranks: usize| {
///     let weights = run(ranks, |comm| {
///         let (data, loader) = (iris(), Loader { batch: 32, shuffle: Some(0), drop_last: false });
///         let mut model = Linear::new(4, 3, &mut rng(0));
///         let mut optimizer = Optimizer::new(Adam::default(), 0.01);
///         let mut parallel = DataParallel::new(comm, &mut model)?;
///         for batch in loader.shares(&data, 0, parallel.shard()) {
///             parallel.training_step(&mut optimizer, &mut model, batch.len(), |model, tape, part| {
///                 let part = batch.part(part);
///                 model.forward(tape.constant(&part.inputs)).cross_entropy(&part.labels)
///             })?;
///         }
///         Ok::<_, Error>(model.weight.value().clone())
///     })?;
///     weights.into_iter().next().expect("there is a rank 0")
/// };
/// assert_eq!(train(1)?, train(4)?); // the same bits
/// # Ok::<(), Error>(())
/// ```
///
/// # What is computed
/// The gradient of the mean loss over the whole batch, `$\sum_p \frac{n_p}{n} \nabla \ell_p$`, where `$\ell_p$` is the mean over the
/// `$n_p$` examples of part p. With [`Summation::Exact`](crate::Summation::Exact) the parts and the tree in which they are summed are
/// the same for any number of ranks, and so are the bits of the parameters after each step.
///
/// The random numbers of layers (dropout) belong to the part: the seed of its tape is made of the optimizer's seed for the step
/// ([`Optimizer::tape_seed`]) and the number of the part, and not of the rank.
///
/// # How it is sent
/// Between machines gradients leave in buckets while the sweep still runs ([`ParallelOptions::bucket`]): first in the reverse
/// order of the model, after one step in the order in
/// which rank 0 finished them. A parameter that no part of a rank reached counts as zeros there, is not waited for, and is named by
/// [`Self::unreached`]; one that no rank reached has no gradient.
///
/// # Source
/// Li et al. 2020, "PyTorch Distributed: Experiences on Accelerating Data Parallel Training" (arXiv 2006.15704); PyTorch's
/// `nn.parallel.DistributedDataParallel`.
///
/// # Differs
/// The sums do not depend on the number of ranks; buffers move by the mean over the parts, where PyTorch takes those of rank 0.
#[doc(alias = "DistributedDataParallel")]
pub struct DataParallel<C: Communicator> {
    pub(crate) comm: Arc<C>,
    pub(crate) options: ParallelOptions,
    pub(crate) plan: Plan,
    pub(crate) layout: Layout,
    pub(crate) courier: Courier,
    pub(crate) waiting: Waiting,
    /// The sizes of the batches that wait.
    pub(crate) sizes: Vec<usize>,
    /// Whether the ranks have compared what they begin with.
    pub(crate) compared: bool,
    /// Whether the present step has used batches that waited.
    pub(crate) used: bool,
    pub(crate) unreached: Vec<Unreached>,
}

/// A parameter that some rank did not reach in the last step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreached {
    /// Its name.
    pub name: String,
    /// The ranks that had examples and did not reach it.
    pub ranks: Vec<usize>,
}

impl fmt::Display for Unreached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` was not reached on the ranks {:?}", self.name, self.ranks)
    }
}

impl<C: Communicator> fmt::Debug for DataParallel<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataParallel")
            .field("options", &self.options)
            .field("shard", &self.shard())
            .finish_non_exhaustive()
    }
}

impl<C: Communicator> DataParallel<C> {
    /// Gives all ranks the parameters and buffers of rank 0, with the usual options.
    ///
    /// # Errors
    /// [`Error::Differs`] if ranks have other models, options or versions; [`Error::NoData`] if there are more ranks than parts.
    pub fn new(comm: C, model: &mut (impl Params + ?Sized)) -> Result<Self, Error> {
        Self::with_options(comm, model, ParallelOptions::default())
    }

    /// As [`Self::new`].
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_options(
        comm: C,
        model: &mut (impl Params + ?Sized),
        options: ParallelOptions,
    ) -> Result<Self, Error> {
        agree::check(&comm, model, &options)?;
        let first_bucket = if comm.is_one_machine() { options.bucket } else { options.first_bucket };
        let options = ParallelOptions { first_bucket, ..options };
        let plan = Plan::new(&comm, options.parts, options.sums);
        if plan.shard.parts < comm.size() {
            return Err(Error::NoData {
                ranks: comm.size(),
                of: format!("batches of {} parts", options.parts),
            });
        }
        agree::share(&comm, model)?;
        let comm = Arc::new(comm);
        let courier = Courier::new(Arc::clone(&comm), plan.clone())?;
        let layout = Layout::of(model, &options);
        let (waiting, unreached) = (Vec::new(), Vec::new());
        let (sizes, compared, used) = (Vec::new(), false, false);
        Ok(Self { comm, options, plan, layout, courier, waiting, sizes, compared, used, unreached })
    }

    /// The ranks: between two steps for the user's own sums.
    pub fn comm(&self) -> &C {
        &self.comm
    }

    /// Whether this is rank 0: the one that writes and prints.
    pub fn is_first(&self) -> bool {
        self.comm.rank() == 0
    }

    /// Which examples of a batch this rank works on: for [`Loader::shares`](gradus_data::Loader::shares).
    pub fn shard(&self) -> Shard {
        self.plan.shard
    }

    /// The parameters that some ranks with examples did not reach in the last step, though others did or none.
    pub fn unreached(&self) -> &[Unreached] {
        &self.unreached
    }

    /// One step of a training on all ranks, as [`Optimizer::training_step`] in one process; returns the mean loss over the whole batch,
    /// alike on all ranks. `n` is the number of examples of the whole batch, and the closure gives the mean loss over the examples
    /// with the numbers that it is handed. It is called for each part of this rank that has examples.
    ///
    /// # Errors
    /// What has happened to the ranks, see [`Error`]; then nothing is changed. [`Error::Differs`] if ranks would make other steps: their
    /// batches have other sizes, or [`Optimizer::terms`] differ; before the first step also if parameters or the optimizer's
    /// memory do ([`Self::compare`]).
    ///
    /// # Panics
    /// As [`Optimizer::training_step_by`].
    #[track_caller]
    pub fn training_step<M: Params + Sync + ?Sized>(
        &mut self,
        optimizer: &mut Optimizer,
        model: &mut M,
        n: usize,
        f: impl for<'t> Fn(&M, &'t Tape, Range<usize>) -> Var<'t> + Sync,
    ) -> Result<f64, Error> {
        self.agree(optimizer, model, n)?;
        let mut called = false;
        let result = optimizer.training_step_by(model, |model, seed| {
            let twice = std::mem::replace(&mut called, true);
            self.gradients(model, seed, n, twice, &f)
        });
        match result {
            Ok(loss) => Ok(loss),
            Err(Stop::Error(error)) => Err(error),
            Err(Stop::Fault(fault)) => panic!("training_step: {fault}"),
        }
    }

    /// Compares the bits of all parameters and buffers, the optimizer's terms ([`Optimizer::terms`]) and its memory
    /// ([`Optimizer::state`]). The first [`Self::training_step`] does it, later ones compare the terms alone: so it is for a program
    /// that changes the model or the optimizer between steps, or for machines that may round differently. All ranks call it.
    ///
    /// ```
    /// use gradus_autograd::Param;
    /// use gradus_optim::{Optimizer, Sgd};
    /// use gradus_parallel::{Communicator, DataParallel, Error, run};
    /// let found = run(2, |comm| {
    ///     let (rank, mut w, mut optimizer) = (comm.rank(), Param::new(1.0), Optimizer::new(Sgd::default(), 0.1));
    ///     let parallel = DataParallel::new(comm, &mut w)?;
    ///     parallel.compare(&mut optimizer, &w)?;
    ///     w.set((rank as f64).into());
    ///     parallel.compare(&mut optimizer, &w)
    /// })?;
    /// assert!(found.iter().all(|result| matches!(result, Err(Error::Differs { .. }))));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Differs`] with the first difference.
    ///
    /// # Panics
    /// As [`Optimizer::terms`].
    #[track_caller]
    pub fn compare(&self, optimizer: &mut Optimizer, model: &(impl Params + ?Sized)) -> Result<(), Error> {
        agree::step(&*self.comm, &optimizer.terms(model))?;
        agree::values(&*self.comm, model, optimizer)
    }

    /// Evaluates a batch without sending anything, for a step over several batches: the next [`Self::training_step`] takes the mean
    /// over its own batch and those that wait. Returns this rank's share of the loss, `$\sum_p \frac{n_p}{n} \ell_p$` over its parts.
    /// Running statistics do not move.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`].
    ///
    /// # Panics
    /// If the loss is not a scalar or depends on no parameter; if statistics are synchronised, which needs the other ranks.
    #[track_caller]
    pub fn no_sync<M: Params + Sync + ?Sized>(
        &mut self,
        optimizer: &Optimizer,
        model: &M,
        n: usize,
        f: impl for<'t> Fn(&M, &'t Tape, Range<usize>) -> Var<'t> + Sync,
    ) -> Result<f64, Error> {
        assert!(
            self.options.statistics != crate::Statistics::Synchronised,
            "no_sync: synchronised statistics need the other ranks; use Optimizer::accumulate, which sends each part"
        );
        match self.keep(model, optimizer.tape_seed(), n, &f) {
            Ok(loss) => Ok(loss),
            Err(Stop::Error(error)) => Err(error),
            Err(Stop::Fault(fault)) => panic!("no_sync: {fault}"),
        }
    }
}

/// Why there are no gradients.
pub(crate) enum Stop {
    Error(Error),
    /// Something is wrong with the loss: the caller's mistake.
    Fault(String),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// The loss and the gradients over all ranks.
pub(crate) type Found = Result<(f64, Gradients), Stop>;
