//! A training step whose gradients come from elsewhere: from other threads or machines.

use gradus_autograd::{Gradients, ParamId, Params};

use crate::loss::{Evaluated, Loss};
use crate::optimizer::Optimizer;

impl Optimizer {
    /// As [`Self::training_step`], with a loss and gradients that `f` finds for the present values of the parameters: on other
    /// threads or machines. It is given the seed of [`Self::tape_seed`], and is called twice in a step of [`Sam`](crate::Sam).
    ///
    /// ```
    /// use gradus_autograd::{Param, value_and_grad_training};
    /// use gradus_optim::{Adam, Optimizer};
    /// let (mut w, mut optimizer) = (Param::new(3.0), Optimizer::new(Adam::default(), 0.1));
    /// let loss = optimizer.training_step_by(&mut w, |w, seed| {
    ///     Ok::<_, String>(value_and_grad_training(seed, |tape| tape.param(w).square()))
    /// })?;
    /// assert_eq!(loss, 9.0);
    /// assert!(w.value().item() < 3.0);
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    /// What `f` says; then nothing is changed.
    ///
    /// # Panics
    /// As [`Self::step`]; or if a rule evaluates the loss itself ([`Method`](crate::Method)) or needs second derivatives.
    #[track_caller]
    pub fn training_step_by<M: Params + ?Sized, E>(
        &mut self,
        model: &mut M,
        f: impl FnMut(&M, u64) -> Result<(f64, Gradients), E>,
    ) -> Result<f64, E> {
        for rule in self.rules() {
            let (needs, name) = (rule.needs(), rule.name());
            assert!(
                !needs.function && needs.curvature.is_none(),
                "training_step_by: {name} needs more of the loss than gradients, and those come from elsewhere here; \
                 train with training_step in one process"
            );
        }
        let mut loss = Elsewhere { model, f, seed: self.tape_seed(), error: None };
        match (self.descend(&mut loss), loss.error) {
            (Ok(value), _) => Ok(value),
            (Err(_), Some(error)) => Err(error),
            (Err(fault), None) => panic!("training_step_by: {fault}"),
        }
    }
}

/// A loss whose gradients a closure finds.
struct Elsewhere<'m, M: ?Sized, F, E> {
    model: &'m mut M,
    f: F,
    seed: u64,
    error: Option<E>,
}

impl<M, F, E> Loss for Elsewhere<'_, M, F, E>
where
    M: Params + ?Sized,
    F: FnMut(&M, u64) -> Result<(f64, Gradients), E>,
{
    fn model(&mut self) -> &mut dyn Params {
        &mut self.model
    }

    fn evaluate(&mut self, _: bool) -> Result<Evaluated, String> {
        match (self.f)(self.model, self.seed) {
            Ok((value, grads)) => Ok((value, grads, None)),
            Err(error) => {
                self.error = Some(error);
                Err(String::new())
            }
        }
    }

    fn hessian(&mut self, _: &[ParamId]) -> Result<Vec<f64>, String> {
        Err("there are no second derivatives".to_string())
    }

    fn residuals(&mut self) -> Option<(Vec<f64>, Vec<f64>)> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Adam, Lbfgs, Nesterov, Sam, Sgd};
    use gradus_autograd::{Param, Tape, Var, value_and_grad_training};

    fn loss<'t>(w: &Param, tape: &'t Tape) -> Var<'t> {
        (tape.param(w) - 1.0).square().sum()
    }

    #[test]
    fn every_rule_of_gradients_steps_as_with_its_own_tape() {
        let rules: [fn() -> Optimizer; 3] = [
            || Optimizer::new(Adam::default(), 0.1),
            || Optimizer::new(Nesterov::default(), 0.1),
            || Optimizer::new(Sam::new(Sgd::default()), 0.1),
        ];
        for rule in rules {
            let (mut a, mut b) = (Param::new([3.0, -2.0]), Param::new([3.0, -2.0]));
            let (mut own, mut other) = (rule(), rule());
            for _ in 0..3 {
                let left = own.training_step(&mut a, loss);
                let right = other.training_step_by(&mut b, |w, seed| {
                    Ok::<_, ()>(value_and_grad_training(seed, |tape| loss(w, tape)))
                });
                assert_eq!((Ok(left), a.value()), (right, b.value()));
            }
        }
    }

    #[test]
    fn an_error_leaves_all_as_it_was() {
        let mut w = Param::new([3.0, -2.0]);
        let mut optimizer = Optimizer::new(Sam::new(Sgd::default()), 0.1);
        let mut calls = 0;
        let result = optimizer.training_step_by(&mut w, |w, seed| {
            calls += 1;
            if calls == 2 { Err("lost") } else { Ok(value_and_grad_training(seed, |tape| loss(w, tape))) }
        });
        assert_eq!((result, w.value().to_f64_vec(), optimizer.steps()), (Err("lost"), vec![3.0, -2.0], 0));
    }

    #[test]
    #[should_panic(expected = "training_step_by: Lbfgs needs more of the loss than gradients")]
    fn a_method_is_refused_by_name() {
        let mut optimizer = Optimizer::new(Lbfgs::default(), 1.0);
        let _ = optimizer.training_step_by(&mut Param::new(1.0), |_, _| Err::<(f64, Gradients), _>(()));
    }
}
