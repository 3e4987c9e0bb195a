//! Expressions, parsed: numbers, names, `+ - * / ^ @`, comparisons, unary minus, parentheses, calls, and lists in brackets.
//! Precedence is Python's: `^` (or `**`) binds tightest and to the right, then the minus sign, then `* / @`, then `+ -`, then
//! `< <= > >= == !=`. A call may stand behind its first argument, `x.t` or `x.sum(axis=0)`, as a method does.

use std::ops::Range;

use winnow::LocatingSlice;
use winnow::ascii::{digit0, digit1, multispace0};
use winnow::combinator::{
    Infix, Prefix, alt, cut_err, delimited, eof, expression, fail, not, opt, preceded, separated, terminated,
};
use winnow::error::{ContextError, ErrMode, StrContext};
use winnow::prelude::*;
use winnow::token::{one_of, take_while};

use super::functions;
use super::mistake::Mistake;

/// Longer texts are refused: the parser calls itself at each bracket.
const LONGEST: usize = 1000;

/// A parsed expression and where it stands in the text, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expr {
    pub(crate) kind: Kind,
    pub(crate) span: Range<usize>,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Number(f64),
    Name(String),
    Call(String, Vec<Expr>),
    Negative(Box<Expr>),
    Binary(Operator, Box<Expr>, Box<Expr>),
    List(Vec<Expr>),
    /// An argument with its name, as in `axis=0`; it stands in calls only.
    Named(String, Box<Expr>),
}

/// An operator between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    MatMul,
    /// The function of this name compares.
    Compare(&'static str),
}

/// Comparisons: the sign and the function. The longer of two with the same beginning comes first.
const COMPARISONS: [(&str, &str); 6] =
    [("<=", "le"), (">=", "ge"), ("==", "eq"), ("!=", "ne"), ("<", "lt"), (">", "gt")];

impl Operator {
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Pow => "^",
            Self::MatMul => "@",
            Self::Compare(name) => {
                COMPARISONS.iter().find(|(_, function)| *function == name).map_or("<", |(sign, _)| sign)
            }
        }
    }
}

type Input<'s> = LocatingSlice<&'s str>;
type Parsed<T> = Result<T, ErrMode<ContextError>>;

/// Parses a whole text.
pub(crate) fn parse(text: &str) -> Result<Expr, Mistake> {
    if text.len() > LONGEST {
        let message = format!("the expression has {} characters; at most {LONGEST} are read", text.len());
        return Err(Mistake { at: 0..0, message });
    }
    if text.trim().is_empty() {
        return Err(Mistake::new(0..0, "the expression is empty; write one, as in x^2 + 1"));
    }
    let mut whole = terminated(preceded(multispace0, sum), eof.context(StrContext::Label(OPERATOR)));
    whole.parse(LocatingSlice::new(text)).map_err(|error| {
        let label = error.inner().context().find_map(|context| match context {
            StrContext::Label(label) => Some(*label),
            _ => None,
        });
        explain(text, error.offset(), label.unwrap_or(OPERATOR))
    })
}

const VALUE: &str = "a number, a name, `(` or `[`";
const OPERATOR: &str = "an operator or the end";
const CLOSING: &str = "`,` or `)`";
const CLOSING_LIST: &str = "`,` or `]`";
const CLOSING_ONE: &str = "`)`";
const METHOD: &str = "the name of a function, as in x.t or x.sum(axis=0),";

fn explain(text: &str, offset: usize, expected: &str) -> Mistake {
    let rest = &text[offset..];
    let Some(found) = rest.chars().next() else {
        let example = match expected {
            CLOSING => "a parenthesis is not closed, as it is in tanh(x + 1)",
            CLOSING_LIST => "a list is not closed, as it is in [1, 2]",
            CLOSING_ONE => "a parenthesis is not closed, as it is in (x + 1) * 2",
            _ => "as in x^2 + 1",
        };
        let message = format!("the expression ends where {expected} was expected; {example}");
        return Mistake { at: offset..offset, message };
    };
    let hint = match (found, expected) {
        ('=', _) => "; a value is given behind the expression: NAME=VALUE, as in \"x^2\" x=3",
        (')' | ']', OPERATOR) => "; nothing is open here; write (x + 1) * 2",
        ('[', OPERATOR) => {
            "; there are no indices: give an element a name of its own, or pick it by a product, as in dot(x, [1, 0])"
        }
        (c, OPERATOR) if c.is_alphabetic() || c.is_ascii_digit() || "(_.".contains(c) => {
            if functions::names().contains(&word_before(text, offset)) {
                "; a function is called with parentheses, as in sin(x)"
            } else {
                "; a product is written with `*`, as in 2*x"
            }
        }
        _ => {
            SIGNS.iter().find(|(signs, _)| signs.contains(found)).map_or("; as in x^2 + 1", |(_, hint)| hint)
        }
    };
    let message = format!("`{found}` stands where {expected} was expected{hint}");
    Mistake { at: offset..offset + found.len_utf8(), message }
}

