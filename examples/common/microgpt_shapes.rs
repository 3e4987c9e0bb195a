//! The sizes of microgpt, and the letters of a name as its numbers.

/// The numbers of a letter, of a place, and of all that lies between.
pub(crate) const WIDTH: usize = 16;
pub(crate) const HEADS: usize = 4;
/// Numbers of a letter: a to z, then the sign that begins and ends a name.
pub(crate) const LETTERS: usize = 27;
pub(crate) const BOUNDARY: usize = 26;
/// The most letters that are looked at.
pub(crate) const PLACES: usize = 16;
/// Steps of the recorded run.
pub(crate) const STEPS: u64 = 1000;

/// The matrices `[outputs, inputs]` in the order in which they are drawn: letters, places, and back to letters; queries, keys,
/// values and what attention found; the two layers of the small network.
pub(crate) const SHAPES: [[usize; 2]; 9] = {
    let square = [WIDTH, WIDTH];
    [
        [LETTERS, WIDTH],
        square,
        [LETTERS, WIDTH],
        square,
        square,
        square,
        square,
        [4 * WIDTH, WIDTH],
        [WIDTH, 4 * WIDTH],
    ]
};

/// The letters of a name between two boundaries, and how many are to be guessed.
pub(crate) fn letters(name: &str) -> (Vec<usize>, usize) {
    let name = name.bytes().map(|letter| usize::from(letter - b'a'));
    let letters: Vec<usize> = [BOUNDARY].into_iter().chain(name).chain([BOUNDARY]).collect();
    let n = PLACES.min(letters.len() - 1);
    (letters, n)
}
