//! Elementwise functions and arithmetic.
//!
//! Two drivers, [`map`] and [`zip`], turn shapes and strides into contiguous rows; the functions themselves are one row
//! each of the tables below. A function over rows is all a new operation needs.

use crate::dtype::{DType, Element};
use crate::kernel::{BLOCK, math, parallel, run};
use crate::layout::{Layout, merge};
use crate::tensor::Tensor;

/// Elements of one parallel piece.
const PIECE: usize = 1 << 14;

/// Applies `f` to every element: `f` gets equally long rows. `cost` is the rough time of one element in nanoseconds; it
/// decides whether a second core pays.
pub fn map<T: Element, U: Element>(x: &Tensor, cost: f64, f: &(dyn Fn(&[T], &mut [U]) + Sync)) -> Tensor {
    if !x.is_contiguous() {
        return map(&x.copied(), cost, f);
    }
    let x_slice = x.as_slice::<T>();
    Tensor::build(*x.shape(), |out| {
        parallel::chunks(out, PIECE, cost, |start, out| f(&x_slice[start..start + out.len()], out));
    })
}

/// A function over three equally long rows: two inputs, one output.
pub type RowsFn2<'f, T, U> = dyn Fn(&[T], &[T], &mut [U]) + Sync + 'f;

/// Applies `f` to pairs of elements after broadcasting: `f` gets three equally long rows.
///
/// # Panics
/// If the shapes do not broadcast; the message names `op`.
#[track_caller]
pub fn zip<T: Element, U: Element>(
    a: &Tensor,
    b: &Tensor,
    op: &str,
    cost: f64,
    f: &RowsFn2<'_, T, U>,
) -> Tensor {
    if a.shape() == b.shape() && a.is_contiguous() && b.is_contiguous() {
        let (x, y) = (a.as_slice::<T>(), b.as_slice::<T>());
        return Tensor::build(*a.shape(), |out| {
            parallel::chunks(out, PIECE, cost, |start, out| {
                let range = start..start + out.len();
                f(&x[range.clone()], &y[range], out);
            });
        });
    }
    let shape = a.shape().broadcast_or_panic(b.shape(), op);
    let (a, b) = (unit_rows(a), unit_rows(b));
    let whole = Layout::contiguous(shape);
    let expand = |t: &Tensor| t.layout().expand(shape).expect("the shapes broadcast");
    let rows = Rows::new([&whole, &expand(&a), &expand(&b)]);
    let (x, y) = (a.block::<T>(), b.block::<T>());
    Tensor::build(shape, |out| {
        if out.is_empty() {
            return;
        }
        let per_piece = (PIECE / rows.len).max(1) * rows.len;
        parallel::chunks(out, per_piece, cost, |start, out| {
            for (i, out) in out.chunks_mut(rows.len).enumerate() {
                let [_, at_x, at_y] = rows.offsets(start / rows.len + i);
                broadcast_row(&x[at_x..], rows.unit[1], &y[at_y..], rows.unit[2], out, f);
            }
        });
    })
}

/// One row of [`zip`]: an operand of step 0 is spread over a block first.
fn broadcast_row<T: Element, U>(
    x: &[T],
    unit_x: bool,
    y: &[T],
    unit_y: bool,
    out: &mut [U],
    f: &RowsFn2<'_, T, U>,
) {
    if unit_x && unit_y {
        return f(&x[..out.len()], &y[..out.len()], out);
    }
    let width = out.len().min(BLOCK);
    let spread = |unit: bool, first: T| {
        if unit { smallvec::SmallVec::<[T; 64]>::new() } else { smallvec::smallvec![first; width] }
    };
    let (sx, sy) = (spread(unit_x, x[0]), spread(unit_y, y[0]));
    for (i, out) in out.chunks_mut(BLOCK).enumerate() {
        let n = out.len();
        let x = if unit_x { &x[i * BLOCK..][..n] } else { &sx[..n] };
        let y = if unit_y { &y[i * BLOCK..][..n] } else { &sy[..n] };
        f(x, y, out);
    }
}

