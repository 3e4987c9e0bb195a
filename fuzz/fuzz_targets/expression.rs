#![no_main]

#[path = "../../crates/cli/tests/random_text/entries.rs"]
mod entries;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| drop(entries::expression(bytes)));
