//! Rearrangements made of other operations: roll, repeat, triangles, diagonals, windows, rotations, grids, shuffles of
//! channels. None has a rule of its own.

use gradus_tensor::{DType, MAX_RANK, Shape, Tensor, axis_index};
use smallvec::SmallVec;

use crate::ops::elementwise::operators::Operand;
use crate::var::Var;

type Sizes = SmallVec<[usize; MAX_RANK]>;

/// The places of the diagonal of a `rows` × `cols` matrix in row-major order; `offset` counts to the right.
fn diagonal_places(rows: usize, cols: usize, offset: isize) -> Vec<i64> {
    let (r, c) = if offset < 0 { (offset.unsigned_abs(), 0) } else { (0, offset.unsigned_abs()) };
    let n = rows.saturating_sub(r).min(cols.saturating_sub(c));
    (0..n).map(|i| ((r + i) * cols + c + i) as i64).collect()
}

/// # Repetitions, triangles, diagonals, channels
impl<'t> Var<'t> {
    /// The elements at flat places, in row-major order, that `index` (I64) names, in its shape.
    ///
    /// # Panics
    /// If a place is out of range.
    #[track_caller]
    pub fn take(self, index: &Tensor) -> Self {
        self.flatten().index_select(0, &index.flatten()).reshape(*index.shape())
    }

    /// Moved along axes, what leaves at the end comes in at the front: `$y_{(i + s) \bmod n} = x_i$` with the
    /// shift s of each axis; the shape stays.
    ///
    /// # Panics
    /// If an axis is out of range or the lists differ in length.
    #[track_caller]
    pub fn roll(self, shifts: &[isize], axes: &[isize]) -> Self {
        assert!(shifts.len() == axes.len(), "roll: {} shifts for {} axes", shifts.len(), axes.len());
        let mut y = self;
        for (&shift, &axis) in shifts.iter().zip(axes) {
            let shape = y.shape();
            let size = shape[axis_index("roll", axis, &shape)];
            let shift = if size == 0 { 0 } else { shift.rem_euclid(size as isize) as usize };
            if shift != 0 {
                y = Self::cat(&[y.narrow(axis, size - shift, shift), y.narrow(axis, 0, size - shift)], axis);
            }
        }
        y
    }

    /// Repeated as a whole along each axis: size n becomes `times[axis] · n`. `times` may name new axes in
    /// front.
    ///
    /// # Panics
    /// If `times` is shorter than the rank.
    #[doc(alias = "tile")]
    #[track_caller]
    pub fn repeat(self, times: &[usize]) -> Self {
        let shape = self.shape();
        assert!(times.len() >= shape.len(), "repeat: {} numbers for shape {shape}", times.len());
        let lead = times.len() - shape.len();
        let mut y = self;
        for axis in 0..shape.len() {
            let n = times[lead + axis];
            if n != 1 {
                // A new axis of n in front of this one, then both as one.
                let wide = y.unsqueeze(axis as isize);
                let at = wide.shape().with(axis, n);
                y = wide.expand(at).reshape(y.shape().with(axis, n * y.shape()[axis]));
            }
        }
        let mut sizes: Sizes = times[..lead].into();
        sizes.extend_from_slice(&y.shape());
        y.expand(&sizes[..])
    }

