//! A visible loop, and around it what it should not have to think of.

mod divergence;
mod options;
mod save;

use std::cell::{Cell, RefCell, RefMut};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use gradus_autograd::Params;
use gradus_data::{Cursor, Dataset, Loader};
use gradus_nn::metric::RunningMean;
use gradus_optim::Optimizer;
use gradus_tensor::{Rng, Tensor, rng};
use indexmap::IndexMap;

use crate::early_stopping::EarlyStopping;
use crate::error::Error;
use crate::progress::Progress;
use crate::run_log::RunLog;
use divergence::Divergence;

pub use options::RunOptions;

/// A training run: an iterator over its steps that goes on where it was interrupted, shows how far it is, logs what it is handed, saves every so
/// often, and ends early. The loop and the step stay the user's.
///
/// ```
/// use gradus_data::{Loader, iris};
/// use gradus_nn::{Linear, Module};
/// use gradus_optim::{AdamW, Optimizer};
/// use gradus_tensor::rng;
/// use gradus_train::{Run, RunOptions};
///
/// let folder = std::env::temp_dir().join(format!("gradus-run-doc-{}", std::process::id()));
/// let data = iris();
/// let loader = Loader { batch: 30, shuffle: Some(0), drop_last: false };
///
/// let mut model = Linear::new(4, 3, &mut rng(0));
/// let mut optimizer = Optimizer::new(AdamW::default(), 0.01);
/// let options = RunOptions { folder: Some(folder.clone()), every: 10, ..RunOptions::steps(40) };
/// let run = Run::start(options, &mut model, &mut optimizer)?; // goes on if the folder has a checkpoint
/// for batch in run.batches(&loader, &data) {
///     let loss = optimizer.training_step(&mut model, |model, tape| {
///         model.forward(tape.constant(&batch.inputs)).cross_entropy(&batch.labels)
///     });
///     run.log(&[("loss", loss), ("lr", optimizer.lr())])?;
///     run.checkpoint(&model, &optimizer)?; // the last line of the loop
/// }
/// run.finish(&model, &optimizer)?;
/// assert_eq!((run.step(), run.cursor().epoch), (40, 8));
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), gradus_train::Error>(())
/// ```
///
/// A run that is resumed computes the same bits and leaves the same log as one that was never interrupted, as long as all that changes from step to step
/// is the model, the optimizer, or kept here: random streams ([`Self::rng`]), values ([`Self::set`]), means ([`Self::mean`]), the place among the batches.
///
/// A run that diverges ends with [`Error::Diverged`]: if the number named `loss` that [`Self::log`] or [`Self::mean`] is handed is NaN or infinite, or a
/// parameter that is to be saved is. Nothing is saved then, so the checkpoints in the folder stay good. A step that the optimizer skipped
/// ([`Optimizer::skip_nonfinite`]) has changed nothing, and the run goes on if [`Self::checkpoint`] is asked behind it.
#[derive(Debug)]
pub struct Run {
    options: RunOptions,
    log: RefCell<Option<RunLog>>,
    progress: RefCell<Progress>,
    stopping: RefCell<Option<EarlyStopping>>,
    random: RefCell<IndexMap<String, Rng>>,
    values: RefCell<IndexMap<String, Tensor>>,
    means: RefCell<IndexMap<String, RunningMean>>,
    step: Cell<u64>,
    cursor: Cell<Cursor>,
    /// Whether the present step is over: it was asked for a checkpoint.
    closed: Cell<bool>,
    saved: Cell<Option<u64>>,
    stopped: Cell<bool>,
    resumed: Option<PathBuf>,
    warnings: Vec<String>,
    diverged: RefCell<Option<Divergence>>,
    /// The steps that the optimizer had skipped when it was last looked at.
    skipped: Cell<u64>,
    /// The folder of the checkpoints, locked as long as the run lives.
    _held: Option<File>,
}

