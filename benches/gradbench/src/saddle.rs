//! The saddle point `$\min_x\max_y |x|^2 - |y|^2$` by descent within descent: the outer gradient passes through all steps of the
//! inner one, and these through gradients.

use gradus::prelude::*;

use crate::data::{Input, Output};
use crate::descent::{Side, argmin, gradient, sides, slope};
use crate::protocol::{Run, unknown};

pub(crate) fn prepare(function: &str, input: Input<'_>) -> Result<Run, String> {
    let start = input.part("start")?.tensor()?;
    let Some([outside, inside]) = sides(function) else { return unknown(function) };
    Ok(Box::new(move || {
        let highest = objective(|x| height(x, argmax(x, &start, inside)));
        let value = |x: &Tensor| on_tape(Mode::Record, |tape| highest(tape.constant(x)).item());
        on_tape(Mode::Record, |tape| {
            let slope = |x: Var<'_>| tape.constant(gradient(highest, &x.value(), outside));
            let x = argmin(tape.constant(&start), |x| value(&x.value()), slope);
            Output::Tensor(Var::cat(&[x, argmax(x, &start, outside)], 0).value())
        })
    }))
}

fn height<'t>(x: Var<'t>, y: Var<'t>) -> Var<'t> {
    x.square().sum() - y.square().sum()
}

/// The y of the greatest height over x.
fn argmax<'t>(x: Var<'t>, start: &Tensor, side: Side) -> Var<'t> {
    let depth = |y: Var<'t>| -height(x, y);
    argmin(x.tape().var(start), |y| depth(y).item(), |y| slope(depth(y), y, side))
}
