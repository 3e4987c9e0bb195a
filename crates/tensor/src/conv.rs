//! Convolution: one product of matrices per sample and group, over columns that hold the window of each output place.
//!
//! The three functions are the slopes of one trilinear form `$\sum g \cdot (x * w)$` in its three arguments, so each is a
//! rule for the others. Values are `[N, C, spatial …]` with one to three spatial axes, weights `[O, C / groups, …]`.

use crate::kernel::gemm::{Mat, Product, gemm};
use crate::kernel::parallel;
use crate::kernel::pool::Buffer;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// Windows over up to three spatial axes; axes that a value lacks have kernel 1 in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The number of spatial axes, 1 to 3.
    pub rank: usize,
    /// Sizes of the input.
    pub input: [usize; 3],
    /// Sizes of the kernel.
    pub kernel: [usize; 3],
    /// Steps between windows.
    pub stride: [usize; 3],
    /// Zeros in front of and behind each axis.
    pub padding: [usize; 3],
    /// Steps inside a window.
    pub dilation: [usize; 3],
}

/// Sizes for `rank` spatial axes, filled up with `fill` in front.
#[track_caller]
pub fn spatial(sizes: &[usize], fill: usize) -> [usize; 3] {
    assert!((1..=3).contains(&sizes.len()), "windows: one to three spatial axes, got {}", sizes.len());
    let mut out = [fill; 3];
    out[3 - sizes.len()..].copy_from_slice(sizes);
    out
}

impl Window {
    /// The number of windows along each axis.
    ///
    /// # Panics
    /// If a window is longer than the padded axis, or the step between windows is zero.
    #[track_caller]
    pub fn output(&self) -> [usize; 3] {
        let mut out = [0; 3];
        for (a, out) in out.iter_mut().enumerate() {
            let n = self.padded(a);
            let span = self.span(a);
            assert!(self.stride[a] > 0, "windows: the step between them must not be zero");
            assert!(span <= n, "windows of {span} places do not fit an axis of {n} (padding included)");
            *out = (n - span) / self.stride[a] + 1;
        }
        out
    }

    /// The places of axis `a`, padding included.
    fn padded(&self, a: usize) -> usize {
        self.input[a].saturating_add(self.padding[a].saturating_mul(2))
    }

    /// How many places a window reaches over.
    fn span(&self, a: usize) -> usize {
        self.dilation[a].saturating_mul(self.kernel[a].max(1) - 1).saturating_add(1)
    }

    /// Panics if no window fits, or a step is zero; for the message: the operation, and the input and kernel as the caller
    /// knows them.
    #[track_caller]
    pub fn check(&self, op: &str, input: &[usize], kernel: &[usize]) {
        for a in 3 - self.rank..3 {
            let axis = a + self.rank - 3;
            let numbers =
                [("stride", self.stride[a]), ("dilation", self.dilation[a]), ("kernel", self.kernel[a])];
            if let Some((name, _)) = numbers.iter().find(|(_, n)| *n == 0) {
                panic!("{op}: the {name} of spatial axis {axis} is 0; it must be at least 1");
            }
            let (span, n) = (self.span(a), self.padded(a));
            assert!(
                span <= n && n <= isize::MAX as usize / 8,
                "{op}: input {input:?} with kernel {kernel:?}: a window of {span} places (dilation {}) does not fit spatial \
                 axis {axis} of {} with padding {}",
                self.dilation[a],
                self.input[a],
                self.padding[a]
            );
        }
    }

    /// The sizes of the spatial axes that exist.
    fn own<'a>(&self, sizes: &'a [usize; 3]) -> &'a [usize] {
        &sizes[3 - self.rank..]
    }

    /// Output places `o` of axis `a` whose input place `$o s + k d - p$` exists: a range, and the input place of the
    /// first.
    fn valid(&self, a: usize, k: usize, outputs: usize) -> (std::ops::Range<usize>, usize) {
        let (shift, stride) =
            ((k * self.dilation[a]) as isize - self.padding[a] as isize, self.stride[a] as isize);
        let start = if shift >= 0 { 0 } else { (-shift + stride - 1) / stride };
        let end = (self.input[a] as isize - shift + stride - 1).div_euclid(stride).clamp(0, outputs as isize);
        if start >= end {
            return (0..0, 0);
        }
        (start as usize..end as usize, (start * stride + shift) as usize)
    }

    /// Calls `each(column row, output place, input place, count)` for every run of `count` output places along the last
    /// axis, whose input places are `stride[2]` apart; runs outside of the input are left out.
    fn runs(&self, channels: usize, mut each: impl FnMut(usize, usize, usize, usize)) {
        let out = self.output();
        let [id, ih, iw] = self.input;
        let mut row = 0;
        for c in 0..channels {
            for kd in 0..self.kernel[0] {
                let (rd, fd) = self.valid(0, kd, out[0]);
                for kh in 0..self.kernel[1] {
                    let (rh, fh) = self.valid(1, kh, out[1]);
                    for kw in 0..self.kernel[2] {
                        let (rw, fw) = self.valid(2, kw, out[2]);
                        for (i, od) in rd.clone().enumerate() {
                            for (j, oh) in rh.clone().enumerate() {
                                let d = fd + i * self.stride[0];
                                let h = fh + j * self.stride[1];
                                let to = (od * out[1] + oh) * out[2] + rw.start;
                                each(row, to, ((c * id + d) * ih + h) * iw + fw, rw.len());
                            }
                        }
                        row += 1;
                    }
                }
            }
        }
    }

    /// Whether the columns are the input itself.
    fn is_pointwise(&self) -> bool {
        self.kernel == [1; 3] && self.stride == [1; 3] && self.padding == [0; 3]
    }
}

