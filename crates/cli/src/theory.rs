//! `gradus theory`: what momentum does on a quadratic, computed without training anything.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use gradus::optim::theory::{
    Optimum, QuadraticMomentum, Regime, critical_beta, effective_samples, optimal_descent, optimal_momentum,
    stability_limit, steps_to_reduce,
};

use crate::failure::{Failure, check_writable, write_picture};
use crate::race_run::{given, learning_rate};
use crate::theory_picture::picture;

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
    svg: Option<PathBuf>,
}

fn number(text: &str, fits: impl Fn(f64) -> bool, what: &str) -> Result<f64, String> {
    text.parse::<f64>().ok().filter(|x| x.is_finite() && fits(*x)).ok_or_else(|| what.to_string())
}

fn momentum(text: &str) -> Result<f64, String> {
    number(text, |x| (0.0..1.0).contains(&x), "a momentum is a number from 0 up to, but without, 1")
}

fn curvature(text: &str) -> Result<f64, String> {
    number(text, |x| x > 0.0, "a curvature is a number above 0")
}

fn condition(text: &str) -> Result<f64, String> {
    number(text, |x| x >= 1.0, "a condition number is at least 1")
}

impl Theory {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), Failure> {
        if let Some(path) = &self.svg {
            check_writable("--svg", path)?;
        }
        write!(out, "{}\n{}\n{}", self.one_curvature(), self.two_curvatures(), weights())?;
        if let Some(path) = &self.svg {
            write_picture(path, &picture(self))?;
            writeln!(out, "\npicture saved to {}", path.display())?;
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

    fn one_curvature(&self) -> String {
        let (system, step) = (self.system(), self.lr * self.lambda);
        let [[a, b], [c, d]] = system.matrix().map(|row| row.map(short));
        let (roots, regime) = eigenvalues(system);
        let radius = system.spectral_radius();
        let stable = if system.is_stable() { "yes" } else { "no" };
        let sign = if step < stability_limit(self.beta) { "<" } else { "≥" };
        let mut text = format!(
            "Momentum on f(x) = λx²/2 with β = {}, η = {}, λ = {}\n",
            self.beta,
            given(self.lr),
            given(self.lambda)
        );
        let mut row = |name: &str, value: String| line(&mut text, name, &value);
        row("matrix R of (v, x)", format!("[{a}, {b}; {c}, {d}]"));
        row("eigenvalues of R", roots);
        row("  they are", regime.to_string());
        row("spectral radius", short(radius));
        row(
            "stable, 0 < ηλ < 2 + 2β",
            format!("{stable}: {} {sign} {}", short(step), short(stability_limit(self.beta))),
        );
        row("steps per factor of 10", steps(radius));
        match self.best_beta() {
            Some(beta) => {
                let best = QuadraticMomentum { beta, ..system }.spectral_radius();
                row("best β here, (1 − √ηλ)²", format!("{}, with radius {}", short(beta), short(best)));
            }
            None => row("best β here", "none below 1 is stable, since ηλ is at least 4".to_string()),
        }
        text
    }

    fn two_curvatures(&self) -> String {
        let (smallest, largest) = (self.lambda / self.condition, self.lambda);
        let mut text = format!(
            "Curvatures from λ/κ = {} to λ = {}, condition number κ = {}\n",
            short(smallest),
            short(largest),
            given(self.condition)
        );
        let _ =
            writeln!(text, "  {:26}{:>10}{:>10}{:>10}{:>24}", "", "η", "β", "rate", "steps per factor of 10");
        let mut row = |name: &str, best: Optimum| {
            let (eta, beta, rate) = (short(best.eta), short(best.beta), short(best.rate));
            let _ = writeln!(text, "  {name:26}{eta:>10}{beta:>10}{rate:>10}{:>24}", steps(best.rate));
        };
        row("as given", self.given());
        row("best without momentum", optimal_descent(smallest, largest));
        row("best with momentum", optimal_momentum(smallest, largest));
        text
    }

    /// The values given, at the worse of both curvatures.
    fn given(&self) -> Optimum {
        let slow = QuadraticMomentum { lambda: self.lambda / self.condition, ..self.system() };
        let rate = self.system().spectral_radius().max(slow.spectral_radius());
        Optimum { eta: self.lr, beta: self.beta, rate }
    }
}

/// The eigenvalues, and what they mean.
fn eigenvalues(system: QuadraticMomentum) -> (String, &'static str) {
    let [first, second] = system.eigenvalues();
    let roots = if first.im == 0.0 {
        format!("{} and {}", short(first.re), short(second.re))
    } else {
        format!("{} ± {}i", short(first.re), short(first.im.abs()))
    };
    let regime = match system.regime() {
        Regime::Underdamped => "complex: it oscillates, and shrinks by √β a step whatever λ",
        Regime::Overdamped if first.re < 0.0 => "real and negative: it changes its sign at every step",
        Regime::Overdamped => "real and positive: it does not oscillate",
        Regime::Critical => "one, double: the fastest for this ηλ",
    };
    (roots, regime)
}

fn line(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "  {name:26}{value}");
}

/// How much the past counts.
fn weights() -> String {
    let mut text = "The velocity is Σ βᵗ g of the gradients t steps ago\n".to_string();
    let _ =
        writeln!(text, "  {:>6}{:>27}{:>30}", "β", "sum of weights, 1/(1−β)", "share of the last 1/(1−β)");
    for beta in BETAS {
        let samples = effective_samples(beta);
        let share = 1.0 - beta.powf(samples);
        let _ = writeln!(text, "  {beta:>6}{:>27}{:>30}", short(samples), format!("{:.1} %", 100.0 * share));
    }
    text
}

fn steps(rate: f64) -> String {
    let count = steps_to_reduce(rate, 0.1);
    if count.is_finite() { format!("{count:.1}") } else { "never".to_string() }
}

/// Four digits after the point at most.
pub(crate) fn short(x: f64) -> String {
    if x != 0.0 && !(1e-3..1e6).contains(&x.abs()) {
        return format!("{x:.3e}");
    }
    let text = format!("{x:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_string() } else { text.to_string() }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn numbers() {
        assert_eq!([0.4, 1.0, 0.948_683, -0.0, 1e-7].map(short), ["0.4", "1", "0.9487", "0", "1.000e-7"]);
    }
}
