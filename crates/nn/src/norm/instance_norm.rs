//! Instance normalisation: each channel of each sample by its own mean and variance.

use gradus_autograd::{Mode, Param, Params, Var, join};
use gradus_tensor::Tensor;

use super::Running;
use crate::input::{Batched, at_least_zero, place};
use crate::module::Module;

/// `$y = (x - \mu)/\sqrt{\sigma^2 + \varepsilon}$` of `[N, C, …]`, with mean and biased variance over the places of a channel,
/// for each sample: one layer for what PyTorch calls `InstanceNorm1d`, `2d` and `3d`.
///
/// With [`Self::with_affine`] each channel is scaled and shifted, `$\gamma_c y + \beta_c$`. With [`Self::with_running`] the layer
/// keeps running statistics as [`BatchNorm`](crate::BatchNorm) does, of the mean over the samples of their means and unbiased
/// variances; outside of training they stand for the sample's own.
///
/// ```
/// use gradus_nn::{InstanceNorm, Module};
/// use gradus_tensor::Tensor;
/// let y = InstanceNorm::new(2).predict(&Tensor::from([[[1f32, 3.0], [30.0, 10.0]]]));
/// assert!(y.allclose(&Tensor::from([[[-1f32, 1.0], [1.0, -1.0]]]), 1e-4, 0.0));
/// ```
///
/// # Source
/// Ulyanov, Vedaldi and Lempitsky, "Instance Normalization", 2016; PyTorch's `nn.InstanceNorm2d`.
#[derive(Debug, Clone)]
#[doc(alias = "InstanceNorm1d")]
#[doc(alias = "InstanceNorm2d")]
#[doc(alias = "InstanceNorm3d")]
pub struct InstanceNorm {
    /// The scale `$\gamma$`, `[C]`.
    pub weight: Option<Param>,
    /// The shift `$\beta$`, `[C]`.
    pub bias: Option<Param>,
    /// The running statistics. The number of batches in them stays 0, as PyTorch's.
    pub running: Option<Running>,
    /// The number of channels.
    pub channels: usize,
    /// The number of spatial axes, where an input may lack its batch axis.
    pub axes: Option<usize>,
    /// How much a batch counts in the running statistics.
    pub momentum: f64,
    /// `$\varepsilon$`.
    pub eps: f64,
}

impl Params for InstanceNorm {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        self.weight.visit(&join(prefix, "weight"), f);
        self.bias.visit(&join(prefix, "bias"), f);
        self.running.visit(prefix, f);
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        self.weight.visit_mut(&join(prefix, "weight"), f);
        self.bias.visit_mut(&join(prefix, "bias"), f);
        self.running.visit_mut(prefix, f);
    }
}

impl InstanceNorm {
    /// Without parameters and running statistics; momentum 0.1, `$\varepsilon = 10^{-5}$`.
    pub fn new(channels: usize) -> Self {
        Self { weight: None, bias: None, running: None, channels, axes: None, momentum: 0.1, eps: 1e-5 }
    }

    /// For inputs of this number of spatial axes, as PyTorch's `InstanceNorm1d`, `2d` and `3d`: one sample may come without
    /// its batch axis, `[C, …]`.
    #[must_use]
    pub fn with_axes(self, axes: usize) -> Self {
        Self { axes: Some(axes), ..self }
    }

    /// With scale 1 and shift 0, F32.
    #[must_use]
    #[track_caller]
    pub fn with_affine(self) -> Self {
        let (ones, zeros) = (Tensor::ones(self.channels), Tensor::zeros(self.channels));
        Self { weight: Some(Param::new(ones)), bias: Some(Param::new(zeros)), ..self }
    }

    /// With running statistics, mean 0 and variance 1, F32.
    #[must_use]
    #[track_caller]
    pub fn with_running(self) -> Self {
        Self { running: Some(Running::new(self.channels)), ..self }
    }

    /// Hands the new values of the running statistics to the tape.
    fn update(&self, running: &Running, x: Var<'_>, places: usize) {
        let share = x.tape().statistics_share().unwrap_or(self.momentum);
        let shape = x.shape();
        let rows = x.value().reshape([shape[0], self.channels, places]);
        running.move_to(x, rows.mean_axes([0, 2]), rows.var_axes(2, 1).mean_axes(0), share);
    }

