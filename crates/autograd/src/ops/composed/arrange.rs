//! Rearrangements made of other operations: roll, repeat, triangles, diagonals, windows, rotations, grids; those of
//! channels stand in `shuffle`. None has a rule of its own.

use gradus_tensor::{DType, MAX_RANK, Shape, Tensor, axis_index, check_indices};
use smallvec::SmallVec;

use crate::ops::elementwise::operators::{Operand, one_tape};
use crate::ops::expect;
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
        check_indices("take", index, self.elements(), "the flattened value");
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
        gradus_tensor::checked_product("repeat", times);
        for (axis, &n) in shape.iter().enumerate() {
            gradus_tensor::checked_product("repeat", &[n, times[lead + axis]]);
        }
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
        gradus_tensor::checked_product("repeat_interleave", &[shape.elements(), n]);
        shape.check_room("repeat_interleave", 1);
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
        const OP: &str = "repeat_interleave_each";
        let at = axis_index(OP, axis, &shape);
        let (size, axis) = (shape[at], at as isize);
        assert!(
            times.len() == size,
            "{OP}: {} numbers for axis {axis} of {shape}, of size {size}",
            times.len()
        );
        let total = times.iter().fold(0usize, |sum, &n| sum.saturating_add(n));
        gradus_tensor::checked_product(OP, &[total]);
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
        let mask = Tensor::tri(rows, cols, if lower { k } else { k.saturating_sub(1) }).to(DType::Bool);
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
        let x = self.two_last("diagonal", axis1, axis2);
        let shape = x.shape();
        let (lead, (rows, cols)) = (shape.len() - 2, (shape[shape.len() - 2], shape[shape.len() - 1]));
        let places = diagonal_places(rows, cols, offset);
        let n = places.len();
        let flat = x.reshape(shape.without(lead).with(lead, rows * cols));
        flat.index_select(-1, &Tensor::from_vec(places, n))
    }

    /// Two axes moved to the end, in this order.
    #[track_caller]
    pub(crate) fn two_last(self, op: &str, axis1: isize, axis2: isize) -> Self {
        let shape = self.shape();
        let (a, b) = (axis_index(op, axis1, &shape), axis_index(op, axis2, &shape));
        assert!(a != b, "{op}: axes {axis1} and {axis2} of {shape} are the same");
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
        expect::floats("diag_embed", self.dtype());
        let shape = self.shape();
        shape.check_room("diag_embed", 1);
        let n = shape[axis_index("diag_embed", -1, &shape)].saturating_add(offset.unsigned_abs());
        gradus_tensor::checked_product("diag_embed", &[n, n]);
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
        assert!(step > 0, "unfold: the step between windows is 0; it must be at least 1");
        assert!(size <= n, "unfold: windows of {size} places do not fit axis {axis} of {shape}, of size {n}");
        shape.check_room("unfold", 1);
        let count = (n - size) / step + 1;
        gradus_tensor::checked_product("unfold", &[count, size]);
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
        let shape = self.shape();
        let (a, b) = (axis_index("rot90", axis1, &shape), axis_index("rot90", axis2, &shape));
        assert!(a != b, "rot90: axes {axis1} and {axis2} of {shape} are the same");
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
        assert!(shape.len() == strides.len(), "as_strided: {} strides for shape {shape}", strides.len());
        gradus_tensor::checked_product("as_strided", &shape);
        let reach = shape.iter().zip(strides).map(|(&n, &s)| n.saturating_sub(1).saturating_mul(s));
        let last = reach.fold(offset, usize::saturating_add);
        assert!(
            shape.contains(&0) || last < self.elements(),
            "as_strided: shape {shape} with strides {strides:?} from {offset} reaches place {last} of {} elements",
            self.elements()
        );
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
        let axis = axis_index("slice_scatter", axis, &self.shape()) as isize;
        let places = Tensor::arange(self.elements()).reshape(self.shape());
        self.replaced("slice_scatter", &places.slice(axis, slice), source)
    }

    /// This value with place `place` of an axis replaced by `source`, which lacks the axis.
    ///
    /// # Panics
    /// If axis or place are out of range or the shape of `source` does not fit.
    #[track_caller]
    pub fn select_scatter(self, axis: isize, place: isize, source: impl Operand<'t>) -> Self {
        let shape = self.shape();
        let at = axis_index("select_scatter", axis, &shape);
        let size = shape[at] as isize;
        assert!(
            (-size..size).contains(&place),
            "select_scatter: place {place} is out of range for axis {axis} of {shape}, of size {size}"
        );
        let places = Tensor::arange(self.elements()).reshape(shape);
        self.replaced("select_scatter", &places.select(at as isize, place), source)
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
        let shape = self.shape();
        let (a, b) =
            (axis_index("diagonal_scatter", axis1, &shape), axis_index("diagonal_scatter", axis2, &shape));
        assert!(a != b, "diagonal_scatter: axes {axis1} and {axis2} of {shape} are the same");
        let places = Tensor::arange(self.elements()).reshape(shape);
        self.replaced("diagonal_scatter", &places.diagonal(offset, a as isize, b as isize), source)
    }

    /// This value with the elements at flat places replaced.
    #[track_caller]
    fn replaced(self, op: &str, places: &Tensor, source: impl Operand<'t>) -> Self {
        let source = self.operand(op, source);
        expect::shape(op, "the source", &source.shape(), places.shape());
        self.flatten().scatter(0, &places.flatten(), source.flatten()).reshape(self.shape())
    }

    /// Coordinate grids: for vectors of sizes n₀ … the i-th one repeated over `[n₀, …]` along all axes but i. A value
    /// without axes counts as a vector of one.
    ///
    /// # Panics
    /// If one has more than one axis, or the grid is too large.
    #[track_caller]
    pub fn meshgrid(vectors: &[Self]) -> Vec<Self> {
        one_tape("meshgrid", vectors);
        for vector in vectors {
            assert!(vector.rank() <= 1, "meshgrid: needs vectors, got {}", vector.shape());
        }
        assert!(vectors.len() <= MAX_RANK, "meshgrid: {} vectors for at most {MAX_RANK} axes", vectors.len());
        gradus_tensor::checked_product("meshgrid", &vectors.iter().map(|v| v.elements()).collect::<Vec<_>>());
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
        assert!(!blocks.is_empty(), "block_diag: no blocks given");
        one_tape("block_diag", blocks);
        for block in blocks {
            assert!(block.rank() <= 2, "block_diag: needs matrices, got {}", block.shape());
        }
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
