//! What momentum is made of: the exponentially weighted average and its window, the sum of vectors that cancel or add, the
//! powers βᵗ and (1 − ηλ)ᵗ.

use gradus::optim::theory::{QuadraticMomentum, effective_samples, ewma, ewma_corrected, leaky_sum};
use gradus::tensor::{Tensor, rng};
use serde::{Deserialize, Serialize};

use crate::answer::{Number, Refusal};
use crate::drawing::{COLORS, Chart, INK, Mark, Table, series, text};

/// Samples of the signal.
const SAMPLES: usize = 200;
/// The deviation of its noise.
const DEVIATION: f64 = 0.6;
/// Steps of powers.
const STEPS: usize = 60;
/// Vectors of the sum.
const VECTORS: usize = 24;
/// Some β, and some ηλ, beside those that are asked for.
const BETAS: [f64; 3] = [0.6, 0.9, 0.95];
const RATES: [f64; 5] = [0.1, 0.5, 1.0, 1.8, 2.02];

/// What the page asks.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// γ or β, from 0 up to, but without, 1.
    pub gamma: f64,
    /// Degrees between each vector and their common direction.
    pub angle: f64,
    /// ηλ.
    pub rate: f64,
    /// Fixes the noise.
    #[serde(default)]
    pub seed: u64,
}

/// All panels.
#[derive(Debug, Clone, Serialize)]
pub struct Averages {
    /// The average and its weights; the sum of vectors and its length; the powers of β and of 1 − ηλ.
    pub charts: [Chart; 6],
    /// Some numbers of them.
    pub facts: Table,
}

/// The answer to a request.
///
/// # Errors
/// If a number lies outside of its range.
pub fn averages(request: Request) -> Result<Averages, Refusal> {
    let Request { gamma, angle, rate, seed } = request;
    for (name, x, good, range) in [
        ("γ", gamma, (0.0..1.0).contains(&gamma), "from 0 up to, but without, 1, as 0.9"),
        ("the angle", angle, (0.0..=90.0).contains(&angle), "from 0 to 90 degrees, as 60"),
        ("ηλ", rate, (0.0..=4.0).contains(&rate), "from 0 to 4, as 0.5"),
    ] {
        if !good {
            return Err(Refusal::value(format!("{name} is {x}; it lies {range}")));
        }
    }
    let (sums, lengths, [mean, length]) = vectors(gamma, angle);
    let window = effective_samples(gamma);
    let facts = Table::facts([
        ("window 1/(1 − γ)", text(window)),
        ("weight inside of it", text(1.0 - gamma.powf(window))),
        ("length of the mean vector", text(mean)),
        ("length of the velocity", text(length)),
    ]);
    let [average, weights] = average(gamma, seed);
    Ok(Averages { charts: [average, weights, sums, lengths, powers(gamma), decays(rate)], facts })
}

/// A single sample of 1, and what is left of it.
fn impulse() -> Vec<f64> {
    (0..STEPS).map(|t| if t == 0 { 1.0 } else { 0.0 }).collect()
}

/// The average of noisy samples, and the weight of each sample in it.
fn average(gamma: f64, seed: u64) -> [Chart; 2] {
    let noise = Tensor::normal([SAMPLES], 0.0, DEVIATION, &mut rng(seed)).to_f64_vec();
    let signal: Vec<f64> = (0..SAMPLES).map(|t| 2.0 + (t as f64 / 30.0).sin()).collect();
    let samples: Vec<f64> = signal.iter().zip(&noise).map(|(s, n)| s + n).collect();
    let window = effective_samples(gamma);
    let mark = Mark { x: Number(window), label: format!("window {}", text(window)), color: COLORS[1] };
    let mut weights = Chart::new("weight of the sample k steps ago", "k", "(1 − γ) γᵏ").line(
        &format!("γ = {gamma}"),
        COLORS[0],
        series(ewma(gamma, &impulse()), 0),
    );
    weights.marks.push(mark);
    let average = Chart::new("an average of noisy samples", "step t", "average")
        .line("samples", "dim", series(samples.iter().copied(), 0))
        .line("signal", INK, series(signal, 0))
        .dashed(1)
        .line("from 0 on", COLORS[1], series(ewma(gamma, &samples), 0))
        .line("divided by 1 − γᵗ", COLORS[0], series(ewma_corrected(gamma, &samples), 0));
    [average, weights]
}

/// Unit vectors, in turn at an angle to both sides of one direction: their chain and sum, the length of the leaky sum after
/// each, and the lengths of their mean and of the last leaky sum.
fn vectors(beta: f64, degrees: f64) -> (Chart, Chart, [f64; 2]) {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let along = vec![cos; VECTORS];
    let across: Vec<f64> = (0..VECTORS).map(|t| if t % 2 == 0 { sin } else { -sin }).collect();
    let pair = |x: f64, y: f64| [x, y].map(Number);
    let (x, y) = (leaky_sum(1.0, &along), leaky_sum(1.0, &across));
    let (v, w) = (leaky_sum(beta, &along), leaky_sum(beta, &across));
    let last = VECTORS - 1;
    let chain = std::iter::once(pair(0.0, 0.0)).chain(x.iter().zip(&y).map(|(&x, &y)| pair(x, y))).collect();
    let from_zero = |x: f64, y: f64| vec![pair(0.0, 0.0), pair(x, y)];
    let sums = Chart::new("vectors that add or cancel", "along", "across")
        .across(-1.0, 25.0)
        .within(-6.5, 6.5)
        .line("one after the other", COLORS[0], chain)
        .dotted()
        .line("their sum", COLORS[1], from_zero(x[last], y[last]))
        .line("Σ βᵗ g", COLORS[2], from_zero(v[last], w[last]));
    let lengths: Vec<f64> = v.iter().zip(&w).map(|(v, w)| v.hypot(*w)).collect();
    let limit = effective_samples(beta);
    let facts = [x[last].hypot(y[last]) / VECTORS as f64, lengths[last]];
    let lengths = Chart::new("length of the velocity Σ βᵗ g", "step t", "length")
        .line(&format!("β = {beta}, ±{degrees}°"), COLORS[2], series(lengths, 1))
        .line("1/(1 − β), if all agree", INK, vec![pair(1.0, limit), pair(VECTORS as f64, limit)])
        .dashed(1);
    (sums, lengths, facts)
}

/// What is left of a gradient.
fn powers(beta: f64) -> Chart {
    let chart = Chart::new("what is left of a gradient after t steps", "step t", "βᵗ").within(0.0, 1.05);
    let all = BETAS.into_iter().chain([beta]).zip(COLORS);
    all.fold(chart, |chart, (beta, color)| {
        chart.line(&format!("β = {beta}"), color, series(leaky_sum(beta, &impulse()), 0))
    })
    .dashed(1)
}

/// What is left of the distance under plain descent.
fn decays(rate: f64) -> Chart {
    let chart =
        Chart::new("what is left of the distance", "step t", "(1 − ηλ)ᵗ").across(0.0, 30.0).within(-1.5, 1.5);
    let all = RATES.into_iter().chain([rate]).zip(COLORS);
    all.fold(chart, |chart, (rate, color)| {
        let system = QuadraticMomentum { beta: 0.0, eta: rate, lambda: 1.0 };
        let values = std::iter::once(1.0).chain(system.trajectory(0.0, 1.0, STEPS - 1));
        chart.line(&format!("ηλ = {rate}"), color, series(values, 0))
    })
    .dashed(1)
}
