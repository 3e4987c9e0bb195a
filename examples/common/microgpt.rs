//! What both forms of microgpt share: the names, the start, the recorded losses, the log.

use std::time::Instant;

use super::microgpt_shapes::{BOUNDARY, LETTERS, PLACES, SHAPES, STEPS, letters};
use super::published::{Published, data_file};
use super::python_random::PythonRandom;

/// The samples of the canonical log.
const SAMPLES: [&str; 20] = [
    "kamon", "ann", "karai", "jaire", "vialan", "karia", "yeran", "anna", "areli", "kaina", "konna",
    "keylen", "liole", "alerin", "earan", "lenne", "kana", "lara", "alela", "anton",
];

/// Names in their order of training, and the generator behind the shuffle.
pub(crate) struct Start {
    names: Vec<String>,
    pub(crate) random: PythonRandom,
}

/// Says what is run, reads and shuffles the names; `None` if the file is missing.
pub(crate) fn start(form: &str) -> Option<(Published, Start)> {
    let source = "A. Karpathy, gist 8627fe009c40f57531cb18360106ce95";
    let run = Published::new(&format!("microgpt, {form}"), source, 1);
    let path = data_file("names/names.txt", "https://github.com/karpathy/makemore")?;
    let text = std::fs::read_to_string(path).expect("names.txt is text");
    let mut names: Vec<String> = text.split_whitespace().map(String::from).collect();
    let mut random = PythonRandom::new(42);
    random.shuffle(&mut names);
    println!("num docs: {}\nvocab size: {LETTERS}", names.len());
    Some((run, Start { names, random }))
}

impl Start {
    /// All parameters, matrix by matrix and row by row.
    pub(crate) fn weights(&mut self) -> Vec<f64> {
        let count: usize = SHAPES.iter().map(|[rows, columns]| rows * columns).sum();
        println!("num params: {count}");
        (0..count).map(|_| self.random.gauss(0.0, 0.08)).collect()
    }

    /// Trains by a closure that does one step, and prints the log. Each loss is held against the recorded one.
    pub(crate) fn train(&self, run: &Published, mut step: impl FnMut(&[usize], usize) -> f64) {
        let recorded: Vec<f64> =
            include_str!("microgpt_losses.txt").lines().map(|line| line.parse().expect("a number")).collect();
        let steps = if run.quick { 20 } else { recorded.len() };
        let begin = Instant::now();
        let mut losses = Vec::new();
        for k in 0..steps {
            let (letters, n) = letters(&self.names[k % self.names.len()]);
            losses.push(step(&letters, n));
            println!("step {:4} / {STEPS:4} | loss {:.4}", k + 1, losses[k]);
        }
        let micros = begin.elapsed().as_secs_f64() * 1e6 / steps as f64;
        let far =
            losses.iter().zip(&recorded).map(|(a, b)| (a - b).abs()).max_by(f64::total_cmp).unwrap_or(0.0);
        println!("\n{micros:.0} µs a name; at most {far:.1e} from the recorded losses");
        assert!(far < 1e-9, "a loss is {far:.1e} from the recorded one");
        run.falls("the loss", losses[0], losses[steps - 1]);
    }

    /// Draws 20 names by a closure that gives the scores of the next letter, and prints them.
    pub(crate) fn sample(&mut self, run: &Published, mut scores: impl FnMut(&[usize]) -> Vec<f64>) {
        println!("\n--- inference (new, hallucinated names) ---");
        for (i, published) in SAMPLES.iter().enumerate() {
            let mut letters = vec![BOUNDARY];
            while letters.len() <= PLACES {
                let scaled: Vec<f64> = scores(&letters).iter().map(|score| score / 0.5).collect();
                let most = scaled.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let weights: Vec<f64> = scaled.iter().map(|score| (score - most).exp()).collect();
                let total: f64 = weights.iter().sum();
                let shares: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
                match self.random.choice(&shares) {
                    BOUNDARY => break,
                    letter => letters.push(letter),
                }
            }
            let name: String = letters[1..].iter().map(|&letter| char::from(b'a' + letter as u8)).collect();
            println!("sample {:2}: {name}", i + 1);
            assert!(run.quick || name == *published, "the published sample is {published}");
        }
    }
}