/// The tensor itself if its innermost axis has step 0 or 1, else a row-major copy.
fn unit_rows(t: &Tensor) -> Tensor {
    let last = (0..t.rank()).rev().find(|&axis| t.shape()[axis] != 1);
    match last {
        Some(axis) if !matches!(t.layout().strides[axis], 0 | 1) => t.copied(),
        _ => t.clone(),
    }
}

/// The innermost runs of several layouts of one shape, found by number.
struct Rows<const N: usize> {
    len: usize,
    unit: [bool; N],
    outer: smallvec::SmallVec<[(usize, [isize; N]); 8]>,
    base: [usize; N],
}

impl<const N: usize> Rows<N> {
    fn new(layouts: [&Layout; N]) -> Self {
        let (dims, strides) = merge(&layouts);
        let base = layouts.map(|l| l.offset);
        let Some((&len, outer)) = dims.split_last() else {
            return Self { len: 1, unit: [true; N], outer: smallvec::SmallVec::new(), base };
        };
        let unit = std::array::from_fn(|i| strides[outer.len()][i] == 1);
        let outer = outer.iter().zip(&strides).map(|(&d, s)| (d, std::array::from_fn(|i| s[i]))).collect();
        Self { len, unit, outer, base }
    }

    #[inline]
    fn offsets(&self, mut row: usize) -> [usize; N] {
        let mut at = self.base.map(|b| b as isize);
        for (size, steps) in self.outer.iter().rev() {
            let index = (row % size) as isize;
            row /= size;
            for (a, s) in at.iter_mut().zip(steps) {
                *a += index * s;
            }
        }
        at.map(|a| a as usize)
    }
}

/// `$a \leftarrow a + b$` in the memory of `a`, which is copied first if somebody else holds it.
///
/// # Panics
/// If shapes or types differ, or the elements are not floats.
#[track_caller]
pub fn add_assign(a: &mut Tensor, b: &Tensor) {
    assert!(
        a.shape() == b.shape() && a.dtype() == b.dtype(),
        "add_assign: {}{} and {}{} differ",
        a.dtype(),
        a.shape(),
        b.dtype(),
        b.shape()
    );
    let b = b.contiguous();
    with_float!("add_assign", a.dtype(), T => {
        let b = b.as_slice::<T>();
        parallel::chunks(a.slice_mut::<T>(), PIECE, 0.3, |start, a| {
            let b = &b[start..start + a.len()];
            run(#[inline(always)] || {
                for (a, &b) in a.iter_mut().zip(b) {
                    *a += b;
                }
            });
        });
    });
}

/// `y[i] = f(x[i])` over rows; inlined into the vector dispatch.
#[inline(always)]
pub fn rows1<T: Copy, U>(x: &[T], y: &mut [U], f: impl Fn(T) -> U) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f(x);
    }
}

/// `y[i] = f(a[i], b[i])` over rows; inlined into the vector dispatch.
#[inline(always)]
pub fn rows2<T: Copy, U>(a: &[T], b: &[T], y: &mut [U], f: impl Fn(T, T) -> U) {
    for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
        *y = f(a, b);
    }
}

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident, $cost:expr;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// # Panics
            /// If the elements are not floats.
            #[track_caller]
            pub fn $name(&self) -> Self {
                with_float!(stringify!($name), self.dtype(), T => map::<T, T>(self, $cost, &|x, y| {
                    run(#[inline(always)] || rows1(x, y, math::$name));
                }))
            }
        )*}
    };
}

