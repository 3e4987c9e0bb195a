//! Files as the system has them: what may be read and replaced, and the one way in which this workspace writes a file.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::Error;

/// Reads a whole file.
///
/// Only a regular file has an end that is known beforehand: a device may never end, and a pipe waits for a writer.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    open_regular(path)
        .and_then(|file| {
            let length = file.metadata()?.len();
            let mut bytes = Vec::new();
            bytes.try_reserve_exact(usize::try_from(length).unwrap_or(usize::MAX))?;
            // A file that grows meanwhile is read as far as it was.
            io::Read::read_to_end(&mut io::Read::take(file, length), &mut bytes)?;
            Ok(bytes)
        })
        .map_err(|source| Error::Io { path: path.to_path_buf(), source })
}

/// Whether a file begins with these bytes.
#[cfg(feature = "safetensors")]
pub(super) fn begins_with(path: &Path, start: &[u8]) -> Result<bool, Error> {
    let mut found = Vec::new();
    open_regular(path)
        .and_then(|file| io::Read::read_to_end(&mut io::Read::take(file, start.len() as u64), &mut found))
        .map(|_| found == start)
        .map_err(|source| Error::Io { path: path.to_path_buf(), source })
}

/// The first bytes of a file, by which [`super::other_kind`] tells what it is; a byte if they cannot be read.
#[cfg(feature = "safetensors")]
pub(super) fn beginning(path: &Path) -> Vec<u8> {
    let mut found = Vec::new();
    let file = open_regular(path).and_then(|file| {
        io::Read::read_to_end(&mut io::Read::take(file, super::kind::BEGINNING as u64), &mut found)
    });
    if file.is_ok() { found } else { vec![0] }
}

/// Opens a regular file for reading; anything else is refused without being touched.
///
/// # Errors
/// What the system says, or [`ErrorKind::InvalidInput`] for a folder, a device, a pipe or a socket.
pub fn open_regular(path: impl AsRef<Path>) -> io::Result<File> {
    let path = path.as_ref();
    let kind = fs::metadata(path)?.file_type();
    if kind.is_file() { File::open(path) } else { Err(refused(kind)) }
}

/// Reads a regular file as text.
///
/// # Errors
/// What the system says, [`ErrorKind::InvalidInput`] as [`open_regular`], or [`ErrorKind::InvalidData`] with line and byte where the
/// text is not UTF-8, or if the file is a pointer of git-LFS.
pub fn read_text(path: impl AsRef<Path>) -> io::Result<String> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut open_regular(path)?, &mut bytes)?;
    // No text is learned from a pointer; an empty text and a page are for the reader to judge.
    if let Some(what) = super::kind::pointer(&bytes) {
        return Err(io::Error::new(ErrorKind::InvalidData, what));
    }
    String::from_utf8(bytes).map_err(|error| {
        let (at, bytes) = (error.utf8_error().valid_up_to(), error.as_bytes());
        let line = bytes[..at].split(|byte| *byte == b'\n').count();
        let text = format!(
            "line {line}: the byte 0x{:02X} at offset {at} is not UTF-8; save the text as UTF-8",
            bytes[at]
        );
        io::Error::new(ErrorKind::InvalidData, text)
    })
}

/// Writes a whole file: under a temporary name in the same folder first, then renamed.
///
/// A crash leaves the old file or the new one, and at most a temporary file (`.NAME.….gradus`), which the next write to
/// the same place removes. A symbolic link stays, and what it points at is replaced; the permissions of the old file
/// are kept, and its owner where the system allows it. A character device such as `/dev/null` is written to as it is.
/// Refused are a file without any permission to write, a folder, a pipe, a socket, a block device.
///
/// # Errors
/// [`Error::Io`] if the system refuses; the old file is then still there.
pub fn write_atomically(path: impl AsRef<Path>, bytes: &[u8]) -> Result<(), Error> {
    let path = path.as_ref();
    let write = || match Target::of(path)? {
        Target::Device => OpenOptions::new().write(true).open(path)?.write_all(bytes),
        Target::File { path, old } => {
            let temporary = Temporary::beside(&path, old.as_ref())?;
            (&temporary.file).write_all(bytes)?;
            temporary.file.sync_all()?;
            temporary.rename(&path)
        }
    };
    write().map_err(|source| Error::Io { path: path.to_path_buf(), source })
}

