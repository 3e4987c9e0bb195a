//! Momentum on measured data: the noise of an airfoil, five features, least squares in batches of ten.
//!
//! Four recipes of *Dive into Deep Learning* (sec. 12.6), each from twenty seeds. One run's third decimal is chance, which is
//! why the mean is compared. The last recipe's loss has no factor ½: its gradient, and so its rate, counts
//! double; and it trains for four epochs instead of two.
//!
//! The file `airfoil_self_noise.dat` is looked for in the folder `airfoil` of `GRADUS_DATA`, or of `../shared/data`.

use std::path::PathBuf;

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

/// Where the file should be.
pub(crate) fn file() -> PathBuf {
    let folder = std::env::var_os("GRADUS_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    folder.join("airfoil").join("airfoil_self_noise.dat")
}

/// Five standardised features and the standardised sound level of the first 1500 of 1503 rows; a reason if
/// the file is missing or another one.
pub(crate) fn data() -> Result<Dataset, String> {
    let path = file();
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let numbers: Result<Vec<f32>, _> = text.split_whitespace().map(str::parse).collect();
    let numbers = numbers.map_err(|error| format!("{}: {error}", path.display()))?;
    if numbers.len() != 1503 * 6 {
        return Err(format!("{}: {} numbers, not 1503 rows of 6", path.display(), numbers.len()));
    }
    let table = Tensor::from_vec(numbers, [1503, 6]);
    let table = Standardizer::per_column(&table).apply(&table).narrow(0, 0, 1500);
    Ok(Dataset::new(table.narrow(1, 0, 5), table.narrow(1, 5, 1)))
}

/// Half the mean squared error on all rows after a training from small random weights.
pub(crate) fn train(data: &Dataset, recipe: &Recipe, seed: u64) -> f64 {
    let mut generator = rng(seed);
    let mut model = Linear::new(5, 1, &mut generator);
    model.weight.set(Tensor::normal([1, 5], 0.0, 0.01, &mut generator));
    if let Some(bias) = &mut model.bias {
        bias.set(Tensor::zeros([1]));
    }
    let mut optimizer = Optimizer::new(Sgd { momentum: recipe.momentum, ..Sgd::default() }, recipe.lr);
    let loader = Loader { batch: 10, shuffle: Some(seed), drop_last: false };
    for epoch in 0..recipe.epochs {
        for batch in loader.epoch(data, epoch) {
            optimizer.training_step(&mut model, |model, tape| {
                recipe.factor * model.forward(tape.constant(&batch.inputs)).mse(&batch.labels)
            });
        }
    }
    let error = model.predict(&data.inputs) - &data.labels;
    0.5 * error.square().mean().item()
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
    let data = match data() {
        Ok(data) => data,
        Err(reason) => {
            println!("skipped, there is no data: {reason}");
            println!(
                "airfoil_self_noise.dat is at https://archive.ics.uci.edu/dataset/291/airfoil+self+noise;"
            );
            println!("put it into a folder airfoil and name that folder's parent in GRADUS_DATA");
            return;
        }
    };
    println!(
        "half the mean squared error after training, mean ± deviation of {seeds} seeds; the floor is 0.2417\n"
    );
    println!("   lr  momentum  loss    epochs  gradus           notes, one run");
    for recipe in RECIPES {
        let Recipe { lr, momentum, factor, epochs, notes, .. } = recipe;
        let (mean, deviation) = spread(&data, &recipe, seeds);
        let loss = if factor == 1.0 { "MSE" } else { "½ MSE" };
        println!("{lr:5}  {momentum:8}  {loss:6}  {epochs:6}  {mean:.4} ± {deviation:.4}  {notes:.3}");
        assert!((mean - recipe.mean).abs() < 0.01, "the mean is far from {}", recipe.mean);
    }
}
