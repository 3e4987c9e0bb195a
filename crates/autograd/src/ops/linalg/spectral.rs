//! Eigenvalues of symmetric matrices and singular values.

use gradus_tensor::Tensor;

use super::kernel::{self, matrix_sizes};
use crate::op::{Backward, Op};
use crate::var::Var;

/// Eigenvalues in ascending order and the eigenvectors as columns.
#[derive(Debug, Clone, Copy)]
pub struct Eigen<'t> {
    /// `[…, n]`.
    pub values: Var<'t>,
    /// `[…, n, n]`.
    pub vectors: Var<'t>,
}

/// `$A = U \operatorname{diag}(s)\, V^\top$` with singular values in descending order.
#[derive(Debug, Clone, Copy)]
pub struct Svd<'t> {
    /// `[…, m, k]`, k = min(m, n).
    pub u: Var<'t>,
    /// `[…, k]`.
    pub s: Var<'t>,
    /// `[…, n, k]`.
    pub v: Var<'t>,
}

/// A part of a pack in the shape `sizes` behind the batch axes.
fn part<'t, const N: usize>(pack: Var<'t>, start: usize, sizes: [usize; N]) -> Var<'t> {
    let x = pack.narrow(-1, start, sizes.iter().product());
    let shape = x.shape();
    x.reshape(shape[..shape.len() - 1].iter().copied().chain(sizes).collect::<Vec<_>>())
}

/// `$1/(x_j - x_i)$`, 0 where they are equal: degenerate pairs turn freely.
fn gaps<'t>(x: Var<'t>) -> Var<'t> {
    let difference = x.unsqueeze(-2) - x.unsqueeze(-1);
    let equal = difference.value().eq(0.0);
    difference.masked_fill(&equal, 1.0).recip().masked_fill(&equal, 0.0)
}

/// The last axis as the diagonal of matrices.
fn diagonal<'t>(x: Var<'t>) -> Var<'t> {
    x.diag_embed(0)
}

/// Symmetric eigenvectors and eigenvalues, packed; rule:
/// `$V (\operatorname{diag} \bar\lambda + F \odot V^\top \bar V) V^\top$` with `$F_{ij} = 1/(\lambda_j - \lambda_i)$`, made
/// symmetric.
#[derive(Debug)]
struct Eigh;

impl Op for Eigh {
    fn name(&self) -> &'static str {
        "eigh"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        kernel::eigen(&x[0])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (n, _) = matrix_sizes("eigh", &step.shape(0));
        let (v, values) = (part(step.y(), 0, [n, n]), part(step.y(), n * n, [n]));
        let (dv, dvalues) = (part(step.dy(), 0, [n, n]), part(step.dy(), n * n, [n]));
        let inner = v.t().matmul(dv) * gaps(values) + diagonal(dvalues);
        let full = v.matmul(inner).matmul(v.t());
        step.give(0, (full + full.t()) * 0.5);
    }
    fn words(&self) -> &'static str {
        "A = V·diag(λ)·Vᵀ: A gets V·(diag(λ̄) + F ∘ Vᵀ·V̄)·Vᵀ, made symmetric, where F is 1/(λⱼ − λᵢ) and λ̄ and V̄ are parts of ȳ"
    }
}

/// U, s and V, packed; rule (Townsend, 2016), with `$F_{ij} = 1/(s_j^2 - s_i^2)$` and the skew parts of
/// `$U^\top \bar U$` and `$V^\top \bar V$`.
#[derive(Debug)]
struct Singular;

