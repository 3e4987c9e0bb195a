//! What was tried and solved, in one small JSON file. It is written whole under another name and renamed, so that a crash
//! leaves the old one; a file that is none of these is never overwritten.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use gradus::tensor::io::{create_folder, open_regular, write_atomically};
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, check_folder};
use crate::text::numbers::count;

/// The variable that names the file.
pub(crate) const VARIABLE: &str = "GRADUS_PROGRESS";
/// The layout of the file.
const VERSION: u32 = 1;
/// A larger file is none of these.
const LARGEST: u64 = 1 << 20;

/// All that is known of a player.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Progress {
    version: u32,
    pub(crate) puzzles: BTreeMap<u32, Entry>,
    pub(crate) broken: BTreeMap<u32, Entry>,
}

/// What is known of a puzzle.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) solved: bool,
    pub(crate) tries: u32,
    /// Hints that were shown.
    pub(crate) hints: u32,
    /// Whether the solution was shown before it was solved.
    pub(crate) told: bool,
    /// The answer that was right.
    pub(crate) answer: Option<String>,
}

impl Entry {
    /// A few words for a list.
    pub(crate) fn words(&self) -> String {
        let some = |n: u32, word: &str| (n > 0).then(|| count(n, word));
        let state = match (self.solved, self.told) {
            (true, _) => Some("solved".to_string()),
            (false, true) => Some("told".to_string()),
            _ => None,
        };
        let parts = [state, some(self.tries, "try"), some(self.hints, "hint")];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// The file: the option's, the variable's, or the one in the user's data folder. Only that folder is made where it is missing.
pub(crate) fn path(option: Option<&Path>) -> Result<PathBuf, Failure> {
    let option = option.map(|path| ("--progress", path.to_path_buf()));
    if let Some((name, path)) = option.or_else(|| variable(VARIABLE).map(|path| (VARIABLE, path.into()))) {
        check_folder(name, &path)?;
        return Ok(path);
    }
    let usual = folder().map(|folder| folder.join("gradus").join("puzzles.json"));
    usual.ok_or_else(|| {
        Failure::Value(format!(
            "there is no home folder to keep the progress in; name a file: --progress FILE, or {VARIABLE}"
        ))
    })
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// Where the system keeps a user's data.
fn folder() -> Option<PathBuf> {
    if cfg!(windows) {
        return variable("APPDATA").map(PathBuf::from);
    }
    let home = || variable("HOME").map(PathBuf::from);
    if cfg!(target_os = "macos") {
        return home().map(|home| home.join("Library/Application Support"));
    }
    // The specification of these folders says that relative ones do not count.
    let data = variable("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    data.or_else(|| home().map(|home| home.join(".local/share")))
}

impl Progress {
    /// What the file holds; nothing if there is none.
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        let failed = |reason: String| Failure::Run(format!("{}: {reason}", path.display()));
        let file = match open_regular(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Self { version: VERSION, ..Self::default() });
            }
            Err(error) => return Err(failed(error.to_string())),
        };
        let mut text = String::new();
        let read = file.take(LARGEST).read_to_string(&mut text);
        let foreign = |reason: &str| {
            failed(format!(
                "this is no progress of puzzles: {reason}; it stays as it is; --reset puts it aside, --progress FILE takes another"
            ))
        };
        read.map_err(|error| foreign(&error.to_string()))?;
        let found: Self = serde_json::from_str(&text).map_err(|error| foreign(&error.to_string()))?;
        if found.version != VERSION {
            return Err(foreign(&format!(
                "its version is {}, and this command knows {VERSION}",
                found.version
            )));
        }
        Ok(found)
    }

    /// Changes the file: what it holds now, not what it held a while ago.
    pub(crate) fn update(path: &Path, change: impl FnOnce(&mut Self)) -> Result<Self, Failure> {
        let mut progress = Self::load(path)?;
        change(&mut progress);
        let failed = |reason: String| {
            Failure::Run(format!("the progress is not kept: {reason}; --progress FILE takes another file"))
        };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            create_folder(folder).map_err(|error| failed(format!("{}: {error}", folder.display())))?;
        }
        let text = serde_json::to_string_pretty(&progress).expect("numbers and texts are JSON") + "\n";
        write_atomically(path, text.as_bytes()).map_err(|error| failed(error.to_string()))?;
        Ok(progress)
    }

    /// Puts the file aside, whatever it holds; where it is then, if there was one.
    pub(crate) fn reset(path: &Path) -> Result<Option<PathBuf>, Failure> {
        let aside = |n: u32| {
            let mut name = path.as_os_str().to_owned();
            name.push(if n == 0 { ".old".to_string() } else { format!(".old{n}") });
            PathBuf::from(name)
        };
        if fs::symlink_metadata(path).is_err() {
            return Ok(None);
        }
        let free = (0..u32::MAX)
            .map(aside)
            .find(|path| fs::symlink_metadata(path).is_err())
            .expect("numbers do not end");
        fs::rename(path, &free).map_err(|error| Failure::Run(format!("{}: {error}", path.display())))?;
        Ok(Some(free))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_in_words() {
        let entry = |solved, tries, hints, told| Entry { solved, tries, hints, told, answer: None }.words();
        assert_eq!(entry(false, 0, 0, false), "");
        assert_eq!(entry(true, 1, 0, false), "solved, 1 try");
        assert_eq!(entry(false, 3, 2, false), "3 tries, 2 hints");
        assert_eq!(entry(false, 0, 1, true), "told, 1 hint");
    }

    #[test]
    fn an_option_comes_first() {
        assert_eq!(path(Some(Path::new("here.json"))).unwrap(), Path::new("here.json"));
    }
}
