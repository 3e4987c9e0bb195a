//! An expression with values for its names, read from the command line. Names and shapes are checked when it is read, so
//! that a later evaluation cannot fail.

use std::ops::Range;

use gradus::autograd::{Tape, Var};
use gradus::tensor::Tensor;
use gradus::tensor::names::instead;

use super::evaluate::Scope;
use super::functions::{self, Own};
use super::mistake::Mistake;
use super::parse::{Expr, Kind, parse};
use crate::failure::Failure;

/// Names with a value of their own, unless one is given.
const CONSTANTS: [(&str, f64); 2] = [("pi", std::f64::consts::PI), ("e", std::f64::consts::E)];

/// An expression and where it is evaluated.
#[derive(Debug)]
pub struct Problem {
    /// The text of the expression.
    pub text: String,
    pub(crate) expr: Expr,
    /// The variables, in the order in which their values were given.
    pub names: Vec<String>,
    /// F64, in the order of the names.
    pub values: Vec<Tensor>,
    /// Functions that only this expression knows.
    pub(crate) own: &'static [Own],
    /// The most elements that a value may have.
    pub(crate) largest: usize,
}

/// Which part of the text a node of the tape stands for.
pub(crate) type Labels = Vec<(usize, Range<usize>)>;

impl Problem {
    /// Reads `EXPRESSION NAME=VALUE …`.
    ///
    /// # Errors
    /// What is wrong with it, under its column.
    pub fn read(text: &str, given: &[String]) -> Result<Self, Failure> {
        Self::read_within(text, given, usize::MAX)
    }

    /// As [`Self::read`], for text from elsewhere: no value may have more than `largest` elements, so that a short
    /// text cannot ask for much memory or time.
    ///
    /// # Errors
    /// What is wrong with it, under its column.
    pub fn read_within(text: &str, given: &[String], largest: usize) -> Result<Self, Failure> {
        let expr = parse(text).map_err(|mistake| mistake.under(text))?;
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for pair in given {
            let (name, value) = read_value(pair, largest)?;
            if names.contains(&name) {
                let message = format!("{name} is given twice; give each name one value, as in {name}=2");
                return Err(Failure::Value(message));
            }
            names.push(name);
            values.push(value);
        }
        let problem = Self { text: text.to_string(), expr, names, values, own: &[], largest };
        problem.check_names()?;
        problem.value()?;
        Ok(problem)
    }

    /// An expression in some of these names, whose values are known, and in functions of its own.
    pub(crate) fn among(
        text: &str,
        names: &[&str],
        values: &[Tensor],
        own: &'static [Own],
    ) -> Result<Self, Failure> {
        let expr = parse(text).map_err(|mistake| mistake.under(text))?;
        let mut used = Vec::new();
        names_in(&expr, &mut used);
        let unknown =
            |(name, _): &&(String, Range<usize>)| !names.contains(&name.as_str()) && constant(name).is_none();
        if let Some((name, at)) = used.iter().find(unknown) {
            let message = if functions::names().contains(&name.as_str()) {
                format!(
                    "{name} is a function; its argument stands in parentheses, as in {name}({})",
                    names[0]
                )
            } else {
                let (first, last) = (names[0], names[names.len() - 1]);
                let all = instead(name, names.iter().copied());
                format!("there is no {name} here; {all}, as in {last} * {first}")
            };
            return Err(Mistake::new(at.clone(), message).under(text));
        }
        let names = names.iter().map(|name| (*name).to_string()).collect();
        let problem =
            Self { text: text.to_string(), expr, names, values: values.to_vec(), own, largest: usize::MAX };
        problem.value()?;
        Ok(problem)
    }

    /// Its value where it was read.
    pub(crate) fn value(&self) -> Result<Tensor, Failure> {
        let tape = Tape::inference();
        let found = self.record_checked(&self.constants(&tape), &mut Vec::new());
        found.map(|x| x.value()).map_err(|mistake| mistake.under(&self.text))
    }

