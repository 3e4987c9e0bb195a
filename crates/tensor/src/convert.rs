//! From Rust's numbers, arrays and vectors to tensors, and back.
//!
//! `Tensor::from` keeps the Rust type: `f32` gives F32, `f64` F64, integers I64, `bool` Bool. It takes scalars and
//! arrays, vectors and slices of them, nested to any depth.

use crate::{DType, Element, Shape, Tensor};

/// A Rust number that tensors can be made of.
pub trait Scalar: Copy {
    /// What lies in the tensor for it.
    type Element: Element;
    /// The element for this number.
    fn element(self) -> Self::Element;
}

/// A scalar, or an array, vector or slice of nested values: what [`Tensor::from`] takes.
pub trait Nested {
    /// The scalar at the bottom.
    type Scalar: Scalar;
    /// Appends the sizes of the levels, taken from the first value of each.
    fn sizes(&self, sizes: &mut Vec<usize>);
    /// Appends the scalars in row-major order; `path` says where in the whole this value stands.
    ///
    /// # Panics
    /// If a level differs from `sizes`: the value is ragged.
    #[track_caller]
    fn collect(
        &self,
        sizes: &[usize],
        path: &mut Vec<usize>,
        out: &mut Vec<<Self::Scalar as Scalar>::Element>,
    );
}

macro_rules! scalar {
    ($($t:ty => $element:ty, $convert:expr;)*) => {$(
        impl Scalar for $t {
            type Element = $element;
            #[inline(always)]
            fn element(self) -> $element {
                $convert(self)
            }
        }
        impl Nested for $t {
            type Scalar = Self;
            fn sizes(&self, _: &mut Vec<usize>) {}
            fn collect(&self, _: &[usize], _: &mut Vec<usize>, out: &mut Vec<$element>) {
                out.push(self.element());
            }
        }
    )*};
}
scalar! {
    f32 => f32, |x| x;
    f64 => f64, |x| x;
    i64 => i64, |x| x;
    i32 => i64, i64::from;
    usize => i64, |x| i64::try_from(x).expect("a size fits into 64 bits with a sign");
    bool => u8, u8::from;
}

impl<T: Nested> Nested for [T] {
    type Scalar = T::Scalar;

    fn sizes(&self, sizes: &mut Vec<usize>) {
        sizes.push(self.len());
        if let Some(first) = self.first() {
            first.sizes(sizes);
        }
    }

    #[track_caller]
    fn collect(&self, sizes: &[usize], path: &mut Vec<usize>, out: &mut Vec<<T::Scalar as Scalar>::Element>) {
        let (&wanted, inner) = sizes.split_first().unwrap_or((&0, &[]));
        assert!(
            self.len() == wanted,
            "from: row {path:?} has {} entries where the rows before it have {wanted}",
            self.len()
        );
        for (i, value) in self.iter().enumerate() {
            path.push(i);
            value.collect(inner, path, out);
            path.pop();
        }
    }
}

macro_rules! nested_like_a_slice {
    ($([$($generics:tt)*] $t:ty;)*) => {$(
        impl<$($generics)*> Nested for $t {
            type Scalar = T::Scalar;
            fn sizes(&self, sizes: &mut Vec<usize>) {
                self[..].sizes(sizes);
            }
            #[track_caller]
            fn collect(&self, sizes: &[usize], path: &mut Vec<usize>, out: &mut Vec<<T::Scalar as Scalar>::Element>) {
                self[..].collect(sizes, path, out);
            }
        }
    )*};
}
nested_like_a_slice! {
    [T: Nested, const N: usize] [T; N];
    [T: Nested] Vec<T>;
}

impl<N: Nested + ?Sized> Nested for &N {
    type Scalar = N::Scalar;
    fn sizes(&self, sizes: &mut Vec<usize>) {
        (**self).sizes(sizes);
    }
    #[track_caller]
    fn collect(&self, sizes: &[usize], path: &mut Vec<usize>, out: &mut Vec<<N::Scalar as Scalar>::Element>) {
        (**self).collect(sizes, path, out);
    }
}

/// The tensor of a scalar or of nested arrays, vectors or slices; it panics if rows differ in length.
impl<N: Nested> From<N> for Tensor {
    #[track_caller]
    fn from(value: N) -> Self {
        let mut sizes = vec![];
        value.sizes(&mut sizes);
        let mut out = Vec::with_capacity(sizes.iter().product());
        value.collect(&sizes, &mut vec![], &mut out);
        Self::build(sizes, |to| to.copy_from_slice(&out))
    }
}

