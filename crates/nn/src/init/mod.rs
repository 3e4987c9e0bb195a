//! How weights begin: random values scaled so that signals neither grow nor fade from layer to layer.
//!
//! A unit that sums n inputs of variance v with weights of variance w has variance `n w v`. Xavier keeps it balanced
//! between the forward pass (n = fan-in) and the backward pass (n = fan-out); Kaiming keeps one of them and allows for
//! what the activation takes away (its [`Gain`]). [`orthogonal`] weights keep lengths and angles; [`lsuv()`] looks at the
//! signals themselves, for a model and a batch.
//!
//! Each function takes its generator and gives F32; its form `_of` takes the element type too. Where PyTorch changes a tensor
//! in place, a parameter is set here:
//!
//! ```
//! use gradus_autograd::Params;
//! use gradus_nn::init::{self, Fan, Gain};
//! use gradus_nn::{Linear, Relu, sequential};
//! use gradus_tensor::{Tensor, rng};
//!
//! let mut rng = rng(0);
//! let mut model = sequential![Linear::new(4, 8, &mut rng), Relu, Linear::new(8, 2, &mut rng)];
//! for (name, param) in model.params_mut() {
//!     let shape = *param.shape();
//!     param.set(if name.ends_with("weight") {
//!         init::kaiming_normal(shape, Fan::In, Gain::Relu, &mut rng)
//!     } else {
//!         Tensor::zeros(shape)
//!     });
//! }
//! ```
//!
//! `torch.nn.init`'s `uniform_`, `normal_`, `constant_`, `ones_` and `zeros_` are [`Tensor::uniform`], [`Tensor::normal`],
//! [`Tensor::full`], [`Tensor::ones`] and [`Tensor::zeros`]; its `calculate_gain` is [`Gain::value`].

use gradus_tensor::{DType, Shape, Tensor};

/// Functions with a form for F32 and one, `_of`, that takes the element type.
macro_rules! both {
    ($($(#[$doc:meta])* $name:ident $name_of:ident($($arg:ident: $type:ty),*) |$shape:ident, $dtype:ident, $rng:ident| $body:expr;)*) => {$(
        $(#[$doc])*
        #[track_caller]
        pub fn $name(shape: impl Into<Shape>, $($arg: $type,)* rng: &mut impl rand::Rng) -> Tensor {
            $name_of(shape, $($arg,)* DType::F32, rng)
        }

        #[doc = concat!("As [`", stringify!($name), "`], in an element type, F32 or F64.")]
        ///
        /// # Panics
        #[doc = concat!("As [`", stringify!($name), "`]; or if `dtype` is no float.")]
        #[track_caller]
        pub fn $name_of(
            shape: impl Into<Shape>,
            $($arg: $type,)*
            dtype: DType,
            rng: &mut impl rand::Rng,
        ) -> Tensor {
            let ($shape, $dtype, $rng): (Shape, DType, _) = (shape.into(), dtype, rng);
            $body
        }
    )*};
}

mod lsuv;
mod structured;
mod truncated;

pub use lsuv::{Lsuv, lsuv};
pub use structured::{dirac, eye, orthogonal, orthogonal_of, sparse, sparse_of};
pub use truncated::{trunc_normal, trunc_normal_of};

/// What an activation does to the scale of a signal, to be made good by the weights.
#[doc(alias = "calculate_gain")]
#[doc(alias = "nonlinearity")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gain {
    /// 1: no activation, or a sigmoid.
    #[doc(alias = "sigmoid")]
    Linear,
    /// 5/3.
    Tanh,
    /// `$\sqrt 2$`.
    Relu,
    /// `$\sqrt{2/(1 + c^2)}$` with the negative slope c.
    LeakyRelu(f64),
    /// 3/4.
    Selu,
    /// A factor of one's own.
    Factor(f64),
}

impl Gain {
    /// The factor.
    ///
    /// # Source
    /// PyTorch's `nn.init.calculate_gain`.
    #[doc(alias = "calculate_gain")]
    pub fn value(self) -> f64 {
        match self {
            Self::Linear => 1.0,
            Self::Tanh => 5.0 / 3.0,
            Self::Relu => 2f64.sqrt(),
            Self::LeakyRelu(slope) => (2.0 / (1.0 + slope * slope)).sqrt(),
            Self::Selu => 0.75,
            Self::Factor(factor) => factor,
        }
    }
}

/// Which pass keeps its scale.
#[doc(alias = "mode")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fan {
    /// The forward pass.
    #[doc(alias = "fan_in")]
    In,
    /// The backward pass.
    #[doc(alias = "fan_out")]
    Out,
    /// Between both: the mean of the two numbers.
    #[doc(alias = "fan_avg")]
    Average,
}

impl Fan {
    /// The number of inputs, of outputs, or their mean, of a weight of this shape.
    ///
    /// # Panics
    /// As [`fans`].
    #[track_caller]
    fn of(self, shape: Shape) -> f64 {
        let (fan_in, fan_out) = fans(shape);
        match self {
            Self::In => fan_in as f64,
            Self::Out => fan_out as f64,
            Self::Average => (fan_in + fan_out) as f64 / 2.0,
        }
    }
}

