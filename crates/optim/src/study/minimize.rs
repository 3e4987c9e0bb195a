//! Descent as a subject: any optimizer on any function, and the path it takes.

use gradus_autograd::{Param, Var};
use gradus_tensor::Tensor;

use crate::methods::Objective;
use crate::optimizer::Optimizer;
use crate::study::objective::OnTape;

/// The path of a minimisation.
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory {
    /// The places, the start first.
    pub points: Vec<Vec<f64>>,
    /// The value at each place.
    pub values: Vec<f64>,
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

/// Minimises a function of the tape, whose argument is a vector, from `x0` on.
///
/// ```
/// use gradus_optim::{Optimizer, Sgd, minimize};
/// let mut descent = Optimizer::new(Sgd::default(), 0.4);
/// let weights = gradus_tensor::Tensor::from([0.1, 2.0]);
/// let path = minimize(|x| (x.square() * &weights).sum(), &[-5.0, -2.0], &mut descent, 20);
/// assert_eq!(format!("{:.6} {:.6}", path.last()[0], path.last()[1]), "-0.943467 -0.000073");
/// ```
pub fn minimize(
    f: impl for<'t> Fn(Var<'t>) -> Var<'t>,
    x0: &[f64],
    by: &mut Optimizer,
    steps: usize,
) -> Trajectory {
    minimize_objective(&mut OnTape(f), x0, by, steps)
}

/// As [`minimize`], for any [`Objective`]: one with finite differences, one with residuals.
pub fn minimize_objective(f: &mut dyn Objective, x0: &[f64], by: &mut Optimizer, steps: usize) -> Trajectory {
    let mut x = Param::new(Tensor::from_vec(x0.to_vec(), x0.len()));
    let mut path = Trajectory { points: vec![x0.to_vec()], values: vec![f.value_and_grad(x0).0] };
    for _ in 0..steps {
        by.advance(&mut x, f);
        let place = x.value().to_f64_vec();
        path.values.push(f.value_and_grad(&place).0);
        path.points.push(place);
    }
    path
}
