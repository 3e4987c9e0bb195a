//! `gradus theory`: what momentum does on a quadratic, computed without training anything.

mod picture;
mod setting;

use std::fmt::Write as _;
use std::io::Write;

use gradus::optim::theory::{
    Optimum, QuadraticMomentum, Regime, effective_samples, optimal_descent, optimal_momentum,
    stability_limit, steps_to_reduce,
};

use crate::failure::{Failure, check_picture, write_picture};
use crate::text::numbers::{decimals, given};

pub(crate) use setting::Theory;

use picture::picture;
use setting::BETAS;

impl Theory {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), Failure> {
        self.check_products()?;
        if let Some(path) = &self.svg {
            check_picture("--svg", path)?;
        }
        write!(out, "{}\n{}\n{}", self.one_curvature(), self.two_curvatures(), weights())?;
        if let Some(path) = &self.svg {
            write_picture(path, &picture(self))?;
            writeln!(out, "\npicture saved to {}", path.display())?;
        }
        Ok(())
    }

    fn one_curvature(&self) -> String {
        let (system, step) = (self.system(), self.lr * self.lambda);
        let [[a, b], [c, d]] = system.matrix().map(|row| row.map(decimals));
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
        row("spectral radius", decimals(radius));
        row(
            "stable, 0 < ηλ < 2 + 2β",
            format!("{stable}: {} {sign} {}", decimals(step), decimals(stability_limit(self.beta))),
        );
        row("steps per factor of 10", steps(radius));
        match self.best_beta() {
            Some(beta) => {
                let best = QuadraticMomentum { beta, ..system }.spectral_radius();
                row("best β here, (1 − √ηλ)²", format!("{}, with radius {}", decimals(beta), decimals(best)));
            }
            None => row("best β here", "none below 1 is stable, since ηλ is at least 4".to_string()),
        }
        text
    }

    fn two_curvatures(&self) -> String {
        let (smallest, largest) = (self.lambda / self.condition, self.lambda);
        let mut text = format!(
            "Curvatures from λ/κ = {} to λ = {}, condition number κ = {}\n",
            decimals(smallest),
            decimals(largest),
            given(self.condition)
        );
        let _ =
            writeln!(text, "  {:26}{:>10}{:>10}{:>10}{:>24}", "", "η", "β", "rate", "steps per factor of 10");
        let mut row = |name: &str, best: Optimum| {
            let (eta, beta, rate) = (decimals(best.eta), decimals(best.beta), decimals(best.rate));
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
        format!("{} and {}", decimals(first.re), decimals(second.re))
    } else {
        format!("{} ± {}i", decimals(first.re), decimals(first.im.abs()))
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
        let _ =
            writeln!(text, "  {beta:>6}{:>27}{:>30}", decimals(samples), format!("{:.1} %", 100.0 * share));
    }
    text
}

fn steps(rate: f64) -> String {
    let count = steps_to_reduce(rate, 0.1);
    if count.is_finite() { format!("{count:.1}") } else { "never".to_string() }
}
