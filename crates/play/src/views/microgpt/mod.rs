//! microgpt: the smallest transformer that makes up names, trained in front of the viewer and held against the recorded run.
//!
//! # Source
//! A. Karpathy, gist 8627fe009c40f57531cb18360106ce95, whose model, start and samples these are.

#[path = "../../../../../examples/common/microgpt_model.rs"]
mod microgpt_model;
#[path = "../../../../../examples/common/microgpt_shapes.rs"]
mod microgpt_shapes;
mod names;
#[path = "../../../../../examples/common/python_random.rs"]
mod python_random;

use gradus::autograd::{Elements, GradcheckOptions, Tape, gradcheck_model};
use gradus::optim::schedule::Linear;
use gradus::optim::{Adam, Optimizer};
use gradus::prelude::Params;
use gradus::tensor::Tensor;
use gradus_cli::text::numbers::{number, size};
use serde::{Deserialize, Serialize};

use super::Training;
use super::backprop::Empty;
use crate::answer::{Number, Refusal};
use microgpt_model::Gpt;
use microgpt_shapes::{BOUNDARY, HEADS, LETTERS, PLACES, STEPS, letters};
use python_random::PythonRandom;

/// The seed and the rate of the recorded run.
const SEED: u32 = 42;
const RATE: f64 = 0.01;
/// Steps of any run.
const MOST: u64 = 20_000;
/// Names that are made up at a look, and at the end.
const TRIED: usize = 8;
const SAMPLES: usize = 20;
/// Losses of the mean that is drawn.
const WINDOW: usize = 50;
/// Derivatives of a check.
const CHECKED: usize = 200;

/// What the page asks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Request {
    /// `recorded`, the names of the recorded run, from their file, or `embedded`.
    pub names: String,
    /// Of the order, the weights and the samples.
    pub seed: u32,
    /// The first rate, which falls to 0.
    pub rate: f64,
    /// Steps, a name each.
    pub steps: u64,
    /// Below 1 likely letters are preferred.
    pub temperature: f64,
    /// The name whose attention is shown.
    pub word: String,
}

impl Default for Request {
    fn default() -> Self {
        let [names, word] = ["embedded", "emma"].map(String::from);
        Self { names, seed: SEED, rate: RATE, steps: STEPS, temperature: 0.5, word }
    }
}

/// What there is.
#[derive(Debug, Clone, Serialize)]
pub struct Choices {
    /// The sets of names.
    pub names: Vec<&'static str>,
}

/// The lists of the page's controls: the names of the recorded run only where their file is.
///
/// # Errors
/// Never.
pub fn choices(_: Empty) -> Result<Choices, Refusal> {
    let recorded = names::recorded_file().map(|_| "recorded");
    Ok(Choices { names: recorded.into_iter().chain(["embedded"]).collect() })
}

/// What is told before the first step.
#[derive(Debug, Clone, Serialize)]
pub struct Begin {
    /// Names to train on.
    pub names: usize,
    /// The losses of the recorded run; empty if this one is another.
    pub recorded: Vec<Number>,
    /// The weights.
    pub weights: usize,
}

/// How things stand after a step.
#[derive(Debug, Clone, Serialize)]
pub struct Frame {
    /// Steps done.
    pub step: u64,
    /// The name of the last one.
    pub name: Option<String>,
    /// Its loss.
    pub loss: Option<Number>,
    /// The mean of the last 50.
    pub mean: Option<Number>,
    /// The losses since the last frame: step, loss, mean of 50; of many a part.
    pub losses: Vec<(usize, Number, Number)>,
    /// The largest distance of a loss from the recorded one; none if this is another run.
    pub apart: Option<Number>,
    /// The rate of the next step.
    pub rate: Number,
    /// Names that the model makes up.
    pub samples: Vec<String>,
    /// The letters of the word that is shown; `.` is its boundary.
    pub letters: Vec<char>,
    /// For each head and letter how much it looks at each letter up to itself, `[heads, n, n]`.
    pub attention: Vec<Vec<Vec<Number>>>,
    /// The chance of the letter that follows.
    pub chances: Vec<Number>,
    /// Whether all steps are done.
    pub over: Option<String>,
    /// Steps and losses in a line.
    pub facts: String,
}

