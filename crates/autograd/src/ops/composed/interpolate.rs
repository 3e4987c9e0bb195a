//! Interpolation of `[N, C, …]` to other spatial sizes, axis by axis, and sampling at given places.

use gradus_tensor::pool::Taps;
use gradus_tensor::{DType, Shape, Tensor};

use crate::ops::conv::each;
use crate::ops::elementwise::operators::{Operand, promoted};
use crate::ops::expect;
use crate::var::Var;

/// How values between the elements arise. The conventions are PyTorch's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resize {
    /// The element at `$\lfloor o s \rfloor$` with the scale s.
    #[default]
    Nearest,
    /// The element at `$\lfloor (o + \tfrac12) s \rfloor$`.
    NearestExact,
    /// On the line (plane, …) between the neighbours; `corners`: the outermost elements stay where they are.
    Linear {
        /// Whether the corners are aligned.
        corners: bool,
    },
    /// On the cubic through four neighbours with the parameter -3/4 (Keys, 1981).
    Cubic {
        /// Whether the corners are aligned.
        corners: bool,
    },
    /// The mean of the elements an element covers.
    Area,
}

/// Weights of four neighbours at distances 1 + t, t, 1 - t, 2 - t.
fn cubic(t: f64) -> [f64; 4] {
    const A: f64 = -0.75;
    let near = |x: f64| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let far = |x: f64| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
    [far(t + 1.0), near(t), near(1.0 - t), far(2.0 - t)]
}

/// The weights along one axis; `step` is the distance of two results in the input.
fn weights(size: usize, out: usize, step: f64, how: Resize) -> Taps {
    let last = size as isize - 1;
    let clamp = |i: isize| i.clamp(0, last) as usize;
    // PyTorch computes the nearest place in f32.
    let single = step as f32;
    let source = |o: usize, corners: bool| {
        if corners {
            o as f64 * if out > 1 { last as f64 / (out - 1) as f64 } else { 0.0 }
        } else {
            (o as f64 + 0.5) * step - 0.5
        }
    };
    let row = |o: usize| match how {
        Resize::Nearest => vec![(clamp((o as f32 * single).floor() as isize), 1.0)],
        Resize::NearestExact => vec![(clamp(((o as f32 + 0.5) * single).floor() as isize), 1.0)],
        Resize::Linear { corners } => {
            let at = source(o, corners).max(0.0);
            let (i, t) = (clamp(at.floor() as isize), at - at.floor());
            vec![(i, 1.0 - t), (clamp(i as isize + 1), t)]
        }
        Resize::Cubic { corners } => {
            let at = source(o, corners);
            let first = at.floor() as isize - 1;
            (first..first + 4).map(clamp).zip(cubic(at - at.floor())).collect()
        }
        Resize::Area => {
            let window = o * size / out..((o + 1) * size).div_ceil(out);
            let weight = 1.0 / window.len() as f64;
            window.map(|i| (i, weight)).collect()
        }
    };
    // A neighbour that weighs nothing is none: it may be infinite.
    let counted = |o: usize| row(o).into_iter().filter(|tap| tap.1 != 0.0).collect();
    Taps { input: size, rows: (0..out).map(counted).collect() }
}

/// Panics if elements are wanted of an axis that has none, or more than memory can have.
#[track_caller]
fn check_sizes(op: &str, shape: &Shape, out: &[usize]) {
    gradus_tensor::checked_product(op, &[shape[0], shape[1], gradus_tensor::checked_product(op, out)]);
    for (a, (&n, &m)) in shape[2..].iter().zip(out).enumerate() {
        assert!(n > 0 || m == 0, "{op}: spatial axis {a} of {shape} has no elements to take");
        gradus_tensor::checked_product(op, &[n, m]);
    }
}

/// What lies outside of a sampled image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outside {
    /// Zeros.
    #[default]
    Zeros,
    /// The element at the border.
    Border,
    /// The mirror image.
    Reflection,
}

