//! Least squares of a polynomial with coefficients x against the sign, at n points t from -1 to 1:
//! `$\frac12\sum_i(\operatorname{sign} t_i - \sum_j x_j t_i^j)^2$`.

use gradus::prelude::*;

use crate::data::{Input, Output};
use crate::protocol::{Run, unknown};

pub(crate) fn prepare(function: &str, input: Input<'_>) -> Result<Run, String> {
    let (x, n) = (Param::new(input.part("x")?.tensor()?), input.part("n")?.size()?);
    Ok(match function {
        "primal" => Box::new(move || Output::Number(predict(|tape| objective(tape.param(&x), n)).item())),
        "gradient" => Box::new(move || {
            let (_, gradients) = value_and_grad(|tape| objective(tape.param(&x), n));
            Output::Tensor(gradients.get(&x).expect("the objective depends on x").clone())
        }),
        _ => return unknown(function),
    })
}

fn objective(x: Var<'_>, n: usize) -> Var<'_> {
    let t: Vec<f64> = (0..n).map(|i| -1.0 + i as f64 * 2.0 / (n as f64 - 1.0)).collect();
    let m = x.elements();
    let powers = Tensor::build([n, m], |rows: &mut [f64]| {
        for (row, &t) in rows.chunks_mut(m).zip(&t) {
            let mut power = 1.0;
            for place in row {
                *place = power;
                power *= t;
            }
        }
    });
    let tape = x.tape();
    let signs = tape.constant(Tensor::from_vec(t, [n]).sign());
    (signs - tape.constant(powers).matmul(x)).square().sum() * 0.5
}
