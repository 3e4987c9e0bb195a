//! One step of the driver.

use std::borrow::Cow;

use gradus_autograd::{Gradients, Param, ParamId, Params};
use gradus_tensor::Tensor;

use crate::fit::{check_visited, foreign};
use crate::optimizer::{Entry, Optimizer};
use crate::prepare::{Prepared, scaled};
use crate::rule::{Rule, Step};
use crate::together::Together;

impl Optimizer {
    /// One step with gradients at the model's own place: every parameter with a gradient is updated by its
    /// group's rule, and statistics that layers handed back with the gradients (a running mean) are put into
    /// the model. [`Self::training_step`] is the form for every rule.
    ///
    /// # Panics
    /// Before anything is changed: if a rule needs more than that one gradient ([`Needs`](crate::Needs)), if a
    /// layer asked the tape of the gradients for training and did not get it
    /// ([`Gradients::untrained`]), if a gradient's shape is not its parameter's or it is of a parameter that the
    /// model does not visit (see [`Gradients::of`]), or, at the first step, if a group chooses no parameter.
    #[track_caller]
    pub fn step(&mut self, mut model: &mut (impl Params + ?Sized), grads: &Gradients) {
        let model: &mut dyn Params = &mut model;
        self.bind_for_step(model);
        self.check_rules("step");
        self.check(model, grads, ["step", "gradient"]);
        apply_updates(model, grads);
        self.take(model, grads, None);
    }

    /// As [`Self::step`], for the rules that use the Hessian's diagonal ([`Sophia`](crate::Sophia),
    /// [`AdaHessian`](crate::AdaHessian)) and estimates of one's own; see [`hutchinson`](crate::hutchinson).
    /// `None` at the steps without a new one. With [`Self::accumulate`], that of the last part counts.
    ///
    /// # Panics
    /// As [`Self::step`]; or if there is none at the first step.
    #[track_caller]
    pub fn step_with_curvature(
        &mut self,
        mut model: &mut (impl Params + ?Sized),
        grads: &Gradients,
        curvature: Option<&Gradients>,
    ) {
        let model: &mut dyn Params = &mut model;
        self.bind_for_step(model);
        const DOOR: &str = "step_with_curvature";
        self.check_rules(DOOR);
        self.check(model, grads, [DOOR, "gradient"]);
        match curvature {
            Some(curvature) => self.check(model, curvature, [DOOR, "curvature"]),
            None => {
                assert!(self.step > 0 || !self.is_last_part(), "{DOOR}: the first step needs an estimate");
            }
        }
        apply_updates(model, grads);
        self.take(model, grads, curvature);
    }

    /// Whether the next gradients complete a step.
    pub(crate) fn is_last_part(&self) -> bool {
        self.pending.count + 1 == self.preparation.accumulate
    }

    /// Puts the weights into the model that the rules hold to be the answer: an average, where a rule keeps
    /// one ([`ScheduleFree`](crate::ScheduleFree), [`Asgd`](crate::Asgd)). Returns the weights that were
    /// there, to be put back with [`Kept::restore`] before training goes on.
    pub fn answer(&mut self, mut model: &mut (impl Params + ?Sized)) -> Kept {
        let mut kept = Vec::new();
        self.visit_entries(&mut model, &mut |this, i, param| {
            let entry = &this.entries[i];
            let rule = this.groups[entry.group].rule.as_deref().filter(|_| entry.t > 0);
            if let Some(answer) = rule.and_then(|rule| rule.answer(param.value(), &entry.slots)) {
                kept.push((param.id(), param.value().clone()));
                param.set(answer);
            }
        });
        Kept(kept)
    }

    /// The step itself: accumulation, preparation, the rules.
    #[track_caller]
    pub(crate) fn take(&mut self, model: &mut dyn Params, grads: &Gradients, curvature: Option<&Gradients>) {
        // What is gathered or changed first is looked at first; the rest when it is used, without a walk of its own.
        if self.preparation.accumulate > 1 || self.preparation.is_needed() {
            check_visited(model, grads, ["step", "gradient"]);
        }
        let sums = (self.preparation.accumulate > 1).then(|| self.collect(grads));
        let grads = match &sums {
            None => grads,
            Some(Some(sums)) => sums,
            Some(None) => return,
        };
        let factor = self.preparation.sign() / self.preparation.accumulate as f64;
        let prepared = if self.preparation.is_needed() {
            let trained = self.trained(model);
            self.preparation.prepare(&trained, grads, factor)
        } else {
            Some((Prepared::Borrowed(grads), factor))
        };
        let Some((grads, factor)) = prepared else {
            self.skipped += 1;
            return;
        };
        self.vary_rules();
        self.share(model, grads.get(), factor);
        self.update(model, grads.get(), factor, curvature);
        self.step += 1;
    }

