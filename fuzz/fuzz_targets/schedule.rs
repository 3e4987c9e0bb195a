#![no_main]

#[path = "../../tests/parsers/entries.rs"]
#[allow(dead_code)]
mod entries;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| drop(entries::schedule(bytes)));
