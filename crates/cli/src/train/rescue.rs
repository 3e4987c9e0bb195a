//! What a training has learned is not lost: not by a signal, not by a file that cannot be written at its end, not by the next training.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gradus::nn::state_dict;
use gradus::prelude::*;
use gradus::tensor::io::write_atomically;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use crate::failure::Failure;

/// Whether somebody asked the program to stop, by Ctrl-C, a signal, or by closing its terminal.
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From now on the first signal asks, and the second ends the program at once.
    pub(crate) fn on_signals() -> Result<Self, Failure> {
        let asked = Arc::new(AtomicBool::new(false));
        // Under `nohup` the end of the terminal is none of the training.
        let hangup = (!is_ignored(SIGHUP)).then_some(SIGHUP);
        for signal in [SIGINT, SIGTERM].into_iter().chain(hangup) {
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

/// Whether the program was started with a signal ignored. Only Linux tells it without foreign calls.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// The error of a terminal that was closed, which Rust has no name for: EIO.
const NO_TERMINAL: i32 = 5;

/// An output whose reader may leave (`gradus train | head`, or a terminal that is closed): from then on nothing is written, and
/// nothing fails.
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
            Err(error)
                if error.kind() == ErrorKind::BrokenPipe || error.raw_os_error() == Some(NO_TERMINAL) =>
            {
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

/// Where the weights of an earlier training go when those of a new one take their place.
pub(crate) fn earlier(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(".old");
    name.into()
}

/// Keeps the weights of an earlier training, unless the new ones are the same.
fn keep_earlier(model: &Sequential, path: &Path) -> Result<Option<PathBuf>, String> {
    if !path.is_file() {
        return Ok(None);
    }
    let same = gradus::tensor::io::load(path).is_ok_and(|old| {
        let new = state_dict::state_dict(model);
        let equal = |(name, value): &(String, Tensor)| {
            old.iter().any(|(other, old)| other == name && old.dtype() == value.dtype() && old.equal(value))
        };
        old.len() == new.len() && new.iter().all(equal)
    });
    if same {
        return Ok(None);
    }
    let place = earlier(path);
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    write_atomically(&place, &bytes).map_err(|error| error.to_string())?;
    Ok(Some(place))
}

/// Saves the weights, and says where those of an earlier training are. Where that fails they go to the current folder or the
/// system's folder for temporary files, which the error names.
pub(crate) fn save(model: &Sequential, path: &Path) -> Result<Option<PathBuf>, Failure> {
    let saved = keep_earlier(model, path).and_then(|kept| match state_dict::save(model, path) {
        Ok(()) => Ok(kept),
        Err(error) => Err(error.to_string()),
    });
    let error = match saved {
        Ok(kept) => return Ok(kept),
        Err(error) => error,
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that leaves, and a terminal that is closed.
    struct Gone(fn() -> io::Error);

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err((self.0)())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err((self.0)())
        }
    }

    #[test]
    fn an_output_that_is_gone_fails_no_training() {
        for error in [|| ErrorKind::BrokenPipe.into(), || io::Error::from_raw_os_error(NO_TERMINAL)] {
            let mut gone = Gone(error);
            let mut out = UntilClosed { out: &mut gone, closed: false };
            assert!(writeln!(out, "epoch 1").is_ok() && out.closed && out.flush().is_ok());
        }
        let mut full = Gone(|| ErrorKind::StorageFull.into());
        assert!(writeln!(UntilClosed { out: &mut full, closed: false }, "epoch 1").is_err());
    }

    #[test]
    fn the_name_of_the_earlier_weights() {
        assert_eq!(earlier(Path::new("runs/a.safetensors")), Path::new("runs/a.safetensors.old"));
    }
}
