//! The bilinear map `$y_o = a^\top W_o b + b_o$`.

use gradus_autograd::{Param, Var, params};
use gradus_tensor::Tensor;

use crate::input::place;

/// `$y_o = a^\top W_o b + \beta_o$` of two inputs: `[…, m]` and `[…, n]` to `[…, out]`. It has two inputs, so it is no `Module`.
///
/// ```
/// use gradus_autograd::Tape;
/// use gradus_nn::Bilinear;
/// use gradus_tensor::{Tensor, rng};
///
/// let layer = Bilinear::new(2, 4, 3, &mut rng(0));
/// let tape = Tape::new();
/// let (a, b) = (tape.constant(Tensor::ones([5, 2])), tape.constant(Tensor::ones([5, 4])));
/// assert_eq!(layer.of(a, b).shape()[..], [5, 3]);
/// ```
///
/// Without bias: `Bilinear { bias: None, ..Bilinear::new(2, 4, 3, &mut rng) }`.
#[derive(Debug, Clone)]
pub struct Bilinear {
    /// `[out, m, n]`.
    pub weight: Param,
    /// `[out]`.
    pub bias: Option<Param>,
}

params!(Bilinear { weight, bias });

impl Bilinear {
    /// Of m and n numbers, with weight and bias uniform in `$\pm 1/\sqrt m$`, F32.
    ///
    /// # Source
    /// PyTorch's `nn.Bilinear`.
    #[track_caller]
    pub fn new(m: usize, n: usize, outputs: usize, rng: &mut impl rand::Rng) -> Self {
        let bound = 1.0 / (m.max(1) as f64).sqrt();
        let weight = Tensor::uniform([outputs, m, n], -bound, bound, &mut *rng);
        let bias = Tensor::uniform(outputs, -bound, bound, rng);
        Self { weight: Param::new(weight), bias: Some(Param::new(bias)) }
    }

    /// The value for two inputs.
    ///
    /// # Panics
    /// If the last axes have other sizes than the weight, or the others differ.
    #[track_caller]
    pub fn of<'t>(&self, a: Var<'t>, b: Var<'t>) -> Var<'t> {
        let (tape, weight, m, n) = (a.tape(), self.weight.shape(), a.shape(), b.shape());
        // As in `Linear`: the operation does not know where the layer stands.
        let [_, of_a, of_b] = weight[..] else {
            panic!("bilinear: the weight must be [out, m, n], got {weight}{}", place())
        };
        let fits = m.last() == Some(&of_a) && n.last() == Some(&of_b) && m[..m.len() - 1] == n[..n.len() - 1];
        assert!(
            fits,
            "bilinear: inputs {m} and {n} with weight {weight}: they must be […, {of_a}] and […, {of_b}]{}",
            place()
        );
        a.bilinear(b, tape.param(&self.weight), self.bias.as_ref().map(|bias| tape.param(bias)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_autograd::Tape;
    use gradus_tensor::rng;

    #[test]
    fn a_form_by_hand() {
        let weight = Param::new(Tensor::from([[[1.0, 2.0], [0.0, -1.0]]]));
        let layer = Bilinear { weight, bias: Some(Param::new(Tensor::from([0.5]))) };
        let tape = Tape::new();
        let (a, b) = (tape.var([[1.0, 3.0]]), tape.var([[2.0, 5.0]]));
        // 1·(2 + 10) + 3·(-5) + 0.5.
        assert_eq!(layer.of(a, b).value().to_f64_vec(), [-2.5]);
    }

    #[test]
    fn weights_begin_within_their_bound() {
        let layer = Bilinear::new(16, 3, 5, &mut rng(0));
        let all = [layer.weight.value().to_f64_vec(), layer.bias.unwrap().value().to_f64_vec()].concat();
        assert!(all.iter().all(|w| w.abs() <= 0.25) && all.iter().any(|w| w.abs() > 0.22));
    }

    #[test]
    #[should_panic(expected = "bilinear: inputs [1, 3] and [1, 4] with weight [5, 2, 4]")]
    fn a_wrong_width_is_named() {
        let tape = Tape::new();
        let zeros = |n| tape.constant(Tensor::zeros([1, n]));
        Bilinear::new(2, 4, 5, &mut rng(0)).of(zeros(3), zeros(4));
    }
}
