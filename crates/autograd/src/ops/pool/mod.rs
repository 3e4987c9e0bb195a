//! Pooling: means, maxima and p-norms of windows, regular and adaptive, and its inverse. Values are `[N, C, …]` with one
//! to three spatial axes.
//!
//! Means are weighted sums along one axis after the other ([`Taps`]); maxima find their places and gather there, so ties
//! go to the first.

mod fractional;
mod options;

use gradus_tensor::pool::{self, Taps};
use gradus_tensor::{Shape, Tensor, axis_index, check_indices};

use crate::op::{Backward, Form, Op};
use crate::ops::conv::each;
use crate::ops::expect;
use crate::var::Var;

use options::Line;
pub use options::Pool;

/// A weighted sum along an axis; rule: the transposed weights.
#[derive(Debug, Clone)]
struct Along {
    axis: isize,
    taps: std::sync::Arc<Taps>,
    transpose: bool,
}

impl Op for Along {
    fn name(&self) -> &'static str {
        "along_axis"
    }
    fn form(&self) -> Form {
        Form::Linear
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        pool::along_axis(&x[0], self.axis, &self.taps, self.transpose)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let op = Self { transpose: !self.transpose, ..self.clone() };
        step.give(0, step.tape().apply(op, &[step.dy()]));
    }
    fn words(&self) -> &'static str {
        "weighted sums along an axis: ȳ through the transposed weights"
    }
}

/// The window of each place of an adaptive pooling: from `$\lfloor o n / m \rfloor$` to `$\lceil (o+1) n / m \rceil$`.
pub(crate) fn adaptive(size: usize, out: usize) -> Vec<Vec<usize>> {
    (0..out).map(|o| (o * size / out..((o + 1) * size).div_ceil(out)).collect()).collect()
}

/// Panics if there are windows of nothing.
#[track_caller]
fn check_adaptive(op: &str, shape: &Shape, sizes: &[usize], out: &[usize]) {
    gradus_tensor::checked_product(op, &[shape[0], shape[1], gradus_tensor::checked_product(op, out)]);
    for (a, (&n, &m)) in sizes.iter().zip(out).enumerate() {
        assert!(n > 0 || m == 0, "{op}: spatial axis {a} of {shape} is empty and has no windows");
        gradus_tensor::checked_product(op, &[n, m]);
    }
}

/// The spatial axes of `[N, C, …]`.
#[track_caller]
fn spatial_sizes(op: &str, shape: &Shape) -> Vec<usize> {
    assert!(
        (3..=5).contains(&shape.len()),
        "{op}: the input must be [N, C, 1 to 3 spatial axes], got {shape}"
    );
    shape[2..].to_vec()
}

/// # Pooling
impl<'t> Var<'t> {
    /// `$y_o = \sum_i w_{oi} x_i$` along an axis with sparse weights: its size becomes the number of their
    /// rows.
    ///
    /// # Panics
    /// If the size does not fit.
    #[track_caller]
    pub fn along_axis(self, axis: isize, taps: Taps) -> Self {
        let shape = self.shape();
        let at = axis_index("along_axis", axis, &shape);
        let n = taps.input;
        assert!(
            shape[at] == n,
            "along_axis: weights of {n} places for axis {axis} of {shape}, of size {}",
            shape[at]
        );
        for (place, _) in taps.rows.iter().flatten() {
            assert!(
                *place < n,
                "along_axis: place {} is out of range for axis {axis} of size {n}",
                *place as isize
            );
        }
        let axis = at as isize;
        let op = Along { axis, taps: std::sync::Arc::new(taps), transpose: false };
        self.tape().apply(op, &[self])
    }

    /// The mean of each window of `[N, C, …]`: spatial sizes `$\lfloor (n + 2q - k)/s \rfloor + 1$` with kernel
    /// k, stride s, padding q. What a mean is over where windows reach into the padding,
    /// [`Pool::count_padding`] and [`Pool::divisor`] say.
    ///
    /// # Panics
    /// If a window does not fit, or has gaps.
    #[doc(alias = "avg_pool1d")]
    #[doc(alias = "avg_pool2d")]
    #[doc(alias = "avg_pool3d")]
    #[track_caller]
    pub fn avg_pool(self, pool: &Pool) -> Self {
        expect::floats("avg_pool", self.dtype());
        self.window_means("avg_pool", pool)
    }

