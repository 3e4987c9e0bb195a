//! One weight's update taken apart: what it would be without this step's gradient (memory), what the gradient adds, and what
//! weight decay adds. The three are the whole update.

use gradus::optim::{Needs, OptimizerSpec, Rule, Step};
use gradus::tensor::Tensor;
use serde::Serialize;

use crate::answer::{Number, numbers};

/// The parts of each step's change of the weight.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parts {
    /// Without a gradient and without decay: what is remembered.
    pub memory: Vec<Number>,
    /// What this step's gradient adds to that.
    pub gradient: Vec<Number>,
    /// What weight decay adds: L2 through the gradient, decoupled decay by itself.
    pub decay: Vec<Number>,
}

/// The rule whose updates are taken apart, and the parts so far.
pub(super) struct Taken {
    rules: Option<(Box<dyn Rule>, Box<dyn Rule>)>,
    rows: Vec<[f64; 3]>,
}

impl Taken {
    /// Rules that need more than one gradient, or share numbers among parameters, have no such parts.
    pub(super) fn of(who: &OptimizerSpec) -> Self {
        let (rule, mut plain) = (who.rule(), who.rule());
        let usual = rule.needs() == Needs::default() && rule.global().is_none();
        for mut setting in plain.settings() {
            if setting.name().rsplit('.').next() == Some("weight_decay") {
                setting.set("0").expect("a number");
            }
        }
        Self { rules: usual.then_some((rule, plain)), rows: Vec::new() }
    }

    /// Takes the step at a rate, with a count of updates, from a weight and slots to a place.
    pub(super) fn step(&mut self, (lr, t): (f64, u64), theta: &Tensor, g: f64, slots: &[Tensor], place: f64) {
        let Some((rule, plain)) = &self.rules else { return };
        let from = theta.to_f64_vec()[0];
        let moved = |rule: &dyn Rule, g: f64| {
            let (mut theta, mut slots) = (theta.clone(), slots.to_vec());
            rule.update(&Step::new(lr, t), &mut theta, &Tensor::from_vec(vec![g], 1), &mut slots);
            theta.to_f64_vec()[0] - from
        };
        let (whole, bare, idle) = (moved(&**rule, g), moved(&**plain, g), moved(&**plain, 0.0));
        // A rule with random numbers takes another step here.
        if whole.to_bits() != (place - from).to_bits() {
            self.rules = None;
            return;
        }
        self.rows.push([idle, bare - idle, whole - bare]);
    }

    pub(super) fn done(self) -> Option<Parts> {
        self.rules.as_ref()?;
        let column = |i: usize| numbers(&self.rows.iter().map(|row| row[i]).collect::<Vec<_>>());
        Some(Parts { memory: column(0), gradient: column(1), decay: column(2) })
    }
}
