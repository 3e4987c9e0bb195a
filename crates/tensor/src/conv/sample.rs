//! One sample of a convolution and of its slopes: a product of matrices for each group.

use super::planes::Planes;
use super::window::{Window, from_columns, to_columns};
use crate::kernel::gemm::{Mat, Product, gemm};
use crate::kernel::pool::Buffer;
use crate::kernel::run;

/// Sizes that all three functions share.
pub(super) struct Sizes {
    pub(super) groups: usize,
    /// Channels of the input and of the output in one group.
    pub(super) cin: usize,
    pub(super) cout: usize,
    /// Elements of one kernel, of one input plane, of one output plane.
    pub(super) taps: usize,
    pub(super) plane: usize,
    pub(super) places: usize,
}

impl Sizes {
    pub(super) fn new(w: &Window, groups: usize, channels: usize, outputs: usize) -> Self {
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
    pub(super) fn cost(&self) -> f64 {
        self.cin as f64 * self.taps as f64 * 0.1
    }
}

fn matrix<T>(data: &[T], cols: usize) -> Mat<'_, T> {
    Mat { data, rs: cols as isize, cs: 1 }
}

fn transposed<T>(data: &[T], cols: usize) -> Mat<'_, T> {
    Mat { data, rs: 1, cs: cols as isize }
}

/// Adds a number to each channel of a sample.
pub(super) fn add_bias<T: Product>(bias: &[T], places: usize, y: &mut [T]) {
    run(
        #[inline(always)]
        || {
            for (y, &b) in y.chunks_exact_mut(places).zip(bias) {
                for y in y {
                    *y += b;
                }
            }
        },
    );
}

/// The outputs of one sample.
pub(super) fn conv_sample<T: Product>(x: &[T], weight: &[T], w: &Window, s: &Sizes, y: &mut [T]) {
    let mut scratch = Scratch::new::<T>(w, s);
    let n = scratch.n(s);
    let rows = s.cin * s.taps;
    for g in 0..s.groups {
        let weight = matrix(&weight[g * s.cout * rows..][..s.cout * rows], rows);
        let y = &mut y[g * s.cout * s.places..][..s.cout * s.places];
        let (columns, wide) = scratch.columns(w, s, &x[g * s.cin * s.plane..][..s.cin * s.plane]);
        let Some((planes, wide)) = wide else {
            gemm((s.cout, rows, n), weight, matrix(columns, n), T::ONE, false, y);
            continue;
        };
        gemm((s.cout, rows, n), weight, matrix(columns, n), T::ONE, false, wide);
        planes.gather(wide, y);
    }
}

/// The memory of one sample: its columns, and what lies in [`Planes`].
struct Scratch {
    planes: Option<Planes>,
    columns: Buffer,
    padded: Buffer,
    wide: Buffer,
}

/// What goes from the columns to the outputs or back: with [`Planes`] through outputs that are `n` long.
type Wide<'a, T> = Option<(&'a Planes, &'a mut [T])>;

impl Scratch {
    fn new<T: Product>(w: &Window, s: &Sizes) -> Self {
        let planes = Planes::new(w);
        let n = planes.as_ref().map_or(s.places, |planes| planes.n);
        let room = |elements: usize| Buffer::new::<T>(if w.is_pointwise() { 0 } else { elements });
        let of_planes = |each: usize, elements: fn(&Planes) -> usize| {
            room(planes.as_ref().map_or(0, |planes| each * elements(planes)))
        };
        let (padded, wide) =
            (of_planes(s.cin, |planes| planes.channel), of_planes(s.cout, |planes| planes.n));
        Self { columns: room((s.cin * s.taps).saturating_mul(n)), padded, wide, planes }
    }

    /// Elements of a row of the columns.
    fn n(&self, s: &Sizes) -> usize {
        self.planes.as_ref().map_or(s.places, |planes| planes.n)
    }

    /// The columns of the channels of one group.
    fn columns<'a, T: Product>(&'a mut self, w: &Window, s: &Sizes, x: &'a [T]) -> (&'a [T], Wide<'a, T>) {
        if w.is_pointwise() {
            return (x, None);
        }
        let rows = s.cin * s.taps;
        match &self.planes {
            None => {
                let columns = &mut room(&mut self.columns)[..rows * s.places];
                to_columns(w, s.cin, x, columns);
                (columns, None)
            }
            Some(planes) => {
                let columns = &mut room(&mut self.columns)[..rows * planes.n];
                planes.columns(x, &mut room(&mut self.padded)[..s.cin * planes.channel], columns);
                (columns, Some((planes, &mut room(&mut self.wide)[..s.cout * planes.n])))
            }
        }
    }
}

fn room<T: Product>(buffer: &mut Buffer) -> &mut [T] {
    buffer.get_mut::<T>().expect("one owner")
}

/// The slope in one sample.
pub(super) fn input_sample<T: Product>(weight: &[T], g: &[T], w: &Window, s: &Sizes, x: &mut [T]) {
    let rows = s.cin * s.taps;
    let mut scratch = Scratch::new::<T>(w, s);
    for group in 0..s.groups {
        let weight = transposed(&weight[group * s.cout * rows..][..s.cout * rows], rows);
        let g = &g[group * s.cout * s.places..][..s.cout * s.places];
        let x = &mut x[group * s.cin * s.plane..][..s.cin * s.plane];
        if w.is_pointwise() {
            gemm((rows, s.cout, s.places), weight, matrix(g, s.places), T::ONE, false, x);
            continue;
        }
        let Some(planes) = &scratch.planes else {
            let columns = &mut room(&mut scratch.columns)[..rows * s.places];
            gemm((rows, s.cout, s.places), weight, matrix(g, s.places), T::ONE, false, columns);
            x.fill(T::ZERO);
            from_columns(w, s.cin, columns, x);
            continue;
        };
        let wide = &mut room(&mut scratch.wide)[..s.cout * planes.n];
        planes.spread(g, wide);
        let columns = &mut room(&mut scratch.columns)[..rows * planes.n];
        gemm((rows, s.cout, planes.n), weight, matrix(wide, planes.n), T::ONE, false, columns);
        planes.add_columns(columns, &mut room(&mut scratch.padded)[..s.cin * planes.channel], x);
    }
}

/// Adds the slope in the weight that one sample has.
pub(super) fn weight_sample<T: Product>(x: &[T], g: &[T], w: &Window, s: &Sizes, sum: &mut [T]) {
    let rows = s.cin * s.taps;
    let mut scratch = Scratch::new::<T>(w, s);
    let n = scratch.n(s);
    for group in 0..s.groups {
        let g = &g[group * s.cout * s.places..][..s.cout * s.places];
        let (columns, wide) = scratch.columns(w, s, &x[group * s.cin * s.plane..][..s.cin * s.plane]);
        let g = match wide {
            None => g,
            Some((planes, wide)) => {
                planes.spread(g, wide);
                wide
            }
        };
        let sum = &mut sum[group * s.cout * rows..][..s.cout * rows];
        gemm((s.cout, n, rows), matrix(g, n), transposed(columns, n), T::ONE, true, sum);
    }
}
