//! One step of a method, which evaluates the loss of a model as a function of the vector of its parameters.

use gradus_autograd::{Gradients, ParamId, Params};
use gradus_tensor::Tensor;

use crate::drive::{Kept, apply_updates};
use crate::fit::{not_visited, nothing};
use crate::loss::Loss;
use crate::methods::Objective;
use crate::optimizer::Optimizer;
use crate::training_step::Moved;

impl Optimizer {
    #[track_caller]
    pub(crate) fn follow(&mut self, loss: &mut dyn Loss) -> f64 {
        let at = self.group_of_method();
        self.vary_rules();
        let (kept, mut x) = self.vector(loss.model(), at);
        let ids: Vec<ParamId> = kept.iter().map(|(id, _)| *id).collect();
        let sign = self.preparation.sign();
        let moved = Moved { loss: &mut *loss, kept: vec![Kept(kept)] };
        let mut f = OnModel { moved, ids: &ids, sign, first: None, fault: None };
        let group = &mut self.groups[at];
        let before = self.preparation.skip_nonfinite.then(|| group.notes.clone());
        let lr = group.lr.as_ref().unwrap_or(&self.lr).at(self.step);
        let method = group.rule.as_deref().and_then(|rule| rule.method()).expect("it is the method's group");
        let value = sign * method.step(lr, &mut x, &mut group.notes, &mut f);
        let (first, fault) = (f.first.take(), f.fault.take());
        drop(f);
        if let Some(fault) = fault {
            panic!("{fault}");
        }
        if let Some((_, grads)) = &first {
            apply_updates(loss.model(), grads);
        }
        let is_finite = |(finite, _): &(bool, Gradients)| *finite;
        if let Some(before) = before.filter(|_| !first.as_ref().is_none_or(is_finite)) {
            group.notes = before;
            self.skipped += 1;
            return value;
        }
        spread(loss.model(), &ids, &x);
        let mine = self.entries.iter_mut().filter(|entry| ids.contains(&entry.id));
        mine.for_each(|entry| entry.t += 1);
        self.step += 1;
        value
    }

    /// The group of the method; a method moves its parameters alone and sees whole gradients.
    #[track_caller]
    fn group_of_method(&self) -> usize {
        let with_rules = || (0..self.groups.len()).filter(|&i| self.groups[i].rule.is_some());
        let method = self.rules().find(|rule| rule.needs().function).expect("some rule needs the function");
        let name = method.name();
        assert!(
            with_rules().count() == 1,
            "training_step: {name} evaluates the loss itself and moves all parameters together, so no other group \
             may have a rule; freeze the others"
        );
        assert!(
            method.method().is_some(),
            "training_step: {name} stands around a method that evaluates the loss itself; it can only stand around \
             a rule that is handed gradients"
        );
        assert!(
            !self.preparation.edits(),
            "training_step: {name} evaluates the loss itself, so its gradients can be neither accumulated nor clipped"
        );
        with_rules().next().expect("there is one")
    }

    /// The trainable parameters of a group with their values, and their elements in a row.
    fn vector(&mut self, model: &mut dyn Params, at: usize) -> (Vec<(ParamId, Tensor)>, Vec<f64>) {
        let (mut kept, mut x) = (Vec::new(), Vec::new());
        self.visit_entries(model, &mut |this, i, param| {
            if param.is_trainable() && this.entries[i].group == at {
                kept.push((param.id(), param.value().clone()));
                x.extend(param.value().to_f64_vec());
            }
        });
        (kept, x)
    }
}

/// Puts the elements of a vector into the parameters of these identities, in order.
fn spread(model: &mut dyn Params, ids: &[ParamId], mut x: &[f64]) {
    let mut ids = ids.iter().peekable();
    model.visit_mut("", &mut |_, param| {
        if ids.next_if_eq(&&param.id()).is_some() {
            let (mine, rest) = x.split_at(param.value().elements());
            param.set(Tensor::from_slice(mine, *param.shape()).to(param.value().dtype()));
            x = rest;
        }
    });
}

/// A loss as a function of a vector.
struct OnModel<'a> {
    moved: Moved<'a>,
    ids: &'a [ParamId],
    /// -1 for an ascent.
    sign: f64,
    /// Of the first evaluation: whether all its numbers were finite, and the gradients, whose statistics count.
    first: Option<(bool, Gradients)>,
    /// What is wrong with the loss: NaN from then on, so that the method ends, and a panic where the caller's line is known.
    fault: Option<String>,
}

impl OnModel<'_> {
    fn go(&mut self, x: &[f64]) {
        spread(self.moved.loss.model(), self.ids, x);
    }

    /// The value and the gradients at the model's place.
    fn evaluate(&mut self) -> Result<(f64, Gradients), String> {
        let found = self.moved.loss.evaluate(false).map_err(|fault| format!("training_step: {fault}"));
        let (value, grads, _) = found?;
        if self.first.is_some() {
            return Ok((value, grads));
        }
        if grads.is_idle() {
            return Err(nothing("training_step"));
        }
        let lost = not_visited(self.moved.loss.model(), &grads, ["training_step", "gradient"]);
        lost.map_or(Ok((value, grads)), Err)
    }
}

impl Objective for OnModel<'_> {
    fn value_and_grad(&mut self, x: &[f64]) -> (f64, Vec<f64>) {
        if self.fault.is_some() {
            return (f64::NAN, vec![0.0; x.len()]);
        }
        self.go(x);
        let (value, grads) = match self.evaluate() {
            Ok(found) => found,
            Err(fault) => {
                self.fault = Some(fault);
                return (f64::NAN, vec![0.0; x.len()]);
            }
        };
        let mut flat = Vec::with_capacity(x.len());
        let mut ids = self.ids.iter().peekable();
        self.moved.loss.model().visit("", &mut |_, param| {
            if ids.next_if_eq(&&param.id()).is_none() {
                return;
            }
            match grads.get(param) {
                Some(g) => flat.extend(g.to_f64_vec().iter().map(|g| self.sign * g)),
                None => flat.resize(flat.len() + param.value().elements(), 0.0),
            }
        });
        let finite = || value.is_finite() && flat.iter().all(|g| g.is_finite());
        if self.first.is_none() {
            self.first = Some((finite(), grads));
        }
        (self.sign * value, flat)
    }

    fn hessian(&mut self, x: &[f64]) -> Vec<f64> {
        self.go(x);
        let zeros = || vec![0.0; x.len() * x.len()];
        let mut hessian = match self.moved.loss.hessian(self.ids) {
            _ if self.fault.is_some() => return zeros(),
            Ok(hessian) => hessian,
            Err(fault) => {
                self.fault = Some(format!("training_step: {fault}"));
                return zeros();
            }
        };
        for h in &mut hessian {
            *h *= self.sign;
        }
        hessian
    }

    fn residuals(&mut self, x: &[f64]) -> Option<(Vec<f64>, Vec<f64>)> {
        self.go(x);
        self.moved.loss.residuals()
    }
}
