//! The result of a backward sweep: numbers, by variable and by parameter.

use std::ops::AddAssign;

use gradus_tensor::{Shape, Tensor, inner_product};
use indexmap::IndexMap;

use crate::param::{Param, ParamId};
use crate::slot::Mirror;
use crate::sweep::{self, Keep};
use crate::tape::Tape;
use crate::training::Untrained;
use crate::var::Var;

/// Gradients of one scalar: by parameter, and, in the open form, by every variable of the tape. It is `Send`, and two of
/// them can be added, so that threads share the work of a batch.
#[derive(Debug, Default)]
pub struct Gradients {
    params: IndexMap<ParamId, Tensor>,
    updates: IndexMap<ParamId, Tensor>,
    nodes: Mirror,
    tape: u64,
    untrained: Option<Untrained>,
}

impl Gradients {
    /// The gradient in a variable of the tape: zeros where none arrived.
    ///
    /// # Panics
    /// If the variable is of another tape or was recorded after the sweep.
    #[track_caller]
    pub fn wrt(&self, x: Var<'_>) -> Tensor {
        self.get_var(x).unwrap_or_else(|| Tensor::zeros_of(x.shape(), x.dtype()))
    }

    /// As [`Self::wrt`], or `None` where no gradient arrived.
    ///
    /// # Panics
    /// If the variable is of another tape or was recorded after the sweep.
    #[track_caller]
    pub fn get_var(&self, x: Var<'_>) -> Option<Tensor> {
        assert!(
            self.tape == x.tape.id.get() && x.index() < self.nodes.reached.len(),
            "wrt: these gradients are of another tape or an earlier sweep; in the scoped form ask by parameter"
        );
        let inner = x.tape.inner.borrow();
        let node = &inner.nodes[x.index()];
        if self.nodes.reached[x.index()] { self.nodes.tensor(node.slot, inner.ty(node)) } else { None }
    }

    /// The gradient in a parameter; `None` where none arrived.
    pub fn get(&self, param: &Param) -> Option<&Tensor> {
        self.params.get(&param.id())
    }

    /// The gradient of the parameter with this identity.
    pub fn get_id(&self, id: ParamId) -> Option<&Tensor> {
        self.params.get(&id)
    }

    /// Sets the gradient of a parameter, for gradients that come from elsewhere.
    pub fn set(&mut self, id: ParamId, gradient: Tensor) {
        self.params.insert(id, gradient);
    }

    /// All gradients of parameters, in the order in which the parameters were first used.
    pub fn iter(&self) -> impl Iterator<Item = (ParamId, &Tensor)> {
        self.params.iter().map(|(&id, g)| (id, g))
    }

    /// All gradients of parameters, to be changed (clipped, scaled).
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (ParamId, &mut Tensor)> {
        self.params.iter_mut().map(|(&id, g)| (id, g))
    }

    /// New values of statistics that layers computed on the way.
    pub fn updates(&self) -> impl Iterator<Item = (ParamId, &Tensor)> {
        self.updates.iter().map(|(&id, value)| (id, value))
    }

    /// The first layer that asked for training on a tape whose mode nobody chose (see
    /// [`value_and_grad`](crate::value_and_grad)): these gradients are not those of a training step.
    pub fn untrained(&self) -> Option<Untrained> {
        self.untrained
    }

    /// The number of parameters with a gradient.
    pub fn len(&self) -> usize {
        self.params.len()
    }

    /// Whether no parameter got a gradient.
    pub fn is_empty(&self) -> bool {
        self.params.is_empty()
    }

    /// Multiplies every gradient by a number.
    pub fn scale(&mut self, factor: f64) {
        for g in self.params.values_mut() {
            *g = &*g * factor;
        }
    }

    /// `$\sqrt{\sum g^2}$` over all parameters.
    pub fn norm(&self) -> f64 {
        norm(self.params.values())
    }

    /// `$\sqrt{\sum g^2}$` over these parameters, as far as they have a gradient.
    pub fn norm_of<'p>(&self, params: impl IntoIterator<Item = &'p Param>) -> f64 {
        norm(params.into_iter().filter_map(|param| self.get(param)))
    }

    pub(crate) fn collect(tape: &Tape, mut mirror: Mirror, keep: Keep) -> Self {
        let mut inner = tape.inner.borrow_mut();
        let mut params = IndexMap::with_capacity(inner.params.len());
        for (&id, &node) in &inner.params {
            if !mirror.reached.get(node as usize).copied().unwrap_or(false) {
                continue;
            }
            let node = &inner.nodes[node as usize];
            let gradient = if keep == Keep::Leaves && node.slot.is_large() {
                mirror.large[node.slot.at()].take()
            } else {
                mirror.tensor(node.slot, inner.ty(node))
            };
            params.extend(gradient.map(|g| (id, g.contiguous())));
        }
        let updates = std::mem::take(&mut inner.updates).into_iter().collect();
        let untrained = tape.training.untrained();
        if keep == Keep::All {
            return Self { params, updates, nodes: mirror, tape: tape.id.get(), untrained };
        }
        mirror.large.clear();
        *tape.spare.borrow_mut() = mirror;
        Self { params, updates, nodes: Mirror::default(), tape: 0, untrained }
    }
}