/// Signs of other notations, and how they are written here.
const SIGNS: [(&str, &str); 9] = [
    ("²³", "; a power is written with `^`, as in x^2"),
    ("·×", "; a product is written with `*`, as in 2*x"),
    ("÷:", "; a quotient is written with `/`, as in x/2"),
    ("−–", "; the minus sign is `-`, as in x - 1"),
    ("√", "; a root is written sqrt(x)"),
    ("|", "; an absolute value is written abs(x)"),
    ("<>", "; comparisons do not follow each other; write (a < b) * (b < c)"),
    ("%", "; a remainder is written remainder(x, y)"),
    ("'", "; a transpose is written A.t"),
];

/// The word that ends before this place.
fn word_before(text: &str, offset: usize) -> &str {
    let before = text[..offset].trim_end();
    before.rsplit(|c: char| !in_name(c)).next().unwrap_or("")
}

/// Whether a name may hold this letter.
fn in_name(c: char) -> bool {
    c.is_alphabetic() || c.is_ascii_digit() || c == '_'
}

/// A sign and the blanks behind it.
fn sign<'s>(sign: &'static str) -> impl Parser<Input<'s>, &'s str, ErrMode<ContextError>> {
    terminated(sign, multispace0)
}

fn sum(input: &mut Input<'_>) -> Parsed<Expr> {
    expression(operand)
        .prefix(alt((
            sign("-").map(|_| Prefix(9, |input: &mut Input<'_>, x| Ok(negative(input, x)))),
            cut_err(fail).context(StrContext::Label(VALUE)),
        )))
        .infix(alt((
            alt((sign("**"), sign("^"))).map(|_| Infix::Right(11, |_, a, b| Ok(binary(Operator::Pow, a, b)))),
            sign("*").map(|_| Infix::Left(7, |_, a, b| Ok(binary(Operator::Mul, a, b)))),
            sign("/").map(|_| Infix::Left(7, |_, a, b| Ok(binary(Operator::Div, a, b)))),
            sign("@").map(|_| Infix::Left(7, |_, a, b| Ok(binary(Operator::MatMul, a, b)))),
            sign("+").map(|_| Infix::Left(5, |_, a, b| Ok(binary(Operator::Add, a, b)))),
            sign("-").map(|_| Infix::Left(5, |_, a, b| Ok(binary(Operator::Sub, a, b)))),
            comparison,
        )))
        .parse_next(input)
}

fn comparison<'s>(input: &mut Input<'s>) -> Parsed<Infix<Input<'s>, Expr, ErrMode<ContextError>>> {
    alt((
        sign("<=").map(|_| Infix::Neither(3, |_, a, b| Ok(binary(Operator::Compare("le"), a, b)))),
        sign(">=").map(|_| Infix::Neither(3, |_, a, b| Ok(binary(Operator::Compare("ge"), a, b)))),
        sign("==").map(|_| Infix::Neither(3, |_, a, b| Ok(binary(Operator::Compare("eq"), a, b)))),
        sign("!=").map(|_| Infix::Neither(3, |_, a, b| Ok(binary(Operator::Compare("ne"), a, b)))),
        sign("<").map(|_| Infix::Neither(3, |_, a, b| Ok(binary(Operator::Compare("lt"), a, b)))),
        sign(">").map(|_| Infix::Neither(3, |_, a, b| Ok(binary(Operator::Compare("gt"), a, b)))),
    ))
    .parse_next(input)
}

fn binary(operator: Operator, a: Expr, b: Expr) -> Expr {
    let span = a.span.start..b.span.end;
    Expr { kind: Kind::Binary(operator, Box::new(a), Box::new(b)), span }
}

