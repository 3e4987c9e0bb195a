//! Damped Gauss–Newton, for sums of squares.

use super::{Method, Notes, Objective, along};
use crate::linalg::solve_positive;
use crate::options::Options;
use crate::settings;

/// Levenberg's and Marquardt's method: between Gauss–Newton (small `$\mu$`) and gradient descent (large
/// `$\mu$`), for `$f = \tfrac12\lVert r(x)\rVert^2$`.
///
/// ```math
/// (J^\top J + \mu \operatorname{diag}(J^\top J))\,d = -J^\top r
/// ```
///
/// It needs the residuals, so use [`minimize_objective`](crate::minimize_objective) with a
/// [`LeastSquares`](crate::LeastSquares). A step that lowers the value is taken and divides `$\mu$` by 10; another is not, and multiplies it by 10.
///
/// # Source
/// Levenberg 1944; Marquardt 1963.
#[derive(Debug, Clone, PartialEq)]
pub struct LevenbergMarquardt {
    /// The first `$\mu$`.
    pub damping: f64,
    /// What `$\mu$` is multiplied or divided by.
    pub factor: f64,
    /// How often a step tries at most.
    pub tries: usize,
}

impl Default for LevenbergMarquardt {
    fn default() -> Self {
        Self { damping: 1e-3, factor: 10.0, tries: 30 }
    }
}

impl Method for LevenbergMarquardt {
    settings!(damping, factor, tries);

    fn options(&self) -> Options {
        Options::of("LevenbergMarquardt")
            .positive("damping", self.damping)
            .must(self.factor > 1.0 && self.factor.is_finite(), || {
                format!("LevenbergMarquardt: factor is {}; it must be finite and above 1", self.factor)
            })
            .count("tries", self.tries as u64)
    }

    fn needs_residuals(&self) -> bool {
        true
    }

    /// # Panics
    /// If the function has no residuals ([`LeastSquares`](crate::LeastSquares) has).
    fn step(&self, lr: f64, x: &mut [f64], notes: &mut Notes, f: &mut dyn Objective) -> f64 {
        let squares = |r: &[f64]| r.iter().map(|r| r * r).sum::<f64>() / 2.0;
        let (r, jacobian) =
            f.residuals(x).expect("LevenbergMarquardt needs residuals; give it a LeastSquares");
        let (n, value) = (x.len(), squares(&r));
        let mut normal = vec![0.0; n * n];
        let mut minus = vec![0.0; n];
        for (row, r) in jacobian.chunks(n).zip(&r) {
            for i in 0..n {
                minus[i] -= row[i] * r;
                (0..n).for_each(|j| normal[i * n + j] += row[i] * row[j]);
            }
        }
        let mut damping = notes.get("damping").map_or(self.damping, |d| d[0]);
        for _ in 0..self.tries {
            let mut damped = normal.clone();
            (0..n).for_each(|i| damped[i * n + i] += damping * normal[i * n + i].max(f64::MIN_POSITIVE));
            if let Some(d) = solve_positive(&damped, &minus) {
                let there = along(x, lr, &d);
                if f.residuals(&there).is_some_and(|(r, _)| squares(&r) <= value) {
                    x.copy_from_slice(&there);
                    damping /= self.factor;
                    break;
                }
            }
            damping *= self.factor;
        }
        notes.insert("damping".into(), vec![damping.clamp(1e-30, 1e30)]);
        value
    }
}
