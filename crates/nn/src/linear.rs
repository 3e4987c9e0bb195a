//! The affine map `$y = x W^\top + b$`.

use gradus_autograd::{Param, Var, params};

use crate::init::{self, Fan};
use crate::input::place;
use crate::module::Module;

/// `$y = x W^\top + b$`: `[…, in]` to `[…, out]`.
///
/// ```
/// use gradus_autograd::Params;
/// use gradus_nn::{Linear, Module};
/// use gradus_tensor::{Tensor, rng};
///
/// let layer = Linear::new(3, 2, &mut rng(0));                // 3 numbers in, 2 out
/// assert_eq!(layer.weight.shape()[..], [2, 3]);              // as PyTorch stores it
/// let x = Tensor::ones([5, 3]);                              // a batch of 5
/// assert_eq!(layer.predict(&x).shape()[..], [5, 2]);
/// assert_eq!(layer.trainable_elements(), 2 * 3 + 2);
/// ```
///
/// Without bias: `Linear { bias: None, ..Linear::new(3, 4, &mut rng) }`.
#[derive(Debug, Clone)]
pub struct Linear {
    /// `[out, in]`.
    pub weight: Param,
    /// `[out]`.
    pub bias: Option<Param>,
}

params!(Linear { weight, bias });

impl Linear {
    /// With weight and bias uniform in `$\pm 1/\sqrt{\mathit{in}}$`, F32.
    ///
    /// # Source
    /// PyTorch's `nn.Linear`: Kaiming uniform (He et al. 2015) for a leaky unit of slope `$\sqrt 5$`.
    #[track_caller]
    pub fn new(inputs: usize, outputs: usize, rng: &mut impl rand::Rng) -> Self {
        let gain = init::Gain::LeakyRelu(5f64.sqrt());
        let weight = init::kaiming_uniform([outputs, inputs], Fan::In, gain, rng);
        let bound = 1.0 / (inputs.max(1) as f64).sqrt();
        let bias = gradus_tensor::Tensor::uniform(outputs, -bound, bound, rng);
        Self { weight: Param::new(weight), bias: Some(Param::new(bias)) }
    }
}

impl Module for Linear {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let (tape, shape, weight) = (x.tape(), x.shape(), self.weight.shape());
        // The operation says the same, but does not know where the layer stands.
        if let [_, width] = &weight[..] {
            assert!(
                !shape.is_empty(),
                "linear: the input is a scalar; it needs a last axis of size {width}{}",
                place()
            );
        }
        if let (Some(inner), [_, width]) = (shape.last(), &weight[..]) {
            assert!(
                inner == width,
                "linear: input {shape} × weight {weight}: the input's last size {inner} and the weight's {width} differ{}",
                place()
            );
        }
        x.linear(tape.param(&self.weight), self.bias.as_ref().map(|bias| tape.param(bias)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;
    use gradus_tensor::Tensor;

    #[test]
    fn a_product_by_hand() {
        let layer = Linear {
            weight: Param::new(Tensor::from([[1.0f32, 2.0], [3.0, 4.0], [5.0, 6.0]])),
            bias: Some(Param::new(Tensor::from([0.5f32, 0.0, -1.0]))),
        };
        assert_eq!(layer.predict(&Tensor::from([[1.0f32, -1.0]])).to_f64_vec(), [-0.5, -1.0, -2.0]);
        let without = Linear { bias: None, ..layer };
        assert_eq!(without.predict(&Tensor::from([1.0f32, 1.0])).to_f64_vec(), [3.0, 7.0, 11.0]);
    }

    #[test]
    fn weights_begin_within_their_bound() {
        let layer = Linear::new(100, 50, &mut gradus_tensor::rng(3));
        let weight = layer.weight.value().to_f64_vec();
        assert!(weight.iter().all(|w| w.abs() <= 0.1));
        let variance = weight.iter().map(|w| w * w).sum::<f64>() / weight.len() as f64;
        // Uniform in ±b has variance b²/3.
        assert!(abs_diff_eq!(variance, 0.01 / 3.0, epsilon = 2e-4), "{variance}");
        assert!(layer.bias.unwrap().value().to_f64_vec().iter().all(|b| b.abs() <= 0.1));
    }

    #[test]
    #[should_panic(
        expected = "linear: input [1, 4] × weight [2, 3]: the input's last size 4 and the weight's 3 differ"
    )]
    fn a_wrong_width_is_named() {
        Linear::new(3, 2, &mut gradus_tensor::rng(0)).predict(&Tensor::zeros([1, 4]));
    }
}
