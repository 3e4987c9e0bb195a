//! Optimizers from text: `momentum:lr=0.6:beta=0.5`, `sgd:schedule=cosine(0.5, 20)`.

use std::str::FromStr;
use std::sync::Arc;

use gradus_tensor::names::{alike, instead, nearest};

use crate::catalog::{self, Named};
use crate::error::Error;
use crate::optimizer::Optimizer;
use crate::rule::Rule;
use crate::schedule::{self, Schedule};
use crate::settings::Setting;

/// An optimizer of the [`catalog`] with settings, read from `NAME:SETTING=VALUE:…`.
///
/// A setting is a public field of the rule under its own name (`-` counts as `_`), a switch also without a value; `lr` is a
/// number, `schedule` a schedule as [`schedule::parse`] reads it. Where the rule of a name has a fuller form with more fields
/// (`momentum` has [`Momentum`](crate::Momentum) with `beta` and `form`, `nesterov` has
/// [`Nesterov`](crate::Nesterov) with `reach`), its settings are taken too.
///
/// ```
/// use gradus_optim::OptimizerSpec;
///
/// let spec: OptimizerSpec = "adagrad:eps=1e-6:eps-inside".parse().unwrap();
/// assert_eq!((spec.label(), spec.named().name), ("adagrad:eps=1e-6:eps-inside", "adagrad"));
/// let optimizer = spec.optimizer(0.1);
/// assert_eq!(optimizer.rule::<gradus_optim::Adagrad>().unwrap().eps, 1e-6);
/// let wrong = "adam:bta1=0.5".parse::<OptimizerSpec>().unwrap_err();
/// assert!(wrong.to_string().contains("are beta1"));
/// ```
#[derive(Debug, Clone)]
pub struct OptimizerSpec {
    named: &'static Named,
    label: String,
    settings: Vec<(String, String)>,
    in_full: bool,
    rate: Option<Arc<dyn Schedule>>,
    lr: Option<f64>,
}

impl OptimizerSpec {
    /// The smallest learning rate that is taken from text.
    pub const SMALLEST_RATE: f64 = 1e-300;
    /// The largest one, of a schedule too; the square of a larger one is soon no number.
    pub const LARGEST_RATE: f64 = 1e100;

    /// The optimizer of the catalogue as it is, without a rate.
    pub fn of(named: &'static Named) -> Self {
        let (label, settings) = (named.name.to_string(), Vec::new());
        Self { named, label, settings, in_full: false, rate: None, lr: None }
    }

