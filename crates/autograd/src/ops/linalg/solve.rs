//! Inverse, systems of equations, determinants, pseudo-inverse.

use gradus_tensor::{DType, Tensor};

use super::kernel::{self, matrix_sizes};
use crate::op::{Backward, Op};
use crate::ops::elementwise::operators::{Operand, promoted};
use crate::ops::expect;
use crate::var::Var;

/// `$Y = A^{-1}$`; rule: `$-Y^\top \bar Y Y^\top$`.
#[derive(Debug)]
struct Inverse;

impl Op for Inverse {
    fn name(&self) -> &'static str {
        "inverse"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        kernel::inverse(&x[0])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let y = step.y().t();
        step.give(0, -y.matmul(step.dy()).matmul(y));
    }
    fn words(&self) -> &'static str {
        "an inverse Y: A gets −Yᵀ·ȳ·Yᵀ"
    }
}

/// `$X = A^{-1} B$`; rule: `$\bar B = A^{-\top} \bar X$`, `$\bar A = -\bar B X^\top$`.
#[derive(Debug)]
struct Solve;

impl Op for Solve {
    fn name(&self) -> &'static str {
        "solve"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        kernel::solve(&x[0], &x[1])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let b = step.tape().apply(Self, &[step.x(0).t(), step.dy()]);
        if step.needs(0) {
            step.give(0, -b.matmul(step.y().t()));
        }
        if step.needs(1) {
            step.give(1, b);
        }
    }
    fn words(&self) -> &'static str {
        "X = A⁻¹·B: B gets B̄ = A⁻ᵀ·ȳ, A gets −B̄·Xᵀ"
    }
}

/// `$X = A^{-1} B$` with the upper or lower triangle of A; rule as of [`Solve`], cut to the triangle.
#[derive(Debug, Clone, Copy)]
struct SolveTriangular {
    upper: bool,
    unit: bool,
}

impl Op for SolveTriangular {
    fn name(&self) -> &'static str {
        "solve_triangular"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        kernel::solve_triangular(&x[0], &x[1], self.upper, self.unit)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let flipped = Self { upper: !self.upper, ..*self };
        let b = step.tape().apply(flipped, &[step.x(0).t(), step.dy()]);
        if step.needs(0) {
            let full = -b.matmul(step.y().t());
            let k = isize::from(self.unit);
            step.give(0, if self.upper { full.triu(k) } else { full.tril(-k) });
        }
        if step.needs(1) {
            step.give(1, b);
        }
    }
    fn words(&self) -> &'static str {
        "X = A⁻¹·B for a triangle A: B gets B̄ = A⁻ᵀ·ȳ, A gets the triangle of −B̄·Xᵀ"
    }
}

/// The determinant; rule: the cofactors.
#[derive(Debug)]
struct Determinant;

impl Op for Determinant {
    fn name(&self) -> &'static str {
        "det"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        kernel::determinant(&x[0])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let cofactors = step.tape().apply(Cofactors, &[step.x(0)]);
        step.give(0, step.dy().unsqueeze(-1).unsqueeze(-1) * cofactors);
    }
    fn words(&self) -> &'static str {
        "a determinant: A gets ȳ times its cofactors"
    }
}

/// `$C = \det(A)\, A^{-\top}$`; rule, for regular matrices (else by the singular values): `$\det(A) (\langle H, A^{-\top} \rangle A^{-\top} - A^{-\top} H^\top A^{-\top})$`.
#[derive(Debug)]
struct Cofactors;

impl Op for Cofactors {
    fn name(&self) -> &'static str {
        "cofactors"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        kernel::cofactors(&x[0])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (x, h) = (step.x(0), step.dy());
        let det = kernel::determinant(&x.value());
        if det.eq(0.0).or(&det.is_finite().logical_not()).any().item() != 0.0 {
            return step.give(0, super::spectral::cofactor_rule(x, h));
        }
        let y = x.inverse().t();
        let inner = (h * y).sum_keep([-1, -2]);
        let det = x.det().unsqueeze(-1).unsqueeze(-1);
        step.give(0, det * (inner * y - y.matmul(h.t()).matmul(y)));
    }
    fn words(&self) -> &'static str {
        "the cofactors det(A) Y, Y = A⁻ᵀ: A gets det(A) (Y Σ Y ȳ − Y·ȳᵀ·Y)"
    }
}

