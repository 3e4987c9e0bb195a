//! Windows: where each lies, and how they become columns and columns windows.

use std::ops::Range;

use crate::kernel::gemm::Product;
use crate::kernel::{STRETCH, run};

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
    pub(super) fn own<'a>(&self, sizes: &'a [usize; 3]) -> &'a [usize] {
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

    /// Calls `each(row, output place, input place, count)` for every run of `count` output places along the last axis, whose
    /// input places are `stride[2]` apart, in these rows `(c, k)` of the columns; the first of them is row 0. Runs outside of
    /// the input are left out.
    #[inline(always)]
    fn runs(&self, rows: &Range<usize>, mut each: impl FnMut(usize, usize, usize, usize)) {
        let out = self.output();
        let [id, ih, iw] = self.input;
        let taps: usize = self.kernel.iter().product();
        let first = rows.start / taps.max(1);
        let mut row = first * taps;
        for c in first..rows.end.div_ceil(taps.max(1)) {
            for kd in 0..self.kernel[0] {
                let (rd, fd) = self.valid(0, kd, out[0]);
                for kh in 0..self.kernel[1] {
                    let (rh, fh) = self.valid(1, kh, out[1]);
                    for kw in 0..self.kernel[2] {
                        let at = row;
                        row += 1;
                        if !rows.contains(&at) {
                            continue;
                        }
                        let (rw, fw) = self.valid(2, kw, out[2]);
                        for (i, od) in rd.clone().enumerate() {
                            for (j, oh) in rh.clone().enumerate() {
                                let d = fd + i * self.stride[0];
                                let h = fh + j * self.stride[1];
                                let to = (od * out[1] + oh) * out[2] + rw.start;
                                each(at - rows.start, to, ((c * id + d) * ih + h) * iw + fw, rw.len());
                            }
                        }
                    }
                }
            }
        }
    }

    /// Whether the columns are the input itself.
    pub(super) fn is_pointwise(&self) -> bool {
        self.kernel == [1; 3] && self.stride == [1; 3] && self.padding == [0; 3]
    }
}

/// Writes these rows `(c, k)` of the columns, one column for each output place.
pub(super) fn to_columns<T: Copy + Default>(w: &Window, rows: &Range<usize>, x: &[T], columns: &mut [T]) {
    let places: usize = w.output().iter().product();
    if w.padding != [0; 3] {
        columns.fill(T::default());
    }
    let step = w.stride[2];
    run(
        #[inline(always)]
        || {
            w.runs(
                rows,
                #[inline(always)]
                |row, to, from, n| {
                    let column = &mut columns[row * places + to..][..n];
                    if step == 1 {
                        copy_short(&x[from..from + n], column);
                    } else {
                        column.iter_mut().zip(x[from..].iter().step_by(step)).for_each(|(y, &x)| *y = x);
                    }
                },
            );
        },
    );
}

/// Copies a run that is short: vector by vector, the last one over the end of the one before.
#[inline(always)]
pub(super) fn copy_short<T: Copy>(x: &[T], y: &mut [T]) {
    let n = y.len();
    if n < STRETCH {
        y.iter_mut().zip(x).for_each(|(y, &x)| *y = x);
        return;
    }
    for (y, x) in y.as_chunks_mut::<STRETCH>().0.iter_mut().zip(x.as_chunks::<STRETCH>().0) {
        *y = *x;
    }
    y[n - STRETCH..].copy_from_slice(&x[n - STRETCH..n]);
}

/// Adds a run that is short: vector by vector, then half a vector, then the rest.
#[inline(always)]
fn add_short<T: Product>(x: &[T], y: &mut [T]) {
    #[inline(always)]
    fn by<'a, T: Product, const N: usize>(x: &'a [T], y: &'a mut [T]) -> (&'a [T], &'a mut [T]) {
        let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<N>(), y.as_chunks_mut::<N>());
        for (y, x) in y.iter_mut().zip(x) {
            for (y, &x) in y.iter_mut().zip(x) {
                *y += x;
            }
        }
        (x_rest, y_rest)
    }
    let (x, y) = by::<T, STRETCH>(x, y);
    let (x, y) = by::<T, 4>(x, y);
    by::<T, 1>(x, y);
}

/// Adds these rows of columns to the places they came from: the transpose of [`to_columns`].
pub(super) fn from_columns<T: Product>(w: &Window, rows: &Range<usize>, columns: &[T], x: &mut [T]) {
    let places: usize = w.output().iter().product();
    let step = w.stride[2];
    run(
        #[inline(always)]
        || {
            w.runs(
                rows,
                #[inline(always)]
                |row, to, from, n| {
                    let column = &columns[row * places + to..][..n];
                    if step == 1 {
                        add_short(column, &mut x[from..from + n]);
                    } else {
                        x[from..].iter_mut().step_by(step).zip(column).for_each(|(x, &c)| *x += c);
                    }
                },
            );
        },
    );
}
