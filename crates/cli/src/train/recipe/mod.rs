//! What each data set is trained with: the data, the model, and the values of the options that were not given.

use std::path::Path;

use clap::ValueEnum;
use gradus::data::{self, Standardizer};
use gradus::prelude::*;

use crate::failure::Failure;

/// A data set that can be trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Data {
    /// 1,797 handwritten digits of 8×8 pixels, part of the program.
    Digits,
    /// 70,000 handwritten digits of 28×28 pixels, from the idx files in --data.
    Mnist,
}

/// How a data set is trained.
pub(crate) struct Recipe {
    /// Units in both hidden layers.
    pub(crate) hidden: usize,
    /// Dropout of the inputs and after each hidden layer.
    pub(crate) dropout: [f64; 2],
    pub(crate) epochs: u64,
    pub(crate) batch: usize,
    /// The highest learning rate of Adam and AdamW.
    pub(crate) adam_lr: f64,
    /// AdamW's.
    pub(crate) weight_decay: f64,
}

impl Data {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::Mnist => "mnist",
        }
    }

    pub(crate) fn recipe(self) -> Recipe {
        match self {
            Self::Digits => Recipe {
                hidden: 256,
                dropout: [0.1, 0.4],
                epochs: 60,
                batch: 64,
                adam_lr: 0.005,
                weight_decay: 0.1,
            },
            Self::Mnist => Recipe {
                hidden: 256,
                dropout: [0.0, 0.1],
                epochs: 5,
                batch: 128,
                adam_lr: 0.002,
                weight_decay: 0.01,
            },
        }
    }

    /// Training set and test set. Of digits a fifth, drawn by the seed, is for testing; MNIST comes divided.
    pub(crate) fn load(self, folder: Option<&Path>, seed: u64) -> Result<(Dataset, Dataset), Failure> {
        let (train, test) = match (self, folder) {
            (Self::Digits, None) => data::digits().split(0.2, seed),
            (Self::Digits, Some(_)) => {
                return Err(Failure::Value("--data is for mnist; digits is part of the program".to_string()));
            }
            (Self::Mnist, Some(folder)) => {
                data::mnist(folder).map_err(|error| Failure::Value(format!("--data: {error}")))?
            }
            (Self::Mnist, None) => {
                let text = "mnist needs --data DIR, a folder with the four files train-images-idx3-ubyte, \
                            train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte (plain or .gz)";
                return Err(Failure::Value(text.to_string()));
            }
        };
        if train.is_empty() || test.is_empty() {
            return Err(Failure::Value("--data: the training set or the test set is empty".to_string()));
        }
        let scale = Standardizer::overall(&train.inputs);
        Ok((train.map_inputs(|x| scale.apply(x)), test.map_inputs(|x| scale.apply(x))))
    }
}

impl Recipe {
    /// Two hidden layers of GELU, whose smoothness suits the comparison with finite differences.
    pub(crate) fn model(&self, inputs: usize, classes: usize, rng: &mut Rng) -> Sequential {
        let [first, later] = self.dropout;
        sequential![
            Dropout { p: first },
            Linear::new(inputs, self.hidden, rng),
            Gelu,
            Dropout { p: later },
            Linear::new(self.hidden, self.hidden, rng),
            Gelu,
            Dropout { p: later },
            Linear::new(self.hidden, classes, rng),
        ]
    }

    /// The highest learning rate if none is given.
    pub(crate) fn lr(&self, method: Method) -> f64 {
        match method {
            Method::Sgd => 0.05,
            Method::Adam | Method::Adamw => self.adam_lr,
        }
    }

    /// With a warm-up over a twentieth of the steps, then half a cosine down to 0.
    pub(crate) fn optimizer(&self, method: Method, lr: f64, steps: u64) -> Optimizer {
        let warmup = steps / 20;
        let rate = Cosine { peak: lr, end: 0.0, steps: (steps - warmup).max(1) }.warmup(warmup);
        match method {
            Method::Sgd => Optimizer::new(Sgd { momentum: 0.9, ..Sgd::default() }, rate),
            Method::Adam => Optimizer::new(Adam::default(), rate),
            Method::Adamw => {
                Optimizer::new(AdamW { weight_decay: self.weight_decay, ..AdamW::default() }, rate)
            }
        }
    }
}

/// A method of optimisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Method {
    /// With momentum 0.9.
    Sgd,
    /// Kingma and Ba 2015.
    Adam,
    /// Adam with decoupled weight decay.
    Adamw,
}

impl Method {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sgd => "sgd",
            Self::Adam => "adam",
            Self::Adamw => "adamw",
        }
    }
}
