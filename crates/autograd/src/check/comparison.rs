//! One derivative from both sides, and what they say of each other.

use super::finite_difference::{FiniteDifference, Scheme};
use super::line::Direction;
use super::measure::{Estimate, Sides};
use super::options::GradcheckOptions;
use super::report::Place;

/// What a comparison says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The two sides agree within the bounds.
    Agrees,
    /// They differ by more than the bounds and the error of the numeric side.
    Differs,
    /// The error of the numeric side is too large to tell.
    Undecided,
    /// The numeric side has no value: nothing near is finite, or the derivative is infinite.
    Unmeasured,
}

/// One derivative from both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The input or parameter: `input 0`, `fc1.weight`; for a direction `direction 3`.
    pub name: String,
    /// The number of the input or of the trainable parameter; `None` for a direction.
    pub input: Option<usize>,
    /// The place in that tensor; empty for a number or a direction.
    pub index: Vec<usize>,
    /// The element of the result, if each is compared by itself. (Of a higher order: the number of the gradient among those of
    /// all inputs, if there are several, and the element in it.)
    pub output: Option<Vec<usize>>,
    /// What the tape says.
    pub autograd: f64,
    /// What the finite difference says.
    pub numeric: f64,
    /// A bound of the error of the finite difference.
    pub noise: f64,
    /// `$|a - n|$`.
    pub absolute: f64,
    /// `$|a - n| / \max(|a|, |n|, \mathrm{atol}/\mathrm{rtol})$`.
    pub relative: f64,
    /// The scheme of the finite difference. Where the automatic choice is forward or backward, at the edge of a domain, it is
    /// the one-sided difference of five points.
    pub scheme: Scheme,
    /// Its step.
    pub step: f64,
    /// 1 for a gradient, 2 for the gradient of a gradient.
    pub order: usize,
    /// What the two say of each other.
    pub verdict: Verdict,
    /// The slopes to the left and to the right, if the function has a kink at the point.
    pub kink: Option<[f64; 2]>,
}

/// A kink at which the check passed: the tape's slope is the mean of those to the two sides, but there is no derivative.
#[derive(Debug, Clone, PartialEq)]
pub struct KinkNote {
    /// The input or parameter.
    pub name: String,
    /// The place in it.
    pub index: Vec<usize>,
    /// The slope to the left.
    pub left: f64,
    /// The slope to the right.
    pub right: f64,
    /// The operation that has it, if it was found.
    pub place: Option<Place>,
}

/// A derivative that neither side can tell from 0 counts as 0 if the error is below this, for arguments near 1.
const ZERO: f64 = 1e-12;
/// Two values differ for sure if they are farther apart than this many bounds of the error.
const SURE: f64 = 4.0;
/// The share of the natural size of a derivative below which differences do not count.
const NATURAL: f64 = 1e-9;

/// What the two values say of each other, given the bound of the numeric one's error.
pub(crate) fn judged(autograd: f64, numeric: &Estimate, options: &GradcheckOptions) -> Verdict {
    let Estimate { value, noise, moves, scale, .. } = *numeric;
    if autograd.is_infinite() || !value.is_finite() || !noise.is_finite() {
        return Verdict::Unmeasured;
    }
    if autograd.is_nan() {
        return Verdict::Differs;
    }
    let distance = (autograd - value).abs();
    let natural = NATURAL * moves.min(1.0);
    let allowed = (options.rtol * autograd.abs().max(value.abs())).max(options.atol).max(natural);
    let both_zero =
        autograd.abs() <= noise && value.abs() <= noise && noise <= options.atol.max(ZERO / scale);
    if both_zero || distance + noise <= allowed {
        Verdict::Agrees
    } else if distance - SURE * noise > allowed && !numeric.faint {
        Verdict::Differs
    } else {
        Verdict::Undecided
    }
}

/// The two values with what they say of each other.
pub(crate) fn comparison(
    direction: &Direction,
    autograd: f64,
    (estimate, verdict, sides): (Estimate, Verdict, Option<Sides>),
    options: &GradcheckOptions,
) -> Comparison {
    let absolute = (autograd - estimate.value).abs();
    let natural = NATURAL * estimate.moves.min(1.0);
    let floor = options.atol.max(natural) / options.rtol;
    let size = autograd.abs().max(estimate.value.abs()).max(floor);
    Comparison {
        name: direction.name.clone(),
        input: direction.input,
        index: direction.index.clone(),
        output: None,
        autograd,
        numeric: estimate.value,
        noise: estimate.noise,
        absolute,
        relative: if absolute == 0.0 { 0.0 } else { absolute / size },
        scheme: estimate.scheme,
        step: estimate.step,
        order: 1,
        verdict,
        kink: sides.map(|sides| [sides.left, sides.right]),
    }
}

impl Comparison {
    /// Of a derivative that differences do not give.
    pub(crate) fn unmeasured(direction: &Direction, autograd: f64) -> Self {
        Self {
            name: direction.name.clone(),
            input: direction.input,
            index: direction.index.clone(),
            output: None,
            autograd,
            numeric: f64::NAN,
            noise: f64::INFINITY,
            absolute: f64::NAN,
            relative: f64::NAN,
            scheme: Scheme::FivePoint,
            step: FiniteDifference::new(Scheme::FivePoint).step * direction.scale,
            order: 1,
            verdict: Verdict::Unmeasured,
            kink: None,
        }
    }

    /// With its order and the element of the result.
    pub(crate) fn of_order(self, order: usize, output: Option<Vec<usize>>) -> Self {
        Self { output, order, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(value: f64, noise: f64) -> Estimate {
        Estimate::new(value, noise, 1.0)
    }

    #[test]
    fn within_the_noise_nothing_is_decided() {
        let options = GradcheckOptions::default();
        let judge = |a, n, noise| judged(a, &estimate(n, noise), &options);
        assert_eq!(judge(1.0, 1.0 + 1e-7, 1e-10), Verdict::Agrees);
        assert_eq!(judge(1.0, 1.0, 1e-5), Verdict::Undecided);
        assert_eq!(judge(0.0, 0.0, 1e-3), Verdict::Undecided);
        assert_eq!(judge(0.0, 0.0, 1e-13), Verdict::Agrees);
        assert_eq!(judge(1.0, 1.1, 1e-3), Verdict::Differs);
        assert_eq!(judge(f64::NAN, 1.0, 1e-9), Verdict::Differs);
        assert_eq!(judge(1.0, f64::NAN, 1e-9), Verdict::Unmeasured);
        assert_eq!(judge(f64::INFINITY, 1e8, 1e7), Verdict::Unmeasured);
    }
}
