//! Spatial axes brought to other sizes.

use gradus_autograd::ops::Resize;
use gradus_autograd::{Var, params};

use crate::input::place;
use crate::module::Module;
use crate::output_size::OutputSize;

/// The spatial axes of `[N, C, …]` brought to other sizes, or by a factor, with values between the elements as `mode` says.
///
/// ```
/// use gradus_nn::{Module, Resize, Upsample};
/// use gradus_tensor::Tensor;
///
/// let x = Tensor::from([[[1.0, 3.0]]]);
/// let y = Upsample::new(2.0, Resize::Nearest).predict(&x);
/// assert_eq!(y, Tensor::from([[[1.0, 1.0, 3.0, 3.0]]]));
/// let y = Upsample::new([5], Resize::Linear { corners: true }).predict(&x);
/// assert_eq!(y, Tensor::from([[[1.0, 1.5, 2.0, 2.5, 3.0]]]));
/// ```
///
/// # Source
/// PyTorch's `nn.Upsample`: `linear`, `bilinear` and `trilinear` are [`Resize::Linear`], `bicubic` is [`Resize::Cubic`];
/// `align_corners` is their `corners`.
#[derive(Debug, Clone)]
#[doc(alias = "UpsamplingNearest2d")]
#[doc(alias = "UpsamplingBilinear2d")]
#[doc(alias = "Interpolate")]
pub struct Upsample {
    /// The sizes of the result, or the factors.
    pub output: OutputSize,
    /// How values between the elements arise.
    pub mode: Resize,
    /// With factors: whether the distance of two results is that of the sizes, `$n / \lfloor n f \rfloor$`, instead of
    /// `$1/f$`.
    pub recompute_scale_factor: bool,
}

params!(Upsample {});

impl Upsample {
    /// To these sizes, `[8, 8]`, or by this factor, `2.0`.
    pub fn new(output: impl Into<OutputSize>, mode: Resize) -> Self {
        Self { output: output.into(), mode, recompute_scale_factor: false }
    }
}

impl Module for Upsample {
    /// # Panics
    /// If the input has no spatial axes, an axis is empty, or a factor is not above 0.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let shape = x.shape();
        assert!(shape.len() >= 3, "upsample: the input must be [N, C, spatial axes], got {shape}{}", place());
        let out = self.output.of("upsample", &shape);
        match self.output.factors("upsample", shape.len() - 2) {
            Some(factors) if !self.recompute_scale_factor && self.mode != Resize::Area => {
                let steps: Vec<f64> = factors.iter().map(|f| 1.0 / f).collect();
                x.resize_by(&out, &steps, self.mode)
            }
            _ => x.resize(&out, self.mode),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_tensor::Tensor;

    #[test]
    fn a_factor_and_the_sizes_it_leads_to_differ() {
        let x = Tensor::from([[[0.0, 1.0, 2.0]]]);
        let linear = Resize::Linear { corners: false };
        // 3 · 1.5 = 4.5: four places, at steps of 2/3 or of 3/4.
        let layer = Upsample::new(1.5, linear);
        let near =
            |y: Tensor, want: [f64; 4]| assert!(y.max_abs_diff(&Tensor::from([[want]])) < 1e-15, "{y}");
        near(layer.predict(&x), [0.0, 0.5, 7.0 / 6.0, 11.0 / 6.0]);
        near(Upsample { recompute_scale_factor: true, ..layer }.predict(&x), [0.0, 0.625, 1.375, 2.0]);
        assert_eq!(
            Upsample::new([2, 4], Resize::Area).predict(&Tensor::ones([1, 1, 4, 4])).shape()[2..],
            [2, 4]
        );
    }

    #[test]
    #[should_panic(expected = "upsample: 3 sizes for 2 spatial axes; give one for each or one for all")]
    fn a_wrong_number_of_sizes_is_named() {
        Upsample::new([2, 2, 2], Resize::Nearest).predict(&Tensor::zeros([1, 1, 4, 4]));
    }

    #[test]
    #[should_panic(expected = "upsample: a factor is -1; it must be finite and above 0")]
    fn a_negative_factor_is_named() {
        Upsample::new(-1.0, Resize::Nearest).predict(&Tensor::zeros([1, 1, 4]));
    }
}
