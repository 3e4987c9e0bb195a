//! A parameter replaced for a while by a value that was computed.

use std::cell::Cell;

use crate::model::param::{Param, ParamId};
use crate::tape::Tape;
use crate::var::Var;

/// The end of a substitution; see [`Tape::substitute`].
#[must_use = "the parameter has its own value again when this is dropped"]
pub struct Substituted<'t> {
    tape: &'t Tape,
    param: ParamId,
    before: Cell<Option<u32>>,
}

impl std::fmt::Debug for Substituted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Substituted").field("param", &self.param).finish_non_exhaustive()
    }
}

impl Drop for Substituted<'_> {
    fn drop(&mut self) {
        let params = &mut self.tape.inner.borrow_mut().params;
        match self.before.take() {
            Some(id) => params.insert(self.param, id),
            None => params.shift_remove(&self.param),
        };
    }
}

impl Tape {
    /// Until the result is dropped, [`Tape::param`] gives `value` for this parameter: a layer then computes with a weight
    /// that is itself computed, by a normalisation or by another network. Gradients go through `value` to what it was
    /// computed from; the parameter gets none.
    ///
    /// ```
    /// use gradus_autograd::{Param, Tape};
    /// let (weight, scale) = (Param::new([1.0, 2.0]), Param::new(3.0));
    /// let layer = |tape: &Tape| tape.param(&weight).sum().item();
    ///
    /// let tape = Tape::new();
    /// let scaled = tape.constant([1.0, 2.0]) * tape.param(&scale);
    /// {
    ///     let _substituted = tape.substitute(&weight, scaled);
    ///     assert_eq!(layer(&tape), 9.0);
    /// }
    /// assert_eq!(layer(&tape), 3.0);
    /// ```
    ///
    /// # Panics
    /// If the value is of another tape or has another shape than the parameter.
    #[doc(alias = "functional_call")]
    #[track_caller]
    pub fn substitute<'t>(&'t self, param: &Param, value: Var<'t>) -> Substituted<'t> {
        self.check_operand("substitute", value);
        assert!(
            value.shape() == *param.shape(),
            "substitute: a value of shape {} for a parameter of shape {}",
            value.shape(),
            param.shape()
        );
        let before = self.inner.borrow_mut().params.insert(param.id(), value.id);
        Substituted { tape: self, param: param.id(), before: Cell::new(before) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_has_its_own_value_again_and_no_gradient() {
        let (w, scale) = (Param::new(2.0), Param::new(5.0));
        let tape = Tape::new();
        let computed = tape.param(&scale) * 3.0;
        let outer = tape.substitute(&w, computed);
        let y = tape.param(&w).square();
        let inner = tape.substitute(&w, computed * 0.0);
        assert_eq!(tape.param(&w).item(), 0.0);
        drop(inner);
        assert_eq!(tape.param(&w).item(), 15.0);
        drop(outer);
        let gradients = y.backward();
        assert!(gradients.get(&w).is_none());
        assert_eq!(gradients.get(&scale).unwrap().item(), 2.0 * 15.0 * 3.0);
        // Lifted before the substitution, it is the same leaf afterwards.
        let leaf = tape.param(&w);
        drop(tape.substitute(&w, computed));
        assert_eq!((tape.param(&w).index(), leaf.item()), (leaf.index(), 2.0));
    }

    #[test]
    #[should_panic(expected = "substitute: a value of shape [2] for a parameter of shape []")]
    fn another_shape_is_refused() {
        let tape = Tape::new();
        drop(tape.substitute(&Param::new(2.0), tape.constant([1.0, 2.0])));
    }
}
