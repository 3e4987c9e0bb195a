//! The value of a variable: computed now, if it waits.

use gradus_tensor::{Tensor, kernel::Real};

use super::store::read;
use super::{for_lane, lazy};
use crate::fast::lists::Inner;
use crate::var::Var;

impl Inner {
    /// The value of a node, computed now if it waits.
    #[track_caller]
    pub(crate) fn value(&mut self, id: u32) -> Tensor {
        lazy::compute(self, id);
        let node = &self.nodes[id as usize];
        self.values.tensor(node.slot, self.ty(node))
    }
}

/// # The value
impl Var<'_> {
    /// The value. A large one is shared, a small one copied.
    #[track_caller]
    pub fn value(self) -> Tensor {
        self.tape.inner.borrow_mut().value(self.id)
    }

    /// The only element.
    ///
    /// # Panics
    /// If there is not exactly one.
    #[track_caller]
    pub fn item(self) -> f64 {
        let inner = self.tape.inner.borrow();
        let node = &inner.nodes[self.id as usize];
        let ty = inner.ty(node);
        assert!(ty.n == 1, "item: {} has {} elements, not one", ty.shape, ty.n);
        if node.slot.is_large() {
            drop(inner);
            return self.value().item();
        }
        let words = &inner.values.words[node.slot.at()..];
        for_lane!(ty.dtype, T => read::<T>(words, 1)[0].to_f64())
    }

    /// Whether its value is still to be computed.
    pub(crate) fn waits(self) -> bool {
        let inner = self.tape.inner.borrow();
        lazy::waits(&inner, &inner.nodes[self.id as usize])
    }
}
