//! The picture of the theory: where momentum converges and how fast, what it remembers, and how it moves.

use gradus::optim::theory::{QuadraticMomentum, critical_beta, optimal_momentum, stability_limit};
use gradus_viz::{Chart, Figure, Grid, Marker, Scale};

use super::setting::{BETAS, Theory};
use crate::text::numbers::{decimals, given};

/// Steps in the plots over time.
const STEPS: usize = 60;
/// The largest ηλ at which some momentum below 1 is stable, and a little more; the map reaches at least that far.
const WIDEST: f64 = 4.2;

pub(crate) fn picture(theory: &Theory) -> String {
    let title = format!(
        "Momentum on a quadratic: β = {}, η = {}, λ = {}, κ = {}",
        theory.beta,
        given(theory.lr),
        given(theory.lambda),
        given(theory.condition)
    );
    Figure::new(&title).panel(map(theory)).panel(weights()).panel(motion(theory)).svg()
}

/// The plane of ηλ and β, coloured by the spectral radius, with the values given and the best ones.
fn map(theory: &Theory) -> Chart {
    let step = theory.lr * theory.lambda;
    let widest = WIDEST.max(1.05 * step).min(f64::MAX);
    let grid = Grid::sample((0.0, widest), (0.0, 1.0), [169, 101], |step, beta| {
        QuadraticMomentum { beta, eta: step, lambda: 1.0 }.spectral_radius()
    });
    let curve = |from: f64, to: f64, f: fn(f64) -> (f64, f64)| -> Vec<(f64, f64)> {
        (0..=200).map(|i| f(from + (to - from) * f64::from(i) / 200.0)).collect()
    };
    let limit = curve(0.0, 1.0, |beta| (stability_limit(beta), beta));
    let critical = curve(1e-6, 4.0 - 1e-6, |step| (step, critical_beta(step, 1.0)));
    let best = optimal_momentum(theory.lambda / theory.condition, theory.lambda);
    let chart = Chart::new("R(β, η, λ): where it converges")
        .size(420.0, 340.0)
        .x_axis("ηλ", Scale::Linear)
        .y_axis("β", Scale::Linear)
        .x_range(0.0, widest)
        .y_range(0.0, 1.0)
        .heat(grid, "spectral radius; grey: diverges", (0.0, 1.0))
        .line("ηλ = 2 + 2β", &limit)
        .color("#d55e00")
        .stroke(2.5)
        .line("β = (1 − √ηλ)²; complex above", &critical)
        .color("#56b4e9")
        .stroke(2.5);
    let pair = |chart: Chart, name: &str, step: f64, beta: f64, marker: Marker, color: &str| {
        let other = (step / theory.condition, beta);
        chart.marker(name, (step, beta), marker).color(color).marker(name, other, marker).color(color)
    };
    let chart = pair(chart, "given, at λ and λ/κ", step, theory.beta, Marker::Disc, "#d55e00");
    pair(chart, "best for κ, at λ and λ/κ", best.eta * theory.lambda, best.beta, Marker::Diamond, "#009e73")
}

/// What a gradient counts after t steps.
fn weights() -> Chart {
    let mut chart = Chart::new("weight of a gradient t steps ago")
        .size(330.0, 340.0)
        .x_axis("t", Scale::Linear)
        .y_axis("βᵗ", Scale::Linear)
        .x_range(0.0, 40.0)
        .y_range(0.0, 1.05);
    for beta in BETAS {
        let weights: Vec<(f64, f64)> = (0..=40).map(|t| (f64::from(t), beta.powi(t))).collect();
        chart = chart.line(&format!("β = {beta}"), &weights);
    }
    chart
}

/// The length of place and step together, which has no zeros where the place changes its sign; from x = 1 at rest.
fn motion(theory: &Theory) -> Chart {
    let given = theory.system();
    let slow = QuadraticMomentum { lambda: theory.lambda / theory.condition, ..given };
    let best = optimal_momentum(slow.lambda, theory.lambda);
    let mut lines = vec![
        (format!("β = {}, at λ", theory.beta), given),
        (format!("β = {}, at λ/κ", theory.beta), slow),
        (
            format!("best for κ (η {}, β {}), at λ/κ", decimals(best.eta), decimals(best.beta)),
            QuadraticMomentum { eta: best.eta, beta: best.beta, ..slow },
        ),
    ];
    if theory.beta > 0.0 {
        lines.push(("β = 0, at λ/κ".to_string(), QuadraticMomentum { beta: 0.0, ..slow }));
    }
    if let Some(beta) = theory.best_beta() {
        lines.push((format!("best β at λ, {}", decimals(beta)), QuadraticMomentum { beta, ..given }));
    }
    let mut chart = Chart::new("convergence from x = 1")
        .size(360.0, 340.0)
        .x_axis("step", Scale::Linear)
        .y_axis("√(x² + Δx²), logarithmic", Scale::Log10)
        .x_range(0.0, STEPS as f64)
        .y_range(1e-8, 30.0);
    for (name, system) in lines {
        let (mut before, mut points) = (1.0, vec![(0.0, 1.0)]);
        for (t, x) in system.trajectory(0.0, 1.0, STEPS).into_iter().enumerate() {
            points.push(((t + 1) as f64, x.hypot(x - before)));
            before = x;
        }
        chart = chart.line(&name, &points);
    }
    chart
}
