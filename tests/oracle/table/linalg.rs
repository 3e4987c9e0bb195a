//! Decompositions and what is made of them.

use gradus_autograd::Var;
use gradus_autograd::ops::MatrixNorm;
use gradus_tensor::{Axes, Tensor};

use crate::args::Args;
use crate::value::Val;

fn which(c: &Args<'_>, name: &str, default: MatrixNorm) -> MatrixNorm {
    match c.get(name) {
        None => default,
        Some(Val::S(s)) if s == "fro" => MatrixNorm::Frobenius,
        Some(Val::S(s)) if s == "nuc" => MatrixNorm::Nuclear,
        Some(other) => MatrixNorm::Order(other.number()),
    }
}

/// A norm over two axes, kept or dropped.
pub(super) fn matrix_norm<'t>(c: &Args<'t>, order: &str) -> Var<'t> {
    let x = c.v("input");
    let axes = c.dims("dim").unwrap_or_else(|| vec![-2, -1]);
    let rank = x.rank() as isize;
    let (a, b) = (axes[0].rem_euclid(rank), axes[1].rem_euclid(rank));
    let rest = (0..rank).filter(|&i| i != a && i != b);
    let y =
        x.permute(rest.chain([a, b]).collect::<Vec<_>>()).matrix_norm(which(c, order, MatrixNorm::Frobenius));
    if c.flag("keepdim", false) {
        let sizes: Vec<usize> =
            (0..rank).map(|i| if i == a || i == b { 1 } else { x.shape()[i as usize] }).collect();
        y.reshape(sizes)
    } else {
        y
    }
}

/// `torch.linalg.norm`: of vectors or of matrices, by the axes and the order.
fn norm<'t>(c: &Args<'t>) -> Var<'t> {
    let x = c.v("input");
    let axes = c.dims("dim");
    let count = axes.as_ref().map_or(x.rank(), Vec::len);
    let keep = c.flag("keepdim", false);
    let order = c.get("ord");
    if order.is_none() || count == 1 || axes.is_none() && x.rank() == 0 {
        let p = order.map_or(2.0, |o| o.number());
        let axes = axes.map_or(Axes::from(()), Axes::from);
        return if keep { x.vector_norm_keep(p, axes) } else { x.vector_norm_axes(p, axes) };
    }
    matrix_norm(c, "ord")
}

fn pinv<'t>(c: &Args<'t>, a: Var<'t>) -> Var<'t> {
    let shape = a.shape();
    let (m, n) = (shape[shape.len() - 2], shape[shape.len() - 1]);
    let cut = c.get("rtol").or_else(|| c.get("rcond")).map(|x| x.tensor());
    let cut = match cut {
        None if a.dtype() == gradus_tensor::DType::F32 => f64::from(f32::EPSILON) * m.max(n) as f64,
        None => f64::EPSILON * m.max(n) as f64,
        Some(t) if t.elements() == 0 => 0.0,
        Some(t) => t.to_f64_vec()[0],
    };
    if c.flag("hermitian", false) { a.pinv_symmetric(cut) } else { a.pinv(cut) }
}

/// Columns to solve for: a vector counts as one.
fn solved<'t>(a: Var<'t>, b: Var<'t>, f: impl Fn(Var<'t>, Var<'t>) -> Var<'t>) -> Var<'t> {
    let (sa, sb) = (a.shape(), b.shape());
    let vector = sb.len() == 1 || sb.len() + 1 == sa.len() && sb[..] == sa[..sa.len() - 1];
    if vector { f(a, b.unsqueeze(-1)).squeeze_axis(-1) } else { f(a, b) }
}

fn solve_triangular<'t>(c: &Args<'t>) -> Var<'t> {
    let (a, b) = (c.v("A"), c.v("B"));
    let (upper, unit) = (c.flag("upper", false), c.flag("unitriangular", false));
    if c.flag("left", true) {
        a.solve_triangular(b, upper, unit)
    } else {
        a.t().solve_triangular(b.t(), !upper, unit).t()
    }
}

fn tensorsolve<'t>(c: &Args<'t>) -> Var<'t> {
    let (mut a, b) = (c.v("A"), c.v("B"));
    if let Some(dims) = c.dims("dims") {
        let rank = a.rank() as isize;
        let moved: Vec<isize> = dims.iter().map(|d| d.rem_euclid(rank)).collect();
        let order = (0..rank).filter(|i| !moved.contains(i)).chain(moved.iter().copied());
        a = a.permute(order.collect::<Vec<_>>());
    }
    let rest = a.shape()[b.rank()..].to_vec();
    let n = b.elements();
    a.reshape([n, n]).solve(b.reshape([n, 1])).reshape(rest)
}

/// The triangle that counts as the lower one.
fn triangle<'t>(c: &Args<'t>) -> Var<'t> {
    if c.text("UPLO", "L") == "U" { c.v("A").t() } else { c.v("A") }
}

