//! The recipe in the folder of a training: none of the user's is overwritten, and little of it may change when the training goes on.

use std::io::ErrorKind;
use std::path::Path;

use gradus::tensor::io::{read_text, write_atomically};

use super::Train;
use super::recipe::Recipe;
use crate::failure::Failure;

/// Its name.
const RECIPE: &str = "recipe.toml";
/// What may be another when a training goes on. All else says what is learned, by which model, and where the training stands.
const FREE: [&str; 2] = ["lr", "clip_norm"];

impl Train {
    /// The recipe of the training that goes on; none if it has left none.
    pub(super) fn kept(&self) -> Result<Option<Recipe>, Failure> {
        let Some(path) = self.log.as_ref().filter(|_| self.resume).map(|folder| folder.join(RECIPE)) else {
            return Ok(None);
        };
        let text = match read_text(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::Value(format!("--resume {}: {error}", path.display()))),
        };
        let title = text.lines().next().and_then(|line| line.strip_prefix("# gradus train "));
        let data = title.and_then(|title| title.split(' ').next());
        if let Some(data) = data.filter(|data| *data != self.subject.data_set.name()) {
            let (new, path) = (self.subject.data_set.name(), path.display());
            return Err(Failure::Value(format!(
                "--resume: the training is of {new}, that of {path} of {data}"
            )));
        }
        Recipe::read(&path, self.subject.data_set, None).map(Some)
    }

    /// What of the recipe is another than it was, in words; a training that goes on may have another rate, and no other model.
    pub(super) fn changes(&self, recipe: &Recipe) -> Result<Vec<String>, Failure> {
        let Some(known) = self.kept()? else { return Ok(Vec::new()) };
        let (known, new) = (known.values()?, recipe.values()?);
        let word = |value: Option<&toml::Value>| value.map_or("none".to_string(), toml::Value::to_string);
        let mut changes = Vec::new();
        for key in known.keys().chain(new.keys().filter(|key| !known.contains_key(*key))) {
            let [old, new] = [known.get(key), new.get(key)].map(word);
            if old != new && !FREE.contains(&key.as_str()) {
                let free = FREE.join(" and ");
                return Err(Failure::Value(format!(
                    "--resume: {key} is {new}, and was {old} in this training; {free} alone may be others"
                )));
            }
            if old != new {
                changes.push(format!("{key} {new} in place of {old}"));
            }
        }
        Ok(changes)
    }

    /// Refuses a folder with another recipe for a training that begins.
    pub(super) fn check_recipe(&self, folder: &Path, text: &str) -> Result<(), Failure> {
        let path = folder.join(RECIPE);
        let wrong =
            |what: &dyn std::fmt::Display| Failure::Value(format!("--log {}: {what}", path.display()));
        match std::fs::read(&path) {
            _ if self.resume => Ok(()),
            Ok(known) if known == text.as_bytes() => Ok(()),
            Ok(_) => Err(wrong(&format!(
                "another recipe is there, and is not overwritten; take it (--config {}), move it away, or choose another folder",
                path.display()
            ))),
            Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => Ok(()),
            Err(error) => Err(wrong(&error)),
        }
    }
}

/// Writes the recipe of a training into its folder.
pub(super) fn write(folder: &Path, text: &str) -> Result<(), Failure> {
    write_atomically(folder.join(RECIPE), text.as_bytes())
        .map_err(|error| Failure::Value(format!("--log {error}")))
}
