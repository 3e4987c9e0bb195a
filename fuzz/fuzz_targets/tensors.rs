#![no_main]

#[path = "../../tests/parsers/entries.rs"]
#[allow(dead_code)]
mod entries;
#[path = "../../tests/parsers/seal.rs"]
#[allow(dead_code)]
mod seal;

// Packed files may unpack to 16 MiB here. As it is, and with its checksums made right, which no search would find.
libfuzzer_sys::fuzz_target!(init: gradus::tensor::io::set_largest_unpacked(1 << 24), |bytes: &[u8]| {
    let _ = entries::tensors(bytes);
    let mut bytes = bytes.to_vec();
    seal::zip(&mut bytes);
    let _ = entries::tensors(&bytes);
});
