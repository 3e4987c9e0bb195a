//! How a model fares on examples that stay the same: units that are dead, gradients that do not arrive.

use gradus::prelude::*;
use gradus::train::Health;

use super::data::{Feed, Task};
use super::recipe::Recipe;

/// A look at as many examples as a batch has.
pub(super) fn look(task: &Task, recipe: &Recipe, model: &Sequential) -> Health {
    let examples = match &task.feed {
        Feed::Examples(data) => data,
        Feed::Windows(..) => &task.test,
    };
    let batch = examples.narrow(0, recipe.batch.min(examples.len()));
    Health::of(model, |model, tape| task.loss(model.forward(tape.constant(&batch.inputs)), &batch.labels))
}
