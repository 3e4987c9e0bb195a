//! Files on a real system: links, devices, pipes, permissions, what a kill leaves behind.
#![cfg(unix)]

use std::fs::{self, File};
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use gradus_tensor::io::{check_writable, npy, write_atomically};
use gradus_tensor::{Error, Tensor};

/// A folder of this test's own.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gradus-files-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(&self.0).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    fn pipe(&self) -> PathBuf {
        let path = self.file("pipe");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Both what is asked before a computation and the write itself say so.
fn refused(path: &Path) -> String {
    let asked = check_writable(path).unwrap_err().to_string();
    assert_eq!(write_atomically(path, b"new").unwrap_err().to_string(), asked);
    asked
}

#[test]
fn a_folder_that_is_not_there() {
    for path in ["/nowhere/at/all.npy", "/nowhere/"] {
        let error = refused(Path::new(path));
        assert!(error.starts_with(&format!("{path}: ")), "{error}");
    }
    let folder = Folder::new("not-there");
    assert!(refused(&folder.file("results/")).ends_with("names a folder, not a file"));
    assert!(refused(&folder.0).ends_with("is a folder, not a file"));
    assert!(folder.names().is_empty());
}

#[test]
fn a_link_stays_and_its_file_is_replaced() {
    let folder = Folder::new("link");
    fs::create_dir(folder.file("far")).unwrap();
    fs::write(folder.file("far/file"), b"old").unwrap();
    for (link, to) in [("one", "far/file"), ("two", "one"), ("new", "far/new")] {
        symlink(to, folder.file(link)).unwrap();
        check_writable(folder.file(link)).unwrap();
        write_atomically(folder.file(link), link.as_bytes()).unwrap();
        assert!(fs::symlink_metadata(folder.file(link)).unwrap().is_symlink());
        assert_eq!(fs::read(folder.file(link)).unwrap(), link.as_bytes());
    }
    assert_eq!(fs::read(folder.file("far/file")).unwrap(), b"two");
    assert!(!fs::symlink_metadata(folder.file("far/new")).unwrap().is_symlink());
    symlink("round", folder.file("round")).unwrap();
    assert!(refused(&folder.file("round")).ends_with("too many symbolic links"));
    assert_eq!(folder.names(), ["far", "new", "one", "round", "two"]);
}

#[test]
fn a_device_is_written_to_and_stays() {
    check_writable("/dev/null").unwrap();
    write_atomically("/dev/null", b"gone").unwrap();
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    let folder = Folder::new("device");
    symlink("/dev/null", folder.file("sink")).unwrap();
    write_atomically(folder.file("sink"), b"gone").unwrap();
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
}

#[test]
fn a_pipe_is_refused_and_stays() {
    let folder = Folder::new("pipe");
    let pipe = folder.pipe();
    assert!(refused(&pipe).ends_with("is a device, a pipe or a socket, not a file"));
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
    assert_eq!(folder.names(), ["pipe"]);
}

#[test]
fn a_read_only_file_is_refused_also_for_the_superuser() {
    let folder = Folder::new("read-only");
    let path = folder.file("kept");
    fs::write(&path, b"old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    assert!(refused(&path).ends_with("the file is there and read-only"));
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(folder.names(), ["kept"]);
}

#[test]
fn permissions_are_kept_and_new_ones_are_the_users() {
    let folder = Folder::new("mode");
    for wanted in [0o600, 0o640, 0o755, 0o666] {
        let path = folder.file("kept");
        fs::write(&path, b"old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(wanted)).unwrap();
        write_atomically(&path, b"new").unwrap();
        assert_eq!((mode(&path), &fs::read(&path).unwrap()[..]), (wanted, &b"new"[..]));
    }
    fs::write(folder.file("plain"), b"").unwrap();
    write_atomically(folder.file("fresh"), b"").unwrap();
    assert_eq!(mode(&folder.file("fresh")), mode(&folder.file("plain")));
}

#[test]
fn what_a_kill_left_behind_is_removed_by_the_next_write() {
    let folder = Folder::new("left");
    let dead = ".model.0123456789abcdef.gradus";
    let alive = ".model.fedcba9876543210.gradus";
    let others = [".model.txt", ".model.0123456789abcdef", ".other.0123456789abcdef.gradus"];
    for name in others.into_iter().chain([dead, alive]) {
        fs::write(folder.file(name), b"").unwrap();
    }
    // What a running process writes is locked.
    let running = File::open(folder.file(alive)).unwrap();
    running.lock().unwrap();
    write_atomically(folder.file("model"), b"new").unwrap();
    let mut want: Vec<&str> = others.into_iter().chain([alive, "model"]).collect();
    want.sort_unstable();
    assert_eq!(folder.names(), want);
    drop(running);
    check_writable(folder.file("model")).unwrap();
    assert!(!folder.names().iter().any(|name| name == alive));
}

#[test]
fn writers_at_once_leave_one_whole_file() {
    let folder = Folder::new("at-once");
    let path = folder.file("model");
    std::thread::scope(|scope| {
        for byte in 0..4u8 {
            let path = &path;
            scope.spawn(move || (0..20).for_each(|_| write_atomically(path, &[byte; 5000]).unwrap()));
        }
    });
    let bytes = fs::read(&path).unwrap();
    assert!(bytes.len() == 5000 && bytes.iter().all(|&b| b == bytes[0]));
    assert_eq!(folder.names(), ["model"]);
}

#[test]
fn only_files_with_an_end_are_read() {
    let folder = Folder::new("read");
    for path in [Path::new("/dev/zero"), &folder.pipe(), &folder.0] {
        let error = npy::load(path).unwrap_err();
        assert!(matches!(error, Error::Io { .. }) && error.to_string().ends_with("not a file"), "{error}");
    }
    // Longer on paper than any memory: nothing is read before the memory for it is there.
    let sparse = File::create(folder.file("sparse")).unwrap();
    if sparse.set_len(1 << 43).is_ok() {
        assert!(npy::load(folder.file("sparse")).is_err());
    }
    let link = folder.file("link");
    npy::save(folder.file("x.npy"), &Tensor::arange(3)).unwrap();
    symlink("x.npy", &link).unwrap();
    assert_eq!(npy::load(&link).unwrap().to_vec::<i64>(), [0, 1, 2]);
}