/// Makes a folder and those above it that are not there yet, so that they last through a loss of power: what was written into a
/// folder that is gone is gone, too.
///
/// # Errors
/// What the system says, with the folder that cannot be made.
pub fn create_folder(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref();
    let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let new: Vec<&Path> = path.ancestors().take_while(missing).collect();
    fs::create_dir_all(path).map_err(|error| {
        let first = new.iter().rev().copied().find(|folder| !folder.exists()).unwrap_or(path);
        io::Error::new(error.kind(), format!("the folder {} cannot be made: {error}", first.display()))
    })?;
    new.into_iter().rev().try_for_each(|folder| sync_folder(folder_of(folder)))
}

/// Whether [`write_atomically`] could write there now, found out with an empty temporary file: to be asked before a long
/// computation whose result goes there.
///
/// # Errors
/// [`Error::Io`] with what [`write_atomically`] would say.
pub fn check_writable(path: impl AsRef<Path>) -> Result<(), Error> {
    let path = path.as_ref();
    let check = || match Target::of(path)? {
        Target::Device => OpenOptions::new().write(true).open(path).map(drop),
        Target::File { path, old } => Temporary::beside(&path, old.as_ref()).map(drop),
    };
    check().map_err(|source| Error::Io { path: path.to_path_buf(), source })
}

/// What a path to be written names.
enum Target {
    /// A character device, which takes bytes and is never replaced.
    Device,
    /// A file, at the end of any symbolic links, and what is known of it if it exists.
    File { path: PathBuf, old: Option<fs::Metadata> },
}

impl Target {
    fn of(path: &Path) -> io::Result<Self> {
        if path.as_os_str().as_encoded_bytes().last().is_some_and(|&b| std::path::is_separator(b.into())) {
            return Err(io::Error::new(ErrorKind::InvalidInput, "names a folder, not a file"));
        }
        let path = behind_links(path)?;
        let old = match fs::metadata(&path) {
            Ok(old) => old,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::File { path, old: None }),
            Err(error) => return Err(error),
        };
        if is_character_device(old.file_type()) {
            return Ok(Self::Device);
        }
        if !old.is_file() {
            return Err(refused(old.file_type()));
        }
        // A rename asks nobody whether the old file may be written; the superuser may write everything.
        if old.permissions().readonly() {
            return Err(io::Error::new(ErrorKind::PermissionDenied, "the file is there and read-only"));
        }
        OpenOptions::new().write(true).open(&path)?;
        Ok(Self::File { path, old: Some(old) })
    }
}

/// The path at the end of a chain of symbolic links, which may not exist yet.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    /// As many as Linux follows.
    const LINKS: usize = 40;
    let mut path = path.to_path_buf();
    for _ in 0..LINKS {
        match fs::symlink_metadata(&path) {
            Ok(kind) if kind.file_type().is_symlink() => {
                // `join` takes an absolute target as it is.
                let target = fs::read_link(&path)?;
                path = path.parent().unwrap_or(Path::new("")).join(target);
            }
            _ => return Ok(path),
        }
    }
    Err(io::Error::new(ErrorKind::InvalidInput, "too many symbolic links"))
}

#[cfg(unix)]
fn is_character_device(kind: fs::FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_char_device(&kind)
}

#[cfg(not(unix))]
fn is_character_device(_: fs::FileType) -> bool {
    false
}

fn refused(kind: fs::FileType) -> io::Error {
    let what =
        if kind.is_dir() { "is a folder, not a file" } else { "is a device, a pipe or a socket, not a file" };
    io::Error::new(ErrorKind::InvalidInput, what)
}

