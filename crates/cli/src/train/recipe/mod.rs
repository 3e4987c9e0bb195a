//! How a model is trained: the values that a recipe has, in a file of TOML or as the program brings them. Each data set has
//! its recipes in a file of its own.

mod csv;
mod digits;
mod mnist;
mod names;
mod text;

use std::io::ErrorKind;
use std::path::Path;

use clap::ValueEnum;
use gradus::prelude::*;
use gradus::tensor::io::read_text;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::train::data::Data;

/// A method of optimisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Method {
    /// With momentum 0.9.
    Sgd,
    /// Kingma and Ba 2015.
    Adam,
    /// Adam with decoupled weight decay.
    Adamw,
}

/// The shape of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Model {
    /// Layers of GELU; of names, of tanh behind an embedding.
    Mlp,
    /// LeCun et al. 1998, with tanh and average pools.
    Lenet,
    /// Two convolutions with batch norm, global average.
    Cnn,
    /// No hidden layer.
    Linear,
    /// A table of what follows a letter.
    Bigram,
    /// A gated recurrent network over the letters.
    Gru,
    /// Causal attention, normalised in front.
    Transformer,
}

/// What is predicted of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Target {
    Classification,
    Regression,
}

/// Beyond these a machine's memory ends, or its patience.
const MOST: [(&str, usize); 7] = [
    ("batch", 1_000_000),
    ("hidden", 16_384),
    ("layers", 1000),
    ("context", 65_536),
    ("embedding", 16_384),
    ("epochs", 100_000),
    ("steps", 100_000_000),
];

/// All that a recipe may say. What a data set or a model has no use for is absent, and refused in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recipe {
    pub(crate) model: Model,
    pub(crate) optimizer: Method,
    /// The highest learning rate.
    pub(crate) lr: f64,
    /// AdamW's.
    pub(crate) weight_decay: f64,
    /// Passes over the training set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) epochs: Option<u64>,
    /// Batches, of a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) steps: Option<u64>,
    /// Examples in a batch.
    pub(crate) batch: usize,
    pub(crate) seed: u64,
    /// Gradients are cut to this norm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) clip_norm: Option<f64>,
    /// Units of a hidden layer; the width of a transformer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hidden: Option<usize>,
    /// Layers of a transformer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) layers: Option<usize>,
    /// Heads of its attention.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) heads: Option<usize>,
    /// Tokens that a model sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) context: Option<usize>,
    /// Numbers of a letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) embedding: Option<usize>,
    /// The probability of a zero behind a layer, while training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dropout: Option<f64>,
    /// The same of the inputs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) input_dropout: Option<f64>,
    /// The column that is predicted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<String>,
    /// What it is; found out of its values unless it is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<Target>,
}

impl Recipe {
    /// With nothing but what all recipes have.
    fn plain(model: Model, lr: f64, batch: usize) -> Self {
        Self {
            model,
            optimizer: Method::Adamw,
            lr,
            weight_decay: 0.01,
            epochs: None,
            steps: None,
            batch,
            seed: 0,
            clip_norm: None,
            hidden: None,
            layers: None,
            heads: None,
            context: None,
            embedding: None,
            dropout: None,
            input_dropout: None,
            target: None,
            kind: None,
        }
    }

    /// The program's own for a data set and a model.
    pub(crate) fn of(data: Data, model: Option<Model>) -> Result<Self, Failure> {
        let (models, recipe): (&[Model], fn(Model) -> Self) = match data {
            Data::Digits => (digits::MODELS, digits::recipe),
            Data::Mnist => (mnist::MODELS, mnist::recipe),
            Data::Names => (names::MODELS, names::recipe),
            Data::Text => (text::MODELS, text::recipe),
            Data::Csv => (csv::MODELS, csv::recipe),
        };
        let model = model.unwrap_or(models[0]);
        if models.contains(&model) {
            return Ok(recipe(model));
        }
        let known = models.iter().map(|model| model.name()).collect::<Vec<_>>().join(", ");
        let (model, data, usual) = (model.name(), data.name(), models[0].name());
        let text = format!("--model {model}: {data} is learned by one of {known}, as in --model {usual}");
        Err(Failure::Value(text))
    }

    /// Whether the model has convolutions.
    pub(crate) fn is_of_images(&self) -> bool {
        matches!(self.model, Model::Lenet | Model::Cnn)
    }

