//! The driver: groups, learning rates, what is done to gradients, and the step.

use std::fmt;
use std::sync::Arc;

use gradus_autograd::{Gradients, Param, ParamId, Params};
use gradus_tensor::{DType, Shape, Tensor};

use crate::error::Error;
use crate::group::{Group, Select};
use crate::prepare::Preparation;
use crate::rule::Rule;
use crate::schedule::Schedule;

/// Updates a model's parameters from their gradients, each by the rule of its group.
///
/// ```
/// use gradus_autograd::Param;
/// use gradus_optim::{AdamW, Optimizer, schedule::{Cosine, Schedule}};
///
/// let mut w = Param::new(3.0);
/// let rate = Cosine { peak: 0.1, end: 0.0, steps: 190 }.warmup(10);
/// let mut optimizer = Optimizer::new(AdamW { weight_decay: 0.0, ..AdamW::default() }, rate).clip_norm(1.0);
/// for _ in 0..200 {
///     optimizer.training_step(&mut w, |w, tape| (tape.param(w) - 1.0).square());
/// }
/// assert!((w.value().item() - 1.0).abs() < 0.01);
/// ```
///
/// A parameter without gradient is skipped wholly: no decay, no momentum, and its count of updates stands
/// still ([`Self::missing_as_zero`] takes it as 0). An optimizer belongs to one model; parameters are known by identity,
/// and by name when a model was cloned or loaded. So a second model with the same names and shapes is taken for the first
/// one, cloned: it goes on with its momentum, its averages and its counts. Make an optimizer for each model.
#[must_use = "an optimizer does nothing until .training_step(..) is called"]
pub struct Optimizer {
    /// The first is for all parameters that no other chooses.
    pub(crate) groups: Vec<Group>,
    pub(crate) lr: Arc<dyn Schedule>,
    pub(crate) preparation: Preparation,
    pub(crate) entries: Vec<Entry>,
    pub(crate) step: u64,
    pub(crate) skipped: u64,
    pub(crate) pending: Pending,
    pub(crate) varying: Vec<Varying>,
    /// Of the random numbers that layers draw.
    pub(crate) seed: u64,
    bound: bool,
    /// Whether a rule was handed out to be changed.
    pub(crate) altered: bool,
}

/// A change of hyper-parameters with the step, for the rules of one type.
pub(crate) type Varying = Box<dyn Fn(&mut dyn Rule, u64) -> bool + Send + Sync>;

/// What is known about one parameter.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: ParamId,
    pub(crate) name: String,
    /// Made of the name.
    pub(crate) key: u64,
    pub(crate) group: usize,
    /// Of the parameter when it was first seen.
    pub(crate) shape: Shape,
    /// Updates so far.
    pub(crate) t: u64,
    /// Empty before the first update, as are the names.
    pub(crate) slots: Vec<Tensor>,
    pub(crate) slot_names: Vec<&'static str>,
    /// Of the parameter at its last update, since it was loaded.
    pub(crate) dtype: Option<DType>,
}

impl Entry {
    pub(crate) fn new(id: ParamId, shape: Shape, name: &str, group: usize) -> Self {
        // FNV-1a.
        let key = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
        Self {
            id,
            name: name.to_string(),
            key,
            group,
            shape,
            t: 0,
            dtype: None,
            slots: Vec::new(),
            slot_names: Vec::new(),
        }
    }
}

/// Gradients that wait for the rest of their batch.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub(crate) sums: Gradients,
    pub(crate) count: u64,
}

impl Optimizer {
    /// An optimizer with one rule for all parameters, at a learning rate that is a number or a schedule. A
    /// [`Method`](crate::Method) is a rule too.
    ///
    /// # Panics
    /// If a hyper-parameter or the first learning rate lies outside of its range ([`Rule::options`]).
    #[track_caller]
    pub fn new(rule: impl Into<Box<dyn Rule>>, lr: impl Schedule + 'static) -> Self {
        let optimizer = Self {
            groups: vec![Group::new(Select::Rest, Some(rule.into()), None)],
            lr: Arc::new(lr),
            preparation: Preparation::default(),
            entries: Vec::new(),
            step: 0,
            skipped: 0,
            pending: Pending::default(),
            varying: Vec::new(),
            seed: 0,
            bound: false,
            altered: false,
        };
        optimizer.check_options("Optimizer::new");
        optimizer
    }

