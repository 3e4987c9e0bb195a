//! What layers ask of a tape while a model trains: whether it does, random numbers, and a place for new statistics.
//!
//! `forward` changes nothing in a layer. A new value of a statistic (batch normalisation's running mean) goes to the tape, and
//! into the model afterwards: with the gradients by an optimizer's step, or, where there is no sweep, from
//! [`Tape::updates`].
//!
//! A layer that asks a tape for training and does not get it computes something else than its user means. So a tape whose
//! mode nobody chose ([`value_and_grad`](crate::value_and_grad), [`Tape::new`]) notes the first such layer; the note leaves with
//! the gradients, and an optimizer's step refuses them.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::Location;
use std::rc::Rc;

use gradus_tensor::{Rng, Tensor};

use crate::model::param::{Param, ParamId};
use crate::tape::Tape;
use crate::var::Var;

/// What a tape is for.
///
/// ```
/// use gradus_autograd::{Mode, Tape};
/// let tape = Tape::with_mode(Mode::Inference);
/// let y = tape.var(2.0).square();
/// assert_eq!(y.item(), 4.0);
/// assert!(!y.needs()); // nothing to differentiate
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Records for gradients; dropout and batch statistics are off.
    #[default]
    Record,
    /// Records for gradients; dropout and batch statistics are on, with this seed.
    Training(u64),
    /// Records nothing.
    Inference,
}

/// A layer that asked a tape for training and did not get it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Untrained {
    /// The name it gave, if any: `Dropout`.
    pub name: Option<&'static str>,
    /// The line of the call: of its `forward`, or of the model's, through which the caller's line is handed on.
    pub layer: &'static Location<'static>,
    /// The line at which the outermost container was called, if there is one.
    pub model: Option<&'static Location<'static>>,
}

impl fmt::Display for Untrained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.name.unwrap_or("a layer"), self.layer)?;
        match self.model {
            Some(model) if model != self.layer => write!(f, " (of the model called at {model})"),
            _ => Ok(()),
        }
    }
}

/// The tapes that work on the other parts of a batch, maybe on other machines: what a layer asks where it wants statistics of the
/// whole batch (batch normalisation).
pub trait Peers: fmt::Debug {
    /// The sum of a value over all parts, with its derivative: the gradient that arrives is summed over all parts too. Each part
    /// asks for the same sums in the same order.
    fn sum<'t>(&self, x: Var<'t>) -> Var<'t>;
}

/// A tape's side of training.
#[derive(Debug, Default)]
pub(crate) struct Training {
    /// Generators handed out so far.
    draws: Cell<u64>,
    /// See [`Tape::weigh_statistics`].
    share: Cell<Option<f64>>,
    /// See [`Tape::set_peers`].
    peers: RefCell<Option<Rc<dyn Peers>>>,
    /// Whether a layer that asks in vain is noted.
    watched: Cell<bool>,
    untrained: Cell<Option<Untrained>>,
    /// The line at which the outermost container was called.
    site: Cell<Option<&'static Location<'static>>>,
}

impl Training {
    pub(crate) fn reset(&self) {
        self.draws.set(0);
        self.share.set(None);
        self.peers.take();
        self.watched.set(false);
        self.untrained.set(None);
        self.site.set(None);
    }

    /// From now on notes a layer that asks in vain.
    pub(crate) fn watch(&self) {
        self.watched.set(true);
    }

    pub(crate) fn untrained(&self) -> Option<Untrained> {
        self.untrained.get()
    }
}

/// The end of a container's `forward`; see [`Tape::enter`].
#[derive(Debug)]
#[must_use = "the line is forgotten when this is dropped"]
pub struct Entered<'t>(Option<&'t Tape>);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if let Some(tape) = self.0 {
            tape.training.site.set(None);
        }
    }
}

impl Tape {
    /// A tape that records, with dropout and batch statistics on; `seed` fixes its random stream.
    pub fn training(seed: u64) -> Self {
        Self::with_mode(Mode::Training(seed))
    }

    /// A tape that records no rules: for predictions.
    pub fn inference() -> Self {
        Self::with_mode(Mode::Inference)
    }

