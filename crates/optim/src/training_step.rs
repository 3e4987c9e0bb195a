//! The training loop's one call: evaluate the loss where the rules want it, then step.

use gradus_autograd::{Gradients, Param, Params, Tape, Var};
use gradus_tensor::inner_product;

use crate::drive::{Kept, apply_updates};
use crate::loss::{Loss, OfVector, OnTapes};
use crate::methods::Objective;
use crate::optimizer::Optimizer;
use crate::rule::{Ascent, Needs, Rule};

/// Sets the tapes of one training apart from those of its neighbours in seed.
const SPREAD: u64 = 0xD134_2543_DE82_EF95;

impl Optimizer {
    /// One step of a training, whatever the rule: records the loss with dropout and batch statistics on, finds
    /// the gradients, steps, and returns the loss before the step.
    ///
    /// ```
    /// use gradus_autograd::Param;
    /// use gradus_optim::{Lbfgs, Nesterov, Optimizer, Sam, Sgd};
    ///
    /// let optimizers = [
    ///     Optimizer::new(Sgd::default(), 0.1),
    ///     Optimizer::new(Nesterov::default(), 0.1),
    ///     Optimizer::new(Sam::new(Sgd::default()), 0.1),
    ///     Optimizer::new(Lbfgs::default(), 1.0),
    /// ];
    /// for mut optimizer in optimizers {
    ///     let mut w = Param::new([3.0, -2.0]);
    ///     let mut step = || optimizer.training_step(&mut w, |w, tape| (tape.param(w) - 1.0).square().sum());
    ///     assert_eq!(step(), 13.0);
    ///     assert!(step() < 13.0);
    /// }
    /// ```
    ///
    /// A rule that needs more than one gradient gets it: the closure is called again, at other values of the
    /// parameters ([`Sam`](crate::Sam), line searches), or recorded for second derivatives
    /// ([`Sophia`](crate::Sophia), [`AdaHessian`](crate::AdaHessian), [`Newton`](crate::Newton)). All evaluations
    /// of one step draw the same random numbers, so they are of one function. The first one counts: its value is
    /// returned, and its statistics (running means) go into the model, once a step. For a rule that looks ahead
    /// ([`Nesterov`](crate::Nesterov)) it lies there.
    ///
    /// The tape's seed is that of the optimizer ([`Self::seed`]) times an odd constant, plus the number of
    /// earlier calls, which is part of the saved state: a resumed training draws the numbers of one that was never
    /// interrupted. With seed 0, call `k` (from 0) has the gradients of
    /// `value_and_grad_training(k, |tape| …)`.
    ///
    /// A [`Method`](crate::Method) compares losses over many steps, so it wants the same data at each of them: no
    /// mini-batches, and no dropout.
    ///
    /// With [`Self::accumulate`], each call is one of the parts. The curvature is estimated on the last of them.
    ///
    /// # Panics
    /// If the loss is not a scalar or depends on no parameter of the model; at the first step, if a group chooses no
    /// parameter; if a [`Method`](crate::Method) shares the model with other rules, or with clipping or
    /// accumulation; or if it needs residuals ([`LevenbergMarquardt`](crate::LevenbergMarquardt)).
    #[track_caller]
    pub fn training_step<M: Params + ?Sized>(
        &mut self,
        model: &mut M,
        f: impl for<'t> FnMut(&M, &'t Tape) -> Var<'t>,
    ) -> f64 {
        let seed = self.tape_seed();
        match self.descend(&mut OnTapes { model, f, seed }) {
            Ok(value) => value,
            Err(fault) => panic!("training_step: {fault}"),
        }
    }

    /// As [`Self::training_step`], for a function of a vector that needs no tape: one with finite differences
    /// ([`Differences`](crate::Differences)), or with residuals ([`LeastSquares`](crate::LeastSquares)).
    ///
    /// # Panics
    /// As [`Self::training_step`].
    #[track_caller]
    pub fn advance(&mut self, x: &mut Param, f: &mut dyn Objective) -> f64 {
        if self.step == 0
            && let Some(fault) = f.fault(&x.value().to_f64_vec())
        {
            panic!("advance: {fault}");
        }
        match self.descend(&mut OfVector { x, f }) {
            Ok(value) => value,
            Err(fault) => panic!("advance: {fault}"),
        }
    }

    /// The seed of the tapes of the next [`Self::training_step`]: `value_and_grad_training` with it gives the gradients of that
    /// step, with the same dropout.
    ///
    /// # Panics
    /// If a rule cannot follow a loss on tapes.
    #[track_caller]
    pub fn tape_seed(&self) -> u64 {
        for rule in self.rules() {
            assert!(
                !rule.needs().residuals,
                "training_step: {} needs the residuals, and a loss is one number; call \
                 minimize_objective(&mut LeastSquares(|x| …), &start, &mut optimizer, steps)",
                rule.name()
            );
        }
        let calls = (self.step + self.skipped) * self.preparation.accumulate + self.pending.count;
        self.seed.wrapping_mul(SPREAD).wrapping_add(calls)
    }

    /// One step down a loss, and its value before; or what is wrong with the loss. Then nothing is changed.
    #[track_caller]
    pub(crate) fn descend(&mut self, loss: &mut dyn Loss) -> Result<f64, String> {
        self.bind_for_step(loss.model());
        let needs = self.needs();
        if needs.function {
            return Ok(self.follow(loss));
        }
        let estimate = self.is_last_part() && needs.curvature.is_some();
        let mut moved = Moved { loss, kept: Vec::new() };
        if needs.ahead {
            self.look_ahead(&mut moved);
        }
        let (value, first, mut curvature) = moved.loss.evaluate(estimate && needs.ascent.is_none())?;
        let mut second = None;
        if needs.ascent.is_some() {
            self.climb(&mut moved, &first);
            let (_, grads, estimated) = moved.loss.evaluate(estimate)?;
            (second, curvature) = (Some(grads), estimated);
        }
        drop(moved);
        let grads = second.as_ref().unwrap_or(&first);
        let model = loss.model();
        self.check(model, grads, ["training_step", "gradient"]);
        apply_updates(model, &first);
        self.take(model, grads, curvature.as_ref());
        Ok(value)
    }

    /// What some rule needs at this step.
    fn needs(&self) -> Needs {
        let mut all = Needs::default();
        for needs in self.rules().map(Rule::needs) {
            all.ahead |= needs.ahead;
            all.ascent = all.ascent.or(needs.ascent);
            all.function |= needs.function;
            let due = needs.curvature.filter(|every| self.step.is_multiple_of(*every));
            all.curvature = all.curvature.or(due);
        }
        all
    }

    /// Goes to where the rules want the gradient.
    fn look_ahead(&mut self, moved: &mut Moved<'_>) {
        let mut kept = Vec::new();
        self.visit_entries(moved.loss.model(), &mut |this, i, param| {
            let entry = &this.entries[i];
            let group = &this.groups[entry.group];
            let Some(rule) = group.rule.as_deref().filter(|_| entry.t > 0) else { return };
            let lr = group.lr.as_ref().unwrap_or(&this.lr).at(this.step);
            if let Some(there) = rule.ahead(lr, param.value(), &entry.slots) {
                kept.push((param.id(), param.value().clone()));
                param.set(there);
            }
        });
        moved.kept.push(Kept(kept));
    }

    /// Goes up the gradient.
    fn climb(&mut self, moved: &mut Moved<'_>, grads: &Gradients) {
        let ascent = |this: &Self, i: usize| -> Option<Ascent> {
            this.groups[this.entries[i].group].rule.as_deref()?.needs().ascent
        };
        let mut square = 0.0;
        self.visit_entries(moved.loss.model(), &mut |this, i, param| {
            let Some((ascent, g)) = ascent(this, i).zip(grads.get(param)) else { return };
            square += if ascent.adaptive {
                let scaled = param.value().abs() * g;
                inner_product(&scaled, &scaled)
            } else {
                inner_product(g, g)
            };
        });
        let sign = self.preparation.sign();
        let mut kept = Vec::new();
        self.visit_entries(moved.loss.model(), &mut |this, i, param| {
            let Some((ascent, g)) = ascent(this, i).zip(grads.get(param)) else { return };
            let length = sign * ascent.rho / (square.sqrt() + ascent.eps);
            let up = if ascent.adaptive { param.value().square() * g } else { g.clone() };
            kept.push((param.id(), param.value().clone()));
            param.set(param.value() + up * length);
        });
        moved.kept.push(Kept(kept));
    }
}

/// A loss whose model's parameters were moved for an evaluation; they return when this is dropped, also by a panic.
pub(crate) struct Moved<'m> {
    pub(crate) loss: &'m mut dyn Loss,
    pub(crate) kept: Vec<Kept>,
}

impl Drop for Moved<'_> {
    fn drop(&mut self) {
        while let Some(kept) = self.kept.pop() {
            kept.restore(self.loss.model());
        }
    }
}