/// A training.
#[expect(missing_debug_implementations, reason = "a generator of the examples has none")]
pub struct Microgpt {
    request: Request,
    names: Vec<String>,
    random: PythonRandom,
    model: Gpt,
    optimizer: Optimizer,
    losses: Vec<f64>,
    /// How many of them have been told.
    told: usize,
    recorded: Vec<f64>,
    samples: Vec<String>,
}

/// A training before its first step.
///
/// # Errors
/// If something of the request is out of its bounds, or the names are not there.
pub fn begin(request: Request) -> Result<Microgpt, Refusal> {
    let Request { seed, rate, steps, temperature, ref word, .. } = request;
    let told = |name: &str, text: String| Err(Refusal::value(format!("{name}: {text}")));
    if !(rate > 0.0 && rate <= 10.0) {
        return told("rate", format!("{rate}; it lies above 0 and up to 10"));
    }
    if !(1..=MOST).contains(&steps) {
        return told("steps", format!("{steps}; it lies from 1 to {MOST}"));
    }
    if !(0.05..=5.0).contains(&temperature) {
        return told("temperature", format!("{temperature}; it lies from 0.05 to 5"));
    }
    if word.is_empty() || word.len() >= PLACES || !word.bytes().all(|letter| letter.is_ascii_lowercase()) {
        return told("word", format!("{word:?}; it has 1 to {} letters from a to z", PLACES - 1));
    }
    let mut names = names::names(&request.names)?;
    let mut random = PythonRandom::new(seed);
    random.shuffle(&mut names);
    let model = Gpt::new(|| random.gauss(0.0, 0.08));
    let adam = Adam { beta1: 0.85, beta2: 0.99, ..Adam::default() };
    let optimizer = Optimizer::new(adam, Linear { start: rate, end: 0.0, steps });
    let same = request.names == "recorded" && (seed, rate, steps) == (SEED, RATE, STEPS);
    let recorded = if same { names::losses() } else { Vec::new() };
    Ok(Microgpt {
        request,
        names,
        random,
        model,
        optimizer,
        losses: Vec::new(),
        told: 0,
        recorded,
        samples: Vec::new(),
    })
}

impl Microgpt {
    /// The name of a step, its letters, and the letters to be guessed.
    fn lesson(&self, step: usize) -> (Vec<usize>, Tensor) {
        let (letters, n) = letters(&self.names[step % self.names.len()]);
        let next: Vec<i64> = letters[1..=n].iter().map(|&letter| letter as i64).collect();
        (letters[..n].to_vec(), Tensor::from_vec(next, [n]))
    }

    /// The mean of the last losses up to a step.
    fn mean(&self, step: usize) -> Option<f64> {
        let last = &self.losses[step.saturating_sub(WINDOW)..step];
        (!last.is_empty()).then(|| last.iter().sum::<f64>() / last.len() as f64)
    }

    fn facts(&self, apart: Option<f64>) -> String {
        let (done, rate) = (self.losses.len(), number(self.optimizer.lr(), 4));
        let about = match self.losses.last() {
            None => format!("{} names, {} weights.", self.names.len(), self.model.trainable_elements()),
            Some(&loss) => {
                let name = &self.names[(done - 1) % self.names.len()];
                let mean = self.mean(done).map_or("–".to_string(), |mean| number(mean, 6));
                format!("Name {name}: loss {}, mean of {WINDOW} {mean}.", number(loss, 8))
            }
        };
        let apart = apart.map(|apart| format!(" At most {} from the recorded losses.", size(apart)));
        let over = if self.over() { format!(" All {done} steps are done.") } else { String::new() };
        format!("Step {done}, rate {rate}. {about}{}{over}", apart.unwrap_or_default())
    }

