//! The picture of the theory: where momentum converges and how fast, what it remembers, and how it moves.

use gradus::optim::theory::{QuadraticMomentum, critical_beta, optimal_momentum, stability_limit};
use gradus_viz::{Chart, Figure, Grid, Marker, SERIES_COLORS, Scale};

use super::setting::{BETAS, Theory};
use crate::text::numbers::{decimals, given};

/// Steps in the plots over time.
const STEPS: usize = 60;
/// The largest ηλ at which some momentum below 1 is stable, and a little more; the map reaches at least that far.
const WIDEST: f64 = 4.2;

/// One colour for one thing, in all three panels: the values given, the best ones for both curvatures, the best momentum at the
/// larger one, and the limits.
const GIVEN: &str = SERIES_COLORS[1];
const BEST: &str = SERIES_COLORS[2];
const BEST_HERE: &str = SERIES_COLORS[0];
const CRITICAL: &str = SERIES_COLORS[5];
const LIMIT: &str = "#222222";
/// Of the momenta whose weights are drawn, the first a brown beside the colours of series; the last is no momentum, here and where
/// it converges.
const WEIGHTS: [&str; 4] = ["#772200", SERIES_COLORS[4], SERIES_COLORS[3], SERIES_COLORS[6]];

/// Why the third panel does not show the place alone.
const NOTE: &str = "√(x² + Δx²) is the length of the place x and the last step Δx together. The place alone passes 0 in each swing, which \
                    would be a gap in a logarithmic plot; both together are 0 only where the motion has ended.";

pub(crate) fn picture(theory: &Theory) -> String {
    let title = format!(
        "Momentum on a quadratic: β = {}, η = {}, λ = {}, κ = {}",
        theory.beta,
        given(theory.lr),
        given(theory.lambda),
        given(theory.condition)
    );
    let figure = Figure::new(&title).columns(2).note(NOTE);
    figure.panel(map(theory)).panel(motion(theory)).panel(weights()).svg()
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
        .size(360.0, 340.0)
        .x_axis("step, ηλ", Scale::Linear)
        .y_axis("momentum, β", Scale::Linear)
        .x_range(0.0, widest)
        .y_range(0.0, 1.0)
        .heat(grid, "spectral radius; grey: diverges", (0.0, 1.0))
        .line("ηλ = 2 + 2β", &limit)
        .color(LIMIT)
        .stroke(2.5)
        .line("β = (1 − √ηλ)²; complex above", &critical)
        .color(CRITICAL)
        .stroke(2.5);
    let pair = |chart: Chart, name: &str, step: f64, beta: f64, marker: Marker, color: &str| {
        let other = (step / theory.condition, beta);
        chart.marker(name, (step, beta), marker).color(color).marker(name, other, marker).color(color)
    };
    let chart = pair(chart, "given, at λ and λ/κ", step, theory.beta, Marker::Disc, GIVEN);
    let chart =
        pair(chart, "best for κ, at λ and λ/κ", best.eta * theory.lambda, best.beta, Marker::Diamond, BEST);
    match theory.best_beta() {
        Some(beta) => chart.marker("best β at λ", (step, beta), Marker::Cross).color(BEST_HERE),
        None => chart,
    }
}

/// What a gradient counts after t steps.
fn weights() -> Chart {
    let mut chart = Chart::new("weight of a gradient t steps ago")
        .size(750.0, 220.0)
        .x_axis("t, steps ago", Scale::Integer)
        .y_axis("weight, β^t", Scale::Linear)
        .x_range(0.0, 40.0)
        .y_range(0.0, 1.05);
    for (beta, color) in BETAS.into_iter().zip(WEIGHTS) {
        let weights: Vec<(f64, f64)> = (0..=40).map(|t| (f64::from(t), beta.powi(t))).collect();
        chart = chart.line(&format!("β = {beta}"), &weights).color(color);
    }
    chart
}

/// The length of place and step together; from x = 1 at rest.
fn motion(theory: &Theory) -> Chart {
    let given = theory.system();
    let slow = QuadraticMomentum { lambda: theory.lambda / theory.condition, ..given };
    let best = optimal_momentum(slow.lambda, theory.lambda);
    let mut lines = vec![
        (format!("β = {}, at λ", theory.beta), given, GIVEN, false),
        (format!("β = {}, at λ/κ", theory.beta), slow, GIVEN, true),
        (
            format!("best for κ (η {}, β {}), at λ/κ", decimals(best.eta), decimals(best.beta)),
            QuadraticMomentum { eta: best.eta, beta: best.beta, ..slow },
            BEST,
            true,
        ),
    ];
    if theory.beta > 0.0 {
        lines.push(("β = 0, at λ/κ".to_string(), QuadraticMomentum { beta: 0.0, ..slow }, WEIGHTS[3], true));
    }
    if let Some(beta) = theory.best_beta() {
        let name = format!("best β at λ, {}", decimals(beta));
        lines.push((name, QuadraticMomentum { beta, ..given }, BEST_HERE, false));
    }
    let mut chart = Chart::new("convergence from x = 1")
        .size(330.0, 340.0)
        .x_axis("step", Scale::Integer)
        .y_axis("√(x² + Δx²), logarithmic", Scale::Log10)
        .x_range(0.0, STEPS as f64)
        .y_range(1e-8, 30.0);
    // At the smaller curvature a line is dashed.
    for (name, system, color, dashed) in lines {
        let (mut before, mut points) = (1.0, vec![(0.0, 1.0)]);
        for (t, x) in system.trajectory(0.0, 1.0, STEPS).into_iter().enumerate() {
            points.push(((t + 1) as f64, x.hypot(x - before)));
            before = x;
        }
        chart = chart.line(&name, &points).color(color);
        chart = if dashed { chart.dashed() } else { chart };
    }
    chart
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// The colours of all named marks: no colour has two meanings.
    #[test]
    fn one_colour_for_one_thing() {
        let theory = Theory { beta: 0.9, lr: 0.4, lambda: 1.0, condition: 20.0, svg: None };
        let svg = picture(&theory).replace('\n', "");
        // What the first words of a name are about; "β = 0.9" is the momentum given, at whatever curvature.
        let about = |name: &str| match name {
            name if name.starts_with("β = 0.9, at") || name.starts_with("given") => "given".to_string(),
            name if name.starts_with("best for κ") => "best for κ".to_string(),
            name if name.starts_with("best β at λ") => "best β".to_string(),
            name => name.split(',').next().unwrap_or(name).to_string(),
        };
        let mut meanings: BTreeMap<String, String> = BTreeMap::new();
        for mark in svg.split("<g><title>").skip(1) {
            let (name, rest) = mark.split_once("</title>").expect("a title ends");
            let rest = rest.split("</g>").find(|part| part.contains('#')).unwrap_or_default();
            let colors = ["stroke=\"#", "fill=\"#"]
                .iter()
                .flat_map(|key| rest.split(key).skip(1))
                .map(|rest| &rest[..6]);
            for color in colors.filter(|color| *color != "ffffff") {
                let known = meanings.entry(color.to_string()).or_insert_with(|| about(name));
                assert_eq!(*known, about(name), "#{color}");
            }
        }
        assert!(meanings.len() >= 8, "{meanings:?}");
    }

    #[test]
    fn the_length_of_place_and_step_is_explained() {
        let theory = Theory { beta: 0.9, lr: 0.4, lambda: 1.0, condition: 20.0, svg: None };
        assert!(picture(&theory).contains("is the length of the place x and the last step"));
    }
}
