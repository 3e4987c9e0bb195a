//! The derivative in every direction of a plane: `$D_u f = \nabla f \cdot u$`, so the gradient is the longest arm.

use std::f64::consts::TAU;

use gradus::autograd::{FiniteDifference, Tape, Var, jvp};
use gradus::tensor::Tensor;
use serde::Serialize;

use super::along::Along;
use crate::answer::{Number, Refusal, numbers};

/// Directions, all around.
const DIRECTIONS: usize = 72;

/// The derivative in every direction of a plane.
#[derive(Debug, Clone, Serialize)]
pub struct Compass {
    /// The numbers of the elements that span it.
    pub pair: [usize; 2],
    /// The directions, in radians from the first element to the second.
    pub angles: Vec<Number>,
    /// The central difference with the wished step.
    pub difference: Vec<Number>,
    /// Forward mode.
    pub forward: Vec<Number>,
    /// The gradient's part in the plane, by the sweep back.
    pub gradient: [Number; 2],
    /// Its length.
    pub length: Number,
    /// Its direction.
    pub angle: Number,
}

pub(super) fn of(along: &Along<'_>, pair: [usize; 2], step: f64) -> Result<Compass, Refusal> {
    let inputs = along.inputs();
    let count: usize = inputs.iter().map(Tensor::elements).sum();
    if pair[0] == pair[1] || pair.iter().any(|&i| i >= count) {
        let message =
            format!("elements {} and {} of {count} span no plane; two different ones do", pair[0], pair[1]);
        return Err(Refusal::value(message));
    }
    let angles: Vec<f64> = (0..DIRECTIONS).map(|i| TAU * i as f64 / DIRECTIONS as f64).collect();
    let unit = |angle: f64| direction(inputs, pair, [angle.cos(), angle.sin()]);
    let value = |t: f64, v: &[Tensor]| {
        let tape = Tape::inference();
        let moved: Vec<Var<'_>> = inputs.iter().zip(v).map(|(x, v)| tape.constant(x + &(v * t))).collect();
        along.at(&moved).item()
    };
    let central = FiniteDifference::central().with_step(step);
    let difference: Vec<f64> = angles
        .iter()
        .map(|&angle| {
            let v = unit(angle);
            central.derivative(|t| value(t, &v), 0.0)
        })
        .collect();
    let forward: Vec<f64> =
        angles.iter().map(|&angle| jvp(|x| along.at(x), inputs, &unit(angle)).1.item()).collect();
    let tape = Tape::new();
    let here: Vec<Var<'_>> = inputs.iter().map(|x| tape.var(x.clone())).collect();
    let y = along.at(&here);
    let all: Vec<f64> = if y.needs() {
        let grads = y.backward();
        here.iter().flat_map(|&x| grads.wrt(x).to_f64_vec()).collect()
    } else {
        vec![0.0; count]
    };
    let gradient = pair.map(|i| all[i]);
    Ok(Compass {
        pair,
        angles: numbers(&angles),
        difference: numbers(&difference),
        forward: numbers(&forward),
        gradient: gradient.map(Number),
        length: Number(gradient[0].hypot(gradient[1])),
        angle: Number(gradient[1].atan2(gradient[0])),
    })
}

/// A direction in the plane of two elements, as a part for each input.
fn direction(inputs: &[Tensor], pair: [usize; 2], parts: [f64; 2]) -> Vec<Tensor> {
    let mut start = 0;
    let mut all = Vec::with_capacity(inputs.len());
    for x in inputs {
        let mut values = vec![0.0; x.elements()];
        for (i, part) in pair.into_iter().zip(parts) {
            if (start..start + values.len()).contains(&i) {
                values[i - start] = part;
            }
        }
        start += values.len();
        all.push(Tensor::from_vec(values, *x.shape()));
    }
    all
}
