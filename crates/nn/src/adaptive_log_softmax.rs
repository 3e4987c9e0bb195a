//! A softmax over many classes, of which the rare ones stand in clusters with narrow layers of their own.

use gradus_autograd::{Var, params};
use gradus_tensor::{DType, Tensor};

use crate::input::place;
use crate::linear::Linear;
use crate::module::{Module, Sequential};

/// `$\ln p$` of classes sorted by falling frequency: `[…, in]` to `[…, classes]`. The head knows the first `cutoffs[0]` classes and one
/// number for each further cluster; `$\ln p_j = \ln p_{\mathit{cluster}} + \ln p_{j \mid \mathit{cluster}}$`. The loss looks at the clusters of
/// its labels only, so it costs much less than all classes.
///
/// ```
/// use gradus_autograd::Tape;
/// use gradus_nn::{AdaptiveLogSoftmax, Module};
/// use gradus_tensor::{Tensor, rng};
///
/// // 1000 words: 50 frequent ones, then 150, then 800.
/// let layer = AdaptiveLogSoftmax::new(16, 1000, &[50, 200], &mut rng(0));
/// let (tape, x) = (Tape::new(), Tensor::randn([3, 16], &mut rng(1)));
/// let loss = layer.loss(tape.constant(&x), &Tensor::from([7, 60, 999]));
/// let all = layer.predict(&x);
/// assert!((loss.item() + (all.item_at([0, 7]) + all.item_at([1, 60]) + all.item_at([2, 999])) / 3.0).abs() < 1e-6);
/// ```
///
/// # Source
/// Grave et al., "Efficient softmax approximation for GPUs", 2017; PyTorch's `nn.AdaptiveLogSoftmaxWithLoss`.
#[doc(alias = "AdaptiveLogSoftmaxWithLoss")]
#[derive(Debug, Clone)]
pub struct AdaptiveLogSoftmax {
    /// From the input to the frequent classes and the clusters.
    pub head: Linear,
    /// For each cluster two layers, over a narrow width.
    pub tail: Vec<Sequential>,
    /// Where each cluster begins, and the number of classes.
    pub cutoffs: Vec<usize>,
}

params!(AdaptiveLogSoftmax { head, tail });

impl AdaptiveLogSoftmax {
    /// With clusters that begin at the cutoffs, each over a quarter of the width of the one before, and without biases.
    ///
    /// # Panics
    /// If there are no cutoffs, or they do not rise from above 0 to below the number of classes.
    #[track_caller]
    pub fn new(inputs: usize, classes: usize, cutoffs: &[usize], rng: &mut impl rand::Rng) -> Self {
        Self::with_options(inputs, classes, cutoffs, 4.0, false, rng)
    }

    /// As [`Self::new`], with a cluster's width divided by `div_value` from one to the next, rounded down, and a bias of the
    /// head if so wished.
    ///
    /// # Panics
    /// As [`Self::new`]; or if `div_value` is not above 0.
    #[track_caller]
    pub fn with_options(
        inputs: usize,
        classes: usize,
        cutoffs: &[usize],
        div_value: f64,
        head_bias: bool,
        rng: &mut impl rand::Rng,
    ) -> Self {
        let all = [cutoffs, &[classes]].concat();
        assert!(
            !cutoffs.is_empty() && cutoffs[0] > 0 && all.windows(2).all(|pair| pair[0] < pair[1]),
            "adaptive_log_softmax: cutoffs {cutoffs:?} of {classes} classes; they must rise from above 0 to below that"
        );
        assert!(
            div_value > 0.0 && div_value.is_finite(),
            "adaptive_log_softmax: div_value is {div_value}; it must be finite and above 0"
        );
        let head = Linear::new(inputs, cutoffs[0] + cutoffs.len(), rng);
        let mut tail = Vec::with_capacity(cutoffs.len());
        for (i, pair) in all.windows(2).enumerate() {
            let width = (inputs as f64 / div_value.powi(i as i32 + 1)).floor() as usize;
            let mut plain = |from, to| Linear { bias: None, ..Linear::new(from, to, rng) };
            tail.push(crate::sequential![plain(inputs, width), plain(width, pair[1] - pair[0])]);
        }
        Self { head: Linear { bias: head.bias.filter(|_| head_bias), ..head }, tail, cutoffs: all }
    }

