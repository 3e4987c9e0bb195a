//! The ranges of hyper-parameters: one vocabulary for every rule and method, and what is said of a value outside.

use gradus_tensor::{Shape, Tensor};

use crate::optimizer::Optimizer;
use crate::rule::Rule;
use crate::schedule::Schedule;

/// What a rule says of its hyper-parameters ([`Rule::options`](crate::Rule::options)): the first value outside of its
/// range, if there is one.
///
/// NaN lies outside of every range.
///
/// ```
/// use gradus_optim::Options;
///
/// let options = Options::of("Adam").below_one("beta1", 0.9).non_negative("eps", f64::NAN).positive("d0", 0.0);
/// assert_eq!(options.fault(), Some("Adam: eps is NaN; it must be finite and at least 0"));
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "it only remembers a fault; Options::fault has it"]
pub struct Options {
    owner: &'static str,
    fault: Option<String>,
}

impl Options {
    /// No fault yet, of the rule of this name.
    pub fn of(owner: &'static str) -> Self {
        Self { owner, fault: None }
    }

    /// What is wrong, if something is: the rule, the option, its value, the range.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Panics with the fault, if there is one.
    #[track_caller]
    pub(crate) fn check(&self) {
        if let Some(fault) = &self.fault {
            panic!("{fault}");
        }
    }

    /// `$0 \le x < 1$`: the decay of an average.
    pub fn below_one(self, name: &str, value: f64) -> Self {
        self.number((0.0..1.0).contains(&value), name, value, "at least 0 and below 1")
    }

    /// `$0 \le x \le 1$`: a share, or what is kept of a sum.
    pub fn up_to_one(self, name: &str, value: f64) -> Self {
        self.number((0.0..=1.0).contains(&value), name, value, "at least 0 and at most 1")
    }

    /// `$0 < x < \infty$`.
    pub fn positive(self, name: &str, value: f64) -> Self {
        self.number(value > 0.0 && value.is_finite(), name, value, "finite and above 0")
    }

    /// `$0 \le x < \infty$`.
    pub fn non_negative(self, name: &str, value: f64) -> Self {
        self.number(value >= 0.0 && value.is_finite(), name, value, "finite and at least 0")
    }

    /// `$-\infty < x \le 0$`: the power of what falls.
    pub fn non_positive(self, name: &str, value: f64) -> Self {
        self.number(value <= 0.0 && value.is_finite(), name, value, "finite and at most 0")
    }

    /// `$x \ge 1$`; infinity, which sets no limit, is taken.
    pub fn from_one(self, name: &str, value: f64) -> Self {
        self.number(value >= 1.0, name, value, "at least 1")
    }

    /// `$x > 0$`; infinity, which sets no limit, is taken.
    pub fn limit(self, name: &str, value: f64) -> Self {
        self.number(value > 0.0, name, value, "above 0")
    }

    /// A number that is neither infinite nor NaN.
    pub fn finite(self, name: &str, value: f64) -> Self {
        self.number(value.is_finite(), name, value, "finite")
    }

    /// `$n \ge 1$`: an interval, or how often something is done.
    pub fn count(self, name: &str, n: u64) -> Self {
        let owner = self.owner;
        self.must(n > 0, || format!("{owner}: {name} is 0; it must be at least 1"))
    }

    /// Anything else: what is to hold, and what is said where it does not.
    pub fn must(mut self, holds: bool, otherwise: impl FnOnce() -> String) -> Self {
        if !holds && self.fault.is_none() {
            self.fault = Some(otherwise());
        }
        self
    }

    /// The options of a rule inside this one.
    pub fn and(self, inner: Self) -> Self {
        if self.fault.is_some() { self } else { Self { owner: self.owner, fault: inner.fault } }
    }

    fn number(self, holds: bool, name: &str, value: f64, range: &str) -> Self {
        let owner = self.owner;
        self.must(holds, || format!("{owner}: {name} is {value}; it must be {range}"))
    }
}

impl Optimizer {
    /// Panics if a parameter of a schedule lies outside of its range, or its value at the next step is no learning rate.
    #[track_caller]
    pub(crate) fn check_rate(&self, call: &str, rate: &dyn Schedule) {
        if let Some(fault) = rate.options().fault() {
            panic!("{call}: {fault}");
        }
        let lr = rate.at(self.step);
        assert!(
            lr >= 0.0 && lr.is_finite(),
            "{call}: the learning rate at step {} is {lr}; it must be finite and at least 0",
            self.step
        );
    }

    /// Panics if a hyper-parameter or a learning rate lies outside of its range, or if an option was changed that a rule
    /// would need another memory for. `call` is what the message begins with.
    #[track_caller]
    pub(crate) fn check_options(&self, call: &str) {
        for group in &self.groups {
            let Some(rule) = group.rule.as_deref() else { continue };
            let options = rule.options();
            if let Some(fault) = options.fault() {
                panic!("{call}: {fault}");
            }
            self.check_rate(call, group.lr.as_deref().unwrap_or(&*self.lr));
        }
        if !self.altered && self.varying.is_empty() {
            return;
        }
        for entry in self.entries.iter().filter(|entry| entry.t > 0) {
            let Some(rule) = self.groups[entry.group].rule.as_deref() else { continue };
            let lacks = slots_wanted(rule, entry.shape).find(|name| !entry.slot_names.contains(name));
            if let Some(slot) = lacks {
                panic!(
                    "{call}: {} needs a slot {slot} of {} now, which it did not at the first update; set its options before \
                     that (a momentum that is to rise from 0 may begin at 1e-300)",
                    rule.name(),
                    entry.name
                );
            }
        }
    }
}

/// The names of what a rule remembers about a parameter of this shape; asked for a small one of as many axes.
fn slots_wanted(rule: &dyn Rule, mut shape: Shape) -> impl Iterator<Item = &'static str> {
    shape.iter_mut().for_each(|size| *size = (*size).min(2));
    rule.slots(&Tensor::zeros(shape), 0.0).into_iter().map(|(name, _)| name)
}
