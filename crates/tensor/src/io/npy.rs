//! NumPy's file of one array, `.npy`, versions 1 to 3.
//!
//! Magic bytes, version, the length of a header, the header (a Python dictionary of element type, order and shape), the
//! data. Read: f2, f4, f8, i1 to i8, u1 to u4, b1, either byte order, C and Fortran order; all else is refused.
//!
//! # Source
//! NumPy enhancement proposal 1.

mod header;

use std::path::Path;

use self::header::Header;
use crate::{DType, Error, Shape, Tensor};

const MAGIC: &[u8] = b"\x93NUMPY";

/// Writes a tensor, little-endian in C order; the file appears whole or not at all.
///
/// # Errors
/// [`Error::Io`] if the file cannot be written.
pub fn save(path: impl AsRef<Path>, tensor: &Tensor) -> Result<(), Error> {
    super::write_atomically(path, &to_bytes(tensor))
}

/// Reads a tensor: F64 of `f8`, F32 of `f4` and `f2`, I64 of integers, Bool of `b1`.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Format`] if it is not what NumPy writes or holds another type.
pub fn load(path: impl AsRef<Path>) -> Result<Tensor, Error> {
    let path = path.as_ref();
    let bytes = super::read(path)?;
    parse(&bytes).map_err(|reason| super::refused(path, "npy", &bytes, reason))
}

/// The bytes of a file with this tensor.
pub fn to_bytes(tensor: &Tensor) -> Vec<u8> {
    let kind = match tensor.dtype() {
        DType::Bool => "|b1",
        DType::I64 => "<i8",
        DType::F32 => "<f4",
        DType::F64 => "<f8",
    };
    let sizes: Vec<String> = tensor.shape().iter().map(usize::to_string).collect();
    let sizes = if let [one] = &sizes[..] { format!("{one},") } else { sizes.join(", ") };
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({sizes}), }}");
    // Spaces and a line feed fill up to a multiple of 64 bytes, with the ten bytes before.
    let filled = (header.len() + 11).next_multiple_of(64) - 10;
    header.push_str(&" ".repeat(filled - 1 - header.len()));
    header.push('\n');
    let mut out = [MAGIC, &[1, 0], &(header.len() as u16).to_le_bytes(), header.as_bytes()].concat();
    out.extend_from_slice(&tensor.contiguous().little_endian_bytes());
    out
}

/// The tensor in the bytes of a file, as [`load`] reads them.
///
/// # Errors
/// [`Error::Format`] with `(bytes)` in the place of the file, if it is not what NumPy writes or holds another type.
pub fn from_bytes(bytes: &[u8]) -> Result<Tensor, Error> {
    parse(bytes).map_err(|reason| super::refused(Path::new("(bytes)"), "npy", bytes, reason))
}

/// The tensor in the bytes of a file, or what is wrong with them.
pub(super) fn parse(bytes: &[u8]) -> Result<Tensor, String> {
    let (header, data) = split(bytes)?;
    let header = header::parse(header)?;
    let wanted = header.shape.elements().checked_mul(header.size).ok_or("the shape is too large")?;
    if data.len() < wanted {
        return Err(format!(
            "it is truncated: {} bytes of data where {} needs {wanted}",
            data.len(),
            header.shape
        ));
    }
    // In Fortran order the first axis runs fastest: the row-major tensor of the reversed shape, transposed.
    let mut dims = header.shape.to_vec();
    if header.fortran {
        dims.reverse();
    }
    let tensor = elements(&header, &data[..wanted], Shape::new(&dims));
    let order: Vec<usize> = (0..dims.len()).rev().collect();
    Ok(if header.fortran { tensor.permuted(&order).contiguous() } else { tensor })
}

/// The header's text and the data behind it.
fn split(bytes: &[u8]) -> Result<(&str, &[u8]), String> {
    let rest = bytes.strip_prefix(MAGIC).ok_or("it does not begin with NumPy's magic bytes")?;
    let truncated = || "it is truncated within its header".to_string();
    let &[version, minor] = rest.first_chunk().ok_or_else(truncated)?;
    let (length, start) = match version {
        _ if minor != 0 => {
            return Err(format!("version {version}.{minor} is unknown; 1.0, 2.0 and 3.0 are read"));
        }
        1 => (rest.get(2..4).map(|b| usize::from(u16::from_le_bytes([b[0], b[1]]))), 4),
        2 | 3 => (rest.get(2..6).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize), 6),
        other => return Err(format!("version {other}.0 is unknown; 1.0, 2.0 and 3.0 are read")),
    };
    let length = length.ok_or_else(truncated)?;
    let header = rest[start..].get(..length).ok_or_else(truncated)?;
    let text = std::str::from_utf8(header).map_err(|_| "its header is no text")?;
    Ok((text, &rest[start + length..]))
}

