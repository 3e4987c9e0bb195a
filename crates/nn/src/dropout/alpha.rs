//! Dropout that keeps mean and variance, for self-normalising networks.

use gradus_autograd::{Var, params};
use gradus_tensor::Tensor;

use super::{drop_all, of_features};
use crate::input::probability;
use crate::module::Module;

/// The limit of [`Selu`](crate::Selu) on the negative side, `$-\lambda\alpha$`, is what a dropped value becomes.
const DROPPED: f64 = -1.758_099_340_847_376_6;

/// `$a\,(x m + \alpha' (1 - m)) + b$` with a mask m of ones with probability `$1 - p$`, drawn with these sizes.
#[track_caller]
fn alpha_dropout<'t>(x: Var<'t>, p: f64, sizes: &[usize], name: &'static str) -> Var<'t> {
    if p == 0.0 {
        return x;
    }
    let Some(mut rng) = x.tape().rng_for(name) else { return x };
    if p == 1.0 {
        return drop_all(x);
    }
    let kept = Tensor::bernoulli_of(sizes, 1.0 - p, x.dtype(), &mut rng);
    let a = ((1.0 - p) * (1.0 + p * DROPPED * DROPPED)).sqrt().recip();
    let shift = (&(&kept * -1.0) + 1.0) * (a * DROPPED) + -a * p * DROPPED;
    x * &(&kept * a) + &shift
}

macro_rules! dropouts {
    ($($(#[doc = $doc:literal])* $Name:ident |$x:ident| $sizes:expr, $layer:literal;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// ```
        /// use gradus_autograd::Tape;
        #[doc = concat!("use gradus_nn::{Module, ", stringify!($Name), "};")]
        /// use gradus_tensor::{Tensor, rng};
        /// let x = Tensor::randn([100, 100, 2], &mut rng(0));
        #[doc = concat!("let layer = ", stringify!($Name), " { p: 0.2 };")]
        /// assert_eq!(layer.predict(&x), x);
        /// let tape = Tape::training(0);
        /// let y = layer.forward(tape.constant(&x)).value();
        /// assert!(y.mean().item().abs() < 0.05 && (y.var(0).item() - 1.0).abs() < 0.05);
        /// ```
        ///
        /// # Source
        /// Klambauer et al., "Self-Normalizing Neural Networks", 2017.
        #[derive(Debug, Clone, Copy)]
        pub struct $Name {
            /// The probability of a dropped value, in `0 ..= 1`; with 1 everything is 0.
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
            /// If p is not in `0 ..= 1`.
            fn forward<'t>(&self, $x: Var<'t>) -> Var<'t> {
                let p = probability($layer, self.p);
                alpha_dropout($x, p, &$sizes, stringify!($Name))
            }
        }
    )*};
}
dropouts! {
    /// For networks with [`Selu`](crate::Selu): sets each value to `$\alpha' = -\lambda\alpha$` with probability p, then scales
    /// and shifts all, `$a x + b$`, so that mean 0 and variance 1 stay: `$a = ((1 - p)(1 + p \alpha'^2))^{-1/2}$`,
    /// `$b = -a p \alpha'$`. On a training tape; on other tapes it is the identity.
    AlphaDropout |x| x.shape(), "alpha_dropout";
    /// As [`AlphaDropout`], of whole channels of `[N, C, …]`.
    FeatureAlphaDropout |x| of_features("feature_alpha_dropout", &x.shape()), "feature_alpha_dropout";
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;
    use gradus_autograd::Tape;
    use gradus_tensor::DType;

    #[test]
    fn values_by_hand() {
        let tape = Tape::training(1);
        let x = tape.var(Tensor::ones_of([1000], DType::F64));
        let y = AlphaDropout { p: 0.5 }.forward(x);
        let a = (0.5 * (1.0 + 0.5 * DROPPED * DROPPED)).sqrt().recip();
        let b = -a * 0.5 * DROPPED;
        let near = |v: f64, w: f64| abs_diff_eq!(v, w, epsilon = 1e-14);
        let values = y.value().to_f64_vec();
        assert!(values.iter().all(|&v| near(v, a + b) || near(v, a * DROPPED + b)));
        let dropped = values.iter().filter(|&&v| near(v, a * DROPPED + b)).count();
        assert!((400..600).contains(&dropped), "{dropped}");
        let slopes = y.sum().backward().wrt(x).to_f64_vec();
        assert!(slopes.iter().zip(&values).all(|(&s, &v)| near(s, if near(v, a + b) { a } else { 0.0 })));
        let all = AlphaDropout { p: 1.0 }.forward(x);
        assert_eq!(all.value().to_f64_vec(), [0.0; 1000]);
    }

    #[test]
    fn features_fall_as_a_whole() {
        let tape = Tape::training(1);
        let y = FeatureAlphaDropout::default().forward(tape.constant(Tensor::ones([8, 8, 3])));
        let values = y.value().to_f64_vec();
        assert!(values.chunks(3).all(|c| c.iter().all(|v| *v == c[0])));
        assert!(values.chunks(3).any(|c| c[0] != values[0]));
    }

    #[test]
    #[should_panic(expected = "feature_alpha_dropout: the input must be [N, C, …], got [3]")]
    fn missing_axes_are_named() {
        let tape = Tape::training(1);
        FeatureAlphaDropout::default().forward(tape.constant(Tensor::ones(3)));
    }
}
