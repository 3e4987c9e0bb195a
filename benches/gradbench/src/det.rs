//! The determinant by expansion along the first row, again and again, without sharing minors. All minors of
//! one size are one tensor: `$\det M = \sum_j (-1)^j M_{0j} \det M_{\setminus j}$`.

use gradus::prelude::*;

use crate::data::{Input, Output};
use crate::protocol::{Run, unknown};

pub(crate) fn prepare(function: &str, input: Input<'_>) -> Result<Run, String> {
    let (a, size) = (input.part("A")?.tensor()?, input.part("ell")?.size()?);
    let (a, minors) = (Param::new(a.reshape([size, size])), minors(size));
    Ok(match function {
        "primal" => Box::new(move || Output::Number(predict(|tape| det(tape.param(&a), &minors)).item())),
        "gradient" => Box::new(move || {
            let (_, gradients) = value_and_grad(|tape| det(tape.param(&a), &minors));
            Output::Tensor(gradients.get(&a).expect("the determinant depends on all").flatten())
        }),
        _ => return unknown(function),
    })
}

/// The columns of all minors of each size, from the smallest: `[minors · size]`. A minor's own follow each other in the
/// size below.
fn minors(size: usize) -> Vec<Tensor> {
    let mut columns: Vec<i64> = (0..size as i64).collect();
    let mut all = vec![Tensor::from_vec(columns.clone(), [columns.len()])];
    for width in (2..=size).rev() {
        let mut smaller = Vec::with_capacity(columns.len() * (width - 1));
        for minor in columns.chunks(width) {
            for removed in 0..width {
                smaller.extend(minor[..removed].iter().chain(&minor[removed + 1..]));
            }
        }
        columns = smaller;
        all.push(Tensor::from_vec(columns.clone(), [columns.len()]));
    }
    all.reverse();
    all
}

fn det<'t>(a: Var<'t>, minors: &[Tensor]) -> Var<'t> {
    let tape = a.tape();
    let rows = a.unbind(0);
    let mut below = rows[minors.len() - 1].index_select(0, &minors[0]);
    for (at, columns) in minors.iter().enumerate().skip(1) {
        let (width, row) = (at + 1, rows[minors.len() - 1 - at]);
        let shape = [columns.elements() / width, width];
        let signs: Vec<f64> = (0..width).map(|j| if j % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let products = row.index_select(0, columns).reshape(shape) * below.reshape(shape);
        below = products.matmul(tape.constant(Tensor::from_vec(signs, [width])));
    }
    below.reshape([0usize; 0])
}