    /// Another rule for the parameters of which a condition holds. A later group wins over an earlier one.
    ///
    /// ```
    /// use gradus_optim::{AdamW, Optimizer};
    /// // No decay for biases and the scales of norms.
    /// let still = AdamW { weight_decay: 0.0, ..AdamW::default() };
    /// let optimizer = Optimizer::new(AdamW::default(), 1e-3).group(|_, param| param.rank() < 2, still);
    /// ```
    ///
    /// A group may be added at any time; it must choose at least one parameter.
    ///
    /// # Panics
    /// If one of the rule's hyper-parameters lies outside of its range.
    #[track_caller]
    pub fn group(
        self,
        choose: impl Fn(&str, &Param) -> bool + Send + Sync + 'static,
        rule: impl Into<Box<dyn Rule>>,
    ) -> Self {
        self.with_group(Select::When(Box::new(choose)), Some(rule.into()), None)
    }

    /// Another rule for the parameters whose name matches; `*` in the pattern stands for any characters.
    ///
    /// # Panics
    /// As [`Self::group`].
    #[track_caller]
    pub fn group_named(self, pattern: &str, rule: impl Into<Box<dyn Rule>>) -> Self {
        self.with_group(Select::Pattern(pattern.to_string()), Some(rule.into()), None)
    }

    /// As [`Self::group_named`], with a learning rate of its own.
    ///
    /// # Panics
    /// As [`Self::group`], or if the first learning rate lies outside of its range.
    #[track_caller]
    pub fn group_with_lr(
        self,
        pattern: &str,
        rule: impl Into<Box<dyn Rule>>,
        lr: impl Schedule + 'static,
    ) -> Self {
        self.with_group(Select::Pattern(pattern.to_string()), Some(rule.into()), Some(Arc::new(lr)))
    }

    /// Leaves the parameters whose name matches as they are. (`Param::freeze` also saves their gradients.)
    #[track_caller]
    pub fn freeze(self, pattern: &str) -> Self {
        self.with_group(Select::Pattern(pattern.to_string()), None, None)
    }

    #[track_caller]
    fn with_group(
        mut self,
        select: Select,
        rule: Option<Box<dyn Rule>>,
        lr: Option<Arc<dyn Schedule>>,
    ) -> Self {
        self.groups.push(Group::new(select, rule, lr));
        self.bound = false;
        self.check_options("group");
        self
    }

    /// Changes hyper-parameters with the step, in every group with a rule of type `R`.
    ///
    /// ```
    /// use gradus_optim::{Optimizer, Sgd, schedule::{OneCycle, Schedule}};
    /// let cycle = OneCycle { start: 0.95, peak: 0.85, end: 0.95, ..OneCycle::new(1.0, 100) };
    /// let sgd = Sgd { momentum: 0.95, ..Sgd::default() };
    /// let optimizer = Optimizer::new(sgd, OneCycle::new(0.1, 100))
    ///     .vary(move |rule: &mut Sgd, step| rule.momentum = cycle.at(step));
    /// ```
    ///
    /// # Panics
    /// At the step, if no group has such a rule.
    pub fn vary<R: Rule>(mut self, change: impl Fn(&mut R, u64) + Send + Sync + 'static) -> Self {
        self.varying.push(Box::new(move |rule, step| {
            let rule: &mut dyn std::any::Any = rule;
            rule.downcast_mut::<R>().map(|rule| change(rule, step)).is_some()
        }));
        self
    }

    /// Fixes the random numbers that layers draw in [`Self::training_step`]; 0 unless it is set.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Ascends instead of descending: the gradients' sign is turned, before anything else sees them.
    pub fn maximize(mut self) -> Self {
        self.preparation.maximize = true;
        self
    }

    /// The learning rate of the next step, of parameters without a rate of their own.
    pub fn lr(&self) -> f64 {
        self.lr.at(self.step)
    }

    /// Replaces the learning rate by a number or another schedule.
    ///
    /// # Panics
    /// If a parameter of the schedule or its value at the next step lies outside of its range; the old one stays then.
    #[track_caller]
    pub fn set_lr(&mut self, lr: impl Schedule + 'static) {
        self.check_rate("set_lr", &lr);
        self.lr = Arc::new(lr);
    }

