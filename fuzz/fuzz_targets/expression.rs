#![no_main]

#[path = "../../crates/cli/tests/random_text/entries.rs"]
#[allow(dead_code)]
mod entries;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| drop(entries::expression(bytes)));