/// Writes the columns of `channels` channels: row `(c, k)`, one column for each output place.
fn to_columns<T: Copy + Default>(w: &Window, channels: usize, x: &[T], columns: &mut [T]) {
    let places: usize = w.output().iter().product();
    columns.fill(T::default());
    let step = w.stride[2];
    w.runs(channels, |row, to, from, n| {
        let column = &mut columns[row * places + to..][..n];
        if step == 1 {
            column.copy_from_slice(&x[from..from + n]);
        } else {
            column.iter_mut().zip(x[from..].iter().step_by(step)).for_each(|(y, &x)| *y = x);
        }
    });
}

/// Adds columns to the places they came from: the transpose of [`to_columns`].
fn from_columns<T: Product>(w: &Window, channels: usize, columns: &[T], x: &mut [T]) {
    let places: usize = w.output().iter().product();
    let step = w.stride[2];
    w.runs(channels, |row, to, from, n| {
        let column = &columns[row * places + to..][..n];
        if step == 1 {
            x[from..from + n].iter_mut().zip(column).for_each(|(x, &c)| *x += c);
        } else {
            x[from..].iter_mut().step_by(step).zip(column).for_each(|(x, &c)| *x += c);
        }
    });
}

/// Sizes that all three functions share.
struct Sizes {
    groups: usize,
    /// Channels of the input and of the output in one group.
    cin: usize,
    cout: usize,
    /// Elements of one kernel, of one input plane, of one output plane.
    taps: usize,
    plane: usize,
    places: usize,
}

impl Sizes {
    fn new(w: &Window, groups: usize, channels: usize, outputs: usize) -> Self {
        Self {
            groups,
            cin: channels / groups,
            cout: outputs / groups,
            taps: w.kernel.iter().product(),
            plane: w.input.iter().product(),
            places: w.output().iter().product(),
        }
    }

    /// Rough nanoseconds for one output element.
    fn cost(&self) -> f64 {
        self.cin as f64 * self.taps as f64 * 0.1
    }
}

fn matrix<T>(data: &[T], cols: usize) -> Mat<'_, T> {
    Mat { data, rs: cols as isize, cs: 1 }
}

fn transposed<T>(data: &[T], cols: usize) -> Mat<'_, T> {
    Mat { data, rs: 1, cs: cols as isize }
}

fn with_spatial(lead: &[usize], spatial: &[usize]) -> Shape {
    Shape::from(&[lead, spatial].concat())
}

/// `$y = x * w$` (without turning the kernel round): x is `[N, C, …]`, w `[O, C / groups, …]`, y `[N, O, …]`.
///
/// # Panics
/// If the sizes do not fit or the elements are not floats.
#[track_caller]
pub fn conv(x: &Tensor, weight: &Tensor, w: &Window, groups: usize) -> Tensor {
    let (n, channels, outputs) = (x.shape()[0], x.shape()[1], weight.shape()[0]);
    let s = Sizes::new(w, groups, channels, outputs);
    let out = w.output();
    with_float!("conv", x.dtype(), T => {
        let (x, weight) = (x.contiguous(), weight.contiguous());
        let (x, weight) = (x.as_slice::<T>(), weight.as_slice::<T>());
        Tensor::build::<T>(with_spatial(&[n, outputs], w.own(&out)), |y| {
            let size = outputs * s.places;
            if y.is_empty() {
                return;
            }
            parallel::chunks(y, size, s.cost(), |start, y| {
                let x = &x[start / size * channels * s.plane..][..channels * s.plane];
                conv_sample(x, weight, w, &s, y);
            });
        })
    })
}

