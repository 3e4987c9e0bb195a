//! One sample of a convolution and of its slopes: a product of matrices for each group.

use std::ops::Range;

use super::planes::Planes;
use super::window::{Window, from_columns, to_columns};
use crate::kernel::axpy::add;
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
    /// Elements of the columns that are made at once.
    at_once: usize,
    /// Whether zeros may be multiplied that belong to no window. Their products with infinite numbers are NaN.
    pub(super) padded: bool,
}

/// Usually that many: 64 MiB in F64. A larger kernel over a larger sample is a sum over blocks of rows, so that their product
/// needs no memory.
const AT_ONCE: usize = 1 << 23;
/// And at least that many rows.
const ROWS: usize = 8;

impl Sizes {
    pub(super) fn new(w: &Window, groups: usize, channels: usize, outputs: usize) -> Self {
        Self {
            groups,
            cin: channels / groups,
            cout: outputs / groups,
            taps: w.kernel.iter().product(),
            plane: w.input.iter().product(),
            places: w.output().iter().product(),
            at_once: AT_ONCE,
            padded: true,
        }
    }

    /// Elements of a kernel over all channels of a group: rows of the columns.
    fn rows(&self) -> usize {
        self.cin * self.taps
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
    let (mut scratch, mut wide) = Scratch::new::<T>(w, s);
    let (n, rows) = (scratch.n, s.rows());
    for g in 0..s.groups {
        let x = &x[g * s.cin * s.plane..][..s.cin * s.plane];
        let weight = matrix(&weight[g * s.cout * rows..][..s.cout * rows], rows);
        let y = &mut y[g * s.cout * s.places..][..s.cout * s.places];
        scratch.begin(x);
        let out = if scratch.planes.is_some() { &mut room(&mut wide)[..s.cout * n] } else { &mut *y };
        for block in scratch.blocks(rows) {
            let columns = matrix(scratch.columns(w, x, &block), n);
            let (size, more) = ((s.cout, block.len(), n), block.start > 0);
            gemm(size, weight.cols_from(block.start), columns, T::ONE, more, out);
        }
        if let Some(planes) = &scratch.planes {
            planes.gather(room(&mut wide), y);
        }
    }
}

/// The memory of one sample: blocks of its columns, and its channels where they lie in [`Planes`].
struct Scratch {
    planes: Option<Planes>,
    /// Elements of a row of the columns, and rows of a block.
    n: usize,
    block: usize,
    columns: Buffer,
    padded: Buffer,
}

impl Scratch {
    /// And memory for outputs that are `n` long, as [`Planes`] want them.
    fn new<T: Product>(w: &Window, s: &Sizes) -> (Self, Buffer) {
        let planes = if s.padded { Planes::new(w) } else { None };
        let n = planes.as_ref().map_or(s.places, |planes| planes.n);
        if w.is_pointwise() {
            let [columns, padded, wide] = [(); 3].map(|()| Buffer::new::<T>(0));
            return (Self { planes, n, block: s.rows(), columns, padded }, wide);
        }
        let block = (s.at_once / n.max(1)).max(ROWS).min(s.rows());
        let of_planes = |each: usize, elements: fn(&Planes) -> usize| {
            Buffer::new::<T>(planes.as_ref().map_or(0, |planes| each * elements(planes)))
        };
        let (padded, wide) =
            (of_planes(s.cin, |planes| planes.channel), of_planes(s.cout, |planes| planes.n));
        (Self { columns: Buffer::new::<T>(block.saturating_mul(n)), padded, n, block, planes }, wide)
    }

    /// The rows of each block, at least of one.
    fn blocks(&self, rows: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let block = self.block.max(1);
        (0..rows.max(1)).step_by(block).map(move |start| start..(start + block).min(rows))
    }

    /// Before the columns of the channels of a group.
    fn begin<T: Product>(&mut self, x: &[T]) {
        if let Some(planes) = &self.planes {
            planes.pad(x, room(&mut self.padded));
        }
    }

