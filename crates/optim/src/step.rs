//! One step of the driver.

use gradus_autograd::{Gradients, Param, ParamId, Params};
use gradus_tensor::Tensor;

use crate::gradient::{Prepared, scaled};
use crate::optimizer::{Entry, Optimizer};
use crate::rule::{Rule, Step};

impl Optimizer {
    /// One step: every parameter with a gradient is updated by its group's rule, and statistics that layers
    /// handed back with the gradients (a running mean) are put into the model.
    ///
    /// # Panics
    /// At the first step, if a group chooses no parameter; or if a gradient's shape is not its parameter's.
    #[track_caller]
    pub fn step(&mut self, model: &mut (impl Params + ?Sized), grads: &Gradients) {
        self.step_inner(model, grads, None);
    }

    /// As [`Self::step`], with an estimate of the Hessian's diagonal for the rules that use one
    /// ([`Sophia`](crate::Sophia), [`AdaHessian`](crate::AdaHessian)); see [`hutchinson`](crate::hutchinson).
    ///
    /// # Panics
    /// As [`Self::step`].
    #[track_caller]
    pub fn step_with_curvature(
        &mut self,
        model: &mut (impl Params + ?Sized),
        grads: &Gradients,
        curvature: &Gradients,
    ) {
        self.step_inner(model, grads, Some(curvature));
    }

    /// One step with the gradient taken where the rules want it ([`Nesterov`](crate::Nesterov): a velocity
    /// ahead). `f` gives the loss and the gradients of a model; the loss is returned.
    ///
    /// # Panics
    /// As [`Self::step`].
    #[track_caller]
    pub fn step_ahead<M: Params>(&mut self, model: &mut M, f: impl FnOnce(&M) -> (f64, Gradients)) -> f64 {
        self.bind_for_step(model);
        let mut kept = Vec::new();
        self.visit_entries(model, &mut |this, i, param| {
            let entry = &this.entries[i];
            let group = &this.groups[entry.group];
            let Some(rule) = group.rule.as_deref().filter(|_| entry.t > 0) else { return };
            let lr = group.lr.as_ref().unwrap_or(&this.lr).at(this.step);
            if let Some(there) = rule.ahead(lr, param.value(), &entry.slots) {
                kept.push((param.id(), param.value().clone()));
                param.set(there);
            }
        });
        let (loss, grads) = f(model);
        Kept(kept).restore(model);
        self.step(model, &grads);
        loss
    }

    /// Puts the weights into the model that the rules hold to be the answer: an average, where a rule keeps
    /// one ([`ScheduleFree`](crate::ScheduleFree), [`Asgd`](crate::Asgd)). Returns the weights that were
    /// there, to be put back with [`Kept::restore`] before training goes on.
    pub fn answer(&mut self, model: &mut (impl Params + ?Sized)) -> Kept {
        let mut kept = Vec::new();
        self.visit_entries(model, &mut |this, i, param| {
            let entry = &this.entries[i];
            let rule = this.groups[entry.group].rule.as_deref().filter(|_| entry.t > 0);
            if let Some(answer) = rule.and_then(|rule| rule.answer(param.value(), &entry.slots)) {
                kept.push((param.id(), param.value().clone()));
                param.set(answer);
            }
        });
        Kept(kept)
    }

