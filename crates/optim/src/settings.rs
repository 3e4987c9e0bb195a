//! Hyper-parameters by the names of their fields: read, shown and set from text.
//!
//! A rule names its public fields once, by [`settings!`](crate::settings) in its `impl Rule`; whoever takes settings from outside (the
//! command, a page, a file) asks [`Rule::settings`] and knows no rule.

use crate::methods::{ConjugateForm, LineSearch};
use crate::rule::Rule;
use crate::rules::{MomentumForm, MuonRate, ScheduleFreeBase};

/// One hyper-parameter of a rule under the name of its public field; of a rule inside of it, as in `rule.beta1`.
///
/// ```
/// use gradus_optim::{Adagrad, Rule};
///
/// let mut rule = Adagrad::default();
/// for mut setting in rule.settings() {
///     match setting.name() {
///         "eps" => setting.set("1e-6").unwrap(),
///         "eps_inside" => setting.set("true").unwrap(),
///         _ => {}
///     }
/// }
/// assert_eq!((rule.eps, rule.eps_inside), (1e-6, true));
/// assert_eq!(rule.settings()[0].set("fast").unwrap_err(), "a number is wanted");
/// ```
#[derive(Debug)]
pub struct Setting<'a> {
    name: String,
    value: &'a mut dyn Value,
}

impl Setting<'_> {
    /// The name of the field.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value as [`Self::set`] takes it.
    pub fn value(&self) -> String {
        self.value.shown()
    }

    /// What values it takes, as in `a number` or `leaky, velocity or average`.
    pub fn wanted(&self) -> String {
        self.value.wanted()
    }

    /// Whether it is a switch, which is on where its name stands alone.
    pub fn is_switch(&self) -> bool {
        self.value.is_switch()
    }

    /// Takes another value. Its range is the rule's matter ([`Rule::options`]).
    ///
    /// # Errors
    /// If the text is no value of its kind; the error says what is wanted.
    pub fn set(&mut self, text: &str) -> Result<(), String> {
        if self.value.read(text.trim()) { Ok(()) } else { Err(format!("{} is wanted", self.wanted())) }
    }
}

/// A field that is one value.
trait Value: std::fmt::Debug {
    fn read(&mut self, text: &str) -> bool;
    fn shown(&self) -> String;
    fn wanted(&self) -> String;
    fn is_switch(&self) -> bool {
        false
    }
}

/// A field of a rule: a number, a switch, a word, or a rule inside of it.
pub trait Hyper {
    /// Adds itself under this name; a rule adds each of its own fields.
    fn put<'a>(&'a mut self, name: &str, all: &mut Vec<Setting<'a>>);
}

/// Writes [`Rule::settings`] of these public fields, in an `impl Rule` or `impl Method`: all of them, in the order of the struct.
///
/// ```
/// use gradus_optim::{Rule, Step, settings};
/// use gradus_tensor::Tensor;
///
/// #[derive(Debug)]
/// struct Shrinking {
///     part: f64,
/// }
///
/// impl Rule for Shrinking {
///     settings!(part);
///
///     fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, _: &mut [Tensor]) {
///         *theta = &*theta * self.part - g * step.lr;
///     }
/// }
///
/// let mut rule = Shrinking { part: 0.5 };
/// rule.settings()[0].set("0.9").unwrap();
/// assert_eq!(rule.part, 0.9);
/// ```
#[macro_export]
macro_rules! settings {
    ($($field:ident),* $(,)?) => {
        fn settings(&mut self) -> Vec<$crate::Setting<'_>> {
            let mut all = Vec::new();
            $($crate::Hyper::put(&mut self.$field, stringify!($field), &mut all);)*
            all
        }
    };
}

impl<R: Rule> Hyper for R {
    fn put<'a>(&'a mut self, name: &str, all: &mut Vec<Setting<'a>>) {
        let inside = |setting: Setting<'a>| Setting { name: format!("{name}.{}", setting.name), ..setting };
        all.extend(self.settings().into_iter().map(inside));
    }
}

impl Hyper for ScheduleFreeBase {
    fn put<'a>(&'a mut self, name: &str, all: &mut Vec<Setting<'a>>) {
        match self {
            Self::Sgd => {}
            Self::AdamW { beta2, eps } => {
                beta2.put(&format!("{name}.beta2"), all);
                eps.put(&format!("{name}.eps"), all);
            }
            Self::RAdam { beta2, eps, silent } => {
                beta2.put(&format!("{name}.beta2"), all);
                eps.put(&format!("{name}.eps"), all);
                silent.put(&format!("{name}.silent"), all);
            }
        }
    }
}

macro_rules! fields {
    ($($kind:ty: $wanted:literal $read:expr, $show:expr;)*) => {$(
        impl Hyper for $kind {
            fn put<'a>(&'a mut self, name: &str, all: &mut Vec<Setting<'a>>) {
                all.push(Setting { name: name.to_string(), value: self });
            }
        }

        impl Value for $kind {
            fn read(&mut self, text: &str) -> bool {
                let read: fn(&mut $kind, &str) -> bool = $read;
                read(self, text)
            }

            fn shown(&self) -> String {
                let show: fn(&$kind) -> String = $show;
                show(self)
            }

            fn wanted(&self) -> String {
                $wanted.to_string()
            }

            fn is_switch(&self) -> bool {
                $wanted == SWITCH
            }
        }
    )*};
}

const SWITCH: &str = "true or false";

/// Takes what was read, if something was.
fn take<T>(field: &mut T, value: Option<T>) -> bool {
    value.map(|value| *field = value).is_some()
}

