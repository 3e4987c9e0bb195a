//! Activation functions as layers: each calls the operation of its name.

use gradus_autograd::{Var, params};

use crate::module::Module;

mod options;
mod rectified;

pub use options::{
    Celu, Elu, Glu, Hardshrink, Hardtanh, LeakyRelu, LogSoftmax, Softmax, Softmax2d, Softmin, Softplus,
    Softshrink, Threshold,
};
pub use rectified::{PRelu, RRelu};

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
    /// `$\min(\max(x, 0), 6)$`.
    Relu6 => relu6;
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;
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
                assert!(abs_diff_eq!(*a, b, epsilon = 1e-15), "{layer:?}: {a} {b}");
            }
        }
    }
}
