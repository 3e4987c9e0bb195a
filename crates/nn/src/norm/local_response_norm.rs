//! Local response normalisation: each value by those of neighbouring channels.

use gradus_autograd::{Var, params};

use crate::input::finite;
use crate::module::Module;

/// `$x / (k + \tfrac{\alpha}{n} \sum x^2)^\beta$` of `[N, C, …]` with the sum over n neighbouring channels; outside there are
/// zeros.
///
/// ```
/// use gradus_nn::{LocalResponseNorm, Module};
/// use gradus_tensor::Tensor;
/// let layer = LocalResponseNorm { alpha: 1.0, beta: 1.0, ..LocalResponseNorm::new(1) };
/// assert_eq!(layer.predict(&Tensor::from([[[1.0], [3.0]]])).to_f64_vec(), [0.5, 0.3]);
/// ```
///
/// # Source
/// Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", 2012; PyTorch's
/// `nn.LocalResponseNorm`.
#[derive(Debug, Clone, Copy)]
pub struct LocalResponseNorm {
    /// The number of channels n.
    pub size: usize,
    /// The weight of the squares, α.
    pub alpha: f64,
    /// The power, β.
    pub beta: f64,
    /// What is added, k.
    pub k: f64,
}

params!(LocalResponseNorm {});

impl LocalResponseNorm {
    /// Over this number of channels, with `$\alpha = 10^{-4}$`, `$\beta = 3/4$`, `$k = 1$`.
    pub fn new(size: usize) -> Self {
        Self { size, alpha: 1e-4, beta: 0.75, k: 1.0 }
    }
}

impl Module for LocalResponseNorm {
    /// # Panics
    /// If the input has less than three axes.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        for (name, value) in [("alpha", self.alpha), ("beta", self.beta), ("k", self.k)] {
            finite("local_response_norm", name, value);
        }
        x.local_response_norm(self.size, self.alpha, self.beta, self.k)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_tensor::Tensor;

    #[test]
    #[should_panic(expected = "local_response_norm: beta is NaN; it must be finite")]
    fn what_is_no_number_is_named() {
        LocalResponseNorm { beta: f64::NAN, ..LocalResponseNorm::new(2) }.predict(&Tensor::zeros([1, 2, 3]));
    }
}
