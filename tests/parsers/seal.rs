//! Checksums, computed anew for changed bytes, so that a change gets past them to what reads the content.

/// A reflected CRC of up to 64 bits, with all bits set before and turned after.
fn crc(polynomial: u64, bits: u32, bytes: &[u8]) -> u64 {
    let ones = u64::MAX >> (64 - bits);
    let mut sum = ones;
    for byte in bytes {
        sum ^= u64::from(*byte);
        for _ in 0..8 {
            sum = sum >> 1 ^ if sum & 1 == 1 { polynomial } else { 0 };
        }
    }
    sum ^ ones
}

fn number(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let found = bytes.get(at..at.checked_add(width)?)?;
    Some(found.iter().rev().fold(0, |x, byte| x << 8 | usize::from(*byte)))
}

/// A checkpoint's length and CRC-64/XZ.
pub(crate) fn checkpoint(bytes: &mut [u8]) {
    if bytes.len() < 28 {
        return;
    }
    let body = bytes.len() - 8;
    bytes[12..20].copy_from_slice(&((body - 20) as u64).to_le_bytes());
    let sum = crc(0xc96c_5795_d787_0f42, 64, &bytes[..body]);
    bytes[body..].copy_from_slice(&sum.to_le_bytes());
}

/// The masked CRC-32C of the records of an event file, as far as they follow each other.
pub(crate) fn events(bytes: &mut [u8]) {
    let masked = |bytes: &[u8]| {
        (crc(0x82f6_3b78, 32, bytes) as u32).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
    };
    let mut at = 0;
    while let Some(length) = number(bytes, at, 8) {
        let Some(head) = bytes.get(at..at + 12) else { return };
        let sum = masked(&head[..8]);
        bytes[at + 8..at + 12].copy_from_slice(&sum);
        let end = length.checked_add(at + 12).filter(|end| end.saturating_add(4) <= bytes.len());
        let Some(end) = end else { return };
        let sum = masked(&bytes[at + 12..end]);
        bytes[end..end + 4].copy_from_slice(&sum);
        at = end + 4;
    }
}

/// The CRC-32 of the stored entries of a ZIP container.
pub(crate) fn zip(bytes: &mut [u8]) {
    let _ = stored(bytes);
}

fn stored(bytes: &mut [u8]) -> Option<()> {
    let list = (0..bytes.len()).rev().find(|&at| bytes[at..].starts_with(b"PK\x05\x06"))?;
    let mut at = number(bytes, list + 16, 4)?;
    while bytes.get(at..)?.starts_with(b"PK\x01\x02") {
        let (size, header) = (number(bytes, at + 24, 4)?, number(bytes, at + 42, 4)?);
        if number(bytes, at + 10, 2)? == 0 {
            let start = header + 30 + number(bytes, header + 26, 2)? + number(bytes, header + 28, 2)?;
            let sum = crc(0xedb8_8320, 32, bytes.get(start..start.checked_add(size)?)?) as u32;
            bytes[at + 16..at + 20].copy_from_slice(&sum.to_le_bytes());
        }
        at += 46 + number(bytes, at + 28, 2)? + number(bytes, at + 30, 2)? + number(bytes, at + 32, 2)?;
    }
    Some(())
}

pub(crate) fn nothing(_: &mut [u8]) {}

#[test]
fn the_check_values_of_the_catalogue() {
    assert_eq!(crc(0xc96c_5795_d787_0f42, 64, b"123456789"), 0x995d_c9bb_df19_39fa);
    assert_eq!(crc(0x82f6_3b78, 32, b"123456789"), 0xe306_9283);
    assert_eq!(crc(0xedb8_8320, 32, b"123456789"), 0xcbf4_3926);
}
