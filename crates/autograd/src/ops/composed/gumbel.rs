//! Draws of classes that hand gradients on.

use gradus_tensor::{Rng, Tensor, axis_index};

use crate::ops::expect;
use crate::var::Var;

/// The options of [`Var::gumbel_softmax_with`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GumbelOptions {
    /// What logits and noise are divided by, τ. The smaller it is, the nearer is the result to a one-hot row, and the
    /// larger are the slopes.
    #[doc(alias = "tau")]
    pub temperature: f64,
    /// Whether the value is a one-hot row, with the slopes of the soft one (straight through).
    pub hard: bool,
}

impl Default for GumbelOptions {
    fn default() -> Self {
        Self { temperature: 1.0, hard: false }
    }
}

/// # Draws of classes
impl Var<'_> {
    /// `$\mathrm{softmax}(x + g)$` along an axis, with Gumbel's numbers g: its largest element is class j with the probability
    /// `$\mathrm{softmax}(x)_j$`.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn gumbel_softmax(self, axis: isize, rng: &mut Rng) -> Self {
        self.gumbel_softmax_with(axis, &GumbelOptions::default(), rng)
    }

    /// As [`Self::gumbel_softmax`] with options: `$\mathrm{softmax}((x + g)/\tau)$`, or its one-hot row.
    ///
    /// ```
    /// use gradus_autograd::{Tape, ops::GumbelOptions};
    /// use gradus_tensor::{Tensor, rng};
    ///
    /// let tape = Tape::new();
    /// let logits = tape.var(Tensor::from([[2.0, 0.0, -1.0]]));
    /// let how = GumbelOptions { hard: true, ..GumbelOptions::default() };
    /// let row = logits.gumbel_softmax_with(-1, &how, &mut rng(0));
    /// assert_eq!(row.value().sum().item(), 1.0);
    /// assert!((row * Tensor::from([1.0, 2.0, 3.0])).sum().backward().wrt(logits).norm().item() > 0.0);
    /// ```
    ///
    /// # Source
    /// Jang, Gu and Poole, "Categorical Reparameterization with Gumbel-Softmax", 2017; Maddison, Mnih and Teh, "The
    /// Concrete Distribution", 2017.
    ///
    /// # Panics
    /// If the axis is out of range, or τ is not above 0.
    #[track_caller]
    pub fn gumbel_softmax_with(self, axis: isize, how: &GumbelOptions, rng: &mut Rng) -> Self {
        const OP: &str = "gumbel_softmax";
        expect::floats(OP, self.dtype());
        let axis = axis_index(OP, axis, &self.shape());
        expect::number(OP, "the temperature", how.temperature, how.temperature > 0.0, "above 0");
        let noise = Tensor::gumbel_of(self.shape(), self.dtype(), rng);
        let soft = ((self + &noise) / how.temperature).softmax(axis as isize);
        if !how.hard || soft.elements() == 0 {
            return soft;
        }
        let classes = self.shape()[axis];
        let one_hot = Tensor::one_hot(&soft.value().argmax_axis(axis as isize, false), classes);
        // A difference of 0, with a slope of 1.
        soft - soft.detach() + &one_hot.move_axis(-1, axis as isize).to(self.dtype())
    }
}
