//! Schedules from text: `cosine(0.3, 20).warmup(5)`.

use std::sync::Arc;

use gradus_tensor::names::instead;

use super::arguments::Arguments;
use super::forms::FORMS;
use super::{Ramp, ReduceOnPlateau, Schedule, Threshold};
use crate::error::Error;
use crate::spec::split;

/// Longer texts are refused: a schedule inside of another one is read by another call.
const LONGEST: usize = 1000;
/// What the parameter of a plateau's reduction are.
const PLATEAU: &str =
    "plateau(value, factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0, minimum = 0)";

/// A learning rate from text: of the step alone, or one that follows the loss.
#[derive(Debug, Clone)]
pub enum Plan {
    /// A function of the step.
    Fixed(Arc<dyn Schedule>),
    /// `plateau(…)`, fed with the loss; `ReduceLROnPlateau`.
    Plateau(ReduceOnPlateau),
}

/// Reads a schedule: a number, or a [`Form`](super::Form) of [`FORMS`](super::FORMS) with its parameters in their order or by name, and behind it
/// `.warmup(steps)`, `.then(step, schedule)`, `.times(schedule)`, `.min(schedule)` and `.max(schedule)`.
///
/// A warm-up has `ramp=linear`, `exponential`, `constant` or `cosine` and, unless it counts the step that is being taken, the
/// factor `start` at step 0.
///
/// ```
/// use gradus_optim::schedule::{Schedule, parse};
///
/// let rate = parse("cosine(0.3, 20).warmup(5)").unwrap();
/// assert_eq!((rate.at(0), rate.at(5)), (0.3 / 5.0, 0.3));
/// let notes = parse("multi_step(0.5, [15, 30], factor=0.5)").unwrap();
/// assert_eq!([0, 15, 30].map(|t| notes.at(t)), [0.5, 0.25, 0.125]);
/// assert!(parse("cosin(0.3, 20)").unwrap_err().to_string().contains("are cosine"));
/// ```
///
/// # Errors
/// If a name, a parameter or a value is wrong: what is wrong, and how it is written.
pub fn parse(text: &str) -> Result<Arc<dyn Schedule>, Error> {
    match parse_plan(text)? {
        Plan::Fixed(schedule) => Ok(schedule),
        Plan::Plateau(_) => Err(Error::Spec(format!(
            "{text}: plateau follows the loss of a training; here a schedule is a function of the step, as in cosine(0.3, 20)"
        ))),
    }
}

/// As [`parse`], and reads `plateau(value, factor, patience, …)` too.
///
/// # Errors
/// As [`parse`].
pub fn parse_plan(text: &str) -> Result<Plan, Error> {
    let text = text.trim();
    let wrong = |why: String| Error::Spec(format!("{text}: {why}"));
    if text.len() > LONGEST {
        return Err(Error::Spec(format!(
            "a schedule of {} characters; at most {LONGEST} are read",
            text.len()
        )));
    }
    if text.is_empty() {
        return Err(Error::Spec("the schedule is empty; write one, as in cosine(0.3, 20)".to_string()));
    }
    let alone = text.strip_prefix("plateau(").and_then(|rest| rest.strip_suffix(')'));
    if let Some(inner) = alone.filter(|inner| balanced(inner)) {
        return plateau(inner).map(Plan::Plateau).map_err(wrong);
    }
    if let Some(why) = unbalanced(text) {
        return Err(wrong(why));
    }
    let schedule = schedule(text).map_err(wrong)?;
    match schedule.options().fault() {
        Some(fault) => {
            let name = text.split('(').next().unwrap_or_default().trim().replace('-', "_");
            let form = FORMS.iter().find(|form| form.name == name);
            let example = form.map_or("cosine(0.3, 20)", |form| form.example);
            Err(wrong(format!("{fault}, as in {example}")))
        }
        None => Ok(Plan::Fixed(Arc::from(schedule))),
    }
}

fn schedule(text: &str) -> Result<Box<dyn Schedule>, String> {
    let mut parts = links(text).into_iter();
    let first = parts.next().unwrap_or_default();
    let mut schedule = one(first)?;
    for part in parts {
        schedule = linked(schedule, part)?;
    }
    Ok(schedule)
}

