//! The Jacobians of all rows of a batch at once, for a function that treats each row by itself.
//!
//! Row n of the result does not depend on the other rows of the inputs, so one sweep takes the same element k of all rows:
//! `$\partial(\sum_n y_{nk})/\partial x_{ni} = \partial y_{nk}/\partial x_{ni}$`. It takes as many sweeps as one row of the
//! result has elements, where [`jacobian`](crate::jacobian) takes N times as many, and leaves out the zeros off the diagonal.

use gradus_tensor::{DType, Tensor, rng};

use super::evaluate::with;
use crate::var::Var;

/// The Jacobian of each row of a batch, for a function from inputs `[N, in…]` to `[N, out…]` that treats each row by itself:
/// for each input a tensor `[N, out…, in…]`. What the rows share, such as weights, goes into the closure.
///
/// One more sweep, with random weights, checks that no row of the result depends on another row.
///
/// ```
/// use gradus_autograd::batched_jacobian;
/// use gradus_tensor::Tensor;
/// let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
/// let j = batched_jacobian(|x| x[0].square(), &[x]);
/// assert_eq!(j[0].shape()[..], [2, 2, 2]);
/// assert_eq!(j[0].to_f64_vec(), [2.0, 0.0, 0.0, 4.0, 6.0, 0.0, 0.0, 8.0]);
/// ```
///
/// # Panics
/// If the inputs and the result have not all the same number of rows, or if a row of the result depends on another row of
/// an input.
///
/// # Source
/// functorch's `vmap(jacrev(f))`.
#[track_caller]
pub fn batched_jacobian(f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, at: &[Tensor]) -> Vec<Tensor> {
    match with(f, at, blocks) {
        Ok(blocks) => blocks,
        Err(text) => panic!("batched_jacobian: {text}"),
    }
}

/// The blocks on the diagonal, or what is wrong.
fn blocks(y: Var<'_>, inputs: &[Var<'_>]) -> Result<Vec<Tensor>, String> {
    let shape = y.shape();
    for x in inputs {
        if shape.is_empty() || x.shape().first() != shape.first() {
            return Err(format!(
                "input {} and result {shape}: both need the same first size, that of the batch",
                x.shape()
            ));
        }
    }
    let (n, width) = (shape.first().copied().unwrap_or(0), shape.iter().skip(1).product::<usize>());
    let columns: Vec<Vec<Tensor>> = (0..width).map(|k| sweep(y, inputs, &column(n, width, k))).collect();
    // Weights that differ from row to row tell a row's own slope from those of the others.
    let weights = Tensor::uniform_of([n, width], 0.5, 1.5, DType::F64, &mut rng(0));
    let mixed = if n > 1 { sweep(y, inputs, &weights) } else { Vec::new() };
    let mut all = Vec::with_capacity(inputs.len());
    for (i, x) in inputs.iter().enumerate() {
        let parts: Vec<&Tensor> = columns.iter().map(|column| &column[i]).collect();
        let sizes: Vec<usize> = shape.iter().chain(&x.shape()[1..]).copied().collect();
        if x.elements() == 0 || parts.is_empty() {
            all.push(Tensor::zeros_of(&sizes[..], x.dtype()));
            continue;
        }
        let block = Tensor::stack(&parts, 1);
        if let Some(row) = mixed.get(i).and_then(|mixed| row_that_mixes(&block, &weights, mixed)) {
            return Err(format!(
                "row {row} of input {i} reaches other rows of the result; take jacobian for a function of the whole batch"
            ));
        }
        all.push(block.reshape(&sizes[..]));
    }
    Ok(all)
}

/// The gradients of the weighted sum of the result; weights are `[N, width]`.
fn sweep(y: Var<'_>, inputs: &[Var<'_>], weights: &Tensor) -> Vec<Tensor> {
    if !y.needs() {
        return inputs.iter().map(|x| Tensor::zeros_of(x.shape(), x.dtype())).collect();
    }
    let gradients = y.backward_with(&weights.reshape(y.shape()));
    inputs.iter().map(|&x| gradients.wrt(x)).collect()
}

/// 1 in column k of `[n, width]`, 0 elsewhere.
fn column(n: usize, width: usize, k: usize) -> Tensor {
    let ones = (0..n * width).map(|i| f64::from(i % width == k)).collect();
    Tensor::from_vec(ones, [n, width])
}

