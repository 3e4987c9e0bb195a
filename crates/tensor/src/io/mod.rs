//! Tensors in files: safetensors for many, with names (the feature `safetensors`); NumPy's npy for one.
//!
//! Nothing here panics on what a file holds: a truncated, damaged or foreign file comes back as an [`Error`] that names
//! it. Files are written whole under another name and renamed, so that a crash leaves the old one.

pub mod npy;
#[cfg(feature = "safetensors")]
pub mod safetensors;

use std::borrow::Cow;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{Element, Error, Shape, Tensor};

/// Reads a whole file.
fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::Io { path: path.to_path_buf(), source })
}

/// Writes a whole file: under a temporary name in the same folder first, then renamed.
///
/// # Errors
/// [`Error::Io`] if the system refuses; the old file is then still there.
pub fn write_atomically(path: impl AsRef<Path>, bytes: &[u8]) -> Result<(), Error> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let path = path.as_ref();
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    let temporary = path.with_file_name(name);
    let write = || {
        let mut file = fs::File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().map_err(|source| {
        // It may never have been created; the first error is the one to report.
        let _ = fs::remove_file(&temporary);
        Error::Io { path: path.to_path_buf(), source }
    })
}

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

/// The tensor of these bytes, `N` a number, each made an element by `convert`.
fn decode<const N: usize, T: Element>(bytes: &[u8], shape: Shape, convert: impl Fn([u8; N]) -> T) -> Tensor {
    let (numbers, _) = bytes.as_chunks::<N>();
    Tensor::build::<T>(shape, |out| out.iter_mut().zip(numbers).for_each(|(y, &x)| *y = convert(x)))
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

    #[test]
    fn a_folder_that_is_not_there() {
        let error = write_atomically("/nowhere/at/all.npy", b"x").unwrap_err();
        assert!(error.to_string().starts_with("/nowhere/at/all.npy: "), "{error}");
    }
}
