//! Statistics that layers compute on the way, such as batch normalisation's running mean. `forward` changes nothing in a
//! layer: the layer hands a new value to the tape, and it goes into the model afterwards, with the gradients by an
//! optimizer's step, or, where there is no sweep, from [`Tape::updates`].

use gradus_tensor::Tensor;

use crate::param::{Param, ParamId};
use crate::tape::Tape;

impl Tape {
    /// Hands a new value of a statistic back with the gradients. If a parameter gets several on one tape, the last counts.
    pub fn update(&self, param: &Param, value: Tensor) {
        self.inner.borrow_mut().updates.push((param.id(), value));
    }

    /// The new values handed back so far, in order: for a forward pass without a sweep. A sweep hands them on with its
    /// gradients, and then there are none here.
    pub fn updates(&self) -> Vec<(ParamId, Tensor)> {
        self.inner.borrow().updates.clone()
    }

    /// From now on the statistics of a batch make up this share of the running ones, whatever momentum the layers have.
    /// With `$1/(n+1)$` after n batches the running ones are the plain mean over the batches.
    ///
    /// # Panics
    /// If the share is not in `0 ..= 1`.
    #[track_caller]
    pub fn weigh_statistics(&self, share: f64) {
        assert!((0.0..=1.0).contains(&share), "weigh_statistics: the share {share} is not in 0 ..= 1");
        self.statistics_share.set(Some(share));
    }

    /// The share set by [`Self::weigh_statistics`]; `None` where each layer's momentum holds.
    pub fn statistics_share(&self) -> Option<f64> {
        self.statistics_share.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_leave_with_the_gradients() {
        let (w, mean) = (Param::new(2.0), Param::buffer(0.0));
        let tape = Tape::training(0);
        let y = tape.param(&w).square();
        tape.update(&mean, Tensor::scalar(5.0));
        assert_eq!(tape.updates()[0].1.item(), 5.0);
        let gradients = y.backward();
        let handed: Vec<_> = gradients.updates().map(|(id, value)| (id, value.item())).collect();
        assert_eq!(handed, [(mean.id(), 5.0)]);
        assert!(tape.updates().is_empty());
    }

    #[test]
    fn a_used_tape_forgets_the_share() {
        let tape = Tape::training(0);
        assert_eq!(tape.statistics_share(), None);
        tape.weigh_statistics(0.25);
        assert_eq!(tape.statistics_share(), Some(0.25));
        tape.reset(tape.mode());
        assert_eq!(tape.statistics_share(), None);
    }
}
