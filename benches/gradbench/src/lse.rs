//! The logarithm of a sum of exponentials, `$\log\sum_i e^{x_i}$`.

use gradus::prelude::*;

use crate::data::{Input, Output};
use crate::protocol::{Run, unknown};

pub(crate) fn prepare(function: &str, input: Input<'_>) -> Result<Run, String> {
    let x = Param::new(input.part("x")?.tensor()?);
    Ok(match function {
        "primal" => Box::new(move || Output::Number(predict(|tape| tape.param(&x).logsumexp()).item())),
        "gradient" => Box::new(move || {
            let (_, gradients) = value_and_grad(|tape| tape.param(&x).logsumexp());
            Output::Tensor(gradients.get(&x).expect("the sum depends on x").clone())
        }),
        _ => return unknown(function),
    })
}
