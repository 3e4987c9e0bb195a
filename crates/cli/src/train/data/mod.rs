//! What can be trained on: the data, the model for them, and what the end of a training shows.

mod doubts;
mod fingerprint;
mod images;
mod names;
mod table;
mod text;

use std::io::Write;
use std::path::Path;

use clap::ValueEnum;
use gradus::data::text::Vocabulary;
use gradus::nn::Confusion;
use gradus::prelude::*;
use gradus::tensor::io::read_text;
use gradus::train::RunningMean;
use serde_json::{Map, Value, json};

use self::fingerprint::Fingerprint;
use super::recipe::Recipe;
use crate::failure::Failure;
use crate::text::numbers::count;

/// A data set that can be trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Data {
    /// 1,797 handwritten digits of 8×8 pixels, part of the program.
    Digits,
    /// 70,000 handwritten digits of 28×28 pixels, from the idx files in --data.
    Mnist,
    /// Names letter by letter, one a line, from the file in --data.
    Names,
    /// A text letter by letter: `gradus train text FILE`.
    Text,
    /// A table with a header: `gradus train csv FILE --target NAME`.
    Csv,
}

impl Data {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::Mnist => "mnist",
            Self::Names => "names",
            Self::Text => "text",
            Self::Csv => "csv",
        }
    }

    /// Whether its file is the argument behind its name.
    pub(crate) fn takes_file(self) -> bool {
        matches!(self, Self::Text | Self::Csv)
    }

    /// Refuses a file, a --data and a --target that it has no use for.
    pub(crate) fn check_file(self, file: Option<&Path>, data: bool, target: bool) -> Result<(), Failure> {
        let name = self.name();
        let refused = if let Some(file) = file.filter(|_| !self.takes_file()) {
            format!(
                "{}: {name} takes no file behind its name; leave it out, or write csv FILE --target NAME",
                file.display()
            )
        } else if data && self.takes_file() {
            format!(
                "--data is for mnist and names; the file of {name} stands behind its name, as in {name} FILE"
            )
        } else if target && self != Self::Csv {
            format!(
                "--target is for csv; {name} has no columns; leave it out, or write csv FILE --target NAME"
            )
        } else {
            return Ok(());
        };
        Err(Failure::Value(refused))
    }

    /// What is said of a path at which there is no data.
    fn nothing_at(self, path: &Path) -> Failure {
        let (option, what, example) = match self {
            Self::Mnist => ("--data ", "folder", "mnist --data mnist-files"),
            Self::Names => ("--data ", "file", "names --data names.txt"),
            Self::Csv => ("", "file", "csv ../table.csv --target NAME"),
            _ => ("", "file", "text ../text.txt"),
        };
        let path = path.display();
        Failure::Value(format!(
            "{option}{path}: there is no such {what}; name one that there is, as in {example}"
        ))
    }

    /// The data and a new model.
    pub(crate) fn load(self, path: Option<&Path>, recipe: &Recipe) -> Result<Task, Failure> {
        let missing = |what: &str| Failure::Value(what.to_string());
        if let Some(path) = path.filter(|path| self != Self::Digits && !path.try_exists().unwrap_or(true)) {
            return Err(self.nothing_at(path));
        }
        match (self, path) {
            (Self::Digits, None) => images::digits(recipe),
            (Self::Digits, Some(_)) => Err(missing(
                "--data is for mnist and names; digits is part of the program; leave it out, or write mnist --data FOLDER",
            )),
            (Self::Mnist, Some(folder)) => images::mnist(folder, recipe),
            (Self::Mnist, None) => Err(missing(
                "mnist needs --data DIR, a folder with the four files train-images-idx3-ubyte, \
                 train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte (plain or .gz), as in \
                 mnist --data mnist-files",
            )),
            (Self::Names, Some(file)) => names::load(file, recipe),
            (Self::Names, None) => Err(missing(
                "names needs --data FILE, a file with one name a line, as in names --data names.txt",
            )),
            (Self::Text, Some(file)) => text::load(file, recipe),
            (Self::Text, None) => Err(missing("text needs a file behind its name, as in text FILE")),
            (Self::Csv, Some(file)) => table::load(file, recipe),
            (Self::Csv, None) => {
                Err(missing("csv needs a file behind its name, as in csv FILE --target NAME"))
            }
        }
    }
}

/// Where batches come from.
pub(crate) enum Feed {
    /// Examples, in epochs.
    Examples(Dataset),
    /// Windows of a text, at random places: tokens and the length of a window.
    Windows(Tensor, usize),
}

/// What the end shows beside the loss.
pub(crate) enum End {
    /// The confusion of the classes, if they are few enough for a table.
    Classes,
    /// Samples: the first tokens, how many are drawn and how often, and the token that ends one.
    Letters { letters: Vocabulary, context: usize, stop: Option<i64>, length: usize, samples: usize },
    /// The error in the units of the target: its deviation.
    Number { deviation: f64 },
}

/// Data, and a model for them.
pub(crate) struct Task {
    /// What is trained, behind "gradus trains".
    pub(crate) title: String,
    /// What is to be known of the data, a line each.
    pub(crate) notes: Vec<String>,
    /// What makes it doubtful that something is learned, a line each.
    pub(crate) warnings: Vec<String>,
    pub(crate) feed: Feed,
    pub(crate) test: Dataset,
    pub(crate) model: Sequential,
    /// Examples of the gradient check, and the derivatives it compares.
    pub(crate) check: (Dataset, usize),
    pub(crate) end: End,
    /// By it other data are told from these when the training goes on.
    pub(crate) fingerprint: Fingerprint,
}

