//! How a model fares on examples that stay the same: units that are dead, gradients that do not arrive.

use gradus::prelude::*;
use gradus::train::Health;

use super::data::{Feed, Task};
use super::recipe::Recipe;

/// What is not as it should be in a trained model. Where in a program of Rust an operation was called is of no use to its user.
pub(super) fn warnings(task: &Task, recipe: &Recipe, model: &Sequential) -> Vec<String> {
    look(task, recipe, model).warnings().iter().map(|text| without_places(text)).collect()
}

/// A text without ` (FILE.rs:LINE)`.
fn without_places(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(" (") {
        kept.push_str(before);
        let place = after.split_once(')').filter(|(place, _)| {
            place.rsplit_once(".rs:").is_some_and(|(_, line)| line.bytes().all(|c| c.is_ascii_digit()))
        });
        rest = place.map_or(after, |(_, behind)| behind);
        if place.is_none() {
            kept.push_str(" (");
        }
    }
    kept + rest
}

/// A look at as many examples as a batch has.
pub(super) fn look(task: &Task, recipe: &Recipe, model: &Sequential) -> Health {
    let examples = match &task.feed {
        Feed::Examples(data) => data,
        Feed::Windows(..) => &task.test,
    };
    let batch = examples.narrow(0, recipe.batch.min(examples.len()));
    Health::of(model, |model, tape| task.loss(model.forward(tape.constant(&batch.inputs)), &batch.labels))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_the_source_are_left_out() {
        let text = "w gets a zero gradient: %3 = relu (crates/x/y.rs:16) passes nothing on (such as a step) (a.rs:b)";
        let said = "w gets a zero gradient: %3 = relu passes nothing on (such as a step) (a.rs:b)";
        assert_eq!(without_places(text), said);
    }
}
