//! Rectified units whose slope on the negative side is learnt or drawn.

use gradus_autograd::{Param, Var, params};
use gradus_tensor::Tensor;

use crate::input::place;
use crate::module::Module;

/// `$x$` where positive, else `$w x$` with a learnt slope: one for all, or one for each channel of `[N, C, …]`.
///
/// ```
/// use gradus_nn::{Module, PRelu};
/// use gradus_tensor::Tensor;
/// let x = Tensor::from([[-4f32, 8.0]]);
/// assert_eq!(PRelu::new(1).predict(&x).to_f64_vec(), [-1.0, 8.0]);
/// assert_eq!(PRelu::new(2).weight.shape()[..], [2]); // two channels
/// ```
///
/// # Source
/// He et al., "Delving Deep into Rectifiers", 2015; PyTorch's `nn.PReLU`.
#[derive(Debug, Clone)]
#[doc(alias = "PReLU")]
pub struct PRelu {
    /// The slopes, `[1]` or `[C]`.
    pub weight: Param,
}

params!(PRelu { weight });

impl PRelu {
    /// Slopes of 1/4 for this number of channels, or one for all.
    #[track_caller]
    pub fn new(channels: usize) -> Self {
        Self::with_slope(channels, 0.25)
    }

    /// As [`Self::new`] with another slope to begin with.
    #[track_caller]
    pub fn with_slope(channels: usize, slope: f64) -> Self {
        Self { weight: Param::new(Tensor::full(channels, slope)) }
    }
}

impl Module for PRelu {
    /// # Panics
    /// If there are several slopes and the second axis of the input has another size.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let (weight, shape) = (x.tape().param(&self.weight), x.shape());
        let slopes = weight.elements();
        if slopes == 1 {
            return x.prelu(weight.reshape(()));
        }
        assert!(
            shape.get(1) == Some(&slopes),
            "prelu: {slopes} slopes, one for each channel of [N, {slopes}, …], got {shape}{}",
            place()
        );
        let mut sizes = vec![1; shape.len() - 1];
        sizes[0] = slopes;
        x.prelu(weight.reshape(sizes))
    }
}

/// `$x$` where positive, else `$a x$`: on a training tape with a slope a drawn for each element, evenly between two
/// bounds, on other tapes with their mean.
///
/// ```
/// use gradus_nn::{Module, RRelu};
/// use gradus_tensor::Tensor;
/// let layer = RRelu { lower: 0.25, upper: 0.75 };
/// assert_eq!(layer.predict(&Tensor::from([-4f32, 8.0])).to_f64_vec(), [-2.0, 8.0]);
/// ```
///
/// # Source
/// Xu et al., "Empirical Evaluation of Rectified Activations in Convolutional Network", 2015; PyTorch's `nn.RReLU`.
#[derive(Debug, Clone, Copy)]
#[doc(alias = "RReLU")]
pub struct RRelu {
    /// The smallest slope.
    pub lower: f64,
    /// The largest slope.
    pub upper: f64,
}

params!(RRelu {});

impl Default for RRelu {
    fn default() -> Self {
        Self { lower: 1.0 / 8.0, upper: 1.0 / 3.0 }
    }
}

impl Module for RRelu {
    /// # Panics
    /// If the bounds cross.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let Self { lower, upper } = *self;
        assert!(
            lower <= upper && lower.is_finite() && upper.is_finite(),
            "rrelu: lower is {lower} and upper is {upper}; both must be finite and lower at most upper"
        );
        match x.tape().rng_for("RRelu") {
            Some(mut rng) if lower < upper => {
                x.prelu(Tensor::uniform_of(x.shape(), lower, upper, x.dtype(), &mut rng))
            }
            _ => x.leaky_relu(f64::midpoint(lower, upper)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::{abs_diff_eq, assert_abs_diff_eq};
    use gradus_autograd::Tape;
    use gradus_tensor::{DType, rng};

    #[test]
    fn slopes_are_of_their_channels() {
        let layer = PRelu { weight: Param::new(Tensor::from([0.5, 2.0])) };
        let x = Tensor::from([[[-1.0, 3.0], [-2.0, 4.0]]]);
        assert_eq!(layer.predict(&x).to_f64_vec(), [-0.5, 3.0, -4.0, 4.0]);
        assert_eq!(PRelu::with_slope(1, 0.5).predict(&Tensor::from(-2f32)).item(), -1.0);
    }

    #[test]
    #[should_panic(expected = "prelu: 3 slopes, one for each channel of [N, 3, …], got [2, 4]")]
    fn wrong_channels_are_named() {
        PRelu::new(3).predict(&Tensor::zeros([2, 4]));
    }

    #[test]
    fn slopes_are_drawn_between_their_bounds() {
        let x = Tensor::randn_of([1000], DType::F64, &mut rng(1));
        let layer = RRelu::default();
        let draw = |seed| {
            let tape = Tape::training(seed);
            let v = tape.var(&x);
            let y = layer.forward(v);
            (y.value(), y.sum().backward().wrt(v))
        };
        let (y, slope) = draw(3);
        for ((x, y), s) in x.to_f64_vec().into_iter().zip(y.to_f64_vec()).zip(slope.to_f64_vec()) {
            assert!(if x > 0.0 { s == 1.0 } else { (0.125..=1.0 / 3.0).contains(&s) });
            assert_abs_diff_eq!(y, s * x, epsilon = 1e-15);
        }
        let mean = slope.to_f64_vec().iter().filter(|s| **s < 1.0).sum::<f64>()
            / slope.to_f64_vec().iter().filter(|s| **s < 1.0).count() as f64;
        assert!(abs_diff_eq!(mean, 11.0 / 48.0, epsilon = 0.01), "{mean}");
        assert!(y.equal(&draw(3).0) && !y.equal(&draw(4).0));
        let inferred = RRelu { lower: 0.25, upper: 0.75 }.predict(&Tensor::from([-4f32, 8.0]));
        assert_eq!(inferred.to_f64_vec(), [-2.0, 8.0]);
    }
}
