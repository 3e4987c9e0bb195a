//! A checkpoint as bytes: magic, version, length, entries, checksum; all numbers little-endian.
//!
//! | bytes | what |
//! | --- | --- |
//! | 8 | `GRADUSCK` |
//! | 4 | the version, 1 |
//! | 8 | the length of the entries |
//! | … | entries: kind (1), length of the name (4), name, length of the data (8), data |
//! | 8 | CRC-64/XZ of all before |
//!
//! Data are the bytes of an npy file, or a text.

use std::path::Path;

use crc::{CRC_64_XZ, Crc, Table};
use gradus_tensor::Tensor;
use gradus_tensor::io::{npy, other_kind};

use crate::error::Error;

const MAGIC: &[u8; 8] = b"GRADUSCK";
const VERSION: u32 = 1;
/// Bytes in front of the entries, and of the checksum behind them.
const HEAD: usize = 20;
const TAIL: usize = 8;
const CHECKSUM: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_XZ);

/// What an entry is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Model = 0,
    Optimizer = 1,
    Random = 2,
    Value = 3,
    Text = 4,
    Place = 5,
}

const KINDS: [Kind; 6] = [Kind::Model, Kind::Optimizer, Kind::Random, Kind::Value, Kind::Text, Kind::Place];

/// What an entry holds.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    Tensor(Tensor),
    Text(String),
}

/// A named value of a checkpoint.
pub(crate) type Entry = (Kind, String, Data);

pub(crate) fn write<'a>(entries: impl IntoIterator<Item = (Kind, &'a str, Data)>) -> Vec<u8> {
    let mut out = [&MAGIC[..], &VERSION.to_le_bytes(), &[0; 8]].concat();
    for (kind, name, data) in entries {
        let bytes = match data {
            Data::Tensor(tensor) => npy::to_bytes(&tensor),
            Data::Text(text) => text.into_bytes(),
        };
        out.push(kind as u8);
        out.extend_from_slice(&(name.len() as u32).to_le_bytes());
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        out.extend_from_slice(&bytes);
    }
    let length = (out.len() - HEAD) as u64;
    out[HEAD - 8..HEAD].copy_from_slice(&length.to_le_bytes());
    let checksum = CHECKSUM.checksum(&out);
    out.extend_from_slice(&checksum.to_le_bytes());
    out
}

pub(crate) fn read(path: &Path, bytes: &[u8]) -> Result<Vec<Entry>, Error> {
    let path = || path.to_path_buf();
    if !bytes.starts_with(&MAGIC[..bytes.len().min(8)]) {
        let foreign = |what: &str| Error::Content { path: path(), reason: what.to_string() };
        return Err(other_kind(bytes).map_or_else(|| Error::Foreign { path: path() }, foreign));
    }
    let found = bytes.len() as u64;
    let mut head = Cursor(bytes.get(8..).unwrap_or_default());
    let (Some(version), Some(length)) = (head.u32(), head.u64()) else {
        return Err(Error::Truncated { path: path(), expected: (HEAD + TAIL) as u64, found });
    };
    // There never was a version 0.
    if version == 0 || version > VERSION {
        return Err(Error::Version { path: path(), found: version, known: VERSION });
    }
    let expected = length.saturating_add((HEAD + TAIL) as u64);
    if found < expected {
        return Err(Error::Truncated { path: path(), expected, found });
    }
    let (body, tail) = bytes.split_at(bytes.len() - TAIL);
    if found > expected || CHECKSUM.checksum(body).to_le_bytes() != *tail {
        return Err(Error::Checksum { path: path() });
    }
    let mut rest = Cursor(&body[HEAD..]);
    let mut entries = Vec::new();
    while !rest.0.is_empty() {
        let entry = rest.entry().map_err(|reason| Error::Content { path: path(), reason })?;
        entries.push(entry);
    }
    Ok(entries)
}

/// Bytes that are read from the front.
struct Cursor<'b>(&'b [u8]);

impl<'b> Cursor<'b> {
    fn take(&mut self, n: u64) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(n).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take(8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes)
    }

    fn text(&mut self, n: u64) -> Result<String, String> {
        let bytes = self.take(n).ok_or("an entry is longer than the file")?;
        String::from_utf8(bytes.to_vec()).map_err(|_| "a name or a text is no UTF-8".to_string())
    }

    fn entry(&mut self) -> Result<Entry, String> {
        let kind = self.take(1).ok_or("an entry has no kind")?[0];
        let kind =
            *KINDS.get(usize::from(kind)).ok_or_else(|| format!("entries of kind {kind} are unknown"))?;
        let n = self.u32().ok_or("an entry has no name")?;
        let name = self.text(u64::from(n))?;
        let n = self.u64().ok_or_else(|| format!("entry {name} has no data"))?;
        let data = if kind == Kind::Text {
            Data::Text(self.text(n)?)
        } else {
            let bytes = self.take(n).ok_or_else(|| format!("entry {name} is longer than the file"))?;
            Data::Tensor(npy::from_bytes(bytes).map_err(|error| format!("entry {name}: {error}"))?)
        };
        Ok((kind, name, data))
    }
}
