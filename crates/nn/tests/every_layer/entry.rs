//! A row of a table: how a layer is built and what it is given.

use std::rc::Rc;

use gradus_autograd::{Param, Params, Var};
use gradus_nn::Module;
use gradus_tensor::{DType, Rng, Tensor, rng};

use crate::panics::panic_in;

/// A layer that is called otherwise than by `forward`: `of(a, b)` of parts of the input and the like.
#[derive(Debug, Clone)]
struct Called<M> {
    layer: M,
    call: for<'t> fn(&M, Var<'t>) -> Var<'t>,
}

impl<M: Params> Params for Called<M> {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        self.layer.visit(prefix, f);
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        self.layer.visit_mut(prefix, f);
    }
}

impl<M: Params + std::fmt::Debug + Clone + Send + Sync> Module for Called<M> {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        (self.call)(&self.layer, x)
    }
}

type Build = dyn Fn(&mut Rng) -> Box<dyn Module>;
type Refusal = dyn Fn(&Tensor) -> Option<(String, String)>;

/// One way to build a layer, and its input.
pub(crate) struct Entry {
    /// The type's name.
    pub(crate) name: &'static str,
    pub(crate) build: Box<Build>,
    /// What a layer in F64 says to an input, and the file where that points, if it refuses it.
    pub(crate) refusal: Box<Refusal>,
    /// Whether it holds layers behind `dyn`, where the caller's line is lost.
    pub(crate) boxes: bool,
    /// The shape of the input: a batch of at least two in front, sizes that are odd where they can be.
    pub(crate) shape: &'static [usize],
    /// Below this number are the elements of an input of I64.
    pub(crate) indices: Option<i64>,
    /// To which order it is differentiated.
    pub(crate) order: usize,
    /// Whether the samples of a batch know nothing of each other.
    pub(crate) independent: bool,
}

/// A layer by its name, the shape of its input, and how it is built.
pub(crate) fn layer<M: Module + Clone + 'static>(
    name: &'static str,
    shape: &'static [usize],
    build: impl Fn(&mut Rng) -> M + 'static,
) -> Entry {
    let build = Rc::new(build);
    let again = Rc::clone(&build);
    let refusal = move |x: &Tensor| {
        let mut layer = again(&mut rng(0));
        layer.convert(DType::F64);
        panic_in(|| layer.predict(x)).err()
    };
    Entry {
        name,
        build: Box::new(move |rng| Box::new(build(rng))),
        refusal: Box::new(refusal),
        boxes: false,
        shape,
        indices: None,
        order: 2,
        independent: true,
    }
}

/// As [`layer`], of a layer that is called otherwise.
pub(crate) fn called<M: Params + std::fmt::Debug + Clone + Send + Sync + 'static>(
    name: &'static str,
    shape: &'static [usize],
    build: impl Fn(&mut Rng) -> M + 'static,
    call: for<'t> fn(&M, Var<'t>) -> Var<'t>,
) -> Entry {
    layer(name, shape, move |rng| Called { layer: build(rng), call })
}

impl Entry {
    /// The input is I64, below `n`.
    pub(crate) fn indices(mut self, n: i64) -> Self {
        self.indices = Some(n);
        self
    }

    /// It holds layers behind `dyn`.
    pub(crate) fn of_boxes(mut self) -> Self {
        self.boxes = true;
        self
    }

    /// The samples of a batch are normalised together.
    pub(crate) fn of_the_whole_batch(mut self) -> Self {
        self.independent = false;
        self
    }

    /// The layer in F64 with parameters drawn at random, none of them at its beginning.
    pub(crate) fn drawn(&self, rng: &mut Rng) -> Box<dyn Module> {
        let mut layer = (self.build)(rng);
        layer.convert(DType::F64);
        layer.visit_mut("", &mut |_, param| {
            let shape = *param.shape();
            if param.is_trainable() {
                param.set(Tensor::uniform_of(shape, 0.3, 1.2, DType::F64, rng) * sign(&shape, rng));
            } else if param.value().dtype().is_float() {
                param.set(Tensor::uniform_of(shape, 0.5, 1.5, DType::F64, rng));
            }
        });
        layer
    }

    /// An input, F64 or I64.
    pub(crate) fn input(&self, rng: &mut Rng) -> Tensor {
        match self.indices {
            None => Tensor::randn_of(self.shape, DType::F64, rng),
            Some(n) => Tensor::uniform_of(self.shape, 0.0, n as f64, DType::F64, rng).to(DType::I64),
        }
    }
}

/// Ones and minus ones.
fn sign(shape: &gradus_tensor::Shape, rng: &mut Rng) -> Tensor {
    Tensor::bernoulli_of(*shape, 0.5, DType::F64, rng) * 2.0 - 1.0
}
