//! The evaluation of an expression on a tape.

use std::ops::Range;

use gradus::autograd::{Tape, Var};
use gradus::tensor::{DType, Tensor};

use super::functions::{self, Function};
use super::given::Given;
use super::mistake::Mistake;
use super::parse::{Expr, Kind, Operator};
use super::problem::{Labels, Problem, constant, truth};
use super::shaped;
use crate::text::numbers::count;

/// A number that stands in the text, or a value on the tape.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'t> {
    Number(f64),
    Var(Var<'t>),
}

/// Where an expression is evaluated.
pub(crate) struct Scope<'e, 't> {
    pub(crate) problem: &'e Problem,
    pub(crate) variables: &'e [Var<'t>],
    pub(crate) tape: &'t Tape,
    pub(crate) dtype: DType,
    pub(crate) labels: &'e mut Labels,
}

impl<'t> Scope<'_, 't> {
    /// The value of the whole expression.
    pub(crate) fn result(&mut self) -> Result<Var<'t>, Mistake> {
        let value = self.evaluate(&self.problem.expr)?;
        Ok(self.lift(value))
    }

    fn evaluate(&mut self, expr: &Expr) -> Result<Value<'t>, Mistake> {
        let value = match &expr.kind {
            Kind::Number(x) if x.is_infinite() => {
                let message = "too large: the largest number of F64 is 1.8e308, and this would count as inf; write a smaller one, as in 1e300";
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
                // A method stands behind its first argument and a point.
                let first = arguments.first().map_or(expr.span.end, |x| x.span.start);
                let start =
                    if first == expr.span.start { arguments[0].span.end + 1 } else { expr.span.start };
                self.call(name, arguments, &(start..start + name.len()))?
            }
            Kind::List(parts) => self.list(expr, parts)?,
            Kind::Named(_, x) => self.evaluate(x)?,
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
        let (behind, sign) = (&self.problem.text[end..], operator.sign());
        let start = end + behind.find(sign).or_else(|| behind.find('*')).unwrap_or(0);
        start..start + sign.len()
    }

    fn name(&self, name: &str) -> Value<'t> {
        let place = self.problem.names.iter().position(|known| known == name);
        match place {
            Some(i) => Value::Var(self.variables[i]),
            None => Value::Number(constant(name).unwrap_or(f64::NAN)),
        }
    }

    pub(crate) fn lift(&self, value: Value<'t>) -> Var<'t> {
        match value {
            Value::Number(x) => self.tape.constant(Tensor::scalar(x).to(self.dtype)),
            Value::Var(x) => x,
        }
    }

    fn binary(&self, operator: Operator, a: Value<'t>, b: Value<'t>) -> Result<Value<'t>, String> {
        use Operator::{Add, Compare, Div, MatMul, Mul, Pow, Sub};
        let value = match (operator, a, b) {
            (Compare(name), a, b) => {
                let operands = [self.lift(a), self.lift(b)];
                functions::broadcast(&operands)?;
                match functions::find(name, 2)? {
                    Function::Row(row) => row.apply(&operands, 0.0),
                    _ => unreachable!("comparisons are rows"),
                }
            }
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
        let (plain, named): (Vec<&Expr>, Vec<&Expr>) =
            arguments.iter().partition(|x| !matches!(x.kind, Kind::Named(..)));
        let own = self.problem.own.iter().find(|(own, n, _)| *own == name && *n == arguments.len());
        let function = match own {
            Some((.., apply)) => Function::Other(*apply),
            None if named.is_empty() => functions::find(name, plain.len()).map_err(wrong)?,
            None => Function::Shaped(shaped::find(name, plain.len()).map_err(wrong)?),
        };
        let values: Vec<Value<'t>> = plain.iter().map(|x| self.evaluate(x)).collect::<Result<_, _>>()?;
        let result = match function {
            Function::Other(apply) => {
                let lifted: Vec<Var<'t>> = values.iter().map(|&x| self.lift(x)).collect();
                apply(&lifted).map_err(|reason| wrong(format!("{name}: {reason}")))?
            }
            Function::Shaped(apply) => {
                let lists = plain.iter().map(|x| matches!(x.kind, Kind::List(_))).collect();
                let mut given = Given::new(self.tape, self.dtype, values, lists);
                named.into_iter().try_for_each(|x| self.named(x, &mut given))?;
                return apply(&given).map_err(|reason| wrong(format!("{name}: {reason}")));
            }
            Function::Row(row) if row.has_number => {
                let number = match values.get(1) {
                    None => row.facts.number.unwrap_or(0.0),
                    Some(Value::Number(number)) => *number,
                    Some(Value::Var(_)) => {
                        let message = format!(
                            "{name}: this argument is a number, not a variable, as in {name}(x, 0.5)"
                        );
                        return Err(Mistake::new(plain[1].span.clone(), message));
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

    /// `axis=0`, `keepdim=true`.
    fn named(&mut self, argument: &Expr, given: &mut Given<'t>) -> Result<(), Mistake> {
        let Kind::Named(name, x) = &argument.kind else { return Ok(()) };
        let value = match &x.kind {
            Kind::Name(word) if truth(word).is_some() => {
                Value::Number(f64::from(u8::from(truth(word) == Some(true))))
            }
            _ => self.evaluate(x)?,
        };
        given.set(name, value).map_err(|message| Mistake::new(argument.span.clone(), message))
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
                return Err(ragged(part, &lifted[0].shape(), &x.shape()));
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
        Operator::Compare(_) => f64::NAN,
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
                    return Err(ragged(part, first, &sizes));
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

/// A part of a list that is not like the first one.
fn ragged(part: &Expr, first: &[usize], this: &[usize]) -> Mistake {
    let said = |sizes: &[usize]| match sizes {
        [] => "a number".to_string(),
        [n] => format!("a list of {}", count(*n, "number")),
        sizes => format!("of shape {sizes:?}"),
    };
    let (first, this) = (said(first), said(this));
    Mistake::new(
        part.span.clone(),
        format!(
            "parts of a list differ in shape: the first is {first}, this one {this}; write them alike, as in [[1, 2], [3, 4]]"
        ),
    )
}

fn check_rank(rank: usize, expr: &Expr) -> Result<(), Mistake> {
    if rank <= 4 {
        Ok(())
    } else {
        Err(Mistake::new(expr.span.clone(), "lists are nested at most 4 deep, as in [[1, 2], [3, 4]]"))
    }
}
