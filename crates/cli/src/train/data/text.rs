//! A text, letter by letter: each letter of a window from those before it, as in nanoGPT.

use std::path::Path;

use gradus::data::text::{Vocabulary, windows};
use gradus::prelude::*;

use super::fingerprint::Fingerprint;
use super::{End, Feed, Task, read};
use crate::failure::Failure;
use crate::text::numbers::count;
use crate::train::models;
use crate::train::recipe::Recipe;

/// Letters that are written at the end.
const LENGTH: usize = 300;
/// Windows of the test.
const TESTED: usize = 200;

pub(super) fn load(path: &Path, recipe: &Recipe) -> Result<Task, Failure> {
    let text = read(path)?;
    let letters = Vocabulary::characters(&text);
    let numbers = letters.encode(&text).map_err(|error| Failure::Run(error.to_string()))?;
    let (n, context) = (numbers.elements(), recipe.context.unwrap_or(64));
    let least = 10 * (context + 1);
    if n < least {
        return Err(Failure::Value(format!(
            "{}: it has {}; a context of {context} wants {least} at least, a tenth of them for the test",
            path.display(),
            count(n, "letter")
        )));
    }
    if letters.len() == 1 {
        let path = path.display();
        return Err(Failure::Value(format!(
            "{path}: it has one letter only; there is nothing to tell apart"
        )));
    }
    // The last tenth is for the test.
    let (train, test) = (numbers.narrow(0, 0, n - n / 10), numbers.narrow(0, n - n / 10, n / 10));
    let fingerprint = Fingerprint::of(&[&train], &[&test], &[&letters.tokens().concat()]);
    let test = windows(&test.contiguous(), context, context);
    let check = windows(&train.narrow(0, 0, 2 * context + 1).contiguous(), context, context);
    Ok(Task {
        title: format!("a writer of text, letter by letter ({})", count(letters.len(), "different letter")),
        notes: Vec::new(),
        warnings: Vec::new(),
        model: models::of_text(recipe, letters.len(), &mut rng(recipe.seed)),
        check: (check, 100),
        feed: Feed::Windows(train.contiguous(), context),
        test: test.narrow(0, test.len().min(TESTED)),
        end: End::Letters { letters, context, stop: None, length: LENGTH, samples: 1 },
        fingerprint,
    })
}
