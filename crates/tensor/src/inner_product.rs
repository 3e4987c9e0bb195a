//! The inner product of two tensors as one number: the sum behind every norm of gradients and parameters.

use crate::Tensor;
use crate::kernel::{Real, parallel, sum};

/// Elements of one piece of a sum.
const PIECE: usize = 1 << 16;
/// The rough time of a piece in nanoseconds.
const COST: f64 = 1e4;

/// `$\sum_i x_i y_i$`, in F64 beyond pieces of 65,536 elements; the same bits on any number of threads.
///
/// # Panics
/// If shapes or types differ, or the elements are not floats.
#[track_caller]
pub fn inner_product(x: &Tensor, y: &Tensor) -> f64 {
    assert!(
        x.shape() == y.shape() && x.dtype() == y.dtype(),
        "inner_product: {}{} and {}{} differ",
        x.dtype(),
        x.shape(),
        y.dtype(),
        y.shape()
    );
    let (x, y) = (x.contiguous(), y.contiguous());
    with_float!("inner_product", x.dtype(), T => {
        let (x, y) = (x.as_slice::<T>(), y.as_slice::<T>());
        if x.len() <= PIECE {
            return sum::dot(x, y).to_f64();
        }
        let mut sums = vec![0.0; x.len().div_ceil(PIECE)];
        parallel::chunks(&mut sums, 1, COST, |start, sums| {
            let (start, end) = (start * PIECE, ((start + 1) * PIECE).min(x.len()));
            sums[0] = sum::dot(&x[start..end], &y[start..end]).to_f64();
        });
        sums.iter().sum()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_add_up() {
        let x = Tensor::full(200_000, 0.5);
        assert_eq!(inner_product(&x, &x), 50_000.0);
        assert_eq!(inner_product(&Tensor::from([3.0, 4.0]), &Tensor::from([1.0, -1.0])), -1.0);
        assert_eq!(inner_product(&Tensor::zeros(0), &Tensor::zeros(0)), 0.0);
    }

    #[test]
    #[should_panic(expected = "inner_product: f32[2] and f32[3] differ")]
    fn shapes_must_be_equal() {
        inner_product(&Tensor::zeros(2), &Tensor::zeros(3));
    }
}
