//! Named tensors in one file: the safetensors format, which PyTorch, JAX and others read and write. With the feature
//! `safetensors`.
//!
//! Eight bytes of header length, a JSON header of names, types, shapes and offsets, the data, little-endian. A file that is
//! written here has a version and a checksum among its metadata, which other programs read over; [`load`] refuses it where a bit
//! of it is another. Files of other programs have none, and are read without.
//!
//! # Source
//! <https://huggingface.co/docs/safetensors>.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{self, Read as _};
use std::path::Path;

use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{Dtype, View};

use super::checksum::{self, Check};
use super::{brain, decode_from, half};
use crate::{DType, Error, Tensor};

/// A tensor as the format's writer wants it.
struct Entry(Tensor);

impl View for &Entry {
    fn dtype(&self) -> Dtype {
        match self.0.dtype() {
            DType::Bool => Dtype::BOOL,
            DType::I64 => Dtype::I64,
            DType::F32 => Dtype::F32,
            DType::F64 => Dtype::F64,
        }
    }
    fn shape(&self) -> &[usize] {
        self.0.shape()
    }
    fn data(&self) -> Cow<'_, [u8]> {
        self.0.little_endian_bytes()
    }
    fn data_len(&self) -> usize {
        self.0.elements() * self.0.dtype().size()
    }
}

/// Writes tensors under their names; the file appears whole or not at all.
///
/// # Errors
/// [`Error::Io`] if the file cannot be written.
///
/// # Panics
/// If two tensors have one name.
#[track_caller]
pub fn save<'a, N: Into<String>>(
    path: impl AsRef<Path>,
    tensors: impl IntoIterator<Item = (N, &'a Tensor)>,
) -> Result<(), Error> {
    let path = path.as_ref();
    let entries: Vec<(String, Entry)> =
        tensors.into_iter().map(|(name, tensor)| (name.into(), Entry(tensor.contiguous()))).collect();
    let mut names = HashSet::new();
    for (name, _) in &entries {
        assert!(names.insert(name), "save: two tensors are named {name}");
    }
    let entries = entries.iter().map(|(name, entry)| (name, entry));
    let bytes = safetensors::serialize(entries, Some(checksum::note()));
    let mut bytes = bytes.map_err(|error| wrong(path, error.to_string()))?;
    checksum::set(&mut bytes);
    super::write_atomically(path, &bytes)
}

/// Reads all tensors with their names, in the order of the file. F16 and BF16 become F32, other integers I64.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Format`] if it is truncated, of another kind, has another checksum or version
/// than it says, or holds a type that has no counterpart here.
pub fn load(path: impl AsRef<Path>) -> Result<Vec<(String, Tensor)>, Error> {
    let path = path.as_ref();
    let open = || {
        let file = super::open_regular(path)?;
        let length = file.metadata()?.len();
        // A file that grows meanwhile is read as far as it was.
        read(io::BufReader::new(file.take(length)), length)
    };
    open().map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => {
            super::refused(path, "safetensors", &super::file::beginning(path), error.to_string())
        }
        _ => Error::Io { path: path.to_path_buf(), source: error },
    })
}

/// The tensors in the bytes of a file, or what is wrong with them.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<(String, Tensor)>, String> {
    read(bytes, bytes.len() as u64).map_err(|error| error.to_string())
}

/// The tensors of a file of so many bytes, one after the other, so that at no time it is in memory besides them. What is wrong
/// with its content is an error of the kind `InvalidData`.
fn read(mut input: impl io::Read, length: u64) -> io::Result<Vec<(String, Tensor)>> {
    let head = head(&mut input, length)?;
    let header: Metadata = serde_json::from_slice(&head[8..]).map_err(bad)?;
    if (head.len() + header.data_len()) as u64 != length {
        return Err(bad("its data are shorter or longer than its header says"));
    }
    let check = Check::new(&head, header.metadata().as_ref()).map_err(bad)?;
    let mut input = Checked { input, check };
    let tensors = header.tensors();
    let mut entries: Vec<(&String, &&TensorInfo)> = tensors.iter().collect();
    entries.sort_by_key(|(name, info)| (info.data_offsets, *name));
    let convert = |(name, info): (&String, &&TensorInfo)| {
        Ok((name.clone(), tensor(&mut input, info).map_err(|error| at(name, error))?))
    };
    let found = entries.into_iter().map(convert).collect::<io::Result<_>>()?;
    input.check.map_or(Ok(()), Check::end).map_err(bad)?;
    Ok(found)
}