functions! {
    /// `$e^x$`.
    exp, 0.5;
    /// `$2^x$`.
    exp2, 0.5;
    /// `$e^x - 1$`, exact near 0.
    expm1, 0.5;
    /// `$\ln x$`.
    ln, 1.0;
    /// `$\log_2 x$`.
    log2, 1.0;
    /// `$\log_{10} x$`.
    log10, 1.0;
    /// `$\ln(1 + x)$`, exact near 0.
    log1p, 1.0;
    /// `$\sqrt x$`.
    sqrt, 0.5;
    /// `$1 / \sqrt x$`.
    rsqrt, 0.5;
    /// `$1 / x$`.
    recip, 0.3;
    /// `$x^2$`.
    square, 0.2;
    /// `$\sin x$`, in radians.
    sin, 0.6;
    /// `$\cos x$`, in radians.
    cos, 0.6;
    /// `$\tan x$`, in radians.
    tan, 10.0;
    /// `$\arcsin x$`.
    asin, 10.0;
    /// `$\arccos x$`.
    acos, 10.0;
    /// `$\arctan x$`.
    atan, 10.0;
    /// `$\sinh x$`.
    sinh, 10.0;
    /// `$\cosh x$`.
    cosh, 10.0;
    /// `$\tanh x$`.
    tanh, 1.0;
    /// `$\operatorname{arsinh} x$`.
    asinh, 10.0;
    /// `$\operatorname{arcosh} x$`.
    acosh, 10.0;
    /// `$\operatorname{artanh} x$`.
    atanh, 10.0;
    /// `$1 / (1 + e^{-x})$`.
    sigmoid, 1.0;
    /// `$\operatorname{erf} x$`.
    erf, 1.2;
    /// `$1 - \operatorname{erf} x$`.
    erfc, 5.0;
    /// The inverse of `erf`.
    erfinv, 10.0;
    /// `$\ln |\Gamma(x)|$`.
    lgamma, 20.0;
    /// `$\Gamma'(x) / \Gamma(x)$`.
    digamma, 20.0;
    /// The largest integer not above x.
    floor, 0.2;
    /// The smallest integer not below x.
    ceil, 0.2;
    /// The nearest integer, halves to the even one.
    round, 0.2;
    /// The integer part, towards zero.
    trunc, 0.2;
    /// The fractional part, with the sign of x.
    frac, 0.2;
}

