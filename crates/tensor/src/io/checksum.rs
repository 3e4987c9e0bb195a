//! The checksum of a safetensors file: a note in its metadata, which other programs read over.
//!
//! The note is `"gradus": "gradus 1 crc64 0123456789abcdef"`: the version, and the CRC-64/XZ of the whole file with zeros in the
//! place of the sixteen digits. Key and text begin alike, so that a damage of one of both does not hide the other; a file without
//! the note was written by another program, and is read as it is.

use std::collections::HashMap;

use crc::{CRC_64_XZ, Crc, Digest, Table};

static CHECKSUM: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_XZ);
/// The name of the note, and the word with which its text begins.
const KEY: &str = "gradus";
const VERSION: &str = "1";
const DIGITS: usize = 16;

/// The note of a file whose checksum is not known yet.
pub(super) fn note() -> HashMap<String, String> {
    HashMap::from([(KEY.to_string(), text(0))])
}

fn text(checksum: u64) -> String {
    format!("{KEY} {VERSION} crc64 {checksum:0DIGITS$x}")
}

/// Writes the checksum of a file with [`note`] into it.
pub(super) fn set(file: &mut [u8]) {
    // The metadata are written in front of all names.
    let start = find(file, &text(0)).expect("the file has the note");
    let end = start + text(0).len();
    let found = text(begun(file, end).finalize());
    file[start..end].copy_from_slice(found.as_bytes());
}

/// What checks a file of which the head, with its metadata, is read: what follows is added to it.
pub(super) struct Check {
    digest: Digest<'static, u64, Table<16>>,
    note: String,
}

impl Check {
    /// `None` if there is no note in the metadata; an error if the note is of another version, or damaged.
    pub(super) fn new(
        head: &[u8],
        metadata: Option<&HashMap<String, String>>,
    ) -> Result<Option<Self>, String> {
        let is_ours = |(key, text): &(&String, &String)| *key == KEY || text.starts_with(KEY);
        let Some((_, note)) = metadata.and_then(|all| all.iter().find(is_ours)) else { return Ok(None) };
        let words: Vec<&str> = note.split(' ').collect();
        if let [KEY, version, ..] = words[..]
            && version != VERSION
        {
            return Err(format!(
                "it has version {version}, and this gradus reads version {VERSION}; read it with the one that wrote it"
            ));
        }
        let end = find(head, note).map(|start| start + note.len()).filter(|&end| end >= DIGITS);
        let end = end.ok_or_else(damaged)?;
        Ok(Some(Self { digest: begun(head, end), note: note.clone() }))
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
    }

    /// Whether all that was read is what was written.
    pub(super) fn end(self) -> Result<(), String> {
        if text(self.digest.finalize()) == self.note { Ok(()) } else { Err(damaged()) }
    }
}

fn damaged() -> String {
    format!(
        "its checksum is that of another content: it is damaged, or was changed by a program that kept the metadata `{KEY}`"
    )
}

/// The checksum so far of bytes in which the digits that end at `end` count as zeros.
fn begun(bytes: &[u8], end: usize) -> Digest<'static, u64, Table<16>> {
    let mut digest = CHECKSUM.digest();
    digest.update(&bytes[..end - DIGITS]);
    digest.update(&[b'0'; DIGITS]);
    digest.update(&bytes[end..]);
    digest
}

fn find(file: &[u8], text: &str) -> Option<usize> {
    file.windows(text.len().max(1)).position(|window| window == text.as_bytes())
}
