//! Dropout of whole channels.

use gradus_autograd::{Var, params};

use super::{drop_alike, lead_of};
use crate::input::{place, probability};
use crate::module::Module;

macro_rules! dropouts {
    ($($(#[doc = $doc:literal])* $Name:ident $layer:literal [$($rank:literal $lead:literal $form:literal),*];)*) => {$(
        $(#[doc = $doc])*
        ///
        /// # Source
        /// Tompson et al., "Efficient Object Localization Using Convolutional Networks", 2014.
        #[derive(Debug, Clone, Copy)]
        pub struct $Name {
            /// The probability of a zero, in `0 ..= 1`.
            pub p: f64,
        }
        params!($Name {});
        impl Default for $Name {
            fn default() -> Self {
                Self { p: 0.5 }
            }
        }
        impl Module for $Name {
            /// # Panics
            /// If the input has other axes, or p is not in `0 ..= 1`.
            fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
                let (p, shape) = (probability($layer, self.p), x.shape());
                let lead = match shape.len() {
                    $($rank => $lead,)*
                    _ => panic!("{}: the input must be {}, got {shape}{}", $layer, [$($form),*].join(" or "), place()),
                };
                drop_alike(x, p, &lead_of(&shape, lead), stringify!($Name))
            }
        }
    )*};
}
dropouts! {
    /// Sets whole channels of `[N, C, L]` or `[C, L]` to 0 with probability p and multiplies the others by `$1/(1-p)$`, on a
    /// training tape; on other tapes it is the identity.
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// use gradus_nn::{Dropout1d, Module};
    /// use gradus_tensor::Tensor;
    /// let tape = Tape::training(0);
    /// let y = Dropout1d { p: 0.5 }.forward(tape.constant(Tensor::ones([4, 8, 3]))).value();
    /// for channel in y.to_f64_vec().chunks(3) {
    ///     assert!(channel == [0.0; 3] || channel == [2.0; 3]);
    /// }
    /// ```
    Dropout1d "dropout1d" [3 2 "[N, C, L]", 2 1 "[C, L]"];
    /// As [`Dropout1d`] for `[N, C, H, W]`; `[N, C, L]`, too, as PyTorch takes it.
    ///
    /// ```
    /// use gradus_nn::{Dropout2d, Module};
    /// use gradus_tensor::Tensor;
    /// let x = Tensor::ones([1, 2, 3, 3]);
    /// assert_eq!(Dropout2d::default().predict(&x), x);
    /// ```
    Dropout2d "dropout2d" [4 2 "[N, C, H, W]", 3 2 "[N, C, L]"];
    /// As [`Dropout1d`] for `[N, C, D, H, W]` or `[C, D, H, W]`.
    ///
    /// ```
    /// use gradus_nn::{Dropout3d, Module};
    /// use gradus_tensor::Tensor;
    /// let x = Tensor::ones([1, 2, 2, 3, 3]);
    /// assert_eq!(Dropout3d::default().predict(&x), x);
    /// ```
    Dropout3d "dropout3d" [5 2 "[N, C, D, H, W]", 4 1 "[C, D, H, W]"];
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_autograd::Tape;
    use gradus_tensor::Tensor;

    fn channels(layer: &dyn Module, sizes: &[usize], size: usize) -> Vec<f64> {
        let tape = Tape::training(5);
        let y = layer.forward(tape.constant(Tensor::ones(sizes))).value().to_f64_vec();
        y.chunks(size).for_each(|c| assert!(c.iter().all(|v| *v == c[0]), "{layer:?} {sizes:?}: {c:?}"));
        y.chunks(size).map(|c| c[0]).collect()
    }

    #[test]
    fn channels_fall_as_a_whole_and_one_by_one() {
        let cases: [(&dyn Module, &[usize], usize); 6] = [
            (&Dropout1d::default(), &[16, 8, 5], 5),
            (&Dropout1d::default(), &[128, 5], 5),
            (&Dropout2d::default(), &[16, 8, 3, 2], 6),
            (&Dropout2d::default(), &[16, 8, 5], 5),
            (&Dropout3d::default(), &[16, 8, 1, 2, 3], 6),
            (&Dropout3d::default(), &[128, 1, 2, 3], 6),
        ];
        for (layer, sizes, size) in cases {
            let found = channels(layer, sizes, size);
            let zeros = found.iter().filter(|v| **v == 0.0).count();
            assert!((44..84).contains(&zeros), "{layer:?} {sizes:?}: {zeros} of {}", found.len());
            assert!(found.iter().all(|v| [0.0, 2.0].contains(v)));
        }
    }

    #[test]
    #[should_panic(expected = "dropout3d: the input must be [N, C, D, H, W] or [C, D, H, W], got [2, 3]")]
    fn missing_axes_are_named() {
        Dropout3d::default().predict(&Tensor::zeros([2, 3]));
    }
}
