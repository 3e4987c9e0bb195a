//! The tensor: a shared block of memory and a layout over it.

use crate::dtype::{DType, Element};
use crate::kernel::pool::Buffer;
use crate::layout::Layout;
use crate::shape::Shape;

/// An n-dimensional array with shared, copy-on-write storage.
///
/// `Clone` counts an owner and copies nothing; views (slices, transposes, expands) share the block; no operation
/// changes a value that somebody else holds. The element type is known at run time ([`DType`]).
#[derive(Clone)]
pub struct Tensor {
    pub(crate) buffer: Buffer,
    pub(crate) layout: Layout,
    pub(crate) dtype: DType,
}

impl Tensor {
    /// A row-major tensor with unspecified contents, to be filled by a kernel.
    #[inline]
    #[track_caller]
    pub(crate) fn uninit<T: Element>(shape: Shape) -> Self {
        let layout = Layout::contiguous(shape);
        Self { buffer: Buffer::new::<T>(shape.elements()), layout, dtype: T::DTYPE }
    }

    /// A new row-major tensor that `fill` writes; what it leaves unwritten is unspecified.
    ///
    /// # Panics
    /// If the sizes multiply to more than memory can have, or the system has no such memory.
    #[inline]
    #[track_caller]
    pub fn build<T: Element>(shape: impl Into<Shape>, fill: impl FnOnce(&mut [T])) -> Self {
        let mut out = Self::uninit::<T>(shape.into());
        fill(out.slice_mut());
        out
    }

    /// A view of this tensor's memory under another layout.
    pub(crate) fn view(&self, layout: Layout) -> Self {
        debug_assert!(self.fits(&layout), "a view stays inside its block");
        Self { buffer: self.buffer.clone(), layout, dtype: self.dtype }
    }

    fn fits(&self, layout: &Layout) -> bool {
        if layout.shape.elements() == 0 {
            return true;
        }
        let reach = |up: bool| -> isize {
            (0..layout.shape.len())
                .map(|axis| (layout.shape[axis] as isize - 1) * layout.strides[axis])
                .filter(|&step| (step > 0) == up)
                .sum()
        };
        let last = layout.offset as isize + reach(true);
        let first = layout.offset as isize + reach(false);
        first >= 0 && (last as usize) < self.buffer.as_slice::<u8>().len() / self.dtype.size()
    }

    /// The sizes of the axes, outermost first.
    #[inline]
    pub fn shape(&self) -> &Shape {
        &self.layout.shape
    }

    /// The element type.
    #[inline]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The number of axes.
    #[inline]
    pub fn rank(&self) -> usize {
        self.layout.shape.len()
    }

    /// The number of elements.
    #[inline]
    pub fn elements(&self) -> usize {
        self.layout.shape.elements()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.elements() == 0
    }

    /// Where the elements lie.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Whether the elements lie one behind the other in row-major order.
    #[inline]
    pub fn is_contiguous(&self) -> bool {
        self.layout.is_contiguous()
    }

    /// Whether no other tensor shares the memory.
    pub fn is_unique(&self) -> bool {
        self.buffer.is_unique()
    }

    /// Whether both share one block of memory.
    pub fn shares_memory(&self, other: &Self) -> bool {
        self.buffer.same(&other.buffer)
    }

    #[inline]
    #[track_caller]
    fn check<T: Element>(&self) {
        if T::DTYPE != self.dtype {
            wrong_type(T::DTYPE, self.dtype);
        }
    }

    /// The whole block of memory, beyond this view too, for kernels that follow the strides.
    #[inline]
    pub(crate) fn block<T: Element>(&self) -> &[T] {
        self.check::<T>();
        self.buffer.as_slice()
    }

    /// The elements of a contiguous tensor.
    ///
    /// # Panics
    /// If the tensor is a strided view (see [`Self::contiguous`]) or holds another type than `T`.
    #[inline]
    #[track_caller]
    pub fn as_slice<T: Element>(&self) -> &[T] {
        if !self.is_contiguous() {
            strided(self.shape());
        }
        let n = self.elements();
        if n == 0 { &[] } else { &self.block()[self.layout.offset..][..n] }
    }

    /// The elements for writing. A tensor whose memory is shared or strided is copied first.
    ///
    /// # Panics
    /// If the tensor holds another type than `T`.
    #[inline]
    pub fn slice_mut<T: Element>(&mut self) -> &mut [T] {
        self.check::<T>();
        if !self.buffer.is_unique() || !self.is_contiguous() {
            *self = self.copied();
        }
        let (start, n) = (self.layout.offset, self.elements());
        let block = self.buffer.get_mut().expect("a fresh copy has one owner");
        if n == 0 { &mut [] } else { &mut block[start..][..n] }
    }