/// # Resizing and sampling
impl<'t> Var<'t> {
    /// The spatial axes of `[N, C, …]` brought to the sizes `out`, with values between the elements as `how`
    /// says: of lines and cubics, along an axis of size n, place o of m lies at `$(o + \tfrac12)\, n / m - \tfrac12$`, with aligned
    /// corners at `$o (n - 1)/(m - 1)$`.
    ///
    /// # Panics
    /// If the number of sizes is not that of the spatial axes.
    #[doc(alias = "interpolate")]
    #[doc(alias = "upsample")]
    #[track_caller]
    pub fn resize(self, out: &[usize], how: Resize) -> Self {
        expect::floats("resize", self.dtype());
        let shape = self.shape();
        expect::at_least("resize", &shape, 3, "[N, C, spatial axes]");
        let sizes = &shape[2..];
        let out = each("resize", out, sizes.len());
        check_sizes("resize", &shape, &out);
        let steps: Vec<f64> = sizes.iter().zip(&out).map(|(&n, &m)| n as f64 / m.max(1) as f64).collect();
        self.resize_by(&out, &steps, how)
    }

    /// As [`Self::resize`], with the distance of two results in the input given for each axis (the reciprocal of a scale
    /// factor) instead of taken from the sizes.
    ///
    /// # Panics
    /// If a list has another length than there are spatial axes.
    #[doc(alias = "interpolate")]
    #[track_caller]
    pub fn resize_by(self, out: &[usize], steps: &[f64], how: Resize) -> Self {
        expect::floats("resize_by", self.dtype());
        let shape = self.shape();
        expect::at_least("resize_by", &shape, 3, "[N, C, spatial axes]");
        let n = shape.len() - 2;
        assert!(
            out.len() == n && steps.len() == n,
            "resize_by: {} sizes and {} steps for the {n} spatial axes of {shape}",
            out.len(),
            steps.len()
        );
        check_sizes("resize_by", &shape, out);
        for &step in steps {
            expect::number("resize_by", "a step", step, step > 0.0 && step.is_finite(), "finite and above 0");
        }
        let axis =
            |y: Self, a: usize| y.along_axis(a as isize + 2, weights(shape[a + 2], out[a], steps[a], how));
        (0..out.len()).fold(self, axis)
    }

    /// The image `[N, C, H, W]` at places `[N, h, w, 2]` (x, then y, between -1 and 1): `[N, C, h, w]`.
    /// Differentiable in the places, too. `corners`: -1 and 1 are the centres of the outermost elements, else
    /// their outer edges.
    ///
    /// # Panics
    /// If the sizes do not fit.
    ///
    /// # Source
    /// Jaderberg et al., "Spatial Transformer Networks", 2015.
    #[track_caller]
    pub fn grid_sample(self, places: impl Operand<'t>, how: Resize, outside: Outside, corners: bool) -> Self {
        let [image, places] = promoted([self, self.operand("grid_sample", places)]);
        let (x, g) = (image.shape(), places.shape());
        let fits = x.len() == 4 && g.len() == 4 && g[3] == 2 && g[0] == x[0];
        assert!(fits, "grid_sample: an image [N, C, H, W] and places [N, h, w, 2], got {x} and {g}");
        assert!(
            x[2] > 0 && x[3] > 0 || g.elements() == 0,
            "grid_sample: the image {x} has no elements to take"
        );
        let coordinate = |k: isize, size: usize| {
            let at = places.select(3, k);
            let at = if corners {
                (at + 1.0) * ((size as f64 - 1.0) / 2.0)
            } else {
                ((at + 1.0) * size as f64 - 1.0) / 2.0
            };
            if matches!(how, Resize::Cubic { .. }) { at } else { inside(at, size, outside, corners) }
        };
        let (col, row) = (coordinate(0, x[3]), coordinate(1, x[2]));
        let sample = |i: &Tensor, j: &Tensor| image.pixels(i, j, outside, corners);
        match how {
            Resize::Nearest | Resize::NearestExact => sample(&row.value().round(), &col.value().round()),
            Resize::Cubic { .. } => {
                let (i, j) = (row.value().floor(), col.value().floor());
                let (wi, wj) = (cubic_weights(row - &i), cubic_weights(col - &j));
                let line = |k: usize| -> Self {
                    let at = |l: usize| {
                        wj[l].unsqueeze(1).weigh(sample(&(&i + (k as f64 - 1.0)), &(&j + (l as f64 - 1.0))))
                    };
                    wi[k].unsqueeze(1).weigh((0..4).map(at).sum::<Self>())
                };
                (0..4).map(line).sum()
            }
            _ => {
                let (i, j) = (row.value().floor(), col.value().floor());
                let (s, t) = ((row - &i).unsqueeze(1), (col - &j).unsqueeze(1));
                let (k, l) = (&i + 1.0, &j + 1.0);
                // Weighed: an infinite neighbour that weighs nothing gives nothing.
                ((1.0 - s) * (1.0 - t)).weigh(sample(&i, &j))
                    + ((1.0 - s) * t).weigh(sample(&i, &l))
                    + (s * (1.0 - t)).weigh(sample(&k, &j))
                    + (s * t).weigh(sample(&k, &l))
            }
        }
    }