/// Signs that make the diagonal of R positive, as constants.
fn qr_pos<'t>(a: Var<'t>) -> (Var<'t>, Var<'t>) {
    let (q, r) = a.qr();
    let diagonal = r.value().diagonal(0, -2, -1);
    let sign = diagonal.full_like(-1.0).where_(&diagonal.lt(0.0), &diagonal.ones_like());
    (q * &sign.unsqueeze(-2), r * &sign.unsqueeze(-1))
}

super::table! {
    "linalg.inv inverse" ("A") |c| c.v("A").inverse();
    "linalg.det det" ("A") |c| c.v("A").det();
    "linalg.slogdet slogdet" ("A") |c| {
        let (sign, log) = c.v("A").slogdet();
        (sign, log)
    };
    "logdet" ("A") |c| c.v("A").logdet();
    "linalg.solve" ("A B left") |c| {
        let left = c.flag("left", true);
        if left { solved(c.v("A"), c.v("B"), Var::solve) } else { c.v("A").t().solve(c.v("B").t()).t() }
    };
    "linalg.solve_triangular" ("A B upper left unitriangular") |c| solve_triangular(c);
    "triangular_solve" ("b A upper transpose unitriangular") |c| {
        let (a, b) = (c.v("A"), c.v("b"));
        let (upper, turned) = (c.flag("upper", true), c.flag("transpose", false));
        let system = if turned { a.t() } else { a };
        (system.solve_triangular(b, upper != turned, c.flag("unitriangular", false)), a.alias())
    };
    "linalg.cholesky cholesky" ("A upper") |c| {
        let l = c.v("A").cholesky();
        if c.flag("upper", false) { l.t() } else { l }
    };
    "cholesky_solve" ("B L upper") |c| c.v("B").cholesky_solve(c.v("L"), c.flag("upper", false));
    "cholesky_inverse" ("L upper") |c| {
        let l = c.v("L");
        let shape = l.shape();
        let eye = c.tape.constant(Tensor::eye_of(shape[shape.len() - 1], l.dtype()));
        eye.expand(shape).cholesky_solve(l, c.flag("upper", false))
    };
    "linalg.qr" ("A mode") |c| c.v("A").qr();
    "linalg.eigvalsh" ("A UPLO") |c| {
        triangle(c).eigh().values
    };
    "linalg.eigh" ("A UPLO") |c| {
        let e = triangle(c).eigh();
        (e.values, e.vectors)
    };
    "linalg.svdvals" ("A") |c| c.v("A").singular_values();
    "linalg.pinv pinverse" ("A rcond rtol hermitian") |c| pinv(c, c.v("A"));
    "linalg.lstsq" ("A B") |c| vec![Val::V(solved(c.v("A"), c.v("B"), Var::least_squares))];
    "linalg.householder_product" ("A tau") |c| c.v("A").householder_product(c.v("tau"));
    "linalg.tensorinv" ("A ind") |c| {
        let (a, split) = (c.v("A"), c.size("ind", 2));
        let shape = a.shape();
        let n: usize = shape[..split].iter().product();
        let sizes: Vec<usize> = shape[split..].iter().chain(&shape[..split]).copied().collect();
        a.reshape([n, shape[split..].iter().product()]).inverse().reshape(sizes)
    };
    "linalg.tensorsolve" ("A B dims") |c| tensorsolve(c);
    "linalg.matrix_norm" ("input ord dim keepdim") |c| matrix_norm(c, "ord");
    "linalg.norm" ("input ord dim keepdim") |c| norm(c);
    "linalg.cond" ("A p") |c| c.v("A").cond(which(c, "p", MatrixNorm::Order(2.0)));
    "linalg.pinv.singular" ("a b") |c| pinv(c, c.v("a").matmul(c.v("b").t()));
    "qr_pos" ("A") |c| qr_pos(c.v("A"));
    "eigh_fun" ("A") |c| {
        let e = c.v("A").eigh();
        (e.vectors * e.values.exp().unsqueeze(-2)).matmul(e.vectors.t())
    };
    "svd_polar" ("A") |c| {
        let d = c.v("A").svd();
        d.u.matmul(d.v.t())
    };
    "svd_rec" ("A") |c| {
        let d = c.v("A").svd();
        (d.u * d.s.square().unsqueeze(-2)).matmul(d.v.t())
    };
    "sym" ("A") |c| (c.v("A") + c.v("A").t()) / 2.0;
    "spd" ("A") |c| {
        let a = c.v("A");
        let n = a.shape()[a.rank() - 1] as f64;
        let rows = a.shape()[a.rank() - 2];
        a.matmul(a.t()) + &(&Tensor::eye_of(rows, a.dtype()) * n)
    };
}
