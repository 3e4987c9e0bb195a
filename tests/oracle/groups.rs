//! Runs a group of cases and counts.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use safetensors::SafeTensors;
use serde_json::Value;

/// The check of one case: `Err` says what differs, or begins with `unsupported:`.
pub(crate) type Check = fn(&Value, &SafeTensors<'_>) -> Result<(), String>;

/// Cases that may fail, with the reason: `group id: reason` in each line. `group MODULE/*` is a module
/// that is not supported at all.
const EXCEPTIONS: &str = include_str!("exceptions.txt");

/// The folder of the data. Cargo says where the package is when the test runs: a binary that was built in another copy
/// of the repository must not read the data beside that copy.
pub(crate) fn folder() -> PathBuf {
    let root = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let root = Path::new(&root);
    if let Ok(path) = std::env::var("GRADUS_ORACLE") {
        return path.into();
    }
    let shared = root.join("../shared/oracle");
    if shared.is_dir() { shared } else { root.join("tests/oracle/data") }
}

/// The metadata of a group and the bytes of its tensors.
///
/// # Panics
/// If the files cannot be read.
pub(crate) fn load(group: &str, folder: &Path) -> (Value, Vec<u8>) {
    let json = folder.join(format!("{group}.json"));
    let text = std::fs::read_to_string(&json).unwrap_or_else(|e| panic!("{}: {e}", json.display()));
    let meta = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", json.display()));
    let bytes = std::fs::read(folder.join(format!("{group}.safetensors")));
    (meta, bytes.unwrap_or_else(|_| b"\x02\0\0\0\0\0\0\0{}".to_vec()))
}

/// The exceptions of a group by case.
fn exceptions(group: &str) -> BTreeMap<&'static str, &'static str> {
    let lines = EXCEPTIONS.lines().filter(|line| !line.starts_with('#'));
    let mine = lines.filter_map(|line| line.strip_prefix(group)?.strip_prefix(' ')?.split_once(": "));
    mine.collect()
}

thread_local! {
    static LAST_PANIC: std::cell::RefCell<String> = const { std::cell::RefCell::new(String::new()) };
}

/// Panics of cases are caught and reported; the hook keeps them quiet and remembers where they came from.
fn quiet_panics() {
    static ONCE: Mutex<bool> = Mutex::new(false);
    let mut done = ONCE.lock().expect("no panic while held");
    if !std::mem::replace(&mut *done, true) {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if RUNNING.get() {
                let place = info.location().map(|l| format!("{}:{}", l.file(), l.line())).unwrap_or_default();
                LAST_PANIC.with(|last| *last.borrow_mut() = place);
            } else {
                usual(info);
            }
        }));
    }
}

thread_local! {
    static RUNNING: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

fn run_case(check: Check, case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    RUNNING.set(true);
    let result = catch_unwind(AssertUnwindSafe(|| check(case, tensors)));
    RUNNING.set(false);
    result.unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().cloned();
        let text =
            text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default();
        let place = LAST_PANIC.with(|last| last.borrow().clone());
        if text.starts_with("unsupported") { Err(text) } else { Err(format!("panic: {text} ({place})")) }
    })
}

/// Runs every case of a group; at most this part of them may fail.
///
/// # Panics
/// If more fail.
pub(crate) fn run_roughly(group: &str, check: Check, part: f64) {
    quiet_panics();
    let (meta, bytes) = load(group, &folder());
    let tensors = SafeTensors::deserialize(&bytes).unwrap_or_else(|e| panic!("{group}.safetensors: {e}"));
    let cases = meta["cases"].as_array().expect("a list of cases");
    let mut failed = 0;
    for case in cases {
        if let Err(text) = run_case(check, case, &tensors) {
            failed += 1;
            println!("{group} roughly {}: {text}", case["id"].as_str().unwrap_or("?"));
        }
    }
    println!("oracle {group} roughly: {} cases, {failed} failed", cases.len());
    assert!(
        f64::from(failed) <= part * cases.len() as f64,
        "{group}: {failed} of {} cases fail",
        cases.len()
    );
}

/// Runs every case of a group and prints the failures and the counts.
///
/// # Panics
/// If a case fails that is not listed in `exceptions.txt`. Data other than the reference set knows no exceptions by the
/// name of a case, only unsupported modules: there 2 % of `ops` and `ops_edge` may fail and nothing else.
pub(crate) fn run_group(group: &str, check: Check) {
    quiet_panics();
    let (meta, bytes) = load(group, &folder());
    let tensors = SafeTensors::deserialize(&bytes).unwrap_or_else(|e| panic!("{group}.safetensors: {e}"));
    let cases = meta["cases"].as_array().expect("a list of cases");
    let (known, reference) = (exceptions(group), meta["split"] == "visible");
    println!();
    let (mut failed, mut unsupported, mut unlisted) = (0, 0, 0);
    for case in cases {
        let id = case["id"].as_str().unwrap_or("?");
        let Err(text) = run_case(check, case, &tensors) else { continue };
        let is_unsupported = text.starts_with("unsupported");
        let module = format!("{}/*", id.split('/').next().unwrap_or(id));
        let of_module = known.get(module.as_str()).filter(|_| is_unsupported);
        let reason = known.get(id).filter(|_| reference).or(of_module);
        failed += usize::from(!is_unsupported);
        unsupported += usize::from(is_unsupported);
        unlisted += usize::from(reason.is_none());
        let note = reason.map(|r| format!(" [exception: {r}]")).unwrap_or_default();
        println!("{group} {id}: {text}{note}");
    }
    let n = cases.len();
    let passed = n - failed - unsupported;
    println!("oracle {group}: {n} cases, {passed} passed, {failed} failed, {unsupported} unsupported");
    let room = if group.starts_with("ops") { n / 50 } else { 0 };
    assert!(
        unlisted <= if reference { 0 } else { room },
        "{group}: {failed} of {n} cases failed, {unsupported} are unsupported; {unlisted} of them are not in exceptions.txt"
    );
}
