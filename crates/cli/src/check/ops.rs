//! The operations that can be checked by name: every row of the elementwise table, and a table of the others with the
//! shapes they are tried on.

use gradus::autograd::Row;
use gradus::autograd::ops::elementwise;
use gradus::tensor::{DType, Tensor, rng};
use gradus::{autograd, tensor};

use super::function::Function;

// One table for the checks of autograd and for this command: who adds an operation there can check it here.
#[path = "../../../autograd/tests/every_op/composed.rs"]
mod composed;

use composed::TABLE;

/// All names, rows first.
pub fn names() -> Vec<&'static str> {
    let mut rows: Vec<&str> = rows().map(|row| row.name).collect();
    rows.sort_unstable();
    rows.into_iter().chain(TABLE.iter().map(|entry| entry.name)).collect()
}

/// The rows whose slope is meant to be the derivative.
fn rows() -> impl Iterator<Item = &'static Row> {
    elementwise::table().filter(|row| !row.facts.estimator)
}

/// The operation of a name at random inputs.
pub fn find(name: &str, seed: u64) -> Option<Function> {
    if let Some(entry) = TABLE.iter().find(|entry| entry.name == name) {
        let mut rng = rng(seed);
        let (low, high) = (entry.low, entry.high);
        let draw = |&shape: &&[usize]| Tensor::uniform_of(shape, low, high, DType::F64, &mut rng);
        let inputs: Vec<Tensor> = entry.shapes.iter().map(draw).collect();
        let about = format!("operation {name}, inputs {} drawn from {low} to {high}", shapes(&inputs));
        return Some(Function::new(about, inputs, Box::new(entry.f)));
    }
    rows().find(|row| row.name == name || row.aliases.contains(&name)).map(|row| of_row(row, seed))
}

fn of_row(row: &'static Row, seed: u64) -> Function {
    let [[a_low, a_high], [b_low, b_high]] = row.facts.domain;
    let number = row.facts.number.unwrap_or(0.7);
    let mut rng = rng(seed);
    let mut draw = |low, high| Tensor::uniform_of([2, 3], low, high, DType::F64, &mut rng);
    let mut inputs = vec![draw(a_low, a_high)];
    let mut range = format!("{a_low} to {a_high}");
    if row.arity == 2 {
        inputs.push(draw(b_low, b_high));
        range = format!("{range} and {b_low} to {b_high}");
    }
    let carried = if row.has_number { format!(" with the number {number}") } else { String::new() };
    let about = format!("elementwise {}{carried}, inputs {} drawn from {range}", row.name, shapes(&inputs));
    Function::new(about, inputs, Box::new(move |x| row.apply(x, number)))
}

fn shapes(inputs: &[Tensor]) -> String {
    inputs.iter().map(|x| x.shape().to_string()).collect::<Vec<_>>().join(" ")
}
