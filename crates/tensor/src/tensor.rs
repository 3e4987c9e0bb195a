//! The tensor: a shared block of memory and a layout over it.

use crate::dtype::{DType, Element};
use crate::kernel::pool::Buffer;
use crate::layout::Layout;
use crate::shape::Shape;

/// An n-dimensional array with shared, copy-on-write storage.
///
/// `Clone` counts an owner and copies nothing; views (slices, transposes, expands) share the block; no operation
/// changes a value that somebody else holds. The element type is known at run time ([`DType`]).
///
/// ```
/// use gradus_tensor::Tensor;
///
/// let x = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
/// assert_eq!(x.shape()[..], [2, 3]);
/// assert_eq!(x.get([1, 2]), Some(6.0));                     // one element
/// let y = (&x - x.mean_axes(0)).square() * 0.5;             // operators take tensors, references and numbers with a point
/// assert_eq!(y.sum_axes(1), Tensor::from([3.375, 3.375]));  // == is one truth value
/// assert_eq!(x.matmul(&x.t()).to_vec2::<f64>(), [[14.0, 32.0], [32.0, 77.0]]);
/// let mut z = x.gt(2.0).to(x.dtype());                      // comparisons give truth values, here as numbers
/// z += 1.0;
/// println!("{z}");                                          // [[1. 1. 2.]
///                                                           //  [2. 2. 2.]]
/// assert_eq!(z.select(0, 0).to_vec::<f64>(), [1.0, 1.0, 2.0]);
/// ```
///
/// # Element types
///
/// Literals of Rust are F64 (`Tensor::from(1.0)`), constructors and layers are F32 ([`Tensor::zeros`], [`Tensor::randn`]) unless
/// their `_of` form names another type. Where types meet, the result has the wider one, in the order Bool, I64, F32, F64:
/// F32 with F64 is F64, I64 with F32 is F32. A number beside a tensor takes the tensor's type (`&x * 0.5` stays F32);
/// `x += y` keeps the type of `x`. What reads elements out wants to know the type, [`to_vec::<f32>()`](Tensor::to_vec);
/// [`to_f64_vec()`](Tensor::to_f64_vec) and [`item()`](Tensor::item) read any. [`to`](Tensor::to) converts.
///
/// # The methods
///
/// | | |
/// | --- | --- |
/// | new | [`from`](Tensor#impl-From<N>-for-Tensor), [`zeros`](Tensor::zeros), [`full`](Tensor::full), [`arange`](Tensor::arange), [`linspace`](Tensor::linspace), [`eye`](Tensor::eye), [`from_fn`](Tensor::from_fn), [`from_vec`](Tensor::from_vec), [`one_hot`](Tensor::one_hot), [`randn`](Tensor::randn), [`uniform`](Tensor::uniform) |
/// | reading | [`item`](Tensor::item), [`get`](Tensor::get), [`to_vec`](Tensor::to_vec), [`to_vec2`](Tensor::to_vec2), [`to_f64_vec`](Tensor::to_f64_vec), [`as_slice`](Tensor::as_slice), [`shape`](Tensor::shape), [`dtype`](Tensor::dtype) |
/// | arithmetic | `+ - * /`, `+= -= *= /=`, [`pow`](Tensor::pow), [`square`](Tensor::square), [`sqrt`](Tensor::sqrt), [`abs`](Tensor::abs), [`remainder`](Tensor::remainder) |
/// | elementwise | [`exp`](Tensor::exp), [`ln`](Tensor::ln), [`sin`](Tensor::sin), [`tanh`](Tensor::tanh), [`sigmoid`](Tensor::sigmoid), [`relu`](Tensor::relu), [`clamp`](Tensor::clamp), [`maximum`](Tensor::maximum), [`round`](Tensor::round), [`softmax`](Tensor::softmax) |
/// | comparing | [`eq`](Tensor::eq), [`lt`](Tensor::lt), [`and`](Tensor::and), [`any`](Tensor::any), [`all`](Tensor::all), [`where_`](Tensor::where_), [`allclose`](Tensor::allclose), `==` |
/// | reductions | [`sum`](Tensor::sum), [`mean`](Tensor::mean), [`max`](Tensor::max), [`std`](Tensor::std), [`norm`](Tensor::norm), [`argmax`](Tensor::argmax), over axes ([`sum_axes`](Tensor::sum_axes)), or with the axes kept ([`sum_keep`](Tensor::sum_keep)) |
/// | along an axis | [`cumsum`](Tensor::cumsum), [`sort`](Tensor::sort), [`argsort`](Tensor::argsort), [`topk`](Tensor::topk), [`unique`](Tensor::unique), [`searchsorted`](Tensor::searchsorted) |
/// | shapes | [`reshape`](Tensor::reshape), [`permute`](Tensor::permute), [`transpose`](Tensor::transpose), [`t`](Tensor::t), [`expand`](Tensor::expand), [`squeeze`](Tensor::squeeze), [`unsqueeze`](Tensor::unsqueeze), [`cat`](Tensor::cat), [`stack`](Tensor::stack), [`split`](Tensor::split) |
/// | indexing | [`select`](Tensor::select), [`narrow`](Tensor::narrow), [`slice`](Tensor::slice), [`gather`](Tensor::gather), [`index_select`](Tensor::index_select), [`masked_fill`](Tensor::masked_fill), [`scatter`](Tensor::scatter) |
/// | products | [`matmul`](Tensor::matmul) |
///
/// Everything else that a variable of a tape can do (losses, convolutions, other activations, linear algebra) the trait
/// `TensorExt` of `gradus-autograd` adds to tensors.
#[derive(Clone)]
pub struct Tensor {
    pub(crate) buffer: Buffer,
    pub(crate) layout: Layout,
    pub(crate) dtype: DType,
}