/// What [`variance_scaling`] draws from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distribution {
    /// Normal.
    Normal,
    /// Normal within two deviations, made wider so that the variance stays: the `truncated_normal` of Keras and JAX.
    TruncatedNormal,
    /// Uniform.
    Uniform,
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

both! {
    /// Uniform in ±a, `$a = g\sqrt{6/(\mathit{in} + \mathit{out})}$`.
    ///
    /// # Source
    /// Glorot and Bengio 2010, equation 16.
    ///
    /// # Panics
    /// If the weight has fewer than two axes.
    #[doc(alias = "glorot_uniform")]
    xavier_uniform xavier_uniform_of(gain: Gain) |shape, dtype, rng|
        uniform(shape, std("xavier_uniform", shape, Fan::Average, gain), dtype, rng);

    /// Normal with standard deviation `$g\sqrt{2/(\mathit{in} + \mathit{out})}$`.
    ///
    /// # Source
    /// Glorot and Bengio 2010, equation 12.
    ///
    /// # Panics
    /// If the weight has fewer than two axes.
    #[doc(alias = "glorot_normal")]
    xavier_normal xavier_normal_of(gain: Gain) |shape, dtype, rng|
        Tensor::normal_of(shape, 0.0, std("xavier_normal", shape, Fan::Average, gain), dtype, rng);

    /// Uniform in ±a, `$a = g\sqrt{3/\mathit{fan}}$`.
    ///
    /// # Source
    /// He et al. 2015, section 2.2.
    ///
    /// # Panics
    /// If the weight has fewer than two axes.
    #[doc(alias = "he_uniform")]
    kaiming_uniform kaiming_uniform_of(fan: Fan, gain: Gain) |shape, dtype, rng|
        uniform(shape, std("kaiming_uniform", shape, fan, gain), dtype, rng);

    /// Normal with standard deviation `$g/\sqrt{\mathit{fan}}$`.
    ///
    /// # Source
    /// He et al. 2015, equations 10 and 14.
    ///
    /// # Panics
    /// If the weight has fewer than two axes.
    #[doc(alias = "he_normal")]
    kaiming_normal kaiming_normal_of(fan: Fan, gain: Gain) |shape, dtype, rng|
        Tensor::normal_of(shape, 0.0, std("kaiming_normal", shape, fan, gain), dtype, rng);

    /// Uniform in `$\pm\sqrt{3/\mathit{in}}$`: for activations of slope 1 at 0, as `selu`.
    ///
    /// # Source
    /// LeCun et al., "Efficient BackProp", 1998, equation 16; Klambauer et al. 2017.
    ///
    /// # Panics
    /// If the weight has fewer than two axes.
    lecun_uniform lecun_uniform_of() |shape, dtype, rng|
        uniform(shape, std("lecun_uniform", shape, Fan::In, Gain::Linear), dtype, rng);

    /// Normal with standard deviation `$1/\sqrt{\mathit{in}}$`, not truncated (Keras and JAX truncate:
    /// [`variance_scaling`]).
    ///
    /// # Source
    /// LeCun et al., "Efficient BackProp", 1998, equation 16.
    ///
    /// # Panics
    /// If the weight has fewer than two axes.
    lecun_normal lecun_normal_of() |shape, dtype, rng|
        Tensor::normal_of(shape, 0.0, std("lecun_normal", shape, Fan::In, Gain::Linear), dtype, rng);

    /// Of variance `$s/\mathit{fan}$`, from one of three distributions: the general form of Keras and JAX, of which
    /// `he_normal` is `(2, Fan::In, TruncatedNormal)` and `glorot_uniform` is `(1, Fan::Average, Uniform)`.
    ///
    /// # Source
    /// `jax.nn.initializers.variance_scaling`.
    ///
    /// # Panics
    /// If the weight has fewer than two axes, or the scale is not above 0.
    variance_scaling variance_scaling_of(scale: f64, fan: Fan, distribution: Distribution) |shape, dtype, rng| {
        assert!(
            scale > 0.0 && scale.is_finite(),
            "variance_scaling: the scale is {scale}; it must be finite and above 0"
        );
        let std = std("variance_scaling", shape, fan, Gain::Factor(scale.sqrt()));
        match distribution {
            Distribution::Normal => Tensor::normal_of(shape, 0.0, std, dtype, rng),
            Distribution::TruncatedNormal => truncated::within_two(shape, std, dtype, rng),
            Distribution::Uniform => uniform(shape, std, dtype, rng),
        }
    };
}

/// `$g/\sqrt{\mathit{fan}}$`.
#[track_caller]
fn std(op: &str, shape: Shape, fan: Fan, gain: Gain) -> f64 {
    let factor = gain.value();
    assert!(
        factor.is_finite() && factor >= 0.0,
        "{op}: the gain is {factor}; it must be finite and at least 0"
    );
    factor / fan.of(shape).max(1.0).sqrt()
}

/// Uniform around 0 with the given standard deviation.
#[track_caller]
fn uniform(shape: Shape, std: f64, dtype: DType, rng: &mut impl rand::Rng) -> Tensor {
    let bound = 3f64.sqrt() * std;
    Tensor::uniform_of(shape, -bound, bound, dtype, rng)
}

#[cfg(test)]
mod tests;
