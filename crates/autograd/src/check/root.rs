//! What a value must be for a sweep to start from it.

use gradus_tensor::Shape;

use crate::var::Var;

impl Var<'_> {
    #[track_caller]
    pub(crate) fn check_seed(self, seed: &Shape) {
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
