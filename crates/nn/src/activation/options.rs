//! Activations with options: numbers and axes, with their usual values.

use gradus_autograd::{Var, params};

use crate::input::{at_least_zero, finite, number, place};
use crate::module::Module;

/// Rows `Name { field: Type = usual, … } => |x, layer| value;`.
macro_rules! activations {
    ($($(#[doc = $doc:literal])* $Name:ident { $($(#[doc = $field_doc:literal])* $field:ident: $T:ty = $usual:expr),* $(,)? } => |$x:ident, $layer:ident| $value:expr;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// ```
        #[doc = concat!("use gradus_nn::{", stringify!($Name), ", Module};")]
        /// use gradus_tensor::Tensor;
        #[doc = concat!("let layer = ", stringify!($Name), "::default();")]
        /// assert_eq!(layer.predict(&Tensor::ones([1, 2, 4, 6])).shape()[..3], [1, 2, 4]);
        /// ```
        #[derive(Debug, Clone, Copy)]
        pub struct $Name {
            $($(#[doc = $field_doc])* pub $field: $T,)*
        }
        params!($Name {});
        impl Default for $Name {
            fn default() -> Self {
                Self { $($field: $usual),* }
            }
        }
        impl Module for $Name {
            /// # Panics
            /// If an option is outside of its range.
            fn forward<'t>(&self, $x: Var<'t>) -> Var<'t> {
                let $layer = self;
                $value
            }
        }
    )*};
}
activations! {
    /// `$x$` where positive, else `$c x$`.
    LeakyRelu {
        /// The slope c of the negative side.
        slope: f64 = 0.01
    } => |x, layer| x.leaky_relu(finite("leaky_relu", "slope", layer.slope));
    /// `$x$` where positive, else `$\alpha(e^x - 1)$`.
    Elu {
        /// The limit on the negative side is -α.
        alpha: f64 = 1.0
    } => |x, layer| x.elu(finite("elu", "alpha", layer.alpha));
    /// `$x$` where positive, else `$\alpha(e^{x/\alpha} - 1)$`.
    Celu {
        /// The limit on the negative side is -α; not 0.
        alpha: f64 = 1.0
    } => |x, layer| {
        let alpha = layer.alpha;
        x.celu(number("celu", "alpha", alpha, alpha != 0.0 && alpha.is_finite(), "finite and not 0"))
    };
    /// `$x$` moved towards 0 by λ, 0 between -λ and λ.
    Softshrink {
        /// Half the width of the zero part.
        lambda: f64 = 0.5
    } => |x, layer| x.softshrink(at_least_zero("softshrink", "lambda", layer.lambda));
    /// `$x$`, 0 between -λ and λ.
    Hardshrink {
        /// Half the width of the zero part.
        lambda: f64 = 0.5
    } => |x, layer| x.hardshrink(at_least_zero("hardshrink", "lambda", layer.lambda));
    /// `$\tfrac1\beta \ln(1 + e^{\beta x})$`; x itself where `$\beta x$` is above the threshold.
    Softplus {
        /// How sharp the bend is, β.
        beta: f64 = 1.0,
        /// From where on `$\beta x$` stands for the logarithm.
        threshold: f64 = 20.0,
    } => |x, layer| {
        let (beta, threshold) = (layer.beta, layer.threshold);
        number("softplus", "beta", beta, beta != 0.0 && beta.is_finite(), "finite and not 0");
        number("softplus", "threshold", threshold, !threshold.is_nan(), "a number");
        // The row of the table is one pass.
        if (beta, threshold) == (1.0, 20.0) { x.softplus() } else { x.softplus_with(beta, threshold) }
    };
    /// `$x$` between two numbers, which stand for what lies outside.
    Hardtanh {
        /// The lower bound.
        min: f64 = -1.0,
        /// The upper bound, above the lower one.
        max: f64 = 1.0,
    } => |x, layer| {
        let (min, max) = (layer.min, layer.max);
        assert!(min < max, "hardtanh: min is {min} and max is {max}; min must be below max");
        x.clamp(min, max)
    };
    /// `$x$` where it is above the threshold, else the value.
    Threshold {
        /// Up to where x is replaced.
        threshold: f64 = 0.0,
        /// What stands there then.
        value: f64 = 0.0,
    } => |x, layer| {
        number("threshold", "threshold", layer.threshold, !layer.threshold.is_nan(), "a number");
        x.threshold(layer.threshold, layer.value)
    };
    /// `$e^{x_i}/\sum_j e^{x_j}$` along an axis. Before a cross-entropy it is left out: that takes logits.
    Softmax {
        /// The axis whose values sum to 1.
        axis: isize = -1
    } => |x, layer| x.softmax(layer.axis);
    /// The logarithm of [`Softmax`].
    LogSoftmax {
        /// The axis whose values sum to 1 after `exp`.
        axis: isize = -1
    } => |x, layer| x.log_softmax(layer.axis);
    /// [`Softmax`] of `$-x$`: the smallest has the largest share.
    Softmin {
        /// The axis whose values sum to 1.
        axis: isize = -1
    } => |x, layer| x.softmin(layer.axis);
    /// The first half of an axis times the sigmoid of the second. Dauphin et al., 2017.
    Glu {
        /// The axis that is halved.
        axis: isize = -1
    } => |x, layer| x.glu(layer.axis);
}

/// [`Softmax`] over the channels of `[N, C, H, W]` or `[C, H, W]`.
///
/// ```
/// use gradus_nn::{Module, Softmax2d};
/// use gradus_tensor::Tensor;
/// assert_eq!(Softmax2d.predict(&Tensor::ones([2, 1, 1])).to_f64_vec(), [0.5, 0.5]);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Softmax2d;

params!(Softmax2d {});

impl Module for Softmax2d {
    /// # Panics
    /// If the input has other axes.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let shape = x.shape();
        assert!(
            shape.len() == 3 || shape.len() == 4,
            "softmax2d: the input must be [N, C, H, W] or [C, H, W], got {shape}{}",
            place()
        );
        x.softmax(-3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;
    use gradus_tensor::Tensor;

    #[test]
    fn options_change_what_they_say() {
        let x = Tensor::from([-2.0, 0.25, 3.0]);
        let cases: [(&dyn Module, [f64; 3]); 5] = [
            (&Hardtanh { min: -0.5, max: 2.0 }, [-0.5, 0.25, 2.0]),
            (&Threshold { threshold: 0.5, value: 7.0 }, [7.0, 7.0, 3.0]),
            (&Hardshrink { lambda: 1.0 }, [-2.0, 0.0, 3.0]),
            (
                &Softplus { beta: 2.0, threshold: 1.0 },
                [(-4f64).exp().ln_1p() / 2.0, 0.5f64.exp().ln_1p() / 2.0, 3.0],
            ),
            (&Softplus::default(), [(-2f64).exp().ln_1p(), 0.25f64.exp().ln_1p(), 3f64.exp().ln_1p()]),
        ];
        for (layer, want) in cases {
            for (a, b) in layer.predict(&x).to_f64_vec().iter().zip(want) {
                assert!(abs_diff_eq!(*a, b, epsilon = 1e-15), "{layer:?}: {a} {b}");
            }
        }
    }

    #[test]
    fn softmax_sums_to_one_along_its_axis() {
        let x = Tensor::randn([3, 4], &mut gradus_tensor::rng(0));
        let sums = Softmax { axis: 0 }.predict(&x).sum_axes(0);
        assert!(sums.max_abs_diff(&Tensor::ones(4)) < 1e-6);
        let image = x.reshape([1, 3, 2, 2]);
        let sums = Softmax2d.predict(&image).sum_axes(1);
        assert!(sums.max_abs_diff(&Tensor::ones([1, 2, 2])) < 1e-6);
        assert!(Softmin { axis: 1 }.predict(&x).equal(&Softmax { axis: 1 }.predict(&-&x)));
    }

    #[test]
    #[should_panic(expected = "hardtanh: min is 1 and max is 1; min must be below max")]
    fn crossed_bounds_are_named() {
        Hardtanh { min: 1.0, max: 1.0 }.predict(&Tensor::ones(1));
    }

    #[test]
    #[should_panic(expected = "softshrink: lambda is -1; it must be finite and at least 0")]
    fn a_negative_width_is_named() {
        Softshrink { lambda: -1.0 }.predict(&Tensor::ones(1));
    }
}