    /// The value for `[N, C, …]`.
    #[track_caller]
    fn normalise<'t>(&self, x: Var<'t>) -> Var<'t> {
        let (tape, shape) = (x.tape(), x.shape());
        let eps = at_least_zero("instance_norm", "eps", self.eps);
        let momentum = self.momentum;
        assert!(
            (0.0..=1.0).contains(&momentum),
            "instance_norm: momentum is {momentum}; it must be at least 0 and at most 1"
        );
        assert!(
            shape.len() >= 3 && shape[1] == self.channels,
            "instance_norm: the input must be [N, {}, …] with one spatial axis or more, got {shape}{}",
            self.channels,
            place()
        );
        let lift = |param: &Option<Param>| param.as_ref().map(|param| tape.param(param));
        let (weight, bias) = (lift(&self.weight), lift(&self.bias));
        let places: usize = shape[2..].iter().product();
        assert!(
            places > 1 || !matches!(tape.mode(), Mode::Training(_)),
            "instance_norm: {shape} has {places} value in each channel of a sample; training needs more than one"
        );
        if let Some(running) = &self.running {
            if !tape.is_training_for("InstanceNorm") {
                let (mean, variance) = (tape.param(&running.running_mean), tape.param(&running.running_var));
                return x.batch_norm_with(mean, variance, weight, bias, eps);
            }
            if shape[0] > 0 {
                self.update(running, x, places);
            }
        }
        x.group_norm(self.channels, weight, bias, eps)
    }
}

impl Module for InstanceNorm {
    /// # Panics
    /// If the input has not the layer's channels on its second axis or no further axes, or if a channel has a single value
    /// in training.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let Some(axes) = self.axes else { return self.normalise(x) };
        let input = Batched::of("instance_norm", x, axes);
        input.back(self.normalise(input.x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;
    use gradus_autograd::Tape;
    use gradus_tensor::DType;

    #[test]
    fn running_statistics_are_means_over_samples() {
        let mut layer = InstanceNorm { eps: 0.0, ..InstanceNorm::new(1).with_affine().with_running() };
        layer.convert(DType::F64);
        // Means 2 and 20, unbiased variances 2 and 200.
        let x = Tensor::from([[[1.0, 3.0]], [[30.0, 10.0]]]);
        let tape = Tape::training(0);
        let y = layer.forward(tape.constant(&x));
        assert_eq!(y.value().to_f64_vec(), [-1.0, 1.0, 1.0, -1.0]);
        let new: Vec<f64> = tape.updates().iter().map(|(_, value)| value.item()).collect();
        assert!(
            abs_diff_eq!(new[0], 1.1, epsilon = 1e-15) && abs_diff_eq!(new[1], 0.9 + 10.1, epsilon = 1e-14),
            "{new:?}"
        );
        // Elsewhere mean 0 and variance 1.
        assert_eq!(layer.predict(&x), x);
        let names: Vec<String> = layer.params().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]);
    }

    #[test]
    #[should_panic(
        expected = "instance_norm: the input must be [N, 2, …] with one spatial axis or more, got [2, 2]"
    )]
    fn missing_axes_are_named() {
        InstanceNorm::new(2).predict(&Tensor::zeros([2, 2]));
    }

    #[test]
    #[should_panic(
        expected = "instance_norm: [3, 2, 1] has 1 value in each channel of a sample; training needs"
    )]
    fn a_single_value_has_no_variance() {
        let tape = Tape::training(0);
        InstanceNorm::new(2).forward(tape.constant(Tensor::zeros([3, 2, 1])));
    }

    #[test]
    fn one_sample_without_a_batch_axis() {
        let layer = InstanceNorm::new(3).with_axes(2).with_affine();
        let x = Tensor::randn([3, 4, 2], &mut gradus_tensor::rng(0));
        let (one, batch) = (layer.predict(&x), layer.predict(&x.unsqueeze(0)));
        assert!(one.equal(&batch.squeeze_axis(0)));
    }
}