    /// `$\ln p$` of the labels `[…]` (I64), for inputs `[…, in]`.
    ///
    /// # Panics
    /// If the shapes do not fit or a label is no class.
    #[track_caller]
    pub fn log_prob_of<'t>(&self, x: Var<'t>, labels: &Tensor) -> Var<'t> {
        let shape = x.shape();
        let classes = self.cutoffs[self.tail.len()] as i64;
        let fits = !shape.is_empty() && shape.without(shape.len() - 1) == *labels.shape();
        assert!(
            fits,
            "adaptive_log_softmax: inputs {shape} with labels {}; […, in] needs labels […]{}",
            labels.shape(),
            place()
        );
        assert!(labels.dtype() == DType::I64, "adaptive_log_softmax: labels are I64, got {}", labels.dtype());
        let list = labels.to_vec::<i64>();
        if let Some(at) = list.iter().position(|label| !(0..classes).contains(label)) {
            panic!(
                "adaptive_log_softmax: label {} at place {at} is not one of the {classes} classes",
                list[at]
            );
        }
        let x = x.reshape([list.len(), shape[shape.len() - 1]]);
        let head = self.head.forward(x).log_softmax(-1);
        let first = self.cutoffs[0] as i64;
        // The cluster of each label, or the label itself where the head knows it.
        let cluster = |label: i64| self.cutoffs.partition_point(|&start| start as i64 <= label) as i64;
        let place = |&label: &i64| if label < first { label } else { first + cluster(label) - 1 };
        let places = Tensor::from_vec(list.iter().map(place).collect(), [list.len(), 1]);
        let mut found = head.gather(-1, &places).squeeze_axis(-1);
        for (i, tail) in self.tail.iter().enumerate() {
            let members: Vec<i64> = (0..list.len())
                .filter(|&row| cluster(list[row]) == i as i64 + 1)
                .map(|row| row as i64)
                .collect();
            if members.is_empty() {
                continue;
            }
            let inner = members.iter().map(|&row| list[row as usize] - self.cutoffs[i] as i64).collect();
            let (rows, n) = (Tensor::from(members), found.shape()[0]);
            let inner: Tensor = Tensor::from_vec(inner, [rows.elements(), 1]);
            let within =
                tail.forward(x.index_select(0, &rows)).log_softmax(-1).gather(-1, &inner).squeeze_axis(-1);
            let nothing = x.tape().constant(Tensor::zeros_of(n, within.dtype()));
            found += nothing.index_add(0, &rows, within);
        }
        found.reshape(*labels.shape())
    }

    /// The mean of `$-\ln p$` of the labels: cross-entropy.
    ///
    /// # Panics
    /// As [`Self::log_prob_of`].
    #[track_caller]
    pub fn loss<'t>(&self, x: Var<'t>, labels: &Tensor) -> Var<'t> {
        -self.log_prob_of(x, labels).mean()
    }
}

impl Module for AdaptiveLogSoftmax {
    /// All classes: `[…, in]` to `[…, classes]`.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let head = self.head.forward(x).log_softmax(-1);
        let first = self.cutoffs[0];
        let mut parts = vec![head.narrow(-1, 0, first)];
        for (i, tail) in self.tail.iter().enumerate() {
            parts.push(tail.forward(x).log_softmax(-1) + head.narrow(-1, first + i, 1));
        }
        Var::cat(&parts, -1)
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_abs_diff_eq;
    use gradus_autograd::{Params, Tape};
    use gradus_tensor::rng;

    use super::*;

    #[test]
    fn names_and_widths_are_pytorchs() {
        let layer = AdaptiveLogSoftmax::with_options(16, 30, &[5, 12], 2.0, true, &mut rng(0));
        let shapes: Vec<String> =
            layer.params().iter().map(|(name, param)| format!("{name} {}", param.shape())).collect();
        let want = [
            "head.weight [7, 16]",
            "head.bias [7]",
            "tail.0.0.weight [8, 16]",
            "tail.0.1.weight [7, 8]",
            "tail.1.0.weight [4, 16]",
            "tail.1.1.weight [18, 4]",
        ];
        assert_eq!(shapes, want);
    }

    #[test]
    fn the_loss_is_that_of_all_classes_in_value_and_gradients() {
        let mut layer = AdaptiveLogSoftmax::new(8, 20, &[4, 9], &mut rng(0));
        layer.convert(DType::F64);
        let x = Tensor::randn_of([2, 5, 8], DType::F64, &mut rng(1));
        let labels = Tensor::from([[0, 3, 4, 8, 9], [19, 19, 1, 12, 5]]);
        let tape = Tape::new();
        let at = tape.var(&x);
        let (all, some) = (layer.forward(at), layer.log_prob_of(at, &labels));
        assert!(all.value().exp().sum_axes(-1).allclose(&Tensor::ones_of([2, 5], DType::F64), 1e-13, 0.0));
        let picked = all.gather(-1, &labels.unsqueeze(-1)).squeeze_axis(-1);
        assert!(some.value().allclose(&picked.value(), 1e-13, 1e-14));
        let (whole, part) = ((-picked.mean()).backward(), layer.loss(at, &labels).backward());
        assert!(whole.wrt(at).allclose(&part.wrt(at), 1e-12, 1e-14));
        for (name, param) in layer.params() {
            let (a, b) = (whole.get(param).unwrap(), part.get(param).unwrap());
            assert!(a.allclose(b, 1e-12, 1e-14), "{name}");
        }
        // One sample without a batch, and none.
        let one = layer.log_prob_of(tape.constant(x.select(0, 0).select(0, 2)), &Tensor::from(4i64));
        assert_abs_diff_eq!(one.item(), some.value().item_at([0, 2]), epsilon = 1e-13);
        let none = tape.constant(Tensor::zeros_of([0, 8], DType::F64));
        assert_eq!(layer.log_prob_of(none, &Tensor::zeros_of(0, DType::I64)).shape()[..], [0]);
    }

    #[test]
    #[should_panic(expected = "adaptive_log_softmax: cutoffs [4, 4] of 9 classes; they must rise")]
    fn cutoffs_that_do_not_rise() {
        AdaptiveLogSoftmax::new(8, 9, &[4, 4], &mut rng(0));
    }
}