/// A row of an input whose gradient under `weights` `[N, width]` is not the weighted sum of its own block, as it must be if
/// it reaches its own row of the result only. The block is `[N, width, in…]`.
fn row_that_mixes(block: &Tensor, weights: &Tensor, mixed: &Tensor) -> Option<usize> {
    let (n, width) = (weights.shape()[0], weights.shape()[1]);
    let size = mixed.elements() / n;
    let flat = block.to(DType::F64).contiguous().reshape([n, width, size]);
    let want = (&flat * &weights.reshape([n, width, 1])).sum_axes(1).to_f64_vec();
    let got = mixed.to_f64_vec();
    let largest = want.iter().chain(&got).fold(0.0f64, |m, x| m.max(x.abs()));
    let bound = largest * if block.dtype() == DType::F64 { 1e-9 } else { 1e-3 };
    got.iter().zip(&want).position(|(a, b)| (a - b).abs() > bound).map(|i| i / size)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::jacobian;
    use gradus_tensor::Shape;

    /// The value itself, with a count of how often its rule runs.
    fn counted<'t>(x: Var<'t>, count: &'static AtomicUsize) -> Var<'t> {
        let rule = |step: &mut crate::Backward<'_>| {
            count.fetch_add(1, Ordering::Relaxed);
            step.give(0, step.dy());
        };
        x.tape().custom("counted", &[x], |x| x[0].clone(), rule)
    }

    /// The blocks on the diagonal of the whole Jacobian `[N, out…, N, in…]`.
    fn diagonal(whole: &Tensor, rank: isize) -> Tensor {
        let n = whole.shape()[0] as isize;
        let rows: Vec<Tensor> = (0..n).map(|i| whole.select(0, i).select(rank - 1, i)).collect();
        Tensor::stack(&rows, 0)
    }

    fn random(shape: impl Into<Shape>, seed: u64) -> Tensor {
        Tensor::randn_of(shape, DType::F64, &mut rng(seed))
    }

    /// Compares with the blocks on the diagonal of the whole Jacobian; `rank` is the result's.
    fn compare(f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, at: &[Tensor], rank: isize) {
        let (rows, whole) = (batched_jacobian(&f, at), jacobian(&f, at));
        assert_eq!(rows.len(), at.len());
        for (block, whole) in rows.iter().zip(&whole) {
            let want = diagonal(whole, rank);
            assert_eq!(block.shape(), want.shape());
            assert_eq!(block.dtype(), want.dtype());
            assert!(block.max_abs_diff(&want) < 1e-13, "{block} {want}");
        }
    }

    #[test]
    fn the_blocks_of_the_whole_jacobian() {
        let (w, x, z) = (random([3, 2], 1), random([5, 3], 2), random([5, 2, 2], 3));
        compare(|x| x[0].matmul(x[0].tape().constant(&w)).tanh().softmax(1), std::slice::from_ref(&x), 2);
        // Several inputs, results with more axes, a result with none.
        compare(|x| x[1].matmul(x[1]) * x[0].narrow(1, 0, 1).unsqueeze(2), &[x.clone(), z], 3);
        compare(|x| x[0].square().sum_axes(1), &[x], 1);
    }

    #[test]
    fn one_sweep_for_each_column_and_one_to_check() {
        static SWEEPS: AtomicUsize = AtomicUsize::new(0);
        let at = [random([5, 3], 8)];
        let sweeps = |of: &dyn Fn()| {
            SWEEPS.store(0, Ordering::Relaxed);
            of();
            SWEEPS.load(Ordering::Relaxed)
        };
        assert_eq!(sweeps(&|| drop(batched_jacobian(|x| counted(x[0], &SWEEPS), &at))), 3 + 1);
        assert_eq!(sweeps(&|| drop(jacobian(|x| counted(x[0], &SWEEPS), &at))), 5 * 3);
    }

    #[test]
    fn edges() {
        // One row, no rows, a constant result.
        compare(|x| x[0].sin(), &[random([1, 3], 4)], 2);
        assert_eq!(*batched_jacobian(|x| x[0].sin(), &[random([0, 3], 4)])[0].shape(), [0, 3, 3]);
        let flat = batched_jacobian(|x| x[0].detach() * 2.0, &[random([2, 3], 4)]);
        assert!(flat[0].equal(&Tensor::zeros_of([2, 3, 3], DType::F64)));
        let single = batched_jacobian(|x| x[0].exp(), &[random([4, 2], 5).to(DType::F32)]);
        assert_eq!(single[0].dtype(), DType::F32);
    }

    #[test]
    #[should_panic(expected = "batched_jacobian: row 0 of input 0 reaches other rows of the result")]
    fn rows_that_depend_on_each_other_are_found() {
        batched_jacobian(|x| x[0] - x[0].mean_axes(0), &[random([50, 2], 6)]);
    }

    #[test]
    #[should_panic(expected = "input [2, 3] and result []: both need the same first size, that of the batch")]
    fn a_result_without_rows_is_named() {
        batched_jacobian(|x| x[0].sum(), &[random([2, 3], 7)]);
    }
}
