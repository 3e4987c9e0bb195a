//! Activation functions as layers: each calls the operation of its name.

use gradus_autograd::{Var, params};

use crate::module::Module;

macro_rules! activations {
    ($($(#[doc = $doc:literal])* $Name:ident => $op:ident;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// ```
        #[doc = concat!("use gradus_nn::{", stringify!($Name), ", Linear, Module, sequential};")]
        /// use gradus_tensor::{Tensor, rng};
        #[doc = concat!("let model = sequential![Linear::new(3, 4, &mut rng(0)), ", stringify!($Name), "];")]
        /// assert_eq!(model.predict(&Tensor::ones([2, 3])).shape()[..], [2, 4]);
        /// ```
        #[derive(Debug, Clone, Copy, Default)]
        pub struct $Name;
        params!($Name {});
        impl Module for $Name {
            fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
                x.$op()
            }
        }
    )*};
}
activations! {
    /// `$\max(x, 0)$`.
    Relu => relu;
    /// `$\tanh x$`.
    Tanh => tanh;
    /// `$1/(1 + e^{-x})$`.
    Sigmoid => sigmoid;
    /// `$x\,\Phi(x)$`, exact.
    Gelu => gelu;
    /// The approximation of [`Gelu`] by `$\tanh$`.
    GeluTanh => gelu_tanh;
    /// `$x\,\sigma(x)$`, also called swish.
    Silu => silu;
    /// `$x \tanh(\ln(1 + e^x))$`.
    Mish => mish;
    /// `$\ln(1 + e^x)$`.
    Softplus => softplus;
    /// `$\lambda x$` where positive, else `$\lambda\alpha(e^x - 1)$`.
    Selu => selu;
    /// `$\ln \sigma(x)$`.
    LogSigmoid => log_sigmoid;
    /// `$x/(1 + |x|)$`.
    Softsign => softsign;
    /// `$x - \tanh x$`.
    Tanhshrink => tanhshrink;
    /// `$\min(\max(x + 3, 0), 6)/6$`.
    Hardsigmoid => hardsigmoid;
    /// `$x$` times [`Hardsigmoid`].
    Hardswish => hardswish;
}

/// Activations with one number, and its usual value.
macro_rules! shaped_activations {
    ($($(#[doc = $doc:literal])* $Name:ident { $(#[doc = $field_doc:literal])* $field:ident: $T:ty = $usual:expr } => $op:ident;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $Name {
            $(#[doc = $field_doc])*
            pub $field: $T,
        }
        params!($Name {});
        impl Default for $Name {
            fn default() -> Self {
                Self { $field: $usual }
            }
        }
        impl Module for $Name {
            fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
                x.$op(self.$field)
            }
        }
    )*};
}
shaped_activations! {
    /// `$x$` where positive, else `$c x$`.
    LeakyRelu {
        /// The slope c of the negative side.
        slope: f64 = 0.01
    } => leaky_relu;
    /// `$x$` where positive, else `$\alpha(e^x - 1)$`.
    Elu {
        /// The limit on the negative side is -α.
        alpha: f64 = 1.0
    } => elu;
    /// `$x$` where positive, else `$\alpha(e^{x/\alpha} - 1)$`.
    Celu {
        /// The limit on the negative side is -α.
        alpha: f64 = 1.0
    } => celu;
    /// `$x$` moved towards 0 by λ, 0 between -λ and λ.
    Softshrink {
        /// Half the width of the zero part.
        lambda: f64 = 0.5
    } => softshrink;
    /// `$e^{x_i}/\sum_j e^{x_j}$` along an axis. Before a cross-entropy it is left out: that takes logits.
    Softmax {
        /// The axis whose values sum to 1.
        axis: isize = -1
    } => softmax;
    /// The logarithm of [`Softmax`].
    LogSoftmax {
        /// The axis whose values sum to 1 after `exp`.
        axis: isize = -1
    } => log_softmax;
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_tensor::Tensor;

    #[test]
    fn values_by_hand() {
        let x = Tensor::from([-2.0, 0.0, 3.0]);
        let cases: [(&dyn Module, [f64; 3]); 5] = [
            (&Relu, [0.0, 0.0, 3.0]),
            (&LeakyRelu { slope: 0.5 }, [-1.0, 0.0, 3.0]),
            (&Hardsigmoid, [1.0 / 6.0, 0.5, 1.0]),
            (&Softsign, [-2.0 / 3.0, 0.0, 0.75]),
            (&Softshrink::default(), [-1.5, 0.0, 2.5]),
        ];
        for (layer, want) in cases {
            for (a, b) in layer.predict(&x).to_f64_vec().iter().zip(want) {
                assert!((a - b).abs() < 1e-15, "{layer:?}: {a} {b}");
            }
        }
    }

    #[test]
    fn softmax_sums_to_one_along_its_axis() {
        let x = Tensor::randn([3, 4], &mut gradus_tensor::rng(0));
        let sums = Softmax { axis: 0 }.predict(&x).sum_axes(0);
        assert!(sums.max_abs_diff(&Tensor::ones(4)) < 1e-6);
    }
}
