//! The thirty puzzles, from a square to an implicit function.

mod broadcast;
mod matrix;
mod normal;
mod reduction;
mod scalar;

use super::task::Puzzle;

/// The chapters in order.
const CHAPTERS: [(&str, &[Puzzle]); 5] = [
    ("element by element", &scalar::PUZZLES),
    ("broadcasting", &broadcast::PUZZLES),
    ("reductions", &reduction::PUZZLES),
    ("softmax and normalisation", &normal::PUZZLES),
    ("matrices, attention, an implicit function", &matrix::PUZZLES),
];

/// All puzzles with their number, from 1 on, and their chapter.
pub(crate) fn all() -> impl Iterator<Item = (u32, &'static str, &'static Puzzle)> {
    let puzzles =
        CHAPTERS.iter().flat_map(|(chapter, puzzles)| puzzles.iter().map(|puzzle| (*chapter, puzzle)));
    (1..).zip(puzzles).map(|(number, (chapter, puzzle))| (number, chapter, puzzle))
}
