//! Rprop: signs only, with a step size per element.

use gradus_tensor::kernel::{Real, math};
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step};
use crate::settings;

/// Resilient backpropagation: a step grows while the gradient keeps its sign, and shrinks when it turns. For
/// full batches.
///
/// ```math
/// \begin{aligned}
/// \Delta &\leftarrow \operatorname{clamp}(\Delta \cdot \{\eta^+, 1, \eta^-\}
///   \text{ for } g\,g' \{>, =, <\}\, 0) \\
/// g &\leftarrow 0 \text{ where the sign turned} \\
/// \theta &\leftarrow \theta - \operatorname{sign}(g)\,\Delta, \qquad g' \leftarrow g
/// \end{aligned}
/// ```
///
/// # Source
/// Riedmiller and Braun 1993; `torch.optim.Rprop`, with its defaults (its learning rate, the first step size,
/// is 1e-2).
///
/// # Differs
/// PyTorch's variant is Rprop− with a zeroed gradient: where the sign turns there is no move back. The
/// learning rate is the first step's size and has no effect later.
#[derive(Debug, Clone, PartialEq)]
pub struct Rprop {
    /// What a step is multiplied by when the sign turns, `$\eta^-$`.
    pub shrink: f64,
    /// What a step is multiplied by while the sign stays, `$\eta^+$`.
    pub grow: f64,
    /// The smallest step.
    pub smallest: f64,
    /// The largest step.
    pub largest: f64,
}

impl Default for Rprop {
    fn default() -> Self {
        Self { shrink: 0.5, grow: 1.2, smallest: 1e-6, largest: 50.0 }
    }
}

impl Rule for Rprop {
    settings!(shrink, grow, smallest, largest);

    fn options(&self) -> Options {
        Options::of("Rprop")
            .positive("shrink", self.shrink)
            .up_to_one("shrink", self.shrink)
            .from_one("grow", self.grow)
            .non_negative("smallest", self.smallest)
            .must(self.largest >= self.smallest, || {
                format!("Rprop: largest is {}; it must be at least smallest, {}", self.largest, self.smallest)
            })
    }

    fn slots(&self, theta: &Tensor, lr: f64) -> Vec<Slot> {
        vec![("before", theta.zeros_like()), ("size", theta.full_like(lr))]
    }

    fn update(&self, _: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        with_float!("rprop", theta.dtype(), T => {
            let (shrink, grow) = (T::of(self.shrink), T::of(self.grow));
            let (smallest, largest) = (T::of(self.smallest), T::of(self.largest));
            pass::two::<T>(theta, g, slots, #[inline(always)] |x, g, before, size| {
                let agreement = g * *before;
                let factor = if agreement > T::ZERO { grow } else { T::ONE };
                let factor = if agreement < T::ZERO { shrink } else { factor };
                let g = if agreement < T::ZERO { T::ZERO } else { g };
                let wanted = *size * factor;
                let wanted = if wanted < smallest { smallest } else { wanted };
                *size = if wanted > largest { largest } else { wanted };
                *x -= *size * math::sign(g);
                *before = g;
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test::path;

    #[test]
    fn growth_and_turns() {
        let rule = Rprop { shrink: 0.5, grow: 2.0, ..Rprop::default() };
        // 0.25, then doubled; the sign turns: no move, size 0.25; after that the product is 0: 0.25 again
        assert_eq!(path(&rule, &[0.25; 4], &[1.0, 3.0, -1.0, -1.0]), [0.75, 0.25, 0.25, 0.5]);
    }
}
