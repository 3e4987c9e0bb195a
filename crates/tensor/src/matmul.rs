//! Matrix products, batched and broadcast, over strided operands without copies, and the affine map of a layer.

use crate::dtype::Element;
use crate::elementwise::promoted;
use crate::kernel::gemm::{Mat, Product, gemm};
use crate::kernel::{Real, parallel, run};
use crate::last_axis::runs_per_piece;
use crate::layout::Layout;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// # Matrix products
impl Tensor {
    /// The matrix product: `[…, m, k] × […, k, n] → […, m, n]`; leading axes broadcast.
    ///
    /// A vector counts as a row on the left and as a column on the right, and its axis is dropped from the result, as in
    /// NumPy.
    ///
    /// # Panics
    /// If the inner sizes differ, the leading axes do not broadcast, or an operand is 0-d or holds no floats.
    #[track_caller]
    pub fn matmul(&self, other: &Self) -> Self {
        let (a, b) = (self, other);
        if let Some(product) = two_matrices(a, b) {
            return product;
        }
        assert!(
            a.rank() > 0 && b.rank() > 0,
            "matmul: {} × {}: a scalar has no inner axis; use *",
            a.shape(),
            b.shape()
        );
        let (left_vector, right_vector) = (a.rank() == 1, b.rank() == 1);
        let (k, inner) = (a.shape()[a.rank() - 1], b.shape()[b.rank().saturating_sub(2)]);
        assert!(k == inner, "matmul: {} × {}: inner sizes {k} and {inner} differ", a.shape(), b.shape());
        let (a, b) = promoted(a, b);
        let a = if left_vector { a.reshaped([1, k].into()) } else { a };
        let b = if right_vector { b.reshaped([k, 1].into()) } else { b };
        let out = batched(&a, &b);
        let rank = out.rank();
        match (left_vector, right_vector) {
            (false, false) => out,
            (true, true) => out.reshaped(out.shape().without(rank - 1).without(rank - 2)),
            (true, false) => out.reshaped(out.shape().without(rank - 2)),
            (false, true) => out.reshaped(out.shape().without(rank - 1)),
        }
    }
}

/// The product of two matrices of one float type that the kernels can read as they are: the usual case, without detours.
#[track_caller]
fn two_matrices(a: &Tensor, b: &Tensor) -> Option<Tensor> {
    if a.rank() != 2 || b.rank() != 2 || a.dtype() != b.dtype() || !a.dtype().is_float() {
        return None;
    }
    let (m, k, inner, n) = (a.shape()[0], a.shape()[1], b.shape()[0], b.shape()[1]);
    if k != inner || !is_walkable(a) || !is_walkable(b) {
        return None;
    }
    Some(
        with_float!("matmul", a.dtype(), T => Tensor::build::<T>(Shape::new(&[m, n]).fitting("matmul"), |out| {
            gemm((m, k, n), matrix(a, 0), matrix(b, 0), T::ONE, false, out);
        })),
    )
}

/// Adds the product of two matrices, `[m, k]` and `[k, n]`, to one, `[m, n]`, in its own memory, which is copied first if
/// somebody else holds it.
///
/// # Panics
/// If the sizes do not fit or the elements are not floats of one type.
#[track_caller]
pub fn add_product(sum: &mut Tensor, a: &Tensor, b: &Tensor) {
    let fits = a.rank() == 2 && b.rank() == 2 && a.shape()[1] == b.shape()[0] && a.dtype() == b.dtype();
    assert!(
        fits && sum.shape()[..] == [a.shape()[0], b.shape()[1]] && sum.dtype() == a.dtype(),
        "add_product: {} × {} cannot be added to {}",
        a.shape(),
        b.shape(),
        sum.shape()
    );
    let (a, b) = (walkable(a.clone()), walkable(b.clone()));
    let sizes = (a.shape()[0], a.shape()[1], b.shape()[1]);
    with_float!("add_product", a.dtype(), T => {
        gemm(sizes, matrix(&a, 0), matrix(&b, 0), T::ONE, true, sum.slice_mut::<T>());
    });
}

