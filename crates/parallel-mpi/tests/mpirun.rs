//! Programs under `mpirun`: the same bits, what happens when a rank fails, and the command.
#![allow(missing_docs)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const GRADUS: &str = env!("CARGO_BIN_EXE_gradus");

/// `mpirun` with so many ranks, more than cores and as root too.
fn mpirun(ranks: usize, program: &str) -> Command {
    let mut command = Command::new("mpirun");
    command.args(["-n", &ranks.to_string(), program]);
    for name in
        ["OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "OMPI_MCA_rmaps_base_oversubscribe"]
    {
        command.env(name, "1");
    }
    command
}

/// The program `tests/ranks.rs`, built beside this one.
fn ranks() -> PathBuf {
    let own = std::env::current_exe().expect("it runs");
    let folder = own.parent().expect("it lies in a folder");
    let files = std::fs::read_dir(folder).expect("it can be read").flatten().map(|entry| entry.path());
    let is_program = |path: &PathBuf| {
        path.extension().is_none()
            && path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ranks-"))
    };
    let newest = |path: &PathBuf| path.metadata().and_then(|data| data.modified()).ok();
    files.filter(is_program).max_by_key(newest).expect("cargo test builds it first")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_same_bits_on_1_2_and_4_ranks() {
    for n in [1, 2, 4] {
        let output = mpirun(n, &ranks().to_string_lossy()).output().expect("mpirun is installed");
        let text = text(&output);
        assert!(output.status.success() && text.contains(&format!("on {n} ranks")), "{n} ranks: {text}");
        assert_eq!(text.matches("test result: ok").count(), 1, "{text}");
    }
}

#[test]
fn a_rank_that_fails_or_panics_ends_all_with_its_message_and_a_code() {
    for (fate, code, message) in
        [("error", 1, "this rank has failed"), ("panic", 101, "this rank has had enough")]
    {
        let output =
            mpirun(3, &ranks().to_string_lossy()).env("FATE", fate).output().expect("mpirun is installed");
        let text = text(&output);
        assert!(text.contains(message) && text.contains("rank 2"), "{fate}: {text}");
        assert_eq!(output.status.code(), Some(code), "{fate}: {text}");
    }
}

/// Ranks of different models, and a rank that would have no example: refused on all, with both values.
#[test]
fn ranks_that_do_not_fit_together_are_refused() {
    for (fate, message) in [
        (
            "model",
            "ranks differ in parameter 1 of the model: nothing on rank 0, `1` f64[], trainable on rank 1",
        ),
        (
            "data",
            "3 ranks and batches of 2 parts: a rank would have no example; take fewer ranks, or more parts",
        ),
    ] {
        let output =
            mpirun(3, &ranks().to_string_lossy()).env("FATE", fate).output().expect("mpirun is installed");
        let text = text(&output);
        assert!(output.status.code() == Some(1) && text.contains(message), "{fate}: {text}");
    }
    let output = mpirun(9, GRADUS).args(["train", "digits"]).output().expect("mpirun is installed");
    let text = text(&output);
    let message = "9 ranks and batches of 8 parts: a rank would have no example";
    assert!(output.status.code() == Some(1) && text.matches(message).count() == 1, "{text}");
}

/// What the dynamic loader says where MPI's library is missing: this is before the program begins, so nothing else can.
#[test]
fn without_the_library_of_mpi_the_loader_names_it() {
    let folder = Folder::new("loader");
    let (mut program, path) = (std::fs::read(GRADUS).expect("it is built"), folder.join("gradus"));
    let library = b"libmpi.so.";
    let at = program.windows(library.len()).position(|bytes| bytes == library).expect("it is linked to MPI");
    // Another name of the same length, which no machine has.
    program[at + 3..at + 6].copy_from_slice(b"non");
    std::fs::write(&path, program).expect("it can be written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&path, mode).expect("it is ours");
    let output = Command::new(&path).args(["explain", "x^2", "x=1"]).output().expect("it starts");
    let text = text(&output);
    assert_eq!(output.status.code(), Some(127), "{text}");
    assert!(text.contains("error while loading shared libraries: libnon.so."), "{text}");
}

/// Each process would take itself for the only rank, and write the same files.
#[test]
fn the_mpirun_of_another_mpi_is_told() {
    let mut command = Command::new(GRADUS);
    command.env("PMI_SIZE", "4").args(["train", "digits", "--epochs", "1"]);
    let output = command.output().expect("it starts");
    let text = text(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("error: PMI_SIZE says that there are 4 processes, and MPI knows of this one"),
        "{text}"
    );
}

/// A folder that goes in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gradus-mpi-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("it can be made");
        Self(path)
    }
    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn train(command: &mut Command, log: &Path, out: &Path) -> Command {
    let arguments = ["train", "digits", "--epochs", "2", "--threads", "1", "--checkpoint-every", "3"];
    let mut all = Command::new(command.get_program());
    all.args(command.get_args()).args(arguments).arg("--log").arg(log).arg("--out").arg(out);
    all.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    all.stdout(Stdio::piped()).stderr(Stdio::piped());
    all
}

/// The processes of a training, by their arguments.
fn processes(log: &Path) -> Vec<u32> {
    let log = log.to_string_lossy().into_owned();
    let is_rank = |pid: &u32| {
        let read = |file: &str| std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        let words = String::from_utf8_lossy(&read("cmdline")).into_owned();
        words.starts_with(GRADUS) && words.split('\0').any(|word| word == log)
    };
    let all = std::fs::read_dir("/proc").expect("Linux").flatten();
    all.filter_map(|entry| entry.file_name().to_string_lossy().parse().ok()).filter(is_rank).collect()
}

fn checkpoints(log: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(log).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut all: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|end| end == "checkpoint")).collect();
    all.sort();
    all
}