    /// The optimizer of the catalogue.
    pub fn named(&self) -> &'static Named {
        self.named
    }

    /// The text without its learning rate.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Whether settings or a schedule were given, beside a rate.
    pub fn is_changed(&self) -> bool {
        !self.settings.is_empty() || (self.rate.is_some() && self.lr.is_none())
    }

    /// The constant learning rate, if one was given.
    pub fn lr(&self) -> Option<f64> {
        self.lr
    }

    /// The learning rate or the schedule, if one was given.
    pub fn rate(&self) -> Option<&Arc<dyn Schedule>> {
        self.rate.as_ref()
    }

    /// The rule with its settings.
    pub fn rule(&self) -> Box<dyn Rule> {
        let mut rule = self.plain();
        for (name, value) in &self.settings {
            let mut all = rule.settings();
            let setting = all.iter_mut().find(|setting| setting.name() == name);
            setting.expect("known when it was read").set(value).expect("taken when it was read");
        }
        rule
    }

    /// The optimizer: at its own rate or schedule, else at this one.
    pub fn optimizer(&self, lr: f64) -> Optimizer {
        match &self.rate {
            Some(rate) => Optimizer::new(self.rule(), Arc::clone(rate)),
            None => Optimizer::new(self.rule(), lr),
        }
    }

    fn plain(&self) -> Box<dyn Rule> {
        let full = catalog::in_full(self.named.name).filter(|_| self.in_full);
        full.unwrap_or_else(|| (self.named.make)())
    }

    fn set(&mut self, text: &str) -> Result<(), Error> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (text.trim(), None),
        };
        let field = name.replace('-', "_");
        if field.is_empty() {
            return Err(Error::Spec(format!(
                "{0}:{text}: a setting is missing at a colon; write {0}:lr=0.1",
                self.named.name
            )));
        }
        let twice = match field.as_str() {
            "lr" | "schedule" => self.rate.is_some(),
            _ => self.settings.iter().any(|(known, _)| *known == field),
        };
        if twice {
            return Err(self.wrong(
                text,
                &format!(
                    "{name} is given twice, or a rate and a schedule both; write one of them, as in lr=0.1"
                ),
            ));
        }
        match field.as_str() {
            "lr" => {
                let lr = value.and_then(|value| value.parse::<f64>().ok()).unwrap_or(f64::NAN);
                let (least, most) = (Self::SMALLEST_RATE, Self::LARGEST_RATE);
                if !(least..=most).contains(&lr) {
                    let range =
                        if lr > 0.0 { format!("from {least:e} to {most:e}") } else { "above 0".to_string() };
                    return Err(
                        self.wrong(text, &format!("a learning rate is a number {range}, as in lr=0.1"))
                    );
                }
                self.lr = Some(lr);
                self.rate = Some(Arc::new(lr));
            }
            "schedule" => {
                let value = value.unwrap_or_default();
                let rate = schedule::parse(value).map_err(|error| self.wrong(text, &error.to_string()))?;
                self.rate = Some(rate);
                self.label.push_str(":schedule=");
                self.label.push_str(value);
            }
            _ => self.set_field(text, &field, value)?,
        }
        Ok(())
    }

    fn set_field(&mut self, text: &str, field: &str, value: Option<&str>) -> Result<(), Error> {
        let mut rule = self.plain();
        if rule.settings().iter().all(|setting| setting.name() != field) {
            let full = catalog::in_full(self.named.name);
            let knows = full.is_some_and(|mut full| {
                let all = full.settings();
                let known = |name: &str| all.iter().any(|setting| setting.name() == name);
                known(field) && self.settings.iter().all(|(name, _)| known(name))
            });
            if !knows {
                return Err(self.unknown(text, field));
            }
            self.in_full = true;
            rule = self.plain();
        }
        let mut all = rule.settings();
        let setting = all.iter_mut().find(|setting| setting.name() == field).expect("looked for");
        let value = value.or_else(|| setting.is_switch().then_some("true")).unwrap_or_default();
        let usual = setting.value();
        setting.set(value).map_err(|wanted| self.wrong(text, &format!("{wanted}, as in {field}={usual}")))?;
        self.settings.push((field.to_string(), value.to_string()));
        self.label.push(':');
        self.label.push_str(text);
        Ok(())
    }

    fn wrong(&self, text: &str, why: &str) -> Error {
        Error::Spec(format!("{}:{text}: {why}", self.named.name))
    }

    /// The usual value of the setting that lies outside of its range.
    fn example(&self, fault: &str) -> String {
        let mut rule = self.plain();
        let all = rule.settings();
        let mut given =
            all.iter().filter(|setting| self.settings.iter().any(|(name, _)| name == setting.name()));
        let meant = given.find(|setting| fault.contains(&format!(" {} is ", setting.name())));
        meant.map_or(String::new(), |setting| {
            format!(", as in {}:{}={}", self.named.name, setting.name(), setting.value())
        })
    }

    /// A setting that there is not: those there are, and one as an example.
    fn unknown(&self, text: &str, field: &str) -> Error {
        let name = self.named.name;
        if field.parse::<f64>().is_ok() {
            return self.wrong(
                text,
                &format!("a value stands behind the name of its setting; write {name}:lr={field}"),
            );
        }
        let mut rules = vec![(self.named.make)()];
        rules.extend(catalog::in_full(name));
        let mut known: Vec<(String, String)> = vec![("lr".into(), self.named.lr.to_string())];
        for setting in rules.iter_mut().flat_map(|rule| rule.settings()) {
            if known.iter().all(|(name, _)| name != setting.name()) {
                known.push((setting.name().to_string(), Setting::value(&setting)));
            }
        }
        known.push(("schedule".into(), "cosine(0.1,100)".into()));
        let names = || known.iter().map(|(name, _)| name.as_str());
        // `wd` is `weight_decay`; what is like none of the names is answered with the first of them.
        let initials =
            |known: &str| known.split('_').filter_map(|word| word.chars().next()).collect::<String>();
        let short = names().find(|known| known.contains('_') && initials(known) == field);
        let near = nearest(field, names()).into_iter().next().filter(|near| alike(field, near));
        let meant = short.or(near).unwrap_or("lr");
        let example = known.iter().find(|(name, _)| name == meant);
        let example =
            example.map_or(String::new(), |(setting, value)| format!("; write {name}:{setting}={value}"));
        let instead = instead(field, names());
        let all = if known.len() > 5 {
            format!("{instead}; its settings are {}", names().collect::<Vec<_>>().join(", "))
        } else {
            instead
        };
        Error::Spec(format!("{name}:{text}: {name} has no setting {field}; {all}{example}"))
    }
}

impl FromStr for OptimizerSpec {
    type Err = Error;

