//! The end of a run whose loss or parameters are NaN or infinite.

use gradus_autograd::Params;
use gradus_optim::Optimizer;

use super::Run;
use crate::error::Error;

/// The name of the number that is watched.
const LOSS: &str = "loss";

/// The first number that was not finite.
#[derive(Debug, Clone)]
pub(super) struct Divergence {
    step: u64,
    name: String,
    value: f64,
}

impl Run {
    /// Keeps a loss that is not finite. The optimizer, which may have skipped the step, is not known before the checkpoint.
    pub(super) fn note(&self, name: &str, value: f64) {
        if name == LOSS && !value.is_finite() {
            self.diverge("the loss".to_string(), value, self.step());
        }
    }

    fn diverge(&self, name: String, value: f64, step: u64) {
        self.diverged.borrow_mut().get_or_insert(Divergence { step, name, value });
    }

    /// Forgets a loss whose step the optimizer has skipped; any other is the end of the run.
    pub(super) fn check_loss(&self, optimizer: &Optimizer) -> Result<(), Error> {
        let skipped = optimizer.skipped();
        if self.skipped.replace(skipped) < skipped {
            self.diverged.take();
        }
        let Some(Divergence { step, name, value }) = self.diverged.borrow().clone() else { return Ok(()) };
        let folder = self.options.folder.as_deref();
        let checkpoint = folder.zip(self.saved.get()).map(|(folder, step)| crate::folder::path(folder, step));
        Err(Error::Diverged { step, name, value, checkpoint })
    }

    /// What is to be saved after `done` steps must be good to go on from. Buffers may hold infinities: a mask does.
    pub(super) fn check_parameters(
        &self,
        done: u64,
        model: &(impl Params + ?Sized),
        optimizer: &Optimizer,
    ) -> Result<(), Error> {
        for (name, param) in model.params() {
            let value = param.value();
            if param.is_buffer() || !value.dtype().is_float() || value.is_finite().all().item() == 1.0 {
                continue;
            }
            let value = value.to_f64_vec().into_iter().find(|x| !x.is_finite()).unwrap_or(f64::NAN);
            self.diverge(format!("parameter {name}"), value, done.saturating_sub(1));
        }
        self.check_loss(optimizer)
    }
}
