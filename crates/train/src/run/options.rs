//! What a run can be told before it starts.

use std::path::PathBuf;

use crate::checkpoint::Checkpoint;
use crate::early_stopping::EarlyStopping;

/// What a [`Run`](super::Run) can be told before it starts.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct RunOptions {
    /// The number of steps; for [`Run::batches`](super::Run::batches) the most there may be.
    pub steps: u64,
    /// Where the checkpoints go; `None`: nothing is saved.
    pub folder: Option<PathBuf>,
    /// Where the log goes; `None`: the folder of the checkpoints, if there is one.
    pub log: Option<PathBuf>,
    /// A checkpoint is saved after this many steps, and at the end; 1000.
    pub every: u64,
    /// How many checkpoints stay; 3.
    pub keep: usize,
    /// Whether a run that is in the folder goes on; yes. If not, a folder with checkpoints is refused.
    pub resume: bool,
    /// Whether a run that goes on may have another learning rate or schedule than it had; no: a slip would pass unseen.
    pub new_rate: bool,
    /// Whether the log has the time at which each line was written; yes.
    pub time: bool,
    /// Whether progress is shown on standard output, and warnings on standard error; yes.
    pub progress: bool,
    /// The state to go on with, of a run that has no folder; `None`: the newest checkpoint in the folder.
    pub from: Option<Checkpoint>,
    /// When it stops before the last step.
    pub early_stopping: Option<EarlyStopping>,
}

impl RunOptions {
    /// The usual values, for this many steps.
    pub fn steps(steps: u64) -> Self {
        Self {
            steps,
            folder: None,
            log: None,
            every: 1000,
            keep: 3,
            resume: true,
            new_rate: false,
            time: true,
            progress: true,
            from: None,
            early_stopping: None,
        }
    }
}
