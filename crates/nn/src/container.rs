//! Layers around and beside layers: residual connections and branches.

use std::panic::Location;

use gradus_autograd::{Param, Params, Var};

use crate::input::Place;
use crate::module::Module;

/// A layer and a way past it: `$x + f(x)$`. The parameters have the names they have in the layer.
///
/// ```
/// use gradus_nn::{Linear, Module, Relu, Residual, sequential};
/// use gradus_tensor::{Tensor, rng};
/// let block = Residual(sequential![Linear::new(8, 8, &mut rng(0)), Relu]);
/// let model = sequential![block, Linear::new(8, 1, &mut rng(0))];
/// assert_eq!(model.predict(&Tensor::zeros([5, 8])).shape()[..], [5, 1]);
/// ```
///
/// # Source
/// He et al., "Deep Residual Learning for Image Recognition", 2015.
#[derive(Debug, Clone, Copy, Default)]
pub struct Residual<M>(
    /// The layer; its result has the shape of its input.
    pub M,
);

impl<M: Params> Params for Residual<M> {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        self.0.visit(prefix, f);
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        self.0.visit_mut(prefix, f);
    }
}

impl<M: Module + Clone> Module for Residual<M> {
    /// # Panics
    /// If the layer gives another shape than it is given.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let _entered = x.tape().enter(Location::caller());
        let y = self.0.forward(x);
        assert!(
            y.shape() == x.shape(),
            "residual: the layer makes {} of {}; for x + f(x) both must be one shape",
            y.shape(),
            x.shape()
        );
        x + y
    }
}

/// How the results of [`Parallel`] layers become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// One after the other along an axis.
    Cat(isize),
    /// Their sum.
    Sum,
}

impl Default for Merge {
    /// Along the channels, axis 1.
    fn default() -> Self {
        Self::Cat(1)
    }
}

/// Layers side by side, each for the same input, their results put together. Their parameters are named by place:
/// `0.weight`, `1.weight`.
///
/// ```
/// use gradus_nn::{Conv2d, ConvOptions, Merge, Module, Padding, Parallel};
/// use gradus_tensor::{Tensor, rng};
/// let same = || ConvOptions { padding: Padding::Same, ..ConvOptions::default() };
/// let mut block = Parallel::new(Merge::Cat(1));
/// block.push(Conv2d::new(3, 4, [1, 1], same(), &mut rng(0)));
/// block.push(Conv2d::new(3, 8, [3, 3], same(), &mut rng(1)));
/// assert_eq!(block.predict(&Tensor::zeros([1, 3, 9, 9])).shape()[..], [1, 12, 9, 9]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Parallel {
    /// The layers.
    pub layers: Vec<Box<dyn Module>>,
    /// How their results become one.
    pub merge: Merge,
}

impl Parallel {
    /// Without layers.
    pub fn new(merge: Merge) -> Self {
        Self { layers: Vec::new(), merge }
    }

    /// Adds a layer at the end.
    pub fn push(&mut self, layer: impl Module + 'static) {
        self.layers.push(Box::new(layer));
    }
}

impl Params for Parallel {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        self.layers.visit(prefix, f);
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        self.layers.visit_mut(prefix, f);
    }
}

impl Module for Parallel {
    /// # Panics
    /// If there are no layers, or their results do not fit together.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let _entered = x.tape().enter(Location::caller());
        assert!(!self.layers.is_empty(), "parallel: there are no layers; push one");
        let mut parts = Vec::with_capacity(self.layers.len());
        for (i, layer) in self.layers.iter().enumerate() {
            let _place = Place::of(i);
            parts.push(layer.forward(x));
        }
        match self.merge {
            Merge::Cat(axis) => Var::cat(&parts, axis),
            Merge::Sum => {
                let mut sum = parts[0];
                for &part in &parts[1..] {
                    assert!(
                        part.shape() == sum.shape(),
                        "parallel: results of {} and {} have no sum; all must be one shape",
                        sum.shape(),
                        part.shape()
                    );
                    sum += part;
                }
                sum
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Linear, Relu, Tanh};
    use gradus_tensor::{Tensor, rng};

    #[test]
    fn the_way_past_adds_the_input() {
        let layer = Linear::new(3, 3, &mut rng(0));
        let x = Tensor::randn([2, 3], &mut rng(1));
        let y = Residual(layer.clone()).predict(&x);
        assert!(y.equal(&(&x + &layer.predict(&x))));
        assert_eq!(Residual(layer).params()[0].0, "weight");
    }

    #[test]
    fn results_stand_side_by_side_or_are_added() {
        let mut both = Parallel::new(Merge::Cat(-1));
        both.push(Relu);
        both.push(Tanh);
        let x = Tensor::from([[-1.0, 2.0]]);
        let tanh = [(-1f64).tanh(), 2f64.tanh()];
        assert_eq!(both.predict(&x).to_f64_vec(), [0.0, 2.0, tanh[0], tanh[1]]);
        both.merge = Merge::Sum;
        assert_eq!(both.predict(&x).to_f64_vec(), [tanh[0], 2.0 + tanh[1]]);
        both.layers[0] = Box::new(Linear::new(2, 5, &mut rng(0)));
        assert_eq!(both.params()[0].0, "0.weight");
    }

    #[test]
    #[should_panic(
        expected = "residual: the layer makes [1, 2] of [1, 3]; for x + f(x) both must be one shape"
    )]
    fn another_shape_is_named() {
        Residual(Linear::new(3, 2, &mut rng(0))).predict(&Tensor::zeros([1, 3]));
    }
}
