//! Tensors in files: safetensors for many, with names (the feature `safetensors`); NumPy's npy for one; NumPy's npz, and
//! PyTorch's pt to be read (the feature `zip`). [`load`] reads each of those with names.
//!
//! Nothing here panics on what a file holds: a truncated, damaged or foreign file comes back as an [`Error`]
//! that names it. Only regular files are read, and no further than they are long: their memory is bounded by the disk,
//! whatever their headers say. What is packed may be longer than its file: at most [`largest_unpacked`] bytes are unpacked.
//! Files are written whole under another name and renamed ([`write_atomically`]), so that a
//! crash leaves the old one.

#[cfg(feature = "safetensors")]
mod checksum;
mod file;
mod kind;
pub mod npy;
#[cfg(feature = "zip")]
pub mod npz;
#[cfg(feature = "zip")]
pub mod pt;
#[cfg(feature = "safetensors")]
pub mod safetensors;
#[cfg(feature = "zip")]
mod zip;

use std::borrow::Cow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use file::read;
pub use file::{check_writable, create_folder, open_regular, read_text, sync_folder, write_atomically};

pub use kind::other_kind;

use crate::{Element, Error, MAX_RANK, Shape, Tensor};

impl Tensor {
    /// The elements of a row-major tensor as the bytes of a file.
    fn little_endian_bytes(&self) -> Cow<'_, [u8]> {
        let bytes: &[u8] = with_dtype!(self.dtype(), T => bytemuck::cast_slice(self.as_slice::<T>()));
        if cfg!(target_endian = "little") {
            return Cow::Borrowed(bytes);
        }
        let mut swapped = bytes.to_vec();
        swapped.chunks_mut(self.dtype().size()).for_each(<[u8]>::reverse);
        Cow::Owned(swapped)
    }
}

/// Reads the named tensors of a file: safetensors, npz or pt, told by its first bytes.
///
/// With the features `safetensors` and `zip`, each for its formats.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Format`] if it is none of these, damaged, or the feature of its format
/// is off.
pub fn load(path: impl AsRef<Path>) -> Result<Vec<(String, Tensor)>, Error> {
    let path = path.as_ref();
    #[cfg(feature = "safetensors")]
    if !file::begins_with(path, ZIP)? {
        return safetensors::load(path);
    }
    let bytes = read(path)?;
    let (format, tensors) = named(&bytes);
    tensors.map_err(|reason| refused(path, format, &bytes, reason))
}

/// The named tensors in the bytes of a file, as [`load`] reads them.
///
/// # Errors
/// [`Error::Format`] with `(bytes)` in the place of the file, as [`load`].
pub fn from_bytes(bytes: &[u8]) -> Result<Vec<(String, Tensor)>, Error> {
    let (format, tensors) = named(bytes);
    tensors.map_err(|reason| refused(Path::new("(bytes)"), format, bytes, reason))
}

/// The error of a file that could not be read as what it should be: of another kind, or for this reason.
fn refused(path: &Path, format: &'static str, start: &[u8], reason: String) -> Error {
    let reason = other_kind(start).map_or(reason, str::to_string);
    Error::Format { path: path.to_path_buf(), format, reason }
}

static LARGEST_UNPACKED: AtomicUsize = AtomicUsize::new(if usize::BITS > 32 { 4 << 30 } else { 1 << 30 });

/// Bytes that a packed file (npz, pt, gzip) may have after unpacking: 4 GiB, until [`set_largest_unpacked`]. A small packed
/// file can hold any number of zeros; one that holds more is refused before memory is taken for them.
pub fn largest_unpacked() -> usize {
    LARGEST_UNPACKED.load(Ordering::Relaxed)
}

/// Sets [`largest_unpacked`] for the whole process: more for larger data sets, less where files come from strangers.
pub fn set_largest_unpacked(bytes: usize) {
    LARGEST_UNPACKED.store(bytes, Ordering::Relaxed);
}