    #[track_caller]
    fn step_inner(
        &mut self,
        model: &mut (impl Params + ?Sized),
        grads: &Gradients,
        curvature: Option<&Gradients>,
    ) {
        self.bind_for_step(model);
        apply_updates(model, grads);
        let sums = (self.preparation.accumulate > 1).then(|| self.collect(grads));
        let grads = match &sums {
            None => grads,
            Some(Some(sums)) => sums,
            Some(None) => return,
        };
        let sign = if self.preparation.maximize { -1.0 } else { 1.0 };
        let factor = sign / self.preparation.accumulate as f64;
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
    fn trained<'m>(&self, model: &'m (impl Params + ?Sized)) -> Vec<&'m Param> {
        let frozen = |name: &str| {
            let entry = self.entries.iter().find(|entry| entry.name == name);
            entry.is_some_and(|entry| self.groups[entry.group].rule.is_none())
        };
        let any_frozen = self.groups.iter().any(|group| group.rule.is_none());
        let mut trained = Vec::with_capacity(self.entries.len());
        model.visit("", &mut |name, param| {
            if param.is_trainable() && !(any_frozen && frozen(name)) {
                trained.push(param);
            }
        });
        trained
    }

    fn vary_rules(&mut self) {
        let step = self.step;
        for vary in &self.varying {
            let rules = self.groups.iter_mut().filter_map(|group| group.rule.as_deref_mut());
            let found = rules.filter_map(|rule| vary(rule, step).then_some(())).count();
            assert!(found > 0, "step: vary names a type of rule that no group has: {:?}", self.groups);
        }
    }

    /// The first pass of global rules: measures all parameters and renews the shared numbers.
    fn share(&mut self, model: &mut (impl Params + ?Sized), grads: &Gradients, factor: f64) {
        let is_global = |rule: &dyn Rule| rule.global().is_some();
        if !self.groups.iter().any(|group| group.rule.as_deref().is_some_and(is_global)) {
            return;
        }
        let mut sums = vec![[0.0; 3]; self.groups.len()];
        self.each(model, grads, factor, &mut |this, i, theta, g| {
            let entry = &mut this.entries[i];
            let group = &this.groups[entry.group];
            let Some(global) = group.rule.as_deref().and_then(Rule::global) else { return };
            let lr = group.lr.as_ref().unwrap_or(&this.lr).at(this.step);
            entry.begin(global, theta, lr);
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

    fn update(
        &mut self,
        model: &mut (impl Params + ?Sized),
        grads: &Gradients,
        factor: f64,
        curvature: Option<&Gradients>,
    ) {
        let rates: Vec<f64> =
            self.groups.iter().map(|group| group.lr.as_ref().unwrap_or(&self.lr).at(self.step)).collect();
        self.each(model, grads, factor, &mut |this, i, theta, g| {
            let entry = &mut this.entries[i];
            let group = &this.groups[entry.group];
            let Some(rule) = group.rule.as_deref() else { return };
            let lr = rates[entry.group];
            entry.begin(rule, theta, lr);
            entry.t += 1;
            let curvature = curvature.and_then(|all| all.by_id(entry.id));
            let (t, key) = (entry.t, entry.key);
            let step = Step { lr, t, step: this.step, key, curvature, shared: &group.shared };
            rule.update(&step, theta, g, &mut entry.slots);
        });
    }

    /// Calls `f(self, place, value, gradient)` for each parameter that has a gradient.
    fn each(
        &mut self,
        model: &mut (impl Params + ?Sized),
        grads: &Gradients,
        factor: f64,
        f: &mut dyn FnMut(&mut Self, usize, &mut Tensor, &Tensor),
    ) {
        self.visit_entries(model, &mut |this, i, param| {
            if let (true, Some(g)) = (param.is_trainable(), grads.get(param)) {
                let theta = param.value_mut();
                let g = scaled(g, factor);
                if g.dtype() == theta.dtype() {
                    f(this, i, theta, &g);
                } else {
                    f(this, i, theta, &g.to(theta.dtype()));
                }
            }
        });
    }

    /// Calls `f(self, place, parameter)` for each parameter that is not a buffer.
    pub(crate) fn visit_entries(
        &mut self,
        model: &mut (impl Params + ?Sized),
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
    /// Makes the slots before the first update.
    fn begin(&mut self, rule: &(impl Rule + ?Sized), theta: &Tensor, lr: f64) {
        if self.t == 0 && self.slots.is_empty() {
            (self.slot_names, self.slots) = rule.slots(theta, lr).into_iter().unzip();
        }
    }
}

/// Puts new values of statistics into the model.
fn apply_updates(model: &mut (impl Params + ?Sized), grads: &Gradients) {
    if grads.updates().next().is_none() {
        return;
    }
    model.visit_mut("", &mut |_, param| {
        if let Some((_, value)) = grads.updates().find(|(id, _)| *id == param.id()) {
            param.set(value.clone());
        }
    });
}
