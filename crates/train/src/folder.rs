//! Checkpoints side by side in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use gradus_tensor::io::create_folder;

use crate::checkpoint::{Checkpoint, Newest};
use crate::error::{Error, io};

/// How the names of checkpoints begin and end; the step stands between.
const BEGIN: &str = "step-";
const END: &str = ".checkpoint";

impl Checkpoint {
    /// Writes `step-N.checkpoint` in a folder, which is made if it is not there, and removes all but the newest `keep`
    /// checkpoints of it. The path of the file.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written; then nothing is removed.
    ///
    /// # Panics
    /// If `keep` is 0.
    #[track_caller]
    pub fn save_in(&self, folder: impl AsRef<Path>, keep: usize) -> Result<PathBuf, Error> {
        assert!(keep > 0, "save_in: keep is 0; at least the new checkpoint must stay");
        let folder = folder.as_ref();
        create_folder(folder).map_err(io(folder))?;
        let path = path(folder, self.step());
        self.save(&path)?;
        let all = steps(folder)?;
        // Later ones are of a run that was given up when this one went on from an earlier step.
        let later = all.iter().filter(|(step, _)| *step > self.step());
        let earlier = all.iter().filter(|(step, _)| *step < self.step()).skip(keep - 1);
        for (_, old) in later.chain(earlier) {
            // What cannot be removed stays.
            let _ = fs::remove_file(old);
        }
        Ok(path)
    }

    /// The newest checkpoint of a folder that is whole; `None` if there is none, or no folder.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be read, [`Error::Version`] if the newest is of a later version, [`Error::AllDamaged`] if there
    /// are some and none is whole.
    pub fn newest(folder: impl AsRef<Path>) -> Result<Option<Newest>, Error> {
        let folder = folder.as_ref();
        let mut damaged = Vec::new();
        for (_, path) in steps(folder)? {
            match Self::load(&path) {
                Ok(checkpoint) => return Ok(Some(Newest { path, checkpoint, damaged })),
                Err(error @ Error::Version { .. }) => return Err(error),
                Err(error) => damaged.push(error),
            }
        }
        if damaged.is_empty() {
            return Ok(None);
        }
        Err(Error::AllDamaged { folder: folder.to_path_buf(), errors: damaged })
    }

    /// Whether a folder has a file with the name of a checkpoint.
    pub(crate) fn any(folder: &Path) -> Result<bool, Error> {
        Ok(!steps(folder)?.is_empty())
    }
}

/// The file of a checkpoint.
pub(crate) fn path(folder: &Path, step: u64) -> PathBuf {
    folder.join(format!("{BEGIN}{step:09}{END}"))
}

/// The checkpoints of a folder, the latest step first.
fn steps(folder: &Path) -> Result<Vec<(u64, PathBuf)>, Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io(folder)(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(io(folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let step = name.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
        found.extend(step.and_then(|step| step.parse().ok()).map(|step| (step, path.clone())));
    }
    found.sort_by(|a, b| b.cmp(a));
    Ok(found)
}
