//! Weights of a structure: orthogonal rows, few inputs, identities.

use gradus_tensor::{DType, Shape, Tensor};

both! {
    /// g times a random matrix with orthonormal rows or, if it has more rows than columns, columns; all axes but the first
    /// are taken together. Lengths and angles are kept from layer to layer.
    ///
    /// # Source
    /// Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks",
    /// 2013: rows of normal numbers, made orthogonal one after the other (Gram and Schmidt, twice), so that all
    /// orthonormal matrices are equally likely.
    ///
    /// # Panics
    /// If the weight has fewer than two axes.
    orthogonal orthogonal_of(gain: super::Gain) |shape, dtype, rng| {
        let shape = shape.fitting("orthogonal");
        assert!(shape.len() >= 2, "orthogonal: a weight needs the axes [out, in, …], got {shape}");
        let (rows, columns) = (shape[0], shape[1..].iter().product::<usize>());
        let (n, width) = (rows.min(columns), rows.max(columns));
        let all = orthonormal(n, width, rng);
        let all = if rows <= columns { all } else { all.t().contiguous() };
        (all * gain.value()).reshape(shape).to(dtype)
    };

    /// Normal numbers of standard deviation `std`, `[out, in]`, of which `$\lceil s \cdot \mathit{out} \rceil$` in each
    /// column are 0.
    ///
    /// # Source
    /// Martens, "Deep learning via Hessian-free optimization", 2010; PyTorch's `nn.init.sparse_`.
    ///
    /// # Panics
    /// If the weight has not two axes, the share s lies outside of 0 … 1, or the deviation is negative.
    sparse sparse_of(sparsity: f64, std: f64) |shape, dtype, rng| {
        assert!(shape.len() == 2, "sparse: a weight has the axes [out, in], got {shape}");
        assert!((0.0..=1.0).contains(&sparsity), "sparse: sparsity is {sparsity}; it must be between 0 and 1");
        assert!(std >= 0.0 && std.is_finite(), "sparse: std is {std}; it must be finite and at least 0");
        let (rows, columns) = (shape[0], shape[1]);
        let zeros = ((sparsity * rows as f64).ceil() as usize).min(rows);
        let mut kept = vec![true; rows * columns];
        for column in 0..columns {
            for row in &Tensor::permutation(rows, rng).to_vec::<i64>()[..zeros] {
                kept[*row as usize * columns + column] = false;
            }
        }
        let dropped = Tensor::from_vec(kept, shape).logical_not();
        Tensor::normal_of(shape, 0.0, std, dtype, rng).masked_fill(&dropped, 0.0)
    };
}

/// How many rows are made orthogonal to all before them by one product.
const BLOCK: usize = 32;

/// Orthonormal rows, `[n, width]` with `n <= width`, F64.
fn orthonormal(n: usize, width: usize, rng: &mut impl rand::Rng) -> Tensor {
    let mut done = Tensor::zeros_of([0, width], DType::F64);
    while done.shape()[0] < n {
        let size = BLOCK.min(n - done.shape()[0]);
        let mut block = Tensor::randn_of([size, width], DType::F64, rng);
        // Once leaves what rounding has left; after the second time nothing is (Kahan's "twice is enough").
        for _ in 0..2 {
            block = &block - &block.matmul(&done.t()).matmul(&done);
            block = within(&block);
        }
        done = Tensor::cat(&[done, block], 0);
    }
    done
}

/// The rows made orthonormal one after the other.
fn within(block: &Tensor) -> Tensor {
    let shape = *block.shape();
    let mut rows: Vec<Vec<f64>> = block.to_vec2::<f64>();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for i in 0..rows.len() {
        let (before, rest) = rows.split_at_mut(i);
        let row = &mut rest[0];
        for other in before {
            let part = dot(row, other);
            row.iter_mut().zip(other).for_each(|(x, y)| *x -= part * *y);
        }
        let length = dot(row, row).sqrt();
        row.iter_mut().for_each(|x| *x /= length);
    }
    Tensor::from_vec(rows.concat(), shape)
}

/// 1 where row and column are equal, else 0: a linear layer that keeps its inputs, as many as fit. F32.
#[track_caller]
pub fn eye(rows: usize, columns: usize) -> Tensor {
    Tensor::from_fn([rows, columns], |at| f32::from(u8::from(at[0] == at[1])))
}

/// A convolution's weight `[out, in / groups, …]` that keeps its input: 1 in the middle of the window of channel i of each
/// group, from channel i, as many as there are; else 0. F32.
///
/// # Source
/// PyTorch's `nn.init.dirac_`.
///
/// # Panics
/// If the weight has not three to five axes, or its outputs cannot be split into the groups.
#[track_caller]
pub fn dirac(shape: impl Into<Shape>, groups: usize) -> Tensor {
    let shape = shape.into();
    assert!((3..=5).contains(&shape.len()), "dirac: a weight has the axes [out, in, …], 3 to 5, got {shape}");
    assert!(
        groups > 0 && shape[0].is_multiple_of(groups),
        "dirac: {} outputs cannot be split into {groups} groups",
        shape[0]
    );
    let each = shape[0] / groups;
    Tensor::from_fn(shape, |at| {
        let middle = at[2..].iter().zip(&shape[2..]).all(|(&at, &size)| at == size / 2);
        f32::from(u8::from(middle && at[0] % each == at[1]))
    })
}
