//! The model of microgpt with matrices: one block of a transformer between two tables of letters. The example and the page
//! train it.

#![allow(dead_code, reason = "the page shows more of it than the example")]

use gradus::autograd::ops::Attention;
use gradus::autograd::{Param, Tape, Var, params};
use gradus::tensor::Tensor;

use super::microgpt_shapes::{HEADS, SHAPES, WIDTH};

/// Nothing has a bias.
#[derive(Clone)]
pub(crate) struct Gpt {
    letters: Param,
    places: Param,
    back: Param,
    query: Param,
    key: Param,
    value: Param,
    found: Param,
    inner: Param,
    outer: Param,
}

params!(Gpt { letters, places, back, query, key, value, found, inner, outer });

impl Gpt {
    /// The weights are drawn one after the other, matrix by matrix and row by row.
    pub(crate) fn new(mut draw: impl FnMut() -> f64) -> Self {
        let [letters, places, back, query, key, value, found, inner, outer] =
            SHAPES.map(|[rows, columns]| {
                let matrix: Vec<f64> = (0..rows * columns).map(|_| draw()).collect();
                Param::new(Tensor::from_vec(matrix, [rows, columns]))
            });
        Self { letters, places, back, query, key, value, found, inner, outer }
    }

    /// The scores of what follows each letter, `[n, 27]`.
    pub(crate) fn scores<'t>(&self, tape: &'t Tape, letters: &[usize]) -> Var<'t> {
        let x = self.embedded(tape, letters);
        let n = letters.len();
        let [q, k, v] = self.looked_up(x);
        let found = q.attention(k, v, &Attention { causal: true, ..Attention::default() });
        let x = x + linear(tape, found.transpose(0, 1).reshape([n, WIDTH]), &self.found);
        let x = x + linear(tape, linear(tape, norm(x), &self.inner).relu(), &self.outer);
        linear(tape, x, &self.back)
    }

    /// How much each place looks at each one up to itself, `[heads, n, n]`.
    pub(crate) fn attention(&self, letters: &[usize]) -> Tensor {
        let tape = Tape::inference();
        let [q, k, _] = self.looked_up(self.embedded(&tape, letters));
        let n = letters.len();
        let later = (0..n * n).map(|i| if i % n > i / n { f64::NEG_INFINITY } else { 0.0 }).collect();
        let scores = q.matmul(k.transpose(1, 2)) / ((WIDTH / HEADS) as f64).sqrt();
        (scores + tape.constant(Tensor::from_vec(later, [n, n]))).softmax(2).value()
    }

    /// Queries, keys and values, `[heads, n, 4]`.
    pub(crate) fn looked_up<'t>(&self, x: Var<'t>) -> [Var<'t>; 3] {
        [&self.query, &self.key, &self.value].map(|weight| heads(linear(x.tape(), norm(x), weight)))
    }

    pub(crate) fn embedded<'t>(&self, tape: &'t Tape, letters: &[usize]) -> Var<'t> {
        let numbers: Vec<i64> = letters.iter().map(|&letter| letter as i64).collect();
        let n = numbers.len();
        let letters = tape.param(&self.letters).embedding(&Tensor::from_vec(numbers, [n]), None);
        norm(letters + tape.param(&self.places).narrow(0, 0, n))
    }
}

fn norm(x: Var<'_>) -> Var<'_> {
    x.rms_norm(1, 1e-5)
}

fn linear<'t>(tape: &'t Tape, x: Var<'t>, weight: &Param) -> Var<'t> {
    x.linear(tape.param(weight), None)
}

/// `[n, 16]` to `[heads, n, 4]`.
fn heads(x: Var<'_>) -> Var<'_> {
    x.reshape([x.shape()[0], HEADS, WIDTH / HEADS]).transpose(0, 1)
}
