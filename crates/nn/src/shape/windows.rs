//! Windows of a picture as columns, and back.

use gradus_autograd::ops::ConvOptions;
use gradus_autograd::{Var, params};

use crate::input::{Batched, place};
use crate::module::Module;

/// The windows of `[N, C, H, W]` or `[C, H, W]` as columns, `[N, C · kernel, places]`: what a convolution multiplies its
/// kernel with.
///
/// ```
/// use gradus_nn::{Module, Unfold};
/// use gradus_tensor::Tensor;
/// let y = Unfold::new([2, 2]).predict(&Tensor::zeros([10, 3, 4, 5]));
/// assert_eq!(y.shape()[..], [10, 3 * 2 * 2, 3 * 4]);
/// ```
#[derive(Debug, Clone)]
#[doc(alias = "im2col")]
pub struct Unfold {
    /// The size of a window.
    pub kernel: [usize; 2],
    /// How it moves: stride, padding of zeros, dilation.
    pub how: ConvOptions,
}

params!(Unfold {});

impl Unfold {
    /// With windows of this size, by steps of 1 without padding.
    pub fn new(kernel: [usize; 2]) -> Self {
        Self { kernel, how: ConvOptions::default() }
    }
}

impl Module for Unfold {
    /// # Panics
    /// If the input has other axes, or a window does not fit.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let batch = Batched::of("unfold", x, 2);
        batch.back(batch.x.window_columns(&self.kernel, &self.how))
    }
}

/// Columns `[N, C · kernel, places]` or `[C · kernel, places]` added up at the places of their windows, `[N, C, H, W]`: the
/// transpose of [`Unfold`].
///
/// ```
/// use gradus_nn::{Fold, Module};
/// use gradus_tensor::Tensor;
/// let y = Fold::new([3, 3], [2, 2]).predict(&Tensor::ones([1, 4, 4]));
/// assert_eq!(y.to_f64_vec(), [1.0, 2.0, 1.0, 2.0, 4.0, 2.0, 1.0, 2.0, 1.0]);
/// ```
#[derive(Debug, Clone)]
#[doc(alias = "col2im")]
pub struct Fold {
    /// The spatial sizes of the result.
    pub output_size: [usize; 2],
    /// The size of a window.
    pub kernel: [usize; 2],
    /// How it moves: stride, padding of zeros, dilation.
    pub how: ConvOptions,
}

params!(Fold {});

impl Fold {
    /// To these sizes, with windows of this size, by steps of 1 without padding.
    pub fn new(output_size: [usize; 2], kernel: [usize; 2]) -> Self {
        Self { output_size, kernel, how: ConvOptions::default() }
    }
}

impl Module for Fold {
    /// # Panics
    /// If the number of columns is not that of the windows.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let shape = x.shape();
        assert!(
            shape.len() == 2 || shape.len() == 3,
            "fold: the columns must be [N, C · kernel, places] or [C · kernel, places], got {shape}{}",
            place()
        );
        let single = shape.len() == 2;
        let columns = if single { x.unsqueeze(0) } else { x };
        let y = columns.fold(&self.output_size, &self.kernel, &self.how);
        if single { y.squeeze_axis(0) } else { y }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_tensor::{Tensor, rng};

    #[test]
    fn each_element_comes_back_as_often_as_it_was_seen() {
        let how = ConvOptions {
            stride: vec![2],
            padding: 1.into(),
            dilation: vec![1, 2],
            ..ConvOptions::default()
        };
        let unfold = Unfold { how: how.clone(), ..Unfold::new([3, 2]) };
        let fold = Fold { how, ..Fold::new([5, 6], [3, 2]) };
        let x = Tensor::randn([2, 5, 6], &mut rng(0));
        let seen = fold.predict(&unfold.predict(&x.ones_like()));
        assert!(fold.predict(&unfold.predict(&x)).allclose(&(&x * &seen), 1e-6, 1e-6));
    }

    #[test]
    #[should_panic(
        expected = "fold: the columns must be [N, C · kernel, places] or [C · kernel, places], got [4]"
    )]
    fn missing_axes_are_named() {
        Fold::new([3, 3], [2, 2]).predict(&Tensor::zeros(4));
    }
}