/// # What a tensor is; its elements
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

    /// The addresses of the whole block of memory, which views of it have in common.
    pub fn block_addresses(&self) -> std::ops::Range<*const u8> {
        self.buffer.as_slice::<u8>().as_ptr_range()
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
    #[track_caller]
    pub fn contiguous(&self) -> Self {
        if self.is_contiguous() { self.clone() } else { self.copied() }
    }

    /// As [`Self::contiguous`], of a tensor that is given away.
    #[track_caller]
    pub fn into_contiguous(self) -> Self {
        if self.is_contiguous() { self } else { self.copied() }
    }

    /// A row-major copy with memory of its own.
    #[track_caller]
    pub fn copied(&self) -> Self {
        with_dtype!(self.dtype, T => self.copied_as::<T>())
    }

    #[track_caller]
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

    /// The element at a place, counted from 0 along each axis; `None` outside the shape, or if there are more or fewer
    /// numbers than axes.
    ///
    /// ```
    /// use gradus_tensor::Tensor;
    /// let x = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.get([1, 2]), Some(6.0));
    /// assert_eq!(x.get([2, 0]), None);
    /// assert_eq!(x.select(0, -1).to_f64_vec(), [4.0, 5.0, 6.0]); // a whole row, here the last one
    /// ```
    pub fn get(&self, place: impl AsRef<[usize]>) -> Option<f64> {
        let at = self.layout.place(place.as_ref())?;
        Some(with_dtype!(self.dtype, T => self.block::<T>()[at].into_f64()))
    }

    /// The element at a place, counted from 0 along each axis: PyTorch's `x[i, j].item()`.
    ///
    /// ```
    /// use gradus_tensor::Tensor;
    /// let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    /// let trace: f64 = (0..2).map(|i| x.item_at([i, i])).sum();
    /// assert_eq!(trace, 5.0);
    /// ```
    ///
    /// # Panics
    /// If the place is outside the shape, or has more or fewer numbers than there are axes.
    #[doc(alias = "__getitem__")]
    #[track_caller]
    pub fn item_at(&self, place: impl AsRef<[usize]>) -> f64 {
        let place = place.as_ref();
        let Some(x) = self.get(place) else {
            panic!("item_at: {place:?} is no place in a tensor of shape {}", self.shape())
        };
        x
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
