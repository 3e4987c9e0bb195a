//! The ZIP container, as far as npz and pt files need it: entries that are stored or deflated, read from memory; stored
//! entries, written.
//!
//! Nothing is taken on trust: every size and place is looked up in the bytes that are there, entries together are no longer
//! than the file, and what is unpacked is no longer than it says and than [`super::largest_unpacked`].
//!
//! # Source
//! PKWARE, "APPNOTE.TXT, .ZIP File Format Specification", version 6.3.

use std::borrow::Cow;
use std::io::Read;

/// Bytes that deflate makes of one at most.
const RATIO: usize = 1032;

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const END64: &[u8] = b"PK\x06\x06";
const LOCATOR64: &[u8] = b"PK\x06\x07";
/// In a field of 32 bits: the number stands in the extra field, with 64.
const ELSEWHERE: usize = 0xffff_ffff;

/// A file in memory, with its list of entries.
pub(super) struct Archive<'a> {
    bytes: &'a [u8],
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    flags: usize,
    method: usize,
    crc: u32,
    packed: usize,
    size: usize,
    header: usize,
}

/// The little-endian number of `N` bytes at a place.
fn number<const N: usize>(bytes: &[u8], at: usize) -> Result<usize, String> {
    let found = at.checked_add(N).and_then(|end| bytes.get(at..end)).ok_or_else(truncated)?;
    let mut wide = [0; 8];
    wide[..N].copy_from_slice(found);
    usize::try_from(u64::from_le_bytes(wide)).map_err(|_| truncated())
}

fn truncated() -> String {
    "it is truncated, or its list of entries is damaged".to_string()
}

fn begins(bytes: &[u8], at: usize, signature: &[u8]) -> bool {
    bytes.get(at..).is_some_and(|rest| rest.starts_with(signature))
}

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let (count, mut at) = directory(bytes)?;
        let mut entries = Vec::new();
        let mut packed = 0usize;
        for _ in 0..count {
            let (entry, next) = entry(bytes, at)?;
            packed =
                packed.checked_add(entry.packed).filter(|&sum| sum <= bytes.len()).ok_or_else(truncated)?;
            entries.push(entry);
            at = next;
        }
        Ok(Self { bytes, entries })
    }

    /// The names of the entries, in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// The bytes of an entry.
    pub(super) fn get(&self, name: &str) -> Result<Cow<'a, [u8]>, String> {
        let entry = self.entries.iter().find(|entry| entry.name == name);
        let entry = entry.ok_or_else(|| format!("it has no entry {name}"))?;
        self.unpack(entry).map_err(|reason| format!("entry {name}: {reason}"))
    }

    fn unpack(&self, entry: &Entry) -> Result<Cow<'a, [u8]>, String> {
        let at = entry.header;
        if entry.flags & 1 == 1 {
            return Err("it is encrypted".to_string());
        }
        if !begins(self.bytes, at, LOCAL) {
            return Err("its header is not where the list of entries says".to_string());
        }
        let start = at + 30 + number::<2>(self.bytes, at + 26)? + number::<2>(self.bytes, at + 28)?;
        let data = start.checked_add(entry.packed).and_then(|end| self.bytes.get(start..end));
        let data = data.ok_or_else(truncated)?;
        let unpacked = match entry.method {
            0 if entry.size == entry.packed => Cow::Borrowed(data),
            8 => Cow::Owned(self.inflate(entry, data)?),
            0 => return Err("it is stored with two different lengths".to_string()),
            other => return Err(format!("method {other} of packing is not supported")),
        };
        let mut crc = flate2::Crc::new();
        crc.update(&unpacked);
        if crc.sum() == entry.crc { Ok(unpacked) } else { Err("its checksum is wrong: damaged".to_string()) }
    }

    fn inflate(&self, entry: &Entry, data: &[u8]) -> Result<Vec<u8>, String> {
        let mut deflated = self.entries.iter().filter(|entry| entry.method == 8);
        let all = deflated.try_fold(0usize, |sum, entry| sum.checked_add(entry.size)).unwrap_or(usize::MAX);
        let largest = super::largest_unpacked();
        if all > largest {
            return Err(format!(
                "{all} bytes after unpacking are too many: at most {largest} are read (io::set_largest_unpacked)"
            ));
        }
        if entry.size / RATIO > data.len() {
            return Err(format!("{} bytes cannot hold the {} that it claims", data.len(), entry.size));
        }
        let mut out = Vec::new();
        let mut reader = flate2::read::DeflateDecoder::new(data).take(entry.size as u64 + 1);
        reader.read_to_end(&mut out).map_err(|error| error.to_string())?;
        let wrong = || format!("it unpacks to {} bytes instead of {}", out.len(), entry.size);
        if out.len() == entry.size { Ok(out) } else { Err(wrong()) }
    }
}