    #[track_caller]
    fn window_means(self, op: &str, pool: &Pool) -> Self {
        let lines = pool.lines(op, &spatial_sizes(op, &self.shape()));
        assert!(
            lines.iter().all(|line| line.dilation == 1),
            "{op}: dilation {:?}; only the windows of max_pool have gaps",
            pool.dilation
        );
        let sum =
            lines.iter().enumerate().fold(self, |y, (a, line)| y.along_axis(a as isize + 2, line.mean(pool)));
        pool.divisor.map_or(sum, |d| sum / d)
    }

    /// The mean of each window of `[N, C, …]` when an axis of size n is covered by m windows, from
    /// `$\lfloor o n / m \rfloor$` to `$\lceil (o + 1) n / m \rceil$`: the spatial sizes become `out`.
    ///
    /// # Panics
    /// If the number of sizes is not that of the spatial axes.
    #[doc(alias = "adaptive_avg_pool1d")]
    #[doc(alias = "adaptive_avg_pool2d")]
    #[doc(alias = "adaptive_avg_pool3d")]
    #[track_caller]
    pub fn adaptive_avg_pool(self, out: &[usize]) -> Self {
        expect::floats("adaptive_avg_pool", self.dtype());
        let sizes = spatial_sizes("adaptive_avg_pool", &self.shape());
        let out = each("adaptive_avg_pool", out, sizes.len());
        check_adaptive("adaptive_avg_pool", &self.shape(), &sizes, &out);
        let axis = |y: Self, a: usize| {
            let windows = adaptive(sizes[a], out[a]).into_iter().map(|w| {
                let n = w.len() as f64;
                (w, 1.0 / n)
            });
            y.along_axis(a as isize + 2, Taps::even(sizes[a], windows))
        };
        (0..sizes.len()).fold(self, axis)
    }

    /// The largest element of each window of `[N, C, …]`, and its flat place in the spatial axes (I64), both
    /// with spatial sizes `$\lfloor (n + 2q - d(k - 1) - 1)/s \rfloor + 1$` with kernel k, stride s, padding q,
    /// dilation d. The gradient goes to the first of equal elements.
    ///
    /// # Panics
    /// If a window does not fit.
    #[doc(alias = "max_pool1d")]
    #[doc(alias = "max_pool2d")]
    #[doc(alias = "max_pool3d")]
    #[track_caller]
    pub fn max_pool(self, pool: &Pool) -> (Self, Tensor) {
        pool.no_means("max_pool");
        let lines = pool.lines("max_pool", &spatial_sizes("max_pool", &self.shape()));
        self.max_of(lines.iter().map(Line::windows).collect())
    }

    /// The largest element of each window of `[N, C, …]`, with the windows of [`Self::adaptive_avg_pool`], and
    /// its flat place in the spatial axes (I64): the spatial sizes become `out`.
    ///
    /// # Panics
    /// If the number of sizes is not that of the spatial axes.
    #[doc(alias = "adaptive_max_pool1d")]
    #[doc(alias = "adaptive_max_pool2d")]
    #[doc(alias = "adaptive_max_pool3d")]
    #[track_caller]
    pub fn adaptive_max_pool(self, out: &[usize]) -> (Self, Tensor) {
        expect::floats("adaptive_max_pool", self.dtype());
        let sizes = spatial_sizes("adaptive_max_pool", &self.shape());
        let out = each("adaptive_max_pool", out, sizes.len());
        check_adaptive("adaptive_max_pool", &self.shape(), &sizes, &out);
        self.max_of(sizes.iter().zip(&out).map(|(&n, &m)| adaptive(n, m)).collect())
    }

