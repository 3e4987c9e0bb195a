//! The values in the parentheses of a schedule, in order or by name, and what they can be.

use gradus_tensor::names::instead;

use super::formula::Formula;
use super::{Curve, CycleScale};
use crate::spec::split_list;

/// The values in the parentheses of a call, by the names of their parameters.
#[derive(Debug)]
pub(super) struct Arguments<'a> {
    values: Vec<(&'static str, &'a str)>,
}

impl<'a> Arguments<'a> {
    pub(super) fn read(
        of: &str,
        inner: &'a str,
        parameters: &[(&'static str, Option<&'static str>)],
    ) -> Result<Self, String> {
        let names = || parameters.iter().map(|(name, _)| *name);
        let mut values: Vec<(&'static str, &'a str)> = Vec::new();
        let given = split_list(inner).into_iter().map(str::trim).filter(|_| !inner.trim().is_empty());
        for (i, part) in given.enumerate() {
            if part.is_empty() {
                return Err(format!("{of}: a value is missing at a comma"));
            }
            let named = part
                .split_once('=')
                .filter(|(name, _)| name.trim().chars().all(|c| c.is_alphabetic() || c == '_'));
            let (name, value) = if let Some((name, value)) = named {
                let name = name.trim();
                let known = names().find(|known| *known == name);
                (
                    known
                        .ok_or_else(|| format!("{of} has no parameter {name}; {}", instead(name, names())))?,
                    value.trim(),
                )
            } else {
                let most = || {
                    format!(
                        "{of} has {} parameters: {}",
                        parameters.len(),
                        names().collect::<Vec<_>>().join(", ")
                    )
                };
                (names().nth(i).ok_or_else(most)?, part)
            };
            if values.iter().any(|(known, _)| *known == name) {
                return Err(format!("{of}: {name} is given twice"));
            }
            values.push((name, value));
        }
        for &(name, usual) in parameters {
            if values.iter().all(|(known, _)| *known != name) {
                let all = || names().collect::<Vec<_>>().join(", ");
                let usual = usual.ok_or_else(|| format!("{of} needs {name}: {of}({})", all()))?;
                values.push((name, usual));
            }
        }
        Ok(Self { values })
    }

    pub(super) fn text(&self, name: &str) -> &'a str {
        self.values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    pub(super) fn take<T: Argument>(&self, name: &str) -> Result<T, String> {
        let text = self.text(name);
        T::read(text).map_err(|why| format!("{name}={text}: {why}"))
    }
}

/// What a parameter can be.
pub(super) trait Argument: Sized {
    fn read(text: &str) -> Result<Self, String>;
}

impl Argument for f64 {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "a number is wanted".to_string())
    }
}

impl Argument for u64 {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "a whole number from 0 on is wanted".to_string())
    }
}

impl Argument for bool {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "true or false is wanted".to_string())
    }
}

impl<T: Argument> Argument for Option<T> {
    fn read(text: &str) -> Result<Self, String> {
        if text == "none" { Ok(None) } else { T::read(text).map(Some) }
    }
}

impl Argument for Vec<u64> {
    fn read(text: &str) -> Result<Self, String> {
        let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let steps: Option<Vec<u64>> =
            inner.and_then(|inner| inner.split(',').map(|x| x.trim().parse().ok()).collect());
        steps.ok_or_else(|| "a list of steps is wanted, as in [15, 30]".to_string())
    }
}

impl Argument for Curve {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "linear" => Ok(Self::Linear),
            "cosine" => Ok(Self::Cosine),
            "square_root" => Ok(Self::SquareRoot),
            _ => Err("linear, cosine or square_root is wanted".to_string()),
        }
    }
}

impl Argument for CycleScale {
    fn read(text: &str) -> Result<Self, String> {
        let factor = || text.strip_prefix("exponential(")?.strip_suffix(')')?.trim().parse().ok();
        match text {
            "full" => Ok(Self::Full),
            "halving" => Ok(Self::Halving),
            _ => factor()
                .map(|factor| Self::Exponential { factor })
                .ok_or_else(|| "full, halving or exponential(0.99) is wanted".to_string()),
        }
    }
}

impl Argument for Formula {
    fn read(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}
