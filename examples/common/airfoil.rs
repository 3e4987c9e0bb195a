//! The noise of an airfoil, five features and a sound level, and a least-squares training on it as chapter 12 of *Dive into Deep
//! Learning* does it. The example has `common/published.rs` as its module `published`.

use gradus::prelude::*;

use super::published::data_file;

/// Five standardised features and the standardised sound level of the first 1500 of 1503 rows; None, and a line that says why, if
/// the file is missing.
pub(crate) fn data() -> Option<Dataset> {
    let origin = "https://archive.ics.uci.edu/dataset/291/airfoil+self+noise";
    let path = data_file("airfoil/airfoil_self_noise.dat", origin)?;
    let text = std::fs::read_to_string(&path).expect("a text");
    let numbers: Vec<f32> = text.split_whitespace().map(|x| x.parse().expect("a number")).collect();
    assert_eq!(numbers.len(), 1503 * 6, "{} is another file", path.display());
    let table = Tensor::from_vec(numbers, [1503, 6]);
    let table = Standardizer::per_column(&table).apply(&table).narrow(0, 0, 1500);
    Some(Dataset::new(table.narrow(1, 0, 5), table.narrow(1, 5, 1)))
}

/// What is minimised, and how often the rows are seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Training {
    pub(crate) batch: usize,
    pub(crate) epochs: u64,
    /// What the mean squared error is multiplied by.
    pub(crate) factor: f64,
}

/// Half the mean squared error on all rows after a training from small random weights.
pub(crate) fn train(data: &Dataset, how: Training, mut optimizer: Optimizer, seed: u64) -> f64 {
    let mut generator = rng(seed);
    let mut model = Linear::new(5, 1, &mut generator);
    model.weight.set(Tensor::normal([1, 5], 0.0, 0.01, &mut generator));
    model.bias = Some(Param::new(Tensor::zeros([1])));
    let loader = Loader { batch: how.batch, shuffle: Some(seed), drop_last: false };
    for epoch in 0..how.epochs {
        for batch in loader.epoch(data, epoch) {
            optimizer.training_step(&mut model, |model, tape| {
                how.factor * model.forward(tape.constant(&batch.inputs)).mse(&batch.labels)
            });
        }
    }
    let error = model.predict(&data.inputs) - &data.labels;
    0.5 * error.square().mean().item()
}
