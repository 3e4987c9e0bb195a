//! How weights begin: random values scaled so that signals neither grow nor fade from layer to layer.
//!
//! A unit that sums n inputs of variance v with weights of variance w has variance `n w v`. Xavier keeps it balanced
//! between the forward pass (n = fan-in) and the backward pass (n = fan-out); Kaiming keeps one of them and allows for
//! what the activation takes away (its [`Gain`]). All results are F32.

use gradus_tensor::{Shape, Tensor};

/// What an activation does to the scale of a signal, to be made good by the weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gain {
    /// 1: no activation, or a sigmoid.
    Linear,
    /// 5/3.
    Tanh,
    /// `$\sqrt 2$`.
    Relu,
    /// `$\sqrt{2/(1 + c^2)}$` with the negative slope c.
    LeakyRelu(f64),
    /// 3/4.
    Selu,
}

impl Gain {
    /// The factor.
    ///
    /// # Source
    /// PyTorch's `nn.init.calculate_gain`.
    pub fn value(self) -> f64 {
        match self {
            Self::Linear => 1.0,
            Self::Tanh => 5.0 / 3.0,
            Self::Relu => 2f64.sqrt(),
            Self::LeakyRelu(slope) => (2.0 / (1.0 + slope * slope)).sqrt(),
            Self::Selu => 0.75,
        }
    }
}

/// Which pass keeps its scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fan {
    /// The forward pass.
    In,
    /// The backward pass.
    Out,
}

/// Inputs and outputs of one unit: `(in · r, out · r)` for a weight `[out, in, …]` with r elements in its further axes.
///
/// # Panics
/// If the weight has fewer than two axes, or no memory can hold it.
#[track_caller]
pub fn fans(shape: impl Into<Shape>) -> (usize, usize) {
    let shape = shape.into().fitting("init");
    assert!(shape.len() >= 2, "init: a weight needs the axes [out, in, …], got {shape}");
    let field: usize = shape[2..].iter().product();
    (shape[1] * field, shape[0] * field)
}

/// Uniform in ±a, `$a = g\sqrt{6/(\mathit{in} + \mathit{out})}$`.
///
/// # Source
/// Glorot and Bengio 2010, equation 16.
///
/// # Panics
/// If the weight has fewer than two axes.
#[track_caller]
pub fn xavier_uniform(shape: impl Into<Shape>, gain: Gain, rng: &mut impl rand::Rng) -> Tensor {
    let shape = shape.into();
    uniform(shape, xavier(shape, gain), rng)
}

/// Normal with standard deviation `$g\sqrt{2/(\mathit{in} + \mathit{out})}$`.
///
/// # Source
/// Glorot and Bengio 2010, equation 12.
///
/// # Panics
/// If the weight has fewer than two axes.
#[track_caller]
pub fn xavier_normal(shape: impl Into<Shape>, gain: Gain, rng: &mut impl rand::Rng) -> Tensor {
    let shape = shape.into();
    Tensor::normal(shape, 0.0, xavier(shape, gain), rng)
}

/// Uniform in ±a, `$a = g\sqrt{3/\mathit{fan}}$`.
///
/// # Source
/// He et al. 2015, section 2.2.
///
/// # Panics
/// If the weight has fewer than two axes.
#[track_caller]
pub fn kaiming_uniform(shape: impl Into<Shape>, fan: Fan, gain: Gain, rng: &mut impl rand::Rng) -> Tensor {
    let shape = shape.into();
    uniform(shape, kaiming(shape, fan, gain), rng)
}

/// Normal with standard deviation `$g/\sqrt{\mathit{fan}}$`.
///
/// # Source
/// He et al. 2015, equations 10 and 14.
///
/// # Panics
/// If the weight has fewer than two axes.
#[track_caller]
pub fn kaiming_normal(shape: impl Into<Shape>, fan: Fan, gain: Gain, rng: &mut impl rand::Rng) -> Tensor {
    let shape = shape.into();
    Tensor::normal(shape, 0.0, kaiming(shape, fan, gain), rng)
}

#[track_caller]
fn xavier(shape: Shape, gain: Gain) -> f64 {
    let (fan_in, fan_out) = fans(shape);
    gain.value() * (2.0 / (fan_in + fan_out).max(1) as f64).sqrt()
}

#[track_caller]
fn kaiming(shape: Shape, fan: Fan, gain: Gain) -> f64 {
    let (fan_in, fan_out) = fans(shape);
    let n = if fan == Fan::In { fan_in } else { fan_out };
    gain.value() / (n.max(1) as f64).sqrt()
}

/// Uniform around 0 with the given standard deviation.
fn uniform(shape: Shape, std: f64, rng: &mut impl rand::Rng) -> Tensor {
    let bound = 3f64.sqrt() * std;
    Tensor::uniform(shape, -bound, bound, rng)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn std_of(x: &Tensor) -> f64 {
        let x = x.to_f64_vec();
        (x.iter().map(|v| v * v).sum::<f64>() / x.len() as f64).sqrt()
    }

    #[test]
    #[should_panic(
        expected = "init: the sizes [4294967296, 0, 4294967296] multiply to more elements than memory can have"
    )]
    fn sizes_that_multiply_beyond_memory() {
        fans([1 << 32, 0, 1 << 32]);
    }

    #[test]
    fn the_scales_are_those_of_the_papers() {
        let mut rng = gradus_tensor::rng(0);
        let shape = [300, 200];
        let xavier = (2.0 / 500.0f64).sqrt();
        let close =
            |x: &Tensor, want: f64| assert!((std_of(x) / want - 1.0).abs() < 0.02, "{} {want}", std_of(x));
        close(&xavier_uniform(shape, Gain::Linear, &mut rng), xavier);
        close(&xavier_normal(shape, Gain::Tanh, &mut rng), xavier * 5.0 / 3.0);
        close(&kaiming_uniform(shape, Fan::In, Gain::Relu, &mut rng), (2.0 / 200.0f64).sqrt());
        close(&kaiming_normal(shape, Fan::Out, Gain::Relu, &mut rng), (2.0 / 300.0f64).sqrt());
    }

    #[test]
    fn uniform_values_stay_within_their_bound() {
        let x = xavier_uniform([30, 20], Gain::Linear, &mut gradus_tensor::rng(1));
        let bound = (6.0 / 50.0f64).sqrt();
        assert!(x.to_f64_vec().iter().all(|v| v.abs() <= bound));
    }

    #[test]
    fn a_window_counts_for_both_fans() {
        assert_eq!(fans([8, 3, 5, 5]), (75, 200));
    }

    #[test]
    #[should_panic(expected = "init: a weight needs the axes [out, in, …], got [3]")]
    fn a_bias_has_no_fans() {
        fans([3]);
    }
}