/// A new file beside the one to be written, locked while its process lives and removed unless it is renamed.
struct Temporary {
    file: File,
    path: PathBuf,
    renamed: bool,
}

/// How temporary names end.
const SUFFIX: &str = ".gradus";

impl Temporary {
    fn beside(path: &Path, old: Option<&fs::Metadata>) -> io::Result<Self> {
        let Some(name) = path.file_name() else {
            return Err(io::Error::new(ErrorKind::InvalidInput, "has no file name"));
        };
        let mut prefix = std::ffi::OsString::from(".");
        prefix.push(name);
        prefix.push(".");
        remove_left_behind(path, &prefix);
        loop {
            let mut name = prefix.clone();
            name.push(format!("{:016x}{SUFFIX}", unpredictable()));
            let path = path.with_file_name(name);
            let file = create(&path).map_err(|error| {
                let folder = folder_of(&path).display();
                io::Error::new(error.kind(), format!("no file can be made in the folder {folder}: {error}"))
            })?;
            let temporary = Self { file, path, renamed: false };
            // Where there are no locks, nothing is ever taken for left behind.
            let _ = temporary.file.lock();
            // Whoever cleans up may have come between.
            if temporary.path.exists() {
                old.map_or(Ok(()), |old| temporary.take_over(old))?;
                return Ok(temporary);
            }
        }
    }

    /// Gives the new file the permissions of the old one, and its owner if the system lets us.
    fn take_over(&self, old: &fs::Metadata) -> io::Result<()> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, fchown};
            let mine = self.file.metadata()?;
            if (mine.uid(), mine.gid()) != (old.uid(), old.gid()) {
                // Only the superuser gives files away.
                let _ = fchown(&self.file, Some(old.uid()), Some(old.gid()));
            }
        }
        self.file.set_permissions(old.permissions())
    }

    fn rename(mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        self.renamed = true;
        sync_folder(folder_of(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.renamed {
            // What went wrong before is the error to report.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Never an existing file, nor one behind a link that somebody has laid there.
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// A number that nobody else can know beforehand: the system seeds this hasher.
fn unpredictable() -> u64 {
    std::hash::RandomState::new().build_hasher().finish()
}

/// Removes the temporary files of this name whose process was killed: those that nobody has locked.
fn remove_left_behind(path: &Path, prefix: &std::ffi::OsStr) {
    // Tidying up is no duty: whatever cannot be read or removed stays.
    let Ok(entries) = fs::read_dir(folder_of(path)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let (name, prefix) = (name.as_encoded_bytes(), prefix.as_encoded_bytes());
        let random = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
        let ours = random.is_some_and(|r| r.len() == 16 && r.iter().all(u8::is_ascii_hexdigit));
        if !ours || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        if let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes what was made and renamed in a folder last through a loss of power.
///
/// # Errors
/// What the system says. A folder that may not be read, and a file system that cannot do this, are none.
#[cfg(unix)]
pub fn sync_folder(folder: impl AsRef<Path>) -> io::Result<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // A folder that cannot be read, or a file system without this: the file itself is written.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::PermissionDenied | ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        result => result,
    }
}

/// Makes what was made and renamed in a folder last: here the system alone can.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn sync_folder(_: impl AsRef<Path>) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_names_are_new_and_never_followed() {
        let folder = std::env::temp_dir().join(format!("gradus-temporary-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("model");
        let names: Vec<PathBuf> =
            (0..20).map(|_| Temporary::beside(&path, None).unwrap().path.clone()).collect();
        let different: std::collections::HashSet<_> = names.iter().collect();
        assert_eq!(different.len(), names.len());
        assert!(names.iter().all(|name| !name.exists()));
        fs::write(&names[0], b"theirs").unwrap();
        assert!(create(&names[0]).is_err());
        assert_eq!(fs::read(&names[0]).unwrap(), b"theirs");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("elsewhere", &names[1]).unwrap();
            assert!(create(&names[1]).is_err() && !folder.join("elsewhere").exists());
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
