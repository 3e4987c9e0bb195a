//! Dropout: a random part of the values is set to zero while training.

use gradus_autograd::{Var, params};
use gradus_tensor::{DType, Shape, Tensor};

use crate::input::{place, probability};
use crate::module::Module;

mod alpha;
mod channels;

pub use alpha::{AlphaDropout, FeatureAlphaDropout};
pub use channels::{Dropout1d, Dropout2d, Dropout3d};

/// Dropout by a mask of these sizes, which broadcast to those of x.
#[track_caller]
fn drop_alike<'t>(x: Var<'t>, p: f64, sizes: &[usize], name: &'static str) -> Var<'t> {
    if p == 0.0 {
        return x;
    }
    let Some(mut rng) = x.tape().rng_for(name) else { return x };
    if p == 1.0 {
        return drop_all(x);
    }
    let kept = Tensor::bernoulli_of(sizes, 1.0 - p, x.dtype(), &mut rng);
    x * &kept / (1.0 - p)
}

/// Zeros in the place of x. Not times 0, which makes NaN of an infinity.
fn drop_all(x: Var<'_>) -> Var<'_> {
    x.masked_fill(&Tensor::ones_of((), DType::Bool).expand(x.shape()), 0.0)
}

/// The sizes of what is drawn for `[N, C, …]`: one number for each channel of each sample.
#[track_caller]
fn of_features(layer: &str, shape: &Shape) -> Vec<usize> {
    assert!(shape.len() >= 2, "{layer}: the input must be [N, C, …], got {shape}{}", place());
    lead_of(shape, 2)
}

/// The sizes of the first axes; 1 for the others.
fn lead_of(shape: &Shape, lead: usize) -> Vec<usize> {
    shape.iter().enumerate().map(|(a, &n)| if a < lead { n } else { 1 }).collect()
}

/// Sets each value to 0 with probability p and multiplies the others by `$1/(1-p)$`, on a training tape; on other tapes
/// it is the identity. The tape's seed decides which; `Optimizer::training_step` gives every step one of its own.
///
/// ```
/// use gradus_autograd::Tape;
/// use gradus_nn::{Dropout, Module};
/// use gradus_tensor::Tensor;
///
/// let (layer, x) = (Dropout { p: 0.5 }, Tensor::ones(100));
/// assert_eq!(layer.predict(&x).to_f64_vec(), [1.0; 100]);
/// let tape = Tape::training(0);
/// let y = layer.forward(tape.constant(&x)).value().to_f64_vec();
/// assert!(y.iter().all(|&y| y == 0.0 || y == 2.0));
/// ```
///
/// # Source
/// Srivastava et al. 2014; scaled while training ("inverted"), as PyTorch does.
#[derive(Debug, Clone, Copy)]
pub struct Dropout {
    /// The probability of a zero, in `0 ..= 1`.
    pub p: f64,
}

params!(Dropout {});

impl Default for Dropout {
    fn default() -> Self {
        Self { p: 0.5 }
    }
}

impl Module for Dropout {
    /// # Panics
    /// If p is not in `0 ..= 1`.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        drop_alike(x, probability("dropout", self.p), &x.shape(), "Dropout")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;
    use gradus_autograd::Tape;

    #[test]
    fn outside_training_it_is_the_identity() {
        for tape in [Tape::new(), Tape::inference()] {
            let x = tape.constant(Tensor::ones(10));
            assert_eq!(Dropout::default().forward(x).index(), x.index());
        }
    }

    #[test]
    fn while_training_the_mean_stays() {
        let tape = Tape::training(7);
        let x = tape.var(Tensor::ones(10_000));
        let y = Dropout { p: 0.25 }.forward(x);
        let values = y.value().to_f64_vec();
        let zeros = values.iter().filter(|&&v| v == 0.0).count();
        assert!((2_300..2_700).contains(&zeros), "{zeros}");
        assert!(values.iter().all(|&v| v == 0.0 || abs_diff_eq!(v, 4.0 / 3.0, epsilon = 1e-6)));
        // The gradient passes where the value passed.
        assert_eq!(y.sum().backward().wrt(x).to_f64_vec(), values);
    }

    #[test]
    fn the_tapes_seed_decides() {
        let draw = |seed| {
            let tape = Tape::training(seed);
            let x = tape.constant(Tensor::ones(64));
            let layer = Dropout::default();
            (layer.forward(x).value().to_f64_vec(), layer.forward(x).value().to_f64_vec())
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        let (first, second) = draw(1);
        assert_ne!(first, second, "two layers of one tape draw different numbers");
    }

    #[test]
    fn everything_can_be_dropped() {
        let tape = Tape::training(0);
        let y = Dropout { p: 1.0 }.forward(tape.constant(Tensor::ones(3)));
        assert_eq!(y.value().to_f64_vec(), [0.0; 3]);
    }

    #[test]
    #[should_panic(expected = "dropout: the probability 1.5 is not in 0 ..= 1")]
    fn a_wrong_probability_is_named() {
        let tape = Tape::training(0);
        Dropout { p: 1.5 }.forward(tape.constant(1.0));
    }
}
