//! What can be wrong with a run and its files.

use std::fmt;
use std::path::PathBuf;

use gradus_nn::StateDictError;

/// What is to be done about a damaged checkpoint.
const EARLIER: &str = "; go on from an earlier checkpoint";

/// Why a run ended, or a checkpoint or a log could not be used. Each says what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The system refused: no such file, no permission, no room.
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no checkpoint.
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file ends too early.
    Truncated {
        /// The file.
        path: PathBuf,
        /// The bytes it should have.
        expected: u64,
        /// The bytes it has.
        found: u64,
    },
    /// The file has the right length, and some of its bytes are others than were written.
    Checksum {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by another version of this library, whose format is unknown here.
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version that can be read.
        known: u32,
    },
    /// The file is whole, and what it holds is not what this version writes.
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A folder has checkpoints, and none of them is whole.
    AllDamaged {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with each, the newest first.
        errors: Vec<Error>,
    },
    /// The checkpoint is of another model.
    Model(StateDictError),
    /// A parameter has another element type.
    ElementType {
        /// The parameter.
        name: String,
        /// That of the checkpoint.
        saved: gradus_tensor::DType,
        /// That of the model.
        found: gradus_tensor::DType,
    },
    /// The checkpoint is of an optimizer with other rules or groups.
    Optimizer(gradus_optim::Error),
    /// The learning rate at the saved step is another than it was.
    Schedule {
        /// The step.
        step: u64,
        /// The rate of the run that was saved.
        saved: f64,
        /// The rate of the optimizer that is to go on.
        found: f64,
    },
    /// A log could not be read back.
    Log {
        /// The file.
        path: PathBuf,
        /// The line, from 1, or the number of the record.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// Another run writes there, in this process or another one.
    Busy {
        /// The folder or the file.
        path: PathBuf,
    },
    /// A folder holds a run, and a new one was to begin there.
    Occupied {
        /// The folder.
        folder: PathBuf,
    },
    /// The loss or a parameter became NaN or infinite: the run has ended, and nothing of it was saved.
    Diverged {
        /// The step, from 0.
        step: u64,
        /// What it is of: `the loss`, `parameter 0.weight`.
        name: String,
        /// NaN or an infinity.
        value: f64,
        /// The last good checkpoint.
        checkpoint: Option<PathBuf>,
    },
    /// A checkpoint could not be written where it was to be, and was written elsewhere.
    Rescued {
        /// What went wrong.
        error: Box<Error>,
        /// Where it is instead.
        place: PathBuf,
        /// Where it is looked for by a run that goes on.
        target: PathBuf,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Foreign { path } => write!(f, "{}: is no checkpoint of gradus", path.display()),
            Self::Truncated { path, expected, found } => {
                write!(f, "{}: it is truncated: {found} of {expected} bytes{EARLIER}", path.display())
            }
            Self::Checksum { path } => write!(
                f,
                "{}: its checksum is wrong: it was changed after it was written{EARLIER}",
                path.display()
            ),
            Self::Version { path, found, known } => write!(
                f,
                "{}: is of format version {found}, and {known} is the newest known here; read it with the gradus that wrote it",
                path.display()
            ),
            Self::Content { path, reason } => write!(f, "{}: {reason}", path.display()),
            Self::AllDamaged { folder, errors } => {
                write!(f, "{}: none of its {} checkpoints is whole", folder.display(), errors.len())?;
                errors.iter().try_for_each(|error| write!(f, "; {error}"))
            }
            Self::Log { path, line, reason } => {
                write!(f, "{}: line {line}: {reason}; move the file away to begin a new log", path.display())
            }
            Self::Diverged { step, name, value, checkpoint } => {
                write!(
                    f,
                    "{name} is {value} at step {step}: the training diverges; use a smaller learning rate, or clip the gradients \
                     (Optimizer::clip_norm)"
                )?;
                let place =
                    checkpoint.as_ref().map(|path| format!("the last good checkpoint is {}", path.display()));
                write!(f, "; {}", place.as_deref().unwrap_or("there is no checkpoint before it"))
            }
            Self::Busy { .. }
            | Self::Occupied { .. }
            | Self::Rescued { .. }
            | Self::Model(_)
            | Self::ElementType { .. }
            | Self::Optimizer(_)
            | Self::Schedule { .. } => self.other_training(f),
        }
    }
}

impl Error {
    /// The file that could not be read as a checkpoint.
    pub(crate) fn checkpoint(&self) -> Option<&std::path::Path> {
        match self {
            Self::Io { path, .. }
            | Self::Foreign { path }
            | Self::Truncated { path, .. }
            | Self::Checksum { path }
            | Self::Content { path, .. } => Some(path),
            _ => None,
        }
    }

    /// What is wrong, where an earlier checkpoint is taken already.
    pub(crate) fn fault(&self) -> String {
        self.to_string().trim_end_matches(EARLIER).to_string()
    }

    /// The words for checkpoints of another training, or in another place.
    fn other_training(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { path } => write!(
                f,
                "{}: another run writes there now; end it first, or choose another folder",
                path.display()
            ),
            Self::Occupied { folder } => write!(
                f,
                "{}: holds the checkpoints of a run; resume it, or choose another folder",
                folder.display()
            ),
            Self::Rescued { error, place, target } => {
                let (place, target) = (place.display(), target.display());
                write!(
                    f,
                    "{error}; the checkpoint is saved to {place} instead; to go on from it, move it to {target} and resume"
                )
            }
            Self::Model(error) => {
                write!(f, "the checkpoint is of another model: {error}; build the model as it was")
            }
            Self::ElementType { name, saved, found } => write!(
                f,
                "the checkpoint is of another model: {name} is {saved} there and {found} here; convert the model with .to(..)"
            ),
            Self::Optimizer(error) => write!(
                f,
                "the checkpoint is of another optimizer: {error}; build it with the rules and groups it had"
            ),
            Self::Schedule { step, saved, found } => write!(
                f,
                "the learning rate at step {step} was {saved} and is {found}; build the optimizer with the schedule it had; \
                 if another is meant: RunOptions::new_rate, Checkpoint::restore_with_new_rate"
            ),
            // All others have words of their own.
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Model(error) => Some(error),
            Self::Optimizer(error) => Some(error),
            Self::Rescued { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// What the system said of a file.
pub(crate) fn io(path: &std::path::Path) -> impl Fn(std::io::Error) -> Error + use<> {
    let path = path.to_path_buf();
    move |source| Error::Io { path: path.clone(), source }
}

/// Holds a file or a folder against other runs until it is closed. Where the system has no locks, nobody is refused.
pub(crate) fn lock(file: &std::fs::File, path: &std::path::Path) -> Result<(), Error> {
    match file.try_lock() {
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::Busy { path: path.to_path_buf() }),
        _ => Ok(()),
    }
}

/// The error of a file that `write_atomically` could not write.
pub(crate) fn of_tensor(path: &std::path::Path, error: gradus_tensor::Error) -> Error {
    match error {
        gradus_tensor::Error::Io { path, source } => Error::Io { path, source },
        other => Error::Content { path: path.to_path_buf(), reason: other.to_string() },
    }
}
