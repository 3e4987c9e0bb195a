//! What a layer is, and layers in a row.

use std::fmt::Debug;
use std::panic::Location;

use gradus_autograd::{Param, Params, Tape, Var};
use gradus_tensor::{DType, Tensor};

use crate::input::Place;

/// A layer or a model: parameters and a function of one value.
///
/// `forward` changes nothing in the layer: what depends on training (dropout, batch statistics) it asks of the tape of its
/// input. So threads can share a model, each with a tape of its own.
///
/// ```
/// use gradus_autograd::{Param, Var, params};
/// use gradus_nn::Module;
///
/// #[derive(Debug, Clone)]
/// struct Scale { factor: Param }
/// params!(Scale { factor });
/// impl Module for Scale {
///     fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
///         x * x.tape().param(&self.factor)
///     }
/// }
/// assert_eq!(Scale { factor: Param::new(3f32) }.predict(&2f32.into()).item(), 6.0);
/// ```
///
/// A clone of a layer or model is a deep copy: its parameters are others, with the same values. `Box<dyn Module>` is `Clone`
/// too, so a model of boxed layers can derive it.
pub trait Module: Params + CloneModule + Debug + Send + Sync {
    /// The value for an input, on the tape of the input.
    #[track_caller]
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t>;

    /// The value for an input as numbers, with dropout and recording off.
    #[track_caller]
    fn predict(&self, x: &Tensor) -> Tensor {
        let tape = Tape::inference();
        self.forward(tape.constant(x)).value()
    }

    /// Converts all floating parameters to another float type; [`Params::to`] gives the converted model.
    fn convert(&mut self, dtype: DType) {
        self.visit_mut("", &mut |_, param| param.convert(dtype));
    }
}

/// What makes `Box<dyn Module>` a `Clone`. Every layer that is `Clone` has it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a layer that cannot be copied",
    label = "no `Clone`",
    note = "derive it: `#[derive(Debug, Clone)]`"
)]
pub trait CloneModule {
    /// A copy in a box.
    fn clone_module<'a>(&self) -> Box<dyn Module + 'a>
    where
        Self: 'a;
}

impl<M: Module + Clone> CloneModule for M {
    fn clone_module<'a>(&self) -> Box<dyn Module + 'a>
    where
        Self: 'a,
    {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn Module> {
    fn clone(&self) -> Self {
        (**self).clone_module()
    }
}

impl<M: Module + ?Sized> Module for Box<M>
where
    Self: Clone,
{
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        (**self).forward(x)
    }
}

/// Layers in a row. Their parameters are named by place: `0.weight`, `2.bias`. Made by [`sequential!`](crate::sequential)
/// or by [`Self::push`].
///
/// ```
/// use gradus_autograd::Params;
/// use gradus_nn::{Linear, Module, Relu, Sequential, sequential};
/// use gradus_tensor::{Tensor, rng};
///
/// let mut rng = rng(0);
/// let mut model: Sequential = sequential![Linear::new(4, 8, &mut rng), Relu];
/// model.push(Linear::new(8, 3, &mut rng));
/// assert_eq!(model.predict(&Tensor::zeros([5, 4])).shape()[..], [5, 3]);
/// let names: Vec<String> = model.params().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["0.weight", "0.bias", "2.weight", "2.bias"]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Sequential {
    /// The layers, in the order in which they run.
    pub layers: Vec<Box<dyn Module>>,
}

impl Sequential {
    /// Without layers: the identity.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a layer at the end.
    pub fn push(&mut self, layer: impl Module + 'static) {
        self.layers.push(Box::new(layer));
    }
}

impl Params for Sequential {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        self.layers.visit(prefix, f);
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        self.layers.visit_mut(prefix, f);
    }
}

impl Module for Sequential {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let _entered = x.tape().enter(Location::caller());
        let mut x = x;
        for (i, layer) in self.layers.iter().enumerate() {
            let _place = Place::of(i);
            x = layer.forward(x);
        }
        x
    }
}

/// Layers in a row: `sequential![Linear::new(2, 8, &mut rng), Relu, Linear::new(8, 1, &mut rng)]`.
#[macro_export]
macro_rules! sequential {
    ($($layer:expr),* $(,)?) => {
        $crate::Sequential { layers: ::std::vec![$(::std::boxed::Box::new($layer)),*] }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Linear, Relu};

    #[test]
    fn layers_run_in_order_and_are_named_by_place() {
        let mut rng = gradus_tensor::rng(1);
        let model = sequential![Linear::new(3, 4, &mut rng), Relu, Linear::new(4, 2, &mut rng)];
        let names: Vec<String> = model.params().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["0.weight", "0.bias", "2.weight", "2.bias"]);
        let x = Tensor::randn([5, 3], &mut rng);
        let by_hand = model.layers[2].predict(&model.layers[1].predict(&model.layers[0].predict(&x)));
        assert!(model.predict(&x).equal(&by_hand));
    }

    #[test]
    fn an_empty_row_is_the_identity() {
        let x = Tensor::from([1.0f32, -2.0]);
        assert!(Sequential::new().predict(&x).equal(&x));
    }

    #[test]
    fn a_clone_is_a_deep_copy() {
        let mut rng = gradus_tensor::rng(1);
        let model = sequential![Linear::new(3, 4, &mut rng), sequential![Relu, Linear::new(4, 2, &mut rng)]];
        let mut copy = model.clone();
        let x = Tensor::randn([5, 3], &mut rng);
        let before = model.predict(&x);
        assert!(copy.predict(&x).equal(&before));
        let ids = |model: &Sequential| model.params().iter().map(|(_, p)| p.id()).collect::<Vec<_>>();
        assert!(ids(&model).iter().all(|id| !ids(&copy).contains(id)));
        copy.params_mut().into_iter().for_each(|(_, param)| param.set(param.value() * 2.0));
        assert!(model.predict(&x).equal(&before) && !copy.predict(&x).equal(&before));
    }

    /// Layers that look at their width, each behind one that makes another.
    #[test]
    fn a_wrong_width_names_the_layers_place() {
        let mut rng = gradus_tensor::rng(1);
        let rng = &mut rng;
        let wrong: Vec<Box<dyn Module>> = vec![
            Box::new(Linear::new(3, 2, rng)),
            Box::new(crate::BatchNorm::new(3)),
            Box::new(crate::LayerNorm::new(3)),
            Box::new(crate::RmsNorm::new(3)),
            Box::new(crate::GroupNorm::new(1, 3)),
            Box::new(crate::Lstm::new(3, 2, rng)),
        ];
        for layer in wrong {
            let mut inner = sequential![Relu, Relu];
            inner.layers.push(layer);
            let model = sequential![Linear::new(3, 4, rng), inner];
            let run = || model.predict(&Tensor::zeros([5, 3]));
            let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err();
            let message = payload.downcast_ref::<String>().expect("a message");
            assert!(message.ends_with("; it is layer 1.2 of its row"), "{message}");
            // The place is left in a panic, too.
            let alone = || Linear::new(3, 2, &mut gradus_tensor::rng(0)).predict(&Tensor::zeros([5, 4]));
            let payload = std::panic::catch_unwind(alone).unwrap_err();
            assert!(payload.downcast_ref::<String>().expect("a message").ends_with("differ"));
        }
    }

    #[test]
    fn conversion_reaches_every_layer() {
        let mut rng = gradus_tensor::rng(1);
        let mut model = Sequential::new();
        model.push(Linear::new(3, 4, &mut rng));
        model.convert(DType::F64);
        assert_eq!(model.predict(&Tensor::zeros_of([1, 3], DType::F64)).dtype(), DType::F64);
    }
}
