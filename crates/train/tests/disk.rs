//! A run on a disk that is full, two runs in one folder, the order in which a run's files are synced, and files of older versions.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gradus_nn::{Linear, Module};
use gradus_optim::{Adam, Optimizer};
use gradus_tensor::{Tensor, rng};
use gradus_train::{Checkpoint, Error, JSONL, Run, RunLog, RunOptions};

/// What a child does, and the folder in which.
const CHILD: &str = "GRADUS_TRAIN_DISK_CHILD";

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gradus-train-disk-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Runs this program again, by a command of the shell, to which it and its arguments are handed.
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

fn options(folder: &Path, steps: u64, every: u64) -> RunOptions {
    let folder = Some(folder.to_path_buf());
    RunOptions { folder, every, progress: false, time: false, ..RunOptions::steps(steps) }
}

/// A model whose checkpoint has some 20 KiB.
fn start() -> (Linear, Optimizer) {
    (Linear::new(80, 20, &mut rng(0)), Optimizer::new(Adam::default(), 0.1))
}

fn train(options: RunOptions) -> Result<u64, Error> {
    let (mut model, mut optimizer) = start();
    let run = Run::start(options, &mut model, &mut optimizer)?;
    let x = Tensor::ones([4, 80]);
    for _ in run.steps() {
        let loss = optimizer
            .training_step(&mut model, |model, tape| model.forward(tape.constant(&x)).square().mean());
        run.log(&[("loss", loss)])?;
        run.checkpoint(&model, &optimizer)?;
    }
    run.finish(&model, &optimizer)?;
    Ok(run.step())
}

/// What a child does: nothing unless it is asked for.
#[test]
fn child() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let (task, folder) = task.split_once(' ').unwrap();
    match task {
        "train" => println!("told: {}", train(options(&Path::new(folder).join("runs/first"), 4, 2)).unwrap()),
        "full" => {
            let error = train(options(Path::new(folder), 6, 2)).unwrap_err();
            println!("told: {error}");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_full_disk_ends_a_run_and_its_checkpoints_stay() {
    let folder = Folder::new("full");
    train(options(&folder.0, 2, 2)).unwrap();
    let before = Checkpoint::newest(&folder.0).unwrap().unwrap();
    let bytes = fs::read(&before.path).unwrap();
    assert!(bytes.len() > 10_000);
    // Files of 4 KiB at most: the log can be written, a checkpoint cannot, nor elsewhere.
    let output = folder.child("full", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text} {}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("told: ") && text.contains("step-000000004.checkpoint: "), "{text}");
    let after = Checkpoint::newest(&folder.0).unwrap().unwrap();
    assert!(after.damaged.is_empty() && after.path == before.path);
    assert_eq!(fs::read(&after.path).unwrap(), bytes);
    // With room again it goes on from there; what the log has of steps behind it is written anew.
    assert_eq!(train(options(&folder.0, 6, 2)).unwrap(), 6);
    assert_eq!(fs::read_to_string(folder.0.join(JSONL)).unwrap().lines().count(), 6);
}

#[test]
fn two_runs_in_one_folder_are_told() {
    let folder = Folder::new("two");
    let (mut model, mut optimizer) = start();
    let run = Run::start(options(&folder.0, 9, 1), &mut model, &mut optimizer).unwrap();
    assert_eq!(run.steps().next(), Some(0));
    run.log(&[("loss", 1.0)]).unwrap();
    let error = train(options(&folder.0, 9, 1)).unwrap_err();
    assert!(matches!(&error, Error::Busy { path } if *path == folder.0), "{error}");
    assert!(
        error.to_string().ends_with("another run writes there now; end it first, or choose another folder")
    );
    // Nor may another one write into its log from elsewhere.
    let elsewhere = Folder::new("two-elsewhere");
    let other = RunOptions { log: Some(folder.0.clone()), ..options(&elsewhere.0, 9, 1) };
    let error = train(other).unwrap_err();
    assert!(matches!(&error, Error::Busy { path } if path.ends_with(JSONL)), "{error}");
    assert!(matches!(RunLog::create(&folder.0), Err(Error::Busy { .. })));
    run.finish(&model, &optimizer).unwrap();
    drop(run);
    assert_eq!(fs::read_to_string(folder.0.join(JSONL)).unwrap().lines().count(), 1, "the first one's line");
    assert_eq!(train(options(&folder.0, 3, 1)).unwrap(), 3);
}

/// The log is on the disk before the checkpoint has its name, and the new folders before both.
#[test]
#[cfg(target_os = "linux")]
fn a_log_is_synced_before_its_checkpoint_and_new_folders_before_both() {
    let folder = Folder::new("order");
    let calls = "openat,mkdir,mkdirat,write,fsync,fdatasync,rename,renameat,renameat2";
    let output = folder.child("train", &format!("exec strace -f -y -o calls -e trace={calls} \"$0\" \"$@\""));
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
    let made = after(0, ["mkdir", "runs/first\""]);
    let above = after(made, ["fsync(", &format!("<{here}>")]);
    after(made, ["fsync(", &format!("<{here}/runs>")]);
    let mut at = above;
    for step in [2, 4] {
        let line = after(at, ["write(", "runs/first/log.jsonl>"]);
        let log = after(line, ["fdatasync(", "runs/first/log.jsonl>"]);
        let checkpoint = format!("runs/first/step-{step:09}.checkpoint\"");
        let renamed = after(log, ["rename", &checkpoint]);
        at = after(renamed, ["fsync(", "runs/first>"]);
    }
}

/// A checkpoint that an earlier build of version 1 wrote: a change of the format that cannot read it any more fails here.
#[test]
fn a_checkpoint_of_version_1_is_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/version_1.checkpoint");
    let (mut model, mut optimizer) = version_1();
    if std::env::var_os("GRADUS_BLESS").is_some() && !path.exists() {
        saved(&model, &optimizer).save(&path).unwrap();
    }
    let old = Checkpoint::load(&path).unwrap();
    assert_eq!((old.step(), old.cursor().epoch, old.cursor().batch, old.lr()), (1, 2, 3, 0.1));
    assert_eq!((old.text("note"), old.value("best").unwrap().item()), (Some("größer"), 0.25));
    let mut stream = old.rng("noise").unwrap();
    assert_eq!(Tensor::uniform(2, 0.0, 1.0, &mut stream), Tensor::uniform(2, 0.0, 1.0, &mut rng(7)));
    let want = saved(&model, &optimizer).to_bytes();
    model = Linear::new(2, 1, &mut rng(9));
    optimizer = Optimizer::new(Adam::default(), 0.1);
    old.restore(&mut model, &mut optimizer).unwrap();
    // What this build writes of it are the same bytes.
    assert!(saved(&model, &optimizer).to_bytes() == want && fs::read(path).unwrap() == want);
}

