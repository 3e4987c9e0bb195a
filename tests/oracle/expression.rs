//! Python expressions over tensors, evaluated while they are read: literals, names, attributes, calls with keywords
//! and stars, subscripts with slices, operators by Python's precedence.

use std::collections::HashMap;

use gradus_autograd::Tape;
use gradus_tensor::DType;

use crate::operators::{attribute, binary, compare, subscript, unary};
use crate::table;
use crate::value::Val;

/// Evaluates an expression over the named inputs.
pub(crate) fn evaluate<'t>(
    text: &str,
    inputs: &HashMap<String, Val<'t>>,
    tape: &'t Tape,
) -> Result<Val<'t>, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, inputs, tape };
    let value = parser.tuple()?;
    match parser.peek() {
        None => Ok(value),
        Some(token) => Err(format!("unsupported: `{token:?}` is left over in `{text}`")),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Int(i64),
    Float(f64),
    Text(String),
    Sign(&'static str),
}

const SIGNS: [&str; 32] = [
    "...", "**", "//", "==", "!=", "<=", ">=", "<<", ">>", "(", ")", "[", "]", "{", "}", ",", ":", ".", "=",
    "+", "-", "*", "/", "%", "@", "<", ">", "&", "|", "^", "~", ";",
];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut out = vec![];
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let numeric = c.is_ascii_digit() || c == '.' && rest[1..].starts_with(|d: char| d.is_ascii_digit());
        let len = if numeric {
            let len = number_length(rest);
            let word = rest[..len].replace('_', "");
            out.push(match word.parse() {
                Ok(i) => Token::Int(i),
                Err(_) => Token::Float(word.parse().map_err(|_| format!("unsupported: number `{word}`"))?),
            });
            len
        } else if c.is_alphabetic() || c == '_' {
            let len = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            out.push(Token::Name(rest[..len].to_string()));
            len
        } else if c == '\'' || c == '"' {
            let len = rest[1..].find(c).ok_or("unsupported: an open string")?;
            out.push(Token::Text(rest[1..=len].to_string()));
            len + 2
        } else {
            let sign = SIGNS.iter().find(|s| rest.starts_with(**s));
            let sign = sign.ok_or_else(|| format!("unsupported: `{rest}`"))?;
            out.push(Token::Sign(sign));
            sign.len()
        };
        rest = rest[len..].trim_start();
    }
    Ok(out)
}

/// Digits, a point, an exponent with its sign.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        let c = bytes[i];
        let exponent = i > 0 && matches!(bytes[i - 1], b'e' | b'E');
        let part = c.is_ascii_digit() || matches!(c, b'.' | b'e' | b'E' | b'_');
        if !(part || exponent && matches!(c, b'+' | b'-')) {
            break;
        }
        i += 1;
    }
    i
}

struct Parser<'a, 't> {
    tokens: Vec<Token>,
    at: usize,
    inputs: &'a HashMap<String, Val<'t>>,
    tape: &'t Tape,
}

type Result_<'t> = Result<Val<'t>, String>;

/// Binary operators from the loosest on.
const LEVELS: [&[&str]; 6] =
    [&["|"], &["^"], &["&"], &["<<", ">>"], &["+", "-"], &["*", "/", "//", "%", "@"]];

