//! Pooling: weighted sums along one axis (means of windows, interpolation) and the places of maxima in windows.
//!
//! Both work on lists of input places for each output place, so regular, adaptive and interpolating windows are one.

use crate::dtype::Element;
use crate::kernel::{Real, parallel};
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

/// The flat place (I64), in the input's last three axes, of the largest element of each window: for each of these axes
/// and each output place the input places. The first of several; NaN wins.
///
/// # Panics
/// If a window is empty, there are less than three axes or the elements are not floats.
#[track_caller]
pub fn window_argmax(x: &Tensor, windows: &[Vec<Vec<usize>>; 3]) -> Tensor {
    let shape = *x.shape();
    assert!(shape.len() >= 3, "max_pool: the input must have at least three axes, got {shape}");
    let lead = shape.len() - 3;
    for (axis, windows) in windows.iter().enumerate() {
        let n = shape[lead + axis];
        if let Some(place) = windows.iter().flatten().find(|&&place| place >= n) {
            panic!("max_pool: place {place} of a window is out of range for axis {axis} of size {n}");
        }
    }
    let [_, h, w] = [shape[lead], shape[lead + 1], shape[lead + 2]];
    let plane: usize = shape[lead..].iter().product();
    let out = windows.each_ref().map(Vec::len);
    let empty = windows.iter().flatten().any(Vec::is_empty);
    assert!(!empty, "max_pool: a window of {shape} has no elements");
    // The n-th column of every window; short windows repeat their last.
    let widest = windows[2].iter().map(Vec::len).max().unwrap_or(0);
    let nth = |n: usize| windows[2].iter().map(|w| w[n.min(w.len() - 1)]).collect();
    let columns: Vec<Vec<usize>> = (0..widest).map(nth).collect();
    with_float!("max_pool", x.dtype(), T => {
        let x = x.contiguous();
        let x = x.as_slice::<T>();
        Tensor::build::<i64>(shape.with(lead, out[0]).with(lead + 1, out[1]).with(lead + 2, out[2]), |y| {
            let places: usize = out.iter().product();
            if y.is_empty() {
                return;
            }
            parallel::chunks(y, places, 5.0, |start, y| {
                let x = &x[start / places * plane..][..plane];
                let mut best = vec![T::ZERO; out[2]];
                for (o, y) in y.chunks_mut(out[2]).enumerate() {
                    let rows = (&windows[0][o / out[1]][..], &windows[1][o % out[1]][..]);
                    row_of_maxima(x, (h, w), rows, &columns, &mut best, y);
                }
            });
        })
    })
}

/// The places of the maxima of one row of windows: their elements are met in row-major order.
fn row_of_maxima<T: Real>(
    x: &[T],
    (h, w): (usize, usize),
    (depths, heights): (&[usize], &[usize]),
    columns: &[Vec<usize>],
    best: &mut [T],
    places: &mut [i64],
) {
    let mut first = true;
    for &d in depths {
        for &i in heights {
            let start = (d * h + i) * w;
            let row = &x[start..start + w];
            for column in columns {
                for ((best, place), &j) in best.iter_mut().zip(places.iter_mut()).zip(column) {
                    let value = row[j];
                    #[expect(clippy::eq_op, reason = "only NaN differs from itself")]
                    #[expect(
                        clippy::needless_bitwise_bool,
                        reason = "without a branch the loop is vectorised"
                    )]
                    let wins = first | (value > *best) | (value != value);
                    *best = if wins { value } else { *best };
                    *place = if wins { (start + j) as i64 } else { *place };
                }
                first = false;
            }
        }
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
        assert_eq!(window_argmax(&x, &windows).to_vec::<i64>(), [1, 1]);
    }
}
