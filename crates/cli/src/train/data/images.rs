//! Handwritten digits.

use std::path::Path;

use gradus::data;
use gradus::prelude::*;

use super::fingerprint::Fingerprint;
use super::{End, Feed, Task};
use crate::failure::Failure;
use crate::train::models;
use crate::train::recipe::Recipe;

const CLASSES: usize = 10;
/// The files of MNIST.
const FILES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];
/// Examples in the gradient check, and how many derivatives it compares; fewer where one takes long.
const CHECK: (usize, [usize; 2]) = (8, [1000, 200]);

/// Of the digits a fifth, drawn by the seed, is for testing.
pub(super) fn digits(recipe: &Recipe) -> Result<Task, Failure> {
    task("digits", data::digits().split(0.2, recipe.seed), recipe)
}

/// MNIST comes divided.
pub(super) fn mnist(folder: &Path, recipe: &Recipe) -> Result<Task, Failure> {
    let wrong = |what: &str| {
        Failure::Value(format!("--data {}: {what}, as in mnist --data mnist-files", folder.display()))
    };
    if !folder.is_dir() {
        return Err(wrong("it is no folder; name the one with the four files"));
    }
    let there = |name: &str| ["", ".gz"].iter().any(|end| folder.join(format!("{name}{end}")).exists());
    if let Some(name) = FILES.iter().find(|name| !there(name)) {
        return Err(wrong(&format!(
            "{name} is not there, plain or .gz; name the folder with the four files"
        )));
    }
    let data = data::mnist(folder).map_err(|error| Failure::Value(format!("--data: {error}")))?;
    task("mnist", data, recipe)
}

fn task(name: &str, (train, test): (Dataset, Dataset), recipe: &Recipe) -> Result<Task, Failure> {
    if train.is_empty() || test.is_empty() {
        return Err(Failure::Value("--data: the training set or the test set is empty".to_string()));
    }
    let fingerprint = Fingerprint::of_sets(&train, &test, &[]);
    let scale = Standardizer::overall(&train.inputs);
    let (train, test) = (train.map_inputs(|x| scale.apply(x)), test.map_inputs(|x| scale.apply(x)));
    let inputs = train.inputs.shape()[1];
    Ok(Task {
        title: format!("a classifier of {name}"),
        notes: Vec::new(),
        warnings: Vec::new(),
        model: models::of_images(recipe, inputs, CLASSES, &mut rng(recipe.seed))?,
        check: (train.narrow(0, train.len().min(CHECK.0)), CHECK.1[usize::from(recipe.is_of_images())]),
        feed: Feed::Examples(train),
        test,
        end: End::Classes,
        fingerprint,
    })
}
