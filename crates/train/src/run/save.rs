//! The state of a run in checkpoints, and back.

use std::fs::File;
use std::path::{Path, PathBuf};

use gradus_autograd::Params;
use gradus_nn::metric::RunningMean;
use gradus_optim::Optimizer;
use gradus_tensor::Tensor;
use gradus_tensor::io::{check_writable, create_folder};

use super::{Run, RunOptions};
use crate::checkpoint::{Checkpoint, Newest};
use crate::early_stopping::EarlyStopping;
use crate::error::{Error, io, lock, of_tensor};

/// How the names of values begin that are the run's own, and of the user's.
const USER: &str = "user/";
const MEAN: &str = "mean/";
const STOPPING: &str = "early stopping/";

/// The checkpoint to go on with. Whether there can be a next one is tried at once.
pub(super) fn newest(options: &RunOptions) -> Result<Option<Newest>, Error> {
    let Some(folder) = &options.folder else { return Ok(None) };
    let probe = folder.join("step");
    check_writable(&probe).map_err(|error| of_tensor(&probe, error))?;
    if options.resume {
        return Checkpoint::newest(folder);
    }
    if Checkpoint::any(folder)? { Err(Error::Occupied { folder: folder.clone() }) } else { Ok(None) }
}

/// Gives checkpoints that are damaged another name, `NAME.damaged`, under which no later one is written over them; what is to be
/// said of each.
pub(super) fn set_aside(damaged: &[Error], step: u64, taken: &Path) -> Vec<String> {
    let said = |error: &Error| {
        let kept = match error.checkpoint().map(|path| (path, aside(path))) {
            Some((path, place)) if std::fs::rename(path, &place).is_ok() => {
                format!("it is kept as {}", place.display())
            }
            _ => "it cannot be renamed, and is lost at the next checkpoint".to_string(),
        };
        format!("{}; {kept}; the run goes on after step {step}, with {}", error.fault(), taken.display())
    };
    damaged.iter().map(said).collect()
}

/// `NAME.damaged`, or the first of `NAME.damaged.2`, … that is not taken.
fn aside(path: &Path) -> PathBuf {
    let named = |end: &str| {
        let mut name = path.as_os_str().to_os_string();
        name.push(end);
        PathBuf::from(name)
    };
    let first = named(".damaged");
    if first.symlink_metadata().is_err() {
        return first;
    }
    let mut others = (2u32..).map(|n| named(&format!(".damaged.{n}")));
    others.find(|place| place.symlink_metadata().is_err()).unwrap_or(first)
}

/// The folder of the checkpoints, held against other runs: each would remove what the other has saved.
pub(super) fn hold(options: &RunOptions) -> Result<Option<File>, Error> {
    let Some(folder) = &options.folder else { return Ok(None) };
    create_folder(folder).map_err(io(folder))?;
    // Not every system opens folders.
    let Ok(file) = File::open(folder) else { return Ok(None) };
    lock(&file, folder)?;
    Ok(Some(file))
}

impl Run {
    /// A value that [`Self::set`] kept in a checkpoint with which no run goes on yet.
    pub fn value_in(checkpoint: &Checkpoint, name: &str) -> Option<Tensor> {
        checkpoint.value(&format!("{USER}{name}")).cloned()
    }

    /// Takes over what a checkpoint holds of a run.
    pub(super) fn take(&mut self, checkpoint: &Checkpoint) {
        self.step.set(checkpoint.step());
        self.cursor.set(checkpoint.cursor());
        self.saved.set(Some(checkpoint.step()));
        for name in checkpoint.rngs() {
            self.random.get_mut().extend(checkpoint.rng(name).map(|rng| (name.to_string(), rng)));
        }
        let mut stopping = Vec::new();
        for (name, value) in checkpoint.values() {
            if let Some(name) = name.strip_prefix(USER) {
                self.values.get_mut().insert(name.to_string(), value.clone());
            } else if let Some(name) = name.strip_prefix(MEAN) {
                let (pair, mut mean) = (value.to_f64_vec(), RunningMean::default());
                if let [value, weight] = pair[..] {
                    // A mean of one number is that number, to the last bit.
                    mean.add(value, weight);
                }
                self.means.get_mut().insert(name.to_string(), mean);
            } else if let Some(name) = name.strip_prefix(STOPPING) {
                stopping.push((name.to_string(), value.clone()));
            }
        }
        if let Some(own) = self.stopping.get_mut().as_mut().filter(|_| !stopping.is_empty()) {
            own.load_state(stopping);
        }
    }