fn norm<'g>(gradients: impl Iterator<Item = &'g Tensor>) -> f64 {
    gradients.map(|g| inner_product(g, g)).sum::<f64>().sqrt()
}

/// Sums gradients parameter by parameter. Gradients by variable are dropped: they belong to one tape. Of statistics the
/// added ones win.
impl AddAssign for Gradients {
    fn add_assign(&mut self, other: Self) {
        self.nodes = Mirror::default();
        self.tape = 0;
        for (id, g) in other.params {
            match self.params.entry(id) {
                indexmap::map::Entry::Occupied(mut sum) => {
                    gradus_tensor::elementwise::add_assign(sum.get_mut(), &g);
                }
                indexmap::map::Entry::Vacant(empty) => {
                    empty.insert(g);
                }
            }
        }
        self.updates.extend(other.updates);
        self.untrained = self.untrained.or(other.untrained);
    }
}

impl std::ops::Add for Gradients {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl<'t> Var<'t> {
    /// The gradients of this scalar in everything it was computed from, as numbers.
    ///
    /// # Panics
    /// If it is not a scalar (see [`Self::backward_with`]) or nothing it depends on wants a gradient.
    #[track_caller]
    pub fn backward(self) -> Gradients {
        self.check_scalar("backward");
        self.backward_with(&Tensor::ones_of(self.shape(), self.dtype()))
    }

    /// The gradients of `$\sum_i s_i y_i$`, with the weights `s` of this value's shape: a vector-Jacobian product.
    ///
    /// # Panics
    /// If the shapes differ, or nothing this value depends on wants a gradient.
    #[track_caller]
    pub fn backward_with(self, seed: &Tensor) -> Gradients {
        self.check_needs("backward");
        self.check_seed(seed.shape());
        let mirror = sweep::numeric(self, seed.to(self.dtype()), Keep::All);
        Gradients::collect(self.tape, mirror, Keep::All)
    }

    /// The derivative of this scalar in `x`, recorded on the tape, so that it can be differentiated again. Zeros where
    /// this value does not depend on `x`.
    ///
    /// # Panics
    /// If this value is not a scalar.
    #[track_caller]
    pub fn grad(self, x: Self) -> Self {
        self.grads(&[x])[0]
    }

    /// The derivatives of this scalar in several variables, by one sweep.
    ///
    /// # Panics
    /// If this value is not a scalar.
    #[track_caller]
    pub fn grads(self, wrt: &[Self]) -> Vec<Self> {
        self.check_scalar("grad");
        let seed = self.tape.constant(Tensor::ones_of(self.shape(), self.dtype()));
        self.vjp(wrt, seed)
    }

    /// The derivatives of `$\sum_i s_i y_i$`, recorded; `seed` has this value's shape.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn vjp(self, wrt: &[Self], seed: Self) -> Vec<Self> {
        self.check_seed(&seed.shape());
        let found = sweep::recorded(self, seed, wrt);
        let zeros = |x: &Self| x.tape.constant(Tensor::zeros_of(x.shape(), x.dtype()));
        wrt.iter().zip(found).map(|(x, dx)| dx.unwrap_or_else(|| zeros(x))).collect()
    }

    #[track_caller]
    fn check_seed(self, seed: &Shape) {
        let shape = self.shape();
        assert!(*seed == shape, "backward: the weights have shape {seed}, the value {shape}");
    }

    #[track_caller]
    pub(crate) fn check_scalar(self, what: &str) {
        let shape = self.shape();
        assert!(
            shape.elements() == 1,
            "{what}: needs a scalar, got shape {shape}; reduce it with .sum() or .mean(), or weight it with .backward_with(..)"
        );
    }

    #[track_caller]
    pub(crate) fn check_needs(self, what: &str) {
        assert!(
            self.needs(),
            "{what}: nothing this value depends on wants a gradient; make leaves with tape.var(..) or tape.param(..) on a \
             recording tape"
        );
    }
}