    /// What this tape is for.
    pub fn mode(&self) -> Mode {
        self.mode.get()
    }

    /// Whether dropout and batch statistics are on. A layer asks here, so that a mistaken mode is noticed; [`Self::mode`]
    /// only looks.
    #[track_caller]
    pub fn is_training(&self) -> bool {
        self.trains(None, Location::caller())
    }

    /// As [`Self::is_training`], asked by a layer that gives its name, for the message where it asks in vain.
    #[track_caller]
    pub fn is_training_for(&self, layer: &'static str) -> bool {
        self.trains(Some(layer), Location::caller())
    }

    fn trains(&self, name: Option<&'static str>, line: &'static Location<'static>) -> bool {
        let training = matches!(self.mode.get(), Mode::Training(_));
        let Training { watched, untrained, site, .. } = &self.training;
        if !training && watched.get() && untrained.get().is_none() {
            untrained.set(Some(Untrained { name, layer: line, model: site.get() }));
        }
        training
    }

    /// A random generator for one layer's use, seeded by the tape's seed and the number of generators handed out so far;
    /// `None` outside training.
    #[track_caller]
    pub fn rng(&self) -> Option<Rng> {
        self.draw(None, Location::caller())
    }

    /// As [`Self::rng`], asked by a layer that gives its name, for the message where it asks in vain.
    #[track_caller]
    pub fn rng_for(&self, layer: &'static str) -> Option<Rng> {
        self.draw(Some(layer), Location::caller())
    }

    fn draw(&self, name: Option<&'static str>, line: &'static Location<'static>) -> Option<Rng> {
        let (true, Mode::Training(seed)) = (self.trains(name, line), self.mode.get()) else { return None };
        let draws = &self.training.draws;
        let draw = draws.replace(draws.get() + 1);
        // The multiplier spreads the draws over the seeds: 2^64 divided by the golden ratio, odd.
        Some(gradus_tensor::rng(seed ^ (draw + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }

    /// Tells the tape that a container of layers was called at this line, until the result is dropped. Where layers behind
    /// `dyn` do not see their caller, messages about them name this line. Of containers within containers the outermost counts.
    pub fn enter(&self, line: &'static Location<'static>) -> Entered<'_> {
        let outermost = self.training.site.get().is_none();
        if outermost {
            self.training.site.set(Some(line));
        }
        Entered(outermost.then_some(self))
    }

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
        self.training.share.set(Some(share));
    }

    /// From now on layers may ask for statistics over the parts of a batch that other tapes work on.
    pub fn set_peers(&self, peers: Option<Rc<dyn Peers>>) {
        *self.training.peers.borrow_mut() = peers;
    }

    /// The tapes of the other parts of this batch, if there are any and statistics are to be synchronised.
    pub fn peers(&self) -> Option<Rc<dyn Peers>> {
        self.training.peers.borrow().clone()
    }

    /// The share set by [`Self::weigh_statistics`]; `None` where each layer's momentum holds.
    pub fn statistics_share(&self) -> Option<f64> {
        self.training.share.get()
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
    fn a_layer_that_asks_in_vain_is_noted_once_on_a_watched_tape() {
        let asks = |tape: &Tape| {
            assert!(tape.rng().is_none());
            assert!(!tape.is_training());
            tape.training.untrained()
        };
        let line = Location::caller();
        let tape = Tape::new();
        let entered = tape.enter(line);
        drop(tape.enter(Location::caller()));
        let note = asks(&tape).expect("the tape is watched");
        assert_eq!((note.layer.file(), note.model), (file!(), Some(line)));
        assert!(note.to_string().starts_with("a layer at "), "{note}");
        let named = Tape::new();
        assert!(named.rng_for("Dropout").is_none() && !named.is_training_for("BatchNorm"));
        assert!(named.training.untrained().is_some_and(|note| note.to_string().starts_with("Dropout at ")));
        drop(entered);
        assert_eq!(tape.training.site.get(), None);
        for silent in [Tape::with_mode(Mode::Record), Tape::inference()] {
            assert_eq!(asks(&silent), None);
        }
        let training = Tape::training(0);
        assert!(training.rng().is_some() && training.is_training());
        assert_eq!(training.training.untrained(), None);
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
