//! Element types: what they are, how they mix, and the Rust types that carry them.

use std::fmt;

use bytemuck::Pod;

/// The type of a tensor's elements.
///
/// ```
/// use gradus_tensor::{DType, Tensor};
/// assert_eq!(Tensor::from([1.0, 2.0]).dtype(), DType::F64);
/// assert_eq!(Tensor::from([1f32, 2.0]).dtype(), DType::F32);
/// assert_eq!(Tensor::from([1, 2]).dtype(), DType::I64);
/// let mixed = Tensor::from([1f32]) + Tensor::from([1.0]); // the wider of both, nothing is lost
/// assert_eq!(mixed.dtype(), DType::F64);
/// assert_eq!(mixed.to(DType::F32).to_vec::<f32>(), [2.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DType {
    /// Truth values, one byte each, 0 or 1.
    Bool,
    /// 64-bit signed integers: class labels, indices, counts.
    I64,
    /// 32-bit floats, the default of layers and random numbers.
    F32,
    /// 64-bit floats.
    F64,
}

impl DType {
    /// Whether this is F32 or F64.
    pub fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// Bytes per element.
    pub fn size(self) -> usize {
        match self {
            Self::Bool => 1,
            Self::F32 => 4,
            Self::I64 | Self::F64 => 8,
        }
    }

    /// The type of mixed arithmetic: the wider of the two, in the order Bool, I64, F32, F64.
    ///
    /// # Differs
    /// NumPy gives F64 for I64 with F32; here the float keeps its width, as in PyTorch.
    pub fn promote(self, other: Self) -> Self {
        self.max(other)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "bool",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
        })
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for u8 {}
    impl Sealed for i64 {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// A Rust type that lies in tensors as it is: `f32`, `f64`, `i64`, and `u8` for the bytes of Bool.
pub trait Element:
    Pod + PartialOrd + PartialEq + fmt::Debug + Default + Send + Sync + sealed::Sealed
{
    /// The element type it carries.
    const DTYPE: DType;
    /// Conversion as `as` does it (Bool: 1 for everything but zero).
    fn from_f64(x: f64) -> Self;
    /// Conversion as `as` does it.
    fn into_f64(self) -> f64;
}

macro_rules! element {
    ($($t:ty, $dtype:ident, $from:expr;)*) => {$(
        impl Element for $t {
            const DTYPE: DType = DType::$dtype;
            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                $from(x)
            }
            #[inline(always)]
            #[allow(clippy::cast_lossless, reason = "one macro for all four types; i64 is not lossless")]
            fn into_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}
element! {
    f32, F32, |x| x as f32;
    f64, F64, |x| x;
    i64, I64, |x| x as i64;
    u8, Bool, |x| u8::from(x != 0.0);
}

/// Runs a block with `$T` standing for the Rust type of a dtype.
#[macro_export]
macro_rules! with_dtype {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            $crate::DType::Bool => {
                type $T = u8;
                $body
            }
            $crate::DType::I64 => {
                type $T = i64;
                $body
            }
            $crate::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::DType::F64 => {
                type $T = f64;
                $body
            }
        }
    };
}

/// Runs a block with `$T` standing for `f32` or `f64`; other dtypes panic, naming the op.
#[macro_export]
macro_rules! with_float {
    ($op:expr, $dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            $crate::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::DType::F64 => {
                type $T = f64;
                $body
            }
            other => panic!("{}: needs floats, got {other}; convert with .to(DType::F32)", $op),
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixing_goes_to_the_wider_type() {
        assert_eq!(DType::F32.promote(DType::F64), DType::F64);
        assert_eq!(DType::I64.promote(DType::F32), DType::F32);
        assert_eq!(DType::Bool.promote(DType::I64), DType::I64);
        assert_eq!(DType::Bool.promote(DType::Bool), DType::Bool);
    }
}