/// `$\ln |\det A|$`; rule: `$A^{-\top}$`.
#[derive(Debug)]
struct LogDeterminant;

impl Op for LogDeterminant {
    fn name(&self) -> &'static str {
        "log_abs_det"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        kernel::sign_and_log(&x[0]).select(-1, 1)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let dy = step.dy().unsqueeze(-1).unsqueeze(-1);
        step.give(0, dy * step.x(0).inverse().t());
    }
    fn words(&self) -> &'static str {
        "ln |det A|: A gets ȳ A⁻ᵀ"
    }
}

/// The pseudo-inverse P; rule of Golub and Pereyra (1973), for matrices of constant rank:
/// `$-P^\top \bar P P^\top + (I - A P)\, \bar P^\top P P^\top + P^\top P\, \bar P^\top (I - P A)$`.
#[derive(Debug)]
struct PseudoInverse {
    cut: f64,
    symmetric: bool,
}

impl Op for PseudoInverse {
    fn name(&self) -> &'static str {
        "pinv"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        kernel::pseudo_inverse(&x[0], self.cut, self.symmetric)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        // Of A/c and c P the products neither overflow nor vanish; the result is 1/c² times as large.
        let c = kernel::common_scale(&step.x(0).value());
        let (a, p, d) = (step.x(0) / c, step.y() * c, step.dy() / c);
        let (pt, dt) = (p.t(), d.t());
        let left = dt.matmul(p).matmul(pt);
        let right = pt.matmul(p).matmul(dt);
        let first = pt.matmul(d).matmul(pt);
        let second = left - a.matmul(p.matmul(left));
        let third = right - right.matmul(p).matmul(a);
        step.give(0, (second + third - first) / c);
    }
    fn words(&self) -> &'static str {
        "a pseudo-inverse P: A gets (I − A·P)·ȳᵀ·P·Pᵀ + Pᵀ·P·ȳᵀ·(I − P·A) − Pᵀ·ȳ·Pᵀ"
    }
}

/// Panics unless columns B `[…, rows, k]` go with matrices A, in batches that broadcast.
#[track_caller]
pub(super) fn check_right(op: &str, a: Var<'_>, b: Var<'_>, rows: usize) {
    let (of_a, of_b) = (a.shape(), b.shape());
    let (found, _) = matrix_sizes(op, &of_b);
    assert!(found == rows, "{op}: {of_a} and {of_b}: {rows} equations for {found} rows");
    let lead = |s: &gradus_tensor::Shape| gradus_tensor::Shape::new(&s[..s.len() - 2]);
    lead(&of_a).broadcast_or_panic(&lead(&of_b), op);
}

/// # Inverses, systems, determinants
impl<'t> Var<'t> {
    /// `$A^{-1}$` of square matrices `[…, n, n]`; NaN for singular ones.
    ///
    /// # Panics
    /// If the matrices are not square.
    #[doc(alias = "inv")]
    #[track_caller]
    pub fn inverse(self) -> Self {
        self.square_size("inverse");
        self.tape().apply(Inverse, &[self])
    }

    /// Two batches of matrices expanded to the same batch axes.
    #[track_caller]
    fn with_batch(self, other: Self) -> (Self, Self) {
        let (a, b) = (self.shape(), other.shape());
        let lead = |s: &gradus_tensor::Shape| gradus_tensor::Shape::new(&s[..s.len() - 2]);
        let batch = lead(&a).broadcast_or_panic(&lead(&b), "solve");
        let full = |x: Self, s: &[usize]| {
            x.expand(batch.iter().chain(&s[s.len() - 2..]).copied().collect::<Vec<_>>())
        };
        (full(self, &a), full(other, &b))
    }

