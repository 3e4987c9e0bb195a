//! Root-mean-square normalisation: each example by the size of its values.

use gradus_autograd::{Param, Var, params};
use gradus_tensor::{DType, Shape, Tensor};

use crate::input::{at_least_zero, place};
use crate::module::Module;

/// `$y = \gamma \odot x / \sqrt{\overline{x^2} + \varepsilon}$` with the mean over the last axes: `[…, sizes]` to `[…, sizes]`.
///
/// ```
/// use gradus_nn::{Module, RmsNorm};
/// use gradus_tensor::Tensor;
/// let y = RmsNorm::new(2).predict(&Tensor::from([[1f32, -1.0], [30.0, 30.0]]));
/// assert!(y.allclose(&Tensor::from([[1f32, -1.0], [1.0, 1.0]]), 1e-6, 0.0));
/// ```
///
/// Without scale: `RmsNorm { weight: None, ..RmsNorm::new(8) }`.
///
/// # Source
/// Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019; PyTorch's `nn.RMSNorm`.
#[derive(Debug, Clone)]
#[doc(alias = "RMSNorm")]
pub struct RmsNorm {
    /// The scale `$\gamma$`, of shape `sizes`.
    pub weight: Option<Param>,
    /// The sizes of the last axes, those that are normalised together.
    pub sizes: Shape,
    /// `$\varepsilon$`; `None`: the distance of 1 to the next number of the input's type.
    pub eps: Option<f64>,
}

params!(RmsNorm { weight });

impl RmsNorm {
    /// Scale 1, F32, without `$\varepsilon$` of its own.
    #[track_caller]
    pub fn new(sizes: impl Into<Shape>) -> Self {
        let sizes = sizes.into();
        Self { weight: Some(Param::new(Tensor::ones(sizes))), sizes, eps: None }
    }
}

impl Module for RmsNorm {
    /// # Panics
    /// If the last axes of the input have other sizes.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let shape = x.shape();
        assert!(
            shape.ends_with(&self.sizes),
            "rms_norm: the input must end with the sizes {}, got {shape}{}",
            self.sizes,
            place()
        );
        let usual = if x.dtype() == DType::F64 { f64::EPSILON } else { f64::from(f32::EPSILON) };
        let eps = at_least_zero("rms_norm", "eps", self.eps.unwrap_or(usual));
        let y = x.rms_norm(self.sizes.len(), eps);
        self.weight.as_ref().map_or(y, |weight| y * x.tape().param(weight))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;

    #[test]
    fn two_rows_by_hand() {
        let layer =
            RmsNorm { weight: Some(Param::new(Tensor::from([2.0, 3.0]))), eps: Some(0.0), ..RmsNorm::new(2) };
        // Root mean squares 5 and 1/2.
        let x = Tensor::from([[1.0, 7.0], [-0.5, 0.5]]);
        for (y, want) in layer.predict(&x).to_f64_vec().iter().zip([0.4, 4.2, -2.0, 3.0]) {
            assert!(abs_diff_eq!(*y, want, epsilon = 1e-15), "{y} {want}");
        }
    }

    #[test]
    #[should_panic(expected = "rms_norm: the input must end with the sizes [4], got [2, 3]")]
    fn a_wrong_width_is_named() {
        RmsNorm::new(4).predict(&Tensor::zeros([2, 3]));
    }

    #[test]
    #[should_panic(expected = "rms_norm: eps is -1; it must be finite and at least 0")]
    fn a_negative_eps_is_named() {
        RmsNorm { eps: Some(-1.0), ..RmsNorm::new(3) }.predict(&Tensor::zeros([2, 3]));
    }
}