impl<'t> Parser<'_, 't> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn accept(&mut self, sign: &str) -> bool {
        let hit = matches!(self.peek(), Some(Token::Sign(s)) if *s == sign);
        self.at += usize::from(hit);
        hit
    }

    fn word(&mut self, word: &str) -> bool {
        let hit = matches!(self.peek(), Some(Token::Name(n)) if n == word);
        self.at += usize::from(hit);
        hit
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.accept(sign) {
            Ok(())
        } else {
            Err(format!("unsupported: `{sign}` missing before {:?}", self.peek()))
        }
    }

    /// An expression, or several with commas: a tuple.
    fn tuple(&mut self) -> Result_<'t> {
        let first = self.conditional()?;
        if !matches!(self.peek(), Some(Token::Sign(","))) {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.accept(",") {
            if matches!(self.peek(), None | Some(Token::Sign(")" | "]"))) {
                break;
            }
            self.item(&mut items)?;
        }
        Ok(Val::List(items))
    }

    /// An item of a list, or a starred one.
    fn item(&mut self, items: &mut Vec<Val<'t>>) -> Result<(), String> {
        if self.accept("*") {
            items.extend(self.conditional()?.items());
        } else {
            items.push(self.conditional()?);
        }
        Ok(())
    }

    fn conditional(&mut self) -> Result_<'t> {
        let value = self.disjunction()?;
        if !self.word("if") {
            return Ok(value);
        }
        let condition = self.disjunction()?;
        if !self.word("else") {
            return Err("unsupported: `if` without `else`".into());
        }
        let other = self.conditional()?;
        Ok(if condition.truth() { value } else { other })
    }

    fn disjunction(&mut self) -> Result_<'t> {
        let mut value = self.conjunction()?;
        while self.word("or") {
            let other = self.conjunction()?;
            value = if value.truth() { value } else { other };
        }
        Ok(value)
    }

    fn conjunction(&mut self) -> Result_<'t> {
        let mut value = self.negation()?;
        while self.word("and") {
            let other = self.negation()?;
            value = if value.truth() { other } else { value };
        }
        Ok(value)
    }

    fn negation(&mut self) -> Result_<'t> {
        if self.word("not") { Ok(Val::B(!self.negation()?.truth())) } else { self.comparison() }
    }

    fn comparison(&mut self) -> Result_<'t> {
        let left = self.level(0)?;
        for sign in ["==", "!=", "<=", ">=", "<", ">"] {
            if self.accept(sign) {
                let right = self.level(0)?;
                return Ok(compare(sign, &left, &right));
            }
        }
        Ok(left)
    }

    fn level(&mut self, depth: usize) -> Result_<'t> {
        let Some(signs) = LEVELS.get(depth) else { return self.unary() };
        let mut left = self.level(depth + 1)?;
        while let Some(Token::Sign(sign)) =
            self.peek().cloned().filter(|t| matches!(t, Token::Sign(s) if signs.contains(s)))
        {
            self.at += 1;
            let right = self.level(depth + 1)?;
            left = binary(sign, &left, &right, self.tape);
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result_<'t> {
        for sign in ["-", "+", "~"] {
            if self.accept(sign) {
                return Ok(unary(sign, &self.unary()?));
            }
        }
        let base = self.postfix()?;
        if !self.accept("**") {
            return Ok(base);
        }
        let exponent = self.unary()?;
        Ok(binary("**", &base, &exponent, self.tape))
    }

    fn postfix(&mut self) -> Result_<'t> {
        let mut value = self.atom()?;
        loop {
            if self.accept(".") {
                let Some(Token::Name(name)) = self.peek().cloned() else {
                    return Err("unsupported: a point".into());
                };
                self.at += 1;
                value = attribute(value, &name)?;
            } else if self.accept("(") {
                value = self.call(value)?;
            } else if self.accept("[") {
                let places = self.places()?;
                value = subscript(&value, &places, self.tape)?;
            } else {
                return Ok(value);
            }
        }
    }

    fn call(&mut self, function: Val<'t>) -> Result_<'t> {
        let (mut positional, mut keywords) = (vec![], vec![]);
        while !self.accept(")") {
            let keyword = match (self.peek(), self.tokens.get(self.at + 1)) {
                (Some(Token::Name(name)), Some(Token::Sign("="))) => Some(name.clone()),
                _ => None,
            };
            if let Some(name) = keyword {
                self.at += 2;
                keywords.push((name, self.conditional()?));
            } else {
                self.item(&mut positional)?;
            }
            if !self.accept(",") {
                self.expect(")")?;
                break;
            }
        }
        let path = match function {
            Val::Name(path) => path,
            Val::Method(base, name) => {
                positional.insert(0, *base);
                name
            }
            other => return Err(format!("unsupported: a call of {other:?}")),
        };
        table::call(&path, positional, keywords, self.tape)
    }

    /// The inside of a subscript.
    fn places(&mut self) -> Result<Vec<Val<'t>>, String> {
        let mut places = vec![];
        loop {
            places.push(self.place()?);
            if !self.accept(",") {
                self.expect("]")?;
                return Ok(places);
            }
            if self.accept("]") {
                return Ok(places);
            }
        }
    }

    fn place(&mut self) -> Result_<'t> {
        let mut bounds = [None; 3];
        let mut at = 0;
        let mut single = None;
        loop {
            if self.accept(":") {
                at += 1;
                single = None;
                continue;
            }
            if matches!(self.peek(), Some(Token::Sign("," | "]")) | None) {
                break;
            }
            let value = self.conditional()?;
            bounds[at] = match &value {
                Val::I(i) => Some(*i),
                _ => None,
            };
            single = Some(value);
        }
        match single {
            Some(value) if at == 0 => Ok(value),
            _ => Ok(Val::Slice(bounds)),
        }
    }

    fn atom(&mut self) -> Result_<'t> {
        let token = self.peek().cloned().ok_or("unsupported: the expression ends early")?;
        self.at += 1;
        match token {
            Token::Int(i) => Ok(Val::I(i)),
            Token::Float(x) => Ok(Val::F(x)),
            Token::Text(s) => Ok(Val::S(s)),
            Token::Sign("...") => Ok(Val::Ellipsis),
            Token::Sign("(") => {
                if self.accept(")") {
                    return Ok(Val::List(vec![]));
                }
                let value = self.tuple()?;
                self.expect(")")?;
                Ok(value)
            }
            Token::Sign("[") => {
                let mut items = vec![];
                while !self.accept("]") {
                    self.item(&mut items)?;
                    if !self.accept(",") {
                        self.expect("]")?;
                        break;
                    }
                }
                Ok(Val::List(items))
            }
            Token::Name(name) => Ok(self.name(name)),
            Token::Sign(s) => Err(format!("unsupported: `{s}`")),
        }
    }

    fn name(&self, name: String) -> Val<'t> {
        if let Some(value) = self.inputs.get(&name) {
            return value.clone();
        }
        match name.as_str() {
            "None" => Val::None,
            "True" => Val::B(true),
            "False" => Val::B(false),
            "inf" => Val::F(f64::INFINITY),
            "nan" => Val::F(f64::NAN),
            "float" | "double" => Val::D(DType::F64),
            _ => Val::Name(name),
        }
    }
}