/// A file's format and its tensors, or what is wrong with it.
type Named = (&'static str, Result<Vec<(String, Tensor)>, String>);

/// How a zip file begins.
const ZIP: &[u8] = b"PK\x03\x04";

fn named(bytes: &[u8]) -> Named {
    if bytes.starts_with(ZIP) { in_zip(bytes) } else { in_safetensors(bytes) }
}

#[cfg(feature = "zip")]
fn in_zip(bytes: &[u8]) -> Named {
    match zip::Archive::open(bytes) {
        Ok(archive) if pt::is_one(&archive) => ("pt", pt::parse(&archive)),
        Ok(archive) => ("npz", npz::parse(&archive)),
        Err(reason) => ("zip", Err(reason)),
    }
}

#[cfg(not(feature = "zip"))]
fn in_zip(_: &[u8]) -> Named {
    ("safetensors", Err("it is an npz or pt file; turn on the feature `zip` of gradus".to_string()))
}

#[cfg(feature = "safetensors")]
fn in_safetensors(bytes: &[u8]) -> Named {
    ("safetensors", safetensors::parse(bytes))
}

#[cfg(not(feature = "safetensors"))]
fn in_safetensors(_: &[u8]) -> Named {
    ("zip", Err("it may be a safetensors file; turn on the feature `safetensors` of gradus".to_string()))
}

/// The shape that a file names, or what is wrong with it.
fn shape(sizes: &[usize]) -> Result<Shape, String> {
    if sizes.len() > MAX_RANK {
        return Err(format!("it has {} axes; at most {MAX_RANK} are possible", sizes.len()));
    }
    let too_large = || format!("its sizes {sizes:?} multiply to more elements than memory can have");
    Shape::checked(sizes).ok_or_else(too_large)
}

/// The tensor of these bytes, `N` a number, each made an element by `convert`.
fn decode<const N: usize, T: Element>(bytes: &[u8], shape: Shape, convert: impl Fn([u8; N]) -> T) -> Tensor {
    let (numbers, _) = bytes.as_chunks::<N>();
    Tensor::build::<T>(shape, |out| out.iter_mut().zip(numbers).for_each(|(y, &x)| *y = convert(x)))
}

/// Elements that [`decode_from`] reads at a time.
#[cfg(feature = "safetensors")]
const CHUNK: usize = 1 << 14;

/// As [`decode`], of the bytes that come next, so that a file and its tensors need not be in memory both.
#[cfg(feature = "safetensors")]
fn decode_from<const N: usize, T: Element>(
    input: &mut impl std::io::Read,
    shape: Shape,
    convert: impl Fn([u8; N]) -> T,
) -> std::io::Result<Tensor> {
    let mut bytes = vec![0; shape.elements().min(CHUNK) * N];
    let mut result = Ok(());
    let tensor = Tensor::build::<T>(shape, |out| {
        result = out.chunks_mut(CHUNK).try_for_each(|out| {
            let bytes = &mut bytes[..out.len() * N];
            input.read_exact(bytes)?;
            let (numbers, _) = bytes.as_chunks::<N>();
            out.iter_mut().zip(numbers).for_each(|(y, &x)| *y = convert(x));
            Ok(())
        });
    });
    result.map(|()| tensor)
}

/// A number of 16 bits whose upper half of an F32 is all it has: bfloat16.
#[cfg(any(feature = "safetensors", feature = "zip"))]
fn brain(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// A number of 16 bits as IEEE 754 reads it: 1 sign, 5 exponent, 10 fraction bits.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    sign * match (exponent, fraction) {
        (0, fraction) => fraction * 2f32.powi(-24),
        (31, 0.0) => f32::INFINITY,
        (31, _) => f32::NAN,
        (exponent, fraction) => (1024.0 + fraction) * 2f32.powi(exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision() {
        let cases = [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x3555, 0.333_251_95),
        ];
        for (bits, want) in cases {
            assert_eq!(half(bits), want);
        }
        assert!(half(0x7e00).is_nan() && half(0xfc00) == f32::NEG_INFINITY);
        assert!(half(0x8000).is_sign_negative() && half(0x8000) == 0.0);
    }
}
