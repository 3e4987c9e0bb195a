//! What can go wrong, as one line and an exit code.

use std::fmt;
use std::io;
use std::path::Path;

/// Why the command stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A value that cannot be used: exit code 2.
    Value(String),
    /// Something that went wrong with good values: exit code 1.
    Run(String),
    /// Standard output could not be written: exit code 1.
    Output(io::Error),
}

impl Failure {
    pub(crate) fn code(&self) -> u8 {
        if matches!(self, Self::Value(_)) { 2 } else { 1 }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(text) | Self::Run(text) => f.write_str(text),
            Self::Output(error) => write!(f, "standard output: {error}"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Whether the file of an option (`--out`) can be written, found out with a file of another name beside it.
pub(crate) fn check_writable(option: &str, path: &Path) -> Result<(), Failure> {
    let refuse = |reason: String| Failure::Value(format!("{option} {}: {reason}", path.display()));
    if path.is_dir() {
        return Err(refuse("is a folder, not a file".to_string()));
    }
    let Some(name) = path.file_name() else { return Err(refuse("has no file name".to_string())) };
    let probe = path.with_file_name(format!(".{}.{}.probe", name.display(), std::process::id()));
    std::fs::write(&probe, b"").map_err(|error| refuse(error.to_string()))?;
    std::fs::remove_file(&probe).map_err(|error| refuse(error.to_string()))
}

/// Writes a picture where [`check_writable`] found that it can be.
pub(crate) fn write_picture(path: &Path, svg: &str) -> Result<(), Failure> {
    std::fs::write(path, svg).map_err(|error| Failure::Run(format!("{}: {error}", path.display())))
}
