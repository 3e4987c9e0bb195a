//! Tools of a training run: small pieces that a visible loop uses. None of them owns the loop.
//!
//! 1. [`Run`]: the steps of a run that goes on where it was interrupted; it ties the others together, with [`RunOptions`];
//! 2. [`Checkpoint`]: model, optimizer, random streams and place among the batches in one file, and [`Checkpoint::newest`] of a folder;
//! 3. [`RunLog`]: JSON lines and an event file that TensorBoard opens, with scalars, [`Histogram`]s and images;
//! 4. [`EarlyStopping`]: the end of a training that does not improve, with the best weights;
//! 5. [`Health`]: gradient norms, dead and saturated units, update ratios, parameters that no gradient reaches and why;
//! 6. [`Progress`]: a bar on a terminal (feature `progress`), some lines elsewhere; [`RunningMean`]: the mean loss of an epoch.
//!
//! Files never panic: what is truncated, foreign or of another model comes back as an [`Error`] that says what to do.
#![forbid(unsafe_code)]

mod checkpoint;
mod early_stopping;
mod error;
mod folder;
mod format;
mod health;
mod progress;
mod random;
mod run;
mod run_log;

pub use checkpoint::{Checkpoint, Newest};
pub use early_stopping::{EarlyStopping, Seen};
pub use error::Error;
pub use gradus_nn::metric::RunningMean;
pub use health::{FLAT, Health, ParamHealth, UnitHealth};
pub use progress::Progress;
pub use run::{Run, RunOptions};
pub use run_log::{EVENTS, Histogram, JSONL, RunLog};
