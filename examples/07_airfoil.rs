//! Momentum on measured data: the noise of an airfoil, five features, least squares in batches of ten.
//!
//! Four recipes of *Dive into Deep Learning* (sec. 12.6), each from twenty seeds. One run's third decimal is chance, which is
//! why the mean is compared. The last recipe's loss has no factor ½: its gradient, and so its rate, counts
//! double; and it trains for four epochs instead of two.
//!
//! The file `airfoil_self_noise.dat` is looked for in the folder `airfoil` of `GRADUS_DATA`, or of `../shared/data`.

#[path = "common/airfoil.rs"]
mod airfoil;
#[path = "common/published.rs"]
mod published;

use airfoil::Training;
use approx::abs_diff_eq;
use gradus::prelude::*;

/// How to train, and what was printed for it.
pub(crate) struct Recipe {
    pub(crate) lr: f64,
    pub(crate) momentum: f64,
    /// What the mean squared error is multiplied by.
    pub(crate) factor: f64,
    pub(crate) epochs: u64,
    /// The loss of the one run in the notes.
    pub(crate) notes: f64,
    /// The mean of twenty seeds in NumPy.
    pub(crate) mean: f64,
}

pub(crate) const RECIPES: [Recipe; 4] = [
    Recipe { lr: 0.02, momentum: 0.5, factor: 0.5, epochs: 2, notes: 0.245, mean: 0.2441 },
    Recipe { lr: 0.01, momentum: 0.9, factor: 0.5, epochs: 2, notes: 0.250, mean: 0.2484 },
    Recipe { lr: 0.005, momentum: 0.9, factor: 0.5, epochs: 2, notes: 0.244, mean: 0.2442 },
    Recipe { lr: 0.005, momentum: 0.9, factor: 1.0, epochs: 4, notes: 0.254, mean: 0.2505 },
];

pub(crate) use airfoil::data;

/// Half the mean squared error on all rows after a training from small random weights.
pub(crate) fn train(data: &Dataset, recipe: &Recipe, seed: u64) -> f64 {
    let how = Training { batch: 10, epochs: recipe.epochs, factor: recipe.factor };
    let rule = Sgd { momentum: recipe.momentum, ..Sgd::default() };
    airfoil::train(data, how, Optimizer::new(rule, recipe.lr), seed)
}

/// Mean and standard deviation over the seeds `0 .. seeds`.
pub(crate) fn spread(data: &Dataset, recipe: &Recipe, seeds: u64) -> (f64, f64) {
    let losses: Vec<f64> = (0..seeds).map(|seed| train(data, recipe, seed)).collect();
    let mean = losses.iter().sum::<f64>() / seeds as f64;
    let squares: f64 = losses.iter().map(|loss| (loss - mean).powi(2)).sum();
    (mean, (squares / (seeds as f64 - 1.0)).sqrt())
}

fn main() {
    let seeds = if std::env::args().any(|a| a == "--quick") { 4 } else { 20 };
    let Some(data) = data() else { return };
    println!(
        "half the mean squared error after training, mean ± deviation of {seeds} seeds; the floor is 0.2417\n"
    );
    println!("   lr  momentum  loss    epochs  gradus           notes, one run");
    for recipe in RECIPES {
        let Recipe { lr, momentum, factor, epochs, notes, .. } = recipe;
        let (mean, deviation) = spread(&data, &recipe, seeds);
        let loss = if factor == 1.0 { "MSE" } else { "½ MSE" };
        println!("{lr:5}  {momentum:8}  {loss:6}  {epochs:6}  {mean:.4} ± {deviation:.4}  {notes:.3}");
        assert!(abs_diff_eq!(mean, recipe.mean, epsilon = 0.01), "the mean is far from {}", recipe.mean);
    }
}
