//! Formulas of the step `t` and of the value before, `s`, from text: `0.1 * 0.95^t`.

/// A formula: numbers, `t`, `s`, `pi`, `e`, `+ - * / ^`, parentheses, and `sqrt exp ln sin cos abs floor`, `min(a, b)`, `max(a, b)`.
#[derive(Debug, Clone)]
pub(super) struct Formula(Term);

#[derive(Debug, Clone)]
enum Term {
    Number(f64),
    Step,
    Before,
    One(fn(f64) -> f64, Box<Term>),
    Two(fn(f64, f64) -> f64, Box<Term>, Box<Term>),
}

impl Formula {
    /// Reads a formula.
    ///
    /// # Errors
    /// If the text is none.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text.trim(), depth: 0 };
        let term = reader.sum()?;
        if reader.rest.is_empty() { Ok(Self(term)) } else { Err(reader.wrong("an operator")) }
    }

    /// The value at step `t` with the value `s` before it.
    pub(super) fn at(&self, t: u64, s: f64) -> f64 {
        self.0.at(t as f64, s)
    }
}

impl Term {
    fn at(&self, t: f64, s: f64) -> f64 {
        match self {
            Self::Number(x) => *x,
            Self::Step => t,
            Self::Before => s,
            Self::One(f, x) => f(x.at(t, s)),
            Self::Two(f, a, b) => f(a.at(t, s), b.at(t, s)),
        }
    }
}

/// Brackets inside of each other.
const DEEPEST: usize = 50;

type One = (&'static str, fn(f64) -> f64);
const FUNCTIONS: [One; 7] = [
    ("sqrt", f64::sqrt),
    ("exp", f64::exp),
    ("ln", f64::ln),
    ("sin", f64::sin),
    ("cos", f64::cos),
    ("abs", f64::abs),
    ("floor", f64::floor),
];

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn wrong(&self, wanted: &str) -> String {
        let found = self.rest.chars().next().map_or("the end".to_string(), |c| format!("`{c}`"));
        format!("{found} stands where {wanted} is wanted; a formula is as 0.1 * 0.95^t")
    }

    fn sign(&mut self, signs: &[char]) -> Option<char> {
        let c = self.rest.chars().next().filter(|c| signs.contains(c))?;
        self.rest = self.rest[c.len_utf8()..].trim_start();
        Some(c)
    }

    fn sum(&mut self) -> Result<Term, String> {
        let mut left = self.product()?;
        while let Some(sign) = self.sign(&['+', '-']) {
            let f: fn(f64, f64) -> f64 = if sign == '+' { |a, b| a + b } else { |a, b| a - b };
            left = Term::Two(f, left.into(), self.product()?.into());
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Term, String> {
        let mut left = self.power()?;
        while let Some(sign) = self.sign(&['*', '/']) {
            let f: fn(f64, f64) -> f64 = if sign == '*' { |a, b| a * b } else { |a, b| a / b };
            left = Term::Two(f, left.into(), self.power()?.into());
        }
        Ok(left)
    }

    /// A sign before it counts after the power: −t² is −(t²).
    fn power(&mut self) -> Result<Term, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("more than {DEEPEST} brackets or signs stand inside of each other"));
        }
        let term = if self.sign(&['-']).is_some() {
            Term::One(|x| -x, self.power()?.into())
        } else {
            let base = self.operand()?;
            match self.sign(&['^']) {
                Some(_) => Term::Two(f64::powf, base.into(), self.power()?.into()),
                None => base,
            }
        };
        self.depth -= 1;
        Ok(term)
    }

    fn operand(&mut self) -> Result<Term, String> {
        if self.sign(&['(']).is_some() {
            let inner = self.sum()?;
            return self.sign(&[')']).map(|_| inner).ok_or_else(|| self.wrong("`)`"));
        }
        let word: String = self.rest.chars().take_while(|c| c.is_alphabetic()).collect();
        if word.is_empty() {
            return self.number();
        }
        let start = self.rest;
        self.rest = self.rest[word.len()..].trim_start();
        let pair: Option<fn(f64, f64) -> f64> = match word.as_str() {
            "min" => Some(gradus_tensor::kernel::math::min),
            "max" => Some(gradus_tensor::kernel::math::max),
            _ => None,
        };
        match word.as_str() {
            "t" => Ok(Term::Step),
            "s" => Ok(Term::Before),
            "pi" => Ok(Term::Number(std::f64::consts::PI)),
            "e" => Ok(Term::Number(std::f64::consts::E)),
            _ => {
                let one = FUNCTIONS.iter().find(|(name, _)| *name == word);
                if one.is_none() && pair.is_none() {
                    let names: Vec<&str> = FUNCTIONS.iter().map(|(name, _)| *name).collect();
                    let names = names.join(", ");
                    self.rest = start;
                    return Err(format!(
                        "{word} is no name of a formula; there are t, s, pi, e, {names}, min and max"
                    ));
                }
                self.sign(&['(']).ok_or_else(|| self.wrong("`(`"))?;
                let first = self.sum()?;
                let term = match (one, pair) {
                    (Some((_, f)), _) => Term::One(*f, first.into()),
                    (None, pair) => {
                        self.sign(&[',']).ok_or_else(|| self.wrong("`,`"))?;
                        Term::Two(pair.unwrap_or(f64::min), first.into(), self.sum()?.into())
                    }
                };
                self.sign(&[')']).map(|_| term).ok_or_else(|| self.wrong("`)`"))
            }
        }
    }

    fn number(&mut self) -> Result<Term, String> {
        let digits = |text: &str| text.bytes().take_while(|c| c.is_ascii_digit() || *c == b'.').count();
        let mut end = digits(self.rest);
        let tail = &self.rest[end..];
        if let Some(power) = tail.strip_prefix(['e', 'E']) {
            let sign = usize::from(power.starts_with(['+', '-']));
            let size = digits(&power[sign..]);
            end += if size > 0 { 1 + sign + size } else { 0 };
        }
        let number = self.rest[..end].parse().map_err(|_| self.wrong("a number, t or `(`"))?;
        self.rest = self.rest[end..].trim_start();
        Ok(Term::Number(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;

    #[test]
    fn values() {
        for (text, want) in [
            ("0.1 * 0.5^t", 0.025),
            ("-t^2 + 1e1", 6.0),
            ("2^3^1 / (t + s)", 1.6),
            ("max(min(t, 1), 0.5) + sqrt(4) - cos(pi)", 4.0),
            ("exp(ln(e)) - e + abs(-s)", 3.0),
            ("floor(2.5)*2.e0", 4.0),
        ] {
            let got = Formula::parse(text).unwrap().at(2, 3.0);
            assert!(abs_diff_eq!(got, want, epsilon = 1e-12), "{text}: {got}");
        }
    }

    #[test]
    fn mistakes() {
        for (text, part) in [
            ("", "the end stands where a number"),
            ("2 t", "`t` stands where an operator"),
            ("x + 1", "x is no name"),
            ("sqrt 2", "`2` stands where `(`"),
            ("max(1)", "`)` stands where `,`"),
            ("(1", "the end stands where `)`"),
            ("1..2", "`1` stands where a number"),
        ] {
            let message = Formula::parse(text).unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        }
        assert!(Formula::parse(&"(".repeat(900)).unwrap_err().contains("brackets"));
    }
}
