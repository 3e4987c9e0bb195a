//! Pooling: weighted sums along one axis (means of windows, interpolation) and the places of maxima in windows.
//!
//! Both work on lists of input places for each output place, so regular, adaptive and interpolating windows are one.

use crate::dtype::Element;
use crate::kernel::{Real, math, parallel, run};
use crate::layout::axis_index;
use crate::tensor::Tensor;

/// A sparse matrix along an axis: for each output place the input places it is a weighted sum of.
#[derive(Debug, Clone, PartialEq)]
pub struct Taps {
    /// The size of the input.
    pub input: usize,
    /// For each output place its input places and their weights.
    pub rows: Vec<Vec<(usize, f64)>>,
}

impl Taps {
    /// For each output place the input places, all with the same weight.
    pub fn even(input: usize, windows: impl IntoIterator<Item = (Vec<usize>, f64)>) -> Self {
        let row = |(places, weight): (Vec<usize>, f64)| places.into_iter().map(|p| (p, weight)).collect();
        Self { input, rows: windows.into_iter().map(row).collect() }
    }
}

/// Calls `each(output offset, input offset, weight)` for blocks of `inner` elements.
fn walk<T: Real>(taps: &Taps, inner: usize, mut each: impl FnMut(usize, usize, T)) {
    for (o, row) in taps.rows.iter().enumerate() {
        for &(i, weight) in row {
            each(o * inner, i * inner, T::of(weight));
        }
    }
}

fn mapped<T: Real + Element>(x: &Tensor, axis: usize, taps: &Taps, transpose: bool) -> Tensor {
    let (from, to) = if transpose { (taps.rows.len(), taps.input) } else { (taps.input, taps.rows.len()) };
    let shape = x.shape().with(axis, to);
    let inner: usize = x.shape()[axis + 1..].iter().product();
    let x = x.contiguous();
    let x = x.as_slice::<T>();
    let weights: usize = taps.rows.iter().map(Vec::len).sum();
    Tensor::build::<T>(shape, |y| {
        if y.is_empty() {
            return;
        }
        let cost = weights as f64 / to as f64;
        let group = (4096 / (to * inner)).max(1);
        parallel::chunks(y, group * to * inner, cost, |start, y| {
            y.fill(T::ZERO);
            let first = start / (to * inner);
            for (i, y) in y.chunks_mut(to * inner).enumerate() {
                let x = &x[(first + i) * from * inner..][..from * inner];
                walk(taps, inner, |out, input, weight: T| {
                    let (a, b) = if transpose { (input, out) } else { (out, input) };
                    if inner == 1 {
                        y[a] += weight * x[b];
                    } else {
                        y[a..a + inner].iter_mut().zip(&x[b..b + inner]).for_each(|(y, &x)| *y += weight * x);
                    }
                });
            }
        });
    })
}

/// `$y_o = \sum_i w_{oi} x_i$` along an axis, or with the transposed weights.
///
/// # Panics
/// If the sizes do not fit or the elements are not floats.
#[track_caller]
pub fn along_axis(x: &Tensor, axis: isize, taps: &Taps, transpose: bool) -> Tensor {
    let axis = axis_index("along_axis", axis, x.shape());
    let from = if transpose { taps.rows.len() } else { taps.input };
    let n = taps.input;
    if let Some((place, _)) = taps.rows.iter().flatten().find(|(place, _)| *place >= n) {
        panic!("along_axis: place {place} of a weight is out of range for an axis of size {n}");
    }
    assert!(x.shape()[axis] == from, "along_axis: axis {axis} of {} is not of size {from}", x.shape());
    with_float!("along_axis", x.dtype(), T => mapped::<T>(x, axis, taps, transpose))
}