/// The number of entries and the place of their list.
fn directory(bytes: &[u8]) -> Result<(usize, usize), String> {
    // The end record has 22 bytes and a comment of at most 65,535.
    let last = bytes.len().checked_sub(22).ok_or_else(truncated)?;
    let ends =
        |at: &usize| begins(bytes, *at, END) && number::<2>(bytes, at + 20) == Ok(bytes.len() - at - 22);
    let end = (last.saturating_sub(65_535)..=last).rev().find(ends).ok_or_else(truncated)?;
    let Some(locator) = end.checked_sub(20).filter(|&at| begins(bytes, at, LOCATOR64)) else {
        return Ok((number::<2>(bytes, end + 10)?, number::<4>(bytes, end + 16)?));
    };
    let end = number::<8>(bytes, locator + 8)?;
    if !begins(bytes, end, END64) {
        return Err(truncated());
    }
    Ok((number::<8>(bytes, end + 32)?, number::<8>(bytes, end + 48)?))
}

/// The entry of the list at a place, and the place of the next.
fn entry(bytes: &[u8], at: usize) -> Result<(Entry, usize), String> {
    if !begins(bytes, at, CENTRAL) {
        return Err(truncated());
    }
    let name = at + 46;
    let extra = name + number::<2>(bytes, at + 28)?;
    let comment = extra + number::<2>(bytes, at + 30)?;
    let next = comment + number::<2>(bytes, at + 32)?;
    let mut entry = Entry {
        name: String::from_utf8_lossy(bytes.get(name..extra).ok_or_else(truncated)?).into_owned(),
        flags: number::<2>(bytes, at + 8)?,
        method: number::<2>(bytes, at + 10)?,
        crc: number::<4>(bytes, at + 16)? as u32,
        packed: number::<4>(bytes, at + 20)?,
        size: number::<4>(bytes, at + 24)?,
        header: number::<4>(bytes, at + 42)?,
    };
    let mut extra = bytes.get(extra..comment).ok_or_else(truncated)?;
    while extra.len() >= 4 {
        let (kind, length) = (number::<2>(extra, 0)?, number::<2>(extra, 2)?);
        let mut field = extra.get(4..4 + length).ok_or_else(truncated)?;
        extra = &extra[4 + length..];
        if kind == 1 {
            let wide = [&mut entry.size, &mut entry.packed, &mut entry.header];
            for place in wide.into_iter().filter(|place| **place == ELSEWHERE) {
                *place = number::<8>(field, 0)?;
                field = &field[8..];
            }
        }
    }
    Ok((entry, next))
}

