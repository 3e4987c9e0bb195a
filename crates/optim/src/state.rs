//! What an optimizer remembers, under the names of its parameters: to be saved, and to go on from.
//!
//! The entries: `step`, `skipped`, `waiting`; for each parameter `NAME/t` (its updates) and, from the first
//! on, `NAME/SLOT`; `NAME/accumulated` for gradients that wait; `group I/SHARED` for a group's shared
//! numbers, `group I/notes/NAME` for what a method remembers, `group I/rule/RULE` for the rule's name.

use gradus_autograd::{Gradients, Params};
use gradus_tensor::Tensor;
use indexmap::IndexMap;

use crate::error::Error;
use crate::methods::Notes;
use crate::optimizer::{Entry, Optimizer};
use crate::rule::{Global, Rule};

/// Named tensors.
pub type Entries = Vec<(String, Tensor)>;

fn integer(n: u64) -> Tensor {
    Tensor::from(i64::try_from(n).expect("fewer than 2^63 steps"))
}

impl Optimizer {
    /// Everything that has to be kept to go on later exactly as if there had been no pause. Hyper-parameters
    /// and schedules are no part of it.
    pub fn state(&self) -> Entries {
        let mut all: Entries = vec![
            ("step".into(), integer(self.step)),
            ("skipped".into(), integer(self.skipped)),
            ("waiting".into(), integer(self.pending.count)),
        ];
        for entry in &self.entries {
            all.push((format!("{}/t", entry.name), integer(entry.t)));
            for (slot, value) in entry.slot_names.iter().zip(&entry.slots) {
                all.push((format!("{}/{slot}", entry.name), value.clone()));
            }
            if let Some(sum) = self.pending.sums.by_id(entry.id) {
                all.push((format!("{}/accumulated", entry.name), sum.clone()));
            }
        }
        for (i, group) in self.groups.iter().enumerate() {
            if let Some(rule) = &group.rule {
                all.push((format!("group {i}/rule/{}", rule.name()), integer(1)));
            }
            let global = group.rule.as_deref().and_then(Rule::global);
            for ((name, _), value) in global.into_iter().flat_map(Global::shared).zip(&group.shared) {
                all.push((format!("group {i}/{name}"), Tensor::scalar(*value)));
            }
            // In an order that does not depend on whether they were loaded.
            let mut notes: Vec<_> = group.notes.iter().collect();
            notes.sort_unstable_by_key(|(name, _)| *name);
            for (name, note) in notes {
                all.push((format!("group {i}/notes/{name}"), Tensor::from_slice(note, note.len())));
            }
        }
        all
    }

    /// Takes a saved state over. The optimizer must have the rules and groups of the one that was saved, and
    /// the model the same parameters.
    ///
    /// # Errors
    /// If an entry is missing, belongs to nothing, or has another shape or type; then nothing is changed.
    pub fn load_state(&mut self, state: Entries, model: &(impl Params + ?Sized)) -> Result<(), Error> {
        let rule = |name: &str| Some(name.strip_prefix("group ")?.split_once("/rule/")?.1.to_string());
        let (rules, state): (Entries, Entries) =
            state.into_iter().partition(|(name, _)| rule(name).is_some());
        let wrote: Vec<String> = rules.iter().filter_map(|(name, _)| rule(name)).collect();
        let reads: Vec<String> = self.rules().map(|rule| rule.name().to_string()).collect();
        // Rules of the same slots can take over from each other; and a state may be older than this note of its rules.
        self.load_entries(state, model).map_err(|fault| {
            let same = wrote.is_empty() || wrote == reads;
            if same { fault } else { Error::OtherRules { wrote, reads, fault: Box::new(fault) } }
        })
    }