/// The rule of [`Singular`].
fn svd_rule<'t>([u, s, v]: [Var<'t>; 3], [du, ds, dv]: [Var<'t>; 3]) -> Var<'t> {
    let k = s.shape()[s.rank() - 1];
    let (m, n) = (u.shape()[u.rank() - 2], v.shape()[v.rank() - 2]);
    // The squares of multiples of the largest value neither overflow nor vanish.
    let most = if k == 0 { Tensor::ones_of(1, s.dtype()) } else { s.value().max_keep(-1) };
    let most = most.ones_like().where_(&most.eq(0.0), &most);
    let unit = s / &most;
    let f = gaps(unit.square());
    let skew = |x: Var<'t>| (x - x.t()) * f;
    let (row, col) = (unit.unsqueeze(-2), unit.unsqueeze(-1));
    let (udu, vdv) = (u.t().matmul(du), v.t().matmul(dv));
    let inner = (skew(udu) * row + col * skew(vdv)) / &most.unsqueeze(-1) + diagonal(ds);
    let mut dx = u.matmul(inner).matmul(v.t());
    let zero = s.value().eq(0.0);
    let inverse = s.masked_fill(&zero, 1.0).recip().masked_fill(&zero, 0.0).unsqueeze(-2);
    if m > k {
        dx += ((du - u.matmul(udu)) * inverse).matmul(v.t());
    }
    if n > k {
        dx += (u * inverse).matmul((dv - v.matmul(vdv)).t());
    }
    dx
}

/// The gradient of `$\langle H, \operatorname{cof} A \rangle$`, also of singular A, from
/// `$\operatorname{cof} A = \pm U D V^\top$` with `$D_i = \prod_{k \ne i} s_k$`.
pub(super) fn cofactor_rule<'t>(x: Var<'t>, h: Var<'t>) -> Var<'t> {
    let n = x.square_size("det");
    let Svd { u, s, v } = x.svd();
    let sign = u.matmul(v.t()).det().detach().round().unsqueeze(-1).unsqueeze(-1);
    // For each pair (i, j) the product of the others.
    let hit = |i: usize, j: usize, k: usize| k == i || k == j;
    let mask: Vec<bool> = (0..n * n * n).map(|p| hit(p / (n * n), p / n % n, p % n)).collect();
    let wide = s.unsqueeze(-2).unsqueeze(-2).expand(super::kernel::batch_with(&x.shape(), &[n, n, n]));
    let others = wide.masked_fill(&Tensor::from_vec(mask, [n, n, n]), 1.0).prod_axes(-1);
    let d = others.diagonal(0, -2, -1).unsqueeze(-2);
    let g = h * sign;
    let dd = (u * g.matmul(v)).sum_axes(-2);
    let eye = Tensor::eye_of(n, gradus_tensor::DType::Bool);
    let ds = (others.masked_fill(&eye, 0.0) * dd.unsqueeze(-2)).sum_axes(-1);
    svd_rule([u, s, v], [g.matmul(v) * d, ds, g.t().matmul(u) * d])
}

impl Op for Singular {
    fn name(&self) -> &'static str {
        "svd"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        kernel::svd(&x[0])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (m, n) = matrix_sizes("svd", &step.shape(0));
        let k = m.min(n);
        let of =
            |pack: Var<'t>| (part(pack, 0, [m, k]), part(pack, m * k, [k]), part(pack, (m + 1) * k, [n, k]));
        let ((u, s, v), (du, ds, dv)) = (of(step.y()), of(step.dy()));
        step.give(0, svd_rule([u, s, v], [du, ds, dv]));
    }
    fn words(&self) -> &'static str {
        "A = U·diag(s)·Vᵀ: A gets U·(K·diag(s) + diag(s)·L + diag(s̄))·Vᵀ, where K is (Uᵀ·Ū − Ūᵀ·U)/(sⱼ² − sᵢ²) and L the \
         same of V, and, over s, what of Ū and V̄ lies outside of the spaces of U and V"
    }
}

/// # Eigenvalues and singular values
impl<'t> Var<'t> {
    /// Eigenvalues λ and eigenvectors V of symmetric matrices `[…, n, n]`,
    /// `$A = V \operatorname{diag}(\lambda)\, V^\top$`. Only the lower triangle counts; the gradient is
    /// symmetric. The gradient in the vectors of equal eigenvalues is not defined and taken as 0.
    ///
    /// # Panics
    /// If the matrices are not square.
    #[track_caller]
    pub fn eigh(self) -> Eigen<'t> {
        let n = self.square_size("eigh");
        let pack = self.tape().apply(Eigh, &[self]);
        Eigen { vectors: part(pack, 0, [n, n]), values: part(pack, n * n, [n]) }
    }

    /// The singular value decomposition `$A = U \operatorname{diag}(s)\, V^\top$` of matrices `[…, m, n]`. The
    /// gradient in the vectors of equal singular values is not defined and taken as 0.
    ///
    /// # Panics
    /// If there are less than two axes.
    #[track_caller]
    pub fn svd(self) -> Svd<'t> {
        let (m, n) = matrix_sizes("svd", &self.shape());
        let k = m.min(n);
        let pack = self.tape().apply(Singular, &[self]);
        Svd { u: part(pack, 0, [m, k]), s: part(pack, m * k, [k]), v: part(pack, (m + 1) * k, [n, k]) }
    }

    /// The singular values of matrices `[…, m, n]`, in descending order: `[…, min(m, n)]`.
    ///
    /// # Panics
    /// If there are less than two axes.
    #[doc(alias = "svdvals")]
    #[track_caller]
    pub fn singular_values(self) -> Self {
        self.svd().s
    }
}
