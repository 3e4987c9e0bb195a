//! The idx format of MNIST and its relatives, plain or (with the feature `gzip`) compressed by gzip.
//!
//! Two zero bytes, a byte for the element type, a byte for the number of axes, the sizes as 32-bit numbers, then the
//! elements in row-major order; everything big-endian. Whether a file is compressed is told by its first bytes.
//!
//! # Source
//! Y. LeCun, C. Cortes, C. Burges, "The MNIST database".

use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use gradus_tensor::io::{largest_unpacked, other_kind};
use gradus_tensor::{DType, MAX_RANK, Shape, Tensor};

use crate::error::Error;

/// Reads a file as a tensor of the given element type: a regular file with at most [`largest_unpacked`] bytes of data.
///
/// # Errors
/// [`Error::Io`] if it cannot be read or is a device, a pipe or a folder, [`Error::Format`] if it is truncated, damaged, longer than it says, or no idx file.
pub fn read(path: impl AsRef<Path>, dtype: DType) -> Result<Tensor, Error> {
    let path = path.as_ref();
    let read = open(path).and_then(|mut reader| parse(&mut *reader, dtype));
    read.map_err(|error| error.or_other_kind(&beginning(path)).of(path))
}

/// As [`read`], of the bytes of a file.
///
/// # Errors
/// [`Error::Format`], as [`read`]; in the place of the file stands `(bytes)`.
pub fn from_bytes(bytes: &[u8], dtype: DType) -> Result<Tensor, Error> {
    let reader =
        if bytes.starts_with(&PACKED) { unpacked(bytes) } else { Ok(Box::new(bytes) as Box<dyn Read>) };
    let read = reader.and_then(|mut reader| parse(&mut *reader, dtype));
    read.map_err(|error| error.or_other_kind(bytes).of(Path::new("(bytes)")))
}

/// The first bytes of a file; one if they cannot be read.
fn beginning(path: &Path) -> Vec<u8> {
    let mut start = Vec::new();
    let file = gradus_tensor::io::open_regular(path);
    let read = file.and_then(|file| file.take(512).read_to_end(&mut start));
    if read.is_ok() { start } else { vec![0] }
}

/// How a file begins that is compressed by gzip.
const PACKED: [u8; 2] = [0x1f, 0x8b];

/// Without the path, which [`read`] adds.
enum Failure {
    System(io::Error),
    Content(String),
}

impl Failure {
    /// What is said of a file that is none of data.
    fn or_other_kind(self, start: &[u8]) -> Self {
        match (&self, other_kind(start)) {
            (Self::Content(_), Some(what)) => Self::Content(what.to_string()),
            _ => self,
        }
    }

    fn of(self, path: &Path) -> Error {
        match self {
            Self::System(source) => Error::Io { path: path.to_path_buf(), source },
            Self::Content(reason) => Error::Format { path: path.to_path_buf(), format: "idx", reason },
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                Self::Content("it ends before its data do: truncated".to_string())
            }
            // What the decompressor says of damaged data.
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Self::Content(error.to_string()),
            _ => Self::System(error),
        }
    }
}

fn open(path: &Path) -> Result<Box<dyn Read>, Failure> {
    let mut file = gradus_tensor::io::open_regular(path).map_err(Failure::System)?;
    let mut start = Vec::new();
    file.by_ref().take(2).read_to_end(&mut start)?;
    file.rewind()?;
    let file = BufReader::new(file);
    if start == PACKED { unpacked(file) } else { Ok(Box::new(file)) }
}

#[cfg(feature = "gzip")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature the result is an error")]
fn unpacked<'r>(packed: impl Read + 'r) -> Result<Box<dyn Read + 'r>, Failure> {
    Ok(Box::new(flate2::read::MultiGzDecoder::new(packed)))
}

#[cfg(not(feature = "gzip"))]
fn unpacked<'r>(_: impl Read + 'r) -> Result<Box<dyn Read + 'r>, Failure> {
    let reason = "it is compressed by gzip; turn on the feature `gzip` of gradus, or unpack the file";
    Err(Failure::Content(reason.to_string()))
}

