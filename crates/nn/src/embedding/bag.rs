//! Sums, means or maxima of looked-up rows.

use gradus_autograd::ops::Bag;
use gradus_autograd::{Param, Var, params};
use gradus_tensor::{DType, Tensor};

use super::lookup::Lookup;
use super::{begin, padded};
use crate::input::place;
use crate::module::Module;

/// One vector for each bag of numbers: the mean, the sum or the largest of the rows that they name in a table.
///
/// ```
/// use gradus_nn::{EmbeddingBag, Module};
/// use gradus_tensor::{Tensor, rng};
///
/// let words = EmbeddingBag::new(1000, 16, &mut rng(0));
/// let sentences = Tensor::from([[4, 17, 3], [8, 8, 0]]);    // two bags of three words
/// assert_eq!(words.predict(&sentences).shape()[..], [2, 16]);
/// ```
///
/// Bags of several lengths, and weights, are for [`Self::pool`]. Other options by struct update:
/// `EmbeddingBag { mode: Bag::Sum, ..EmbeddingBag::new(1000, 16, &mut rng) }`. An empty bag gives 0. The gradient is dense, with
/// rows of zeros for what was not looked up; a rule such as `SparseAdam` leaves them alone.
///
/// # Source
/// PyTorch's `nn.EmbeddingBag`.
#[derive(Debug, Clone)]
pub struct EmbeddingBag {
    /// The table, `[rows, width]`.
    pub weight: Param,
    /// How the rows of a bag become one; the mean, if nothing is said.
    pub mode: Bag,
    /// The number of a row that does not count and gets no gradient.
    pub padding_idx: Option<i64>,
    /// The largest norm of a row; see [`Embedding`](crate::Embedding).
    pub max_norm: Option<f64>,
    /// Which norm that is, p of `$\lVert w \rVert_p$`; 2, if nothing is said.
    pub norm_type: f64,
    /// Whether the gradient of a row is divided by the number of its places in the batch.
    pub scale_grad_by_freq: bool,
    /// Whether the offsets of [`Self::pool`] end with the number of all places.
    pub include_last_offset: bool,
}

params!(EmbeddingBag { weight });

impl EmbeddingBag {
    /// With standard normal rows, F32; the mean of each bag.
    #[track_caller]
    pub fn new(rows: usize, width: usize, rng: &mut impl rand::Rng) -> Self {
        Self {
            weight: begin(rows, width, rng),
            mode: Bag::Mean,
            padding_idx: None,
            max_norm: None,
            norm_type: 2.0,
            scale_grad_by_freq: false,
            include_last_offset: false,
        }
    }

    /// With a row of zeros that does not count; a negative number counts from the end.
    ///
    /// # Panics
    /// If the table has no such row.
    #[track_caller]
    #[must_use]
    pub fn with_padding(mut self, row: isize) -> Self {
        self.padding_idx = Some(padded("embedding_bag", &mut self.weight, row));
        self
    }

    /// The vectors of the bags, `[bags, width]`. Numbers `[bags, n]` are bags of one length; numbers `[places]` are one bag
    /// behind the other, and the offsets (I64) say where each begins. Weights have the shape of the numbers and multiply
    /// the rows of a sum.
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// use gradus_autograd::ops::Bag;
    /// use gradus_nn::EmbeddingBag;
    /// use gradus_tensor::{Tensor, rng};
    ///
    /// let words = EmbeddingBag { mode: Bag::Sum, ..EmbeddingBag::new(10, 4, &mut rng(0)) };
    /// let tape = Tape::new();
    /// let numbers = tape.constant(Tensor::from([4, 7, 3, 8]));
    /// let offsets = Tensor::from([0, 3, 3]);                    // [4, 7, 3], nothing, [8]
    /// assert_eq!(words.pool(numbers, Some(&offsets), None).shape()[..], [3, 4]);
    /// ```
    ///
    /// # Panics
    /// If the numbers are not I64 or out of range, if offsets are missing, out of order or out of range, or if there are
    /// weights for another mode than the sum.
    #[track_caller]
    pub fn pool<'t>(&self, x: Var<'t>, offsets: Option<&Tensor>, weights: Option<Var<'t>>) -> Var<'t> {
        let shape = x.shape();
        if let Some(weights) = weights {
            assert!(
                self.mode == Bag::Sum,
                "embedding_bag: weights are for the mode Bag::Sum, and this layer's is Bag::{:?}",
                self.mode
            );
            let own = weights.shape();
            assert!(
                own == shape,
                "embedding_bag: weights {own} for numbers {shape}; each number needs one{}",
                place()
            );
        }
        assert!(
            !(self.scale_grad_by_freq && self.mode == Bag::Max),
            "embedding_bag: gradients by frequency (scale_grad_by_freq) are for sums and means"
        );
        let sizes = self.sizes(&shape, offsets);
        let lookup = Lookup {
            layer: "embedding_bag",
            weight: &self.weight,
            padding_idx: self.padding_idx,
            max_norm: self.max_norm,
            norm_type: self.norm_type,
            scale_grad_by_freq: self.scale_grad_by_freq,
        };
        let found = lookup.find(x.tape(), &x.value());
        let mut rest = &found.index.to_vec::<i64>()[..];
        let mut bags = Vec::with_capacity(sizes.len());
        for size in sizes {
            let (bag, behind) = rest.split_at(size);
            bags.push(bag.to_vec());
            rest = behind;
        }
        found.rows.embedding_bag(&bags, self.mode, weights.map(Var::flatten), found.padding)
    }

