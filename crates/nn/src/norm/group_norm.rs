//! Group normalisation: each group of channels of each sample by its own mean and variance.

use gradus_autograd::{Param, Var, params};
use gradus_tensor::Tensor;

use crate::input::{at_least_zero, place};
use crate::module::Module;

/// `$y = \gamma_c\,(x - \mu)/\sqrt{\sigma^2 + \varepsilon} + \beta_c$` of `[N, C, …]`, with mean and biased variance over the
/// channels of a group and their places, for each sample.
///
/// ```
/// use gradus_nn::{GroupNorm, Module};
/// use gradus_tensor::Tensor;
/// let layer = GroupNorm::new(2, 4); // 4 channels in 2 groups
/// let y = layer.predict(&Tensor::from([[1f32, 3.0, 30.0, 10.0]]));
/// assert!(y.allclose(&Tensor::from([[-1f32, 1.0, 1.0, -1.0]]), 1e-4, 0.0));
/// ```
///
/// Without scale and shift: `GroupNorm { weight: None, bias: None, ..GroupNorm::new(2, 4) }`.
///
/// # Source
/// Wu and He, "Group Normalization", 2018; PyTorch's `nn.GroupNorm`.
#[derive(Debug, Clone)]
pub struct GroupNorm {
    /// The scale `$\gamma$`, `[C]`.
    pub weight: Option<Param>,
    /// The shift `$\beta$`, `[C]`.
    pub bias: Option<Param>,
    /// The number of groups.
    pub groups: usize,
    /// The number of channels, a multiple of the groups.
    pub channels: usize,
    /// `$\varepsilon$`.
    pub eps: f64,
}

params!(GroupNorm { weight, bias });

impl GroupNorm {
    /// Scale 1, shift 0, `$\varepsilon = 10^{-5}$`, F32.
    ///
    /// # Panics
    /// If the channels cannot be split into the groups.
    #[track_caller]
    pub fn new(groups: usize, channels: usize) -> Self {
        assert!(
            groups > 0 && channels.is_multiple_of(groups),
            "group_norm: {channels} channels cannot be split into {groups} groups"
        );
        let (ones, zeros) = (Tensor::ones(channels), Tensor::zeros(channels));
        let (weight, bias) = (Some(Param::new(ones)), Some(Param::new(zeros)));
        Self { weight, bias, groups, channels, eps: 1e-5 }
    }
}

impl Module for GroupNorm {
    /// # Panics
    /// If the input has not the layer's channels on its second axis.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let (tape, shape) = (x.tape(), x.shape());
        let eps = at_least_zero("group_norm", "eps", self.eps);
        assert!(
            shape.get(1) == Some(&self.channels),
            "group_norm: the input must be [N, {}, …], got {shape}{}",
            self.channels,
            place()
        );
        let lift = |param: &Option<Param>| param.as_ref().map(|param| tape.param(param));
        x.group_norm(self.groups, lift(&self.weight), lift(&self.bias), eps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_and_shift_are_of_channels() {
        let layer = GroupNorm {
            weight: Some(Param::new(Tensor::from([2.0, 3.0]))),
            bias: Some(Param::new(Tensor::from([0.5, 0.0]))),
            eps: 0.0,
            ..GroupNorm::new(1, 2)
        };
        // Mean 2 and deviation 1; mean 20 and deviation 10.
        let x = Tensor::from([[1.0, 3.0], [30.0, 10.0]]);
        assert_eq!(layer.predict(&x).to_f64_vec(), [-1.5, 3.0, 2.5, -3.0]);
    }

    #[test]
    #[should_panic(expected = "group_norm: 3 channels cannot be split into 2 groups")]
    fn wrong_groups_are_named() {
        GroupNorm::new(2, 3);
    }

    #[test]
    #[should_panic(expected = "group_norm: the input must be [N, 4, …], got [2, 3]")]
    fn wrong_channels_are_named() {
        GroupNorm::new(2, 4).predict(&Tensor::zeros([2, 3]));
    }
}