    /// These rows of the columns.
    fn columns<'a, T: Product>(&'a mut self, w: &Window, x: &'a [T], rows: &Range<usize>) -> &'a [T] {
        if w.is_pointwise() {
            return x;
        }
        let columns = &mut room(&mut self.columns)[..rows.len() * self.n];
        match &self.planes {
            None => to_columns(w, rows, x, columns),
            Some(planes) => planes.columns(room(&mut self.padded), rows, columns),
        }
        columns
    }
}

fn room<T: Product>(buffer: &mut Buffer) -> &mut [T] {
    buffer.get_mut::<T>().expect("one owner")
}

/// The slopes in the outputs, as long as the columns.
fn widened<'a, T: Product>(planes: Option<&Planes>, g: &'a [T], wide: &'a mut Buffer) -> &'a [T] {
    let Some(planes) = planes else { return g };
    let wide = room(wide);
    planes.spread(g, wide);
    wide
}

/// The slope in one sample.
pub(super) fn input_sample<T: Product>(weight: &[T], g: &[T], w: &Window, s: &Sizes, x: &mut [T]) {
    let (mut scratch, mut wide) = Scratch::new::<T>(w, s);
    let (n, rows) = (scratch.n, s.rows());
    for group in 0..s.groups {
        let weight = transposed(&weight[group * s.cout * rows..][..s.cout * rows], rows);
        let g = &g[group * s.cout * s.places..][..s.cout * s.places];
        let x = &mut x[group * s.cin * s.plane..][..s.cin * s.plane];
        if w.is_pointwise() {
            gemm((rows, s.cout, s.places), weight, matrix(g, s.places), T::ONE, false, x);
            continue;
        }
        let blocks = scratch.blocks(rows);
        let Scratch { planes, columns, padded, .. } = &mut scratch;
        let g = matrix(widened(planes.as_ref(), g, &mut wide), n);
        let sum = if planes.is_some() { room(padded) } else { &mut *x };
        sum.fill(T::ZERO);
        for block in blocks {
            let columns = &mut room(columns)[..block.len() * n];
            gemm((block.len(), s.cout, n), weight.rows_from(block.start), g, T::ONE, false, columns);
            match &planes {
                None => from_columns(w, &block, columns, sum),
                Some(planes) => planes.add_columns(columns, &block, sum),
            }
        }
        if let Some(planes) = &planes {
            planes.crop(room(padded), x);
        }
    }
}

/// Adds the slope in the weight that one sample has.
pub(super) fn weight_sample<T: Product>(x: &[T], g: &[T], w: &Window, s: &Sizes, sum: &mut [T]) {
    let (mut scratch, mut wide) = Scratch::new::<T>(w, s);
    let (n, rows) = (scratch.n, s.rows());
    let mut part = Vec::new();
    for group in 0..s.groups {
        let x = &x[group * s.cin * s.plane..][..s.cin * s.plane];
        let g = &g[group * s.cout * s.places..][..s.cout * s.places];
        let g = matrix(widened(scratch.planes.as_ref(), g, &mut wide), n);
        let sum = &mut sum[group * s.cout * rows..][..s.cout * rows];
        scratch.begin(x);
        for block in scratch.blocks(rows) {
            let columns = transposed(scratch.columns(w, x, &block), n);
            let size = (s.cout, n, block.len());
            if block.len() == rows {
                gemm(size, g, columns, T::ONE, true, sum);
                continue;
            }
            part.resize(s.cout * block.len(), T::ZERO);
            gemm(size, g, columns, T::ONE, false, &mut part);
            for (sum, part) in sum.chunks_exact_mut(rows).zip(part.chunks_exact(block.len())) {
                add(part, &mut sum[block.clone()]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use approx::abs_diff_eq;

    use super::super::tests::window;
    use super::*;
    use crate::{DType, Tensor, rng};

    /// 10,000 elements at 10,001 places, and the same in two dimensions: 800 MB if they were all made at once.
    #[test]
    fn a_large_kernel_over_a_large_sample_takes_little_memory() {
        for (input, kernel) in [(vec![20_000], vec![10_000]), (vec![200, 200], vec![100, 100])] {
            let w = window(&input, &kernel, 1, 0);
            let s = Sizes::new(&w, 1, 1, 4);
            let (mut scratch, _) = Scratch::new::<f64>(&w, &s);
            let covered: usize = scratch.blocks(s.rows()).map(|rows| rows.len()).sum();
            let elements = room::<f64>(&mut scratch.columns).len();
            assert!(covered == 10_000 && elements <= AT_ONCE, "{input:?}: {elements}");
        }
    }

    /// Columns of a few rows at a time give the results of all at once: with planes and without, with groups and strides.
    #[test]
    fn blocks_of_columns_are_the_columns() {
        let mut rng = rng(5);
        let mut random = |n: usize| Tensor::randn_of([n], DType::F64, &mut rng).to_vec::<f64>();
        let mut planes = [false; 2];
        for (input, kernel, stride, padding) in [
            (vec![9, 11], vec![3, 3], 1, 1),
            (vec![5, 6], vec![3, 2], 2, 1),
            (vec![9, 10], vec![2, 9], 1, 0),
            (vec![40], vec![17], 1, 2),
            (vec![4, 5, 6], vec![2, 3, 2], 1, 1),
        ] {
            let w = window(&input, &kernel, stride, padding);
            let whole = Sizes::new(&w, 2, 6, 4);
            let small = Sizes { at_once: 1, ..Sizes::new(&w, 2, 6, 4) };
            assert!(Scratch::new::<f64>(&w, &small).0.blocks(small.rows()).count() > 1);
            planes[usize::from(Planes::new(&w).is_some())] = true;
            let (x, weight) = (random(6 * whole.plane), random(4 * whole.rows()));
            let g = random(4 * whole.places);
            let of = |s: &Sizes| {
                let (mut y, mut dx) = (vec![0.5; 4 * s.places], vec![0.5; 6 * s.plane]);
                let mut dw = vec![0.5; 4 * s.rows()];
                conv_sample(&x, &weight, &w, s, &mut y);
                input_sample(&weight, &g, &w, s, &mut dx);
                weight_sample(&x, &g, &w, s, &mut dw);
                [y, dx, dw].concat()
            };
            for (whole, small) in of(&whole).iter().zip(of(&small)) {
                assert!(abs_diff_eq!(whole, &small, epsilon = 1e-12), "{input:?} by {kernel:?}");
            }
        }
        assert_eq!(planes, [true; 2], "both ways are tried");
    }

    /// The slopes of one sample of ones beside a gradient of ones, by their definition: the sum over the taps that reach a place,
    /// and over the places that a tap reaches.
    fn by_definition(x: &[f64], weight: &[f64], w: &Window, s: &Sizes) -> [Vec<f64>; 2] {
        let [_, h, v] = w.output();
        let (mut dx, mut dw) = (vec![0.0; x.len()], vec![0.0; weight.len()]);
        for (o, c) in (0..s.cout).flat_map(|o| (0..s.cin).map(move |c| (o, c))) {
            for (tap, (i, j)) in
                (0..s.taps).flat_map(|tap| (0..h * v).map(move |place| (tap, (place / v, place % v))))
            {
                let row = (i * w.stride[1] + tap / w.kernel[2]).wrapping_sub(w.padding[1]);
                let col = (j * w.stride[2] + tap % w.kernel[2]).wrapping_sub(w.padding[2]);
                if row < w.input[1] && col < w.input[2] {
                    let (place, tap) =
                        ((c * w.input[1] + row) * w.input[2] + col, (o * s.cin + c) * s.taps + tap);
                    dx[place] += weight[tap];
                    dw[tap] += x[place];
                }
            }
        }
        [dx, dw]
    }

    /// One infinite element of the input or of the weight: infinite is what it reaches, and nothing is NaN. In both types, with
    /// channels that fill vectors and without.
    #[test]
    fn an_infinite_element_reaches_its_own_windows() {
        for (channels, stride, padding) in
            [(1, 1, 0), (1, 1, 1), (1, 2, 1), (16, 1, 0), (16, 2, 1), (16, 2, 0)]
        {
            let w = window(&[4, 5], &[2, 2], stride, padding);
            let s = Sizes::new(&w, 1, channels, channels);
            for at in [0, s.plane - 1, 4] {
                let mut x = Tensor::ones_of([1, channels, 4, 5], DType::F64).to_f64_vec();
                let mut weight = Tensor::ones_of([channels, channels, 2, 2], DType::F64).to_f64_vec();
                x[at] = f64::INFINITY;
                weight[at % 4] = f64::INFINITY;
                let [dx, dw] = by_definition(&x, &weight, &w, &s);
                for dtype in [DType::F64, DType::F32] {
                    let [_, h, v] = w.output();
                    let g = Tensor::ones_of([1, channels, h, v], dtype);
                    let x = Tensor::from_vec(x.clone(), [1, channels, 4, 5]).to(dtype);
                    let weight = Tensor::from_vec(weight.clone(), [channels, channels, 2, 2]).to(dtype);
                    let of_x = super::super::conv_input(&weight, &g, &w, 1).to_f64_vec();
                    let of_weight = super::super::conv_weight(&x, &g, &w, 1).to_f64_vec();
                    assert_eq!(of_x, dx, "{channels} channels, stride {stride}, padding {padding}, {dtype}");
                    assert_eq!(
                        of_weight, dw,
                        "{channels} channels, stride {stride}, padding {padding}, {dtype}"
                    );
                }
            }
        }
    }
}