    /// The elements of `[N, C, H, W]` at rows and columns `[N, h, w]`, which are whole numbers: `[N, C, h, w]`.
    fn pixels(self, row: &Tensor, col: &Tensor, outside: Outside, corners: bool) -> Self {
        let x = self.shape();
        let within = |at: &Tensor, size: usize| {
            let at = match outside {
                Outside::Reflection => {
                    let tape = crate::Tape::inference();
                    let at = inside(tape.constant(at), size, outside, corners).value();
                    at.round()
                }
                _ => at.clone(),
            };
            let ok = at.ge(0.0).and(&at.le(size as f64 - 1.0));
            // NaN and what lies outside takes place 0; its weight is 0 or its element the border's.
            let bounded = at.clamp(0.0, size as f64 - 1.0);
            (at.zeros_like().where_(&at.is_nan(), &bounded), ok)
        };
        let ((i, row_ok), (j, col_ok)) = (within(row, x[2]), within(col, x[3]));
        let flat = (&(&i * x[3] as f64) + &j).to(DType::I64);
        let (n, c, count) = (x[0], x[1], flat.elements() / x[0].max(1));
        let index = flat.reshape([n, 1, count]).expand([n, c, count]);
        let picked = self.reshape([n, c, x[2] * x[3]]).gather(2, &index);
        let y = picked.reshape([n, c, row.shape()[1], row.shape()[2]]);
        if outside == Outside::Zeros {
            y.masked_fill(&row_ok.and(&col_ok).logical_not().unsqueeze(1), 0.0)
        } else {
            y
        }
    }
}

/// A coordinate brought inside by clamping or reflection.
fn inside(at: Var<'_>, size: usize, outside: Outside, corners: bool) -> Var<'_> {
    let last = size as f64 - 1.0;
    let at = match outside {
        Outside::Zeros => return at,
        Outside::Border => at,
        Outside::Reflection => {
            let (low, span) = if corners { (0.0, last) } else { (-0.5, size as f64) };
            if span <= 0.0 {
                return at * 0.0;
            }
            let shifted = (at - low).abs();
            let flips = (&shifted.value() / span).floor();
            let rest = shifted - &(&flips * span);
            let odd = (&flips * 0.5).floor();
            let is_odd = (&flips - &(&odd * 2.0)).gt(0.5);
            (span - rest).where_(&is_odd, rest) + low
        }
    };
    at.clamp(0.0, last)
}

/// [`cubic`] of a recorded distance.
fn cubic_weights(t: Var<'_>) -> [Var<'_>; 4] {
    const A: f64 = -0.75;
    fn close(x: Var<'_>) -> Var<'_> {
        (x * (A + 2.0) - (A + 3.0)) * x * x + 1.0
    }
    fn far(x: Var<'_>) -> Var<'_> {
        ((x * A - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A
    }
    [far(t + 1.0), close(t), close(1.0 - t), far(2.0 - t)]
}
