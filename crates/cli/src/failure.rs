//! What can go wrong, as one line and an exit code.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use gradus::tensor::io::{self as files, write_atomically};

use crate::text::numbers::count;

/// Why the command stopped.
#[derive(Debug)]
pub enum Failure {
    /// A value that cannot be used: exit code 2.
    Value(String),
    /// Something that went wrong with good values: exit code 1.
    Run(String),
    /// The user asked it to stop: exit code 130, as of a shell.
    Interrupted {
        /// Steps made until then.
        steps: u64,
        /// Where the weights of these steps are.
        saved: Option<PathBuf>,
        /// Where those are whose place they took.
        kept: Option<PathBuf>,
        /// The command that goes on.
        resume: Option<String>,
    },
    /// Standard output could not be written: exit code 1.
    Output(io::Error),
}

impl Failure {
    /// What is said of the weights of an earlier training, behind the place of the new ones.
    pub(crate) fn kept(earlier: Option<&Path>) -> String {
        earlier.map_or(String::new(), |path| format!(" (those that were there: {})", path.display()))
    }

    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Value(_) => 2,
            Self::Interrupted { .. } => 130,
            Self::Run(_) | Self::Output(_) => 1,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(text) | Self::Run(text) => f.write_str(text),
            Self::Interrupted { steps, saved, kept, resume } => {
                write!(f, "interrupted after {}", count(*steps, "step"))?;
                if let Some(path) = saved {
                    write!(
                        f,
                        "; the weights are saved to {}{}",
                        path.display(),
                        Self::kept(kept.as_deref())
                    )?;
                }
                match resume {
                    Some(command) => write!(f, "; to go on: {command}"),
                    None => write!(f, "; with --log DIR a training can go on"),
                }
            }
            Self::Output(error) => write!(f, "standard output: {error}"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Refuses a file of an option whose folder is not there: no command makes one that was perhaps misspelt.
pub(crate) fn check_folder(option: &str, path: &Path) -> Result<(), Failure> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    if folder.try_exists().unwrap_or(true) {
        return Ok(());
    }
    let name = path.file_name().map_or_else(|| path.to_path_buf(), PathBuf::from);
    Err(Failure::Value(format!(
        "{option} {}: there is no folder {}; make it, or take one that there is, as in {option} {}",
        path.display(),
        folder.display(),
        name.display()
    )))
}

/// Whether the file of an option (`--out`) can be written, to be asked before the work for it.
pub(crate) fn check_writable(option: &str, path: &Path) -> Result<(), Failure> {
    check_folder(option, path)?;
    files::check_writable(path).map_err(|error| Failure::Value(format!("{option} {error}")))
}

/// As [`check_writable`], for a picture: it is SVG, and a viewer goes by the name.
///
/// # Errors
/// If the name ends otherwise, or it cannot be written.
pub(crate) fn check_picture(option: &str, path: &Path) -> Result<(), Failure> {
    if path.extension().is_none_or(|end| !end.eq_ignore_ascii_case("svg")) {
        let path = path.display();
        return Err(Failure::Value(format!(
            "{option} {path}: a picture is SVG, and its name ends so, as in {option} picture.svg"
        )));
    }
    check_writable(option, path)
}

/// Writes a picture where [`check_picture`] found that it can be.
pub(crate) fn write_picture(path: &Path, svg: &str) -> Result<(), Failure> {
    write_atomically(path, svg.as_bytes()).map_err(|error| Failure::Run(error.to_string()))
}
