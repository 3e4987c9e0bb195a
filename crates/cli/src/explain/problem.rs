//! An expression with values for its names, read from the command line, and its evaluation on a tape. Names and shapes
//! are checked when it is read, so that a later evaluation cannot fail.

use std::ops::Range;

use gradus::autograd::{Tape, Var};
use gradus::tensor::{DType, Tensor};

use super::functions::{self, Function};
use super::mistake::Mistake;
use super::parse::{Expr, Kind, Operator, parse};
use crate::failure::Failure;

/// Names with a value of their own, unless one is given.
const CONSTANTS: [(&str, f64); 2] = [("pi", std::f64::consts::PI), ("e", std::f64::consts::E)];

/// An expression and where it is evaluated.
#[derive(Debug)]
pub struct Problem {
    /// The text of the expression.
    pub text: String,
    expr: Expr,
    /// The variables, in the order in which their values were given.
    pub names: Vec<String>,
    /// F64, in the order of the names.
    pub values: Vec<Tensor>,
    largest: usize,
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
                return Err(Failure::Value(format!("{name} is given twice")));
            }
            names.push(name);
            values.push(value);
        }
        let problem = Self { text: text.to_string(), expr, names, values, largest };
        problem.check_names()?;
        let tape = Tape::inference();
        problem
            .record_checked(&problem.constants(&tape), &mut Vec::new())
            .map_err(|mistake| mistake.under(text))?;
        Ok(problem)
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
                let message =
                    format!("{name} is a function; its argument stands in parentheses: \"{name}({of})\"");
                return Err(Mistake::new(at.clone(), message).under(&self.text));
            }
            let other =
                idle.map_or_else(String::new, |idle| format!("; the value of {idle} is for no name here"));
            let message = format!("{name} has no value; add {name}=VALUE{other}");
            return Err(Mistake::new(at.clone(), message).under(&self.text));
        }
        if let Some(name) = idle {
            let message = format!("{name} has a value but does not stand in the expression {}", self.text);
            return Err(Failure::Value(message));
        }
        if self.names.is_empty() {
            let message = "the expression has no variable to differentiate in; name one and give it a value, such as \
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
        let value = scope.evaluate(&self.expr)?;
        Ok(scope.lift(value))
    }

    /// Refuses a result of several elements.
    pub(crate) fn check_scalar(&self, result: Var<'_>) -> Result<(), Failure> {
        if result.elements() == 1 {
            return Ok(());
        }
        let message = format!(
            "the result has shape {}; backpropagation starts from one number: take sum({text}) or mean({text})",
            result.shape(),
            text = self.text
        );
        Err(Failure::Value(message))
    }
}

fn constant(name: &str) -> Option<f64> {
    CONSTANTS.iter().find(|(constant, _)| *constant == name).map(|(_, value)| *value)
}

/// `w=-3`, `x=[1, 2]`, `a=pi/4`.
fn read_value(pair: &str, largest: usize) -> Result<(String, Tensor), Failure> {
    let refuse = |reason: &str| Failure::Value(format!("{pair}: {reason}"));
    let Some((name, value)) = pair.split_once('=').filter(|(_, value)| !value.trim().is_empty()) else {
        return Err(refuse("a value is given as NAME=VALUE, without blanks around ="));
    };
    let name = name.trim();
    let is_name = |name: &str| matches!(parse(name), Ok(Expr { kind: Kind::Name(_), .. }));
    if !is_name(name) {
        return Err(refuse("the name must be letters, digits and _, and begin with a letter"));
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
    let text = value.to_string();
    let problem = Problem { text, expr, names: vec![String::new()], values: Vec::new(), largest };
    let result = problem.record_checked(&anchor, &mut Vec::new()).map_err(named)?;
    Ok((name.to_string(), result.value()))
}

fn names_in(expr: &Expr, found: &mut Vec<(String, Range<usize>)>) {
    match &expr.kind {
        Kind::Number(_) => {}
        Kind::Name(name) => found.push((name.clone(), expr.span.clone())),
        Kind::Call(_, list) | Kind::List(list) => list.iter().for_each(|x| names_in(x, found)),
        Kind::Negative(x) => names_in(x, found),
        Kind::Binary(_, a, b) => [a, b].into_iter().for_each(|x| names_in(x, found)),
    }
}

/// A number that stands in the text, or a value on the tape.
#[derive(Debug, Clone, Copy)]
enum Value<'t> {
    Number(f64),
    Var(Var<'t>),
}

struct Scope<'e, 't> {
    problem: &'e Problem,
    variables: &'e [Var<'t>],
    tape: &'t Tape,
    dtype: DType,
    labels: &'e mut Labels,
}

