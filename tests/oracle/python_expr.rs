//! The small part of Python's expressions in which the reference data give their functions of one number:
//! `0.95**t`, `1/(1+0.1*t)`, `1.0 if t%10 else 0.5`, `max(0.1, 1 - t/60)`,
//! `0.5*(1 + math.cos(math.pi*t/60))`.
//!
//! Numbers are all f64; `//` and `%` round towards minus infinity as Python's do. A text is parsed once, into
//! a tree of closures.

use std::sync::Arc;

type Binary = fn(f64, f64) -> f64;

/// A function of one number.
pub(crate) type Function = Arc<dyn Fn(f64) -> f64 + Send + Sync>;

/// Parses a Python expression in one variable, which may have any name; `lambda t:` in front is skipped.
///
/// # Errors
/// Says what was not understood.
pub(crate) fn parse(text: &str) -> Result<Function, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, variable: None };
    if parser.accept("lambda") {
        parser.variable = Some(parser.next().ok_or("a lambda without a variable")?);
        parser.expect(":")?;
    }
    let function = parser.conditional()?;
    match parser.tokens.get(parser.at) {
        None => Ok(function),
        Some(token) => Err(format!("`{token}` is left over in `{text}`")),
    }
}

fn tokens(text: &str) -> Result<Vec<String>, String> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let start = i;
        let c = chars[i];
        i += 1;
        if c.is_whitespace() {
            continue;
        }
        if c.is_ascii_digit() || (c == '.' && chars.get(i).is_some_and(char::is_ascii_digit)) {
            while i < chars.len()
                && (chars[i].is_ascii_alphanumeric()
                    || matches!(chars[i], '.' | '_')
                    || (matches!(chars[i], '+' | '-') && matches!(chars[i - 1], 'e' | 'E')))
            {
                i += 1;
            }
        } else if c.is_alphabetic() || c == '_' {
            while i < chars.len() && (chars[i].is_alphanumeric() || matches!(chars[i], '_' | '.')) {
                i += 1;
            }
        } else if let Some(&d) = chars.get(i)
            && matches!((c, d), ('*', '*') | ('/', '/') | ('<' | '>' | '=' | '!', '='))
        {
            i += 1;
        } else if !"+-*/%()<>,:".contains(c) {
            return Err(format!("`{c}` in `{text}`"));
        }
        tokens.push(chars[start..i].iter().collect());
    }
    Ok(tokens)
}

/// One method for each level of precedence, the weakest first.
struct Parser {
    tokens: Vec<String>,
    at: usize,
    variable: Option<String>,
}

type Parsed = Result<Function, String>;

fn truth(value: bool) -> f64 {
    f64::from(u8::from(value))
}

fn binary(a: Function, b: Function, f: Binary) -> Function {
    Arc::new(move |x| f(a(x), b(x)))
}

impl Parser {
    fn next(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn accept(&mut self, wanted: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|token| token == wanted);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, wanted: &str) -> Result<(), String> {
        if self.accept(wanted) {
            return Ok(());
        }
        let found = self.tokens.get(self.at).map_or("the end", String::as_str);
        Err(format!("`{wanted}` is wanted, `{found}` is there"))
    }

    fn conditional(&mut self) -> Parsed {
        let yes = self.or()?;
        if !self.accept("if") {
            return Ok(yes);
        }
        let condition = self.or()?;
        self.expect("else")?;
        let no = self.conditional()?;
        Ok(Arc::new(move |x| if condition(x) == 0.0 { no(x) } else { yes(x) }))
    }