/// The minus sign is the last one before the operand.
fn negative(input: &Input<'_>, x: Expr) -> Expr {
    let mut whole = *input;
    whole.reset_to_start();
    let start = whole[..x.span.start].rfind('-').unwrap_or(x.span.start);
    let span = start..x.span.end;
    Expr { kind: Kind::Negative(Box::new(x)), span }
}

/// A number, a name, a call, a list, or an expression in parentheses, with the methods and the blanks behind it.
fn operand(input: &mut Input<'_>) -> Parsed<Expr> {
    let spanned = alt((number, call_or_name, list, group)).with_span();
    let mut expr = spanned.map(|(kind, span)| Expr { kind, span }).parse_next(input)?;
    while let Some(((name, more), at)) = opt(method.with_span()).parse_next(input)? {
        let span = expr.span.start..at.end;
        let arguments = [expr].into_iter().chain(more).collect();
        expr = Expr { kind: Kind::Call(name, arguments), span };
    }
    multispace0.parse_next(input)?;
    Ok(expr)
}

/// `.t`, `.t()`, `.sum(axis=0)`.
fn method(input: &mut Input<'_>) -> Parsed<(String, Vec<Expr>)> {
    let none = (multispace0, "(", multispace0, ")").map(|_| Vec::new());
    let arguments = opt(alt((none, arguments))).map(Option::unwrap_or_default);
    let called = cut_err(word.map(str::to_string)).context(StrContext::Label(METHOD));
    preceded(".", (called, arguments)).parse_next(input)
}

fn number(input: &mut Input<'_>) -> Parsed<Kind> {
    let mantissa = alt(((digit1, opt(('.', digit0))).take(), ('.', digit1).take()));
    let exponent = opt((one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1));
    (mantissa, exponent).take().parse_to::<f64>().map(Kind::Number).parse_next(input)
}

fn call_or_name(input: &mut Input<'_>) -> Parsed<Kind> {
    let both = (word, opt(arguments)).map(|(name, arguments): (&str, Option<Vec<Expr>>)| match arguments {
        Some(arguments) => Kind::Call(name.to_string(), arguments),
        None => Kind::Name(name.to_string()),
    });
    { both }.parse_next(input)
}

fn word<'s>(input: &mut Input<'s>) -> Parsed<&'s str> {
    let start = |c: char| c.is_alphabetic() || c == '_';
    (one_of(start), take_while(0.., in_name)).take().parse_next(input)
}

/// `(x, y, axis=0)`.
fn arguments(input: &mut Input<'_>) -> Parsed<Vec<Expr>> {
    let all = separated(1.., alt((named, sum)), sign(","));
    delimited(preceded(multispace0, sign("(")), all, closing(")", CLOSING)).parse_next(input)
}

/// `axis=0`, but no `==`.
fn named(input: &mut Input<'_>) -> Parsed<Expr> {
    let name = terminated(word, (multispace0, "=", not("="), multispace0));
    let both = (name, cut_err(sum)).with_span();
    both.map(|((name, value), span): ((&str, Expr), _)| Expr {
        kind: Kind::Named(name.to_string(), Box::new(value)),
        span,
    })
    .parse_next(input)
}

fn list(input: &mut Input<'_>) -> Parsed<Kind> {
    delimited(sign("["), values, closing("]", CLOSING_LIST)).map(Kind::List).parse_next(input)
}

fn group(input: &mut Input<'_>) -> Parsed<Kind> {
    delimited(sign("("), sum, closing(")", CLOSING_ONE)).map(|inner| inner.kind).parse_next(input)
}

fn values(input: &mut Input<'_>) -> Parsed<Vec<Expr>> {
    separated(1.., sum, sign(",")).parse_next(input)
}

