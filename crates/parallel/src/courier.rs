//! The thread that sends gradients while the sweep still runs.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};

use gradus_tensor::Tensor;

use crate::communicator::Communicator;
use crate::error::Error;
use crate::plan::Plan;

/// Reduces buckets in the order in which they are handed over.
#[derive(Debug)]
pub(crate) struct Courier {
    jobs: Option<Sender<Vec<Tensor>>>,
    done: Receiver<Result<Tensor, Error>>,
    thread: Option<JoinHandle<()>>,
}

impl Courier {
    pub(crate) fn new<C: Communicator>(comm: Arc<C>, plan: Plan) -> Result<Self, Error> {
        let ((jobs, todo), (give, done)) = (channel::<Vec<Tensor>>(), channel());
        let deliver = move || {
            for own in todo {
                let result = plan.reduce(&*comm, own);
                // Nobody waits for an answer where the training has ended.
                let _ = give.send(result);
            }
        };
        let named = Builder::new().name("gradus gradients".to_string());
        let failed = |error| Error::Transport(format!("the thread that sends gradients: {error}"));
        let thread = named.spawn(deliver).map_err(failed)?;
        Ok(Self { jobs: Some(jobs), done, thread: Some(thread) })
    }

    /// Hands a bucket over; returns at once.
    pub(crate) fn send(&self, own: Vec<Tensor>) {
        if let Some(jobs) = &self.jobs {
            // A courier that has died is found when its answer is missing.
            let _ = jobs.send(own);
        }
    }

    /// The next bucket that is reduced.
    pub(crate) fn receive(&self) -> Result<Tensor, Error> {
        let lost = || Error::Transport("the thread that sends gradients has ended".to_string());
        self.done.recv().unwrap_or_else(|_| Err(lost()))
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.jobs.take();
        // In a panic it may wait for others, who wait for this rank; it ends when they learn of the panic.
        if !std::thread::panicking()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}