    /// Reads `NAME:SETTING=VALUE:…`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut parts = split(text, ':').into_iter();
        let name = parts.next().unwrap_or_default().trim();
        if name.is_empty() {
            return Err(Error::Spec("a name is missing at a comma; write adam,sgd".to_string()));
        }
        let mut spec = Self::of(catalog::named(name)?);
        for part in parts {
            spec.set(part.trim())?;
        }
        match spec.rule().options().fault() {
            Some(fault) => Err(Error::Spec(format!("{text}: {fault}{}", spec.example(fault)))),
            None => Ok(spec),
        }
    }
}

/// The parts of a list between commas that stand in no brackets: `sgd:schedule=cosine(0.5,20),adam` has two.
pub fn split_list(text: &str) -> Vec<&str> {
    split(text, ',')
}

/// The parts between signs that stand in no brackets.
pub(crate) fn split(text: &str, at: char) -> Vec<&str> {
    let (mut depth, mut parts, mut start) = (0usize, Vec::new(), 0);
    for (i, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            c if c == at && depth == 0 => {
                parts.push(&text[start..i]);
                start = i + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AdamW, Momentum, MomentumForm, Nesterov, Sgd};

    fn read(text: &str) -> OptimizerSpec {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn settings_of_the_notes() {
        let spec = read("momentum:lr=0.6:beta=0.5");
        assert_eq!((spec.lr(), spec.label()), (Some(0.6), "momentum:beta=0.5"));
        let optimizer = spec.optimizer(1.0);
        assert_eq!(optimizer.lr(), 0.6);
        assert_eq!(optimizer.rule::<Momentum>(), Some(&Momentum { beta: 0.5, ..Momentum::default() }));
        let optimizer = read("momentum:momentum=0.5").optimizer(0.1);
        assert_eq!(optimizer.rule::<Sgd>().unwrap().momentum, 0.5);
        let nesterov = read("nesterov:reach=0.5:form=average").optimizer(0.1);
        let want = Nesterov { reach: Some(0.5), form: MomentumForm::Average, ..Nesterov::default() };
        assert_eq!(nesterov.rule::<Nesterov>(), Some(&want));
        assert_eq!(read("adamw:weight-decay=0.1").optimizer(0.1).rule::<AdamW>().unwrap().weight_decay, 0.1);
        let scheduled = read("sgd:schedule=cosine(0.5, 20)").optimizer(9.0);
        assert_eq!(scheduled.lr(), 0.5);
        assert!(read("sgd:schedule=cosine(0.5, 20)").is_changed() && !read("sgd:lr=1").is_changed());
    }

    #[test]
    fn what_is_wrong_is_said_with_what_is_right() {
        for (text, parts) in [
            ("adm", &["no optimizer is named adm", "adam"][..]),
            ("adam:bta1=0.5", &["adam has no setting bta1", "are beta1, ", "write adam:beta1=0.9"]),
            ("adamw:wd=0.1", &["write adamw:weight_decay=0.01"]),
            ("adam:colour=red", &["write adam:lr=0.001"]),
            ("adam:0.1", &["a value stands behind the name of its setting; write adam:lr=0.1"]),
            ("adam:beta1=x", &["adam:beta1=x: a number is wanted, as in beta1=0.9"]),
            ("adam:beta1", &["a number is wanted"]),
            ("adam:beta1=1.5", &["Adam: beta1 is 1.5; it must be at least 0 and below 1"]),
            ("adam:lr=-1", &["a learning rate is a number above 0, as in lr=0.1"]),
            ("adam:lr=1e308", &["a learning rate is a number from 1e-300 to 1e100, as in lr=0.1"]),
            ("adam:lr=1e-320", &["from 1e-300 to 1e100"]),
            ("adam:", &["a setting is missing at a colon; write adam:lr=0.1"]),
            ("adam:=0.5", &["a setting is missing at a colon"]),
            ("sgd:schedule=", &["the schedule is empty; write one, as in cosine(0.3, 20)"]),
            ("adam:lr=0.1:lr=0.2", &["twice", "as in lr=0.1"]),
            ("adam:lr=0.1:schedule=cosine(0.1, 5)", &["twice"]),
            ("nesterov:form=mean", &["leaky, velocity, average"]),
            ("sgd:schedule=cosin(1, 2)", &["no schedule is named cosin", "cosine"]),
            ("nesterov:nesterov:reach=0.5", &["has no setting reach"]),
            ("", &["a name is missing"]),
        ] {
            let message = text.parse::<OptimizerSpec>().unwrap_err().to_string();
            for part in parts {
                assert!(message.contains(part), "{text}: {message}");
            }
        }
    }

    #[test]
    fn commas_in_brackets_part_nothing() {
        assert_eq!(split_list("sgd:schedule=cosine(0.5,20),adam"), ["sgd:schedule=cosine(0.5,20)", "adam"]);
        assert_eq!(split_list("muon:coefficients=[1,2,3]"), ["muon:coefficients=[1,2,3]"]);
    }
}
