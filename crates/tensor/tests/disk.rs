//! A disk that is full, a folder that takes no files, a loss of power: the old file or the new one, never a part.
//!
//! This program runs itself under a limit, in a small file system of its own, or traced; where the system does not let it, that part is
//! left out, and said to be.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gradus_tensor::io::{check_writable, create_folder, npy, write_atomically};
use gradus_tensor::{Error, Tensor};

/// The folder of a child, and what it is to do there.
const CHILD: &str = "GRADUS_DISK_CHILD";
/// How many bytes a child tries to write.
const LARGE: usize = 1 << 20;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gradus-disk-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Runs this program again as `task`, by a command of the shell, to which it and its arguments are handed.
    fn child(&self, task: &str, shell: &str) -> Output {
        let mut command = Command::new("sh");
        command.args(["-c", shell]).arg(std::env::current_exe().unwrap());
        command.args(["child", "--exact", "--test-threads=1", "--nocapture"]).current_dir(&self.0);
        command.env(CHILD, format!("{task} {}", self.0.display())).output().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a child does: nothing unless it is asked for.
#[test]
fn child() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let (task, folder) = task.split_once(' ').unwrap();
    let path = Path::new(folder).join("model");
    match task {
        "write" => write_atomically(&path, &[1; 5000]).unwrap(),
        // It may be that nothing comes back.
        "try" => {
            let error = write_atomically(&path, &vec![1; LARGE]).unwrap_err();
            assert!(matches!(error, Error::Io { .. }), "{error}");
            println!("told: {error}");
        }
        "full" => {
            write_atomically(&path, b"old").unwrap();
            let error = write_atomically(&path, &vec![1; LARGE]).unwrap_err();
            assert!(error.to_string().contains("No space left"), "{error}");
            let tensor = Tensor::zeros([LARGE]);
            assert!(npy::save(Path::new(folder).join("x.npy"), &tensor).is_err());
            assert_eq!(fs::read(&path).unwrap(), b"old");
            assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "a temporary file is left");
            write_atomically(&path, b"new").unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"new");
            println!("done");
        }
        "read-only" => {
            for path in [path.clone(), Path::new(folder).join("fresh")] {
                let asked = check_writable(&path).unwrap_err().to_string();
                assert!(asked.contains("Read-only file system"), "{asked}");
                assert_eq!(write_atomically(&path, b"new").unwrap_err().to_string(), asked);
            }
            assert!(create_folder(Path::new(folder).join("a/b")).is_err());
            assert_eq!(fs::read(&path).unwrap(), b"old");
            println!("done");
        }
        other => panic!("{other}"),
    }
}

