//! Groups: which parameters a rule is for, by name or by what they are.

use std::fmt;
use std::sync::Arc;

use gradus_autograd::Param;

use crate::methods::Notes;
use crate::rule::Rule;
use crate::schedule::Schedule;

/// Some of a model's parameters, by a pattern of names or a condition, and what is done with them.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) select: Select,
    /// None: the parameters stay as they are.
    pub(crate) rule: Option<Box<dyn Rule>>,
    /// None: the optimizer's learning rate.
    pub(crate) lr: Option<Arc<dyn Schedule>>,
    /// The shared numbers of a global rule.
    pub(crate) shared: Vec<f64>,
    /// What a method remembers.
    pub(crate) notes: Notes,
}

impl Group {
    pub(crate) fn new(select: Select, rule: Option<Box<dyn Rule>>, lr: Option<Arc<dyn Schedule>>) -> Self {
        let global = rule.as_deref().and_then(Rule::global);
        let shared =
            global.map_or_else(Vec::new, |g| g.shared().into_iter().map(|(_, start)| start).collect());
        Self { select, rule, lr, shared, notes: Notes::new() }
    }
}

/// Of a name and its parameter.
pub(crate) type Condition = Box<dyn Fn(&str, &Param) -> bool + Send + Sync>;

/// A choice of parameters.
pub(crate) enum Select {
    /// All that no other group chooses.
    Rest,
    /// Names that match; `*` stands for any characters.
    Pattern(String),
    /// Those of which this holds.
    When(Condition),
}

impl Select {
    pub(crate) fn matches(&self, name: &str, param: &Param) -> bool {
        match self {
            Self::Rest => true,
            Self::Pattern(pattern) => glob(pattern, name),
            Self::When(condition) => condition(name, param),
        }
    }
}

impl fmt::Display for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rest => f.write_str("all others"),
            Self::Pattern(pattern) => write!(f, "`{pattern}`"),
            Self::When(_) => f.write_str("the group's condition"),
        }
    }
}

impl fmt::Debug for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether `name` matches `pattern`, in which `*` stands for any characters, none included.
fn glob(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn patterns() {
        for (pattern, name, want) in [
            ("fc1.bias", "fc1.bias", true),
            ("fc1.bias", "fc1.bias2", false),
            ("*.bias", "fc1.bias", true),
            ("*bias*", "bias", true),
            ("fc*.weight", "fc12.weight", true),
            ("fc*.weight", "conv.weight", false),
            ("a*b*c", "a_b_b_c", true),
            ("a*a", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(glob(pattern, name), want, "{pattern} {name}");
        }
    }
}