    /// The number of steps made.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// The number of steps not made because a gradient was infinite or NaN.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The rule of this type, with the hyper-parameters in force; of the first group that has one.
    pub fn rule<R: Rule>(&self) -> Option<&R> {
        self.rules().find_map(|rule| (rule as &dyn std::any::Any).downcast_ref())
    }

    /// The rule of this type, to be changed. The next step refuses values outside of their range.
    pub fn rule_mut<R: Rule>(&mut self) -> Option<&mut R> {
        self.altered = true;
        let mut rules = self.groups.iter_mut().filter_map(|group| group.rule.as_deref_mut());
        rules.find_map(|rule| (rule as &mut dyn std::any::Any).downcast_mut())
    }

    /// What is remembered about a parameter under a slot's name; `None` before its first update.
    pub fn slot(&self, param: &str, slot: &str) -> Option<&Tensor> {
        let entry = self.entries.iter().find(|entry| entry.name == param)?;
        let at = entry.slot_names.iter().position(|name| *name == slot)?;
        entry.slots.get(at)
    }

    /// The number of updates that a parameter has had.
    pub fn updates(&self, param: &str) -> u64 {
        self.entries.iter().find(|entry| entry.name == param).map_or(0, |entry| entry.t)
    }

    /// Matches the model's parameters with the groups. The first step does it too, and panics with the same
    /// words.
    ///
    /// # Errors
    /// If a group chooses no parameter.
    pub fn bind(&mut self, model: &(impl Params + ?Sized)) -> Result<(), Error> {
        let params = model.params();
        let mut chosen = vec![false; self.groups.len()];
        let mut entries = Vec::with_capacity(params.len());
        for (name, param) in &params {
            if param.is_buffer() {
                continue;
            }
            let group = self.group_of(name, param);
            self.groups
                .iter()
                .zip(&mut chosen)
                .for_each(|(g, chosen)| *chosen |= g.select.matches(name, param));
            // A parameter that has changed its rule begins anew.
            let known = self.entries.iter_mut().find(|entry| entry.name == *name && entry.group == group);
            let mut entry = Entry::new(param.id(), *param.shape(), name, group);
            if let Some(known) = known {
                entry.t = known.t;
                entry.slots = std::mem::take(&mut known.slots);
                entry.slot_names = std::mem::take(&mut known.slot_names);
            }
            entries.push(entry);
        }
        self.entries = entries;
        let unmatched = self.groups.iter().zip(&chosen).skip(1).find(|(_, chosen)| !**chosen);
        if let Some((group, _)) = unmatched {
            let known = params.into_iter().map(|(name, _)| name).collect();
            return Err(Error::Unmatched { pattern: group.select.to_string(), known });
        }
        self.bound = true;
        Ok(())
    }

    /// The rules in force, group by group.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &dyn Rule> {
        self.groups.iter().filter_map(|group| group.rule.as_deref())
    }

    fn group_of(&self, name: &str, param: &Param) -> usize {
        (0..self.groups.len()).rev().find(|&i| self.groups[i].select.matches(name, param)).unwrap_or(0)
    }

    #[track_caller]
    pub(crate) fn bind_for_step(&mut self, model: &(impl Params + ?Sized)) {
        if !self.bound {
            self.bind(model).unwrap_or_else(|error| panic!("step: {error}"));
        }
        self.check_options("step");
    }

    /// The place of a parameter among the entries, expected at `near`. One that is not known yet gets an
    /// entry: the model was cloned or has grown.
    pub(crate) fn place(&mut self, near: usize, name: &str, param: &Param) -> usize {
        let id = param.id();
        if self.entries.get(near).is_some_and(|entry| entry.id == id) {
            return near;
        }
        if let Some(at) = self.entries.iter().position(|entry| entry.id == id) {
            return at;
        }
        if let Some(at) = self.entries.iter().position(|entry| entry.name == name) {
            (self.entries[at].id, self.entries[at].shape) = (id, *param.shape());
            return at;
        }
        let group = self.group_of(name, param);
        self.entries.push(Entry::new(id, *param.shape(), name, group));
        self.entries.len() - 1
    }
}

impl fmt::Debug for Optimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Optimizer")
            .field("groups", &self.groups)
            .field("lr", &self.lr)
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}
