//! Eigenvalues of symmetric matrices and singular values.

use gradus_tensor::{DType, Tensor};

use super::kernel::{self, matrix_sizes};
use crate::op::{Backward, Op};
use crate::ops::expect;
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

/// `$1/(x_j - x_i)$`, 0 where they are equal up to rounding.
fn gaps<'t>(x: Var<'t>) -> Var<'t> {
    let difference = x.unsqueeze(-2) - x.unsqueeze(-1);
    let equal = equal(&x.value());
    difference.masked_fill(&equal, 1.0).recip().masked_fill(&equal, 0.0)
}

/// What values computed one by one differ by though they are equal, in units of the largest.
fn rounding(x: &Tensor) -> f64 {
    16.0 * if x.dtype() == DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON }
}

/// Which pairs of values are one, up to the rounding of the largest: also each with itself.
fn equal(x: &Tensor) -> Tensor {
    let most = if x.is_empty() { x.clone() } else { x.abs().max_keep(-1) };
    let distance = (x.unsqueeze(-2) - x.unsqueeze(-1)).abs();
    distance.le(&(most.unsqueeze(-1) * rounding(x)))
}

/// What the gradients in vectors tell of equal values, where `1/(x_j - x_i)` says nothing; nothing if none are equal.
///
/// Between two equal values a function that does not depend on the choice of their vectors, as
/// `$\langle W, U\,\mathrm{diag}(g(s))\,V^\top\rangle$`, has the slope `$r S_{ij}$`, where S is the symmetric part of `$U^\top \bar U$`
/// (of `$V^\top \bar V$` the same) and r the slope g′/g, which the diagonal shows: `$r = \sum \bar x_i S_{ii} / \sum S_{ii}^2$` over
/// the equal values. Where that is 0/0, g is taken as linear, `$r = c/x$`. Its own derivative is not taken.
fn between_equal<'t>(x: Var<'t>, slopes: Var<'t>, turned: [Var<'t>; 2], linear: f64) -> Option<Tensor> {
    let (values, slopes) = (x.value(), slopes.value());
    let n = values.shape()[values.rank() - 1];
    let same = equal(&values);
    if n < 2 || same.count_nonzero().item() as usize == values.elements() {
        return None;
    }
    let [a, b] = turned.map(|t| {
        let t = t.value();
        (&t + &t.t()) * 0.5
    });
    let same = same.to(values.dtype());
    let off = &same - &Tensor::eye_of(n, values.dtype());
    let largest = a.abs().max_keep([-2, -1]);
    let agree = (&a - &b).abs().le(&(&largest * 1e-6)).to(values.dtype());
    let diagonal = a.diagonal(0, -2, -1).contiguous();
    let over = |x: &Tensor| same.matmul(&x.unsqueeze(-1));
    let (both, squares) = (over(&(&slopes * &diagonal)), over(&(&diagonal * &diagonal)));
    let nothing = squares.sqrt().le(&(&largest * 1e-9));
    let small = values.abs().le(&(values.abs().max_keep(-1) * rounding(&values)));
    let assumed = (values.masked_fill(&small, f64::INFINITY).recip() * linear).unsqueeze(-1);
    let ratio = assumed.where_(&nothing, &(both / squares.masked_fill(&nothing, 1.0)));
    Some(a * off * agree * ratio)
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
        let turned = v.t().matmul(dv);
        let mut inner = turned * gaps(values) + diagonal(dvalues);
        if let Some(more) = between_equal(values, dvalues, [turned, turned], 0.5) {
            inner += &more;
        }
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
    let (udu, vdv) = (u.t().matmul(du), v.t().matmul(dv));
    // With 1/(s_j² − s_i²) in parts, the sum has no difference to divide by: that of equal values stays.
    let sum = unit.unsqueeze(-2) + unit.unsqueeze(-1);
    let none = sum.value().le(rounding(&s.value()));
    let over_sum = sum.masked_fill(&none, 1.0).recip().masked_fill(&none, 0.0);
    let skew = |x: Var<'t>| x - x.t();
    let turns = skew(udu + vdv) * gaps(unit) + skew(udu - vdv) * over_sum;
    let mut inner = turns * 0.5 / &most.unsqueeze(-1) + diagonal(ds);
    if let Some(more) = between_equal(s, ds, [udu, vdv], 1.0) {
        inner += &more;
    }
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
    let eye = Tensor::eye_of(n, DType::Bool);
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
    /// symmetric. Vectors of equal eigenvalues have no slope of their own; functions that do not depend on their choice,
    /// as `$V \operatorname{diag}(g(\lambda))\,V^\top$`, do, and it is found (to first order).
    ///
    /// # Panics
    /// If the matrices are not square.
    #[track_caller]
    pub fn eigh(self) -> Eigen<'t> {
        let n = self.square_size("eigh");
        let pack = self.tape().apply(Eigh, &[self]);
        Eigen { vectors: part(pack, 0, [n, n]), values: part(pack, n * n, [n]) }
    }

    /// The singular value decomposition `$A = U \operatorname{diag}(s)\, V^\top$` of matrices `[…, m, n]`.
    /// Vectors of equal singular values have no slope of their own; functions that do not depend on their choice, as
    /// `$U \operatorname{diag}(g(s))\,V^\top$`, do, and it is found (to first order).
    ///
    /// # Panics
    /// If there are less than two axes.
    #[track_caller]
    pub fn svd(self) -> Svd<'t> {
        let (m, n) = matrix_sizes("svd", &self.shape());
        expect::floats("svd", self.dtype());
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
        matrix_sizes("singular_values", &self.shape());
        expect::floats("singular_values", self.dtype());
        self.svd().s
    }
}
