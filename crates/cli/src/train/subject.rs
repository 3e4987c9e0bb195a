//! What is trained, as a command is told: the data set, its files, the model.

use std::path::PathBuf;

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

    /// The data and a new model.
    pub(crate) fn load(&self, recipe: &Recipe) -> Result<Task, Failure> {
        self.data_set.load(self.file.as_deref().or(self.data.as_deref()), recipe)
    }
}
