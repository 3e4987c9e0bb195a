#![no_main]

#[path = "../../tests/parsers/entries.rs"]
#[allow(dead_code)]
mod entries;

// Packed files may unpack to 16 MiB here.
libfuzzer_sys::fuzz_target!(init: gradus::tensor::io::set_largest_unpacked(1 << 24), |bytes: &[u8]| drop(entries::idx(bytes)));