macro_rules! functions2 {
    ($($(#[$doc:meta])* $name:ident = $f:ident, $cost:expr;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// # Panics
            /// If the shapes do not broadcast, or neither operand holds floats.
            #[track_caller]
            pub fn $name(&self, other: &Self) -> Self {
                let (a, b) = promoted(self, other);
                with_float!(stringify!($name), a.dtype(), T => zip::<T, T>(&a, &b, stringify!($name), $cost, &|a, b, y| {
                    run(#[inline(always)] || rows2(a, b, y, math::$f));
                }))
            }
        )*}
    };
}

functions2! {
    /// `$x^y$`.
    pow = pow, 5.0;
    /// The larger of two, elementwise; NaN if either is.
    maximum = max, 0.2;
    /// The smaller of two, elementwise; NaN if either is.
    minimum = min, 0.2;
    /// The larger of two, elementwise; a NaN is ignored where the other is a number.
    fmax = fmax, 0.2;
    /// The smaller of two, elementwise; a NaN is ignored where the other is a number.
    fmin = fmin, 0.2;
    /// The angle of the point `(other, self)`, `$\operatorname{atan2}(y, x)$`.
    atan2 = atan2, 10.0;
    /// `$\sqrt{x^2 + y^2}$` without overflow.
    hypot = hypot, 5.0;
    /// The remainder of a division, with the sign of the dividend.
    fmod = fmod, 10.0;
    /// The remainder of a division, with the sign of the divisor.
    remainder = remainder, 10.0;
    /// `$\ln(e^x + e^y)$` without overflow.
    logaddexp = logaddexp, 3.0;
    /// The magnitude of x with the sign of y.
    copysign = copysign, 0.3;
    /// `$x \ln y$`, 0 where x is 0.
    xlogy = xlogy, 2.0;
}

/// Both tensors in the wider of their types.
pub(crate) fn promoted(a: &Tensor, b: &Tensor) -> (Tensor, Tensor) {
    let dtype = a.dtype().promote(b.dtype());
    (a.to(dtype), b.to(dtype))
}

/// A number as a 0-d tensor that leaves the float type of `like` as it is; integers become F32.
pub(crate) fn scalar_like(x: f64, like: &Tensor) -> Tensor {
    if like.dtype() == DType::F64 { Tensor::scalar(x) } else { Tensor::scalar(x as f32) }
}

impl Tensor {
    /// A 0-d tensor of one element.
    pub fn scalar<T: Element>(x: T) -> Self {
        Self::build::<T>((), |out| out[0] = x)
    }

    /// `$|x|$`, of floats or integers.
    pub fn abs(&self) -> Self {
        match self.dtype() {
            DType::F32 => map::<f32, f32>(self, 0.2, &|x, y| rows1(x, y, f32::abs)),
            DType::F64 => map::<f64, f64>(self, 0.4, &|x, y| rows1(x, y, f64::abs)),
            DType::I64 | DType::Bool => {
                map::<i64, i64>(&self.to(DType::I64), 0.4, &|x, y| rows1(x, y, i64::wrapping_abs))
            }
        }
    }

    /// -1, 0 or 1, of floats or integers; NaN stays NaN.
    pub fn sign(&self) -> Self {
        match self.dtype() {
            DType::F32 => map::<f32, f32>(self, 0.2, &|x, y| rows1(x, y, math::sign)),
            DType::F64 => map::<f64, f64>(self, 0.4, &|x, y| rows1(x, y, math::sign)),
            DType::I64 | DType::Bool => {
                map::<i64, i64>(&self.to(DType::I64), 0.4, &|x, y| rows1(x, y, i64::signum))
            }
        }
    }

    /// `$x^p$` with one exponent for all elements.
    ///
    /// # Panics
    /// If the elements are not floats.
    #[track_caller]
    pub fn powf(&self, p: f64) -> Self {
        self.pow(&scalar_like(p, self))
    }

    /// x cut to the range `low ..= high`; NaN stays NaN.
    ///
    /// # Panics
    /// If the elements are not floats.
    #[track_caller]
    pub fn clamp(&self, low: f64, high: f64) -> Self {
        with_float!("clamp", self.dtype(), T => {
            let (low, high) = (T::from_f64(low), T::from_f64(high));
            map::<T, T>(self, 0.2, &|x, y| run(#[inline(always)] || rows1(x, y, |x| math::min(math::max(x, low), high))))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(n: usize) -> Tensor {
        Tensor::build::<f32>(n, |out| out.iter_mut().enumerate().for_each(|(i, x)| *x = i as f32))
    }

    #[test]
    fn arithmetic_broadcasts() {
        let a = range(6).reshaped([2, 3].into());
        let row = range(3);
        assert_eq!((&a + &row).to_vec::<f32>(), [0., 2., 4., 3., 5., 7.]);
        let col = range(2).reshaped([2, 1].into());
        assert_eq!((&a * &col).to_vec::<f32>(), [0., 0., 0., 3., 4., 5.]);
        assert_eq!((1.0 - &a).to_vec::<f32>(), [1., 0., -1., -2., -3., -4.]);
        assert_eq!((&col - &row).to_vec::<f32>(), [0., -1., -2., 1., 0., -1.]);
    }

    #[test]
    fn long_rows_broadcast_in_blocks() {
        let a = range(3 * 5000).reshaped([3, 5000].into());
        let col = range(3).reshaped([3, 1].into());
        let sum = (&a + &col).to_vec::<f32>();
        assert!(sum.iter().enumerate().all(|(i, &x)| x == (i + i / 5000) as f32));
    }

    #[test]
    fn mixed_types_go_to_the_wider() {
        let ints = Tensor::build::<i64>(2, |out| out.copy_from_slice(&[3, 4]));
        assert_eq!((&ints + &ints).dtype(), DType::I64);
        assert_eq!((&ints / &ints).to_vec::<f32>(), [1.0, 1.0]);
        assert_eq!((&ints * &Tensor::scalar(0.5f64)).to_vec::<f64>(), [1.5, 2.0]);
        assert_eq!((&range(2) * 0.5).dtype(), DType::F32);
    }

    #[test]
    #[should_panic(expected = "mul: [2] and [3] do not broadcast: sizes 2 and 3 of axis -1 differ")]
    fn a_clash_names_both_shapes() {
        let _ = &range(2) * &range(3);
    }

    #[test]
    #[should_panic(expected = "exp: needs floats, got i64; convert with .to(DType::F32)")]
    fn integers_have_no_exponential() {
        let _ = Tensor::scalar(3i64).exp();
    }
}