fn conv_sample<T: Product>(x: &[T], weight: &[T], w: &Window, s: &Sizes, y: &mut [T]) {
    let rows = s.cin * s.taps;
    let mut scratch = Buffer::new::<T>(if w.is_pointwise() { 0 } else { rows.saturating_mul(s.places) });
    for g in 0..s.groups {
        let part = &x[g * s.cin * s.plane..][..s.cin * s.plane];
        let columns: &[T] = if w.is_pointwise() {
            part
        } else {
            let columns = scratch.get_mut::<T>().expect("one owner");
            to_columns(w, s.cin, part, columns);
            columns
        };
        let weight = &weight[g * s.cout * rows..][..s.cout * rows];
        let y = &mut y[g * s.cout * s.places..][..s.cout * s.places];
        gemm((s.cout, rows, s.places), matrix(weight, rows), matrix(columns, s.places), T::ONE, false, y);
    }
}

/// The window of each output place as a column: `[N, C, …]` to `[N, C · kernel, places]`.
///
/// # Panics
/// If a window does not fit or the elements are not floats.
#[track_caller]
pub fn columns(x: &Tensor, w: &Window) -> Tensor {
    let (n, channels) = (x.shape()[0], x.shape()[1]);
    let (taps, places): (usize, usize) = (w.kernel.iter().product(), w.output().iter().product());
    let plane: usize = w.input.iter().product();
    with_float!("columns", x.dtype(), T => {
        let x = x.contiguous();
        let x = x.as_slice::<T>();
        Tensor::build::<T>([n, channels.saturating_mul(taps), places], |out| {
            for (x, out) in x.chunks((channels * plane).max(1)).zip(out.chunks_mut((channels * taps * places).max(1))) {
                to_columns(w, channels, x, out);
            }
        })
    })
}

/// Columns added to the places they came from: the transpose of [`columns`].
///
/// # Panics
/// If the sizes do not fit or the elements are not floats.
#[track_caller]
pub fn from_windows(x: &Tensor, w: &Window) -> Tensor {
    let taps: usize = w.kernel.iter().product();
    let (n, channels) = (x.shape()[0], x.shape()[1] / taps.max(1));
    let (plane, places): (usize, usize) = (w.input.iter().product(), w.output().iter().product());
    with_float!("from_windows", x.dtype(), T => {
        let x = x.contiguous();
        let x = x.as_slice::<T>();
        Tensor::build::<T>(with_spatial(&[n, channels], w.own(&w.input)), |out| {
            out.fill(T::default());
            for (x, out) in x.chunks((channels * taps * places).max(1)).zip(out.chunks_mut((channels * plane).max(1))) {
                from_columns(w, channels, x, out);
            }
        })
    })
}

// The gradients: slopes in the input and in the weight.

/// The slope of [`conv`] in x, for outputs weighted by `g`: also the transposed convolution.
///
/// # Panics
/// If the sizes do not fit or the elements are not floats.
#[track_caller]
pub fn conv_input(weight: &Tensor, g: &Tensor, w: &Window, groups: usize) -> Tensor {
    let (n, outputs, channels) = (g.shape()[0], g.shape()[1], weight.shape()[1] * groups);
    let s = Sizes::new(w, groups, channels, outputs);
    with_float!("conv_input", g.dtype(), T => {
        let (g, weight) = (g.contiguous(), weight.contiguous());
        let (g, weight) = (g.as_slice::<T>(), weight.as_slice::<T>());
        Tensor::build::<T>(with_spatial(&[n, channels], w.own(&w.input)), |x| {
            let size = channels * s.plane;
            if x.is_empty() {
                return;
            }
            parallel::chunks(x, size, s.cost() * s.cout as f64 / s.cin.max(1) as f64, |start, x| {
                let g = &g[start / size * outputs * s.places..][..outputs * s.places];
                input_sample(weight, g, w, &s, x);
            });
        })
    })
}

fn input_sample<T: Product>(weight: &[T], g: &[T], w: &Window, s: &Sizes, x: &mut [T]) {
    let rows = s.cin * s.taps;
    let mut scratch = Buffer::new::<T>(if w.is_pointwise() { 0 } else { rows.saturating_mul(s.places) });
    for group in 0..s.groups {
        let weight = transposed(&weight[group * s.cout * rows..][..s.cout * rows], rows);
        let g = matrix(&g[group * s.cout * s.places..][..s.cout * s.places], s.places);
        let x = &mut x[group * s.cin * s.plane..][..s.cin * s.plane];
        if w.is_pointwise() {
            gemm((rows, s.cout, s.places), weight, g, T::ONE, false, x);
            continue;
        }
        let columns = &mut scratch.get_mut::<T>().expect("one owner")[..rows * s.places];
        gemm((rows, s.cout, s.places), weight, g, T::ONE, false, columns);
        x.fill(T::ZERO);
        from_columns(w, s.cin, columns, x);
    }
}

