//! Adding to parts of a tensor in its own memory: the gradients of slices and of picked elements.
//!
//! Each is what a sum of zeros with the part in its place would be, without the zeros. A tensor whose memory somebody else
//! holds is copied first. Repeated places are added in their order, so results are the same bits every time.

use crate::dtype::Element;
use crate::index::{around, without_axis};
use crate::kernel::axpy::add;
use crate::kernel::{Real, parallel, run};
use crate::layout::{Layout, axis_index};
use crate::movement::Slice;
use crate::strided::runs;
use crate::tensor::Tensor;

/// Elements of one parallel piece.
const PIECE: usize = 1 << 14;

/// Adds `part` to the places of an axis that [`Tensor::slice`] takes.
///
/// # Panics
/// If the part is not of the slice's shape or of this type, or the elements are not floats.
#[track_caller]
pub fn slice(whole: &mut Tensor, axis: isize, range: Slice, part: &Tensor) {
    let at = axis_index("slice", axis, whole.shape());
    let (start, len, step) = range.resolve(whole.shape()[at]);
    check(whole, part, part.shape().with(at, whole.shape()[at]) == *whole.shape() && part.shape()[at] == len);
    if part.is_empty() {
        return;
    }
    let part = part.contiguous();
    let (outer, n, inner) = around(whole.shape(), at);
    with_float!("slice", whole.dtype(), T => {
        let (y, x) = (whole.slice_mut::<T>(), part.as_slice::<T>());
        if step == 1 && outer == 1 {
            let y = &mut y[start * inner..][..len * inner];
            parallel::chunks(y, PIECE, 0.3, |at, y| add(&x[at..at + y.len()], y));
            return;
        }
        let group = (PIECE / (n * inner)).max(1);
        parallel::chunks(y, group * n * inner, 0.3 * len as f64 / n as f64, |at, y| {
            let first = at / (n * inner);
            for (o, y) in y.chunks_exact_mut(n * inner).enumerate() {
                let x = &x[(first + o) * len * inner..][..len * inner];
                if step == 1 {
                    add(x, &mut y[start * inner..][..len * inner]);
                    continue;
                }
                for (i, x) in x.chunks_exact(inner).enumerate() {
                    add(x, &mut y[(start as isize + i as isize * step) as usize * inner..][..inner]);
                }
            }
        });
    });
}

/// Adds the slices of `part` to those that a vector of indices names along an axis: the transpose of
/// [`Tensor::index_select`].
///
/// # Panics
/// If an index is out of range, the part has not one slice for each index and otherwise the shape and type of the whole,
/// or the elements are not floats.
#[track_caller]
pub fn index(whole: &mut Tensor, axis: isize, index: &Tensor, part: &Tensor) {
    let at = axis_index("index", axis, whole.shape());
    check(whole, part, *part.shape() == whole.shape().with(at, index.elements()));
    let (index, part) = (index.contiguous(), part.contiguous());
    let (places, (_, n, inner)) = (index.as_slice::<i64>(), around(whole.shape(), at));
    if part.is_empty() {
        return;
    }
    with_float!("index", whole.dtype(), T => {
        slices(whole.slice_mut::<T>(), part.as_slice::<T>(), places, n, inner);
    });
}

fn slices<T: Real + Element>(y: &mut [T], x: &[T], places: &[i64], n: usize, inner: usize) {
    run(
        #[inline(always)]
        || {
            let outer = y.chunks_exact_mut(n * inner).zip(x.chunks_exact(places.len() * inner));
            for (y, x) in outer {
                for (x, &place) in x.chunks_exact(inner).zip(places) {
                    let y = &mut y[place as usize * inner..][..inner];
                    for (y, &x) in y.iter_mut().zip(x) {
                        *y += x;
                    }
                }
            }
        },
    );
}

/// Adds the elements of `part` to those that `index` names along an axis: the transpose of [`Tensor::gather`].
///
/// # Panics
/// If an index is out of range, the part has not the shape of the index and the type of the whole, or the elements are not
/// floats.
#[track_caller]
pub fn places(whole: &mut Tensor, axis: isize, index: &Tensor, part: &Tensor) {
    let at = axis_index("places", axis, whole.shape());
    check(whole, part, part.shape() == index.shape());
    let base = without_axis(&Layout::contiguous(*whole.shape()), index.shape(), at);
    let stride = Layout::contiguous(*whole.shape()).strides[at];
    with_float!("places", whole.dtype(), T => {
        let (x, places, y) = (part.block::<T>(), index.block::<i64>(), whole.slice_mut::<T>());
        runs(&[index.layout(), &base, part.layout()], |offsets, len, steps| {
            let [mut i, mut to, mut from] = [offsets[0] as isize, offsets[1] as isize, offsets[2] as isize];
            for _ in 0..len {
                y[(to + places[i as usize] as isize * stride) as usize] += x[from as usize];
                (i, to, from) = (i + steps[0], to + steps[1], from + steps[2]);
            }
        });
    });
}

#[track_caller]
fn check(whole: &Tensor, part: &Tensor, fits: bool) {
    assert!(
        fits && whole.dtype() == part.dtype(),
        "a part {}{} cannot be added to {}{} there",
        part.dtype(),
        part.shape(),
        whole.dtype(),
        whole.shape()
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zeros() -> Tensor {
        Tensor::from([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    }

    #[test]
    fn slices_add_up_in_one_memory() {
        let mut y = zeros();
        slice(&mut y, 1, Slice::from(1..3), &Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
        slice(&mut y, 1, Slice::ALL.step(-2), &Tensor::from([[10.0, 20.0], [30.0, 40.0]]));
        slice(&mut y, 0, Slice::from(1..2), &Tensor::from([[100.0, 200.0, 300.0]]));
        slice(&mut y, 0, Slice::from(1..1), &Tensor::zeros_of([0, 3], crate::DType::F64));
        assert_eq!(y.to_vec2::<f64>(), [[20.0, 1.0, 12.0], [140.0, 203.0, 334.0]]);
    }

    #[test]
    fn picked_elements_add_up() {
        let (mut y, x) = (zeros(), Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
        index(&mut y, 1, &Tensor::from([2, 2]), &x);
        assert_eq!(y.to_vec2::<f64>(), [[0.0, 0.0, 3.0], [0.0, 0.0, 7.0]]);
        let shared = y.clone();
        places(&mut y, 1, &Tensor::from([[0, 2], [1, 1]]), &x.t());
        assert_eq!(y.to_vec2::<f64>(), [[1.0, 0.0, 6.0], [0.0, 6.0, 7.0]]);
        assert_eq!(shared.to_vec2::<f64>(), [[0.0, 0.0, 3.0], [0.0, 0.0, 7.0]]);
    }

    #[test]
    #[should_panic(expected = "a part f64[1, 2] cannot be added to f64[2, 3] there")]
    fn a_part_of_a_wrong_shape() {
        slice(&mut zeros(), 1, Slice::from(0..2), &Tensor::from([[1.0, 2.0]]));
    }
}