    /// The number of places in each bag.
    #[track_caller]
    fn sizes(&self, shape: &[usize], offsets: Option<&Tensor>) -> Vec<usize> {
        let places = match (shape, offsets) {
            ([bags, size], None) => return vec![*size; *bags],
            ([places], Some(_)) => *places,
            ([_], None) => panic!(
                "embedding_bag: numbers {shape:?} along one axis need offsets, which say where each bag begins{}",
                place()
            ),
            ([_, _], Some(_)) => panic!(
                "embedding_bag: numbers {shape:?} are bags of one length; offsets are for numbers along one axis{}",
                place()
            ),
            _ => {
                panic!(
                    "embedding_bag: the numbers must be [bags, n], or [places] with offsets, got {shape:?}{}",
                    place()
                )
            }
        };
        let Some(offsets) = offsets else { unreachable!("one axis comes with offsets") };
        assert!(
            offsets.dtype() == DType::I64 && offsets.rank() == 1,
            "embedding_bag: the offsets must be I64 along one axis, got {}{}",
            offsets.dtype(),
            offsets.shape()
        );
        let mut bounds = offsets.to_vec::<i64>();
        if !self.include_last_offset {
            bounds.push(places as i64);
        }
        let last = bounds.last().copied();
        let ordered = bounds.first().is_none_or(|&first| first == 0) && bounds.is_sorted();
        assert!(
            ordered && last.is_none_or(|last| last == places as i64),
            "embedding_bag: the offsets {:?} must begin with 0, not fall, and {} the number of places, {places}",
            offsets.to_vec::<i64>(),
            if self.include_last_offset { "end with" } else { "stay within" }
        );
        bounds.windows(2).map(|pair| (pair[1] - pair[0]) as usize).collect()
    }
}

impl Module for EmbeddingBag {
    /// Bags of one length, `[bags, n]`.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.pool(x, None, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_autograd::{GradcheckOptions, Tape, gradcheck_model};
    use gradus_tensor::rng;

    fn layer(mode: Bag) -> EmbeddingBag {
        let weight = Param::new(Tensor::from([[1.0, 2.0], [3.0, -4.0], [-5.0, 6.0]]));
        EmbeddingBag { weight, mode, ..EmbeddingBag::new(3, 2, &mut rng(0)) }
    }

    #[test]
    fn three_modes_by_hand() {
        let (numbers, offsets) = (Tensor::from([0i64, 1, 2, 2]), Tensor::from([0i64, 2, 2]));
        for (mode, want) in [
            (Bag::Sum, [4.0, -2.0, 0.0, 0.0, -10.0, 12.0]),
            (Bag::Mean, [2.0, -1.0, 0.0, 0.0, -5.0, 6.0]),
            (Bag::Max, [3.0, 2.0, 0.0, 0.0, -5.0, 6.0]),
        ] {
            let tape = Tape::new();
            let numbers = tape.constant(&numbers);
            assert_eq!(layer(mode).pool(numbers, Some(&offsets), None).value().to_f64_vec(), want);
            let ended = EmbeddingBag { include_last_offset: true, ..layer(mode) };
            let bounds = Tensor::from([0i64, 2, 2, 4]);
            assert_eq!(ended.pool(numbers, Some(&bounds), None).value().to_f64_vec(), want);
        }
    }

    #[test]
    fn the_padding_row_does_not_count() {
        let layer = layer(Bag::Mean).with_padding(-1);
        assert_eq!(layer.padding_idx, Some(2));
        let y = layer.predict(&Tensor::from([[0i64, 1, 2], [2, 2, 2]]));
        assert_eq!(y.to_f64_vec(), [2.0, -1.0, 0.0, 0.0]);
    }

    #[test]
    fn weights_of_a_sum_have_gradients() {
        let tape = Tape::new();
        let weights = tape.var(Tensor::from([[2.0, 0.5]]));
        let numbers = tape.constant(Tensor::from([[0i64, 1]]));
        let y = layer(Bag::Sum).pool(numbers, None, Some(weights));
        assert_eq!(y.value().to_f64_vec(), [3.5, 2.0]);
        assert_eq!(y.sum().backward().wrt(weights).to_f64_vec(), [3.0, -1.0]);
    }

    #[test]
    fn gradients() {
        let options = GradcheckOptions { order: 2, ..GradcheckOptions::default() };
        let (numbers, offsets) = (Tensor::from([0i64, 3, 3, 1]), Tensor::from([0i64, 3, 3]));
        for mode in [Bag::Sum, Bag::Mean, Bag::Max] {
            let mut layer = EmbeddingBag { mode, ..EmbeddingBag::new(4, 3, &mut rng(0)).with_padding(1) };
            gradcheck_model(
                &mut layer,
                |layer, tape| layer.pool(tape.constant(&numbers), Some(&offsets), None).sin().sum(),
                &options,
            )
            .assert();
        }
    }

    #[test]
    #[should_panic(expected = "embedding_bag: numbers [3] along one axis need offsets")]
    fn missing_offsets_are_named() {
        layer(Bag::Sum).predict(&Tensor::from([0i64, 1, 2]));
    }

    #[test]
    #[should_panic(
        expected = "embedding_bag: the offsets [0, 5] must begin with 0, not fall, and stay within the number of places, 3"
    )]
    fn offsets_out_of_range_are_named() {
        let tape = Tape::new();
        layer(Bag::Sum).pool(tape.constant(Tensor::from([0i64, 1, 2])), Some(&Tensor::from([0i64, 5])), None);
    }

    #[test]
    #[should_panic(
        expected = "embedding_bag: weights are for the mode Bag::Sum, and this layer's is Bag::Mean"
    )]
    fn weights_of_a_mean_are_refused() {
        let tape = Tape::new();
        let weights = tape.var(Tensor::from([[1.0]]));
        layer(Bag::Mean).pool(tape.constant(Tensor::from([[0i64]])), None, Some(weights));
    }
}
