//! How far the training is: a bar on a terminal, up to some twenty plain lines elsewhere.

use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::Failure;

/// About as many lines are printed when there is no terminal.
const LINES: u64 = 20;

pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    epochs: u64,
}

impl Progress {
    pub(crate) fn new(epochs: u64, batches: usize) -> Self {
        let style = "{bar:32} epoch {msg} · {elapsed} of about {duration}";
        let style =
            ProgressStyle::with_template(style).expect("the template is well formed").progress_chars("━╸ ");
        let bar = std::io::stdout().is_terminal().then(|| {
            let target = indicatif::ProgressDrawTarget::stdout();
            ProgressBar::with_draw_target(Some(epochs * batches as u64), target).with_style(style)
        });
        Self { bar, epochs }
    }

    /// One batch is done.
    pub(crate) fn batch(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    /// One epoch (from 0) is done, with this mean loss and training accuracy.
    pub(crate) fn epoch(
        &self,
        out: &mut dyn Write,
        epoch: u64,
        loss: f64,
        accuracy: f64,
    ) -> Result<(), Failure> {
        let text = format!("{:>3}/{}  loss {loss:.4}  train accuracy {accuracy:.4}", epoch + 1, self.epochs);
        match &self.bar {
            Some(bar) => bar.set_message(text),
            None if (epoch + 1).is_multiple_of((self.epochs / LINES).max(1)) || epoch + 1 == self.epochs => {
                writeln!(out, "epoch {text}")?;
            }
            None => {}
        }
        Ok(())
    }

    /// The training is over; the bar stays as it is.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish();
        }
    }
}