/// The parts of a chain, between points before a letter that stand in no brackets.
fn links(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut seen) = (Vec::new(), 0, 0);
    for part in split(text, '.') {
        let end = seen + part.len();
        let next = text.get(end + 1..).and_then(|rest| rest.chars().next());
        // 1.e3 is a number: its point stands behind a digit, and no call follows.
        if next.is_some_and(char::is_alphabetic) && text[end + 1..].contains('(') {
            parts.push(text[start..end].trim());
            start = end + 1;
        }
        seen = end + 1;
    }
    parts.push(text[start..].trim());
    parts
}

/// The name and what stands in its parentheses.
fn call(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once('(')?;
    let inner = rest.strip_suffix(')')?;
    let whole = split(text, ')').len() <= 2 && balanced(inner);
    (whole && name.chars().all(|c| c.is_alphanumeric() || "_-".contains(c))).then_some((name.trim(), inner))
}

fn balanced(text: &str) -> bool {
    let depth = |depth: i32, c| match c {
        '(' => depth + 1,
        ')' if depth > 0 => depth - 1,
        ')' => i32::MIN / 2,
        _ => depth,
    };
    text.chars().fold(0, depth) == 0
}

/// What is wrong with the parentheses, if something is, and the text as it was perhaps meant.
fn unbalanced(text: &str) -> Option<String> {
    let (mut open, mut more) = (0usize, false);
    for c in text.chars() {
        match c {
            '(' => open += 1,
            ')' if open == 0 => more = true,
            ')' => open -= 1,
            _ => {}
        }
    }
    let closed = format!("{text}{}", ")".repeat(open));
    let fault = match (open, more) {
        (0, false) => return None,
        (_, true) => "a `)` closes nothing",
        _ => "a parenthesis is not closed",
    };
    let meant = if more || parse_plan(&closed).is_err() { "cosine(0.3, 20)" } else { &closed };
    Some(format!("{fault}; a schedule is a number or NAME(VALUES), as in {meant}"))
}

fn one(text: &str) -> Result<Box<dyn Schedule>, String> {
    if let Ok(number) = text.parse::<f64>() {
        return Ok(Box::new(number));
    }
    let names = || FORMS.iter().map(|form| form.name).chain(["plateau"]);
    let Some((name, inner)) = call(text) else {
        let behind = text.rsplit_once('.').map(|(_, word)| word.trim());
        if let Some((name, _, example)) = LINKS.iter().find(|(name, ..)| Some(*name) == behind) {
            return Err(format!(".{name}: behind a point stands a call, as in {example}"));
        }
        let name = text.split('(').next().unwrap_or(text).replace('-', "_");
        let form = FORMS.iter().find(|form| form.name == name);
        let usage = form.map_or_else(|| instead(&name, names()), |form| format!("it is {}", form.usage()));
        return Err(format!("a schedule is a number or NAME(VALUES), as in cosine(0.3, 20); {usage}"));
    };
    let name = name.replace('-', "_");
    if name == "plateau" {
        return Err("plateau follows the loss and stands alone, without what is chained to it, as in plateau(0.3, 0.5, 3)".to_string());
    }
    let form = FORMS.iter().find(|form| form.name == name);
    let form = form.ok_or_else(|| {
        format!(
            "no schedule is named {name}; {}; one is written as in cosine(0.3, 20)",
            instead(&name, names())
        )
    })?;
    let arguments = Arguments::read(form.name, inner, form.parameters)
        .map_err(|why| format!("{why}, as in {}", form.example))?;
    (form.make)(&arguments).map_err(|why| format!("{why}; {} as in {}", form.usage(), form.example))
}

