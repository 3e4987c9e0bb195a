//! What a training has learned is not lost: not by a signal, not by a file that cannot be written at its end.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gradus::nn::state_dict;
use gradus::prelude::*;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::failure::Failure;

/// Whether somebody asked the program to stop, by Ctrl-C or a signal.
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From now on the first signal asks, and the second ends the program at once.
    pub(crate) fn on_signals() -> Result<Self, Failure> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // The order counts: the first signal must not find the mark that it sets itself.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&asked))
                .and_then(|_| flag::register(signal, Arc::clone(&asked)))
                .map_err(|error| Failure::Run(format!("signals cannot be received: {error}")))?;
        }
        Ok(Self(asked))
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// An output whose reader may leave (`gradus train | head`): from then on nothing is written, and nothing fails.
pub(crate) struct UntilClosed<'w> {
    pub(crate) out: &'w mut dyn Write,
    pub(crate) closed: bool,
}

impl UntilClosed<'_> {
    fn unless_closed<R>(
        &mut self,
        instead: R,
        write: impl FnOnce(&mut dyn Write) -> io::Result<R>,
    ) -> io::Result<R> {
        if self.closed {
            return Ok(instead);
        }
        match write(self.out) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(instead)
            }
            result => result,
        }
    }
}

impl Write for UntilClosed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_closed(bytes.len(), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_closed((), |out| out.flush())
    }
}

/// Saves the weights; where that fails in the current folder or the system's folder for temporary files, which the error
/// names.
pub(crate) fn save(model: &Sequential, path: &Path) -> Result<(), Failure> {
    let Err(error) = state_dict::save(model, path) else { return Ok(()) };
    let name = format!("gradus-rescued-{}.safetensors", std::process::id());
    let places = [PathBuf::from(&name), std::env::temp_dir().join(&name)];
    let saved = places.iter().find(|place| state_dict::save(model, place).is_ok());
    Err(Failure::Run(match saved {
        Some(place) => format!("{error}; the weights are saved to {} instead", place.display()),
        None => format!(
            "{error}; neither could they be saved to {} or {}",
            places[0].display(),
            places[1].display()
        ),
    }))
}
