//! Cholesky and QR factorisations, and what is solved by them.

use gradus_tensor::{Shape, Tensor};

use super::kernel::{self, batch_with, matrix_sizes};
use super::solve::check_right;
use crate::op::{Backward, Op};
use crate::ops::elementwise::operators::{Operand, promoted};
use crate::ops::expect;
use crate::var::Var;

/// `$A = L L^\top$`; rule (Murray, 2016): `$\bar A = \operatorname{sym}(L^{-\top} \Phi(L^\top \bar L) L^{-1})$`, where Φ keeps
/// the lower triangle and halves the diagonal.
#[derive(Debug)]
struct Cholesky;

impl Op for Cholesky {
    fn name(&self) -> &'static str {
        "cholesky"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        kernel::cholesky(&x[0])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (l, d) = (step.y(), step.dy());
        let s = l.t().matmul(d);
        let phi = (s.tril(0) + s.tril(-1)) * 0.5;
        let lt = l.t();
        // L⁻ᵀ Φ, then times L⁻¹ from the right by transposing.
        let left = lt.solve_triangular(phi, true, false);
        let full = lt.solve_triangular(left.t(), true, false).t();
        step.give(0, (full + full.t()) * 0.5);
    }
    fn words(&self) -> &'static str {
        "A = L·Lᵀ: A gets L⁻ᵀ·Φ(Lᵀ·ȳ)·L⁻¹, made symmetric, where Φ is the lower triangle with half the diagonal"
    }
}

/// `$A = Q R$`, packed; rule: see [`qr_rule`].
#[derive(Debug)]
struct Qr;

/// Cuts Q and R out of a pack.
fn unpack<'t>(pack: Var<'t>, m: usize, n: usize) -> (Var<'t>, Var<'t>) {
    let k = m.min(n);
    let shape = pack.shape().inserted(0, 1);
    let (q, r) = (pack.narrow(-1, 0, m * k), pack.narrow(-1, m * k, k * n));
    let of = |x: Var<'t>, rows: usize, cols: usize| {
        let sizes: Vec<usize> = shape[1..shape.len() - 1].iter().copied().chain([rows, cols]).collect();
        x.reshape(sizes)
    };
    (of(q, m, k), of(r, k, n))
}

/// For square R (Walter and Lehmann, 2018): with `$M = R \bar R^\top - \bar Q^\top Q$`,
/// `$\bar A = (\bar Q + Q\, \mathrm{sl}(M)) R^{-\top}$`, where sl mirrors the lower triangle.
fn qr_rule<'t>(q: Var<'t>, r: Var<'t>, dq: Var<'t>, dr: Var<'t>) -> Var<'t> {
    let m = r.matmul(dr.t()) - dq.t().matmul(q);
    let lower = m.tril(-1);
    let mirrored = m.tril(0) + lower.t();
    let left = dq + q.matmul(mirrored);
    r.solve_triangular(left.t(), true, false).t()
}

impl Op for Qr {
    fn name(&self) -> &'static str {
        "qr"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        kernel::qr(&x[0])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let x = step.x(0);
        let (m, n) = matrix_sizes("qr", &x.shape());
        let (q, r) = unpack(step.y(), m, n);
        let (dq, dr) = unpack(step.dy(), m, n);
        if m >= n {
            return step.give(0, qr_rule(q, r, dq, dr));
        }
        // A = [X Y], R = [U V]: X = Q U, Y = Q V.
        let (u, du) = (r.narrow(-1, 0, m), dr.narrow(-1, 0, m));
        let dv = dr.narrow(-1, m, n - m);
        let dq = dq + x.narrow(-1, m, n - m).matmul(dv.t());
        step.give(0, Var::cat(&[qr_rule(q, u, dq, du), q.matmul(dv)], -1));
    }
    fn words(&self) -> &'static str {
        "A = Q·R: with M = R·R̄ᵀ − Q̄ᵀ·Q, its lower triangle mirrored, A gets (Q̄ + Q·M)·R⁻ᵀ, where Q̄ and R̄ are parts of ȳ"
    }
}

/// # Factorisations
impl<'t> Var<'t> {
    /// The lower triangle L of `$A = L L^\top$`, in the shape `[…, n, n]` of A; NaN where A is not positive
    /// definite. A counts as symmetric: the gradient is, too.
    ///
    /// # Panics
    /// If the matrices are not square.
    #[track_caller]
    pub fn cholesky(self) -> Self {
        self.square_size("cholesky");
        self.tape().apply(Cholesky, &[self])
    }

    /// `$A^{-1} B$`, `[…, n, k]`, for `self` = B `[…, n, k]` and the Cholesky factor `[…, n, n]` of A:
    /// `$A = L L^\top$`, or `$U^\top U$` with `upper`.
    ///
    /// # Panics
    /// If the sizes do not fit.
    #[track_caller]
    pub fn cholesky_solve(self, factor: impl Operand<'t>, upper: bool) -> Self {
        let [b, factor] = promoted([self, self.operand("cholesky_solve", factor)]);
        let n = factor.square_size("cholesky_solve");
        check_right("cholesky_solve", factor, b, n);
        let l = if upper { factor.t() } else { factor };
        let half = l.solve_triangular(b, false, false);
        l.t().solve_triangular(half, true, false)
    }

    /// `$A = Q R$` with orthonormal columns Q `[…, m, k]` and an upper triangle R `[…, k, n]`, k = min(m, n). For m < n
    /// the first m columns must be independent.
    ///
    /// # Panics
    /// If there are less than two axes.
    #[track_caller]
    pub fn qr(self) -> (Self, Self) {
        let (m, n) = matrix_sizes("qr", &self.shape());
        expect::floats("qr", self.dtype());
        let pack = self.tape().apply(Qr, &[self]);
        unpack(pack, m, n)
    }

    /// The first n columns of the product of reflections `$\prod_i (I - \tau_i v_i v_i^\top)$`, `[…, m, n]`:
    /// `$v_i$` is column i of this value `[…, m, n]` below its diagonal, with 1 on it; τ is `[…, k]`.
    ///
    /// # Panics
    /// If the sizes do not fit.
    #[doc(alias = "orgqr")]
    #[track_caller]
    pub fn householder_product(self, tau: impl Operand<'t>) -> Self {
        let [x, tau] = promoted([self, self.operand("householder_product", tau)]);
        let (m, n) = matrix_sizes("householder_product", &x.shape());
        expect::floats("householder_product", x.dtype());
        let t = tau.shape();
        expect::at_least("householder_product", &t, 1, "matrices with factors […, k]");
        let k = t[t.len() - 1];
        let (lead, of_tau) = (Shape::new(&x.shape()[..x.rank() - 2]), Shape::new(&t[..t.len() - 1]));
        assert!(
            n <= m && k <= n && lead.broadcast(&of_tau).is_some_and(|both| both == lead),
            "householder_product: reflections {} with factors {t}: they must be […, m, n] with n ≤ m and […, k] with k ≤ n",
            x.shape()
        );
        let eye = Tensor::eye_of(m, x.dtype());
        let units = x.tril(-1) + &eye.narrow(1, 0, n);
        let mut y =
            x.tape().constant(eye.narrow(1, 0, n).contiguous()).expand(batch_with(&x.shape(), &[m, n]));
        for i in (0..k).rev() {
            let v = units.narrow(-1, i, 1);
            let t = tau.narrow(-1, i, 1).unsqueeze(-1);
            y -= t * v.matmul(v.t().matmul(y));
        }
        y
    }
}
