//! Layer normalisation: each example by its own mean and variance.

use gradus_autograd::{Param, Var, params};
use gradus_tensor::{Shape, Tensor};

use crate::input::{at_least_zero, place};
use crate::module::Module;

/// `$y = \gamma \odot (x - \mu)/\sqrt{\sigma^2 + \varepsilon} + \beta$` over the last axes, with the biased variance:
/// `[…, sizes]` to `[…, sizes]`.
///
/// ```
/// use gradus_nn::{LayerNorm, Module};
/// use gradus_tensor::Tensor;
///
/// let layer = LayerNorm::new(2); // over the last axis, which has size 2
/// let y = layer.predict(&Tensor::from([[1f32, 3.0], [30.0, 10.0]]));
/// assert!(y.allclose(&Tensor::from([[-1f32, 1.0], [1.0, -1.0]]), 1e-4, 0.0));
/// ```
///
/// Without shift: `LayerNorm { bias: None, ..LayerNorm::new(8) }`.
///
/// # Source
/// Ba, Kiros and Hinton 2016, equation 4; PyTorch's `nn.LayerNorm`.
#[derive(Debug, Clone)]
pub struct LayerNorm {
    /// The scale `$\gamma$`, of shape `sizes`.
    pub weight: Option<Param>,
    /// The shift `$\beta$`, of shape `sizes`.
    pub bias: Option<Param>,
    /// The sizes of the last axes, those that are normalised together.
    pub sizes: Shape,
    /// `$\varepsilon$`.
    pub eps: f64,
}

params!(LayerNorm { weight, bias });

impl LayerNorm {
    /// Scale 1, shift 0, `$\varepsilon = 10^{-5}$`, F32.
    pub fn new(sizes: impl Into<Shape>) -> Self {
        let sizes = sizes.into();
        let (ones, zeros) = (Tensor::ones(sizes), Tensor::zeros(sizes));
        Self { weight: Some(Param::new(ones)), bias: Some(Param::new(zeros)), sizes, eps: 1e-5 }
    }
}

impl Module for LayerNorm {
    /// # Panics
    /// If the last axes of the input have other sizes.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let (tape, shape) = (x.tape(), x.shape());
        assert!(
            shape.ends_with(&self.sizes),
            "layer_norm: the input must end with the sizes {}, got {shape}{}",
            self.sizes,
            place()
        );
        let eps = at_least_zero("layer_norm", "eps", self.eps);
        let or = |param: &Option<Param>, value: f64| match param {
            Some(param) => tape.param(param),
            None => tape.constant(Tensor::full_of(self.sizes, value, x.dtype())),
        };
        x.layer_norm(or(&self.weight, 1.0), or(&self.bias, 0.0), eps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_autograd::{GradcheckOptions, gradcheck_model, gradcheck_with};
    use gradus_tensor::{DType, rng};

    #[test]
    fn two_rows_by_hand() {
        // Means 2 and 20, deviations 1 and 10.
        let x = Tensor::from([[1.0, 3.0], [30.0, 10.0]]);
        let layer = LayerNorm {
            weight: Some(Param::new(Tensor::from([2.0, 3.0]))),
            bias: Some(Param::new(Tensor::from([0.5, 0.0]))),
            eps: 0.0,
            ..LayerNorm::new(2)
        };
        assert_eq!(layer.predict(&x).to_f64_vec(), [-1.5, 3.0, 2.5, -3.0]);
        let plain = LayerNorm { weight: None, bias: None, ..layer.clone() };
        assert_eq!(plain.predict(&x).to_f64_vec(), [-1.0, 1.0, 1.0, -1.0]);
        let unshifted = LayerNorm { bias: None, ..layer };
        assert_eq!(unshifted.predict(&x).to_f64_vec(), [-2.0, 3.0, 2.0, -3.0]);
    }

    #[test]
    fn gradients_over_two_axes() {
        let mut rng = rng(0);
        let x = Tensor::randn_of([2, 3, 4], DType::F64, &mut rng);
        let options = GradcheckOptions { order: 2, ..GradcheckOptions::default() };
        let mut layer = LayerNorm::new([3, 4]);
        gradcheck_model(&mut layer, |layer, tape| layer.forward(tape.constant(&x)).square().sum(), &options)
            .assert();
        layer.convert(DType::F64);
        gradcheck_with(|x| layer.forward(x[0]).square(), std::slice::from_ref(&x), &options).assert();
    }

    #[test]
    #[should_panic(expected = "layer_norm: the input must end with the sizes [4], got [2, 3]")]
    fn a_wrong_width_is_named() {
        LayerNorm::new(4).predict(&Tensor::zeros([2, 3]));
    }
}
