//! What is trained, as a command is told: the data set, its files, the model.

use std::fs::canonicalize;
use std::path::{Path, PathBuf};

use clap::Args;

use super::data::{Data, Task};
use super::recipe::{Model, Recipe};
use crate::failure::Failure;

// No documentation: clap would take it for that of the command.
#[derive(Debug, Args)]
pub(crate) struct Subject {
    /// The data set.
    #[arg(value_enum, default_value = "digits")]
    pub(crate) data_set: Data,
    /// The file of text or csv.
    pub(crate) file: Option<PathBuf>,
    /// The folder with the idx files of mnist, plain or .gz; the file of names.
    #[arg(long, value_name = "PATH")]
    pub(crate) data: Option<PathBuf>,
    /// The column of a table that is predicted.
    #[arg(long, value_name = "NAME")]
    pub(crate) target: Option<String>,
    /// The model [default: mlp; transformer for text].
    #[arg(long, value_enum)]
    pub(crate) model: Option<Model>,
}

impl Subject {
    /// The digits, and the usual model for them.
    pub(crate) fn digits() -> Self {
        Self { data_set: Data::Digits, file: None, data: None, target: None, model: None }
    }

    /// Refuses what the data set has no use for.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.data_set.check_file(self.file.as_deref(), self.data.is_some(), self.target.is_some())
    }

    /// Refuses a file to be written that is one of those that are read, by whatever name: the data, the recipe, what stands in the
    /// folder of a log.
    pub(crate) fn check_apart(
        &self,
        option: &str,
        path: &Path,
        config: Option<&Path>,
        log: Option<&Path>,
    ) -> Result<(), Failure> {
        // What is not there is none of them.
        let Ok(real) = canonicalize(path) else { return Ok(()) };
        let is = |other: &Path| canonicalize(other).is_ok_and(|other| other == real);
        let lies_in = |folder: &Path| real.parent().is_some_and(is_real(folder));
        let name = real.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let kept = ["jsonl", "toml", "checkpoint"].iter().any(|end| name.ends_with(&format!(".{end}")))
            || name.starts_with("events.out.tfevents");
        let what = if self.file.as_deref().is_some_and(is) {
            "the data come from there"
        } else if self
            .data
            .as_deref()
            .is_some_and(|data| is(data) || lies_in(data) && name.contains("-ubyte"))
        {
            "--data come from there"
        } else if config.is_some_and(is) {
            "the recipe of --config stands there"
        } else if log.is_some_and(lies_in) && kept {
            "--log keeps its own there"
        } else {
            return Ok(());
        };
        let path = path.display();
        Err(Failure::Value(format!("{option} {path}: {what}; take another name, so that nothing is lost")))
    }

    /// The file or the folder of the data.
    pub(super) fn path(&self) -> Option<&Path> {
        self.file.as_deref().or(self.data.as_deref())
    }

    /// The data and a new model.
    pub(crate) fn load(&self, recipe: &Recipe) -> Result<Task, Failure> {
        self.data_set.load(self.path(), recipe)
    }
}

/// Whether a folder is this one, whatever it is called.
fn is_real(folder: &Path) -> impl Fn(&Path) -> bool {
    let folder = canonicalize(folder);
    move |other| folder.as_ref().is_ok_and(|folder| folder == other)
}
