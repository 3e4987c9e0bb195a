//! Samples inside their padding, one plane for each phase of the strides, in which every tap of a kernel is one stretch.
//!
//! In a padded plane the windows' elements at one tap lie one behind the other, if the ends of rows are taken along: `n`
//! elements from the tap's place on. So a column is one copy, and its gradient one sum, instead of one for each row. Strides
//! are divided out beforehand: places `s i + r` of an axis become place i of phase r. What is computed at the ends of rows is
//! left out of the result, and weighs 0 in the gradients.

use std::ops::Range;

use super::window::{Window, copy_short};
use crate::kernel::axpy::add;
use crate::kernel::gemm::Product;
use crate::kernel::run;

/// Whether a padded plane is not far larger than what lies in it.
pub(super) fn is_near(padded: usize, inside: usize) -> bool {
    padded / 8 <= inside + 64
}

/// How the samples of a convolution lie.
pub(super) struct Planes {
    window: Window,
    out: [usize; 3],
    /// Sizes of one phase.
    phase: [usize; 3],
    /// Where each tap begins in a channel.
    pub(super) taps: Vec<usize>,
    /// Elements of all phases of a channel.
    pub(super) channel: usize,
    /// Elements from the first window to the last.
    pub(super) n: usize,
}

impl Planes {
    /// For a window of which the ends of rows are not too much of a plane.
    pub(super) fn new(w: &Window) -> Option<Self> {
        let places: usize = w.output().iter().product();
        Self::of(w).filter(|planes| !w.is_pointwise() && planes.n <= places + places / 2)
    }

    /// For a window that is not mostly padding.
    pub(super) fn of(w: &Window) -> Option<Self> {
        let out = w.output();
        let phase: [usize; 3] =
            std::array::from_fn(|a| (w.input[a] + 2 * w.padding[a]).div_ceil(w.stride[a]));
        let at = |[d, h, v]: [usize; 3]| (d * phase[1] + h) * phase[2] + v;
        let (plane, places): (usize, usize) = (w.input.iter().product(), out.iter().product());
        let size = w.stride.iter().chain(&phase).try_fold(1usize, |size, &n| size.checked_mul(n))?;
        if places == 0 || plane == 0 || !is_near(size, plane + places) {
            return None;
        }
        let n = at(out.map(|n| n - 1)) + 1;
        let one = size / w.stride.iter().product::<usize>();
        let mut taps = Vec::with_capacity(w.kernel.iter().product());
        for d in 0..w.kernel[0] {
            for h in 0..w.kernel[1] {
                for v in 0..w.kernel[2] {
                    let place: [usize; 3] = std::array::from_fn(|a| [d, h, v][a] * w.dilation[a]);
                    let rest: [usize; 3] = std::array::from_fn(|a| place[a] % w.stride[a]);
                    let which = (rest[0] * w.stride[1] + rest[1]) * w.stride[2] + rest[2];
                    taps.push(which * one + at(std::array::from_fn(|a| place[a] / w.stride[a])));
                }
            }
        }
        Some(Self { window: *w, out, phase, taps, channel: size, n })
    }

    /// Where so many windows along each axis begin in a padded channel that has one phase.
    pub(super) fn windows(&self, count: [usize; 3], stride: [usize; 3]) -> Vec<usize> {
        let mut windows = Vec::with_capacity(count.iter().product());
        for d in (0..count[0]).map(|d| d * stride[0]) {
            for h in (0..count[1]).map(|h| h * stride[1]) {
                let row = (d * self.phase[1] + h) * self.phase[2];
                windows.extend((0..count[2]).map(|v| row + v * stride[2]));
            }
        }
        windows
    }

    /// Calls `each(element, element of the padded channel)` for the first element of each row of a channel and each phase
    /// along it; further elements of the row are a stride apart.
    #[inline(always)]
    fn rows(&self, mut each: impl FnMut(usize, usize)) {
        let w = &self.window;
        let one: usize = self.phase.iter().product();
        for d in 0..w.input[0] {
            for h in 0..w.input[1] {
                let (pd, ph) = (d + w.padding[0], h + w.padding[1]);
                let which = (pd % w.stride[0] * w.stride[1] + ph % w.stride[1]) * w.stride[2];
                let row = (pd / w.stride[0] * self.phase[1] + ph / w.stride[1]) * self.phase[2];
                for v in 0..w.stride[2].min(w.input[2]) {
                    let pv = v + w.padding[2];
                    let to = (which + pv % w.stride[2]) * one + row + pv / w.stride[2];
                    each((d * w.input[1] + h) * w.input[2] + v, to);
                }
            }
        }
    }

