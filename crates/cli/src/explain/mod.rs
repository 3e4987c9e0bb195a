//! `gradus explain`: backpropagation through an expression, step by step: the tape, what each node sends to its inputs,
//! and every gradient beside its finite difference.

mod drawing;
mod evaluate;
mod explanation;
mod formula;
mod functions;
mod given;
mod hessian;
mod json;
mod mistake;
mod parse;
mod print;
mod problem;
mod shaped;
mod words;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

pub use explanation::{BOUND, Explanation, Partial};
pub(crate) use functions::Own;
pub use hessian::Hessian;
pub use problem::Problem;
pub use words::plain;

use crate::failure::{Failure, check_picture, write_picture};
use crate::refusal::check_no_option;
use crate::text::arguments::order;
use crate::text::lines::wrapped;

/// Explains backpropagation through an expression.
///
/// The expression holds numbers, names, + - * / ^ @, comparisons such as x > 0, parentheses, lists such as [1, 2] and
/// [[1, 2], [3, 4]], the constants pi and e, and functions: all elementwise ones (tanh, exp, relu, maximum, …), sum, mean,
/// prod, max, min, norm, softmax, also along an axis as in sum(x, axis=0), t (transpose), where, reshape, expand and others;
/// x.t and x.sum(axis=0) are the same calls; without an expression, lists them. Everything is computed in F64.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gradus explain \"tanh(w*x + b)\" w=-3 x=2 b=6.88
  gradus explain \"x^2*y + sin(y)\" x=2 y=3 --order 2
  gradus explain \"sum(A@x)\" \"A=[[1, 2], [3, 4]]\" \"x=[0.5, -1]\" --svg graph.svg
  gradus explain \"x*x\" x=3 --json")]
pub(crate) struct Explain {
    /// The expression; its result is one number.
    #[arg(allow_hyphen_values = true)]
    expression: Option<String>,
    /// Lists the operators, constants and functions, as without an expression.
    #[arg(long, exclusive = true)]
    list: bool,
    /// A value for each name: x=2, v=[1, 2], A=[[1, 2], [3, 4]].
    #[arg(value_name = "NAME=VALUE")]
    values: Vec<String>,
    /// 2 shows the Hessian as well.
    #[arg(long, default_value_t = 1, value_parser = order, allow_negative_numbers = true, requires = "expression")]
    order: u8,
    /// Draws the graph with values and gradients.
    #[arg(long, value_name = "FILE", requires = "expression")]
    svg: Option<PathBuf>,
    /// Prints one JSON document instead of the text.
    #[arg(long, requires = "expression")]
    json: bool,
}

/// What `gradus explain` says of an expression.
pub(crate) fn text(problem: Problem) -> Result<String, Failure> {
    Explanation::of(problem, 1).map(|explanation| explanation.to_string())
}

impl Explain {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let Some(expression) = self.expression.as_ref().filter(|_| !self.list) else { return list(out) };
        if let Some(path) = &self.svg {
            check_picture("--svg", path)?;
        }
        check_no_option("explain", expression)?;
        let explanation = Explanation::of(Problem::read(expression, &self.values)?, self.order)?;
        if let Some(path) = &self.svg {
            write_picture(path, &drawing::svg(&explanation)?)?;
        }
        if self.json {
            writeln!(out, "{:#}", json::document(&explanation))?;
            return Ok(());
        }
        write!(out, "{explanation}")?;
        if let Some(path) = &self.svg {
            writeln!(out, "\ngraph drawn to {}", path.display())?;
        }
        Ok(())
    }
}

fn list(out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(
        out,
        "gradus explain EXPRESSION NAME=VALUE … explains backpropagation through an expression:\n"
    )?;
    writeln!(out, "  gradus explain \"tanh(w*x + b)\" w=-3 x=2 b=6.88")?;
    writeln!(out, "  gradus explain \"mean((A@x - [1, 2])^2)\" \"A=[[1, 2], [3, 4]]\" \"x=[0.5, -1]\"\n")?;
    for (group, words) in [("operators", "+ - * / ^ @ < <= > >= == !="), ("constants", "pi e")] {
        writeln!(out, "  {group}\n    {words}\n")?;
    }
    writeln!(out, "  functions\n    {}", wrapped(&functions::names().join(" "), 4))?;
    Ok(())
}