fn number(reader: &mut dyn Read) -> Result<[u8; 4], Failure> {
    let mut bytes = [0; 4];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Bytes of an element of this type code.
fn width(code: u8) -> Option<usize> {
    match code {
        0x08 | 0x09 => Some(1),
        0x0B => Some(2),
        0x0C | 0x0D => Some(4),
        0x0E => Some(8),
        _ => None,
    }
}

fn parse(reader: &mut dyn Read, dtype: DType) -> Result<Tensor, Failure> {
    let [zero, zero2, code, rank] = number(reader)?;
    let foreign = || Failure::Content("it does not begin as an idx file does: of another kind".to_string());
    let width = width(code).filter(|_| zero == 0 && zero2 == 0).ok_or_else(foreign)?;
    if usize::from(rank) > MAX_RANK {
        return Err(Failure::Content(format!("it has {rank} axes; at most {MAX_RANK} are possible")));
    }
    let mut sizes = Vec::new();
    for _ in 0..rank {
        sizes.push(u32::from_be_bytes(number(reader)?) as usize);
    }
    let largest = largest_unpacked();
    let too_large =
        || Failure::Content(format!("its sizes {sizes:?} are too large: at most {largest} bytes are read"));
    let shape = Shape::checked(&sizes).ok_or_else(too_large)?;
    let bytes = shape.elements().checked_mul(width).filter(|&n| n <= largest).ok_or_else(too_large)?;
    let mut data = Vec::new();
    // One byte more than it should have shows whether it is too long; memory grows with what is there, not with what
    // the header claims.
    reader.take(bytes as u64 + 1).read_to_end(&mut data)?;
    if data.len() != bytes {
        let what = if data.len() < bytes { "truncated" } else { "longer than its header says" };
        let found =
            if data.len() < bytes { format!(", and only {} are there", data.len()) } else { String::new() };
        return Err(Failure::Content(format!("{what}: sizes {sizes:?} need {bytes} bytes{found}")));
    }
    Ok(decode(code, &data, shape, dtype))
}

fn decode(code: u8, data: &[u8], shape: Shape, dtype: DType) -> Tensor {
    match code {
        0x08 => bytes(data, shape, dtype, |[b]: [u8; 1]| f64::from(b)),
        0x09 => bytes(data, shape, dtype, |[b]: [u8; 1]| f64::from(b.cast_signed())),
        0x0B => bytes(data, shape, dtype, |b| f64::from(i16::from_be_bytes(b))),
        0x0C => bytes(data, shape, dtype, |b| f64::from(i32::from_be_bytes(b))),
        0x0D => bytes(data, shape, dtype, |b| f64::from(f32::from_be_bytes(b))),
        _ => bytes(data, shape, dtype, f64::from_be_bytes),
    }
}

fn bytes<const N: usize>(
    data: &[u8],
    shape: Shape,
    dtype: DType,
    convert: impl Fn([u8; N]) -> f64,
) -> Tensor {
    let (numbers, _) = data.as_chunks::<N>();
    gradus_tensor::with_dtype!(dtype, T => Tensor::build::<T>(shape, |out| {
        for (y, &x) in out.iter_mut().zip(numbers) {
            *y = <T as gradus_tensor::Element>::from_f64(convert(x));
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(code: u8, sizes: &[u32]) -> Vec<u8> {
        let mut out = vec![0, 0, code, sizes.len() as u8];
        for size in sizes {
            out.extend(size.to_be_bytes());
        }
        out
    }

    fn read_bytes(bytes: &[u8], dtype: DType) -> Result<Tensor, String> {
        parse(&mut &bytes[..], dtype).map_err(|error| match error {
            Failure::System(error) => panic!("{error}"),
            Failure::Content(reason) => reason,
        })
    }

    #[test]
    fn every_element_type() {
        let small = [header(0x08, &[2, 2]), vec![0, 1, 128, 255]].concat();
        let x = read_bytes(&small, DType::F32).unwrap();
        assert!(x.equal(&Tensor::from([[0f32, 1.0], [128.0, 255.0]])));
        let signed = [header(0x09, &[2]), vec![0xff, 1]].concat();
        assert!(read_bytes(&signed, DType::I64).unwrap().equal(&Tensor::from([-1, 1])));
        let short = [header(0x0B, &[1]), (-300i16).to_be_bytes().to_vec()].concat();
        assert_eq!(read_bytes(&short, DType::I64).unwrap().to_f64_vec(), [-300.0]);
        let int = [header(0x0C, &[1]), 70_000i32.to_be_bytes().to_vec()].concat();
        assert_eq!(read_bytes(&int, DType::I64).unwrap().to_f64_vec(), [70_000.0]);
        let float = [header(0x0D, &[1]), 0.5f32.to_be_bytes().to_vec()].concat();
        assert_eq!(read_bytes(&float, DType::F32).unwrap().to_f64_vec(), [0.5]);
        let double = [header(0x0E, &[1]), 0.1f64.to_be_bytes().to_vec()].concat();
        assert_eq!(read_bytes(&double, DType::F64).unwrap().to_f64_vec(), [0.1]);
    }

    #[test]
    fn bad_content_is_named() {
        let reason = |bytes: &[u8]| read_bytes(bytes, DType::F32).unwrap_err();
        assert_eq!(reason(&[]), "it ends before its data do: truncated");
        assert_eq!(reason(b"\x89PNG"), "it does not begin as an idx file does: of another kind");
        assert_eq!(reason(&header(0x07, &[1])), "it does not begin as an idx file does: of another kind");
        assert_eq!(reason(&header(0x08, &[3])[..6]), "it ends before its data do: truncated");
        let three = [header(0x08, &[2, 2]), vec![1, 2, 3]].concat();
        assert_eq!(reason(&three), "truncated: sizes [2, 2] need 4 bytes, and only 3 are there");
        let five = [header(0x08, &[2, 2]), vec![1; 5]].concat();
        assert_eq!(reason(&five), "longer than its header says: sizes [2, 2] need 4 bytes");
        for sizes in [&[u32::MAX; 4][..], &[0, u32::MAX, u32::MAX, u32::MAX], &[1 << 16, 1 << 14]] {
            let reason = reason(&header(0x0E, sizes));
            assert_eq!(
                reason,
                format!("its sizes {sizes:?} are too large: at most 4294967296 bytes are read")
            );
        }
        assert_eq!(reason(&header(0x08, &[1; 9])), "it has 9 axes; at most 8 are possible");
    }

    #[cfg(unix)]
    #[test]
    fn only_regular_files_are_read() {
        for path in [std::path::Path::new("/dev/zero"), &std::env::temp_dir()] {
            let error = read(path, DType::F32).unwrap_err();
            assert!(
                matches!(error, Error::Io { .. }) && error.to_string().ends_with("not a file"),
                "{error}"
            );
        }
    }

    #[test]
    fn pages_and_pointers_are_named() {
        for (content, said) in [
            ("<html>", "an HTML page"),
            ("", "the file is empty"),
            ("version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        ] {
            let path = std::env::temp_dir().join(format!("gradus-idx-kind-{}", std::process::id()));
            std::fs::write(&path, content).unwrap();
            for error in [
                read(&path, DType::F32).unwrap_err(),
                from_bytes(content.as_bytes(), DType::F32).unwrap_err(),
            ] {
                assert!(error.to_string().contains(said), "{error}");
            }
            std::fs::remove_file(&path).unwrap();
        }
    }

    #[cfg(not(feature = "gzip"))]
    #[test]
    fn a_compressed_file_names_the_feature() {
        let path = std::env::temp_dir().join(format!("gradus-idx-packed-{}", std::process::id()));
        std::fs::write(&path, [0x1f, 0x8b, 8, 0]).unwrap();
        let error = read(&path, DType::I64).unwrap_err().to_string();
        std::fs::remove_file(&path).unwrap();
        assert!(error.ends_with("turn on the feature `gzip` of gradus, or unpack the file"), "{error}");
    }

    #[cfg(feature = "gzip")]
    #[test]
    fn compressed_files_are_told_by_their_content() {
        use std::io::Write;

        let path = std::env::temp_dir().join(format!("gradus-idx-{}", std::process::id()));
        let plain = [header(0x08, &[300]), vec![7; 300]].concat();
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(&plain).unwrap();
        let packed = packed.finish().unwrap();
        for content in [&plain, &packed] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(read(&path, DType::I64).unwrap().to_f64_vec(), [7.0; 300]);
        }
        std::fs::write(&path, &packed[..packed.len() / 2]).unwrap();
        let error = read(&path, DType::I64).unwrap_err();
        assert!(matches!(error, Error::Format { .. }), "{error:?}");
        let mut damaged = packed.clone();
        let end = damaged.len() - 6;
        damaged[end] ^= 255;
        std::fs::write(&path, &damaged).unwrap();
        let error = read(&path, DType::I64).unwrap_err();
        assert!(matches!(error, Error::Format { .. }), "{error:?}");
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(read(&path, DType::I64), Err(Error::Io { .. })));
    }
}