/// The largest element of each window, and its flat place (I64) in the input's last three axes: for each of these axes and
/// each output place the input places. The first of several; NaN wins.
///
/// # Panics
/// If a window is empty, there are less than three axes or the elements are not floats.
#[track_caller]
pub fn window_max(x: &Tensor, windows: &[Vec<Vec<usize>>; 3]) -> (Tensor, Tensor) {
    let shape = *x.shape();
    assert!(shape.len() >= 3, "max_pool: the input must have at least three axes, got {shape}");
    let lead = shape.len() - 3;
    for (axis, windows) in windows.iter().enumerate() {
        let n = shape[lead + axis];
        if let Some(place) = windows.iter().flatten().find(|&&place| place >= n) {
            panic!("max_pool: place {place} of a window is out of range for axis {axis} of size {n}");
        }
    }
    let empty = windows.iter().flatten().any(Vec::is_empty);
    assert!(!empty, "max_pool: a window of {shape} has no elements");
    let plane: usize = shape[lead..].iter().product();
    let out = windows.each_ref().map(Vec::len);
    let count: usize = out.iter().product();
    let to = shape.with(lead, out[0]).with(lead + 1, out[1]).with(lead + 2, out[2]);
    let search = Search::new(windows, [shape[lead + 1], shape[lead + 2]]);
    with_float!("max_pool", x.dtype(), T => {
        let x = x.contiguous();
        let x = x.as_slice::<T>();
        let places = Tensor::build::<i64>(to, |y| {
            if !y.is_empty() {
                let cost = 0.3 * plane as f64 / count as f64 + 0.7;
                let group = (4096 / count).max(1);
                parallel::chunks(y, group * count, cost, |start, y| {
                    let x = &x[start / count * plane..];
                    run(#[inline(always)] || search.planes(x, plane, y));
                });
            }
        });
        let values = Tensor::build::<T>(to, |y| {
            let places = places.as_slice::<i64>();
            if !y.is_empty() {
                parallel::chunks(y, (4096 / count).max(1) * count, 0.3, |start, y| {
                    let planes = x[start / count * plane..].chunks_exact(plane);
                    for ((y, places), x) in y.chunks_exact_mut(count).zip(places[start..].chunks_exact(count)).zip(planes) {
                        y.iter_mut().zip(places).for_each(|(y, &place)| *y = x[place as usize]);
                    }
                });
            }
        });
        (values, places)
    })
}

/// A search for maxima in windows.
struct Search<'a> {
    windows: &'a [Vec<Vec<usize>>; 3],
    /// Sizes of the last two axes.
    sizes: [usize; 2],
    /// The n-th column of every window; short windows repeat their last.
    columns: Vec<Vec<usize>>,
    /// Whether the windows of the last axis are pairs side by side.
    pairs: bool,
}

impl<'a> Search<'a> {
    fn new(windows: &'a [Vec<Vec<usize>>; 3], sizes: [usize; 2]) -> Self {
        let widest = windows[2].iter().map(Vec::len).max().unwrap_or(0);
        let nth = |n: usize| windows[2].iter().map(|w| w[n.min(w.len() - 1)]).collect();
        let pairs = windows[2].iter().enumerate().all(|(o, w)| w[..] == [2 * o, 2 * o + 1]);
        Self { windows, sizes, columns: (0..widest).map(nth).collect(), pairs }
    }

    /// The places of the maxima of as many planes as `places` has room for.
    #[inline(always)]
    fn planes<T: Real>(&self, x: &[T], plane: usize, places: &mut [i64]) {
        let out = self.windows.each_ref().map(Vec::len);
        let width = self.sizes[1];
        let (mut best, mut start) = (vec![T::ZERO; width], vec![0u32; width]);
        for (x, places) in x.chunks_exact(plane).zip(places.chunks_exact_mut(out.iter().product())) {
            let by_columns = u32::try_from(plane).is_ok() && !has_nan(x);
            for (o, y) in places.chunks_exact_mut(out[2]).enumerate() {
                let rows = (&self.windows[0][o / out[1]][..], &self.windows[1][o % out[1]][..]);
                if by_columns {
                    self.row(x, rows, (&mut best, &mut start), y);
                } else {
                    self.row_in_order(x, rows, y);
                }
            }
        }
    }

    /// The places of the maxima of one row of windows: first of each column, which vectors can do, then of the columns of a
    /// window. Of equal elements the one with the lower row wins, then the one further left.
    #[inline(always)]
    fn row<T: Real>(
        &self,
        x: &[T],
        (depths, heights): (&[usize], &[usize]),
        (best, start): (&mut [T], &mut [u32]),
        places: &mut [i64],
    ) {
        let [h, w] = self.sizes;
        let mut first = true;
        for &d in depths {
            for &i in heights {
                let at = (d * h + i) * w;
                if std::mem::take(&mut first) {
                    best.copy_from_slice(&x[at..at + w]);
                    start.fill(at as u32);
                } else {
                    larger(&x[at..at + w], at as u32, best, start);
                }
            }
        }
        if self.pairs {
            return of_pairs(best, start, places);
        }
        for (o, place) in places.iter_mut().enumerate() {
            let mut j = self.columns[0][o];
            for column in &self.columns[1..] {
                let other = column[o];
                #[expect(clippy::needless_bitwise_bool, reason = "without a branch it is faster")]
                let later = (best[other] == best[j]) & (start[other] < start[j]);
                j = if (best[other] > best[j]) | later { other } else { j };
            }
            *place = i64::from(start[j]) + j as i64;
        }
    }

