//! What reads bytes from elsewhere, each as a function of them: for the property tests here and for the targets in `fuzz/`. A
//! result is what was read, in short, or the error's words.

use std::fs;
use std::path::PathBuf;

use gradus::data::csv::{CsvOptions, Encoding, Table};
use gradus::data::idx;
use gradus::optim::{OptimizerSpec, schedule};
use gradus::tensor::io::npy;
use gradus::tensor::{DType, Tensor, io};
use gradus::train::{Checkpoint, EVENTS, JSONL, RunLog};

pub(crate) type Read = Result<String, String>;

fn said<T, E: std::error::Error>(result: Result<T, E>, what: impl Fn(T) -> String) -> Read {
    result.map(what).map_err(|error| error.to_string())
}

/// Every element is read, so that a tensor that reaches beyond its memory shows. A view may repeat its elements many times.
fn look(x: &Tensor) -> String {
    if x.elements() < 1 << 16 {
        x.to_f64_vec();
    }
    format!("{}{:?}", x.dtype(), x.shape())
}

fn named(all: Vec<(String, Tensor)>) -> String {
    all.into_iter().map(|(name, x)| format!("{name}: {}; ", look(&x))).collect::<Vec<_>>().concat()
}

pub(crate) fn npy(bytes: &[u8]) -> Read {
    let read = npy::from_bytes(bytes);
    if let Ok(x) = &read {
        assert!(bits(&npy::from_bytes(&npy::to_bytes(x)).unwrap()) == bits(x), "{x:?} does not come back");
    }
    said(read, |x| look(&x))
}

fn bits(x: &Tensor) -> (Vec<usize>, Vec<u64>) {
    (x.shape().to_vec(), x.to_f64_vec().into_iter().map(f64::to_bits).collect())
}

/// Safetensors, npz and pt, told by the first bytes.
pub(crate) fn tensors(bytes: &[u8]) -> Read {
    said(io::from_bytes(bytes), named)
}

pub(crate) fn idx(bytes: &[u8]) -> Read {
    for dtype in [DType::I64, DType::F64] {
        let _ = idx::from_bytes(bytes, dtype);
    }
    said(idx::from_bytes(bytes, DType::F32), |x| look(&x))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A table, its inputs and its targets.
pub(crate) fn csv(bytes: &[u8]) -> Read {
    let text = text(bytes);
    let options = CsvOptions { comment: Some('#'), ..CsvOptions::default() };
    let mut table = Table::parse(&text, &options).map_err(|error| error.to_string())?;
    let _ = Table::parse(&text, &CsvOptions { delimiter: Some(';'), header: false, ..options });
    let rows = table.rows();
    table.drop_missing();
    let first = table.columns.first().map(|column| column.name.clone()).unwrap_or_default();
    let _ = table.dataset(&first, Encoding::OneHot);
    said(table.inputs(&[], Encoding::Codes), |x| format!("{rows} rows, {}", look(&x)))
}

/// A schedule, and its rate at some steps.
pub(crate) fn schedule(bytes: &[u8]) -> Read {
    said(schedule::parse_plan(&text(bytes)), |plan| match plan {
        schedule::Plan::Fixed(rate) => {
            // A recurrence walks to its step.
            for step in [0, 1, 99, 1000] {
                rate.at(step);
            }
            "a schedule".to_string()
        }
        schedule::Plan::Plateau(_) => "a plateau".to_string(),
    })
}

pub(crate) fn optimizer(bytes: &[u8]) -> Read {
    said(text(bytes).parse::<OptimizerSpec>(), |spec| {
        let rate = spec.lr().unwrap_or(0.1);
        spec.rule();
        format!("{} {rate}", spec.label())
    })
}

pub(crate) fn checkpoint(bytes: &[u8]) -> Read {
    said(Checkpoint::from_bytes(bytes), |found| {
        let values: Vec<String> = found.values().map(|(_, x)| look(x)).collect();
        for name in found.rngs().map(String::from).collect::<Vec<_>>() {
            let _ = found.rng(&name);
        }
        format!("step {}, rate {}, {values:?}", found.step(), found.lr())
    })
}

/// A folder of this process's own.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("gradus-parsers-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A log that is gone on with: its lines, or TensorBoard's records.
fn log(name: &str, bytes: &[u8]) -> Read {
    let folder = folder(name);
    for other in fs::read_dir(&folder).unwrap().flatten() {
        fs::remove_file(other.path()).unwrap();
    }
    fs::write(folder.join(name), bytes).unwrap();
    let steps = bytes.first().map_or(0, |byte| u64::from(*byte));
    let read = said(RunLog::resume(&folder, steps), |_| "a log".to_string());
    let after = fs::read(folder.join(name)).unwrap();
    // What is cut is cut at the end; a file that is none stays as it was.
    let untouched = if read.is_ok() { bytes.starts_with(&after) || after.len() < 64 } else { after == bytes };
    assert!(untouched, "the log was changed: {read:?}");
    read
}

pub(crate) fn log_lines(bytes: &[u8]) -> Read {
    log(JSONL, bytes)
}

pub(crate) fn log_events(bytes: &[u8]) -> Read {
    log(EVENTS, bytes)
}
