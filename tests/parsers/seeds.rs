//! Small valid files of each format: those that other programs wrote, and our own.

use std::fs;
use std::path::Path;

use gradus::autograd::Param;
use gradus::optim::{AdamW, Optimizer, schedule};
use gradus::prelude::*;
use gradus::tensor::io::{npy, npz, safetensors};
use gradus::train::{Checkpoint, EVENTS, JSONL, RunLog};

fn file(name: &str) -> Vec<u8> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    // `fuzz/`, which writes these files for its targets, is a package one folder further down.
    let root = if here.ends_with("fuzz") { here.parent().unwrap() } else { here };
    let path = root.join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn interop(names: &[&str]) -> Vec<Vec<u8>> {
    names.iter().map(|name| file(&format!("tests/interop/data/{name}"))).collect()
}

fn all_types() -> Vec<(&'static str, Tensor)> {
    vec![
        ("w", Tensor::from([[1.5f32, -2.0], [0.25, 3.0]])),
        ("wide", Tensor::from([0.1, f64::NAN, f64::INFINITY])),
        ("count", Tensor::from(7)),
        ("mask", Tensor::from([true, false, true])),
        ("none", Tensor::zeros([0, 3])),
    ]
}

/// What a writer of files writes.
fn written(name: &str, write: impl FnOnce(&Path)) -> Vec<u8> {
    let path = std::env::temp_dir().join(format!("gradus-seed-{}-{name}", std::process::id()));
    write(&path);
    let bytes = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    bytes
}

pub(crate) fn npy() -> Vec<Vec<u8>> {
    let ours = all_types().into_iter().map(|(_, x)| npy::to_bytes(&x));
    ours.chain(interop(&["fortran.npy", "output.npy"])).collect()
}

pub(crate) fn safetensors() -> Vec<Vec<u8>> {
    let all = all_types();
    let entries = || all.iter().map(|(name, x)| (*name, x));
    let ours = written("s", |path| safetensors::save(path, entries()).unwrap());
    [vec![ours], interop(&["network.safetensors"])].concat()
}

pub(crate) fn npz() -> Vec<Vec<u8>> {
    let all = all_types();
    let entries = || all.iter().map(|(name, x)| (*name, x));
    let ours = written("z", |path| npz::save(path, entries()).unwrap());
    [vec![ours], interop(&["network.npz", "packed.npz"])].concat()
}

pub(crate) fn pt() -> Vec<Vec<u8>> {
    interop(&["network.pt", "checkpoint.pt", "module.pt"])
}

pub(crate) fn idx() -> Vec<Vec<u8>> {
    let small = [&[0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3][..], &[0, 1, 2, 128, 254, 255]].concat();
    let double = [&[0, 0, 14, 1, 0, 0, 0, 1][..], &0.1f64.to_be_bytes()].concat();
    vec![small, double, file("crates/data/assets/diabetes_target.csv.gz")]
}

pub(crate) fn csv() -> Vec<Vec<u8>> {
    let iris = file("crates/data/assets/iris.csv");
    let lines: Vec<u8> = iris.split_inclusive(|byte| *byte == b'\n').take(12).flatten().copied().collect();
    let quoted = b"name;n;x\n\"a \"\"b\"\"\";1;0.5\n# a note\nc;;nan\n\"d\ne\";3;1e-3\n".to_vec();
    vec![lines, quoted, b"a,b\n1,2\n3,?\n".to_vec()]
}

/// An example of each form, and combinations.
pub(crate) fn schedules() -> Vec<Vec<u8>> {
    let forms = schedule::FORMS.iter().map(|form| form.example.as_bytes().to_vec());
    let more = ["cosine(0.3, 95).warmup(5)", "plateau(0.1, 0.5, 10)", "constant(0.1)"];
    forms.chain(more.map(|text| text.as_bytes().to_vec())).collect()
}

pub(crate) fn optimizers() -> Vec<Vec<u8>> {
    let texts = [
        "momentum:lr=0.6:beta=0.5",
        "sgd:schedule=cosine(0.5, 20)",
        "adagrad:eps=1e-6:eps-inside",
        "adamw:beta1=0.8:weight_decay=0.01",
        "lbfgs",
    ];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}

pub(crate) fn checkpoints() -> Vec<Vec<u8>> {
    let (mut w, mut optimizer) = (Param::new([3.0, 1.0]), Optimizer::new(AdamW::default(), 0.1));
    let new = Checkpoint::of(&w, &optimizer).to_bytes();
    optimizer.training_step(&mut w, |w, tape| tape.param(w).square().sum());
    let used = Checkpoint::of(&w, &optimizer).with_value("best", 9.0).with_text("note", "as it was");
    vec![new, used.with_rng("data", &rng(3)).to_bytes()]
}

fn logged(name: &str) -> Vec<u8> {
    let folder = std::env::temp_dir().join(format!("gradus-seed-log-{}", std::process::id()));
    let mut log = RunLog::create(&folder).unwrap().without_time();
    for step in 0..4 {
        log.scalars(step, &[("loss", 0.5 / (step + 1) as f64), ("rate", 0.1)]).unwrap();
    }
    log.histogram(4, "w", &Tensor::from([0.5, 1.0, -2.0])).unwrap();
    log.flush().unwrap();
    let bytes = fs::read(folder.join(name)).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    bytes
}

pub(crate) fn log_lines() -> Vec<Vec<u8>> {
    vec![logged(JSONL)]
}

pub(crate) fn log_events() -> Vec<Vec<u8>> {
    vec![logged(EVENTS)]
}