    /// Each place of an axis `n` times in a row: its size becomes n times as large.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn repeat_interleave(self, n: usize, axis: isize) -> Self {
        let shape = self.shape();
        let at = axis_index("repeat_interleave", axis, &shape);
        let wide = self.unsqueeze(at as isize + 1);
        let full = wide.shape().with(at + 1, n);
        wide.expand(full).reshape(shape.with(at, shape[at] * n))
    }

    /// Place i of an axis `times[i]` times in a row: its size becomes their sum.
    ///
    /// # Panics
    /// If the axis is out of range or has another size than `times`.
    #[doc(alias = "repeat_interleave")]
    #[track_caller]
    pub fn repeat_interleave_each(self, times: &[usize], axis: isize) -> Self {
        let shape = self.shape();
        let size = shape[axis_index("repeat_interleave", axis, &shape)];
        assert!(times.len() == size, "repeat_interleave: {} numbers for an axis of size {size}", times.len());
        let places = times.iter().enumerate().flat_map(|(i, &n)| std::iter::repeat_n(i as i64, n));
        let places: Vec<i64> = places.collect();
        let n = places.len();
        self.index_select(axis, &Tensor::from_vec(places, n))
    }

    #[track_caller]
    fn triangle(self, op: &str, k: isize, lower: bool) -> Self {
        let shape = self.shape();
        assert!(shape.len() >= 2, "{op}: needs at least two axes, got {shape}");
        let (rows, cols) = (shape[shape.len() - 2], shape[shape.len() - 1]);
        let mask = Tensor::tri(rows, cols, if lower { k } else { k - 1 }).to(DType::Bool);
        self.masked_fill(&if lower { mask.logical_not() } else { mask }, 0.0)
    }

    /// The lower triangle of the last two axes up to diagonal `k` (0: the main one, 1: the one above it), zeros
    /// above; the shape stays.
    ///
    /// # Panics
    /// If there are less than two axes.
    #[track_caller]
    pub fn tril(self, k: isize) -> Self {
        self.triangle("tril", k, true)
    }

    /// The upper triangle of the last two axes from diagonal `k` on (0: the main one, 1: the one above it),
    /// zeros below; the shape stays.
    ///
    /// # Panics
    /// If there are less than two axes.
    #[track_caller]
    pub fn triu(self, k: isize) -> Self {
        self.triangle("triu", k, false)
    }

    /// The diagonal of two axes as a new last axis, `offset` places to the right of the main one: `[…, n, n]`
    /// to `[…, n]` for the last two axes.
    ///
    /// # Panics
    /// If an axis is out of range or the two are the same.
    #[track_caller]
    pub fn diagonal(self, offset: isize, axis1: isize, axis2: isize) -> Self {
        let x = self.two_last(axis1, axis2);
        let shape = x.shape();
        let (lead, (rows, cols)) = (shape.len() - 2, (shape[shape.len() - 2], shape[shape.len() - 1]));
        let places = diagonal_places(rows, cols, offset);
        let n = places.len();
        let flat = x.reshape(shape.without(lead).with(lead, rows * cols));
        flat.index_select(-1, &Tensor::from_vec(places, n))
    }

    /// Two axes moved to the end, in this order.
    #[track_caller]
    pub(crate) fn two_last(self, axis1: isize, axis2: isize) -> Self {
        let shape = self.shape();
        let (a, b) = (axis_index("diagonal", axis1, &shape), axis_index("diagonal", axis2, &shape));
        assert!(a != b, "diagonal: the two axes are the same, {a}");
        let order = (0..shape.len()).filter(|&i| i != a && i != b).chain([a, b]).map(|i| i as isize);
        self.permute(order.collect::<Vec<_>>())
    }

    /// Matrices, in two new last axes, with this value's last axis on a diagonal, `offset` places to the right
    /// of the main one: `[…, n]` to `[…, n + |offset|, n + |offset|]`. The transpose of [`Self::diagonal`].
    ///
    /// # Panics
    /// If there is no axis.
    #[track_caller]
    pub fn diag_embed(self, offset: isize) -> Self {
        let shape = self.shape();
        let n = shape[axis_index("diag_embed", -1, &shape)] + offset.unsigned_abs();
        self.onto_diagonal(n, n, offset)
    }

    /// `rows` × `cols` matrices of zeros with this value's last axis on a diagonal.
    #[track_caller]
    pub(crate) fn onto_diagonal(self, rows: usize, cols: usize, offset: isize) -> Self {
        let shape = self.shape();
        let last = shape.len() - 1;
        let places = diagonal_places(rows, cols, offset);
        let count = places.len();
        assert!(shape[last] == count, "diagonal: {} elements for a diagonal of {count}", shape[last]);
        let flat = self.tape().constant(Tensor::zeros_of(shape.with(last, rows * cols), self.dtype()));
        let flat = flat.index_add(-1, &Tensor::from_vec(places, count), self);
        flat.reshape(shape.with(last, rows).inserted(last + 1, cols))
    }

    /// `$\sum_i a_{ii}$` of a matrix, to a value without axes.
    ///
    /// # Panics
    /// If there are not two axes.
    #[track_caller]
    pub fn trace(self) -> Self {
        assert!(self.rank() == 2, "trace: needs a matrix, got {}", self.shape());
        self.diagonal(0, 0, 1).sum()
    }

    /// All windows of `size` places along an axis, `step` apart: the axis counts the
    /// `$\lfloor (n - \text{size}) / \text{step} \rfloor + 1$` windows, and a new last axis the places in each.
    ///
    /// # Panics
    /// If the axis is out of range or shorter than a window, or the step is zero.
    #[doc(alias = "sliding_window_view")]
    #[track_caller]
    pub fn unfold(self, axis: isize, size: usize, step: usize) -> Self {
        let shape = self.shape();
        let at = axis_index("unfold", axis, &shape);
        let n = shape[at];
        assert!(step > 0 && size <= n, "unfold: windows of {size}, {step} apart, on axis {at} of {shape}");
        let count = (n - size) / step + 1;
        let places: Vec<i64> =
            (0..count).flat_map(|w| (0..size).map(move |i| (w * step + i) as i64)).collect();
        let picked = self.index_select(at as isize, &Tensor::from_vec(places, count * size));
        picked.reshape(shape.with(at, count).inserted(at + 1, size)).move_axis(at as isize + 1, -1)
    }

    /// Rotated by `k` quarter turns in the plane of two axes, from the first towards the second; an odd number
    /// exchanges their sizes.
    ///
    /// # Panics
    /// If an axis is out of range or the two are the same.
    #[track_caller]
    pub fn rot90(self, k: isize, axis1: isize, axis2: isize) -> Self {
        match k.rem_euclid(4) {
            0 => self,
            1 => self.flip(axis2).transpose(axis1, axis2),
            2 => self.flip([axis1, axis2]),
            _ => self.transpose(axis1, axis2).flip(axis2),
        }
    }

    /// The element at `$\sum_k i_k s_k + \text{offset}$` of the flattened value for each index i of `shape`,
    /// with the strides s.
    ///
    /// # Panics
    /// If a place is out of range.
    #[track_caller]
    pub fn as_strided(self, shape: impl Into<Shape>, strides: &[usize], offset: usize) -> Self {
        let shape = shape.into();
        let mut places = vec![offset as i64];
        for (&n, &stride) in shape.iter().zip(strides) {
            places = places.iter().flat_map(|&p| (0..n).map(move |i| p + (i * stride) as i64)).collect();
        }
        self.take(&Tensor::from_vec(places, shape))
    }

    /// This value with the part that a slice of an axis names replaced by `source`, which has the shape of the
    /// part.
    ///
    /// # Panics
    /// If the axis is out of range or the part has another shape than `source`.
    #[track_caller]
    pub fn slice_scatter(
        self,
        axis: isize,
        slice: impl Into<gradus_tensor::Slice>,
        source: impl Operand<'t>,
    ) -> Self {
        let places = Tensor::arange(self.elements()).to(DType::I64).reshape(self.shape());
        self.replaced(&places.slice(axis, slice), source)
    }

    /// This value with place `place` of an axis replaced by `source`, which lacks the axis.
    ///
    /// # Panics
    /// If axis or place are out of range or the shape of `source` does not fit.
    #[track_caller]
    pub fn select_scatter(self, axis: isize, place: isize, source: impl Operand<'t>) -> Self {
        let places = Tensor::arange(self.elements()).to(DType::I64).reshape(self.shape());
        self.replaced(&places.select(axis, place), source)
    }

    /// This value with a diagonal (see [`Self::diagonal`]) replaced by `source`, which has its shape.
    ///
    /// # Panics
    /// If an axis is out of range or the shape of `source` is not the diagonal's.
    #[track_caller]
    pub fn diagonal_scatter(
        self,
        offset: isize,
        axis1: isize,
        axis2: isize,
        source: impl Operand<'t>,
    ) -> Self {
        let places = Tensor::arange(self.elements()).to(DType::I64).reshape(self.shape());
        self.replaced(&places.diagonal(offset, axis1, axis2), source)
    }

    /// This value with the elements at flat places replaced.
    #[track_caller]
    fn replaced(self, places: &Tensor, source: impl Operand<'t>) -> Self {
        let source = self.lift(source);
        assert!(
            *places.shape() == source.shape(),
            "scatter: a part of shape {} from {}",
            places.shape(),
            source.shape()
        );
        self.flatten().scatter(0, &places.flatten(), source.flatten()).reshape(self.shape())
    }

    /// Channels to space: `[…, C r², H, W]` to `[…, C, H r, W r]`.
    ///
    /// # Panics
    /// If the channels are no multiple of `r²`.
    ///
    /// # Source
    /// Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
    /// Convolutional Neural Network", 2016.
    #[doc(alias = "depth_to_space")]
    #[track_caller]
    pub fn pixel_shuffle(self, r: usize) -> Self {
        let shape = self.shape();
        let n = shape.len();
        assert!(n >= 3 && shape[n - 3].is_multiple_of(r * r), "pixel_shuffle: {shape} with factor {r}");
        let (c, h, w) = (shape[n - 3] / (r * r), shape[n - 2], shape[n - 1]);
        let lead: usize = shape[..n - 3].iter().product();
        let y = self.reshape([lead, c, r, r, h, w]).permute([0, 1, 4, 2, 5, 3]);
        y.reshape(shape.with(n - 3, c).with(n - 2, h * r).with(n - 1, w * r))
    }

    /// Space to channels: `[…, C, H r, W r]` to `[…, C r², H, W]`; the inverse of [`Self::pixel_shuffle`].
    ///
    /// # Panics
    /// If height or width are no multiples of `r`.
    #[doc(alias = "space_to_depth")]
    #[track_caller]
    pub fn pixel_unshuffle(self, r: usize) -> Self {
        let shape = self.shape();
        let n = shape.len();
        let fits = n >= 3 && shape[n - 2].is_multiple_of(r) && shape[n - 1].is_multiple_of(r);
        assert!(fits, "pixel_unshuffle: {shape} with factor {r}");
        let (c, h, w) = (shape[n - 3], shape[n - 2] / r, shape[n - 1] / r);
        let lead: usize = shape[..n - 3].iter().product();
        let y = self.reshape([lead, c, h, r, w, r]).permute([0, 1, 3, 5, 2, 4]);
        y.reshape(shape.with(n - 3, c * r * r).with(n - 2, h).with(n - 1, w))
    }

    /// The channels of `[N, C, …]` dealt out over `groups`: seen as `[groups, C / groups]` they are transposed;
    /// the shape stays.
    ///
    /// # Panics
    /// If the channels are no multiple of `groups`.
    ///
    /// # Source
    /// Zhang et al., "ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile Devices",
    /// 2017.
    #[track_caller]
    pub fn channel_shuffle(self, groups: usize) -> Self {
        let shape = self.shape();
        assert!(
            shape.len() >= 2 && shape[1].is_multiple_of(groups),
            "channel_shuffle: {shape} in {groups} groups"
        );
        let y = self.reshape([shape[0], groups, shape[1] / groups, shape[2..].iter().product()]);
        y.transpose(1, 2).reshape(shape)
    }

    /// Coordinate grids: for vectors of sizes n₀ … the i-th one repeated over `[n₀, …]` along all axes but i.
    pub fn meshgrid(vectors: &[Self]) -> Vec<Self> {
        let sizes: Sizes = vectors.iter().map(|v| v.elements()).collect();
        let spread = |(i, v): (usize, &Self)| {
            let ones: Sizes = (0..sizes.len()).map(|k| if k == i { sizes[i] } else { 1 }).collect();
            v.reshape(&ones[..]).expand(&sizes[..])
        };
        vectors.iter().enumerate().map(spread).collect()
    }

    /// A matrix with the given matrices along its diagonal and zeros elsewhere: blocks `[mᵢ, nᵢ]` to
    /// `[Σ mᵢ, Σ nᵢ]`. A vector counts as a row, a value without axes as a 1 × 1 block.
    ///
    /// # Panics
    /// If there are no blocks or one has more than two axes.
    #[track_caller]
    pub fn block_diag(blocks: &[Self]) -> Self {
        let as_matrix = |b: &Self| match b.rank() {
            0 | 1 => b.reshape([1, b.elements()]),
            _ => *b,
        };
        let blocks: Vec<Self> = blocks.iter().map(as_matrix).collect();
        let width: usize = blocks.iter().map(|b| b.shape()[1]).sum();
        let mut left = 0;
        let rows = blocks.iter().map(|b| {
            let cols = b.shape()[1];
            left += cols;
            b.pad_constant(&[(0, 0), (left - cols, width - left)], 0.0)
        });
        Self::cat(&rows.collect::<Vec<_>>(), 0)
    }
}
