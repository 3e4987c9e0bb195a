//! A table of learned vectors, looked up by number; `bag` sums them up, `lookup` is what both share.

mod bag;
mod lookup;

pub use bag::EmbeddingBag;

use gradus_autograd::{Param, Var, params};
use gradus_tensor::Tensor;

use crate::module::Module;
use lookup::Lookup;

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
/// Options by struct update: `Embedding { max_norm: Some(1.0), ..Embedding::new(1000, 16, &mut rng) }`. The gradient is dense, with
/// rows of zeros for what was not looked up; a rule such as `SparseAdam` leaves them alone.
///
/// # Source
/// PyTorch's `nn.Embedding`.
#[derive(Debug, Clone)]
pub struct Embedding {
    /// The table, `[rows, width]`.
    pub weight: Param,
    /// The number of a row that gets no gradient: it stands for no word, and fills sentences up to one length.
    pub padding_idx: Option<i64>,
    /// The largest norm of a row. A longer one that is looked up is shortened to it; as with statistics, the table's new
    /// value leaves with the gradients, and the optimizer's step puts it into the model before its own change.
    pub max_norm: Option<f64>,
    /// Which norm that is, p of `$\lVert w \rVert_p$`; 2, if nothing is said.
    pub norm_type: f64,
    /// Whether the gradient of a row is divided by the number of its places in the batch.
    pub scale_grad_by_freq: bool,
}

params!(Embedding { weight });

/// A new table.
#[track_caller]
fn begin(rows: usize, width: usize, rng: &mut impl rand::Rng) -> Param {
    Param::new(Tensor::randn([rows, width], rng))
}

/// Fills a row with zeros; gives its number.
#[track_caller]
fn padded(layer: &str, weight: &mut Param, row: isize) -> i64 {
    let [rows, width] = weight.shape()[..] else { panic!("{layer}: the table must be [rows, width]") };
    let place = if row < 0 { row + rows as isize } else { row };
    assert!(
        (0..rows as isize).contains(&place),
        "{layer}: the padding row {row} of a table with {rows} rows"
    );
    let zeros = Tensor::zeros_of([1, width], weight.value().dtype());
    weight.set(weight.value().clone().put_slice(0, place..place + 1, &zeros));
    place as i64
}

impl Embedding {
    /// With standard normal rows, F32.
    #[track_caller]
    pub fn new(rows: usize, width: usize, rng: &mut impl rand::Rng) -> Self {
        Self::of(begin(rows, width, rng))
    }

    /// With a table that is given: `Embedding::of(Param::new(vectors))`.
    ///
    /// # Panics
    /// If it is not `[rows, width]`.
    #[doc(alias = "from_pretrained")]
    #[track_caller]
    pub fn of(weight: Param) -> Self {
        let shape = weight.shape();
        assert!(shape.len() == 2, "embedding: the table must be [rows, width], got {shape}");
        Self { weight, padding_idx: None, max_norm: None, norm_type: 2.0, scale_grad_by_freq: false }
    }

    /// With a row of zeros that stays as it is; a negative number counts from the end.
    ///
    /// # Panics
    /// If the table has no such row.
    #[track_caller]
    #[must_use]
    pub fn with_padding(mut self, row: isize) -> Self {
        self.padding_idx = Some(padded("embedding", &mut self.weight, row));
        self
    }
}

impl Module for Embedding {
    /// # Panics
    /// If the input is not I64 or a number is out of range.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let lookup = Lookup {
            layer: "embedding",
            weight: &self.weight,
            padding_idx: self.padding_idx,
            max_norm: self.max_norm,
            norm_type: self.norm_type,
            scale_grad_by_freq: self.scale_grad_by_freq,
        };
        let found = lookup.find(x.tape(), &x.value());
        found.rows.embedding(&found.index, found.padding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_autograd::{GradcheckOptions, Tape, gradcheck_model};
    use gradus_tensor::rng;

    fn table() -> Embedding {
        Embedding::of(Param::new(Tensor::from([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])))
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
    fn long_rows_are_shortened_and_stay_so() {
        let layer = Embedding { max_norm: Some(5.0), ..table() };
        let tape = Tape::training(0);
        let y = layer.forward(tape.constant(Tensor::from([1i64, 0])));
        assert_eq!(y.value().to_f64_vec(), [3.0, 4.0, 1.0, 2.0]);
        assert!(tape.updates().is_empty(), "no looked-up row is longer than 5");
        let y = layer.forward(tape.constant(Tensor::from([2i64])));
        let scale = 5.0 / (61f64.sqrt() + 1e-7);
        assert!(y.value().allclose(&Tensor::from([[5.0 * scale, 6.0 * scale]]), 1e-15, 0.0));
        // The gradient is that in the shortened row.
        let gradients = y.square().sum().backward();
        let want = [0.0, 0.0, 0.0, 0.0, 10.0 * scale, 12.0 * scale];
        let slope = gradients.get(&layer.weight).unwrap();
        assert!(slope.flatten().allclose(&Tensor::from(want), 1e-15, 0.0), "{slope}");
        let (_, new) = gradients.updates().next().unwrap();
        assert_eq!(new.narrow(0, 0, 2).to_f64_vec(), [1.0, 2.0, 3.0, 4.0]);
        assert!(new.narrow(0, 2, 1).allclose(&Tensor::from([[5.0 * scale, 6.0 * scale]]), 1e-15, 0.0));
    }

    #[test]
    fn two_uses_on_one_tape_shorten_the_same_table() {
        let layer = Embedding { max_norm: Some(1.0), norm_type: 1.0, ..table() };
        let tape = Tape::training(0);
        layer.forward(tape.constant(Tensor::from([0i64])));
        layer.forward(tape.constant(Tensor::from([1i64])));
        let updates = tape.updates();
        let norms = updates.last().unwrap().1.abs().sum_axes(1);
        assert!(norms.allclose(&Tensor::from([1.0, 1.0, 11.0]), 1e-6, 0.0), "{norms}");
    }

    #[test]
    fn gradients_by_frequency_by_hand() {
        let layer = Embedding { scale_grad_by_freq: true, ..table().with_padding(1) };
        let tape = Tape::new();
        let y = layer.forward(tape.constant(Tensor::from([2i64, 1, 2, 0, 1])));
        assert_eq!(y.value().to_f64_vec(), [5.0, 6.0, 0.0, 0.0, 5.0, 6.0, 1.0, 2.0, 0.0, 0.0]);
        let weights = Tensor::from([[1.0], [10.0], [2.0], [5.0], [10.0]]);
        let gradients = (y * &weights).sum().backward();
        assert_eq!(gradients.get(&layer.weight).unwrap().to_f64_vec(), [5.0, 5.0, 0.0, 0.0, 1.5, 1.5]);
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
