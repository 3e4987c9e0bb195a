//! Mean cross-entropy of logits with class labels, in one pass over the logits.

use gradus_tensor::{DType, Tensor};

use crate::op::{Backward, Op};
use crate::ops::expect;
use crate::ops::softmax::from_mean;
use crate::var::Var;

/// `$\ell_i = \ln \sum_j e^{x_{ij}} - x_{i,t_i}$`, summed with weights: one pass over the logits.
#[derive(Debug)]
struct CrossEntropy {
    labels: Tensor,
}

impl Op for CrossEntropy {
    fn name(&self) -> &'static str {
        "cross_entropy"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        gradus_tensor::cross_entropy(&x[0], &self.labels)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let op = CrossEntropyBackward { labels: self.labels.clone() };
        step.give(0, step.tape().apply(op, &[step.x(0), step.dy()]));
    }
    fn words(&self) -> &'static str {
        "the mean of −ln softmax(x) at the labels: x gets ȳ/n times softmax(x), less 1 at the labels"
    }
    fn composed<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
        Some(-x[0].log_softmax(-1).gather(1, &self.labels.unsqueeze(1)).mean())
    }
}

/// `$z_{ij} = d\,(\mathrm{softmax}(x_i)_j - [j = t_i]) / n$`, the rule of the mean cross-entropy in one pass.
#[derive(Debug)]
struct CrossEntropyBackward {
    labels: Tensor,
}

impl Op for CrossEntropyBackward {
    fn name(&self) -> &'static str {
        "cross_entropy_backward"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        gradus_tensor::cross_entropy_backward(&x[0], &self.labels, x[1].item())
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (x, d, g) = (step.x(0), step.x(1), step.dy());
        let n = x.shape()[0] as f64;
        let p = x.softmax(-1);
        if step.needs(0) {
            step.give(0, p * from_mean(p, g) * (d / n));
        }
        if step.needs(1) {
            // Counted from the label's: what is left of it is the weight of the others.
            let others = g - g.gather(1, &self.labels.unsqueeze(1));
            step.give(1, (others * p).sum() / n);
        }
    }
    fn words(&self) -> &'static str {
        "d/n times p = softmax(x), less 1 at the labels: x gets d/n p (ȳ − Σ p ȳ), d gets the sum of ȳ times the rest"
    }
    fn composed<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
        let one_hot = Tensor::one_hot(&self.labels, x[0].shape()[1]).to(x[0].dtype());
        Some((x[0].softmax(-1) - &one_hot) * x[1] / x[0].shape()[0] as f64)
    }
}

/// # Cross-entropy
impl Var<'_> {
    /// Mean cross-entropy of logits `[…, C]` with class labels `[…]` (I64),
    /// `$\tfrac1N \sum_i -\ln \mathrm{softmax}(x_i)_{t_i}$`, in one pass. The classes lie along the last axis; along
    /// another one, weights, ignored labels and smoothing: [`Self::cross_entropy_with`]; probabilities as targets:
    /// [`Self::soft_cross_entropy`].
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// use gradus_tensor::Tensor;
    /// let tape = Tape::new();
    /// let logits = tape.var(Tensor::from([[0.0, 0.0], [0.0, 3f64.ln()]]));
    /// let loss = logits.cross_entropy(&Tensor::from([0i64, 1]));
    /// assert!((loss.item() - (2f64.ln() + (4f64 / 3.0).ln()) / 2.0).abs() < 1e-15);
    /// // (softmax - one-hot) / N
    /// let slope = loss.backward().wrt(logits);
    /// assert!(slope.allclose(&Tensor::from([[-0.25, 0.25], [0.125, -0.125]]), 1e-14, 0.0));
    /// ```
    ///
    /// # Panics
    /// If the shapes do not fit, the labels are no integers, or a label is not below C.
    #[doc(alias = "CrossEntropyLoss")]
    #[track_caller]
    pub fn cross_entropy(self, labels: &Tensor) -> Self {
        let shape = self.shape();
        expect::at_least("cross_entropy", &shape, 1, "[…, C]");
        assert!(
            !(labels.dtype().is_float() && *labels.shape() == shape),
            "cross_entropy: the target has the shape of the logits, {shape}; a probability for each class is for \
             soft_cross_entropy"
        );
        // The cast to integers would turn NaN into class 0, so a float that is no class number is named instead of the cast.
        if labels.dtype().is_float()
            && let Some((i, t)) = labels.to_f64_vec().into_iter().enumerate().find(|(_, t)| t.fract() != 0.0)
        {
            panic!("cross_entropy: label {t} at place {i} is not a class number");
        }
        assert!(
            labels.dtype() == DType::I64,
            "cross_entropy: labels must be I64 class numbers, got {}; convert with .to(DType::I64)",
            labels.dtype()
        );
        let (fitting, classes) = (shape.without(shape.len() - 1), shape[shape.len() - 1]);
        assert!(
            *labels.shape() == fitting,
            "cross_entropy: logits {shape} need labels of shape {fitting}, got {}; classes along another axis than the \
             last are an option of cross_entropy_with",
            labels.shape()
        );
        let labels = labels.flatten().contiguous();
        if let Some((i, &t)) =
            labels.as_slice::<i64>().iter().enumerate().find(|&(_, &t)| !(0..classes as i64).contains(&t))
        {
            // Below 0 stands what is not to be counted, in PyTorch -100.
            let hint = if t < 0 {
                format!(
                    "; to leave such labels out, cross_entropy_with and CrossEntropyOptions {{ ignore: Some({t}), .. }}"
                )
            } else {
                String::new()
            };
            panic!(
                "cross_entropy: label {t} at place {i} is not one of the {classes} classes 0..{classes}{hint}"
            );
        }
        let rows = if shape.len() == 2 { self } else { self.reshape([labels.elements(), classes]) };
        self.tape().apply(CrossEntropy { labels }, &[rows])
    }
}

#[cfg(test)]
mod tests {
    use crate::{Tape, ops::CrossEntropyOptions};
    use gradus_tensor::Tensor;

    fn two_rows(run: impl for<'t> Fn(crate::Var<'t>) -> crate::Var<'t>) -> f64 {
        run(Tape::new().var(Tensor::zeros([2, 3]))).item()
    }

    #[test]
    #[should_panic(
        expected = "label -100 at place 1 is not one of the 3 classes 0..3; to leave such labels out, cross_entropy_with and \
                    CrossEntropyOptions { ignore: Some(-100), .. }"
    )]
    fn a_label_below_zero_names_the_option() {
        two_rows(|x| x.cross_entropy(&Tensor::from([1i64, -100])));
    }

    #[test]
    #[should_panic(expected = "3 classes 0..3; to leave such labels out, set `ignore: Some(-100)`")]
    fn another_label_than_the_ignored_one_names_the_option() {
        let how = CrossEntropyOptions { ignore: Some(-1), ..CrossEntropyOptions::default() };
        two_rows(|x| x.cross_entropy_with(&Tensor::from([-1i64, -100]), &how));
    }
}