    /// The present state, after `step` steps.
    fn state(&self, step: u64, model: &(impl Params + ?Sized), optimizer: &Optimizer) -> Checkpoint {
        let mut all = Checkpoint::of(model, optimizer).with_step(step).with_cursor(self.cursor());
        for (name, rng) in self.random.borrow().iter() {
            all = all.with_rng(name, rng);
        }
        for (name, value) in self.values.borrow().iter() {
            all = all.with_value(&format!("{USER}{name}"), value.clone());
        }
        for (name, mean) in self.means.borrow().iter() {
            all = all.with_value(&format!("{MEAN}{name}"), Tensor::from([mean.mean(), mean.weight()]));
        }
        for (name, value) in self.stopping.borrow().iter().flat_map(EarlyStopping::state) {
            all = all.with_value(&format!("{STOPPING}{name}"), value);
        }
        all
    }

    /// Saves a checkpoint if one is due: after each `every` steps, after the last one, and when the run was stopped. It belongs at the end of the
    /// loop's body. The path of the file that was written.
    ///
    /// # Errors
    /// [`Error::Io`] if the log cannot be written, [`Error::Rescued`] if the checkpoint had to go to another place,
    /// [`Error::Diverged`] if the loss of the step or a parameter that is to be saved is NaN or infinite.
    pub fn checkpoint(
        &self,
        model: &(impl Params + ?Sized),
        optimizer: &Optimizer,
    ) -> Result<Option<PathBuf>, Error> {
        let done = self.step() + u64::from(!self.closed.get());
        self.closed.set(true);
        self.check_loss(optimizer)?;
        let last = done >= self.options.steps || self.is_stopped();
        if !done.is_multiple_of(self.options.every) && !last {
            return Ok(None);
        }
        self.save(done, model, optimizer)
    }

    /// Ends a run: saves the last checkpoint, if it is not saved yet, and the log.
    ///
    /// # Errors
    /// As [`Self::checkpoint`].
    pub fn finish(
        &self,
        model: &(impl Params + ?Sized),
        optimizer: &Optimizer,
    ) -> Result<Option<PathBuf>, Error> {
        self.progress.borrow().finish();
        self.flush()?;
        // A step that was left by `break` is done.
        let done = self.step() + u64::from(!self.closed.replace(true));
        self.check_parameters(done, model, optimizer)?;
        self.save(done, model, optimizer)
    }

    fn flush(&self) -> Result<(), Error> {
        self.log.borrow_mut().as_mut().map_or(Ok(()), crate::RunLog::flush)
    }

    fn save(
        &self,
        done: u64,
        model: &(impl Params + ?Sized),
        optimizer: &Optimizer,
    ) -> Result<Option<PathBuf>, Error> {
        let Some(folder) = self.options.folder.as_deref().filter(|_| self.saved.get() != Some(done)) else {
            return Ok(None);
        };
        self.check_parameters(done, model, optimizer)?;
        // The log is never behind the checkpoint: what is in front of it is cut when the run goes on.
        self.flush()?;
        let state = self.state(done, model, optimizer);
        let path = state.save_in(folder, self.options.keep).or_else(|error| rescue(&state, folder, error))?;
        self.saved.set(Some(done));
        Ok(Some(path))
    }
}

/// A second place for what could not be saved.
fn rescue(state: &Checkpoint, folder: &Path, error: Error) -> Result<PathBuf, Error> {
    let name = format!("gradus-rescued-{}.checkpoint", std::process::id());
    let place = std::env::temp_dir().join(name);
    if place.parent() == Some(folder) || state.save(&place).is_err() {
        return Err(error);
    }
    let target = crate::folder::path(folder, state.step());
    Err(Error::Rescued { error: Box::new(error), place, target })
}