    /// `$A^{-1} B$` for square A and columns B `[…, n, k]`; batch axes broadcast. A vector `[n]` is one column, and the result
    /// `[…, n]`. NaN for singular A.
    ///
    /// # Panics
    /// If the sizes do not fit.
    #[track_caller]
    pub fn solve(self, b: impl Operand<'t>) -> Self {
        let [a, b] = promoted([self, self.operand("solve", b)]);
        let n = a.square_size("solve");
        let is_vector = b.rank() == 1;
        let b = if is_vector { b.unsqueeze(-1) } else { b };
        check_right("solve", a, b, n);
        let (a, b) = a.with_batch(b);
        let x = self.tape().apply(Solve, &[a, b]);
        if is_vector { x.select(-1, 0) } else { x }
    }

    /// `$A^{-1} B$`, `[…, n, k]`, for square A `[…, n, n]` of which only the upper (or lower) triangle counts,
    /// and columns B `[…, n, k]`; `unit`: its diagonal is taken as 1. Batch axes broadcast.
    ///
    /// # Panics
    /// If the sizes do not fit.
    #[doc(alias = "triangular_solve")]
    #[track_caller]
    pub fn solve_triangular(self, b: impl Operand<'t>, upper: bool, unit: bool) -> Self {
        let [a, b] = promoted([self, self.operand("solve_triangular", b)]);
        let n = a.square_size("solve_triangular");
        check_right("solve_triangular", a, b, n);
        let (a, b) = a.with_batch(b);
        self.tape().apply(SolveTriangular { upper, unit }, &[a, b])
    }

    /// `$\det A$` of square matrices: `[…, n, n]` to `[…]`. Differentiable for singular matrices, too.
    ///
    /// # Panics
    /// If the matrices are not square.
    #[track_caller]
    pub fn det(self) -> Self {
        self.square_size("det");
        self.tape().apply(Determinant, &[self])
    }

    /// The sign of the determinant and `$\ln |\det A|$` of square matrices `[…, n, n]`, both `[…]`.
    ///
    /// # Panics
    /// If the matrices are not square.
    #[track_caller]
    pub fn slogdet(self) -> (Tensor, Self) {
        self.square_size("slogdet");
        let sign = kernel::sign_and_log(&self.value()).select(-1, 0).contiguous();
        (sign, self.tape().apply(LogDeterminant, &[self]))
    }

    /// `$\ln \det A$` of square matrices, `[…, n, n]` to `[…]`; NaN where the determinant is negative.
    ///
    /// # Panics
    /// If the matrices are not square.
    #[track_caller]
    pub fn logdet(self) -> Self {
        self.square_size("logdet");
        let (sign, log) = self.slogdet();
        log.masked_fill(&sign.lt(0.0), f64::NAN)
    }

    /// The Moore-Penrose pseudo-inverse of matrices, `[…, m, n]` to `[…, n, m]`; singular values up to `cut`
    /// times the largest count as 0.
    ///
    /// # Panics
    /// If there are less than two axes.
    #[doc(alias = "pinverse")]
    #[track_caller]
    pub fn pinv(self, cut: f64) -> Self {
        matrix_sizes("pinv", &self.shape());
        expect::floats("pinv", self.dtype());
        self.tape().apply(PseudoInverse { cut, symmetric: false }, &[self])
    }

    /// As [`Self::pinv`] of symmetric matrices, of which the lower triangle counts; the rule is the general one.
    ///
    /// # Panics
    /// If the matrices are not square.
    #[track_caller]
    pub fn pinv_symmetric(self, cut: f64) -> Self {
        self.square_size("pinv_symmetric");
        self.tape().apply(PseudoInverse { cut, symmetric: true }, &[self])
    }

    /// The X `[…, n, k]` of least `$\lVert A X - B \rVert$` (and of least norm among those), for A `[…, m, n]`
    /// and B `[…, m, k]`.
    ///
    /// # Panics
    /// If the sizes do not fit.
    #[doc(alias = "lstsq")]
    #[track_caller]
    pub fn least_squares(self, b: impl Operand<'t>) -> Self {
        let [a, b] = promoted([self, self.operand("least_squares", b)]);
        let (m, n) = matrix_sizes("least_squares", &a.shape());
        expect::floats("least_squares", a.dtype());
        check_right("least_squares", a, b, m);
        let epsilon = if a.dtype() == DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON };
        a.pinv(epsilon * m.max(n) as f64).matmul(b)
    }
}
