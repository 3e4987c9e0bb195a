//! Running results along an axis: sums, products, extremes, logarithms of sums of exponentials.

use gradus_tensor::{Tensor, axis_index};

use crate::op::{Backward, Form, Op};
use crate::ops::elementwise::operators::{Operand, promoted};
use crate::ops::expect;
use crate::var::Var;

/// `$y_i = \sum_{j \le i} x_j$`; rule: the running sum from the end.
#[derive(Debug)]
struct CumulativeSum(isize);

impl Op for CumulativeSum {
    fn name(&self) -> &'static str {
        "cumsum"
    }
    fn form(&self) -> Form {
        Form::Linear
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].cumsum(self.0)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        step.give(0, step.dy().flip(self.0).cumsum(self.0).flip(self.0));
    }
    fn words(&self) -> &'static str {
        "running sums: each element gets the sum of the later ȳ"
    }
}

/// # Cumulative sums, differences, integrals
impl<'t> Var<'t> {
    /// Running sums `$y_i = \sum_{j \le i} x_j$` along an axis, in the same shape.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn cumsum(self, axis: isize) -> Self {
        let axis = axis_index("cumsum", axis, &self.shape()) as isize;
        self.tape().apply(CumulativeSum(axis), &[self])
    }

    /// Running products `$y_i = \prod_{j \le i} x_j$` along an axis, in the same shape. The gradient is exact
    /// with zeros.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn cumprod(self, axis: isize) -> Self {
        expect::floats("cumprod", self.dtype());
        self.scan("cumprod", axis, |a, b| a * b)
    }

    /// `$y_i = \ln \sum_{j \le i} e^{x_j}$` along an axis, without overflow, in the same shape.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn logcumsumexp(self, axis: isize) -> Self {
        expect::floats("logcumsumexp", self.dtype());
        self.scan("logcumsumexp", axis, Self::logaddexp)
    }

    /// Running maxima `$y_i = \max_{j \le i} x_j$` along an axis, and where each was found (I64), the last of
    /// equal ones; both in the same shape.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn cummax(self, axis: isize) -> (Self, Tensor) {
        let axis = axis_index("cummax", axis, &self.shape()) as isize;
        let (_, places) = self.value().cummax(axis);
        (self.gather(axis, &places), places)
    }

    /// Running minima `$y_i = \min_{j \le i} x_j$` along an axis, and where each was found (I64), the last of
    /// equal ones; both in the same shape.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn cummin(self, axis: isize) -> (Self, Tensor) {
        let axis = axis_index("cummin", axis, &self.shape()) as isize;
        let (_, places) = self.value().cummin(axis);
        (self.gather(axis, &places), places)
    }

    /// Running results of an associative operation, over distances 1, 2, 4, … (Hillis and Steele, 1986).
    #[track_caller]
    fn scan(self, op: &str, axis: isize, join: impl Fn(Self, Self) -> Self) -> Self {
        let shape = self.shape();
        let at = axis_index(op, axis, &shape);
        let (n, axis) = (shape[at], at as isize);
        let (mut y, mut distance) = (self, 1);
        while distance < n {
            let joined = join(y.narrow(axis, distance, n - distance), y.narrow(axis, 0, n - distance));
            y = Self::cat(&[y.narrow(axis, 0, distance), joined], axis);
            distance *= 2;
        }
        y
    }

    /// Differences of neighbours along an axis, `$y_i = x_{i+1} - x_i$`, `n` times over: the axis is shorter by
    /// `n`.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn diff(self, n: usize, axis: isize) -> Self {
        expect::floats("diff", self.dtype());
        let at = axis_index("diff", axis, &self.shape());
        let mut y = self;
        for _ in 0..n {
            let size = y.shape()[at];
            if size == 0 {
                break;
            }
            y = y.narrow(at as isize, 1, size - 1) - y.narrow(at as isize, 0, size - 1);
        }
        y
    }

    /// The areas of the trapezoids between neighbours along an axis,
    /// `$y_i = \tfrac{x_i + x_{i+1}}{2} \Delta_i$`, with the distances Δ in `spacing`, which broadcasts: the
    /// axis is shorter by 1. Their sum is the integral.
    ///
    /// # Panics
    /// If the axis is out of range or the shapes do not broadcast.
    #[doc(alias = "trapezoid")]
    #[doc(alias = "trapz")]
    #[doc(alias = "cumulative_trapezoid")]
    #[track_caller]
    pub fn trapezoids(self, spacing: impl Operand<'t>, axis: isize) -> Self {
        let [x, spacing] = promoted([self, self.operand("trapezoids", spacing)]);
        let shape = x.shape();
        let at = axis_index("trapezoids", axis, &shape);
        let size = shape[at];
        let areas = shape.with(at, size.saturating_sub(1));
        expect::fits("trapezoids", "the spacing", &spacing.shape(), &areas);
        if size < 2 {
            return x.narrow(at as isize, 0, 0);
        }
        let pairs = x.narrow(at as isize, 1, size - 1) + x.narrow(at as isize, 0, size - 1);
        pairs * spacing * 0.5
    }
}

/// # Cumulative sums, differences, integrals
impl<'t> Var<'t> {
    /// The derivative along an axis of values at the given places, as `numpy.gradient` takes it: inside by the parabola
    /// through three neighbours, at the ends by the difference of two, or (`second_order`) by the parabola, too.
    ///
    /// # Panics
    /// If the axis is out of range, has another size than `places`, or is too short.
    #[doc(alias = "gradient")]
    #[track_caller]
    pub fn coordinate_gradient(self, places: &[f64], axis: isize, second_order: bool) -> Self {
        expect::floats("coordinate_gradient", self.dtype());
        let n = places.len();
        let needed = if second_order { 3 } else { 2 };
        assert!(n >= needed, "coordinate_gradient: needs at least {needed} places, got {n}");
        let shape = self.shape();
        let at = axis_index("coordinate_gradient", axis, &shape);
        assert!(
            shape[at] == n,
            "coordinate_gradient: {n} places for axis {axis} of {shape}, of size {}",
            shape[at]
        );
        // The slope at x of the parabola through three places.
        let parabola = |at: f64, i: usize| {
            let [a, b, c] = [places[i], places[i + 1], places[i + 2]];
            let weight = |x: f64, y: f64, z: f64| (2.0 * at - y - z) / ((x - y) * (x - z));
            vec![(i, weight(a, b, c)), (i + 1, weight(b, a, c)), (i + 2, weight(c, a, b))]
        };
        let line = |i: usize| {
            let slope = 1.0 / (places[i + 1] - places[i]);
            vec![(i, -slope), (i + 1, slope)]
        };
        let row = |i: usize| match i {
            0 if second_order => parabola(places[0], 0),
            0 => line(0),
            _ if i + 1 < n => parabola(places[i], i - 1),
            _ if second_order => parabola(places[i], n - 3),
            _ => line(n - 2),
        };
        self.along_axis(at as isize, gradus_tensor::pool::Taps { input: n, rows: (0..n).map(row).collect() })
    }
}
