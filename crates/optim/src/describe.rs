//! What an optimizer is about to do, in words.

use std::fmt::Write;

use gradus_autograd::Params;

use crate::error::Error;
use crate::optimizer::Optimizer;

impl Optimizer {
    /// What will be trained, by which rule, with which values: a few lines for each group.
    ///
    /// # Errors
    /// If a group chooses no parameter.
    pub fn describe(&mut self, model: &(impl Params + ?Sized)) -> Result<String, Error> {
        self.bind(model)?;
        let params = model.params();
        let mut text = String::new();
        for (i, group) in self.groups.iter().enumerate() {
            let mine = |name: &str| self.entries.iter().any(|entry| entry.name == name && entry.group == i);
            let (trained, fixed): (Vec<_>, Vec<_>) =
                params.iter().filter(|(name, _)| mine(name)).partition(|(_, param)| param.is_trainable());
            if trained.is_empty() && fixed.is_empty() {
                continue;
            }
            let elements: usize = trained.iter().map(|(_, param)| param.value().elements()).sum();
            let lr = group.lr.as_ref().unwrap_or(&self.lr).at(self.step);
            match &group.rule {
                Some(rule) => {
                    writeln!(text, "{}: {elements} elements, learning rate {lr}, {rule:?}", group.select)
                }
                None => writeln!(text, "{}: {elements} elements, frozen", group.select),
            }
            .expect("writing to a string");
            for (name, param) in trained {
                writeln!(text, "    {name} {}{}", param.value().dtype(), param.shape())
                    .expect("writing to a string");
            }
            for (name, param) in fixed {
                writeln!(text, "    {name} {} (frozen)", param.shape()).expect("writing to a string");
            }
        }
        text.push_str(&self.preparation.describe());
        Ok(text)
    }
}