    /// The names in an expression that need a value, each once.
    ///
    /// # Errors
    /// What is wrong with its text.
    pub fn unknowns(text: &str) -> Result<Vec<String>, Failure> {
        let mut used = Vec::new();
        names_in(&parse(text).map_err(|mistake| mistake.under(text))?, &mut used);
        let mut names: Vec<String> = used.into_iter().map(|(name, _)| name).collect();
        names.retain(|name| constant(name).is_none());
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn constants<'t>(&self, tape: &'t Tape) -> Vec<Var<'t>> {
        self.values.iter().map(|value| tape.constant(value)).collect()
    }

    fn check_names(&self) -> Result<(), Failure> {
        let mut used = Vec::new();
        names_in(&self.expr, &mut used);
        let missing = used.iter().find(|(name, _)| !self.names.contains(name) && constant(name).is_none());
        let idle = self.names.iter().find(|name| used.iter().all(|(used, _)| used != *name));
        if let Some((name, at)) = missing {
            if functions::names().contains(&name.as_str()) {
                let of = self.names.first().map_or("x", String::as_str);
                let message = format!(
                    "{name} is a function; its argument stands in parentheses, as in \"{name}({of})\""
                );
                return Err(Mistake::new(at.clone(), message).under(&self.text));
            }
            let other =
                idle.map_or_else(String::new, |idle| format!("; the value of {idle} is for no name here"));
            let message = format!("{name} has no value; add {name}=VALUE, as in {name}=2{other}");
            return Err(Mistake::new(at.clone(), message).under(&self.text));
        }
        if let Some(name) = idle {
            let message = format!(
                "{name} has a value but does not stand in the expression {0}; leave it out, or use it, as in \"({0})*{name}\"",
                self.text
            );
            return Err(Failure::Value(message));
        }
        if self.names.is_empty() {
            let message = "the expression has no variable to differentiate in; name one and give it a value, as in \
                           \"x^2\" x=3";
            return Err(Failure::Value(message.to_string()));
        }
        Ok(())
    }

    /// Evaluates it for these variables, in the order of the names, in their element type.
    pub fn record<'t>(&self, variables: &[Var<'t>]) -> Var<'t> {
        self.record_checked(variables, &mut Vec::new()).unwrap_or_else(|mistake| {
            unreachable!("{} was checked when it was read: {}", self.text, mistake.message)
        })
    }

    /// As [`Self::record`], and notes which part of the text each node stands for.
    pub(crate) fn record_checked<'t>(
        &self,
        variables: &[Var<'t>],
        labels: &mut Labels,
    ) -> Result<Var<'t>, Mistake> {
        let like = variables[0];
        let mut scope = Scope { problem: self, variables, tape: like.tape(), dtype: like.dtype(), labels };
        scope.result()
    }

    /// Refuses a result of several elements.
    pub(crate) fn check_scalar(&self, result: Var<'_>) -> Result<(), Failure> {
        if result.elements() == 1 {
            return Ok(());
        }
        let message = format!(
            "the result has shape {}; backpropagation starts from one number; write sum({text}) or mean({text})",
            result.shape(),
            text = self.text
        );
        Err(Failure::Value(message))
    }
}

pub(crate) fn constant(name: &str) -> Option<f64> {
    CONSTANTS.iter().find(|(constant, _)| *constant == name).map(|(_, value)| *value)
}

/// `w=-3`, `x=[1, 2]`, `a=pi/4`.
fn read_value(pair: &str, largest: usize) -> Result<(String, Tensor), Failure> {
    let refuse = |reason: &str| Failure::Value(format!("{pair}: {reason}"));
    let is_name = |name: &str| matches!(parse(name), Ok(Expr { kind: Kind::Name(_), .. }));
    let Some((name, value)) = pair.split_once('=').filter(|(_, value)| !value.trim().is_empty()) else {
        let name = pair.split('=').next().map(str::trim).filter(|name| is_name(name)).unwrap_or("x");
        let what = match pair.split_once('=') {
            _ if pair.trim().is_empty() => {
                return Err(Failure::Value("a value is empty; write NAME=VALUE, as in x=2".to_string()));
            }
            Some(_) => "nothing stands behind =",
            None => "a value is given as NAME=VALUE",
        };
        return Err(refuse(&format!("{what}; write {name}=2, without blanks around =")));
    };
    let name = name.trim();
    if !is_name(name) {
        return Err(refuse("the name must be letters, digits and _, and begin with a letter, as in x1=2"));
    }
    let named = |mistake: Mistake| match mistake.under(value) {
        Failure::Value(text) => Failure::Value(format!("the value of {name}: {text}")),
        other => other,
    };
    let expr = parse(value).map_err(named)?;
    let mut used = Vec::new();
    names_in(&expr, &mut used);
    if let Some((_, at)) = used.iter().find(|(name, _)| constant(name).is_none()) {
        return Err(named(Mistake::new(at.clone(), "a value consists of numbers, as in 2, [1, 2] or pi/4")));
    }
    let tape = Tape::inference();
    let anchor = [tape.constant(0.0)];
    let (names, values) = (vec![String::new()], Vec::new());
    let problem = Problem { text: value.to_string(), expr, names, values, own: &[], largest };
    let result = problem.record_checked(&anchor, &mut Vec::new()).map_err(named)?;
    Ok((name.to_string(), result.value()))
}

fn names_in(expr: &Expr, found: &mut Vec<(String, Range<usize>)>) {
    match &expr.kind {
        Kind::Number(_) => {}
        Kind::Name(name) => found.push((name.clone(), expr.span.clone())),
        Kind::Call(_, list) | Kind::List(list) => list.iter().for_each(|x| names_in(x, found)),
        Kind::Negative(x) => names_in(x, found),
        // Of `keepdim=true` the value is no name.
        Kind::Named(_, x) => {
            if !matches!(&x.kind, Kind::Name(word) if truth(word).is_some()) {
                names_in(x, found);
            }
        }
        Kind::Binary(_, a, b) => [a, b].into_iter().for_each(|x| names_in(x, found)),
    }
}

/// What Python and Rust call true and false.
pub(crate) fn truth(word: &str) -> Option<bool> {
    match word {
        "true" | "True" => Some(true),
        "false" | "False" => Some(false),
        _ => None,
    }
}