impl<'t> Scope<'_, 't> {
    fn evaluate(&mut self, expr: &Expr) -> Result<Value<'t>, Mistake> {
        let value = match &expr.kind {
            Kind::Number(x) if x.is_infinite() => {
                let message = "too large: the largest number of F64 is 1.8e308, and this would count as inf";
                return Err(Mistake::new(expr.span.clone(), message));
            }
            Kind::Number(x) => Value::Number(*x),
            Kind::Name(name) => self.name(name),
            Kind::Negative(x) => match self.evaluate(x)? {
                Value::Number(x) => Value::Number(-x),
                Value::Var(x) => Value::Var(-x),
            },
            Kind::Binary(operator, a, b) => {
                let at = self.sign_of(*operator, a.span.end);
                let (a, b) = (self.evaluate(a)?, self.evaluate(b)?);
                self.binary(*operator, a, b).map_err(|message| Mistake { at, message })?
            }
            Kind::Call(name, arguments) => {
                let at = expr.span.start..expr.span.start + name.len();
                self.call(name, arguments, &at)?
            }
            Kind::List(parts) => self.list(expr, parts)?,
        };
        if let Value::Var(x) = value {
            let (elements, largest) = (x.elements(), self.problem.largest);
            if elements > largest {
                let message = format!("a value of {elements} elements; at most {largest} are computed here");
                return Err(Mistake::new(expr.span.clone(), message));
            }
            self.labels.push((x.index(), expr.span.clone()));
        }
        Ok(value)
    }

    /// The operator stands behind its left operand and blanks.
    fn sign_of(&self, operator: Operator, end: usize) -> Range<usize> {
        let start =
            self.problem.text[end..].find(operator.sign()).or_else(|| self.problem.text[end..].find('*'));
        let start = end + start.unwrap_or(0);
        start..start + 1
    }

    fn name(&self, name: &str) -> Value<'t> {
        let place = self.problem.names.iter().position(|known| known == name);
        match place {
            Some(i) => Value::Var(self.variables[i]),
            None => Value::Number(constant(name).unwrap_or(f64::NAN)),
        }
    }

    fn lift(&self, value: Value<'t>) -> Var<'t> {
        match value {
            Value::Number(x) => self.tape.constant(Tensor::scalar(x).to(self.dtype)),
            Value::Var(x) => x,
        }
    }

    fn binary(&self, operator: Operator, a: Value<'t>, b: Value<'t>) -> Result<Value<'t>, String> {
        use Operator::{Add, Div, MatMul, Mul, Pow, Sub};
        let value = match (operator, a, b) {
            (MatMul, a, b) => functions::matmul(self.lift(a), self.lift(b))?,
            (_, Value::Number(a), Value::Number(b)) => return Ok(Value::Number(fold(operator, a, b))),
            (Add, Value::Var(a), Value::Number(b)) => a + b,
            (Sub, Value::Var(a), Value::Number(b)) => a - b,
            (Mul, Value::Var(a), Value::Number(b)) => a * b,
            (Div, Value::Var(a), Value::Number(b)) => a / b,
            (Pow, Value::Var(a), Value::Number(b)) => a.powf(b),
            (Add, Value::Number(a), Value::Var(b)) => a + b,
            (Sub, Value::Number(a), Value::Var(b)) => a - b,
            (Mul, Value::Number(a), Value::Var(b)) => a * b,
            (Div, Value::Number(a), Value::Var(b)) => a / b,
            (Pow, Value::Number(a), Value::Var(b)) => b.number_pow(a),
            (operator, Value::Var(a), Value::Var(b)) => {
                functions::broadcast(&[a, b])?;
                match operator {
                    Add => a + b,
                    Sub => a - b,
                    Mul => a * b,
                    Div => a / b,
                    _ => a.pow(b),
                }
            }
        };
        Ok(Value::Var(value))
    }

    fn call(&mut self, name: &str, arguments: &[Expr], at: &Range<usize>) -> Result<Value<'t>, Mistake> {
        let wrong = |message: String| Mistake::new(at.clone(), message);
        let function = functions::find(name, arguments.len()).map_err(wrong)?;
        let values: Vec<Value<'t>> = arguments.iter().map(|x| self.evaluate(x)).collect::<Result<_, _>>()?;
        let result = match function {
            Function::Other(apply) => {
                let lifted: Vec<Var<'t>> = values.iter().map(|&x| self.lift(x)).collect();
                apply(&lifted).map_err(|reason| wrong(format!("{name}: {reason}")))?
            }
            Function::Row(row) if row.has_number => {
                let number = match values.get(1) {
                    None => row.facts.number.unwrap_or(0.0),
                    Some(Value::Number(number)) => *number,
                    Some(Value::Var(_)) => {
                        let message = format!("{name}: this argument is a number, not a variable");
                        return Err(Mistake::new(arguments[1].span.clone(), message));
                    }
                };
                row.apply(&[self.lift(values[0])], number)
            }
            Function::Row(row) => {
                let lifted: Vec<Var<'t>> = values.iter().map(|&x| self.lift(x)).collect();
                if let [_, _] = lifted[..] {
                    functions::broadcast(&lifted).map_err(|reason| wrong(format!("{name}: {reason}")))?;
                }
                row.apply(&lifted, 0.0)
            }
        };
        Ok(Value::Var(result))
    }

    /// Numbers alone make one constant; with variables among them the parts are stacked.
    fn list(&mut self, expr: &Expr, parts: &[Expr]) -> Result<Value<'t>, Mistake> {
        if let Some((values, sizes)) = literal(expr)? {
            let tensor = Tensor::from_vec(values, &sizes[..]).to(self.dtype);
            return Ok(Value::Var(self.tape.constant(tensor)));
        }
        let values: Vec<Value<'t>> = parts.iter().map(|x| self.evaluate(x)).collect::<Result<_, _>>()?;
        let lifted: Vec<Var<'t>> = values.iter().map(|&x| self.lift(x)).collect();
        for (x, part) in lifted.iter().zip(parts) {
            if x.shape() != lifted[0].shape() {
                return Err(ragged(part, &lifted[0].shape().to_string(), &x.shape().to_string()));
            }
        }
        check_rank(lifted[0].rank() + 1, expr)?;
        Ok(Value::Var(Var::stack(&lifted, 0)))
    }
}

