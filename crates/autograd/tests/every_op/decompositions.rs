//! The operations of the feature `linalg`. Matrices are moved away from singular ones, and symmetric where the rule
//! assumes it; of eigen- and singular vectors only what does not depend on their signs is looked at.

use gradus_autograd::Var;
use gradus_tensor::{DType, Tensor};

use super::composed::Entry;

/// `A + 3 I`.
fn regular(x: Var<'_>) -> Var<'_> {
    let n = x.shape()[0];
    x + &(Tensor::eye_of(n, DType::F64) * 3.0)
}

/// `A Aᵀ + I`.
fn definite(x: Var<'_>) -> Var<'_> {
    x.matmul(x.t()) + &Tensor::eye_of(x.shape()[0], DType::F64)
}

macro_rules! entry {
    ($name:literal [$($shape:expr),*] $f:expr) => {
        Entry { name: $name, shapes: &[$(&$shape),*], low: -1.0, high: 1.0, f: $f }
    };
}

pub(crate) const TABLE: &[Entry] = &[
    entry!("inverse"[[3, 3]] | x | regular(x[0]).inverse()),
    entry!("solve" [[3, 3], [3, 2]] |x| regular(x[0]).solve(x[1])),
    entry!("solve_triangular" [[3, 3], [3, 2]] |x| regular(x[0]).solve_triangular(x[1], true, false)),
    entry!("det"[[3, 3]] | x | regular(x[0]).det()),
    entry!("slogdet"[[3, 3]] | x | regular(x[0]).slogdet().1),
    entry!("cholesky"[[3, 3]] | x | definite(x[0]).cholesky()),
    entry!(
        "qr"[[4, 3]] | x | {
            let (q, r) = x[0].qr();
            q.square().square().sum() + r.square().square().sum()
        }
    ),
    entry!("pinv"[[4, 3]] | x | x[0].pinv(1e-12)),
    entry!(
        "eigh"[[3, 3]] | x | {
            let eigen = definite(x[0]).eigh();
            (eigen.vectors.square().matmul(eigen.values.unsqueeze(1))).square() + eigen.values.unsqueeze(1)
        }
    ),
    entry!(
        "svd"[[4, 3]] | x | {
            let svd = x[0].svd();
            svd.u.square().sum_axes(0) * svd.s.square() + (svd.v.square() * svd.s.exp()).sum_axes(0)
        }
    ),
];