/// # From and to Rust's vectors
impl Tensor {
    /// A tensor of this shape with these elements in row-major order.
    ///
    /// # Panics
    /// If there are more or fewer than the shape holds.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "a vector made for the tensor is handed over")]
    pub fn from_vec<T: Scalar>(values: Vec<T>, shape: impl Into<Shape>) -> Self {
        Self::from_slice(&values, shape)
    }

    /// A tensor of this shape with a copy of these elements in row-major order.
    ///
    /// # Panics
    /// If there are more or fewer than the shape holds.
    #[track_caller]
    pub fn from_slice<T: Scalar>(values: &[T], shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        let (n, wanted) = (values.len(), shape.elements());
        assert!(n == wanted, "from_slice: {n} values do not fill {shape}, which has {wanted} elements");
        Self::build(shape, |out| out.iter_mut().zip(values).for_each(|(y, x)| *y = x.element()))
    }

    /// The rows of a matrix.
    ///
    /// # Panics
    /// If there are not two axes, or the tensor holds another type than `T`.
    #[track_caller]
    pub fn to_vec2<T: Element>(&self) -> Vec<Vec<T>> {
        assert!(self.rank() == 2, "to_vec2: {} has {} axes, not two", self.shape(), self.rank());
        self.holds::<T>("to_vec2");
        self.unbind(0).iter().map(Self::to_vec).collect()
    }

    /// All truth values in row-major order.
    ///
    /// # Panics
    /// If the tensor does not hold Bool.
    #[track_caller]
    pub fn to_bools(&self) -> Vec<bool> {
        assert!(self.dtype() == DType::Bool, "to_bools: this tensor holds {}", self.dtype());
        self.to_vec::<u8>().into_iter().map(|x| x != 0).collect()
    }
}

/// Another owner of the same memory; nothing is copied.
impl From<&Self> for Tensor {
    fn from(tensor: &Self) -> Self {
        tensor.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rust_type_is_kept() {
        assert_eq!(Tensor::from(1.5).dtype(), DType::F64);
        assert_eq!(Tensor::from([1.5f32]).dtype(), DType::F32);
        assert_eq!(Tensor::from([[1, 2], [3, 4]]).dtype(), DType::I64);
        assert_eq!(Tensor::from([3usize]).to_vec::<i64>(), [3]);
        assert_eq!(Tensor::from(vec![true, false]).to_bools(), [true, false]);
        assert_eq!(Tensor::from(7).item(), 7.0);
    }

    #[test]
    fn nested_values_of_all_kinds() {
        assert_eq!(Tensor::from([[[1.0; 4]; 3]; 2]).shape()[..], [2, 3, 4]);
        assert_eq!(Tensor::from([[[[1.0f32]]]]).shape()[..], [1, 1, 1, 1]);
        assert_eq!(
            Tensor::from(vec![vec![1.0, 2.0], vec![3.0, 4.0]]).to_vec2::<f64>(),
            [[1.0, 2.0], [3.0, 4.0]]
        );
        assert_eq!(Tensor::from(&[1.0f32, 2.0][..]).shape()[..], [2]);
        assert_eq!(Tensor::from(&vec![[1, 2]]).shape()[..], [1, 2]);
        let empty: [f32; 0] = [];
        assert_eq!(Tensor::from(empty).shape()[..], [0]);
        assert_eq!(Tensor::from(vec![[0f32; 0]; 2]).shape()[..], [2, 0]);
    }

    #[test]
    #[should_panic(expected = "from: row [1] has 1 entries where the rows before it have 2")]
    fn ragged_rows_are_named() {
        let _ = Tensor::from(vec![vec![1.0, 2.0], vec![3.0]]);
    }

    #[test]
    #[should_panic(expected = "from_slice: 3 values do not fill [2, 2], which has 4 elements")]
    fn a_wrong_number_of_values() {
        Tensor::from_vec(vec![1.0, 2.0, 3.0], [2, 2]);
    }

    #[test]
    #[should_panic(expected = "to_vec2: [2] has 1 axes, not two")]
    fn rows_of_a_vector() {
        Tensor::from([1.0, 2.0]).to_vec2::<f64>();
    }
}