    /// This tensor with its elements in row-major order: itself if they are already, else a copy.
    pub fn contiguous(&self) -> Self {
        if self.is_contiguous() { self.clone() } else { self.copied() }
    }

    /// As [`Self::contiguous`], of a tensor that is given away.
    pub fn into_contiguous(self) -> Self {
        if self.is_contiguous() { self } else { self.copied() }
    }

    /// A row-major copy with memory of its own.
    pub fn copied(&self) -> Self {
        with_dtype!(self.dtype, T => self.copied_as::<T>())
    }

    fn copied_as<T: Element>(&self) -> Self {
        let mut out = Self::uninit::<T>(*self.shape());
        if self.is_contiguous() {
            crate::kernel::copy::copy(self.as_slice::<T>(), out.slice_mut());
        } else {
            crate::strided::gather(self.block::<T>(), &self.layout, out.slice_mut());
        }
        out
    }

    /// Frees nothing and copies nothing: the same value under another shape, if its strides allow that, else a copy.
    #[track_caller]
    pub(crate) fn reshaped(&self, shape: Shape) -> Self {
        debug_assert_eq!(shape.elements(), self.elements());
        if let Some(layout) = self.layout.reshape(shape) {
            return self.view(layout);
        }
        let mut copy = self.copied();
        copy.layout = Layout::contiguous(shape);
        copy
    }

    /// The only element.
    ///
    /// # Panics
    /// If there is not exactly one.
    #[track_caller]
    pub fn item(&self) -> f64 {
        assert!(self.elements() == 1, "item: {} has {} elements, not one", self.shape(), self.elements());
        with_dtype!(self.dtype, T => self.block::<T>()[self.layout.offset].into_f64())
    }

    /// The number that all elements are, where the layout shows it: one element, or one spread by `expand`.
    pub fn constant_value(&self) -> Option<f64> {
        let spread =
            self.layout.shape.iter().zip(&self.layout.strides).all(|(&n, &step)| n == 1 || step == 0);
        (spread && !self.is_empty())
            .then(|| with_dtype!(self.dtype, T => self.block::<T>()[self.layout.offset].into_f64()))
    }

    /// All elements in row-major order, converted to `f64`.
    pub fn to_f64_vec(&self) -> Vec<f64> {
        with_dtype!(self.dtype, T => self.contiguous().as_slice::<T>().iter().map(|&x| x.into_f64()).collect())
    }

    /// All elements in row-major order, as they are.
    ///
    /// # Panics
    /// If the tensor holds another type than `T`.
    #[track_caller]
    pub fn to_vec<T: Element>(&self) -> Vec<T> {
        self.holds::<T>("to_vec");
        self.contiguous().as_slice().to_vec()
    }

    /// Panics unless the elements are of this type; the message says what reads them.
    #[track_caller]
    pub(crate) fn holds<T: Element>(&self, op: &str) {
        let (wanted, held) = (T::DTYPE, self.dtype);
        assert!(
            wanted == held,
            "{op}: this tensor holds {held}, not {wanted}; read it with .to_f64_vec(), which converts, or convert it with \
             .to(DType::{wanted:?})"
        );
    }

    /// This tensor with elements of another type; itself if they are of that type already.
    ///
    /// Floats become integers by truncation, and truth values by comparison with zero.
    pub fn to(&self, dtype: DType) -> Self {
        if dtype == self.dtype {
            return self.clone();
        }
        let source = self.contiguous();
        with_dtype!(self.dtype, S => with_dtype!(dtype, D => {
            let x = source.as_slice::<S>();
            Self::build::<D>(*self.shape(), |out| convert(x, out))
        }))
    }
}

/// The panics are no part of the generic functions, which are compiled for every type in every crate.
#[cold]
#[track_caller]
fn wrong_type(wanted: DType, held: DType) -> ! {
    panic!("as_slice: this tensor holds {held}, not {wanted}; convert it with .to(DType::{wanted:?})");
}

#[cold]
#[track_caller]
fn strided(shape: &Shape) -> ! {
    panic!("as_slice: {shape} is a strided view; call .contiguous() first");
}

fn convert<S: Element, D: Element>(x: &[S], out: &mut [D]) {
    crate::kernel::parallel::chunks(out, 1 << 15, 1.0, |start, out| {
        // Integers beyond 2^53 are not exact in f64; only conversions among floats and Bool pass here with larger ones.
        for (y, &x) in out.iter_mut().zip(&x[start..]) {
            *y = D::from_f64(x.into_f64());
        }
    });
}