    fn load_entries(&mut self, state: Entries, model: &(impl Params + ?Sized)) -> Result<(), Error> {
        self.bind(model)?;
        let mut state = State(state.into_iter().collect(), Vec::new());
        let (step, skipped, count) = (state.count("step")?, state.count("skipped")?, state.count("waiting")?);
        // An optimizer that has not met its model yet knows no names.
        let fresh = (step, skipped, count) == (0, 0, 0);
        let params = model.params();
        let (mut entries, mut sums) = (Vec::new(), Gradients::default());
        for entry in &self.entries {
            let (_, param) =
                params.iter().find(|(name, _)| *name == entry.name).expect("bound to this model");
            let group = &self.groups[entry.group];
            let mut new = Entry::new(entry.id, *param.shape(), &entry.name, entry.group);
            let updates = format!("{}/t", entry.name);
            new.t = if fresh && !state.0.contains_key(&updates) { 0 } else { state.count(&updates)? };
            if let Some(rule) = group.rule.as_deref().filter(|_| new.t > 0) {
                let lr = group.lr.as_ref().unwrap_or(&self.lr).at(step);
                for (slot, like) in rule.slots(param.value(), lr) {
                    new.slot_names.push(slot);
                    new.slots.push(state.take(&format!("{}/{slot}", entry.name), &like)?);
                }
            }
            let sum = format!("{}/accumulated", entry.name);
            if count > 0 && state.0.contains_key(&sum) {
                sums.set(entry.id, state.take(&sum, param.value())?);
            }
            entries.push(new);
        }
        let (mut shared, mut notes) = (Vec::new(), Vec::new());
        for (i, group) in self.groups.iter().enumerate() {
            let global = group.rule.as_deref().and_then(Rule::global);
            let names = global.into_iter().flat_map(Global::shared);
            let mut number = |(name, start): (&str, f64)| {
                state.take(&format!("group {i}/{name}"), &Tensor::scalar(start)).map(|value| value.item())
            };
            shared.push(names.map(&mut number).collect::<Result<Vec<f64>, Error>>()?);
            let method = group.rule.as_deref().and_then(Rule::method);
            notes.push(method.map_or_else(Notes::new, |_| state.notes(&format!("group {i}/notes/"))));
        }
        state.finish()?;
        (self.step, self.skipped, self.entries) = (step, skipped, entries);
        (self.pending.count, self.pending.sums) = (count, sums);
        for ((group, shared), notes) in self.groups.iter_mut().zip(shared).zip(notes) {
            (group.shared, group.notes) = (shared, notes);
        }
        Ok(())
    }

    /// Writes [`Self::state`] to a safetensors file, whole or not at all.
    ///
    /// With the feature `safetensors`.
    ///
    /// # Errors
    /// If the file cannot be written.
    #[cfg(feature = "safetensors")]
    pub fn save(&self, path: impl AsRef<std::path::Path>) -> Result<(), Error> {
        let state = self.state();
        let entries = state.iter().map(|(name, value)| (name.as_str(), value));
        Ok(gradus_tensor::io::safetensors::save(path, entries)?)
    }

    /// Reads what [`Self::save`] wrote.
    ///
    /// With the feature `safetensors`.
    ///
    /// # Errors
    /// If the file cannot be read, or as [`Self::load_state`].
    #[cfg(feature = "safetensors")]
    pub fn load(
        &mut self,
        path: impl AsRef<std::path::Path>,
        model: &(impl Params + ?Sized),
    ) -> Result<(), Error> {
        self.load_state(gradus_tensor::io::safetensors::load(path)?, model)
    }
}

/// The entries that have not been asked for yet, and the names of those that have.
struct State(IndexMap<String, Tensor>, Vec<String>);

impl State {
    fn take(&mut self, name: &str, like: &Tensor) -> Result<Tensor, Error> {
        let Some(value) = self.0.swap_remove(name) else {
            return Err(Error::Missing { name: name.to_string(), known: self.0.keys().cloned().collect() });
        };
        self.1.push(name.to_string());
        if value.shape() == like.shape() && value.dtype() == like.dtype() {
            return Ok(value);
        }
        Err(Error::Mismatch {
            name: name.to_string(),
            expected: Box::new(*like.shape()),
            expected_type: like.dtype(),
            found: Box::new(*value.shape()),
            found_type: value.dtype(),
        })
    }

    /// All entries whose names begin so.
    fn notes(&mut self, prefix: &str) -> Notes {
        let mine = |name: &String| name.starts_with(prefix);
        let names: Vec<String> = self.0.keys().filter(|name| mine(name)).cloned().collect();
        let take = |name: String| {
            let value = self.0.swap_remove(&name).map(|value| value.to_f64_vec()).unwrap_or_default();
            (name[prefix.len()..].to_string(), value)
        };
        names.into_iter().map(take).collect()
    }

    fn count(&mut self, name: &str) -> Result<u64, Error> {
        self.take(name, &Tensor::from(0i64)).map(|value| value.to_vec::<i64>()[0].max(0) as u64)
    }

    fn finish(mut self) -> Result<(), Error> {
        match self.0.pop() {
            Some((name, _)) => Err(Error::Extra { name, known: self.1 }),
            None => Ok(()),
        }
    }
}
