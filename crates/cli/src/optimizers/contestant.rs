//! An optimizer by its name in the catalogue, as `gradus optimizers` and `gradus race` take it.

use std::str::FromStr;

use gradus::optim::Optimizer;
use gradus::optim::catalog::{Named, named};

use crate::text::arguments::learning_rate;

/// The optimizer of a name at a learning rate.
pub(crate) fn optimizer(named: &Named, lr: f64) -> Optimizer {
    Optimizer::new((named.make)(), lr)
}

/// Whether it evaluates the loss itself, and so finds the length of its steps.
pub(crate) fn is_method(named: &Named) -> bool {
    (named.make)().method().is_some()
}

/// An optimizer and, if it was given, its learning rate: `adam` or `adam:lr=0.1`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contestant {
    pub(crate) named: &'static Named,
    pub(crate) lr: Option<f64>,
}

impl FromStr for Contestant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("a name is missing at a comma; write adam,sgd".to_string());
        }
        let (name, setting) = match text.split_once(':') {
            Some((name, setting)) => (name, Some(setting)),
            None => (text, None),
        };
        let named = named(name).map_err(|error| format!("{error}; `gradus optimizers` lists all"))?;
        let lr = match setting.map(|setting| setting.strip_prefix("lr=").ok_or(setting)) {
            None => None,
            Some(Ok(number)) => Some(learning_rate(number)?),
            Some(Err(other)) => {
                return Err(format!("'{other}' is no setting; write {name}:lr=0.1, or {name} alone"));
            }
        };
        Ok(Self { named, lr })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus::optim::catalog::all;

    #[test]
    fn names_and_rates() {
        assert_eq!("adam".parse::<Contestant>().unwrap().lr, None);
        assert_eq!("adam:lr=0.5".parse::<Contestant>().unwrap().lr, Some(0.5));
        let newton = "newton".parse::<Contestant>().unwrap().named;
        assert_eq!((newton.lr, is_method(newton)), (1.0, true));
        assert!(!is_method("adam".parse::<Contestant>().unwrap().named));
        assert!("adam:momentum=1".parse::<Contestant>().unwrap_err().contains("adam:lr=0.1"));
        assert!("adam:lr=-1".parse::<Contestant>().unwrap_err().contains("above 0"));
        let message = "adm".parse::<Contestant>().unwrap_err();
        let all = all().count();
        assert_eq!(
            message,
            format!(
                "no optimizer is named adm; the nearest of {all} are adam, adan, adamw, nadam, radam; `gradus \
                 optimizers` lists all"
            )
        );
    }
}