/// Whether the steps are such that the kernels can follow: none negative, and one of the two axes dense.
fn is_walkable(t: &Tensor) -> bool {
    let rank = t.rank();
    let (rs, cs) = (t.layout().strides[rank - 2], t.layout().strides[rank - 1]);
    let (m, n) = (t.shape()[rank - 2], t.shape()[rank - 1]);
    let dense = (cs == 1 || n == 1) && (rs >= 0) || (rs == 1 || m == 1) && (cs >= 0);
    dense && cs >= 0 && rs >= 0
}

/// The tensor, or a copy with steps that the kernels can follow.
pub(crate) fn walkable(t: Tensor) -> Tensor {
    if is_walkable(&t) { t } else { t.copied() }
}

#[track_caller]
fn batched(a: &Tensor, b: &Tensor) -> Tensor {
    let (a, b) = (walkable(a.clone()), walkable(b.clone()));
    let (ra, rb) = (a.rank(), b.rank());
    let (m, k, n) = (a.shape()[ra - 2], a.shape()[ra - 1], b.shape()[rb - 1]);
    let (batch_a, batch_b) = (Shape::new(&a.shape()[..ra - 2]), Shape::new(&b.shape()[..rb - 2]));
    let batch = batch_a.broadcast_or_panic(&batch_b, "matmul (leading axes)");
    let mut shape: smallvec::SmallVec<[usize; 8]> = smallvec::SmallVec::from_slice(&batch);
    shape.extend([m, n]);
    let shape = Shape::new(&shape).fitting("matmul");
    with_float!("matmul", a.dtype(), T => Tensor::build::<T>(shape, |out| {
        // One matrix against a stack of them with rows in sequence is a single tall product.
        if batch_b.elements() == 1 && a.is_contiguous() {
            let a = Mat { data: a.as_slice::<T>(), rs: k as isize, cs: 1 };
            return gemm((batch.elements() * m, k, n), a, matrix(&b, 0), T::ONE, false, out);
        }
        let (offsets_a, offsets_b) = (offsets(&a, batch), offsets(&b, batch));
        if out.is_empty() {
            return;
        }
        let work = |i: usize, out: &mut [T]| {
            gemm((m, k, n), matrix(&a, offsets_a[i]), matrix(&b, offsets_b[i]), T::ONE, false, out);
        };
        parallel::chunks(out, m * n, 0.05 * k as f64, |start, out| work(start / (m * n), out));
    }))
}

/// The matrix in the last two axes, `offset` elements behind the first one.
pub(crate) fn matrix<T: Product + Element>(t: &Tensor, offset: usize) -> Mat<'_, T> {
    let rank = t.rank();
    let layout = t.layout();
    let block = t.block::<T>();
    // Of an axis that runs backward all but the first lie before it: their offsets wrap, and so does the sum.
    Mat {
        data: &block[layout.offset.wrapping_add(offset).min(block.len())..],
        rs: layout.strides[rank - 2],
        cs: layout.strides[rank - 1],
    }
}

/// Where each matrix of a batch starts, relative to the first; before it where an axis runs backward, as a number that wraps.
pub(crate) fn offsets(t: &Tensor, batch: Shape) -> Vec<usize> {
    let rank = t.rank();
    let mut leading =
        Layout { shape: Shape::new(&t.shape()[..rank - 2]), strides: t.layout().strides, offset: 0 };
    leading.strides[rank - 2..].fill(0);
    let mut out = Vec::with_capacity(batch.elements());
    leading.expand(batch).expect("the batches broadcast").for_each_offset(|o| out.push(o));
    out
}

/// `$x W^\top + b$`: x is `[…, in]`, `w` is `[out, in]`, `b` is `[out]`.
///
/// # Panics
/// If the sizes do not fit.
#[track_caller]
pub fn linear(x: &Tensor, w: &Tensor, b: Option<&Tensor>) -> Tensor {
    let (of_x, of_w) = (x.shape(), w.shape());
    assert!(
        of_w.len() == 2 && of_x.last() == Some(&of_w[1]) && b.is_none_or(|b| *b.shape() == [of_w[0]]),
        "linear: input {of_x}, weight {of_w}, bias {}: they must be […, in], [out, in] and [out]",
        b.map_or("none".to_string(), |b| b.shape().to_string())
    );
    let dtype = b.map_or(x.dtype(), |b| x.dtype().promote(b.dtype())).promote(w.dtype());
    let mut y = x.to(dtype).matmul(&w.to(dtype).t());
    if let Some(b) = b {
        let b = b.to(dtype).contiguous();
        with_float!("linear", y.dtype(), T => add_to_runs(y.slice_mut::<T>(), b.as_slice::<T>()));
    }
    y
}

