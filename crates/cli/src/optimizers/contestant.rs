//! An optimizer by its name in the catalogue, as `gradus optimizers` and `gradus race` take it.

use std::str::FromStr;

use gradus::optim::Optimizer;
use gradus::optim::catalog::{METHODS, Named, RULES};

use crate::text::arguments::learning_rate;

/// An optimizer of the catalogue.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Rule(&'static Named),
    Method(&'static Named),
}

impl Kind {
    /// All of them, in teaching order.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        RULES.iter().map(Self::Rule).chain(METHODS.iter().map(Self::Method))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rule(rule) => rule.name,
            Self::Method(method) => method.name,
        }
    }

    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Rule(rule) => rule.about,
            Self::Method(method) => method.about,
        }
    }

    /// The learning rate of its source.
    pub(crate) fn lr(self) -> f64 {
        match self {
            Self::Rule(rule) => rule.lr,
            Self::Method(method) => method.lr,
        }
    }

    /// The hyper-parameters with their defaults, as they are written in Rust.
    pub(crate) fn values(self) -> String {
        match self {
            Self::Rule(rule) => format!("{:?}", (rule.make)()),
            Self::Method(method) => format!("{:?}", (method.make)()),
        }
    }

    pub(crate) fn optimizer(self, lr: f64) -> Optimizer {
        let (Self::Rule(named) | Self::Method(named)) = self;
        Optimizer::new((named.make)(), lr)
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::all().find(|kind| kind.name() == name).ok_or_else(|| {
            let known: Vec<&str> = Self::all().map(Self::name).collect();
            format!("no optimizer is called '{name}'; there are {}", known.join(", "))
        })
    }
}

/// An optimizer and, if it was given, its learning rate: `adam` or `adam:lr=0.1`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contestant {
    pub(crate) kind: Kind,
    pub(crate) lr: Option<f64>,
}

impl FromStr for Contestant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, setting) = match text.split_once(':') {
            Some((name, setting)) => (name, Some(setting)),
            None => (text, None),
        };
        let kind = name.parse()?;
        let lr = match setting.map(|setting| setting.strip_prefix("lr=").ok_or(setting)) {
            None => None,
            Some(Ok(number)) => Some(learning_rate(number)?),
            Some(Err(other)) => {
                return Err(format!("'{other}' is no setting; write {name}:lr=0.1, or {name} alone"));
            }
        };
        Ok(Self { kind, lr })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_rates() {
        assert_eq!("adam".parse::<Contestant>().unwrap().lr, None);
        assert_eq!("adam:lr=0.5".parse::<Contestant>().unwrap().lr, Some(0.5));
        assert_eq!("newton".parse::<Kind>().unwrap().lr(), 1.0);
        assert!("adam:momentum=1".parse::<Contestant>().unwrap_err().contains("adam:lr=0.1"));
        assert!("adam:lr=-1".parse::<Contestant>().unwrap_err().contains("above 0"));
        let message = "magic".parse::<Kind>().unwrap_err();
        assert!(RULES.iter().all(|rule| message.contains(rule.name)));
        assert!(METHODS.iter().all(|method| message.contains(method.name)));
    }
}
