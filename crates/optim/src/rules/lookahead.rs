//! Lookahead: slow weights that follow another rule's fast ones.

use gradus_tensor::Tensor;

use crate::options::Options;
use crate::rule::{Global, Needs, Rule, Slot, Step};
use crate::settings;

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
    settings!(rule, every, alpha);

    fn options(&self) -> Options {
        Options::of("Lookahead")
            .count("every", self.every)
            .up_to_one("alpha", self.alpha)
            .and(self.rule.options())
    }

    fn slots(&self, theta: &Tensor, lr: f64) -> Vec<Slot> {
        let mut slots = self.rule.slots(theta, lr);
        slots.push(("slow", theta.clone()));
        slots
    }

    fn needs(&self) -> Needs {
        self.rule.needs()
    }

    fn ahead(&self, lr: f64, theta: &Tensor, slots: &[Tensor]) -> Option<Tensor> {
        self.rule.ahead(lr, theta, &slots[..slots.len() - 1])
    }

    fn answer(&self, theta: &Tensor, slots: &[Tensor]) -> Option<Tensor> {
        self.rule.answer(theta, &slots[..slots.len() - 1])
    }

    fn global(&self) -> Option<&dyn Global> {
        self.rule.global().map(|_| self as &dyn Global)
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

impl<R: Rule> Lookahead<R> {
    fn inner(&self) -> &dyn Global {
        self.rule.global().expect("asked only if the inner rule is global")
    }
}

/// As the inner rule, whose slots end before the slow weights.
impl<R: Rule> Global for Lookahead<R> {
    fn shared(&self) -> Vec<(&'static str, f64)> {
        self.inner().shared()
    }

    fn measure(&self, step: &Step<'_>, theta: &Tensor, g: &Tensor, slots: &mut [Tensor]) -> [f64; 3] {
        let end = slots.len() - 1;
        self.inner().measure(step, theta, g, &mut slots[..end])
    }

    fn agree(&self, step: &Step<'_>, sums: [f64; 3], shared: &mut [f64]) {
        self.inner().agree(step, sums, shared);
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