/// The header and the eight bytes of its length before it.
fn head(input: &mut impl io::Read, length: u64) -> io::Result<Vec<u8>> {
    if length < 8 {
        return Err(bad("it has fewer than the 8 bytes of a header's length"));
    }
    let mut start = [0; 8];
    input.read_exact(&mut start)?;
    let size = u64::from_le_bytes(start);
    if size > LONGEST_HEADER {
        return Err(bad("its header would be larger than 100 MB; it is of another kind"));
    }
    if size > length - 8 {
        return Err(bad("it ends within its header: truncated, or of another kind"));
    }
    let mut head = start.to_vec();
    input.take(size).read_to_end(&mut head)?;
    Ok(head)
}

/// Bytes of the longest header that the format allows.
const LONGEST_HEADER: u64 = 100_000_000;

/// A file behind its header: what is read is added to its checksum, if it has one.
struct Checked<R> {
    input: R,
    check: Option<Check>,
}

impl<R: io::Read> io::Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buffer)?;
        if let Some(check) = &mut self.check {
            check.add(&buffer[..n]);
        }
        Ok(n)
    }
}

/// What is wrong with the content of a file.
fn bad(reason: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason.to_string())
}

/// The same, in an entry.
fn at(name: &str, error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::InvalidData { bad(format!("entry {name}: {error}")) } else { error }
}

fn wrong(path: &Path, reason: String) -> Error {
    Error::Format { path: path.to_path_buf(), format: "safetensors", reason }
}