fn elements(header: &Header, data: &[u8], shape: Shape) -> Tensor {
    let big = header.big;
    macro_rules! numbers {
        ($t:ty, $element:ty, $convert:expr) => {
            super::decode::<{ size_of::<$t>() }, $element>(data, shape, |bytes| {
                $convert(if big { <$t>::from_be_bytes(bytes) } else { <$t>::from_le_bytes(bytes) })
            })
        };
    }
    match header.kind {
        "b1" => numbers!(u8, u8, |x| u8::from(x != 0)),
        "f2" => numbers!(u16, f32, super::half),
        "f4" => numbers!(f32, f32, |x| x),
        "f8" => numbers!(f64, f64, |x| x),
        "i1" => numbers!(i8, i64, i64::from),
        "i2" => numbers!(i16, i64, i64::from),
        "i4" => numbers!(i32, i64, i64::from),
        "i8" => numbers!(i64, i64, |x| x),
        "u1" => numbers!(u8, i64, i64::from),
        "u2" => numbers!(u16, i64, i64::from),
        "u4" => numbers!(u32, i64, i64::from),
        // The header knows no other.
        other => unreachable!("element type {other} of an npy file"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(kind: &str, order: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        [MAGIC, &[1, 0], &(header.len() as u16).to_le_bytes(), header.as_bytes(), data].concat()
    }

    #[test]
    fn the_bytes_are_numpys() {
        // numpy.save of numpy.array([1, 2]).
        let bytes = to_bytes(&Tensor::from([1, 2]));
        let header = &bytes[10..128];
        assert_eq!(&bytes[..10], b"\x93NUMPY\x01\0v\0");
        assert!(
            header.starts_with(b"{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }")
                && header.ends_with(b" \n")
        );
        assert_eq!(&bytes[128..], [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn there_and_back() {
        let path = std::env::temp_dir().join(format!("gradus-{}.npy", std::process::id()));
        let all = [
            Tensor::from([[1.5f32, -2.0, 0.25]]).t(),
            Tensor::from(0.1),
            Tensor::from([true, false]),
            Tensor::arange(5),
            Tensor::zeros([2, 0]),
        ];
        for tensor in all {
            save(&path, &tensor).unwrap();
            assert!(load(&path).unwrap().equal(&tensor), "{tensor:?}");
        }
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn orders_and_widths() {
        let columns = file("|u1", "True", "(2, 3)", &[1, 4, 2, 5, 3, 6]);
        assert!(parse(&columns).unwrap().equal(&Tensor::from([[1, 2, 3], [4, 5, 6]])));
        let big = file(">f4", "False", "(1,)", &1.5f32.to_be_bytes());
        assert!(parse(&big).unwrap().equal(&Tensor::from([1.5f32])));
        let short = file("<i2", "False", "()", &(-3i16).to_le_bytes());
        assert!(parse(&short).unwrap().equal(&Tensor::from(-3)));
    }

    #[test]
    fn bad_files_are_refused_with_a_reason() {
        let reason = |bytes: &[u8]| parse(bytes).unwrap_err();
        assert_eq!(reason(b"GIF89a"), "it does not begin with NumPy's magic bytes");
        assert_eq!(reason(b"\x93NUMPY\x01"), "it is truncated within its header");
        assert_eq!(reason(b"\x93NUMPY\x09\0\0\0"), "version 9.0 is unknown; 1.0, 2.0 and 3.0 are read");
        let cut = file("<f8", "False", "(2,)", &[0; 15]);
        assert_eq!(reason(&cut), "it is truncated: 15 bytes of data where [2] needs 16");
        assert_eq!(reason(b"\x93NUMPY\x01\x01\0\0"), "version 1.1 is unknown; 1.0, 2.0 and 3.0 are read");
        let quoted = reason(&file("<f8", "Trve", "()", &[0; 8]));
        assert_eq!(quoted, "its header has 'fortran_order': Trve; True or False is allowed");
        for shape in
            ["(99999999999, 99999999999)", "(0, 99999999999, 99999999999)", "(18446744073709551615,)"]
        {
            let reason = reason(&file("<f8", "False", shape, &[]));
            assert!(reason.ends_with("multiply to more elements than memory can have"), "{reason}");
        }
        let whole = to_bytes(&Tensor::ones([3, 4]));
        for end in 0..whole.len() {
            assert!(parse(&whole[..end]).is_err());
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = load("/nowhere/x.npy").unwrap_err();
        assert!(matches!(error, Error::Io { .. }) && error.to_string().starts_with("/nowhere/x.npy: "));
    }
}
