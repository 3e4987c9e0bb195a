//! The recipe in the folder of a training: none of the user's is overwritten, and little of it may change when the training goes on.

use std::io::ErrorKind;
use std::path::Path;

use gradus::prelude::*;
use gradus::tensor::io::{read_text, write_atomically};
use gradus::train::{Newest, Run};

use super::Train;
use super::recipe::Recipe;
use crate::failure::Failure;
use crate::text::numbers::count;

/// Its name.
const RECIPE: &str = "recipe.toml";
/// The log beside it: there is one as soon as a training has begun.
const LOG: &str = "log.jsonl";
/// The name of the highest learning rate in a checkpoint. The recipe may know another one already.
const RATE: &str = "lr";
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
        let recipe = Recipe::read(&path, self.subject.data_set, None)
            .map_err(|failure| Failure::Value(failure.to_string().replacen("--config", "--resume", 1)))?;
        // The training wrote all of it: what is left out is lost, not as the program has it.
        let (path, own) = (path.display(), text.parse::<toml::Table>().unwrap_or_default());
        let missing: Vec<String> =
            recipe.values()?.into_iter().map(|(key, _)| key).filter(|key| !own.contains_key(key)).collect();
        if !missing.is_empty() {
            let what = if own.is_empty() {
                "it is empty".to_string()
            } else {
                format!("it has no {}", missing.join(", "))
            };
            return Err(Failure::Value(format!(
                "--resume {path}: {what}; it is the recipe of this training, which its checkpoints do not hold: put it back, \
                 or begin anew in another folder"
            )));
        }
        Ok(Some(recipe))
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

    /// Refuses a file in the place of the folder, or of one above it.
    pub(super) fn check_log(&self) -> Result<(), Failure> {
        let Some(log) = &self.log else { return Ok(()) };
        let Some(file) = log.ancestors().find(|path| path.exists() && !path.is_dir()) else { return Ok(()) };
        let (log, file) = (log.display(), file.display());
        Err(Failure::Value(format!(
            "--log {log}: {file} is a file; a log wants a folder of its own, as in --log {file}-log"
        )))
    }

    /// Refuses to go on where the learning rate was never that of this training: steps, or data, are others. The highest rate is that of
    /// the checkpoint, for a training may be killed between a change of its recipe and its next checkpoint.
    pub(super) fn check_rate(&self, recipe: &Recipe, steps: u64, newest: &Newest) -> Result<(), Failure> {
        let (checkpoint, path) = (&newest.checkpoint, newest.path.display());
        let peak = match Run::value_in(checkpoint, RATE) {
            Some(peak) => peak.item(),
            None => self.kept()?.map_or(recipe.lr, |known| known.lr),
        };
        let (was, is) = (checkpoint.lr(), Recipe::rate(peak, steps).at(checkpoint.step()));
        if was.to_bits() == is.to_bits() {
            return Ok(());
        }
        let step = checkpoint.step();
        Err(Failure::Value(format!(
            "--resume: {path} has the learning rate {was} at step {step}, and a training of {} up to {peak} has {is} there; \
             take the data and the recipe that it began with, or begin anew in another folder",
            count(steps, "step")
        )))
    }

    /// Whether a training began in this folder and left nothing to go on with, as one that diverges does. Its recipe is as the program writes it.
    fn is_given_up(&self, folder: &Path) -> bool {
        let data = self.subject.data_set;
        let path = folder.join(RECIPE);
        let own = Recipe::read(&path, data, None).and_then(|recipe| recipe.toml(data));
        let is_own = own.is_ok_and(|own| read_text(&path).is_ok_and(|text| text == own));
        is_own && folder.join(LOG).is_file()
    }

    /// Refuses a folder with another recipe for a training that begins.
    pub(super) fn check_recipe(&self, folder: &Path, text: &str) -> Result<(), Failure> {
        let path = folder.join(RECIPE);
        let wrong =
            |what: &dyn std::fmt::Display| Failure::Value(format!("--log {}: {what}", path.display()));
        match std::fs::read(&path) {
            _ if self.resume => Ok(()),
            Ok(known) if known == text.as_bytes() || self.is_given_up(folder) => Ok(()),
            Ok(_) => Err(wrong(&format!(
                "another recipe is there, and is not overwritten; take it (--config {}), move it away, or choose another folder",
                path.display()
            ))),
            Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => Ok(()),
            Err(error) => Err(wrong(&error)),
        }
    }
}

/// What is said of a folder that has nothing to go on with.
pub(super) fn no_checkpoint(folder: &Path) -> Failure {
    let folder = folder.display();
    Failure::Value(format!(
        "--resume: {folder} holds no checkpoint; begin anew there without --resume, or name the folder of a training with --log"
    ))
}

/// Keeps the highest learning rate with each checkpoint.
pub(super) fn set_rate(run: &Run, recipe: &Recipe) {
    run.set(RATE, recipe.lr);
}

/// The change of the rate since the checkpoint, in words.
pub(super) fn other_rate(run: &Run, recipe: &Recipe) -> Option<String> {
    let (old, new) = (run.get(RATE)?.item(), recipe.lr);
    (old.to_bits() != new.to_bits()).then(|| format!("{RATE} {new:?} in place of {old:?}"))
}

/// Writes the recipe of a training into its folder.
pub(super) fn write(folder: &Path, text: &str) -> Result<(), Failure> {
    write_atomically(folder.join(RECIPE), text.as_bytes())
        .map_err(|error| Failure::Value(format!("--log {error}")))
}