/// Adds `bias` to each run.
fn add_to_runs<T: Real + Element>(y: &mut [T], bias: &[T]) {
    let width = bias.len();
    if y.is_empty() {
        return;
    }
    parallel::chunks(y, runs_per_piece(width) * width, 0.1, |_, y| {
        run(
            #[inline(always)]
            || {
                for y in y.chunks_exact_mut(width) {
                    for (y, &b) in y.iter_mut().zip(bias) {
                        *y += b;
                    }
                }
            },
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(shape: impl Into<Shape>) -> Tensor {
        Tensor::build::<f64>(shape, |out| out.iter_mut().enumerate().for_each(|(i, x)| *x = i as f64))
    }

    #[test]
    fn matrices_vectors_and_batches() {
        // [[0,1,2],[3,4,5]] · [[0,1],[2,3],[4,5]] = [[10,13],[28,40]]
        assert_eq!(range([2, 3]).matmul(&range([3, 2])).to_vec::<f64>(), [10., 13., 28., 40.]);
        assert_eq!(range([2, 3]).matmul(&range(3)).to_vec::<f64>(), [5., 14.]);
        assert_eq!(range(3).matmul(&range([3, 2])).to_vec::<f64>(), [10., 13.]);
        assert_eq!(range(3).matmul(&range(3)).item(), 5.0);
        let batched = range([2, 1, 2, 3]).matmul(&range([4, 3, 2]));
        assert_eq!(*batched.shape(), [2, 4, 2, 2]);
        assert_eq!(batched.to_vec::<f64>()[..4], [10., 13., 28., 40.]);
        let (a, b) = (range([3, 2, 3]), range([3, 3, 2]) - 4.0);
        for (i, product) in a.matmul(&b).unbind(0).iter().enumerate() {
            assert!(product.equal(&a.select(0, i as isize).matmul(&b.select(0, i as isize))), "matrix {i}");
        }
        assert_eq!(*range([5, 2, 3]).matmul(&range([3, 2])).shape(), [5, 2, 2]);
    }

    /// Their matrices lie before the first one.
    #[test]
    fn batches_that_run_backward() {
        let (a, b) = (range([3, 2, 3]), range([3, 3, 2]));
        let (turned, whole) = (a.flip(0), a.flip(0).contiguous());
        assert!(turned.matmul(&b).equal(&whole.matmul(&b)));
        assert!(b.matmul(&turned).equal(&b.matmul(&whole)));
        assert!(b.flip(0).matmul(&turned).equal(&b.flip(0).contiguous().matmul(&whole)));
        let attended = |x: &Tensor| crate::attention::attention(x, x, x, 0.5, false);
        assert!(attended(&turned).equal(&attended(&whole)));
    }

    #[test]
    fn products_add_up() {
        let mut sum = Tensor::from([[1.0, 1.0], [1.0, 1.0]]);
        let shared = sum.clone();
        add_product(&mut sum, &range([2, 3]), &range([2, 3]).t());
        assert_eq!(sum.to_vec::<f64>(), [6.0, 15.0, 15.0, 51.0]);
        assert_eq!(shared.to_vec::<f64>(), [1.0; 4]);
    }

    #[test]
    fn empty_sizes() {
        assert_eq!(range([2, 0]).matmul(&range([0, 3])).to_vec::<f64>(), [0.0; 6]);
        assert_eq!(*range([0, 2, 3]).matmul(&range([3, 2])).shape(), [0, 2, 2]);
    }

    #[test]
    #[should_panic(expected = "matmul: [32, 10] × [12, 4]: inner sizes 10 and 12 differ")]
    fn inner_sizes_must_agree() {
        let _ = range([32, 10]).matmul(&range([12, 4]));
    }
}