/// Kills a rank some time after it has saved another checkpoint; whether that ended the run.
fn kill_one(child: &mut Child, log: &Path, which: usize, after: Duration) -> bool {
    let (before, begin) = (checkpoints(log), Instant::now());
    while checkpoints(log) == before && child.try_wait().is_ok_and(|status| status.is_none()) {
        assert!(begin.elapsed() < Duration::from_secs(120), "no checkpoint");
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(after);
    let found = processes(log);
    if let Some(pid) = found.get(which % found.len().max(1)) {
        // It may have ended by itself meanwhile.
        let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
    }
    !child.wait().expect("mpirun ends").success()
}

/// The command trains on ranks and prints as one; killed again and again and resumed with other numbers of ranks, it ends with the
/// bits of a run that was never disturbed.
#[test]
fn a_training_whose_ranks_are_killed_goes_on_to_the_same_bits() {
    let folder = Folder::new("killed");
    let (whole, log, out) = (folder.join("whole"), folder.join("log"), folder.join("weights.safetensors"));
    let expected = folder.join("expected.safetensors");
    let output = train(&mut mpirun(1, GRADUS), &whole, &expected).output().expect("it runs");
    assert!(output.status.success(), "{}", text(&output));
    let (mut killed, mut tries) = (0, 0);
    let kills = std::env::var("KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(4);
    while killed < kills && tries < 10 * kills {
        let mut command = train(&mut mpirun([2, 4, 1, 3][tries % 4], GRADUS), &log, &out);
        if !checkpoints(&log).is_empty() {
            command.arg("--resume");
        }
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
        let moment = Duration::from_millis((tries as u64 * 7919) % 250);
        tries += 1;
        killed += usize::from(kill_one(&mut child, &log, tries * 5, moment));
        if out.exists() {
            // It has come to its end before: once more from the start.
            assert!(std::fs::read(&out).unwrap() == std::fs::read(&expected).unwrap(), "other weights");
            std::fs::remove_file(&out).expect("it is there");
            std::fs::remove_dir_all(&log).expect("it is there");
        }
    }
    assert_eq!(killed, kills, "in {tries} tries");
    let mut last = train(&mut mpirun(4, GRADUS), &log, &out);
    if !checkpoints(&log).is_empty() {
        last.arg("--resume");
    }
    let output = last.output().expect("it runs");
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(text(&output).matches("weights saved to").count(), 1, "{}", text(&output));
    assert!(
        std::fs::read(&out).unwrap() == std::fs::read(&expected).unwrap(),
        "other weights than undisturbed"
    );
}

/// Ctrl-C: rank 0 saves and says it, once, with the command that goes on. OpenMPI sleeps as long as it is told, and kills then.
#[test]
fn an_interrupted_training_is_told_once() {
    for (ranks, again) in
        [(1, "to go on: gradus train digits"), (2, "to go on: mpirun -n 2 gradus train digits")]
    {
        let folder = Folder::new("interrupted");
        let (log, out) = (folder.join("log"), folder.join("weights.safetensors"));
        let mut command = mpirun(ranks, GRADUS);
        command.env("OMPI_MCA_odls_base_sigkill_timeout", "5");
        command.args(["train", "digits", "--epochs", "500", "--threads", "1", "--checkpoint-every", "3"]);
        command.arg("--log").arg(&log).arg("--out").arg(&out).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("mpirun is installed");
        let begin = Instant::now();
        while checkpoints(&log).is_empty() {
            assert!(begin.elapsed() < Duration::from_secs(120), "no checkpoint");
            std::thread::sleep(Duration::from_millis(5));
        }
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("it is there");
        let output = child.wait_with_output().expect("it ends");
        let text = text(&output);
        assert!(!output.status.success() && text.contains(again), "{text}");
        assert_eq!(text.contains("threads 1 on each of 2 ranks"), ranks == 2, "{text}");
        assert_eq!(text.matches("interrupted after").count(), 1, "{text}");
        assert!(text.contains("the weights are saved to") && out.exists(), "{text}");
    }
}

#[test]
fn what_has_no_use_for_ranks_is_refused_once() {
    let output = mpirun(2, GRADUS).args(["explain", "x^2", "x=1"]).output().expect("mpirun is installed");
    let text = text(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("error: `gradus train` alone runs on several ranks; leave mpirun out"), "{text}");
}

/// What is wrong with the arguments, or asked for, is said by one rank.
#[test]
fn arguments_are_answered_once() {
    for (arguments, code, words) in [
        (&["train", "--bogus"][..], 2, "error: unexpected argument '--bogus' found"),
        (&["train", "no-such-set"], 2, "error: invalid value 'no-such-set'"),
        (&["--version"], 0, "gradus "),
        (&["train", "--help"], 0, "Print help"),
    ] {
        let output = mpirun(3, GRADUS).args(arguments).output().expect("mpirun is installed");
        let text = text(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert_eq!(text.matches(words).count(), 1, "{arguments:?}: {text}");
    }
}

/// `mpirun` gives each rank a terminal of its own; only rank 0 writes there.
#[test]
fn the_other_ranks_write_nothing() {
    let folder = Folder::new("quiet");
    let mut command = mpirun(3, "--tag-output");
    command.args([GRADUS, "train", "digits", "--epochs", "2", "--threads", "1", "--out"]);
    let output = command.arg(folder.join("weights.safetensors")).output().expect("mpirun is installed");
    let text = text(&output);
    assert!(output.status.success() && text.contains("[1,0]<stdout>"), "{text}");
    assert!(!text.contains("[1,1]<") && !text.contains("[1,2]<"), "{text}");
    assert!(
        !text.contains('\u{1b}') && !text.contains('━'),
        "a bar, in what is no terminal for its reader: {text}"
    );
}