    /// A recipe from a file: what it leaves out is as the program has it.
    pub(crate) fn read(path: &Path, data: Data, model: Option<Model>) -> Result<Self, Failure> {
        let wrong =
            |what: &dyn std::fmt::Display| Failure::Value(format!("--config {}: {what}", path.display()));
        let text = read_text(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                wrong(&"there is no such file; name one that there is, as in --config recipe.toml")
            }
            _ => wrong(&error),
        })?;
        let words = |error: &dyn std::fmt::Display| {
            error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let own: toml::Table = toml::from_str(&text).map_err(|error| wrong(&words(&error)))?;
        let named = own.get("model").map(|value| value.clone().try_into::<Model>()).transpose();
        let named = named.map_err(|error| wrong(&words(&error)))?;
        let base = Self::of(data, model.or(named))?;
        let mut all = base.values()?;
        // The two that have no value of the program's.
        let free = |key: &str| data == Data::Csv && ["target", "kind"].contains(&key) || key == "clip_norm";
        if let Some(key) = own.keys().find(|key| !all.contains_key(*key) && !free(key)) {
            let known = all.keys().map(String::as_str);
            let near = gradus::tensor::names::instead(key, known);
            return Err(wrong(&format!("{} by {} has no `{key}`; {near}", data.name(), base.model.name())));
        }
        all.extend(own.into_iter().filter(|(key, _)| key != "model"));
        let recipe: Self = all.try_into().map_err(|error| wrong(&words(&error)))?;
        recipe.checked().map_err(|what| wrong(&what))
    }

    /// The recipe, if its numbers make sense.
    fn checked(self) -> Result<Self, String> {
        let counts = [
            ("batch", Some(self.batch)),
            ("hidden", self.hidden),
            ("layers", self.layers),
            ("heads", self.heads),
            ("context", self.context),
            ("embedding", self.embedding),
            ("epochs", self.epochs.map(|n| n as usize)),
            ("steps", self.steps.map(|n| n as usize)),
        ];
        if let Some((name, _)) = counts.iter().find(|(_, n)| *n == Some(0)) {
            return Err(format!("{name} is 0; it must be at least 1"));
        }
        for (name, most) in MOST {
            if let Some((_, Some(n))) =
                counts.iter().find(|(count, n)| *count == name && n.is_some_and(|n| n > most))
            {
                return Err(format!("{name} is {n}; it can be at most {most}"));
            }
        }
        for (name, p) in [("dropout", self.dropout), ("input_dropout", self.input_dropout)] {
            if let Some(p) = p.filter(|p| !(0.0..1.0).contains(p)) {
                return Err(format!("{name} is {p}; it must be at least 0 and below 1"));
            }
        }
        let positive = [("lr", Some(self.lr)), ("clip_norm", self.clip_norm)];
        if let Some((name, Some(x))) =
            positive.iter().find(|(_, x)| x.is_some_and(|x| !(x > 0.0 && x.is_finite())))
        {
            return Err(format!("{name} is {x}; it must be a number above 0"));
        }
        if !(self.weight_decay >= 0.0 && self.weight_decay.is_finite()) {
            return Err(format!("weight_decay is {}; it must be at least 0", self.weight_decay));
        }
        match (self.hidden, self.heads) {
            (Some(width), Some(heads)) if !width.is_multiple_of(heads) => {
                Err(format!("{heads} heads do not divide the width {width} (hidden)"))
            }
            _ => Ok(self),
        }
    }

    /// What it says, key by key.
    pub(crate) fn values(&self) -> Result<toml::Table, Failure> {
        toml::Table::try_from(self).map_err(|error| Failure::Run(error.to_string()))
    }

    /// As a file.
    pub(crate) fn toml(&self, data: Data) -> Result<String, Failure> {
        let text = toml::to_string(self).map_err(|error| Failure::Run(error.to_string()))?;
        Ok(format!("# gradus train {} --config FILE\n{text}", data.name()))
    }

    /// A warm-up over a twentieth of the steps, then half a cosine down to 0.
    pub(crate) fn rate(peak: f64, steps: u64) -> impl Schedule + use<> {
        let warmup = steps / 20;
        Cosine { peak, end: 0.0, steps: (steps - warmup).max(1) }.warmup(warmup)
    }

    /// With the rate of [`Self::rate`].
    pub(crate) fn optimizer(&self, steps: u64) -> Optimizer {
        let rate = Self::rate(self.lr, steps);
        let optimizer = match self.optimizer {
            Method::Sgd => Optimizer::new(Sgd { momentum: 0.9, ..Sgd::default() }, rate),
            Method::Adam => Optimizer::new(Adam::default(), rate),
            Method::Adamw => {
                Optimizer::new(AdamW { weight_decay: self.weight_decay, ..AdamW::default() }, rate)
            }
        };
        let optimizer = optimizer.seed(self.seed);
        match self.clip_norm {
            Some(norm) => optimizer.clip_norm(norm),
            None => optimizer,
        }
    }
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

impl Model {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mlp => "mlp",
            Self::Lenet => "lenet",
            Self::Cnn => "cnn",
            Self::Linear => "linear",
            Self::Bigram => "bigram",
            Self::Gru => "gru",
            Self::Transformer => "transformer",
        }
    }
}
