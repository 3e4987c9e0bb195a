//! The setting of the theory: momentum, rate and curvatures, from the command line.

use std::path::PathBuf;

use clap::Args;
use gradus::optim::theory::{QuadraticMomentum, critical_beta};

use crate::failure::Failure;
use crate::text::arguments::{above_zero, number};
use crate::text::numbers::given;

/// The momenta whose weights are listed and drawn.
pub(crate) const BETAS: [f64; 4] = [0.95, 0.9, 0.6, 0.0];

/// Computes what momentum does on a quadratic of curvature λ: v ← βv + λx, x ← x − ηv.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  gradus theory --beta 0.9 --lr 0.4 --lambda 1
  gradus theory --condition 100 --svg theory.svg")]
pub(crate) struct Theory {
    /// The part of the velocity that is kept, β, from 0 up to, but without, 1.
    #[arg(long, default_value_t = 0.9, value_parser = momentum, allow_negative_numbers = true)]
    pub(crate) beta: f64,
    /// The learning rate, η.
    #[arg(long, value_name = "ETA", default_value_t = 0.4, value_parser = rate, allow_negative_numbers = true)]
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

/// Rates and curvatures: their inverses and their parts are numbers still.
const SIZES: (f64, f64) = (1e-280, 1e300);
/// A momentum nearer to 1 keeps all in the digits of a number.
const LARGEST_BETA: f64 = 1.0 - 1e-12;
/// Of a larger condition number the slowest rate is 1 in all digits that are printed, and soon in all there are.
const WORST: f64 = 1e12;
/// The steps ηλ and ηλ/κ: a smaller one changes nothing in the digits of a number, the square of a much larger one is none.
const STEPS: (f64, f64) = (1e-12, 1e12);

fn momentum(text: &str) -> Result<f64, String> {
    number(
        text,
        |x| (0.0..=LARGEST_BETA).contains(&x),
        "a momentum is a number from 0 up to, but without, 1, and at most 0.999999999999, as in 0.9",
    )
}

fn rate(text: &str) -> Result<f64, String> {
    above_zero(text, "a learning rate", SIZES, "0.4")
}

fn curvature(text: &str) -> Result<f64, String> {
    above_zero(text, "a curvature", SIZES, "1")
}

fn condition(text: &str) -> Result<f64, String> {
    number(
        text,
        |x| (1.0..=WORST).contains(&x),
        &format!("a condition number is at least 1 and at most {WORST:e}, as in 20"),
    )
}

impl Theory {
    /// Refuses values that are numbers each, and whose products would not show in a result.
    pub(crate) fn check_products(&self) -> Result<(), Failure> {
        let (lr, lambda) = (given(self.lr), given(self.lambda));
        let (step, (least, most)) = (self.lr * self.lambda, STEPS);
        let wrong = |what: String| Err(Failure::Value(format!("{what}, as in --lr 0.4 --lambda 1")));
        if step > most {
            return wrong(format!(
                "--lr {lr} --lambda {lambda}: the product ηλ is too large; it must be at most {most:e}"
            ));
        }
        if step < least {
            return wrong(format!(
                "--lr {lr} --lambda {lambda}: the product ηλ is too small; it must be at least {least:e}"
            ));
        }
        if step / self.condition < least {
            let condition = given(self.condition);
            return wrong(format!(
                "--lr {lr} --lambda {lambda} --condition {condition}: the smallest product, ηλ/κ, is too small; it must be at \
                 least {least:e}"
            ));
        }
        Ok(())
    }

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
