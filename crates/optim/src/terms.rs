//! What decides on the next step, in words: ranks compare it, since all of them must make the same step.

use gradus_autograd::Params;

use crate::optimizer::Optimizer;
use crate::prepare::Preparation;

impl Optimizer {
    /// What decides on the next step beside gradients, parameters and what is remembered of them ([`Self::state`]), as subjects with
    /// their values: each group's rule with its hyper-parameters and the learning rate of the step, which parameters are of which
    /// group, what is done to gradients, the counts of steps, and the seed. Two optimizers with the same terms, the same state and
    /// the same gradients make the same step.
    ///
    /// Hyper-parameters are those in force: what [`Self::vary`] changes during the step is seen after it.
    ///
    /// ```
    /// use gradus_autograd::Param;
    /// use gradus_optim::{Optimizer, Sgd};
    /// let terms = |lr: f64| Optimizer::new(Sgd::default(), lr).terms(&Param::new(1.0));
    /// assert_eq!(terms(0.1), terms(0.1));
    /// assert_ne!(terms(0.1), terms(0.2));
    /// ```
    ///
    /// # Panics
    /// As [`Self::step`] before the first step: if a group chooses no parameter, or a hyper-parameter or a rate lies outside of its
    /// range.
    #[track_caller]
    pub fn terms(&mut self, model: &(impl Params + ?Sized)) -> Vec<(String, String)> {
        self.bind_for_step(model);
        let mut all = Vec::new();
        for (i, group) in self.groups.iter().enumerate() {
            let subject = match i {
                0 => "the optimizer".to_string(),
                _ => format!("group {i} of the optimizer"),
            };
            let value = match group.rule.as_deref() {
                Some(rule) => {
                    let lr = group.lr.as_ref().unwrap_or(&self.lr).at(self.step);
                    format!("{} at a learning rate of {lr}", without_addresses(&format!("{rule:?}")))
                }
                None => "frozen".to_string(),
            };
            all.push((subject, value));
        }
        if self.groups.len() > 1 {
            let of = |group: usize| if group == 0 { "none".to_string() } else { group.to_string() };
            let entries = self.entries.iter();
            all.extend(entries.map(|entry| (format!("the group of `{}`", entry.name), of(entry.group))));
        }
        self.preparation.terms(&mut all);
        let counts = [
            ("the optimizer's steps", self.step),
            ("the optimizer's skipped steps", self.skipped),
            ("the optimizer's gradients that wait", self.pending.count),
            ("the optimizer's seed", self.seed),
        ];
        all.extend(counts.map(|(subject, count)| (subject.to_string(), count.to_string())));
        all
    }
}

impl Preparation {
    fn terms(&self, all: &mut Vec<(String, String)>) {
        // Without `..`: a new setting is to be compared too.
        let Self { accumulate, maximize, skip_nonfinite, centralize, value, adaptive, norm, missing_as_zero } =
            self;
        let limit = |limit: &Option<f64>| limit.map_or("none".to_string(), |limit| limit.to_string());
        let values = [
            ("accumulate", accumulate.to_string()),
            ("maximize", maximize.to_string()),
            ("skip_nonfinite", skip_nonfinite.to_string()),
            ("centralize", centralize.to_string()),
            ("clip_value", limit(value)),
            (
                "clip_adaptive",
                adaptive.map_or("none".to_string(), |(clip, eps)| format!("{clip} with eps {eps}")),
            ),
            ("clip_norm", limit(norm)),
            ("missing_as_zero", missing_as_zero.to_string()),
        ];
        all.extend(values.map(|(name, value)| (format!("the optimizer's {name}"), value)));
    }
}

/// A function pointer in a rule is shown as its address, which differs between processes of one program.
fn without_addresses(text: &str) -> String {
    let mut pieces = text.split("0x");
    let mut plain = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        plain.push_str("0x");
        plain.push_str(piece.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::all;
    use gradus_autograd::Param;

    /// Each setting of each rule is in the terms, and so is the rule itself.
    #[test]
    fn every_setting_of_every_rule_is_a_term() {
        let model = Param::new([1.0, 2.0]);
        let of = |rule| Optimizer::new(rule, 0.5).terms(&model);
        let mut changed = 0;
        for named in all() {
            let usual = of((named.make)());
            assert_eq!(usual, of((named.make)()), "{}", named.name);
            let count = (named.make)().settings().len();
            for i in 0..count {
                for text in ["0.25", "3", "true", "false", "none"] {
                    let mut rule = (named.make)();
                    let mut settings = rule.settings();
                    let before = settings[i].value();
                    if settings[i].set(text).is_err() || settings[i].value() == before {
                        continue;
                    }
                    let name = settings[i].name().to_string();
                    drop(settings);
                    if rule.options().fault().is_none() {
                        assert_ne!(of(rule), usual, "{} {name}={text}", named.name);
                        changed += 1;
                    }
                }
            }
        }
        assert!(changed > 200, "{changed}");
    }

    #[test]
    fn addresses_are_left_out_and_nothing_else() {
        assert_eq!(without_addresses("Own { f: 0x55d0c3a2, beta: 0.9 }"), "Own { f: 0x, beta: 0.9 }");
        assert_eq!(without_addresses("Adam { eps: 1e-8 }"), "Adam { eps: 1e-8 }");
    }
}
