//! A first message: the square of a number, and its derivative, the double.

use gradus::prelude::*;

use crate::data::{Input, Output};
use crate::protocol::{Run, unknown};

pub(crate) fn prepare(function: &str, input: Input<'_>) -> Result<Run, String> {
    let x = Param::new(input.number()?);
    Ok(match function {
        "square" => Box::new(move || Output::Number(predict(|tape| tape.param(&x).square()).item())),
        "double" => Box::new(move || {
            let (_, gradients) = value_and_grad(|tape| tape.param(&x).square());
            Output::Number(gradients.get(&x).map_or(0.0, Tensor::item))
        }),
        _ => return unknown(function),
    })
}