/// A size that files may not exceed stands for a full disk: the write ends in its midst.
#[test]
fn a_write_that_ends_in_its_midst_leaves_the_old_file() {
    let folder = Folder::new("limit");
    let path = folder.0.join("model");
    fs::write(&path, b"old").unwrap();
    let output = folder.child("try", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    assert!(text.contains(&format!("told: {}: ", path.display())) && text.contains("too large"), "{text}");
    assert_eq!((fs::read(&path).unwrap(), folder.names()), (b"old".to_vec(), vec!["model".to_string()]));
    // Without the trap the system ends the process there, and the next write tidies up.
    let output = folder.child("try", "ulimit -c 0; ulimit -f 8; exec \"$0\" \"$@\"");
    assert!(output.status.signal().is_some(), "{:?}", output.status);
    assert_eq!((fs::read(&path).unwrap(), folder.names().len()), (b"old".to_vec(), 2));
    write_atomically(&path, b"new").unwrap();
    assert_eq!((fs::read(&path).unwrap(), folder.names()), (b"new".to_vec(), vec!["model".to_string()]));
}

/// The same on a file system of 64 KiB, which tells the superuser, too.
#[test]
fn a_full_disk_leaves_the_old_file() {
    let folder = Folder::new("full");
    let output = folder.child("full", &mounted(&folder.0, "true"));
    finished(&output, "a file system of one's own");
}

#[test]
fn a_read_only_file_system_is_told() {
    let folder = Folder::new("ro");
    let output = folder.child(
        "read-only",
        &mounted(&folder.0, "printf old > \"$HERE/model\" && mount -o remount,ro \"$HERE\""),
    );
    finished(&output, "a file system of one's own");
}

/// The shell's words for this program in a small file system of its own.
fn mounted(folder: &Path, prepare: &str) -> String {
    let inner = format!("mount -t tmpfs -o size=64k none \"$HERE\" && {prepare} && exec \"$0\" \"$@\"");
    let here = folder.display();
    format!("HERE='{here}' unshare -rm sh -c '{inner}' \"$0\" \"$@\"")
}

#[track_caller]
fn finished(output: &Output, what: &str) {
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let refused = text.contains("unshare") || text.contains("mount:");
    if refused && !output.status.success() {
        eprintln!("skipped: no {what} here: {}", text.trim());
        return;
    }
    assert!(output.status.success() && text.contains("done"), "{text}");
}

/// The superuser may write everywhere, so these are places where nobody may: below a file, and a file system of the kernel's.
#[test]
fn a_folder_that_takes_no_files_is_told() {
    let folder = Folder::new("no-folder");
    fs::write(folder.0.join("file"), b"kept").unwrap();
    for path in [folder.0.join("file/model"), PathBuf::from("/sys/model"), PathBuf::from("/proc/model")] {
        let asked = check_writable(&path).unwrap_err().to_string();
        assert!(asked.starts_with(&format!("{}: ", path.display())), "{asked}");
        assert_eq!(write_atomically(&path, b"new").unwrap_err().to_string(), asked);
    }
    assert!(create_folder(folder.0.join("file/new")).is_err());
    assert_eq!(fs::read(folder.0.join("file")).unwrap(), b"kept");
    assert_eq!(folder.names(), ["file"]);
}

/// What lasts through a loss of power: the bytes are on the disk before the name is, and the name before the call returns.
#[test]
fn the_bytes_are_synced_before_the_name_and_the_name_before_the_end() {
    let folder = Folder::new("order");
    let calls = "openat,write,fsync,fdatasync,rename,renameat,renameat2";
    // Where LeakSanitizer is built in, it cannot look under a tracer.
    let options = format!("-f -y -o calls -e trace={calls} -E LSAN_OPTIONS=detect_leaks=0");
    let output = folder.child("write", &format!("exec strace {options} \"$0\" \"$@\""));
    let Ok(calls) = fs::read_to_string(folder.0.join("calls")) else {
        eprintln!("skipped: no strace here: {}", String::from_utf8_lossy(&output.stderr).trim());
        return;
    };
    assert!(output.status.success(), "{calls}");
    let here = folder.0.display().to_string();
    let after = |from: usize, words: [&str; 2]| {
        let found =
            calls.lines().enumerate().skip(from).find(|(_, line)| words.iter().all(|w| line.contains(w)));
        found.map_or_else(|| panic!("no {words:?} behind line {from}:\n{calls}"), |(at, _)| at)
    };
    let temporary = format!("{here}/.model.");
    let written = after(0, ["write(", &temporary]);
    let synced = after(written, ["fsync(", &temporary]);
    let renamed = after(synced, ["rename", &format!("\"{here}/model\"")]);
    after(renamed, ["fsync(", &format!("<{here}>")]);
    let later =
        calls.lines().skip(synced + 1).filter(|line| line.contains("write(") && line.contains(&temporary));
    assert_eq!(later.count(), 0, "{calls}");
}

#[test]
fn a_new_folder_is_made_with_those_above_it() {
    let folder = Folder::new("deep");
    let deep = folder.0.join("a/b/c");
    create_folder(&deep).unwrap();
    create_folder(&deep).unwrap();
    assert!(deep.is_dir());
    fs::write(deep.join("file"), b"").unwrap();
    assert!(create_folder(deep.join("file")).is_err());
}
