//! The recipe in the folder of a training: none of the user's is overwritten, and little of it may change when the training goes on.

use std::io::ErrorKind;
use std::path::Path;

use clap::ValueEnum;
use gradus::prelude::*;
use gradus::tensor::io::{read_text, write_atomically};
use gradus::train::{Newest, Run};

use super::Train;
use super::data::{Data, Task};
use super::recipe::Recipe;
use crate::failure::Failure;
use crate::text::numbers::count;

/// Its name.
const RECIPE: &str = "recipe.toml";
/// The log beside it: there is one as soon as a training has begun.
const LOG: &str = "log.jsonl";
/// How the line of a recipe in a folder begins that names the file of the data.
const FILE: &str = "# data: ";
/// The name of the highest learning rate in a checkpoint. The recipe may know another one already.
const RATE: &str = "lr";
/// The name of the fingerprint of the data in a checkpoint.
const DATA: &str = "data";
/// The name of the recipe in a checkpoint.
const SETTINGS: &str = "recipe";
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
        if let Some(data) = data {
            self.check_subject(&path, data, text.lines().find_map(|line| line.strip_prefix(FILE)))?;
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

    /// Refuses to go on with another data set than that of the folder's recipe, or without its file: with the command that goes on.
    fn check_subject(&self, recipe: &Path, known: &str, file: Option<&str>) -> Result<(), Failure> {
        let (new, recipe) = (self.subject.data_set.name(), recipe.display());
        let wrong = if known != new {
            format!("the training is of {new}, that of {recipe} of {known}")
        } else if file.is_some() && self.subject.path().is_none() {
            format!("{known} needs its file")
        } else {
            return Ok(());
        };
        let file = file.unwrap_or("FILE");
        let data = match Data::from_str(known, false) {
            Ok(Data::Digits) | Err(_) => vec![known],
            Ok(data) if data.takes_file() => vec![known, file],
            Ok(_) => vec![known, "--data", file],
        };
        let log = self.log.as_ref().map(|log| log.to_string_lossy().into_owned()).unwrap_or_default();
        let words = [&["train"], &data[..], &["--log", &log, "--resume"]].concat();
        let words: Vec<String> = words.into_iter().map(String::from).collect();
        Err(Failure::Value(format!("--resume: {wrong}; to go on: {}", command(&words))))
    }

    /// What of the recipe is another than it was, in words; a training that goes on may have another rate, and no other model.
    pub(super) fn changes(&self, recipe: &Recipe) -> Result<Vec<String>, Failure> {
        let Some(known) = self.kept()? else { return Ok(Vec::new()) };
        let (refused, free) = differences(&known.values()?, &recipe.values()?);
        if let Some([key, old, new]) = refused.first() {
            let free = FREE.join(" and ");
            return Err(Failure::Value(format!(
                "--resume: {key} is {new}, and was {old} in this training; {free} alone may be others"
            )));
        }
        Ok(free.iter().map(|[key, old, new]| format!("{key} {new} in place of {old}")).collect())
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

    /// Refuses to go on with other settings than those of the checkpoint: the recipe in the folder may have been edited, or be gone.
    pub(super) fn check_settings(recipe: &Recipe, newest: &Newest) -> Result<(), Failure> {
        let Some(known) = Run::value_in(&newest.checkpoint, SETTINGS) else { return Ok(()) };
        let bytes: Vec<u8> = known.to_vec::<i64>().into_iter().map(|byte| byte as u8).collect();
        let path = newest.path.display();
        let known: toml::Table = toml::from_str(&String::from_utf8_lossy(&bytes))
            .map_err(|error| Failure::Value(format!("--resume: the recipe in {path}: {error}")))?;
        let (refused, _) = differences(&known, &recipe.values()?);
        if refused.is_empty() {
            return Ok(());
        }
        let other: Vec<String> =
            refused.iter().map(|[key, old, new]| format!("{key} = {new}, and was {old}")).collect();
        Err(Failure::Value(format!(
            "--resume: the recipe is another than that of {path}: {}; {} alone may be others",
            other.join("; "),
            FREE.join(" and ")
        )))
    }

    /// Refuses to go on with other data than those of this training.
    pub(super) fn check_data(task: &Task, newest: &Newest) -> Result<(), Failure> {
        let path = newest.path.display();
        let Some(known) = Run::value_in(&newest.checkpoint, DATA) else {
            crate::complain(&format!(
                "warning: {path} does not tell of which data it is, for an earlier gradus wrote it; that they are the same is not \
                 checked this time"
            ));
            return Ok(());
        };
        task.fingerprint.difference(&known).map_or(Ok(()), |what| {
            Err(Failure::Value(format!(
                "--resume: the data are others than those of this training ({path}): {what}; take the data that it began with, \
                 or begin anew in another folder"
            )))
        })
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
        let is_own = own.is_ok_and(|own| read_text(&path).is_ok_and(|text| without_file(&text) == own));
        is_own && folder.join(LOG).is_file()
    }

    /// Refuses a folder with another recipe for a training that begins.
    pub(super) fn check_recipe(&self, folder: &Path, text: &str) -> Result<(), Failure> {
        let path = folder.join(RECIPE);
        let wrong =
            |what: &dyn std::fmt::Display| Failure::Value(format!("--log {}: {what}", path.display()));
        match std::fs::read(&path) {
            _ if self.resume => Ok(()),
            Ok(known) if is_same(&known, text) || self.is_given_up(folder) => Ok(()),
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

/// Keeps the recipe, the highest learning rate, and of which data it is, with each checkpoint.
pub(super) fn set(run: &Run, recipe: &Recipe, data: Data, task: &Task) -> Result<(), Failure> {
    run.set(RATE, recipe.lr);
    run.set(DATA, task.fingerprint.tensor());
    let bytes: Vec<i64> = recipe.toml(data)?.bytes().map(i64::from).collect();
    run.set(SETTINGS, Tensor::from_slice(&bytes, bytes.len()));
    Ok(())
}

/// What of a recipe is another, as `[key, old, new]`: what must stay, and what may be another.
fn differences(known: &toml::Table, new: &toml::Table) -> (Vec<[String; 3]>, Vec<[String; 3]>) {
    let word = |value: Option<&toml::Value>| value.map_or("none".to_string(), toml::Value::to_string);
    let keys = known.keys().chain(new.keys().filter(|key| !known.contains_key(*key)));
    let all = keys.map(|key| [key.clone(), word(known.get(key)), word(new.get(key))]);
    all.filter(|[_, old, new]| old != new).partition(|[key, ..]| !FREE.contains(&key.as_str()))
}

/// The change of the rate since the checkpoint, in words.
pub(super) fn other_rate(run: &Run, recipe: &Recipe) -> Option<String> {
    let (old, new) = (run.get(RATE)?.item(), recipe.lr);
    (old.to_bits() != new.to_bits()).then(|| format!("{RATE} {new:?} in place of {old:?}"))
}

/// Whether the bytes of a recipe are this text, wherever its data are.
fn is_same(known: &[u8], text: &str) -> bool {
    std::str::from_utf8(known).is_ok_and(|known| without_file(known) == text)
}

/// A recipe without the line that names the file of the data.
fn without_file(recipe: &str) -> String {
    recipe.split_inclusive('\n').filter(|line| !line.starts_with(FILE)).collect()
}

/// A command of this program, as a shell takes it; on several ranks with what starts them.
pub(super) fn command(words: &[String]) -> String {
    let quoted = |word: &String| {
        let plain = word.chars().all(|c| c.is_alphanumeric() || "-_./=,:".contains(c)) && !word.is_empty();
        if plain { word.clone() } else { format!("'{}'", word.replace('\'', "'\\''")) }
    };
    let all = crate::ranks::launcher().into_iter().chain(["gradus".to_string()]);
    all.chain(words.iter().cloned()).map(|word| quoted(&word)).collect::<Vec<_>>().join(" ")
}

/// Writes the recipe of a training into its folder, with the file that its data are in.
pub(super) fn write(folder: &Path, text: &str, file: Option<&Path>) -> Result<(), Failure> {
    let named = file.and_then(Path::to_str).filter(|name| !name.contains(char::is_control));
    let line = named.map_or(String::new(), |name| format!("\n{FILE}{name}"));
    let text = text.replacen('\n', &format!("{line}\n"), 1);
    write_atomically(folder.join(RECIPE), text.as_bytes())
        .map_err(|error| Failure::Value(format!("--log {error}")))
}
