//! A particle in the field of two charges, moved by Euler's method until it meets the axis; the place w of one charge for which
//! it does so at the origin. The field is a gradient, so the search differentiates through derivatives.

use gradus::prelude::*;

use crate::data::{Input, Output};
use crate::descent::{Side, argmin, gradient, sides, slope};
use crate::protocol::{Run, unknown};

const TIME_STEP: f64 = 0.1;

pub(crate) fn prepare(function: &str, input: Input<'_>) -> Result<Run, String> {
    let start = Tensor::from([input.part("w")?.number()?]);
    let Some([outside, inside]) = sides(function) else { return unknown(function) };
    Ok(Box::new(move || {
        let miss = objective(|w| miss(w, inside));
        let value = |w: &Tensor| on_tape(Mode::Record, |tape| miss(tape.constant(w)).item());
        let found = on_tape(Mode::Record, |tape| {
            let slope = |w: Var<'_>| tape.constant(gradient(miss, &w.value(), outside));
            argmin(tape.constant(&start), |w| value(&w.value()), slope).item()
        });
        Output::Number(found)
    }))
}

/// The square of where the particle meets the axis.
fn miss(w: Var<'_>, side: Side) -> Var<'_> {
    let tape = w.tape();
    let fixed = tape.constant([10.0, 0.0]);
    let moved = Var::cat(&[tape.constant([10.0]), 10.0 - w], 0);
    let (mut x, mut v) = (tape.var([0.0, 8.0]), tape.constant([0.75, 0.0]));
    loop {
        let potential = (x - fixed).square().sum().sqrt().recip() + (x - moved).square().sum().sqrt().recip();
        let next = x + v * TIME_STEP;
        if next.select(0, 1).item() < 0.0 {
            break;
        }
        v -= slope(potential, x, side) * TIME_STEP;
        x = next;
    }
    let rest = -x.select(0, 1) / v.select(0, 1);
    (x.select(0, 0) + rest * v.select(0, 0)).square()
}