fn tensor(input: &mut impl io::Read, info: &TensorInfo) -> io::Result<Tensor> {
    let shape = super::shape(&info.shape).map_err(bad)?;
    match info.dtype {
        Dtype::BOOL => decode_from(input, shape, |[x]| u8::from(x != 0)),
        Dtype::F64 => decode_from(input, shape, f64::from_le_bytes),
        Dtype::F32 => decode_from(input, shape, f32::from_le_bytes),
        Dtype::F16 => decode_from(input, shape, |x| half(u16::from_le_bytes(x))),
        Dtype::BF16 => decode_from(input, shape, |x| brain(u16::from_le_bytes(x))),
        Dtype::I64 => decode_from(input, shape, i64::from_le_bytes),
        Dtype::I32 => decode_from(input, shape, |x| i64::from(i32::from_le_bytes(x))),
        Dtype::I16 => decode_from(input, shape, |x| i64::from(i16::from_le_bytes(x))),
        Dtype::I8 => decode_from(input, shape, |x| i64::from(i8::from_le_bytes(x))),
        Dtype::U8 => decode_from(input, shape, |[x]| i64::from(x)),
        Dtype::U16 => decode_from(input, shape, |x| i64::from(u16::from_le_bytes(x))),
        Dtype::U32 => decode_from(input, shape, |x| i64::from(u32::from_le_bytes(x))),
        other => Err(bad(format!("element type {other} is not supported"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("gradus-safetensors-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn refused(path: &Path, bytes: &[u8]) -> String {
        std::fs::write(path, bytes).unwrap();
        let error = load(path).unwrap_err();
        assert!(matches!(error, Error::Format { .. }), "{error:?}");
        error.to_string()
    }

    #[test]
    fn there_and_back() {
        let path = folder("back").join("model.safetensors");
        let weight = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
        let all = [
            ("weight", weight.t()),
            ("steps", Tensor::from(7)),
            ("mask", Tensor::from([true, false])),
            ("wide", Tensor::from([0.1, 0.2])),
            ("none", Tensor::zeros([0, 3])),
        ];
        save(&path, all.iter().map(|(name, tensor)| (*name, tensor))).unwrap();
        let back = load(&path).unwrap();
        assert_eq!(back.len(), all.len());
        for (name, tensor) in &all {
            let (_, found) = back.iter().find(|(found, _)| found == name).unwrap();
            assert!(found.equal(tensor), "{name}: {found:?}");
        }
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn narrow_types_are_widened() {
        let path = folder("narrow").join("x");
        let header = br#"{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#;
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header);
        bytes.extend_from_slice(&[0x80, 0xbf, 7, 255]);
        std::fs::write(&path, bytes).unwrap();
        let back = load(&path).unwrap();
        assert!(back[0].1.equal(&Tensor::from([-1f32])) && back[1].1.equal(&Tensor::from([7, 255])));
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn bad_files_are_refused_with_a_reason() {
        let path = folder("bad").join("bad.safetensors");
        save(&path, [("x", &Tensor::ones([4, 4]))]).unwrap();
        let good = std::fs::read(&path).unwrap();
        let shown = path.display();
        let start = format!("{shown}: not a valid safetensors file: ");
        assert_eq!(refused(&path, &[]), format!("{start}the file is empty"));
        assert_eq!(
            refused(&path, &good[..20]),
            format!("{start}it ends within its header: truncated, or of another kind")
        );
        assert_eq!(
            refused(&path, &good[..good.len() - 1]),
            format!("{start}its data are shorter or longer than its header says")
        );
        assert!(refused(&path, b"\x89PNG\r\n\x1a\n and so on").contains("of another kind"));
        let missing = load(path.with_file_name("missing")).unwrap_err();
        assert!(matches!(missing, Error::Io { .. }) && missing.to_string().contains("missing"));
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    /// Bytes of a file as it is written, of two tensors.
    fn written(name: &str) -> (std::path::PathBuf, Vec<u8>) {
        let path = folder(name).join("model.safetensors");
        let (a, b) = (Tensor::from([[1.0f32, -2.0], [0.5, 3.0]]), Tensor::from([7, 8, 9]));
        save(&path, [("a.weight", &a), ("steps", &b)]).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        (path, bytes)
    }

    #[test]
    fn every_flipped_bit_is_told() {
        let (path, good) = written("bits");
        assert!(parse(&good).is_ok());
        let mut sums = 0;
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bytes = good.clone();
                bytes[at] ^= 1 << bit;
                let said =
                    parse(&bytes).err().unwrap_or_else(|| panic!("bit {bit} of byte {at} of {}", good.len()));
                sums += usize::from(said.starts_with("its checksum is that of another content"));
            }
        }
        assert!(sums > 8 * 40, "the data alone are 40 bytes: {sums}");
        let mut bytes = good;
        *bytes.last_mut().unwrap() ^= 1;
        assert!(
            refused(&path, &bytes).contains("model.safetensors: not a valid safetensors file: its checksum")
        );
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn versions_and_files_of_other_programs() {
        let (path, good) = written("versions");
        let text = String::from_utf8_lossy(&good).into_owned();
        let replaced = |from: &str, to: &str| {
            assert!(text.contains(from) && from.len() == to.len());
            let at = good.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
            [&good[..at], to.as_bytes(), &good[at + from.len()..]].concat()
        };
        let newer = refused(&path, &replaced("gradus 1 crc64", "gradus 2 crc64"));
        assert!(newer.contains("it has version 2, and this gradus reads version 1"), "{newer}");
        // Without the note, or with one of somebody else, nothing is compared.
        let foreign = replaced("\"gradus\":\"gradus 1", "\"format\":\"pt      ");
        std::fs::write(&path, foreign).unwrap();
        assert_eq!(load(&path).unwrap().len(), 2);
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    /// The note stands in front of all names, so that one that looks like it is not taken for it.
    #[test]
    fn a_name_that_looks_like_the_note() {
        let path = folder("note").join("model.safetensors");
        let x = Tensor::ones([3]);
        save(&path, [("gradus 1 crc64 0000000000000000", &x), ("gradus", &x)]).unwrap();
        assert_eq!(load(&path).unwrap().len(), 2);
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn sizes_that_wrap_are_refused() {
        let path = folder("wrap").join("bad.safetensors");
        for sizes in ["4294967296,4294967296", "0,4294967296,4294967296", "18446744073709551615"] {
            let header = format!(r#"{{"a":{{"dtype":"F32","shape":[{sizes}],"data_offsets":[0,0]}}}}"#);
            let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat();
            refused(&path, &bytes);
        }
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    #[should_panic(expected = "save: two tensors are named x")]
    fn two_of_one_name() {
        let x = Tensor::ones(1);
        let _ = save("/nowhere/x", [("x", &x), ("x", &x)]);
    }
}