/// Examples of the test set that are computed at once.
const CHUNK: usize = 1000;

impl Task {
    /// The numbers of examples to learn from and to be tested with.
    pub(crate) fn sizes(&self) -> [usize; 2] {
        let train = match &self.feed {
            Feed::Examples(data) => data.len(),
            Feed::Windows(tokens, _) => tokens.elements(),
        };
        [train, self.test.len()]
    }

    /// The mean loss of a batch.
    pub(crate) fn loss<'t>(&self, scores: Var<'t>, labels: &Tensor) -> Var<'t> {
        match self.end {
            End::Number { .. } => scores.reshape(*labels.shape()).mse(labels),
            _ => scores.cross_entropy(labels),
        }
    }

    /// The share of a batch that is right; of numbers there is none.
    pub(crate) fn hits(&self, scores: &Tensor, labels: &Tensor) -> Option<f64> {
        (!matches!(self.end, End::Number { .. })).then(|| accuracy(scores, labels))
    }

    /// Says how a model does on the test set, and what is left to show; the numbers for `--json`.
    pub(crate) fn finish(
        &self,
        model: &Sequential,
        recipe: &Recipe,
        out: &mut dyn Write,
    ) -> Result<Map<String, Value>, Failure> {
        let (mut loss, mut right, mut scores) = (RunningMean::default(), RunningMean::default(), Vec::new());
        for start in (0..self.test.len()).step_by(CHUNK) {
            let batch = self.test.narrow(start, CHUNK.min(self.test.len() - start));
            let found = model.predict(&batch.inputs);
            let tape = Tape::inference();
            loss.add(self.loss(tape.constant(&found), &batch.labels).item(), batch.len() as f64);
            if let Some(hits) = self.hits(&found, &batch.labels) {
                right.add(hits, batch.len() as f64);
            }
            if matches!(self.end, End::Classes) {
                scores.push(found);
            }
        }
        diverged(loss.mean())?;
        let mut all = Map::new();
        let examples = count(self.test.len(), "example");
        match &self.end {
            End::Classes => {
                let confusion = Confusion::of(&Tensor::cat(&scores, 0), &self.test.labels);
                writeln!(out, "test accuracy {:.4} on {examples}", confusion.accuracy())?;
                if confusion.classes() <= 20 {
                    writeln!(out, "\n{confusion}")?;
                }
                all.insert("test_accuracy".to_string(), json!(confusion.accuracy()));
            }
            End::Letters { .. } => {
                writeln!(out, "test loss {:.4} a letter, accuracy {:.4}", loss.mean(), right.mean())?;
                all.insert("test_accuracy".to_string(), json!(right.mean()));
                self.sample(model, recipe, out)?;
            }
            End::Number { deviation } => {
                let (rmse, explained) = (loss.mean().sqrt() * deviation, self.explained(loss.mean()));
                let share = explained.map_or(String::new(), |share| format!(", R² {share:.4}"));
                writeln!(out, "test error {rmse:.4} (root mean square) on {examples}{share}")?;
                all.insert("test_rmse".to_string(), json!(rmse));
                all.insert("test_r2".to_string(), json!(explained));
            }
        }
        all.insert("test_loss".to_string(), json!(loss.mean()));
        Ok(all)
    }

    /// The share of the variance of the test set that is explained, where it has one.
    fn explained(&self, mse: f64) -> Option<f64> {
        let labels = self.test.labels.to(DType::F64);
        let varies = labels.max().item() > labels.min().item();
        varies.then(|| 1.0 - mse / (&labels - labels.mean()).square().mean().item())
    }

    /// Prints what the model writes on its own.
    fn sample(&self, model: &Sequential, recipe: &Recipe, out: &mut dyn Write) -> Result<(), Failure> {
        let End::Letters { letters, context, stop, length, samples } = &self.end else { return Ok(()) };
        let mut random = rng(recipe.seed.wrapping_add(1));
        writeln!(out, "\nsamples:")?;
        for _ in 0..*samples {
            // A name begins with as many ends as the model sees; a text with one line feed, or its first letter.
            let start = stop.unwrap_or_else(|| letters.number("\n").unwrap_or(0));
            let mut tokens = vec![start; if stop.is_some() { *context } else { 1 }];
            let begin = tokens.len();
            while tokens.len() - begin < *length {
                let seen = &tokens[tokens.len().saturating_sub(*context)..];
                let scores = model.predict(&Tensor::from_slice(seen, [1, seen.len()]));
                // Of a text the scores of the last place count.
                let last = if scores.rank() == 3 { scores.select(1, -1) } else { scores };
                // It may have been tested with what it can still answer.
                diverged(last.to_f64_vec().iter().sum())?;
                let next = last.categorical(&mut random).to_vec::<i64>()[0];
                if Some(next) == *stop {
                    break;
                }
                tokens.push(next);
            }
            let text = letters.decode(&Tensor::from_slice(&tokens[begin..], [tokens.len() - begin]));
            writeln!(out, "{}", text.map_err(|error| Failure::Run(error.to_string()))?)?;
        }
        writeln!(out)?;
        Ok(())
    }
}

/// Refuses what is left of a model whose loss, or sum of scores, is no number.
fn diverged(loss: f64) -> Result<(), Failure> {
    let what =
        || format!("the loss on the test set is {loss}: the training has diverged; try a smaller --lr");
    if loss.is_finite() { Ok(()) } else { Err(Failure::Run(what())) }
}

/// A file as text.
fn read(path: &Path) -> Result<String, Failure> {
    read_text(path).map_err(|error| Failure::Value(format!("{}: {error}", path.display())))
}