    #[track_caller]
    fn max_of(self, mut windows: Vec<Vec<Vec<usize>>>) -> (Self, Tensor) {
        let shape = self.shape();
        let out: Vec<usize> = shape[..2].iter().copied().chain(windows.iter().map(Vec::len)).collect();
        while windows.len() < 3 {
            windows.insert(0, vec![vec![0]]);
        }
        let windows: [Vec<Vec<usize>>; 3] = windows.try_into().expect("three axes");
        let mut wide = vec![shape[0] * shape[1], 1, 1, 1];
        wide.splice(4 - (shape.len() - 2).., shape[2..].iter().copied());
        let (values, places) = pool::window_max(&self.value().reshape(wide), &windows);
        self.at_places(&values, places.reshape(&out))
    }

    /// The elements, known already, at flat places in the spatial axes, `[N, C, …]`, and the places.
    #[track_caller]
    fn at_places(self, values: &Tensor, places: Tensor) -> (Self, Tensor) {
        let (shape, out) = (self.shape(), *places.shape());
        let plane: usize = shape[2..].iter().product();
        let (rows, count) = (shape[0] * shape[1], out[2..].iter().product::<usize>());
        let index = places.reshape([rows, count]);
        let flat = self.reshape([rows, plane]).gathered(1, index, values.reshape([rows, count]));
        (flat.reshape(out), places)
    }

    /// The elements of `[N, C, …]` at the places (I64, same shape) that a max pooling found in spatial axes of
    /// sizes `out`; zeros elsewhere: `[N, C, out…]`. Where places repeat, as those of windows that overlap may, the last one
    /// counts; the slope of the others is 0.
    ///
    /// # Panics
    /// If a place is out of range.
    #[doc(alias = "max_unpool1d")]
    #[doc(alias = "max_unpool2d")]
    #[doc(alias = "max_unpool3d")]
    #[track_caller]
    pub fn max_unpool(self, places: &Tensor, out: &[usize]) -> Self {
        let shape = self.shape();
        let sizes = spatial_sizes("max_unpool", &shape);
        expect::shape("max_unpool", "the places", places.shape(), &shape);
        assert!(out.len() == sizes.len(), "max_unpool: sizes {out:?} for spatial axes {sizes:?}");
        let (rows, count) = (shape[0] * shape[1], sizes.iter().product::<usize>());
        let plane = gradus_tensor::checked_product("max_unpool", out);
        gradus_tensor::checked_product("max_unpool", &[rows, plane]);
        check_indices("max_unpool", places, plane, &format!("spatial axes {out:?}"));
        let zeros = self.tape().constant(Tensor::zeros_of([rows, plane], self.dtype()));
        let flat = zeros.scatter(1, &places.reshape([rows, count]), self.reshape([rows, count]));
        let sizes: Vec<usize> = shape[..2].iter().chain(out).copied().collect();
        flat.reshape(sizes)
    }

    /// `$(\sum x^p)^{1/p}$` of each window of `[N, C, …]`, with the shape of [`Self::avg_pool`]. Where the sum is 0 so is the
    /// slope; where it is negative there is no root, and the result is NaN.
    ///
    /// # Panics
    /// If a window does not fit.
    #[doc(alias = "lp_pool1d")]
    #[doc(alias = "lp_pool2d")]
    #[doc(alias = "lp_pool3d")]
    #[track_caller]
    pub fn lp_pool(self, p: f64, pool: &Pool) -> Self {
        expect::floats("lp_pool", self.dtype());
        pool.no_means("lp_pool");
        let rank = spatial_sizes("lp_pool", &self.shape()).len();
        expect::number("lp_pool", "the order p", p, p > 0.0 && p.is_finite(), "finite and above 0");
        let count: usize = each("lp_pool", &pool.kernel, rank).iter().product();
        let mean = self.powf(p).window_means("lp_pool", pool);
        let zero = mean.value().eq(0.0);
        (mean.masked_fill(&zero, 1.0) * count as f64).powf(1.0 / p).masked_fill(&zero, 0.0)
    }
}
