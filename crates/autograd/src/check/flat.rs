//! Tensors as a list of numbers: all elements of some tensors, one behind the other in row-major order.

use gradus_tensor::{Shape, Tensor};

use crate::fast::reuse::on_tape;
use crate::model::training::Mode;
use crate::var::Var;

/// All elements of some tensors in a row.
pub fn flatten(tensors: &[Tensor]) -> Vec<f64> {
    tensors.iter().flat_map(Tensor::to_f64_vec).collect()
}

/// The inverse of [`flatten`], in F64: tensors of the shapes of `like`.
///
/// # Panics
/// If the numbers of elements differ.
#[track_caller]
pub fn unflatten(flat: &[f64], like: &[Tensor]) -> Vec<Tensor> {
    let mut rest = flat;
    let tensors = like
        .iter()
        .map(|t| {
            let (head, tail) = rest.split_at(t.elements());
            rest = tail;
            Tensor::from_slice(head, *t.shape())
        })
        .collect();
    assert!(rest.is_empty(), "unflatten: {} elements are left over", rest.len());
    tensors
}

/// A function on a tape as a function of all elements of its inputs, in F64.
pub fn flattened<F>(f: F, like: &[Tensor]) -> impl Fn(&[f64]) -> Vec<f64> + use<F>
where
    F: for<'t> Fn(&[Var<'t>]) -> Var<'t>,
{
    let like = like.to_vec();
    move |x| {
        let inputs = unflatten(x, &like);
        on_tape(Mode::Inference, |tape| {
            let vars: Vec<Var<'_>> = inputs.iter().map(|t| tape.constant(t)).collect();
            f(&vars).value().to_f64_vec()
        })
    }
}

/// A function of tensors as a function of all elements of its inputs, in F64.
pub fn flattened_tensors<F>(f: F, like: &[Tensor]) -> impl Fn(&[f64]) -> Vec<f64> + use<F>
where
    F: Fn(&[Tensor]) -> Tensor,
{
    let like = like.to_vec();
    move |x| f(&unflatten(x, &like)).to_f64_vec()
}

/// The index of element `i` in row-major order. (NumPy's `unravel_index`.)
///
/// ```
/// use gradus_autograd::unravel;
/// use gradus_tensor::Tensor;
/// assert_eq!(unravel(5, Tensor::zeros([2, 3]).shape()), [1, 2]);
/// ```
///
/// # Panics
/// If there are not that many elements.
#[doc(alias = "unravel_index")]
#[track_caller]
pub fn unravel(i: usize, shape: &Shape) -> Vec<usize> {
    let elements: usize = shape.iter().product();
    assert!(i < elements, "unravel: there is no element {i} in shape {shape}, which has {elements}");
    let (mut rest, mut index) = (i, vec![0; shape.len()]);
    for (place, size) in index.iter_mut().zip(shape.iter()).rev() {
        (*place, rest) = (rest % size, rest / size);
    }
    index
}
