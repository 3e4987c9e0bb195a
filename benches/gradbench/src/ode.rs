//! Runge and Kutta's method of fourth order for `$y_0' = x_0$`, `$y_i' = x_i y_{i-1}$` from 0, in s steps to time 2; and the
//! gradient of the last y in x.

use gradus::prelude::*;

use crate::data::{Input, Output};
use crate::protocol::{Run, unknown};

pub(crate) fn prepare(function: &str, input: Input<'_>) -> Result<Run, String> {
    let (x, steps) = (Param::new(input.part("x")?.tensor()?), input.part("s")?.size()?);
    Ok(match function {
        "primal" => Box::new(move || Output::Tensor(predict(|tape| solve(tape.param(&x), steps)))),
        "gradient" => Box::new(move || {
            let (_, gradients) = value_and_grad(|tape| solve(tape.param(&x), steps).select(0, -1));
            Output::Tensor(gradients.get(&x).expect("the solution depends on x").clone())
        }),
        _ => return unknown(function),
    })
}

fn solve(x: Var<'_>, steps: usize) -> Var<'_> {
    let (tape, n) = (x.tape(), x.elements());
    let one = tape.constant(Tensor::ones_of([1], DType::F64));
    let slope = |y| Var::cat(&[one, Var::narrow(y, 0, 0, n - 1)], 0) * x;
    let h = 2.0 / steps as f64;
    let mut y = tape.constant(Tensor::zeros_of([n], DType::F64));
    for _ in 0..steps {
        let k1 = slope(y);
        let k2 = slope(y + k1 * (h / 2.0));
        let k3 = slope(y + k2 * (h / 2.0));
        let k4 = slope(y + k3 * h);
        y += (k1 + (k2 + k3) * 2.0 + k4) * (h / 6.0);
    }
    y
}
