//! Descent as a subject: any optimizer on any function, and the path it takes.

use std::fmt;

use gradus_autograd::{Param, Var};
use gradus_tensor::Tensor;

use crate::methods::{Objective, largest};
use crate::optimizer::Optimizer;
use crate::study::objective::OnTape;

/// The path of a minimisation.
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory {
    /// The places, the start first.
    pub points: Vec<Vec<f64>>,
    /// The value at each place.
    pub values: Vec<f64>,
    /// How it ended.
    pub end: Ending,
}

/// How a minimisation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// All steps were made, and at the last place the largest element of the gradient is at most `$10^{-8} \max(1, |f|)$`;
    /// or at most `$10^{-4} \max(1, |f|)$`, and the last step did not move: so near to a minimum values differ by rounding,
    /// and a line search ends.
    Converged,
    /// All steps were made, and the gradient is not small.
    Budget,
    /// The value or a coordinate became infinite or NaN; the steps that were left were not made.
    NotFinite,
    /// All steps were made, but the last one did not move although the gradient is not small: the line search found no
    /// better place, or the learning rate is 0.
    GaveUp,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Converged => "converged",
            Self::Budget => "not converged after all steps",
            Self::NotFinite => "ended in an infinite value or NaN",
            Self::GaveUp => "gave up: no better place was found",
        })
    }
}

impl Trajectory {
    /// The last place.
    pub fn last(&self) -> &[f64] {
        self.points.last().map_or(&[], Vec::as_slice)
    }

    /// The distance of each place from another one.
    pub fn distances(&self, to: &[f64]) -> Vec<f64> {
        let distance = |x: &Vec<f64>| x.iter().zip(to).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        self.points.iter().map(distance).collect()
    }

    /// The first step after which the distance from a place stays within a tolerance.
    pub fn steps_to(&self, target: &[f64], tolerance: f64) -> Option<usize> {
        let far = self.distances(target).iter().rposition(|d| d.is_nan() || *d > tolerance);
        match far {
            None => Some(0),
            Some(last) => (last + 1 < self.points.len()).then_some(last + 1),
        }
    }
}

/// Minimises a function of the tape, whose argument is a vector, from `x0` on, in at most so many steps.
/// [`Trajectory::end`] says how it ended.
///
/// ```
/// use gradus_optim::{Ending, Optimizer, Sgd, minimize};
/// let mut descent = Optimizer::new(Sgd::default(), 0.4);
/// let weights = gradus_tensor::Tensor::from([0.1, 2.0]);
/// let path = minimize(|x| (x.square() * &weights).sum(), &[-5.0, -2.0], &mut descent, 20);
/// assert_eq!(format!("{:.6} {:.6}", path.last()[0], path.last()[1]), "-0.943467 -0.000073");
/// assert_eq!(path.end, Ending::Budget);
/// ```
///
/// # Panics
/// As [`Optimizer::training_step`]; or if the result of the function is not one number.
#[track_caller]
pub fn minimize(
    f: impl for<'t> Fn(Var<'t>) -> Var<'t>,
    x0: &[f64],
    by: &mut Optimizer,
    steps: usize,
) -> Trajectory {
    minimize_objective(&mut OnTape(f), x0, by, steps)
}

/// As [`minimize`], for any [`Objective`]: one with finite differences, one with residuals.
///
/// # Panics
/// As [`Optimizer::training_step`].
#[track_caller]
pub fn minimize_objective(f: &mut dyn Objective, x0: &[f64], by: &mut Optimizer, steps: usize) -> Trajectory {
    let mut x = Param::new(Tensor::from_vec(x0.to_vec(), x0.len()));
    if let Some(fault) = f.fault(x0) {
        panic!("minimize: {fault}");
    }
    let (mut value, mut g) = f.value_and_grad(x0);
    let mut path = Trajectory { points: vec![x0.to_vec()], values: vec![value], end: Ending::Budget };
    let mut moved = true;
    for _ in 0..steps {
        if !value.is_finite() || path.last().iter().any(|x| !x.is_finite()) {
            break;
        }
        by.advance(&mut x, f);
        let place = x.value().to_f64_vec();
        moved = place != path.last();
        (value, g) = f.value_and_grad(&place);
        path.values.push(value);
        path.points.push(place);
    }
    path.end = if !value.is_finite() || path.last().iter().any(|x| !x.is_finite()) {
        Ending::NotFinite
    } else if largest(&g) <= if moved { 1e-8 } else { 1e-4 } * value.abs().max(1.0) {
        Ending::Converged
    } else if moved {
        Ending::Budget
    } else {
        Ending::GaveUp
    };
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConjugateGradients, Lbfgs, LineSearch, Newton, Sgd};
    use approx::abs_diff_eq;

    /// The minimum of x − ln x lies at 1, and half of the line has no value.
    #[test]
    fn line_searches_stay_where_there_are_values() {
        let wolfe = Lbfgs { line_search: LineSearch::StrongWolfe, ..Lbfgs::default() };
        let methods: [(Optimizer, usize); 3] = [
            (Optimizer::new(wolfe, 1.0), 5),
            (Optimizer::new(ConjugateGradients::default(), 10.0), 20),
            (Optimizer::new(Newton::default(), 1.0), 12),
        ];
        for (mut method, steps) in methods {
            for start in [3.0, 0.01, 40.0] {
                let path = minimize(|x| (x - x.ln()).sum(), &[start], &mut method, 2 * steps);
                assert!(
                    abs_diff_eq!(path.last()[0], 1.0, epsilon = 2e-5),
                    "{method:?} from {start}: {path:?}"
                );
                assert_eq!(path.end, Ending::Converged, "{method:?} from {start}: {path:?}");
            }
        }
    }

    #[test]
    fn it_says_how_it_ended() {
        let run = |rate: f64, steps| {
            minimize(|x| x.square().sum(), &[1.0], &mut Optimizer::new(Sgd::default(), rate), steps)
        };
        assert_eq!(run(0.5, 1).end, Ending::Converged);
        assert_eq!(run(0.1, 3).end, Ending::Budget);
        assert_eq!(run(0.0, 3).end, Ending::GaveUp);
        let path = run(1e100, 30);
        assert_eq!((path.end, path.points.len()), (Ending::NotFinite, 3));
        let path = minimize(|x| x.ln().sum(), &[-1.0], &mut Optimizer::new(Sgd::default(), 0.1), 4);
        assert_eq!((path.end, path.points.len()), (Ending::NotFinite, 1));
        assert_eq!(Ending::Converged.to_string(), "converged");
    }
}