    fn or(&mut self) -> Parsed {
        let mut left = self.and()?;
        while self.accept("or") {
            left = binary(left, self.and()?, |a, b| if a == 0.0 { b } else { a });
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed {
        let mut left = self.not()?;
        while self.accept("and") {
            left = binary(left, self.not()?, |a, b| if a == 0.0 { a } else { b });
        }
        Ok(left)
    }

    fn not(&mut self) -> Parsed {
        if self.accept("not") {
            let operand = self.not()?;
            return Ok(Arc::new(move |x| truth(operand(x) == 0.0)));
        }
        self.comparison()
    }

    /// Comparisons may be chained: `10 <= t < 20`.
    fn comparison(&mut self) -> Parsed {
        let mut left = self.sum()?;
        let mut all: Option<Function> = None;
        while let Some(compare) = self.comparator() {
            let right = self.sum()?;
            let this = binary(left, Arc::clone(&right), compare);
            all = Some(match all {
                None => this,
                Some(before) => binary(before, this, |a, b| a * b),
            });
            left = right;
        }
        Ok(all.unwrap_or(left))
    }

    fn comparator(&mut self) -> Option<Binary> {
        let table: [(&str, Binary); 6] = [
            ("<", |a, b| truth(a < b)),
            ("<=", |a, b| truth(a <= b)),
            (">", |a, b| truth(a > b)),
            (">=", |a, b| truth(a >= b)),
            ("==", |a, b| truth(a == b)),
            ("!=", |a, b| truth(a != b)),
        ];
        table.into_iter().find(|(symbol, _)| self.accept(symbol)).map(|(_, compare)| compare)
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.product()?;
        loop {
            if self.accept("+") {
                left = binary(left, self.product()?, |a, b| a + b);
            } else if self.accept("-") {
                left = binary(left, self.product()?, |a, b| a - b);
            } else {
                return Ok(left);
            }
        }
    }

    fn product(&mut self) -> Parsed {
        let mut left = self.sign()?;
        loop {
            if self.accept("*") {
                left = binary(left, self.sign()?, |a, b| a * b);
            } else if self.accept("/") {
                left = binary(left, self.sign()?, |a, b| a / b);
            } else if self.accept("//") {
                left = binary(left, self.sign()?, |a, b| (a / b).floor());
            } else if self.accept("%") {
                left = binary(left, self.sign()?, |a, b| a - b * (a / b).floor());
            } else {
                return Ok(left);
            }
        }
    }

    fn sign(&mut self) -> Parsed {
        if self.accept("-") {
            let operand = self.sign()?;
            return Ok(Arc::new(move |x| -operand(x)));
        }
        if self.accept("+") { self.sign() } else { self.power() }
    }

    /// `a ** b` binds tighter than a sign before it, and from the right: `-2**-2` is -1/4.
    fn power(&mut self) -> Parsed {
        let base = self.atom()?;
        if self.accept("**") { Ok(binary(base, self.sign()?, f64::powf)) } else { Ok(base) }
    }

    fn atom(&mut self) -> Parsed {
        let token = self.next().ok_or("the text ends too early")?;
        if token == "(" {
            let inner = self.conditional()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if token.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            let value: f64 = token.replace('_', "").parse().map_err(|_| format!("`{token}` is no number"))?;
            return Ok(Arc::new(move |_| value));
        }
        if !token.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Err(format!("`{token}` is not expected"));
        }
        self.name(&token)
    }

    /// A call, a constant, or the variable.
    fn name(&mut self, token: &str) -> Parsed {
        let name = token.rsplit('.').next().unwrap_or(token);
        if self.accept("(") {
            let mut arguments = vec![self.conditional()?];
            while self.accept(",") {
                arguments.push(self.conditional()?);
            }
            self.expect(")")?;
            return call(name, &arguments);
        }
        let constant = match name {
            "pi" => std::f64::consts::PI,
            "e" if token != name => std::f64::consts::E,
            "inf" => f64::INFINITY,
            "True" => 1.0,
            "False" => 0.0,
            _ => {
                let known = self.variable.get_or_insert_with(|| token.to_owned());
                return if known == token {
                    Ok(Arc::new(|x| x))
                } else {
                    Err(format!("two variables, `{known}` and `{token}`"))
                };
            }
        };
        Ok(Arc::new(move |_| constant))
    }
}

fn call(name: &str, arguments: &[Function]) -> Parsed {
    if let [a] = arguments {
        let f: fn(f64) -> f64 = match name {
            "float" => |a| a,
            "int" | "trunc" => f64::trunc,
            "abs" | "fabs" => f64::abs,
            "round" => f64::round_ties_even,
            "floor" => f64::floor,
            "ceil" => f64::ceil,
            "sqrt" => f64::sqrt,
            "exp" => f64::exp,
            "log" => f64::ln,
            "log2" => f64::log2,
            "log10" => f64::log10,
            "sin" => f64::sin,
            "cos" => f64::cos,
            "tanh" => f64::tanh,
            _ => return Err(format!("no function `{name}` of one argument")),
        };
        let a = Arc::clone(a);
        return Ok(Arc::new(move |x| f(a(x))));
    }
    let f: Binary = match (name, arguments.len()) {
        ("min", _) => f64::min,
        ("max", _) => f64::max,
        ("pow", 2) => f64::powf,
        _ => return Err(format!("no function `{name}` of {} arguments", arguments.len())),
    };
    arguments.iter().cloned().reduce(|a, b| binary(a, b, f)).ok_or_else(|| format!("`{name}` of nothing"))
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn value(text: &str, x: f64) -> f64 {
        parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))(x)
    }

    #[test]
    fn values() {
        for (text, x, want) in [
            ("0.95**t", 2.0, 0.95f64.powf(2.0)),
            ("1/(1+0.5*t)", 2.0, 0.5),
            ("t//30*0.5+0.5", 59.0, 1.0),
            ("1.0 if t%10 else 0.5", 20.0, 0.5),
            ("1.0 if t%10 else 0.5", 21.0, 1.0),
            ("lambda epoch: 1e-1 if epoch < 5 else 2E+0 if epoch<=7 else 3", 7.0, 2.0),
            ("-2**-2", 0.0, -0.25),
            ("2**3**2", 0.0, 512.0),
            ("-7//2 + -7%3", 0.0, -2.0),
            ("max(0.25, 1 - t/4, 0.125)", 3.5, 0.25),
            ("1 if 10 <= t < 20 else 0", 20.0, 0.0),
            ("not x and 3 or 4", 0.0, 3.0),
            ("0.5*(1 + math.cos(math.pi*t/3))", 3.0, 0.0),
            ("min(t+1, 4)**-0.5", 9.0, 0.5),
            ("3 - 2 - 1", 0.0, 0.0),
            ("8/4/2", 0.0, 1.0),
        ] {
            assert_eq!(value(text, x), want, "{text} at {x}");
        }
    }

    #[test]
    fn mistakes() {
        for text in ["", "1 +", "t $ 2", "(t", "sec(t)", "t 2", "t + u", "1.2.3"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
