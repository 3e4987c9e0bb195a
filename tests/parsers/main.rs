//! Whatever bytes a reader is given, it returns a value or an error with words, and takes no more memory than a small multiple
//! of the bytes: random ones, and valid files that were changed here and there, with their checksums made right again
//! half of the time.
//!
//! `GRADUS_INPUTS` is how many inputs each reader gets, `GRADUS_SEED` the first seed. A failure prints its seed.

mod entries;
mod mutate;
#[path = "../../crates/autograd/tests/random_programs/numbers.rs"]
#[expect(dead_code, reason = "the random programs draw more")]
mod numbers;
mod seal;
mod seeds;

use std::alloc::System;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicI64, Ordering};

use gradus::tensor::io::{largest_unpacked, set_largest_unpacked};
use numbers::Numbers;
use tracking_allocator::{AllocationGroupId, AllocationRegistry, AllocationTracker, Allocator};

#[global_allocator]
static GLOBAL: Allocator<System> = Allocator::system();

static LIVE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);

struct Counter;

impl AllocationTracker for Counter {
    fn allocated(&self, _: usize, bytes: usize, _: usize, _: AllocationGroupId) {
        let live = LIVE.fetch_add(bytes as i64, Ordering::Relaxed) + bytes as i64;
        PEAK.fetch_max(live, Ordering::Relaxed);
    }

    fn deallocated(&self, _: usize, bytes: usize, _: usize, _: AllocationGroupId, _: AllocationGroupId) {
        LIVE.fetch_sub(bytes as i64, Ordering::Relaxed);
    }
}

/// The most that `f` had at once, on the heap and in tensors.
fn peak<R>(f: impl FnOnce() -> R) -> (R, i64) {
    let (live, tensors) = (LIVE.load(Ordering::Relaxed), gradus::memory().high_water);
    PEAK.store(live, Ordering::Relaxed);
    let result = f();
    let grown = gradus::memory().high_water - tensors;
    (result, PEAK.load(Ordering::Relaxed) - live + grown as i64)
}

type Entry = fn(&[u8]) -> entries::Read;

/// A reader, its seeds, how its checksums are made right, and the bytes it may take for each byte that it reads.
type Reader = (&'static str, Entry, fn() -> Vec<Vec<u8>>, fn(&mut [u8]), i64);

/// An element of one byte becomes one of eight, twice where it is compared; a cell of a table is a text and a truth.
const READERS: [Reader; 11] = [
    ("npy", entries::npy, seeds::npy, seal::nothing, 64),
    ("safetensors", entries::tensors, seeds::safetensors, seal::nothing, 256),
    ("npz", entries::tensors, seeds::npz, seal::zip, 256),
    ("pt", entries::tensors, seeds::pt, seal::zip, 256),
    ("idx", entries::idx, seeds::idx, seal::nothing, 64),
    ("CSV", entries::csv, seeds::csv, seal::nothing, 1024),
    ("schedule", entries::schedule, seeds::schedules, seal::nothing, 1024),
    ("optimizer", entries::optimizer, seeds::optimizers, seal::nothing, 1024),
    ("checkpoint", entries::checkpoint, seeds::checkpoints, seal::checkpoint, 128),
    ("log.jsonl", entries::log_lines, seeds::log_lines, seal::nothing, 64),
    ("event file", entries::log_events, seeds::log_events, seal::events, 64),
];

/// What every reader may take besides, such as the buffers of files and of decompression.
const BASE: i64 = 256 << 10;
/// What packed files may unpack to here.
const UNPACKED: usize = 1 << 20;

fn from_environment(name: &str, otherwise: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(otherwise, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name}: {text} is no whole number"))
    })
}

/// One input; what is wrong with what the reader made of it.
fn input(reader: &Reader, seeds: &[Vec<u8>], seed: u64) -> Result<bool, String> {
    let (_, entry, _, seal, factor) = reader;
    let mut numbers = Numbers::new(seed);
    let mut bytes = mutate::bytes(&mut numbers, seeds);
    if numbers.one_in(2) {
        seal(&mut bytes);
    }
    let (read, taken) = peak(|| catch_unwind(|| entry(&bytes)));
    let read = read.map_err(|_| "it panics".to_string())?;
    // What is packed may be longer than the file, up to the limit that is set.
    let packed = bytes.starts_with(b"PK") || bytes.starts_with(&[0x1f, 0x8b]);
    let length = bytes.len() + if packed { UNPACKED } else { 0 };
    let allowed = BASE + factor * length as i64;
    if taken > allowed {
        return Err(format!("it takes {taken} bytes for {length}, where {allowed} are allowed"));
    }
    if read.as_ref().is_err_and(|words| words.trim().is_empty()) {
        return Err("an error without words".to_string());
    }
    Ok(read.is_ok())
}

#[test]
fn no_bytes_make_a_reader_panic_or_take_much_memory() {
    AllocationRegistry::set_global_tracker(Counter).expect("there is no other tracker");
    AllocationRegistry::enable_tracking();
    let limit = largest_unpacked();
    set_largest_unpacked(UNPACKED);
    let (inputs, first) = (from_environment("GRADUS_INPUTS", 2000), from_environment("GRADUS_SEED", 0));
    let mut failures = Vec::new();
    for reader in &READERS {
        let seeds = reader.2();
        for seed in &seeds {
            // A module is no plain tensor, a gzip file of a table no idx file.
            let read = (reader.1)(seed);
            assert!(read.is_ok() || ["pt", "idx"].contains(&reader.0), "{}: {read:?}", reader.0);
        }
        let (mut whole, before) = (0, failures.len());
        for seed in first..first + inputs {
            match input(reader, &seeds, seed) {
                Ok(read) => whole += u64::from(read),
                Err(wrong) => {
                    failures.push(format!("{}, GRADUS_SEED={seed} GRADUS_INPUTS=1: {wrong}", reader.0));
                }
            }
        }
        println!("{}: {inputs} inputs, {whole} read, {} wrong", reader.0, failures.len() - before);
    }
    set_largest_unpacked(limit);
    failures.truncate(20);
    assert!(failures.is_empty(), "{failures:#?}");
}