    /// As [`Self::row`] where there is a NaN: the elements of a window are met in row-major order.
    #[inline(never)]
    fn row_in_order<T: Real>(&self, x: &[T], (depths, heights): (&[usize], &[usize]), places: &mut [i64]) {
        let [h, w] = self.sizes;
        for (place, columns) in places.iter_mut().zip(&self.windows[2]) {
            let mut best = None;
            for (&d, &i) in depths.iter().flat_map(|d| heights.iter().map(move |i| (d, i))) {
                for &j in columns {
                    let at = (d * h + i) * w + j;
                    if best.is_none_or(|best: usize| x[at] > x[best] || math::is_nan(x[at])) {
                        best = Some(at);
                    }
                }
            }
            *place = best.map_or(0, |best| best as i64);
        }
    }
}

/// Whether one of the elements is NaN.
#[inline(always)]
fn has_nan<T: Real>(x: &[T]) -> bool {
    let mut found = 0;
    for &x in x {
        found |= u32::from(math::is_nan(x));
    }
    found != 0
}

/// Puts the elements of a row that are larger into `best`, and where the row begins into `start`.
#[inline(always)]
fn larger<T: Real>(row: &[T], at: u32, best: &mut [T], start: &mut [u32]) {
    for ((best, start), &x) in best.iter_mut().zip(start).zip(row) {
        let wins = x > *best;
        *best = if wins { x } else { *best };
        *start = if wins { at } else { *start };
    }
}

/// The places of the larger of each two columns.
#[inline(always)]
fn of_pairs<T: Real>(best: &[T], start: &[u32], places: &mut [i64]) {
    let pairs = best.as_chunks::<2>().0.iter().zip(start.as_chunks::<2>().0);
    for ((j, place), (best, start)) in (0u32..).step_by(2).zip(places).zip(pairs) {
        #[expect(clippy::needless_bitwise_bool, reason = "without a branch the loop is vectorised")]
        let wins = (best[1] > best[0]) | ((best[1] == best[0]) & (start[1] < start[0]));
        *place = i64::from(if wins { start[1] + 1 } else { start[0] } + j);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_of_pairs_and_their_transpose() {
        let taps = Taps::even(4, [(vec![0, 1], 0.5), (vec![2, 3], 0.5)]);
        let x = Tensor::from([[1.0, 3.0, 5.0, 9.0]]);
        let y = along_axis(&x, 1, &taps, false);
        assert_eq!(y.to_vec::<f64>(), [2.0, 7.0]);
        assert_eq!(along_axis(&y, 1, &taps, true).to_vec::<f64>(), [1.0, 1.0, 3.5, 3.5]);
    }

    #[test]
    fn places_of_maxima() {
        let x = Tensor::from([[[1.0, 9.0, 9.0], [4.0, 2.0, 0.0]]]);
        let windows = [vec![vec![0]], vec![vec![0, 1]], vec![vec![0, 1], vec![1, 2]]];
        let (values, places) = window_max(&x, &windows);
        assert_eq!((values.to_vec::<f64>(), places.to_vec::<i64>()), (vec![9.0, 9.0], vec![1, 1]));
    }

    /// Against the definition: pairs side by side and windows that overlap, with many equal elements, and with NaN.
    #[test]
    fn maxima_are_the_first_and_nan_wins() {
        let side = |n: usize, k: usize, step: usize| -> Vec<Vec<usize>> {
            (0..n).step_by(step).map(|s| (s..(s + k).min(n)).collect()).collect()
        };
        for windows in
            [[side(3, 2, 1), side(6, 2, 2), side(8, 2, 2)], [side(3, 1, 1), side(6, 3, 1), side(8, 3, 2)]]
        {
            for nan in [false, true] {
                let number = |i: usize| if nan && i % 17 == 5 { f64::NAN } else { ((i * 7919) % 5) as f64 };
                let x: Vec<f64> = (0..2 * 144).map(number).collect();
                let (values, places) = window_max(&Tensor::from_vec(x.clone(), [2, 3, 6, 8]), &windows);
                let (values, mut places) =
                    (values.to_vec::<f64>(), places.to_vec::<i64>().into_iter().zip(0..));
                for plane in x.chunks(144) {
                    for (d, h) in windows[0].iter().flat_map(|d| windows[1].iter().map(move |h| (d, h))) {
                        for w in &windows[2] {
                            let all = d.iter().flat_map(|d| {
                                h.iter().flat_map(move |h| w.iter().map(move |w| (d * 6 + h) * 8 + w))
                            });
                            let wins = |a: f64, b: f64| a > b || a.is_nan();
                            let want =
                                all.reduce(|best, at| if wins(plane[at], plane[best]) { at } else { best });
                            let (got, i) = places.next().unwrap();
                            assert_eq!(got as usize, want.unwrap());
                            assert_eq!(values[i].to_bits(), plane[got as usize].to_bits());
                        }
                    }
                }
            }
        }
    }
}