    /// Adds gradients up; `Some` with the sums when a batch is complete.
    fn collect(&mut self, grads: &Gradients) -> Option<Gradients> {
        let mut copy = Gradients::default();
        grads.iter().for_each(|(id, g)| copy.set(id, g.clone()));
        self.pending.sums += copy;
        self.pending.count += 1;
        (self.pending.count == self.preparation.accumulate).then(|| std::mem::take(&mut self.pending).sums)
    }

    /// The parameters that some rule updates.
    fn trained<'m>(&self, model: &'m dyn Params) -> Vec<&'m Param> {
        let frozen = |name: &str| {
            let entry = self.entries.iter().find(|entry| entry.name == name);
            entry.is_some_and(|entry| self.groups[entry.group].rule.is_none())
        };
        let any_frozen = self.groups.iter().any(|group| group.rule.is_none());
        let mut trained = Vec::with_capacity(self.entries.len());
        for (name, param) in model.params() {
            if param.is_trainable() && !(any_frozen && frozen(&name)) {
                trained.push(param);
            }
        }
        trained
    }

    /// Changes the rules as [`Optimizer::vary`] was told to; what was changed is looked at again.
    #[track_caller]
    pub(crate) fn vary_rules(&mut self) {
        if self.varying.is_empty() {
            return;
        }
        let step = self.step;
        for vary in &self.varying {
            let rules = self.groups.iter_mut().filter_map(|group| group.rule.as_deref_mut());
            let found = rules.filter_map(|rule| vary(rule, step).then_some(())).count();
            assert!(found > 0, "step: vary names a type of rule that no group has: {:?}", self.groups);
        }
        self.check_options("step");
    }

    /// The first pass of global rules: measures all parameters and renews the shared numbers.
    #[track_caller]
    fn share(&mut self, model: &mut dyn Params, grads: &Gradients, factor: f64) {
        let is_global = |rule: &dyn Rule| rule.global().is_some();
        if !self.groups.iter().any(|group| group.rule.as_deref().is_some_and(is_global)) {
            return;
        }
        let mut sums = vec![[0.0; 3]; self.groups.len()];
        self.each(model, grads, factor, &mut |this, i, theta, g| {
            let entry = &mut this.entries[i];
            let group = &this.groups[entry.group];
            let Some(rule) = group.rule.as_deref() else { return };
            let Some(global) = rule.global() else { return };
            let lr = group.lr.as_ref().unwrap_or(&this.lr).at(this.step);
            entry.begin(rule, theta, lr);
            let (t, key) = (entry.t + 1, entry.key);
            let step = Step { lr, t, step: this.step, key, curvature: None, shared: &group.shared };
            let measured = global.measure(&step, theta, g, &mut entry.slots);
            sums[entry.group].iter_mut().zip(measured).for_each(|(sum, x)| *sum += x);
        });
        for (group, sums) in self.groups.iter_mut().zip(sums) {
            let Some(global) = group.rule.as_deref().and_then(Rule::global) else { continue };
            let lr = group.lr.as_ref().unwrap_or(&self.lr).at(self.step);
            let before = group.shared.clone();
            let step =
                Step { lr, t: self.step + 1, step: self.step, key: 0, curvature: None, shared: &before };
            global.agree(&step, sums, &mut group.shared);
        }
    }

    #[track_caller]
    fn update(
        &mut self,
        model: &mut dyn Params,
        grads: &Gradients,
        factor: f64,
        curvature: Option<&Gradients>,
    ) {
        let sign = self.preparation.sign();
        let rates: Vec<f64> =
            self.groups.iter().map(|group| group.lr.as_ref().unwrap_or(&self.lr).at(self.step)).collect();
        let mut together = Together::new(grads);
        self.each(model, grads, factor, &mut |this, i, theta, g| {
            let entry = &mut this.entries[i];
            let group = &this.groups[entry.group];
            let Some(rule) = group.rule.as_deref() else { return };
            let lr = rates[entry.group];
            entry.begin(rule, theta, lr);
            entry.t += 1;
            let curvature = curvature.and_then(|all| all.by_id(entry.id)).map(|h| scaled(h, sign));
            let (t, key, curvature) = (entry.t, entry.key, curvature.as_deref());
            let step = Step { lr, t, step: this.step, key, curvature, shared: &group.shared };
            if !together.takes((i, entry.group), &step, g) {
                rule.update(&step, theta, g, &mut entry.slots);
            }
        });
        together.run(self.step, &self.groups, &mut self.entries, model);
    }

    /// Calls `f(self, place, value, gradient)` for each parameter that has one.
    ///
    /// # Panics
    /// Before the first call, if the gradients are of the model that was trained before, of which this one is a clone.
    #[track_caller]
    fn each(
        &mut self,
        model: &mut dyn Params,
        grads: &Gradients,
        factor: f64,
        f: &mut dyn FnMut(&mut Self, usize, &mut Tensor, &Tensor),
    ) {
        let (mut near, mut cloned) = (0, false);
        model.visit_mut("", &mut |name, param| {
            if param.is_buffer() {
                return;
            }
            let other = self.entries.get(near).map(|entry| entry.id).filter(|id| *id != param.id());
            cloned |= other.is_some_and(|id| grads.by_id(id).is_some() && grads.get(param).is_none());
            if cloned {
                return;
            }
            let i = self.place(near, name, param);
            near = i + 1;
            if let (true, Some(g)) = (param.is_trainable(), self.gradient(param, grads, factor)) {
                let theta = param.value_mut();
                if g.dtype() == theta.dtype() {
                    f(self, i, theta, &g);
                } else {
                    f(self, i, theta, &g.to(theta.dtype()));
                }
            }
        });
        assert!(!cloned, "{}", foreign("step", grads.len(), "gradient"));
    }

    /// The gradient of a parameter, scaled; 0 for a missing one, where that is asked for.
    fn gradient<'g>(&self, param: &Param, grads: &'g Gradients, factor: f64) -> Option<Cow<'g, Tensor>> {
        let missing = || self.preparation.missing_as_zero.then(|| Cow::Owned(param.value().zeros_like()));
        grads.get(param).map(|g| scaled(g, factor)).or_else(missing)
    }

    /// Calls `f(self, place, parameter)` for each parameter that is not a buffer.
    pub(crate) fn visit_entries(
        &mut self,
        model: &mut dyn Params,
        f: &mut dyn FnMut(&mut Self, usize, &mut Param),
    ) {
        let mut near = 0;
        model.visit_mut("", &mut |name, param| {
            if !param.is_buffer() {
                let i = self.place(near, name, param);
                near = i + 1;
                f(self, i, param);
            }
        });
    }
}

