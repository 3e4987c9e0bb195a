//! Whether gradients fit a model and the rules: what is asked before a step changes anything.

use std::collections::HashSet;

use gradus_autograd::{Gradients, Params};

use crate::optimizer::{Entry, Optimizer};

impl Optimizer {
    /// Panics if some rule needs more than what comes through this door.
    #[track_caller]
    pub(crate) fn check_rules(&self, door: &str) {
        for rule in self.rules() {
            let needs = rule.needs();
            let (what, hint) = if needs.function {
                ("evaluates the loss itself", "")
            } else if needs.ahead {
                ("takes the gradient ahead of the model's place", "")
            } else if needs.ascent.is_some() {
                ("takes a second gradient up the first one", "")
            } else if needs.curvature.is_some() && door == "step" {
                (
                    "divides by the Hessian's diagonal",
                    "; with estimates of your own, step_with_curvature(&mut model, &grads, Some(&curvature))",
                )
            } else {
                continue;
            };
            panic!(
                "{door}: {} {what}, so one gradient is not enough; call optimizer.training_step(&mut model, \
                 |model, tape| …){hint}",
                rule.name()
            );
        }
    }

    /// Panics unless these gradients are of a training and fit the model. For the message: the call, and what they are.
    #[track_caller]
    pub(crate) fn check(&self, model: &dyn Params, grads: &Gradients, [door, what]: [&str; 2]) {
        if let Some(untrained) = grads.untrained() {
            panic!(
                "{door}: these gradients are not those of a training: {untrained} asked the tape for it (dropout, \
                 batch statistics), and value_and_grad and Tape::new record without. Call \
                 optimizer.training_step(&mut model, |model, tape| …), or step with the gradients of \
                 value_and_grad_training(seed, |tape| …) or Tape::training(seed); where dropout is to be off on purpose, \
                 with those of value_and_grad_with(Mode::Record, …)"
            );
        }
        assert!(what != "gradient" || !grads.is_idle(), "{}", nothing(door));
        // The usual case needs no walk over the model.
        let fits = |entry: &&Entry| grads.by_id(entry.id).is_some_and(|g| *g.shape() == entry.shape);
        if self.entries.iter().filter(fits).count() == grads.len() {
            return;
        }
        let (mut misfit, mut other) = (None, None);
        model.visit("", &mut |name, param| {
            let before =
                self.entries.iter().find(|e| e.name == name && e.id != param.id() && !e.slots.is_empty());
            if let Some(entry) = before.filter(|entry| entry.shape != *param.shape()) {
                other.get_or_insert((name.to_string(), entry.shape, *param.shape()));
            }
            let Some(g) = grads.get(param) else { return };
            if g.shape() != param.shape() && misfit.is_none() {
                misfit = Some((name.to_string(), *g.shape(), *param.shape()));
            }
        });
        if let Some((name, known, here)) = other {
            panic!(
                "{door}: {name} has shape {here}, and {known} in the model that this optimizer has trained; what it remembers \
                 is of that one, so make another by Optimizer::new"
            );
        }
        if let Some((name, of_g, of_param)) = misfit {
            panic!("{door}: the {what} of {name} has shape {of_g}, the parameter {of_param}");
        }
        check_visited(model, grads, [door, what]);
    }
}

/// Panics if there are gradients of parameters that the model does not visit: they would be lost without a word.
#[track_caller]
pub(crate) fn check_visited(model: &dyn Params, grads: &Gradients, [door, what]: [&str; 2]) {
    if let Some(fault) = not_visited(model, grads, [door, what]) {
        panic!("{fault}");
    }
}

/// What is said of such gradients.
pub(crate) fn not_visited(model: &dyn Params, grads: &Gradients, [door, what]: [&str; 2]) -> Option<String> {
    let mut visited = HashSet::new();
    model.visit("", &mut |_, param| _ = visited.insert(param.id()));
    let lost: Vec<String> =
        grads.iter().filter(|(id, _)| !visited.contains(id)).map(|(_, g)| g.shape().to_string()).collect();
    let n = grads.len();
    if lost.is_empty() {
        return None;
    }
    if lost.len() == n {
        return Some(foreign(door, n, what));
    }
    Some(format!(
        "{door}: {} of the {n} {what}s, of shape {}, are of parameters that this model does not visit: fields that its \
         params! leaves out, or parts of another model (freeze those, or step with grads.of(&model))",
        lost.len(),
        lost.join(", ")
    ))
}

/// What is said if there is no gradient at all.
pub(crate) fn nothing(door: &str) -> String {
    format!(
        "{door}: the loss reaches no parameter of the model, so nothing would be trained: each is lifted with \
         tape.param(&param) (tape.var takes a copy of the value, whose gradient stays on the tape)"
    )
}

pub(crate) fn foreign(door: &str, n: usize, what: &str) -> String {
    format!(
        "{door}: none of the {n} {what}s is of a parameter of this model; a clone of a model has parameters of its own"
    )
}
