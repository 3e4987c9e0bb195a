//! A table of learned vectors, looked up by number.

use gradus_autograd::{Param, Var, params};
use gradus_tensor::{DType, Tensor};

use crate::module::Module;

/// `$y_i = W_{x_i}$`: numbers `[…]` in I64 to rows `[…, width]`. The slope in a row is the sum over the places where it was
/// looked up.
///
/// ```
/// use gradus_nn::{Embedding, Module};
/// use gradus_tensor::{Tensor, rng};
///
/// let words = Embedding::new(1000, 16, &mut rng(0));        // a vocabulary of 1000 words, 16 numbers each
/// let sentences = Tensor::from([[4, 17, 3], [8, 8, 0]]);    // two sentences of three words
/// assert_eq!(words.predict(&sentences).shape()[..], [2, 3, 16]);
/// ```
///
/// # Source
/// PyTorch's `nn.Embedding`.
#[derive(Debug, Clone)]
pub struct Embedding {
    /// The table, `[rows, width]`.
    pub weight: Param,
    /// The number of a row that gets no gradient: it stands for no word, and fills sentences up to one length.
    pub padding: Option<i64>,
}

params!(Embedding { weight });

impl Embedding {
    /// With standard normal rows, F32.
    #[track_caller]
    pub fn new(rows: usize, width: usize, rng: &mut impl rand::Rng) -> Self {
        Self { weight: Param::new(Tensor::randn([rows, width], rng)), padding: None }
    }

    /// With a row of zeros that stays as it is.
    ///
    /// # Panics
    /// If the table has no such row.
    #[track_caller]
    #[must_use]
    pub fn with_padding(mut self, row: usize) -> Self {
        let [rows, width] = self.weight.shape()[..] else { unreachable!("a table has two axes") };
        assert!(row < rows, "embedding: the padding row {row} of a table with {rows} rows");
        let zeros = Tensor::zeros_of([1, width], self.weight.value().dtype());
        let value = self.weight.value().clone().put_slice(0, row as isize..row as isize + 1, &zeros);
        self.weight.set(value);
        self.padding = Some(row as i64);
        self
    }
}

impl Module for Embedding {
    /// # Panics
    /// If the input is not I64 or a number is out of range.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        assert!(
            x.dtype() == DType::I64,
            "embedding: rows are looked up by I64 numbers, got {}; convert with .to(DType::I64)",
            x.dtype()
        );
        x.tape().param(&self.weight).embedding(&x.value(), self.padding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_autograd::{GradcheckOptions, Tape, gradcheck_model};
    use gradus_tensor::rng;

    fn table() -> Embedding {
        let weight = Param::new(Tensor::from([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]));
        Embedding { weight, padding: None }
    }

    #[test]
    fn rows_and_their_gradients_by_hand() {
        let layer = table();
        let tape = Tape::new();
        let y = layer.forward(tape.constant(Tensor::from([[2i64, 0], [2, 2]])));
        assert_eq!(y.shape()[..], [2, 2, 2]);
        assert_eq!(y.value().to_f64_vec(), [5.0, 6.0, 1.0, 2.0, 5.0, 6.0, 5.0, 6.0]);
        let gradients = y.sum().backward();
        assert_eq!(gradients.get(&layer.weight).unwrap().to_f64_vec(), [1.0, 1.0, 0.0, 0.0, 3.0, 3.0]);
    }

    #[test]
    fn the_padding_row_has_no_gradient() {
        let layer = table().with_padding(2);
        assert_eq!(layer.weight.value().to_f64_vec(), [1.0, 2.0, 3.0, 4.0, 0.0, 0.0]);
        let tape = Tape::new();
        let y = layer.forward(tape.constant(Tensor::from([2i64, 0, 2])));
        let gradients = y.sum().backward();
        assert_eq!(gradients.get(&layer.weight).unwrap().to_f64_vec(), [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn gradients() {
        let mut layer = Embedding::new(4, 3, &mut rng(0));
        let options = GradcheckOptions { order: 2, ..GradcheckOptions::default() };
        let places = Tensor::from([[0i64, 3], [3, 1]]);
        gradcheck_model(
            &mut layer,
            |layer, tape| layer.forward(tape.constant(&places)).sin().sum(),
            &options,
        )
        .assert();
    }

    #[test]
    #[should_panic(expected = "embedding: rows are looked up by I64 numbers, got f32")]
    fn numbers_of_another_type_are_named() {
        table().predict(&Tensor::from([1f32]));
    }

    #[test]
    #[should_panic(expected = "embedding: the padding row 3 of a table with 3 rows")]
    fn a_padding_row_out_of_range_is_named() {
        let _ = table().with_padding(3);
    }
}
