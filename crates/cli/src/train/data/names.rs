//! Names: the next letter behind each letter of each name, as in makemore.

use std::path::Path;

use gradus::data::text::Vocabulary;
use gradus::prelude::*;

use super::fingerprint::Fingerprint;
use super::{End, Feed, Task, read};
use crate::failure::Failure;
use crate::text::numbers::count;
use crate::train::models;
use crate::train::recipe::Recipe;

/// What stands before and behind a name.
const END: char = '.';
const SAMPLES: usize = 10;
/// The longest name that is drawn.
const LENGTH: usize = 40;

pub(super) fn load(path: &Path, recipe: &Recipe) -> Result<Task, Failure> {
    let text = read(path)?;
    let names: Vec<&str> = text.lines().map(str::trim).filter(|name| !name.is_empty()).collect();
    let wrong = |what: String| Failure::Value(format!("{}: {what}", path.display()));
    if let Some(line) = text.lines().position(|line| line.contains(END)) {
        return Err(wrong(format!("line {}: a name holds a point, which ends names here", line + 1)));
    }
    if names.len() < 10 {
        return Err(wrong(format!(
            "it holds {}, one a line; 10 are wanted at least",
            count(names.len(), "name")
        )));
    }
    let letters = Vocabulary::characters(&format!("{END}{}", names.concat()));
    let order = Tensor::permutation(names.len(), &mut rng(recipe.seed)).to_vec::<i64>();
    let context = recipe.context.unwrap_or(1);
    let (test, train) = order.split_at(names.len() / 10);
    let examples = |places: &[i64]| examples(&names, places, &letters, context);
    let (train, test) = (examples(train), examples(test));
    let fingerprint = Fingerprint::of_sets(&train, &test, &[&names.join("\n")]);
    Ok(Task {
        title: format!(
            "a writer of names, letter by letter ({}, {})",
            count(names.len(), "name"),
            count(letters.len() - 1, "letter")
        ),
        notes: Vec::new(),
        warnings: Vec::new(),
        model: models::of_names(recipe, letters.len(), &mut rng(recipe.seed)),
        check: (train.narrow(0, train.len().min(8)), 500),
        feed: Feed::Examples(train),
        test,
        end: End::Letters { stop: letters.number("."), letters, context, length: LENGTH, samples: SAMPLES },
        fingerprint,
    })
}

/// Each letter and the end of each name, with the `context` tokens before it.
fn examples(names: &[&str], places: &[i64], letters: &Vocabulary, context: usize) -> Dataset {
    let number = |c: char| letters.number(c.encode_utf8(&mut [0; 4])).unwrap_or(0);
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    for &place in places {
        let mut seen = vec![number(END); context];
        for c in names[place as usize].chars().chain([END]) {
            inputs.extend_from_slice(&seen[seen.len() - context..]);
            labels.push(number(c));
            seen.push(number(c));
        }
    }
    let n = labels.len();
    Dataset::new(Tensor::from_vec(inputs, [n, context]), Tensor::from_vec(labels, [n]))
}