    /// Elements of a row in the phase that begins with this one.
    #[inline(always)]
    fn in_row(&self, from: usize) -> usize {
        let w = &self.window;
        (w.input[2] - from % w.input[2]).div_ceil(w.stride[2])
    }

    /// Puts the channels of a sample into their padding.
    pub(super) fn pad<T: Product>(&self, x: &[T], padded: &mut [T]) {
        padded.fill(T::ZERO);
        let (plane, step): (usize, usize) = (self.window.input.iter().product(), self.window.stride[2]);
        run(
            #[inline(always)]
            || {
                for (x, padded) in x.chunks_exact(plane).zip(padded.chunks_exact_mut(self.channel)) {
                    self.rows(
                        #[inline(always)]
                        |from, to| {
                            let y = &mut padded[to..][..self.in_row(from)];
                            if step == 1 {
                                return copy_short(&x[from..][..y.len()], y);
                            }
                            y.iter_mut().zip(x[from..].iter().step_by(step)).for_each(|(y, &x)| *y = x);
                        },
                    );
                }
            },
        );
    }

    /// Takes the channels of a sample out of their padding.
    pub(super) fn crop<T: Product>(&self, padded: &[T], x: &mut [T]) {
        let (plane, step): (usize, usize) = (self.window.input.iter().product(), self.window.stride[2]);
        run(
            #[inline(always)]
            || {
                for (x, padded) in x.chunks_exact_mut(plane).zip(padded.chunks_exact(self.channel)) {
                    self.rows(
                        #[inline(always)]
                        |from, to| {
                            let y = &padded[to..][..self.in_row(from)];
                            if step == 1 {
                                return copy_short(y, &mut x[from..][..y.len()]);
                            }
                            x[from..].iter_mut().step_by(step).zip(y).for_each(|(x, &y)| *x = y);
                        },
                    );
                }
            },
        );
    }

    /// Where row `(c, k)` of the columns begins in the padded channels.
    fn row(&self, row: usize) -> usize {
        row / self.taps.len() * self.channel + self.taps[row % self.taps.len()]
    }

    /// Writes these rows `(c, k)` of the columns of padded channels, `n` elements each.
    pub(super) fn columns<T: Product>(&self, padded: &[T], rows: &Range<usize>, columns: &mut [T]) {
        for (row, column) in rows.clone().zip(columns.chunks_exact_mut(self.n)) {
            column.copy_from_slice(&padded[self.row(row)..][..self.n]);
        }
    }

    /// Adds these rows of columns to the places of padded channels that they came from: the transpose of [`Self::columns`].
    pub(super) fn add_columns<T: Product>(&self, columns: &[T], rows: &Range<usize>, padded: &mut [T]) {
        for (row, column) in rows.clone().zip(columns.chunks_exact(self.n)) {
            add(column, &mut padded[self.row(row)..][..self.n]);
        }
    }

    /// Calls `each(output place, element of the columns)` for the first element of each row of outputs.
    #[inline(always)]
    fn outputs(&self, mut each: impl FnMut(usize, usize)) {
        for d in 0..self.out[0] {
            for h in 0..self.out[1] {
                each((d * self.out[1] + h) * self.out[2], (d * self.phase[1] + h) * self.phase[2]);
            }
        }
    }

    /// Puts outputs, `places` for each channel, among zeros, `n` for each.
    pub(super) fn spread<T: Product>(&self, y: &[T], wide: &mut [T]) {
        wide.fill(T::ZERO);
        let (places, row): (usize, usize) = (self.out.iter().product(), self.out[2]);
        run(
            #[inline(always)]
            || {
                for (y, wide) in y.chunks_exact(places).zip(wide.chunks_exact_mut(self.n)) {
                    self.outputs(
                        #[inline(always)]
                        |at, to| copy_short(&y[at..][..row], &mut wide[to..][..row]),
                    );
                }
            },
        );
    }

    /// Takes the outputs out of what [`Self::spread`] makes of them.
    pub(super) fn gather<T: Product>(&self, wide: &[T], y: &mut [T]) {
        let (places, row): (usize, usize) = (self.out.iter().product(), self.out[2]);
        run(
            #[inline(always)]
            || {
                for (y, wide) in y.chunks_exact_mut(places).zip(wide.chunks_exact(self.n)) {
                    self.outputs(
                        #[inline(always)]
                        |at, from| copy_short(&wide[from..][..row], &mut y[at..][..row]),
                    );
                }
            },
        );
    }
}