fn closing<'s>(
    bracket: &'static str,
    expected: &'static str,
) -> impl Parser<Input<'s>, &'s str, ErrMode<ContextError>> {
    cut_err(bracket).context(StrContext::Label(expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expression with all its parentheses.
    fn shown(expr: &Expr) -> String {
        let all = |list: &[Expr]| list.iter().map(shown).collect::<Vec<_>>().join(", ");
        match &expr.kind {
            Kind::Number(x) => format!("{x}"),
            Kind::Name(name) => name.clone(),
            Kind::Call(name, arguments) => format!("{name}({})", all(arguments)),
            Kind::Negative(x) => format!("(-{})", shown(x)),
            Kind::Binary(operator, a, b) => format!("({} {} {})", shown(a), operator.sign(), shown(b)),
            Kind::List(values) => format!("[{}]", all(values)),
            Kind::Named(name, x) => format!("{name}={}", shown(x)),
        }
    }

    #[test]
    fn precedence_is_pythons() {
        for (text, want) in [
            ("a - b - c", "((a - b) - c)"),
            ("a + b * c ^ d", "(a + (b * (c ^ d)))"),
            ("-x^2", "(-(x ^ 2))"),
            ("-x*y", "((-x) * y)"),
            ("2^3^x", "(2 ^ (3 ^ x))"),
            ("2**-x*3", "((2 ^ (-x)) * 3)"),
            ("--x", "(-(-x))"),
            (" ( a + b ) @ t( c ) ", "((a + b) @ t(c))"),
            ("f(x, [1, 2], [[.5e-1], [3.]])", "f(x, [1, 2], [[0.05], [3]])"),
            ("x / y / 2", "((x / y) / 2)"),
            ("a*b@c", "((a * b) @ c)"),
            ("g * x > 1 + y", "((g * x) > (1 + y))"),
            ("(a <= b) * (c!=-1)", "((a <= b) * (c != (-1)))"),
            ("-x.t^2", "(-(t(x) ^ 2))"),
            ("(a@b).t().sum( axis = 0 , keepdim=1)*2", "(sum(t((a @ b)), axis=0, keepdim=1) * 2)"),
            ("f(x == y, axis=[0, 1])", "f((x == y), axis=[0, 1])"),
        ] {
            assert_eq!(shown(&parse(text).unwrap()), want, "{text}");
        }
    }

    #[test]
    fn spans_are_those_of_the_text() {
        let text = "2 * - (a + b )";
        let Kind::Binary(_, two, negative) = parse(text).unwrap().kind else { panic!() };
        assert_eq!((&text[two.span], &text[negative.span]), ("2", "- (a + b )"));
    }

    #[test]
    fn mistakes_stand_in_their_column() {
        for (text, column, part) in [
            ("", 0, "the expression is empty; write one, as in x^2 + 1"),
            ("  ", 0, "the expression is empty"),
            ("2 +", 3, "ends where a number, a name"),
            ("2 * / 3", 4, "`/` stands where a number, a name"),
            ("(a + b", 6, "ends where `)` was expected; a parenthesis is not closed"),
            ("f(a, b", 6, "ends where `,` or `)` was expected"),
            ("[1, 2", 5, "ends where `,` or `]` was expected"),
            ("[1 2]", 3, "`2` stands where `,` or `]`"),
            ("f()", 2, "`)` stands where a number, a name"),
            ("2 x", 2, "a product is written with `*`"),
            ("sin x", 4, "a function is called with parentheses, as in sin(x)"),
            ("x[0] + 1", 1, "there are no indices"),
            ("x²", 1, "a power is written with `^`"),
            ("x·y", 1, "a product is written with `*`"),
            ("√x", 0, "a root is written sqrt(x)"),
            ("x < 1 < y", 6, "comparisons do not follow each other"),
            ("x. + 1", 2, "where the name of a function, as in x.t"),
            ("sum(x, axis=)", 12, "`)` stands where a number, a name"),
            ("A'", 1, "a transpose is written A.t"),
            ("1 + |x|", 4, "an absolute value is written abs(x)"),
            ("a)", 1, "nothing is open here"),
            ("x ! y", 2, "`!` stands where an operator"),
            ("w=3", 1, "NAME=VALUE"),
        ] {
            let mistake = parse(text).unwrap_err();
            assert_eq!(mistake.at.start, column, "{text}: {}", mistake.message);
            assert!(mistake.message.contains(part), "{text}: {}", mistake.message);
        }
    }

    #[test]
    fn deep_and_long_texts() {
        let deep = format!("{}x{}", "(".repeat(450), ")".repeat(450));
        assert_eq!(shown(&parse(&deep).unwrap()), "x");
        assert!(parse(&"-".repeat(999)).is_err());
        assert!(parse(&"x+".repeat(600)).unwrap_err().message.contains("at most 1000"));
    }
}