/// Values that no arithmetic of this machine decides: small integers.
fn version_1() -> (Linear, Optimizer) {
    let mut model = Linear::new(2, 1, &mut rng(0));
    let weights = Tensor::from([1.0f32, -2.0]).reshape([1, 2]);
    model.weight.set(weights);
    model.bias.as_mut().unwrap().set(Tensor::from([4.0f32]));
    let mut optimizer = Optimizer::new(Adam { beta1: 0.5, beta2: 0.5, ..Adam::default() }, 0.1);
    let x = Tensor::from([1.0f32, 1.0]).reshape([1, 2]);
    optimizer.training_step(&mut model, |model, tape| model.forward(tape.constant(&x)).sum());
    model.weight.set(Tensor::from([0.5f32, -0.5]).reshape([1, 2]));
    model.bias.as_mut().unwrap().set(Tensor::from([0.25f32]));
    (model, optimizer)
}

fn saved(model: &Linear, optimizer: &Optimizer) -> Checkpoint {
    Checkpoint::of(model, optimizer)
        .with_cursor(gradus_data::Cursor { epoch: 2, batch: 3 })
        .with_rng("noise", &rng(7))
        .with_value("best", 0.25)
        .with_text("note", "größer")
}

#[test]
fn a_version_that_is_not_known_is_told() {
    let folder = Folder::new("version");
    let (model, optimizer) = version_1();
    let path = folder.0.join("x");
    for version in [0u32, 2, u32::MAX] {
        let mut bytes = saved(&model, &optimizer).to_bytes();
        bytes[8..12].copy_from_slice(&version.to_le_bytes());
        fs::write(&path, &bytes).unwrap();
        let error = Checkpoint::load(&path).unwrap_err();
        assert!(matches!(error, Error::Version { found, known: 1, .. } if found == version), "{error}");
        assert!(error.to_string().contains("read it with the gradus that wrote it"), "{error}");
    }
}