impl Run {
    /// Begins a run, or goes on with the one in the folder: then the model and the optimizer get its state. Where the newest checkpoint is
    /// damaged it is the newest that is whole; [`Self::warnings`] says so.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder or the log cannot be written (said here, not at the first checkpoint), and what
    /// [`Checkpoint::newest`](crate::Checkpoint::newest), [`Checkpoint::restore`](crate::Checkpoint::restore) and [`RunLog::resume`] say; [`Error::Occupied`] if there is a run and it is not to be
    /// resumed; [`Error::Busy`] if another run writes there now.
    ///
    /// # Panics
    /// If `every` or `keep` is 0.
    #[track_caller]
    pub fn start(
        options: RunOptions,
        model: &mut (impl Params + ?Sized),
        optimizer: &mut Optimizer,
    ) -> Result<Self, Error> {
        assert!(options.every > 0, "Run::start: every is 0; a checkpoint is saved after each `every` steps");
        assert!(options.keep > 0, "Run::start: keep is 0; at least one checkpoint must stay");
        let held = save::hold(&options)?;
        let mut newest = save::newest(&options)?;
        let damaged = newest.as_mut().map_or(Vec::new(), |newest| std::mem::take(&mut newest.damaged));
        let mut run = Self::at_its_begin(options, held);
        run.resumed = newest.as_ref().map(|newest| newest.path.clone());
        let state = run.options.from.take().or(newest.map(|newest| newest.checkpoint));
        if let Some(state) = state {
            if run.options.new_rate {
                state.restore_with_new_rate(model, optimizer)?;
            } else {
                state.restore(model, optimizer)?;
            }
            run.take(&state);
        }
        run.skipped.set(optimizer.skipped());
        if let Some(folder) = run.options.log.as_ref().or(run.options.folder.as_ref()) {
            // At step 0 too: a file of the user's that has the name of a log is an error, and stays.
            let log = RunLog::resume(folder, run.step())?;
            *run.log.get_mut() = Some(if run.options.time { log } else { log.without_time() });
        }
        if run.options.progress {
            *run.progress.get_mut() = Progress::new(run.options.steps);
        }
        // Last: what is refused leaves the folder as it is.
        run.warnings = run.resumed().map_or(Vec::new(), |path| save::set_aside(&damaged, run.step(), path));
        for warning in run.warnings.iter().filter(|_| run.options.progress) {
            // Standard error may be closed; the training goes on.
            let _ = writeln!(std::io::stderr(), "warning: {warning}");
        }
        Ok(run)
    }

    fn at_its_begin(options: RunOptions, held: Option<File>) -> Self {
        Self {
            log: RefCell::new(None),
            progress: RefCell::new(Progress::silent(options.steps)),
            stopping: RefCell::new(options.early_stopping.clone()),
            random: RefCell::default(),
            values: RefCell::default(),
            means: RefCell::default(),
            step: Cell::new(0),
            cursor: Cell::default(),
            closed: Cell::new(true),
            saved: Cell::new(None),
            stopped: Cell::new(false),
            resumed: None,
            warnings: Vec::new(),
            diverged: RefCell::default(),
            skipped: Cell::new(0),
            _held: held,
            options,
        }
    }

    /// The checkpoint with which it went on.
    pub fn resumed(&self) -> Option<&PathBuf> {
        self.resumed.as_ref()
    }

    /// What the start has to say, a sentence each: of checkpoints that were newer and damaged, what is wrong with them and where they are
    /// kept (`NAME.damaged`). With [`RunOptions::progress`] it is said on standard error already.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The number of the present step, from 0; after the loop, how many were made.
    pub fn step(&self) -> u64 {
        self.step.get()
    }

    /// The place of the next batch.
    pub fn cursor(&self) -> Cursor {
        self.cursor.get()
    }