/// A value or the word for none; the field stays as it is where the text is neither.
fn read_maybe<T: std::str::FromStr>(field: &mut Option<T>, text: &str) -> bool {
    let value = text.parse().ok();
    let fits = text == "none" || value.is_some();
    if fits {
        *field = value;
    }
    fits
}

fn shown<T: ToString>(value: Option<&T>) -> String {
    value.map_or("none".to_string(), T::to_string)
}

/// The value of a word; upper case and the signs between words do not count.
fn chosen<T: Copy>(words: &[(&str, T)], text: &str) -> Option<T> {
    let plain = |text: &str| text.replace(['-', '_'], "").to_lowercase();
    words.iter().find(|(word, _)| plain(word) == plain(text)).map(|(_, value)| *value)
}

fn word<T: PartialEq>(words: &[(&str, T)], value: &T) -> String {
    words.iter().find(|(_, of)| of == value).map_or(String::new(), |(word, _)| (*word).to_string())
}

const FORMS: [(&str, MomentumForm); 5] = [
    ("leaky", MomentumForm::Leaky),
    ("velocity", MomentumForm::Velocity),
    ("average", MomentumForm::Average),
    ("physical-average", MomentumForm::PhysicalAverage),
    ("physical", MomentumForm::Physical),
];
const RATES: [(&str, MuonRate); 3] = [
    ("original", MuonRate::Original),
    ("match-adamw", MuonRate::MatchAdamW),
    ("spectral", MuonRate::Spectral),
];
const CONJUGATE: [(&str, ConjugateForm); 3] = [
    ("fletcher-reeves", ConjugateForm::FletcherReeves),
    ("polak-ribiere", ConjugateForm::PolakRibiere),
    ("hestenes-stiefel", ConjugateForm::HestenesStiefel),
];
const SEARCHES: [(&str, LineSearch); 2] =
    [("none", LineSearch::None), ("strong-wolfe", LineSearch::StrongWolfe)];

fn form(text: &str) -> Option<MomentumForm> {
    let inside = |text: &str| text.strip_prefix("dampened(")?.strip_suffix(')')?.trim().parse().ok();
    chosen(&FORMS, text).or_else(|| inside(text).map(MomentumForm::Dampened))
}

fn three(text: &str) -> Option<[f64; 3]> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    let numbers: Option<Vec<f64>> = inner.split(',').map(|x| x.trim().parse().ok()).collect();
    numbers?.try_into().ok()
}

fields! {
    f64: "a number" |x, text| take(x, text.parse().ok()), |x| x.to_string();
    u64: "a whole number from 0 on" |x, text| take(x, text.parse().ok()), |x| x.to_string();
    usize: "a whole number from 0 on" |x, text| take(x, text.parse().ok()), |x| x.to_string();
    bool: "true or false" |x, text| take(x, text.parse().ok()), |x| x.to_string();
    Option<f64>: "a number or none" read_maybe, |x| shown(x.as_ref());
    Option<usize>: "a whole number or none" read_maybe, |x| shown(x.as_ref());
    [f64; 3]: "a list of three numbers, as in [3.4,-4.8,2]" |x, text| take(x, three(text)), |[a, b, c]| format!("[{a},{b},{c}]");
    MomentumForm: "leaky, velocity, average, physical-average, physical or dampened(0.1)" |x, text| take(x, form(text)), |x| match x {
        MomentumForm::Dampened(tau) => format!("dampened({tau})"),
        other => word(&FORMS, other),
    };
    MuonRate: "original, match-adamw or spectral" |x, text| take(x, chosen(&RATES, text)), |x| word(&RATES, x);
    ConjugateForm: "fletcher-reeves, polak-ribiere or hestenes-stiefel" |x, text| take(x, chosen(&CONJUGATE, text)),
        |x| word(&CONJUGATE, x);
    LineSearch: "none or strong-wolfe" |x, text| take(x, chosen(&SEARCHES, text)), |x| word(&SEARCHES, x);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::all;
    use crate::{Muon, Nesterov};

    #[test]
    fn every_setting_takes_what_it_shows() {
        let mut count = 0;
        for named in all() {
            let mut rule = (named.make)();
            let before = format!("{rule:?}");
            for mut setting in rule.settings() {
                let value = setting.value();
                assert_eq!(setting.set(&value), Ok(()), "{} {}={value}", named.name, setting.name());
                let wrong = setting.set("§").unwrap_err();
                assert!(wrong.ends_with(" is wanted"), "{wrong}");
                count += 1;
            }
            assert_eq!(format!("{rule:?}"), before, "{}", named.name);
        }
        assert!(count > 250, "{count}");
    }

    #[test]
    fn words_lists_and_rules_inside() {
        let mut rule = Nesterov::default();
        for (setting, value) in rule.settings().iter_mut().zip(["0.5", "Physical_Average", "none"]) {
            setting.set(value).unwrap();
        }
        assert_eq!(rule, Nesterov { beta: 0.5, form: MomentumForm::PhysicalAverage, reach: None });
        let mut form = MomentumForm::Leaky;
        assert!(form.read("dampened(0.25)") && form == MomentumForm::Dampened(0.25));
        let mut muon = Muon::default();
        let set = |muon: &mut Muon, name: &str, value: &str| {
            muon.settings().into_iter().find(|setting| setting.name() == name).unwrap().set(value).unwrap();
        };
        set(&mut muon, "coefficients", "[3, -2, 1]");
        set(&mut muon, "others.beta1", "0.5");
        set(&mut muon, "rate", "match-adamw");
        assert_eq!((muon.coefficients, muon.others.beta1), ([3.0, -2.0, 1.0], 0.5));
        assert_eq!(muon.rate, MuonRate::MatchAdamW);
    }
}