/// Values of parameters that were replaced for a while.
#[derive(Debug)]
#[must_use = "dropped, the values cannot be put back; call .restore(&mut model)"]
pub struct Kept(pub(crate) Vec<(ParamId, Tensor)>);

impl Kept {
    /// Puts the values back.
    pub fn restore(self, model: &mut (impl Params + ?Sized)) {
        let mut kept = self.0.into_iter().peekable();
        model.visit_mut("", &mut |_, param| {
            if let Some((_, value)) = kept.next_if(|(id, _)| *id == param.id()) {
                param.set(value);
            }
        });
    }
}

impl Entry {
    /// Makes the slots before the first update, in the type of the parameter.
    fn begin(&mut self, rule: &dyn Rule, theta: &Tensor, lr: f64) {
        if self.t == 0 && self.slots.is_empty() {
            (self.slot_names, self.slots) = rule.slots(theta, lr).into_iter().unzip();
        }
        let (before, now) = (self.dtype.replace(theta.dtype()), theta.dtype());
        if let Some(before) = before.filter(|before| *before != now) {
            // The model was converted; what is remembered of it follows.
            self.slots.iter_mut().filter(|slot| slot.dtype() == before).for_each(|slot| *slot = slot.to(now));
        }
    }
}

/// Puts new values of statistics into the model.
pub(crate) fn apply_updates(model: &mut dyn Params, grads: &Gradients) {
    if grads.updates().next().is_none() {
        return;
    }
    model.visit_mut("", &mut |_, param| {
        if let Some((_, value)) = grads.updates().find(|(id, _)| *id == param.id()) {
            param.set(value.clone());
        }
    });
}
