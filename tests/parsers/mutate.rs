//! Bytes that are nearly those of a valid file.

use super::numbers::Numbers;

/// Numbers that lengths and counts go wrong at.
const HOSTILE: [u64; 12] = [
    0,
    1,
    0x7f,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0xffff_ffff,
    1 << 32,
    1 << 40,
    0x7fff_ffff_ffff_ffff,
    u64::MAX,
];
/// Words that texts go wrong at.
const WORDS: [&str; 14] = [
    "99999999999999999999",
    "-1",
    "1e999",
    "nan",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "'",
    ",",
    "\n",
    "\u{1F980}",
    "\0",
];

/// Random bytes, or one of the seeds with one to eight changes.
pub(crate) fn bytes(numbers: &mut Numbers, seeds: &[Vec<u8>]) -> Vec<u8> {
    if numbers.one_in(16) {
        let length = numbers.below(200);
        return (0..length).map(|_| numbers.word() as u8).collect();
    }
    let mut out = seeds[numbers.below(seeds.len())].clone();
    for _ in 0..numbers.within(1, 8) {
        change(numbers, &mut out, seeds);
        out.truncate(1 << 16);
        if numbers.one_in(2) {
            break;
        }
    }
    out
}

fn change(numbers: &mut Numbers, out: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let n = out.len();
    let at = numbers.below(n + 1);
    match numbers.below(8) {
        0 if at < n => out[at] ^= 1 << numbers.below(8),
        1 if at < n => out[at] = numbers.word() as u8,
        2 => out.truncate(at),
        3 => {
            let other = &seeds[numbers.below(seeds.len())];
            let from = numbers.below(other.len() + 1);
            let until = numbers.within(from, other.len());
            let end = numbers.within(at, n.min(at + 64));
            out.splice(at..end, other[from..until].iter().copied());
        }
        4 | 5 => {
            let width = [1, 2, 4, 8][numbers.below(4)];
            let number = HOSTILE[numbers.below(HOSTILE.len())].to_le_bytes();
            let end = n.min(at + width);
            out.splice(at..end, number[..width].iter().copied());
        }
        6 => {
            let word = WORDS[numbers.below(WORDS.len())].as_bytes();
            out.splice(at..at, word.iter().copied());
        }
        _ => {
            let end = numbers.within(at, n);
            let copied = out[at..end].to_vec();
            let times = numbers.within(1, 20);
            (0..times).for_each(|_| drop(out.splice(at..at, copied.iter().copied())));
        }
    }
}
