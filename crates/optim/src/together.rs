//! Many small parameters updated side by side: one alone has too little work for a second thread.
//!
//! A rule updates every parameter by itself, so the order does not matter and the result is that of one thread.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use gradus_autograd::{Gradients, Params};
use gradus_tensor::Tensor;
use gradus_tensor::kernel::parallel;

use crate::group::Group;
use crate::optimizer::Entry;
use crate::pass::{COST, PIECE};
use crate::rule::{Rule, Step};

/// A parameter of so many elements is cut into pieces of its own.
const LARGE: usize = 8 * PIECE;

/// One update that waits. The value and the slots are away from their places only while all updates run.
struct Task {
    place: usize,
    group: usize,
    lr: f64,
    t: u64,
    key: u64,
    g: Tensor,
    curvature: Option<Tensor>,
    theta: Tensor,
    slots: Vec<Tensor>,
}

/// The updates of one step that wait for each other; none, where that is not worth while.
pub(crate) struct Together {
    tasks: Vec<Task>,
    /// Stands in the place of a value that is away.
    nothing: Option<Tensor>,
}

impl Together {
    /// For a step with these gradients.
    pub(crate) fn new(grads: &Gradients) -> Self {
        let small = || grads.iter().map(|(_, g)| g.elements()).filter(|&n| n < LARGE);
        let worth = parallel::threads() > 1 && small().sum::<usize>() >= 2 * PIECE;
        Self { tasks: Vec::new(), nothing: worth.then(|| Tensor::zeros(0)) }
    }

    /// Takes the update of a small parameter; false leaves it to the caller.
    pub(crate) fn takes(&mut self, (place, group): (usize, usize), step: &Step<'_>, g: &Tensor) -> bool {
        let Some(nothing) = self.nothing.as_ref().filter(|_| g.elements() < LARGE) else { return false };
        self.tasks.push(Task {
            place,
            group,
            lr: step.lr,
            t: step.t,
            key: step.key,
            g: g.clone(),
            curvature: step.curvature.cloned(),
            theta: nothing.clone(),
            slots: Vec::new(),
        });
        true
    }

    /// Runs what was taken. Values and slots are back in their places afterwards, also when a rule panics.
    pub(crate) fn run(mut self, step: u64, groups: &[Group], entries: &mut [Entry], model: &mut dyn Params) {
        if self.tasks.is_empty() {
            return;
        }
        let elements: usize = self.tasks.iter().map(|task| task.g.elements()).sum();
        let rules: Vec<(Option<&dyn Rule>, &[f64])> =
            groups.iter().map(|group| (group.rule.as_deref(), &group.shared[..])).collect();
        self.exchange(entries, model);
        let result = catch_unwind(AssertUnwindSafe(|| {
            let mean = elements as f64 / self.tasks.len() as f64;
            let at_once = (PIECE as f64 / mean.max(1.0)) as usize;
            parallel::chunks(&mut self.tasks, at_once.max(1), COST * mean, |_, tasks| {
                for task in tasks {
                    task.run(step, &rules);
                }
            });
        }));
        self.exchange(entries, model);
        if let Err(panic) = result {
            resume_unwind(panic);
        }
    }

    /// Exchanges values and slots of the tasks with those of the model and the optimizer.
    fn exchange(&mut self, entries: &mut [Entry], model: &mut dyn Params) {
        let mut tasks = self.tasks.iter_mut().peekable();
        model.visit_mut("", &mut |_, param| {
            if let Some(task) = tasks.next_if(|task| entries[task.place].id == param.id()) {
                std::mem::swap(&mut task.theta, param.value_mut());
                std::mem::swap(&mut task.slots, &mut entries[task.place].slots);
            }
        });
    }
}

impl Task {
    fn run(&mut self, step: u64, rules: &[(Option<&dyn Rule>, &[f64])]) {
        let (Some(rule), shared) = rules[self.group] else { return };
        let curvature = self.curvature.as_ref();
        let step = Step { lr: self.lr, t: self.t, step, key: self.key, curvature, shared };
        rule.update(&step, &mut self.theta, &self.g, &mut self.slots);
    }
}