/// What can be chained, with its parameters and an example.
type Link = (&'static str, &'static [(&'static str, Option<&'static str>)], &'static str);
const LINKS: [Link; 5] = [
    (
        "warmup",
        &[("steps", None), ("ramp", Some("linear")), ("start", Some("none"))],
        "cosine(0.3, 20).warmup(5)",
    ),
    ("then", &[("step", None), ("schedule", None)], "0.3.then(5, cosine(0.3, 20))"),
    ("times", &[("schedule", None)], "0.3.times(cosine(1, 20))"),
    ("min", &[("schedule", None)], "sqrt(0.3).min(0.1)"),
    ("max", &[("schedule", None)], "cosine(0.3, 20).max(0.01)"),
];

/// A schedule with what is chained to it.
fn linked(first: Box<dyn Schedule>, text: &str) -> Result<Box<dyn Schedule>, String> {
    let names = || LINKS.iter().map(|(name, ..)| *name);
    let (name, inner) = call(text)
        .ok_or_else(|| format!(".{text}: behind a point stands a call, as in cosine(0.3, 20).warmup(5)"))?;
    let Some((name, parameters, example)) = LINKS.iter().find(|(known, ..)| *known == name) else {
        return Err(format!(
            "nothing is chained by .{name}; {}; as in cosine(0.3, 20).warmup(5)",
            instead(name, names())
        ));
    };
    let as_in = |why: String| format!("{why}, as in {example}");
    let a = Arguments::read(name, inner, parameters).map_err(as_in)?;
    if *name == "warmup" {
        let ramp = ramp(&a).map_err(as_in)?;
        return Ok(Box::new(first.warmup_by(a.take("steps").map_err(as_in)?, ramp)));
    }
    let other = schedule(a.text("schedule"))?;
    Ok(match *name {
        "then" => Box::new(first.then(a.take("step").map_err(as_in)?, other)),
        "times" => Box::new(first.times(other)),
        "min" => Box::new(Schedule::min(first, other)),
        _ => Box::new(Schedule::max(first, other)),
    })
}

fn ramp(a: &Arguments<'_>) -> Result<Ramp, String> {
    let start: Option<f64> = a.take("start")?;
    match (a.text("ramp"), start) {
        ("linear", None) => Ok(Ramp::Linear),
        ("linear", Some(start)) => Ok(Ramp::LinearFrom { start }),
        ("exponential", start) => Ok(Ramp::Exponential { start: start.unwrap_or(0.01) }),
        ("constant", start) => Ok(Ramp::Constant { factor: start.unwrap_or(0.1) }),
        ("cosine", start) => Ok(Ramp::Cosine { start: start.unwrap_or(0.0) }),
        (other, _) => Err(format!(
            "ramp={other}: a ramp is linear, exponential, constant or cosine; write .warmup(5, ramp=cosine)"
        )),
    }
}

fn plateau(inner: &str) -> Result<ReduceOnPlateau, String> {
    let usual = |text| Some(text);
    let parameters = [
        ("value", None),
        ("factor", usual("0.1")),
        ("patience", usual("10")),
        ("threshold", usual("1e-4")),
        ("cooldown", usual("0")),
        ("minimum", usual("0")),
    ];
    let read = || {
        let a = Arguments::read("plateau", inner, &parameters)?;
        let rate = ReduceOnPlateau {
            factor: a.take("factor")?,
            patience: a.take("patience")?,
            threshold: Threshold::Relative(a.take("threshold")?),
            cooldown: a.take("cooldown")?,
            minimum: a.take("minimum")?,
            ..ReduceOnPlateau::new(a.take("value")?)
        };
        let numbers = [rate.value, rate.minimum, a.take::<f64>("threshold")?];
        if !(0.0..1.0).contains(&rate.factor) || numbers.iter().any(|x| !x.is_finite() || *x < 0.0) {
            return Err("the factor is at least 0 and below 1, the others at least 0".to_string());
        }
        Ok(rate)
    };
    read().map_err(|why: String| format!("{why}; {PLATEAU} as in plateau(0.1, 0.5, 3)"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;

    #[track_caller]
    fn rates<const N: usize>(text: &str, steps: [u64; N], want: [f64; N]) {
        let schedule = parse(text).unwrap_or_else(|error| panic!("{error}"));
        for (step, want) in steps.into_iter().zip(want) {
            let got = schedule.at(step);
            assert!(abs_diff_eq!(got, want, epsilon = 1e-12), "{text} at {step}: {got}, not {want}");
        }
    }

    #[test]
    fn numbers_calls_and_chains() {
        rates("0.5", [0, 9], [0.5; 2]);
        rates("1e-1.warmup(2)", [0, 1, 2], [0.05, 0.1, 0.1]);
        rates("cosine(peak=0.3, steps=20, end=0.1)", [0, 10, 20], [0.3, 0.2, 0.1]);
        rates(
            "linear(1, 0, 4).then(2, exponential(1, 0.5).max(0.25)).times(0.5)",
            [0, 1, 2, 9],
            [0.5, 0.375, 0.5, 0.125],
        );
        rates("0.1.warmup(4, ramp=linear, start=0)", [0, 2, 4], [0.0, 0.05, 0.1]);
        rates("factor(0.1, 0.5, 0.02)", [0, 1, 9], [0.1, 0.05, 0.02]);
        rates("sqrt(0.1)", [0, 3], [0.1, 0.05]);
        rates("lambda(0.1 * 0.5^t).min(0.04)", [0, 2], [0.04, 0.025]);
        rates("recurrence(1, s/2 + t)", [0, 1, 2], [1.0, 1.5, 2.75]);
        rates("multi-step(1, [3,5], 0.1)", [2, 3, 5], [1.0, 0.1, 0.01]);
        assert!(matches!(parse_plan("plateau(0.1, 0.5, 3)"), Ok(Plan::Plateau(rate)) if rate.patience == 3));
    }

    #[test]
    fn mistakes() {
        for (text, parts) in [
            ("cosin(0.3, 20)", &["no schedule is named cosin", "cosine", "cosine(0.3, 20)"][..]),
            ("cosine", &["NAME(VALUES)", "it is cosine(peak, steps, end = 0)"]),
            ("cosine(0.3)", &["cosine needs steps", "as in cosine(0.3, 20)"]),
            ("cosine(0.3, 20", &["not closed", "NAME(VALUES)", "as in cosine(0.3, 20)"]),
            ("0.1.then(5, cosin(1, 2)", &["not closed", "as in cosine(0.3, 20)"]),
            ("step(0.2, 7).max(0.1", &["not closed", "as in step(0.2, 7).max(0.1)"]),
            ("cosine(0.3, 20))", &["a `)` closes nothing", "as in cosine(0.3, 20)"]),
            ("", &["the schedule is empty", "as in cosine(0.3, 20)"]),
            (" ", &["the schedule is empty"]),
            ("cosine(0.3,,20)", &["a value is missing at a comma", "as in cosine(0.3, 20)"]),
            ("0.1.then(5)", &["then needs schedule", "as in 0.3.then(5, cosine(0.3, 20))"]),
            ("0.1.then(x, 1)", &["a whole number", "as in 0.3.then(5, cosine(0.3, 20))"]),
            ("0.1.warmup(x)", &["a whole number", "as in cosine(0.3, 20).warmup(5)"]),
            ("0.1.max()", &["max needs schedule", "as in cosine(0.3, 20).max(0.01)"]),
            ("0.1.warmup", &["behind a point stands a call", "as in cosine(0.3, 20).warmup(5)"]),
            ("cosine(0.3, 2.5)", &["steps=2.5: a whole number", "as in cosine(0.3, 20)"]),
            ("cosine(0.3, 20, 0, 1)", &["cosine has 3 parameters"]),
            ("cosine(0.3, 20, ned=1)", &["no parameter ned", "end"]),
            ("cosine(0.3, 20, peak=1)", &["peak is given twice"]),
            ("cosine(0.3, 0)", &["Cosine: steps is 0; it must be at least 1"]),
            ("cosine(0.3, 20).warm(5)", &["nothing is chained by .warm", "warmup"]),
            ("0.1.warmup(5, ramp=square)", &["a ramp is linear"]),
            ("0.1.then(5, cosin(1, 2))", &["no schedule is named cosin"]),
            ("lambda(0.1 * x)", &["x"]),
            ("plateau(0.1, 2)", &["below 1", "plateau(0.1, 0.5, 3)"]),
            ("plateau(0.1)", &["follows the loss"]),
            ("plateau(0.1).warmup(5)", &["stands alone"]),
            ("step(nan, 5)", &["initial is NaN"]),
        ] {
            let message = parse(text).unwrap_err().to_string();
            for part in parts {
                assert!(message.contains(part), "{text}: {message} does not say {part}");
            }
        }
        assert!(parse(&"(".repeat(2000)).is_err() && parse(&"min(".repeat(200)).is_err());
    }
}