    /// The steps that are left: their numbers.
    pub fn steps(&self) -> impl Iterator<Item = u64> + '_ {
        let mut inside = false;
        std::iter::from_fn(move || {
            self.advance(inside);
            inside = self.goes_on();
            inside.then(|| self.open())
        })
    }

    /// The batches that are left, epoch after epoch, each of them a step.
    ///
    /// # Panics
    /// If the batch size is 0, or the data have no batch.
    #[track_caller]
    pub fn batches<'r>(&'r self, loader: &Loader, data: &'r Dataset) -> impl Iterator<Item = Dataset> + 'r {
        let loader = *loader;
        assert!(
            loader.batches(data.len()) > 0,
            "batches: {} examples make no batch of {}",
            data.len(),
            loader.batch
        );
        let mut batches = loader.resume(data, self.cursor());
        let mut inside = false;
        std::iter::from_fn(move || {
            self.advance(inside);
            inside = self.goes_on();
            if !inside {
                return None;
            }
            if batches.len() == 0 {
                batches = loader.resume(data, batches.cursor());
            }
            let batch = batches.next();
            self.cursor.set(batches.cursor());
            self.open();
            batch
        })
    }

    /// The step that was inside the loop is over.
    fn advance(&self, inside: bool) {
        if inside {
            self.closed.set(true);
            self.step.set(self.step() + 1);
            self.progress.borrow_mut().set(self.step());
        }
    }

    fn goes_on(&self) -> bool {
        let patient = self.stopping.borrow().as_ref().is_none_or(|stopping| !stopping.should_stop());
        self.step() < self.options.steps && !self.stopped.get() && patient && self.diverged.borrow().is_none()
    }

    fn open(&self) -> u64 {
        self.closed.set(false);
        self.step()
    }

    /// Ends the loop before its next step: of a handler of Ctrl-C, or a condition of the user's. The next checkpoint is saved whether it is due or not.
    pub fn stop(&self) {
        self.stopped.set(true);
    }

    /// Whether it was stopped, by [`Self::stop`] or by the early stopping.
    pub fn is_stopped(&self) -> bool {
        self.stopped.get() || self.stopping.borrow().as_ref().is_some_and(EarlyStopping::should_stop)
    }

    /// A random stream of this name, which begins with the seed and is saved where it stands.
    ///
    /// # Panics
    /// If another is still borrowed.
    #[track_caller]
    pub fn rng(&self, name: &str, seed: u64) -> RefMut<'_, Rng> {
        RefMut::map(self.random.borrow_mut(), |all| all.entry(name.to_string()).or_insert_with(|| rng(seed)))
    }

    /// Keeps a value that is saved with each checkpoint.
    pub fn set(&self, name: &str, value: impl Into<Tensor>) {
        self.values.borrow_mut().insert(name.to_string(), value.into());
    }

    /// A value that was kept.
    pub fn get(&self, name: &str) -> Option<Tensor> {
        self.values.borrow().get(name).cloned()
    }

    /// Takes a number into the running mean of this name, with a weight, and gives the mean so far. For `loss`, see [`Self::log`].
    ///
    /// # Panics
    /// If the weight is negative, infinite or NaN.
    #[track_caller]
    pub fn mean(&self, name: &str, value: f64, weight: f64) -> f64 {
        self.note(name, value);
        let mut means = self.means.borrow_mut();
        let mean = means.entry(name.to_string()).or_default();
        mean.add(value, weight);
        mean.mean()
    }

    /// The running mean of this name, which begins anew: at the end of an epoch. NaN if nothing was taken.
    pub fn take_mean(&self, name: &str) -> f64 {
        self.means.borrow_mut().get_mut(name).map_or(f64::NAN, RunningMean::take)
    }

    /// Gives the early stopping a new value of its measure; whether it is the best so far.
    ///
    /// # Panics
    /// If the options have no early stopping.
    #[track_caller]
    pub fn observe(&self, value: f64, model: &(impl Params + ?Sized)) -> bool {
        match self.stopping.borrow_mut().as_mut() {
            Some(stopping) => stopping.observe(value, model),
            None => panic!("observe: this run has no early stopping; set RunOptions::early_stopping"),
        }
    }

    /// Gives a model the weights of the best observed value; nothing happens without early stopping.
    ///
    /// # Errors
    /// [`Error::Model`] if it is another model.
    pub fn restore_best(&self, model: &mut (impl Params + ?Sized)) -> Result<(), Error> {
        self.stopping.borrow().as_ref().map_or(Ok(()), |stopping| stopping.restore_best(model))
    }

    /// Logs numbers of the present step. The one named `loss` tells whether the run diverges: then [`Self::checkpoint`] and [`Self::finish`] say so.
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be written.
    ///
    /// # Panics
    /// After [`Self::checkpoint`] in the same step: a run that is resumed there would not have it.
    #[track_caller]
    pub fn log(&self, values: &[(&str, f64)]) -> Result<(), Error> {
        for (name, value) in values {
            self.note(name, *value);
        }
        self.log_with(|log, step| log.scalars(step, values))
    }

    /// As [`Self::log`], for histograms and images: `run.log_with(|log, step| log.histogram(step, "weight", &w))`.
    ///
    /// # Errors
    /// As [`Self::log`].
    ///
    /// # Panics
    /// As [`Self::log`].
    #[track_caller]
    pub fn log_with(&self, write: impl FnOnce(&mut RunLog, u64) -> Result<(), Error>) -> Result<(), Error> {
        let between = self.step() < self.options.steps && !self.is_stopped();
        assert!(
            !(self.closed.get() && between),
            "log: this step has its checkpoint already; log first, so that a resumed run has the line"
        );
        self.log.borrow_mut().as_mut().map_or(Ok(()), |log| write(log, self.step()))
    }

    /// Shows how it stands: behind the bar, or as a line of standard output if one is due.
    pub fn say(&self, text: &str) {
        // Whoever read the output may have left; the training goes on.
        let _ = self.progress.borrow_mut().say(&mut std::io::stdout(), text);
    }
}
