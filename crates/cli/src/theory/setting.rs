//! The setting of the theory: momentum, rate and curvatures, from the command line.

use std::path::PathBuf;

use clap::Args;
use gradus::optim::theory::{QuadraticMomentum, critical_beta};

use crate::text::arguments::{above_zero, learning_rate, number};

/// The momenta whose weights are listed and drawn.
pub(crate) const BETAS: [f64; 4] = [0.95, 0.9, 0.6, 0.0];

/// Computes what momentum does on a quadratic of curvature λ: v ← βv + λx, x ← x − ηv.
#[derive(Debug, Clone, Args)]
pub(crate) struct Theory {
    /// The part of the velocity that is kept, β, from 0 up to, but without, 1.
    #[arg(long, default_value_t = 0.9, value_parser = momentum, allow_negative_numbers = true)]
    pub(crate) beta: f64,
    /// The learning rate, η.
    #[arg(long, value_name = "ETA", default_value_t = 0.4, value_parser = learning_rate, allow_negative_numbers = true)]
    pub(crate) lr: f64,
    /// The curvature, λ: an eigenvalue of the Hessian, the largest of a problem with several.
    #[arg(long, default_value_t = 1.0, value_parser = curvature, allow_negative_numbers = true)]
    pub(crate) lambda: f64,
    /// The condition number, κ: the largest curvature, which is λ, over the smallest.
    #[arg(long, value_name = "KAPPA", default_value_t = 20.0, value_parser = condition, allow_negative_numbers = true)]
    pub(crate) condition: f64,
    /// The file for a picture: the map of the spectral radius, the weights of past gradients, convergence.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

fn momentum(text: &str) -> Result<f64, String> {
    number(
        text,
        |x| (0.0..1.0).contains(&x),
        "a momentum is a number from 0 up to, but without, 1, as in 0.9",
    )
}

fn curvature(text: &str) -> Result<f64, String> {
    above_zero(text, "a curvature", "1")
}

fn condition(text: &str) -> Result<f64, String> {
    number(text, |x| x >= 1.0, "a condition number is at least 1, as in 20")
}

impl Theory {
    /// Momentum at the largest curvature.
    pub(crate) fn system(&self) -> QuadraticMomentum {
        QuadraticMomentum { beta: self.beta, eta: self.lr, lambda: self.lambda }
    }

    /// The momentum that is best at this curvature and rate, where there is one.
    pub(crate) fn best_beta(&self) -> Option<f64> {
        let step = self.lr * self.lambda;
        (0.0 < step && step < 4.0).then(|| critical_beta(self.lr, self.lambda))
    }
}
