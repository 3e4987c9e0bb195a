//! What a training has to do so that a session of the server can run it in front of the viewer.

use serde::Serialize;

use crate::answer::Refusal;

/// A training, a step at a time. It knows nothing of the server; whoever runs it decides which steps are looked at.
pub trait Training: Send + 'static {
    /// What is told once, before the first step.
    type Begin: Serialize;
    /// What is drawn.
    type Frame: Serialize;

    /// What it is.
    fn begin(&self) -> Self::Begin;

    /// Does one step; nothing once the training is over. With `look` the next [`Self::frame`] tells all about it.
    fn step(&mut self, look: bool);

    /// How things stand.
    fn frame(&mut self) -> Self::Frame;

    /// Whether there is no further step.
    fn over(&self) -> bool;

    /// The gradient here beside finite differences: the report of the check.
    ///
    /// # Errors
    /// If there is nothing to check.
    fn check(&mut self) -> Result<String, Refusal>;
}
