//! The exponentially weighted moving average: three γ, the weights of the past, the window 1/(1 - γ), and the bias of the start.
//!
//! `$m_t = \gamma m_{t-1} + (1-\gamma) x_t$` weighs the sample k steps ago by `(1 - γ) γ^k`. It is said to see 1/(1 - γ) samples;
//! but these last ones hold only 65 % of the weight at γ = 0.9, not nearly all of it. It begins at 0 and is too small at first,
//! by the factor `1 - γ^t`, by which the corrected average divides.

#[path = "common/lesson.rs"]
mod lesson;

use approx::{abs_diff_eq, assert_abs_diff_eq};
use gradus::optim::theory::{effective_samples, ewma, ewma_corrected};
use gradus::prelude::*;
use gradus::viz::{Chart, Figure, SERIES_COLORS, Scale};
use lesson::save;

const GAMMAS: [f64; 3] = [0.5, 0.9, 0.98];

fn main() {
    let steps = 200;
    let noise = Tensor::normal([steps], 0.0, 0.6, &mut rng(3)).to_f64_vec();
    let signal: Vec<f64> = (0..steps).map(|t| 2.0 + (t as f64 / 30.0).sin()).collect();
    let samples: Vec<f64> = signal.iter().zip(&noise).map(|(s, n)| s + n).collect();
    let dots: Vec<(f64, f64)> = samples.iter().enumerate().map(|(t, x)| (t as f64, *x)).collect();

    let mut averages = panel("averages of noisy samples", "step t", "average m");
    let mut weights =
        panel("weight of the sample k steps ago", "steps back k", "weight (1 − γ) γ^k").x_range(-1.0, 60.0);
    println!("   γ  window  weight in the window  beyond it");
    for gamma in GAMMAS {
        let name = format!("γ = {gamma}");
        averages = averages.curve(&name, &ewma(gamma, &samples));
        // What is left of a single sample of 1.
        let impulse: Vec<f64> = (0..steps).map(|t| if t == 0 { 1.0 } else { 0.0 }).collect();
        let weight = ewma(gamma, &impulse);
        weights = weights.curve(&name, &weight);
        let window = effective_samples(gamma).round();
        let inside: f64 = weight[..window as usize].iter().sum();
        println!("{gamma:4}  {window:>6}  {inside:>20.3}  {:>9.3}", 1.0 - inside);
        assert_abs_diff_eq!(inside, 1.0 - gamma.powf(window), epsilon = 1e-12);
        assert!((0.63..=0.75).contains(&inside), "the window holds about two thirds, not nearly all");
    }
    averages = averages.points("samples", &dots).color("#cccccc");
    for (gamma, color) in GAMMAS.into_iter().zip(SERIES_COLORS).skip(1) {
        let window = effective_samples(gamma).round();
        weights = weights.vertical(&format!("window {window}"), window).color(color);
    }

    let bias = start(&samples, &signal);
    let figure =
        Figure::new("The exponentially weighted moving average").panel(averages).panel(weights).panel(bias);
    let figure = figure.columns(2).note("γ is the share of the old average that is kept: the β of momentum.");
    save("35_moving_average", &figure.svg());
}

fn panel(title: &str, x: &str, y: &str) -> Chart {
    Chart::new(title).size(330.0, 260.0).x_axis(x, Scale::Integer).y_axis(y, Scale::Linear)
}

/// The average from its first sample on, as it stands and corrected.
fn start(samples: &[f64], signal: &[f64]) -> Chart {
    let (plain, corrected) = (ewma(0.98, samples), ewma_corrected(0.98, samples));
    println!(
        "\nγ = 0.98 at the first sample, {:.3}: {:.3}, corrected {:.3}",
        samples[0], plain[0], corrected[0]
    );
    assert!(
        abs_diff_eq!(plain[0], 0.02 * samples[0], epsilon = 1e-12)
            && abs_diff_eq!(corrected[0], samples[0], epsilon = 1e-12)
    );
    let constant = ewma_corrected(0.98, &[3.0; 50]);
    assert!(
        constant.iter().all(|m| abs_diff_eq!(*m, 3.0, epsilon = 1e-12)),
        "corrected, the average of a constant is right at once"
    );
    panel("the start: γ = 0.98", "step t", "average m")
        .size(750.0, 260.0)
        .curve("as it stands", &plain)
        .color(SERIES_COLORS[2])
        .curve("divided by 1 − γ^t", &corrected)
        .color(SERIES_COLORS[3])
        .curve("signal", signal)
        .color("#222222")
        .dashed()
}