/// The slope of [`conv`] in its weight, for outputs weighted by `g`.
///
/// Samples are summed in blocks of fixed borders, so the bits do not depend on the number of threads.
///
/// # Panics
/// If the sizes do not fit or the elements are not floats.
#[track_caller]
pub fn conv_weight(x: &Tensor, g: &Tensor, w: &Window, groups: usize) -> Tensor {
    const BLOCKS: usize = 8;
    let (n, channels, outputs) = (x.shape()[0], x.shape()[1], g.shape()[1]);
    let s = Sizes::new(w, groups, channels, outputs);
    let size = s.groups * s.cout * s.cin * s.taps;
    with_float!("conv_weight", g.dtype(), T => {
        let (x, g) = (x.contiguous(), g.contiguous());
        let (x, g) = (x.as_slice::<T>(), g.as_slice::<T>());
        Tensor::build::<T>(with_spatial(&[outputs, s.cin], w.own(&w.kernel)), |out| {
            out.fill(T::default());
            if n == 0 || size == 0 {
                return;
            }
            let samples = n.div_ceil(BLOCKS);
            let mut partial = vec![T::default(); n.div_ceil(samples) * size];
            parallel::chunks(&mut partial, size, s.places as f64 * samples as f64 * 0.1, |start, sum| {
                let first = start / size * samples;
                for i in first..(first + samples).min(n) {
                    let x = &x[i * channels * s.plane..][..channels * s.plane];
                    let g = &g[i * outputs * s.places..][..outputs * s.places];
                    weight_sample(x, g, w, &s, sum);
                }
            });
            for sum in partial.chunks(size) {
                out.iter_mut().zip(sum).for_each(|(y, &x)| *y += x);
            }
        })
    })
}

fn weight_sample<T: Product>(x: &[T], g: &[T], w: &Window, s: &Sizes, sum: &mut [T]) {
    let rows = s.cin * s.taps;
    let mut scratch = Buffer::new::<T>(if w.is_pointwise() { 0 } else { rows.saturating_mul(s.places) });
    for group in 0..s.groups {
        let part = &x[group * s.cin * s.plane..][..s.cin * s.plane];
        let columns: &[T] = if w.is_pointwise() {
            part
        } else {
            let columns = scratch.get_mut::<T>().expect("one owner");
            to_columns(w, s.cin, part, columns);
            columns
        };
        let g = matrix(&g[group * s.cout * s.places..][..s.cout * s.places], s.places);
        let sum = &mut sum[group * s.cout * rows..][..s.cout * rows];
        gemm((s.cout, s.places, rows), g, transposed(columns, s.places), T::ONE, true, sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(input: &[usize], kernel: &[usize], stride: usize, padding: usize) -> Window {
        Window {
            rank: input.len(),
            input: spatial(input, 1),
            kernel: spatial(kernel, 1),
            stride: spatial(&vec![stride; input.len()], 1),
            padding: spatial(&vec![padding; input.len()], 0),
            dilation: [1; 3],
        }
    }

    #[test]
    fn a_difference_of_neighbours() {
        let x = Tensor::from([[[1.0, 4.0, 9.0, 16.0]]]);
        let w = window(&[4], &[2], 1, 0);
        assert_eq!(conv(&x, &Tensor::from([[[-1.0, 1.0]]]), &w, 1).to_vec::<f64>(), [3.0, 5.0, 7.0]);
    }

    #[test]
    fn the_three_slopes_of_one_form_agree() {
        let mut rng = crate::rng(3);
        let mut random = |shape: &[usize]| Tensor::randn_of(shape, crate::DType::F64, &mut rng);
        let w = window(&[5, 6], &[3, 2], 2, 1);
        let [_, h, v] = w.output();
        let (x, k, g) = (random(&[3, 4, 5, 6]), random(&[6, 2, 3, 2]), random(&[3, 6, h, v]));
        let form = (&conv(&x, &k, &w, 2) * &g).sum().item();
        assert!((form - (&conv_input(&k, &g, &w, 2) * &x).sum().item()).abs() < 1e-10);
        assert!((form - (&conv_weight(&x, &g, &w, 2) * &k).sum().item()).abs() < 1e-10);
    }
}