/// The bytes of a file with these entries, stored. All sizes and places have 64 bits, whatever their length.
pub(super) fn write<N: AsRef<str>>(entries: impl IntoIterator<Item = (N, Vec<u8>)>) -> Vec<u8> {
    const NARROW: [u8; 4] = [0xff; 4];
    let (mut out, mut list, mut count) = (Vec::new(), Vec::new(), 0u64);
    for (name, data) in entries {
        let name = name.as_ref();
        let place = (out.len() as u64).to_le_bytes();
        let mut crc = flate2::Crc::new();
        crc.update(&data);
        let (length, size) = ((name.len() as u16).to_le_bytes(), (data.len() as u64).to_le_bytes());
        // Version 4.5, names in UTF-8, stored, the first of January 1980.
        let head =
            [&[45, 0, 0, 8, 0, 0, 0, 0, 0x21, 0][..], &crc.sum().to_le_bytes(), &NARROW, &NARROW, &length]
                .concat();
        out.extend([LOCAL, &head, &[20, 0], name.as_bytes(), &[1, 0, 16, 0], &size, &size].concat());
        out.extend(data);
        let attributes = [0; 10];
        list.extend([CENTRAL, &[45, 0], &head, &[28, 0], &attributes, &NARROW, name.as_bytes()].concat());
        list.extend([&[1, 0, 24, 0][..], &size, &size, &place].concat());
        count += 1;
    }
    let (at, length, count) = (out.len() as u64, (list.len() as u64).to_le_bytes(), count.to_le_bytes());
    out.append(&mut list);
    let end = (out.len() as u64).to_le_bytes();
    let version = [45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    out.extend([END64, &44u64.to_le_bytes(), &version, &count, &count, &length, &at.to_le_bytes()].concat());
    out.extend([LOCATOR64, &[0; 4], &end, &[1, 0, 0, 0]].concat());
    out.extend([END, &[0; 4], &[0xff; 12], &[0; 2]].concat());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Vec<u8> {
        write([("a", b"hello".to_vec()), ("folder/b", Vec::new())])
    }

    #[test]
    fn there_and_back() {
        let bytes = two();
        let archive = Archive::open(&bytes).unwrap();
        assert_eq!(archive.names().collect::<Vec<_>>(), ["a", "folder/b"]);
        assert_eq!(&*archive.get("a").unwrap(), b"hello");
        assert!(archive.get("folder/b").unwrap().is_empty());
        assert_eq!(archive.get("c").unwrap_err(), "it has no entry c");
    }

    /// As other programs write it: deflated, with narrow fields and a comment.
    fn deflated(claimed: u32) -> Vec<u8> {
        use std::io::Write;
        let data = [7u8; 5000];
        let mut crc = flate2::Crc::new();
        crc.update(&data);
        let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(&data).unwrap();
        let packed = packed.finish().unwrap();
        let sizes = [(packed.len() as u32).to_le_bytes(), claimed.to_le_bytes()].concat();
        let head =
            [&[20, 0, 0, 0, 8, 0, 0, 0, 0, 0][..], &crc.sum().to_le_bytes(), &sizes, &[1, 0, 0, 0]].concat();
        let mut out = [LOCAL, &head, b"x", &packed].concat();
        let at = (out.len() as u32).to_le_bytes();
        let list = [CENTRAL, &[20, 0], &head, &[0; 14], b"x"].concat();
        out.extend(&list);
        let length = (list.len() as u32).to_le_bytes();
        out.extend([END, &[0; 4], &[1, 0, 1, 0], &length, &at, &[2, 0], b"hi"].concat());
        out
    }

    #[test]
    fn deflated_entries() {
        let bytes = deflated(5000);
        assert_eq!(&*Archive::open(&bytes).unwrap().get("x").unwrap(), [7; 5000]);
        let reason = |claimed| Archive::open(&deflated(claimed)).unwrap().get("x").unwrap_err();
        assert_eq!(reason(4999), "entry x: it unpacks to 5000 bytes instead of 4999");
        assert_eq!(reason(5001), "entry x: it unpacks to 5000 bytes instead of 5001");
        assert!(reason(1 << 30).ends_with("cannot hold the 1073741824 that it claims"));
        assert!(reason(u32::MAX - 1).contains("cannot hold"));
    }

    #[test]
    fn damage_is_found() {
        for whole in [two(), deflated(5000)] {
            for end in 0..whole.len() {
                assert!(Archive::open(&whole[..end]).is_err(), "{end}");
            }
        }
        let mut bytes = two();
        bytes[40 + 11] ^= 1;
        let archive = Archive::open(&bytes).unwrap();
        assert_eq!(archive.get("a").unwrap_err(), "entry a: its checksum is wrong: damaged");
        // No change of a byte makes it panic.
        for whole in [two(), deflated(5000)] {
            for (at, value) in (0..whole.len()).flat_map(|at| [0, 1, 0x7f, 0xff].map(|value| (at, value))) {
                let mut bytes = whole.clone();
                bytes[at] = value;
                if let Ok(archive) = Archive::open(&bytes) {
                    archive.names().for_each(|name| drop(archive.get(name)));
                }
            }
        }
    }
}