    fn sample(&self, random: &mut PythonRandom) -> String {
        let mut letters = vec![BOUNDARY];
        while letters.len() <= PLACES {
            let scores = self.model.scores(&Tape::inference(), &letters).value().select(0, -1);
            let shares = (scores / self.request.temperature).softmax(0);
            match random.choice(&shares.to_f64_vec()) {
                BOUNDARY => break,
                letter => letters.push(letter),
            }
        }
        letters[1..].iter().map(|&letter| char::from(b'a' + letter as u8)).collect()
    }
}

impl Training for Microgpt {
    type Begin = Begin;
    type Frame = Frame;

    fn begin(&self) -> Begin {
        let recorded = self.recorded.iter().copied().map(Number).collect();
        Begin { names: self.names.len(), recorded, weights: self.model.trainable_elements() }
    }

    fn step(&mut self, look: bool) {
        if self.over() {
            return;
        }
        let (letters, next) = self.lesson(self.losses.len());
        let loss = self
            .optimizer
            .training_step(&mut self.model, |model, tape| model.scores(tape, &letters).cross_entropy(&next));
        self.losses.push(loss);
        if self.over() {
            // The names of the recorded run go on where the weights were drawn.
            let mut random = std::mem::replace(&mut self.random, PythonRandom::new(0));
            self.samples = (0..SAMPLES).map(|_| self.sample(&mut random)).collect();
        } else if look {
            let mut random = PythonRandom::new(self.losses.len() as u32);
            self.samples = (0..TRIED).map(|_| self.sample(&mut random)).collect();
        }
    }

    fn frame(&mut self) -> Frame {
        let done = self.losses.len();
        let new = std::mem::replace(&mut self.told, done)..done;
        let entry = |i: usize| (i + 1, Number(self.losses[i]), Number(self.mean(i + 1).unwrap_or(f64::NAN)));
        let losses = new.clone().step_by(new.len().div_ceil(WINDOW).max(1)).map(entry).collect();
        let pairs = self.losses.iter().zip(&self.recorded);
        let apart = pairs.map(|(loss, recorded)| (loss - recorded).abs()).max_by(f64::total_cmp);
        let (letters, n) = letters(&self.request.word);
        let attention = self.model.attention(&letters[..n]).to_f64_vec();
        let rows =
            |head: &[f64]| head.chunks(n).map(|row| row.iter().copied().map(Number).collect()).collect();
        let shares = self.model.scores(&Tape::inference(), &letters[..n]).value().softmax(1).to_f64_vec();
        let sign = |letter: usize| if letter == BOUNDARY { '.' } else { char::from(b'a' + letter as u8) };
        Frame {
            facts: self.facts(apart),
            step: done as u64,
            name: done.checked_sub(1).map(|step| self.names[step % self.names.len()].clone()),
            loss: self.losses.last().copied().map(Number),
            mean: self.mean(done).map(Number),
            losses,
            apart: apart.map(Number),
            rate: Number(self.optimizer.lr()),
            samples: self.samples.clone(),
            letters: letters.iter().copied().map(sign).collect(),
            attention: attention.chunks(attention.len() / HEADS).map(rows).collect(),
            chances: (0..n).map(|i| Number(shares[i * LETTERS + letters[i + 1]])).collect(),
            over: self.over().then(|| format!("all {done} steps are done")),
        }
    }

    fn over(&self) -> bool {
        self.losses.len() as u64 >= self.request.steps
            || self.losses.last().is_some_and(|loss| !loss.is_finite())
    }

    fn check(&mut self) -> Result<String, Refusal> {
        let (letters, next) = self.lesson(self.losses.len());
        let elements = Elements::Sample { count: CHECKED, seed: 0 };
        let options = GradcheckOptions { atol: 1e-10, elements, ..GradcheckOptions::default() };
        let report = gradcheck_model(
            &mut self.model.clone(),
            |model, tape| model.scores(tape, &letters).cross_entropy(&next),
            &options,
        );
        Ok(format!("{CHECKED} derivatives of the loss of the next name:\n{report}"))
    }
}

#[cfg(test)]
mod tests;