fn fold(operator: Operator, a: f64, b: f64) -> f64 {
    match operator {
        Operator::Add => a + b,
        Operator::Sub => a - b,
        Operator::Mul | Operator::MatMul => a * b,
        Operator::Div => a / b,
        Operator::Pow => a.powf(b),
    }
}

/// Numbers and the sizes of the axes.
type Literal = (Vec<f64>, Vec<usize>);

/// A number or a list of such; `None` if anything else stands in it.
fn literal(expr: &Expr) -> Result<Option<Literal>, Mistake> {
    match &expr.kind {
        Kind::Number(x) => Ok(Some((vec![*x], Vec::new()))),
        Kind::Negative(x) => {
            Ok(literal(x)?.map(|(values, sizes)| (values.into_iter().map(|x| -x).collect(), sizes)))
        }
        Kind::List(parts) => {
            let (mut all, mut inner): (Vec<f64>, Option<Vec<usize>>) = (Vec::new(), None);
            for part in parts {
                let Some((values, sizes)) = literal(part)? else { return Ok(None) };
                let first = inner.get_or_insert_with(|| sizes.clone());
                if *first != sizes {
                    return Err(ragged(part, &format!("{first:?}"), &format!("{sizes:?}")));
                }
                all.extend(values);
            }
            let sizes: Vec<usize> = [parts.len()].into_iter().chain(inner.unwrap_or_default()).collect();
            check_rank(sizes.len(), expr)?;
            Ok(Some((all, sizes)))
        }
        _ => Ok(None),
    }
}

fn ragged(part: &Expr, first: &str, this: &str) -> Mistake {
    Mistake::new(
        part.span.clone(),
        format!("parts of a list differ in shape: the first is {first}, this one {this}"),
    )
}

fn check_rank(rank: usize, expr: &Expr) -> Result<(), Mistake> {
    if rank <= 4 { Ok(()) } else { Err(Mistake::new(expr.span.clone(), "lists are nested at most 4 deep")) }
}
