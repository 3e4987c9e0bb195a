#![no_main]

#[path = "../../tests/parsers/entries.rs"]
#[allow(dead_code)]
mod entries;
#[path = "../../tests/parsers/seal.rs"]
#[allow(dead_code)]
mod seal;

// As it is, and with its checksums made right, which no search would find.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = entries::log_events(bytes);
    let mut bytes = bytes.to_vec();
    seal::events(&mut bytes);
    let _ = entries::log_events(&bytes);
});
