//! Decompositions and solutions.

use gradus::autograd::ops::MatrixNorm;

use super::{Call, of};
use crate::Entry;

pub(crate) fn table() -> Vec<Entry<Call>> {
    vec![
        of("inverse", &[&[3, 3]], |x, _| x[0].inverse()),
        of("solve", &[&[3, 3], &[3, 2]], |x, _| x[0].solve(x[1])),
        of("solve_triangular", &[&[3, 3], &[3, 2]], |x, _| x[0].solve_triangular(x[1], true, false)),
        of("det", &[&[3, 3]], |x, _| x[0].det()),
        of("slogdet", &[&[3, 3]], |x, _| x[0].slogdet().1),
        of("logdet", &[&[3, 3]], |x, _| x[0].logdet()),
        of("cholesky", &[&[3, 3]], |x, _| x[0].cholesky()),
        of("cholesky_solve", &[&[3, 2], &[3, 3]], |x, _| x[0].cholesky_solve(x[1], false)),
        of("qr", &[&[4, 3]], |x, _| x[0].qr().1),
        of("householder_product", &[&[4, 3], &[3]], |x, _| x[0].householder_product(x[1])),
        of("pinv", &[&[4, 3]], |x, _| x[0].pinv(1e-7)),
        of("pinv_symmetric", &[&[3, 3]], |x, _| x[0].pinv_symmetric(1e-7)),
        of("least_squares", &[&[4, 3], &[4, 2]], |x, _| x[0].least_squares(x[1])),
        of("eigh", &[&[3, 3]], |x, _| x[0].eigh().values),
        of("svd", &[&[4, 3]], |x, _| x[0].svd().u),
        of("singular_values", &[&[4, 3]], |x, _| x[0].singular_values()),
        of("matrix_norm", &[&[4, 3]], |x, _| x[0].matrix_norm(MatrixNorm::Nuclear)),
        of("matrix_norm", &[&[4, 3]], |x, _| x[0].matrix_norm(MatrixNorm::Order(1.0))),
        of("cond", &[&[3, 3]], |x, _| x[0].cond(MatrixNorm::Order(2.0))),
        of("cond", &[&[3, 3]], |x, _| x[0].cond(MatrixNorm::Frobenius)),
    ]
}
