//! Order: sorting, the largest few, medians, quantiles, the most frequent value. Each finds the places in the values and
//! gathers there, so the gradient goes to the elements that were chosen.

use gradus_tensor::{DType, Tensor, axis_index};

use crate::ops::elementwise::operators::{Operand, promoted};
use crate::ops::expect;
use crate::var::Var;

/// How a quantile lies between two elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interpolation {
    /// On the line between them.
    #[default]
    Linear,
    /// The lower one.
    Lower,
    /// The higher one.
    Higher,
    /// The nearer one; the even place at the middle.
    Nearest,
    /// Their mean.
    Midpoint,
}

/// Ranks, whole where they are so up to rounding: 0.29 · 100 is 29 − 2⁻⁴⁸, and means the element at 29.
fn settled(rank: &Tensor) -> Tensor {
    let epsilon = if rank.dtype() == DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let whole = rank.round();
    let close = (rank - &whole).abs().le(&(rank.abs() * (2.0 * epsilon)));
    whole.where_(&close, rank)
}

/// # Sorting, extremes with their places, quantiles
impl<'t> Var<'t> {
    /// The elements along an axis in order, and their places before (I64), both in the same shape. Equal
    /// elements keep their order; NaN counts as the largest.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn sort(self, axis: isize, descending: bool) -> (Self, Tensor) {
        let axis = axis_index("sort", axis, &self.shape()) as isize;
        let places = self.value().argsort(axis, descending);
        (self.gather(axis, &places), places)
    }

    /// The `k` largest (or smallest) elements along an axis, in order, and their places (I64); the size of the
    /// axis becomes k.
    ///
    /// # Panics
    /// If the axis is out of range or shorter than `k`.
    #[doc(alias = "top_k")]
    #[track_caller]
    pub fn topk(self, k: usize, axis: isize, largest: bool) -> (Self, Tensor) {
        let shape = self.shape();
        let at = axis_index("topk", axis, &shape);
        let size = shape[at];
        assert!(k <= size, "topk: {k} elements are more than axis {axis} of {shape} has, {size}");
        let axis = at as isize;
        let places = self.value().argsort(axis, largest).narrow(axis, 0, k);
        (self.gather(axis, &places), places)
    }

    /// The `k`-th smallest element along an axis (from 1), and its place (I64): `[…, n, …]` to `[…, 1, …]`.
    ///
    /// # Panics
    /// If the axis is out of range or shorter than `k`.
    #[doc(alias = "kthvalue")]
    #[track_caller]
    pub fn kth_value(self, k: usize, axis: isize) -> (Self, Tensor) {
        let shape = self.shape();
        let size = shape[axis_index("kth_value", axis, &shape)];
        assert!(
            (1..=size).contains(&k),
            "kth_value: k is {k}; axis {axis} of {shape} has {size} elements, counted from 1"
        );
        let places = self.value().argsort(axis, false).narrow(axis, k - 1, 1);
        (self.gather(axis, &places), places)
    }

    /// The largest element along an axis and its place (I64), the first of several: `[…, n, …]` to `[…, 1, …]`.
    /// The gradient goes to that place; [`Self::max_axes`] shares it among equal ones.
    ///
    /// # Panics
    /// If the axis is out of range or empty.
    #[doc(alias = "max")]
    #[doc(alias = "argmax")]
    #[track_caller]
    pub fn max_with_place(self, axis: isize) -> (Self, Tensor) {
        let axis = self.filled_axis("max", axis);
        let places = self.value().argmax_axis(axis, true);
        (self.gather(axis, &places), places)
    }

    /// The smallest element along an axis and its place (I64), the first of several: `[…, n, …]` to
    /// `[…, 1, …]`. The gradient goes to that place; [`Self::min_axes`] shares it among equal ones.
    ///
    /// # Panics
    /// If the axis is out of range or empty.
    #[doc(alias = "min")]
    #[doc(alias = "argmin")]
    #[track_caller]
    pub fn min_with_place(self, axis: isize) -> (Self, Tensor) {
        let axis = self.filled_axis("min", axis);
        let places = self.value().argmin_axis(axis, true);
        (self.gather(axis, &places), places)
    }

    /// The lower median along an axis and its place (I64); NaN if there is one, unless `ignore_nan`. The axis is kept
    /// with size 1.
    ///
    /// # Panics
    /// If the axis is out of range or empty.
    #[doc(alias = "median")]
    #[track_caller]
    pub fn median_with_place(self, axis: isize, ignore_nan: bool) -> (Self, Tensor) {
        let x = self.value();
        let at = self.filled_axis("median", axis) as usize;
        let size = x.shape()[at] as i64;
        let order = x.argsort(axis, false);
        let nans = x.is_nan().to(DType::I64).sum_keep(axis).to(DType::I64);
        let middle = |nans: i64| match nans {
            0 => (size - 1) / 2,
            _ if ignore_nan => (size - nans - 1).max(0) / 2,
            _ => size - nans,
        };
        let rank: Vec<i64> = nans.to_vec::<i64>().into_iter().map(middle).collect();
        let places = order.gather(at as isize, &Tensor::from_vec(rank, *nans.shape()));
        (self.gather(axis, &places), places)
    }

    /// The lower median of all elements, to a value without axes; NaN if there is one. Equal ones share the
    /// gradient evenly.
    ///
    /// # Panics
    /// If there are no elements.
    #[track_caller]
    pub fn median(self) -> Self {
        expect::floats("median", self.dtype());
        self.shared_median(false)
    }

    /// The lower median of the elements that are not NaN, to a value without axes; equal ones share the
    /// gradient evenly.
    ///
    /// # Panics
    /// If there are no elements.
    #[track_caller]
    pub fn nanmedian(self) -> Self {
        expect::floats("nanmedian", self.dtype());
        self.shared_median(true)
    }

    /// An axis, counted from the front, that has elements.
    #[track_caller]
    fn filled_axis(self, op: &str, axis: isize) -> isize {
        let shape = self.shape();
        let at = axis_index(op, axis, &shape);
        expect::elements(op, &shape, at);
        at as isize
    }

    #[track_caller]
    fn shared_median(self, ignore_nan: bool) -> Self {
        let op = if ignore_nan { "nanmedian" } else { "median" };
        assert!(
            self.elements() > 0,
            "{op}: {} has no elements, and the median of nothing is undefined",
            self.shape()
        );
        let flat = self.flatten();
        let (y, _) = flat.median_with_place(0, ignore_nan);
        let (x, y) = (flat.value(), y.value());
        let hit = if y.item().is_nan() { x.is_nan() } else { x.eq(&y) };
        let ties = hit.to(DType::F64).sum().item();
        if ties == 1.0 { flat.where_(&hit, 0.0).sum() } else { (flat / ties).where_(&hit, 0.0).sum() }
    }

    /// The most frequent element along an axis, the smallest of several, and the last place (I64) where it
    /// stands. The axis is kept with size 1.
    ///
    /// # Panics
    /// If the axis is out of range or empty.
    #[track_caller]
    pub fn mode(self, axis: isize) -> (Self, Tensor) {
        let x = self.value();
        let at = self.filled_axis("mode", axis) as usize;
        let (size, shape) = (x.shape()[at], x.shape().with(at, 1));
        let (order, rows) = (x.argsort(axis, false).move_axis(axis, -1), x.move_axis(axis, -1));
        let (order, rows) = (order.to_vec::<i64>(), rows.to_f64_vec());
        let most = |(order, row): (&[i64], &[f64])| {
            let (mut best, mut run) = ((0, 0i64), 0);
            for (k, &i) in order.iter().enumerate() {
                let same = k > 0 && row[i as usize] == row[order[k - 1] as usize];
                run = if same { run + 1 } else { 1 };
                best = if run > best.0 { (run, i) } else { best };
            }
            best.1
        };
        let places = order.chunks(size).zip(rows.chunks(size)).map(most).collect();
        let places = Tensor::from_vec(places, shape.without(at)).unsqueeze(at as isize);
        (self.gather(axis, &places), places)
    }

    /// The quantiles `q` (a vector `[k]` or a number, between 0 and 1) along an axis of size n: what stands at
    /// place `$q (n - 1)$` of the elements in order, between two as `how` says. They come as a new first axis
    /// `[k]`, or none for a number, and the axis itself is dropped. Differentiable in `q` as well. NaN if there
    /// is one, unless `ignore_nan`.
    ///
    /// # Panics
    /// If the axis is out of range or empty, or q has more than one axis or holds a number outside of 0 … 1.
    #[doc(alias = "nanquantile")]
    #[doc(alias = "percentile")]
    #[track_caller]
    pub fn quantile(self, q: impl Operand<'t>, axis: isize, how: Interpolation, ignore_nan: bool) -> Self {
        let [x, q] = promoted([self, self.operand("quantile", q)]);
        let at = x.filled_axis("quantile", axis);
        assert!(q.rank() <= 1, "quantile: q must be a number or a vector, got {}", q.shape());
        if let Some(wrong) = q.value().to_f64_vec().into_iter().find(|q| !(0.0..=1.0).contains(q)) {
            panic!("quantile: q holds {wrong}; quantiles lie between 0 and 1");
        }
        let rows = x.move_axis(at, -1);
        let size = rows.shape()[rows.rank() - 1];
        let (sorted, _) = rows.sort(-1, false);
        let nan = rows.value().is_nan().to(x.dtype()).sum_keep(-1);
        let last = if ignore_nan {
            nan.full_like(size as f64 - 1.0) - &nan
        } else {
            nan.full_like(size as f64 - 1.0)
        };
        let last = last.clamp(0.0, f64::INFINITY);
        // Ranks [rows …, q].
        let rank = q.flatten() * &last;
        let exact = settled(&rank.value());
        let whole = |exact: Tensor| rank.tape().constant(exact);
        let rank = match how {
            Interpolation::Linear | Interpolation::Midpoint => rank,
            Interpolation::Lower => whole(exact.floor()),
            Interpolation::Higher => whole(exact.ceil()),
            Interpolation::Nearest => whole(exact.round()),
        };
        let between = if how == Interpolation::Midpoint { exact } else { rank.value() };
        let (low, high) = (between.floor(), between.ceil());
        let pick = |rank: &Tensor| sorted.gather(-1, &rank.to(DType::I64));
        let weight = match how {
            Interpolation::Midpoint => rank.tape().constant((&high - &low) * 0.5),
            _ => rank - &low,
        };
        let y = pick(&low) + weight * (pick(&high) - pick(&low));
        let y = if ignore_nan { y } else { y.masked_fill(&nan.gt(0.0), f64::NAN) };
        let y = y.move_axis(-1, 0);
        if q.rank() == 0 { y.select(0, 0) } else { y }
    }
}
