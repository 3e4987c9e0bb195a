//! Lookahead: slow weights that follow another rule's fast ones.

use gradus_tensor::Tensor;

use crate::rule::{Rule, Slot, Step};

/// Lookahead: any rule makes `$k$` steps, then the slow weights go a part of the way, and the rule goes on
/// from there.
///
/// ```math
/// \text{every } k \text{ steps:}\quad
/// \phi \leftarrow \phi + \alpha\,(\theta - \phi), \qquad \theta \leftarrow \phi
/// ```
///
/// # Source
/// Zhang et al. 2019, *Lookahead optimizer: k steps forward, 1 step back*, algorithm 1. The inner rule keeps
/// its state.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookahead<R> {
    /// The inner rule.
    pub rule: R,
    /// Steps of the inner rule, `$k$`.
    pub every: u64,
    /// How far the slow weights go, `$\alpha$`.
    pub alpha: f64,
}

impl<R> Lookahead<R> {
    /// With the paper's 5 steps and half the way.
    pub fn new(rule: R) -> Self {
        Self { rule, every: 5, alpha: 0.5 }
    }
}

impl<R: Rule> Rule for Lookahead<R> {
    fn slots(&self, theta: &Tensor, lr: f64) -> Vec<Slot> {
        let mut slots = self.rule.slots(theta, lr);
        slots.push(("slow", theta.clone()));
        slots
    }

    fn uses_curvature(&self) -> bool {
        self.rule.uses_curvature()
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let [inner @ .., slow] = slots else { panic!("Lookahead has a slot of its own") };
        self.rule.update(step, theta, g, inner);
        if step.t.is_multiple_of(self.every) {
            *slow = &*slow + (&*theta - &*slow) * self.alpha;
            *theta = slow.copied();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sgd;
    use crate::rules::test::path;

    #[test]
    fn two_forward_half_back() {
        let rule = Lookahead { every: 2, ..Lookahead::new(Sgd::default()) };
        assert_eq!(path(&rule, &[0.5; 3], &[1.0; 3]), [0.5, 0.5, 0.0]);
    }
}
