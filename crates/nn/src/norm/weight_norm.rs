//! Weight normalisation: a weight as its direction and its length.

use gradus_autograd::{Param, Params, Var, join};
use gradus_tensor::{Axes, Tensor};

use super::parametrized::{find, others, others_mut};
use crate::module::Module;

/// A layer whose weight is `$w = g\,v/\lVert v \rVert$`: its length g and its direction v are learnt apart, one length for each
/// place of an axis.
///
/// The names are those of PyTorch's `parametrizations.weight_norm`: `bias` and the other parameters of the layer as they were,
/// `parametrizations.weight.original0` for g, `parametrizations.weight.original1` for v.
///
/// ```
/// use gradus_autograd::Params;
/// use gradus_nn::{Linear, Module, WeightNorm};
/// use gradus_tensor::{Tensor, rng};
///
/// let plain = Linear::new(3, 2, &mut rng(0));
/// let layer = WeightNorm::new(plain.clone());
/// let x = Tensor::ones([1, 3]);
/// assert!(layer.predict(&x).allclose(&plain.predict(&x), 1e-6, 0.0)); // at first nothing changes
/// let names: Vec<String> = layer.params().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["bias", "parametrizations.weight.original0", "parametrizations.weight.original1"]);
/// ```
///
/// # Source
/// Salimans and Kingma, "Weight Normalization", 2016; PyTorch's `nn.utils.parametrizations.weight_norm`.
#[derive(Debug, Clone)]
pub struct WeightNorm<M> {
    /// The layer. Its own weight is not used.
    pub layer: M,
    /// The name of the weight.
    name: String,
    /// The axis along which there is one length for each place; `None`: one for all.
    axis: Option<usize>,
    /// The length g.
    pub original0: Param,
    /// The direction v, of any length.
    pub original1: Param,
}

impl<M: Params> WeightNorm<M> {
    /// Of the parameter `weight` of a layer, with a length for each place of its first axis: for each output of a
    /// [`Linear`](crate::Linear) or a convolution.
    ///
    /// # Panics
    /// If the layer has no such parameter.
    #[track_caller]
    pub fn new(layer: M) -> Self {
        Self::of(layer, "weight", Some(0))
    }

    /// Of a parameter by name, with a length for each place of an axis, or one for all with `None`.
    ///
    /// # Panics
    /// If the layer has no such parameter, or that no such axis.
    #[track_caller]
    pub fn of(layer: M, name: &str, axis: Option<usize>) -> Self {
        let weight = find("weight_norm", &layer, name).value().clone();
        let rank = weight.rank();
        assert!(axis.is_none_or(|a| a < rank), "weight_norm: axis {axis:?} of {name}, which has {rank} axes");
        let length = match axes(axis, rank) {
            Some(axes) => weight.norm_keep(axes),
            None => weight.norm(),
        };
        let (original0, original1) = (Param::new(length), Param::new(weight));
        Self { layer, name: name.to_string(), axis, original0, original1 }
    }

    /// The weight that the layer computes with.
    pub fn weight(&self) -> Tensor {
        let tape = gradus_autograd::Tape::inference();
        let (g, v) = (tape.constant(self.original0.value()), tape.constant(self.original1.value()));
        self.normed(g, v).value()
    }

    fn normed<'t>(&self, g: Var<'t>, v: Var<'t>) -> Var<'t> {
        match axes(self.axis, v.rank()) {
            Some(axes) => v * (g / v.norm_keep(axes)),
            None => v * (g / v.norm()),
        }
    }
}

/// All axes but one.
fn axes(axis: Option<usize>, rank: usize) -> Option<Axes> {
    let axis = axis?;
    Some((0..rank as isize).filter(|&a| a != axis as isize).collect::<Vec<_>>().into())
}

impl<M: Params> Params for WeightNorm<M> {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        others(&self.layer, &self.name, prefix, f);
        let inside = join(&join(prefix, "parametrizations"), &self.name);
        f(&join(&inside, "original0"), &self.original0);
        f(&join(&inside, "original1"), &self.original1);
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        others_mut(&mut self.layer, &self.name, prefix, f);
        let inside = join(&join(prefix, "parametrizations"), &self.name);
        f(&join(&inside, "original0"), &mut self.original0);
        f(&join(&inside, "original1"), &mut self.original1);
    }
}

impl<M: Module + Clone> Module for WeightNorm<M> {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let tape = x.tape();
        let weight = self.normed(tape.param(&self.original0), tape.param(&self.original1));
        let _substituted = tape.substitute(find("weight_norm", &self.layer, &self.name), weight);
        self.layer.forward(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Conv1d, ConvOptions, Linear};
    use approx::assert_abs_diff_eq;
    use gradus_autograd::{Tape, value_and_grad};
    use gradus_tensor::rng;

    #[test]
    fn a_weight_by_hand() {
        let linear = Linear { weight: Param::new(Tensor::from([[3.0, 4.0], [0.0, 2.0]])), bias: None };
        let mut layer = WeightNorm::new(linear.clone());
        assert_eq!(layer.original0.value().to_f64_vec(), [5.0, 2.0]);
        assert_eq!(layer.original0.shape()[..], [2, 1]);
        layer.original0.set(Tensor::from([[10.0], [1.0]]));
        assert_eq!(layer.weight().to_f64_vec(), [6.0, 8.0, 0.0, 1.0]);
        assert_eq!(layer.predict(&Tensor::from([[1.0, 1.0]])).to_f64_vec(), [14.0, 1.0]);
        let whole = WeightNorm::of(linear, "weight", None);
        assert_eq!(whole.original0.shape().len(), 0);
        assert_abs_diff_eq!(whole.original0.value().item(), 29f64.sqrt(), epsilon = 1e-15);
    }

    #[test]
    fn gradients_go_to_length_and_direction_alone() {
        let layer = WeightNorm::new(Conv1d::new(2, 3, [2], ConvOptions::default(), &mut rng(0)));
        let x = Tensor::randn([2, 2, 5], &mut rng(1));
        let (_, gradients) = value_and_grad(|tape| layer.forward(tape.constant(&x)).square().sum());
        assert_eq!(gradients.len(), 3);
        assert!(gradients.get(&layer.layer.weight).is_none());
        // The length does not change along the direction: the gradient in v is orthogonal to v.
        let slope = gradients.get(&layer.original1).unwrap() * layer.original1.value();
        assert!(slope.sum_axes([1, 2]).abs().max().item() < 1e-4);
        // Twice on one tape, and the layer has its own weight afterwards.
        let tape = Tape::new();
        let (a, b) = (layer.forward(tape.constant(&x)), layer.forward(tape.constant(&x)));
        assert!(a.value().equal(&b.value()));
    }

    #[test]
    #[should_panic(expected = "weight_norm: the layer has no parameter wight; it has weight, bias")]
    fn a_wrong_name_is_named() {
        WeightNorm::of(Linear::new(2, 2, &mut rng(0)), "wight", None);
    }
}
