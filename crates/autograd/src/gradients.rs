//! The result of a backward sweep: numbers, by variable and by parameter.

use std::hash::BuildHasherDefault;

use gradus_tensor::Tensor;

use crate::fast::store::{Keep, Mirror};
use crate::fast::sweep;
use crate::functions::derivative;
use crate::model::param::{ByParam, Param};
use crate::model::training::Untrained;
use crate::var::Var;

/// Gradients of one scalar: by parameter, and, in the open form, by every variable of the tape. It is `Send`, and two of
/// them can be added, so that threads share the work of a batch.
///
/// ```
/// let tape = gradus_autograd::Tape::new();
/// let x = tape.var(3.0);
/// let y = x.sin();
/// let grads = (x * y).backward();
/// assert_eq!(grads.wrt(x).item(), 3f64.sin() + 3.0 * 3f64.cos());
/// assert_eq!(grads.wrt(y).item(), 3.0); // values in between have one, too
/// ```
#[derive(Debug, Default)]
pub struct Gradients {
    pub(crate) params: ByParam<Tensor>,
    pub(crate) updates: ByParam<Tensor>,
    pub(crate) nodes: Mirror,
    pub(crate) tape: u64,
    pub(crate) untrained: Option<Untrained>,
    /// Whether the scalar depends on no parameter at all.
    pub(crate) idle: bool,
}

impl Gradients {
    /// The gradient in a variable of the tape: zeros where none arrived.
    ///
    /// # Panics
    /// If the variable is a constant, of another tape, or was recorded after the sweep.
    #[track_caller]
    pub fn wrt(&self, x: Var<'_>) -> Tensor {
        let found = self.try_wrt(x);
        x.check_wanted("wrt");
        found.unwrap_or_else(|| Tensor::zeros_of(x.shape(), x.dtype()))
    }

    /// As [`Self::wrt`], or `None` where no gradient arrived; of a constant, too.
    ///
    /// # Panics
    /// If the variable is of another tape or was recorded after the sweep.
    #[track_caller]
    pub fn try_wrt(&self, x: Var<'_>) -> Option<Tensor> {
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

    pub(crate) fn collect(root: Var<'_>, mut mirror: Mirror) -> Self {
        let tape = root.tape;
        let mut inner = tape.inner.borrow_mut();
        let mut params = ByParam::with_capacity_and_hasher(inner.params.len(), BuildHasherDefault::default());
        for (&id, &node) in &inner.params {
            if !mirror.reached.get(node as usize).copied().unwrap_or(false) {
                continue;
            }
            let node = &inner.nodes[node as usize];
            if let Some(gradient) = mirror.take(node.slot, inner.ty(node)) {
                params.insert(id, gradient.into_contiguous());
            }
        }
        let updates = std::mem::take(&mut inner.updates).into_iter().collect();
        let untrained = tape.training.untrained();
        let idle = params.is_empty() && !inner.reaches_param(root.id);
        if mirror.keep == Keep::All {
            return Self { params, updates, nodes: mirror, tape: tape.id.get(), untrained, idle };
        }
        Self { params, updates, nodes: Mirror::default(), tape: 0, untrained, idle }
    }
}

/// # Gradients
impl<'t> Var<'t> {
    /// The gradients of this scalar in everything it was computed from, as numbers.
    ///
    /// # Panics
    /// If it is not a scalar (see [`Self::backward_with`]) or nothing it depends on wants a gradient.
    #[track_caller]
    pub fn backward(self) -> Gradients {
        self.check_scalar("backward");
        self.check_needs("backward");
        self.backward_with(&Tensor::ones_of(self.shape(), self.dtype()))
    }

    /// The gradients of `$\sum_i s_i y_i$`, with the weights `s` of this value's shape: a vector-Jacobian product.
    ///
    /// # Panics
    /// If the shapes differ, or nothing this value depends on wants a gradient.
    #[track_caller]
    pub fn backward_with(self, seed: &Tensor) -> Gradients {
        self.check_needs("backward_with");
        self.check_seed("backward_with", seed.shape());
        let mirror = sweep::numeric(self, seed.to(self.dtype()), Keep::All);
        Gradients::collect(self, mirror)
    }

    /// The derivative of this scalar in `x`, recorded on the tape, so that it can be differentiated again. Zeros where
    /// this value does not depend on `x`.
    ///
    /// # Panics
    /// If this value is not a scalar, it or `x` is a constant (made by [`constant`](crate::Tape::constant), detached, on a tape for inference),
    /// or `x` is of another tape.
    #[track_caller]
    pub fn grad(self, x: Self) -> Self {
        self.grads(&[x])[0]
    }

    /// The derivatives of this scalar in several variables, by one sweep.
    ///
    /// # Panics
    /// As [`Self::grad`].
    #[track_caller]
    pub fn grads(self, wrt: &[Self]) -> Vec<Self> {
        self.check_scalar("grad");
        self.check_wrt("grad", wrt);
        derivative::again(derivative::slopes(self, wrt), wrt)
    }

    /// The derivatives of `$\sum_i s_i y_i$`, recorded; `seed` has this value's shape.
    ///
    /// # Panics
    /// As [`Self::grad`]; or if the shapes differ, or the seed is of another tape.
    #[track_caller]
    pub fn vjp(self, wrt: &[Self], seed: Self) -> Vec<Self> {
        self.tape.check_operand("vjp", seed);
        self.check_wrt("vjp", wrt);
        self.check_seed("vjp", &seed.shape());
        derivative::again(derivative::products(self, wrt, seed), wrt)
    }
}
