//! The formula of a local slope with a node's numbers put in: `1 − y²` becomes `1 − 0.7071²`. The formulas are those of the
//! table's documentation; the page writes the slope that the library computed behind it.

use gradus::autograd::TraceNode;
use gradus_cli::explain::plain;
use gradus_cli::text::numbers::number;

/// Significant digits.
const DIGITS: i32 = 4;

/// The slope of a row in its input `i`, for the first element of a node. `None` where the table has words, not a formula.
pub(super) fn filled(node: &TraceNode, doc: &str, inputs: &[&TraceNode], i: usize) -> Option<String> {
    let formula = formula(&plain(doc), inputs.len(), i)?;
    let shape = *node.value.shape();
    let first = |of: &TraceNode| of.value.expand(shape).to_f64_vec().first().copied();
    let (a, y) = (first(inputs[0])?, first(node)?);
    let b = first(inputs[inputs.len() - 1])?;
    let value = |letter: &str| match letter {
        "x" if inputs.len() == 1 => Some(a),
        "a" if inputs.len() == 2 => Some(a),
        "b" if inputs.len() == 2 => Some(b),
        "y" => Some(y),
        "c" | "p" | "α" | "λ" => node.number,
        _ => None,
    };
    Some(put_in(&formula, value))
}

/// What follows `Slope` or, for one of two inputs, `Slopes`, without its exceptions.
fn formula(words: &str, arity: usize, i: usize) -> Option<String> {
    let words = without_exceptions(words);
    let word = if arity == 2 { "Slopes " } else { "Slope " };
    let rest = &words[words.find(word)? + word.len()..];
    let end = rest.match_indices('.').map(|(at, _)| at);
    let sentence_ends = |at: &usize| !rest[at + 1..].starts_with(|c: char| c.is_ascii_digit());
    let rest = &rest[..end.into_iter().find(sentence_ends).unwrap_or(rest.len())];
    let rest = rest.split(", ").next().unwrap_or(rest);
    let part = if arity == 2 { rest.split(" and ").nth(i)? } else { rest };
    let part = &on_the_line(part.split(" = ").next().unwrap_or(part).trim());
    // Words, such as `1 for the larger`, are no formula.
    let is_word = |word: &str| {
        word.chars().filter(|c| c.is_alphabetic()).count() > 1
            && !["ln", "sin", "cos", "sinh", "cosh", "tanh", "trunc", "max"]
                .iter()
                .any(|name| word.trim_start_matches(['−', '-', '(']).starts_with(name))
            && word.chars().all(|c| c.is_alphabetic())
    };
    (!part.split_whitespace().any(is_word)).then(|| part.clone())
}

/// Exponents with letters, which stand above the line, as `^x` and `^(p-1)`; digits alone stay.
fn on_the_line(formula: &str) -> String {
    const RAISED: [(char, char); 8] =
        [('ˣ', 'x'), ('ᵃ', 'a'), ('ᵇ', 'b'), ('ᵖ', 'p'), ('⁻', '-'), ('¹', '1'), ('²', '2'), ('³', '3')];
    let lowered = |c: char| RAISED.iter().find(|(raised, _)| *raised == c).map(|(_, plain)| *plain);
    let chars: Vec<char> = formula.chars().collect();
    let mut out = String::new();
    let mut i = 0;
    while i < chars.len() {
        let run: Vec<char> = chars[i..].iter().map_while(|&c| lowered(c)).collect();
        match run[..] {
            [] => out.push(chars[i]),
            [one] if one.is_alphabetic() => out.extend(['^', one]),
            _ if run.iter().any(|c| c.is_alphabetic()) => {
                out.push_str("^(");
                out.extend(&run);
                out.push(')');
            }
            _ => out.extend(&chars[i..i + run.len()]),
        }
        i += run.len().max(1);
    }
    out
}

/// Without ` (0 where b = 0)`.
fn without_exceptions(words: &str) -> String {
    let mut text = words.to_string();
    while let Some(start) = text.find(" (0 where").or_else(|| text.find(" (NaN where")) {
        let Some(length) = text[start..].find(')') else { break };
        text.replace_range(start..=start + length, "");
    }
    text
}

/// Letters that stand alone become numbers, with a sign of a product between two numbers.
fn put_in(formula: &str, value: impl Fn(&str) -> Option<f64>) -> String {
    let chars: Vec<char> = formula.chars().collect();
    let mut out = String::new();
    let mut i = 0;
    while i < chars.len() {
        if !chars[i].is_alphabetic() {
            out.push(chars[i]);
            i += 1;
            continue;
        }
        let length = chars[i..].iter().take_while(|c| c.is_alphabetic()).count();
        let word: String = chars[i..i + length].iter().collect();
        i += length;
        match value(&word) {
            Some(x) => multiplied(&mut out, &written(x)),
            None => out.push_str(&word),
        }
    }
    out
}

/// A number, in parentheses if it has a sign.
fn written(x: f64) -> String {
    let text = number(x, DIGITS);
    if text.starts_with('-') { format!("({text})") } else { text }
}

/// Writes a factor.
fn multiplied(out: &mut String, factor: &str) {
    let before = out.trim_end_matches(' ');
    if before.ends_with(|c: char| c.is_ascii_digit() || c == ')' || "²½".contains(c)) {
        out.truncate(before.len());
        out.push('·');
    }
    out.push_str(factor);
}

#[cfg(test)]
mod tests {
    use gradus::autograd::{Tape, Trace};

    use super::*;

    fn of(
        f: impl for<'t> Fn(&[gradus::autograd::Var<'t>]) -> gradus::autograd::Var<'t>,
        at: &[f64],
    ) -> Vec<Option<String>> {
        let tape = Tape::new();
        let x: Vec<_> = at.iter().map(|&x| tape.var(x)).collect();
        let trace = Trace::of(f(&x));
        let step = &trace.steps[0];
        let node = &trace.nodes[step.node];
        let inputs: Vec<&TraceNode> = node.inputs.iter().map(|&i| &trace.nodes[i]).collect();
        (0..inputs.len()).map(|i| filled(node, step.rule, &inputs, i)).collect()
    }

    #[test]
    fn numbers_stand_in_the_formula() {
        let one = |f: for<'t> fn(gradus::autograd::Var<'t>) -> gradus::autograd::Var<'t>, x: f64| {
            of(move |v| f(v[0]), &[x])[0].clone().unwrap_or_default()
        };
        assert_eq!(one(|x| x.tanh(), 0.5), "1 − 0.4621²");
        assert_eq!(one(|x| x.square(), -3.0), "2·(-3)");
        assert_eq!(one(|x| x.sigmoid(), 0.0), "0.5(1 − 0.5)");
        assert_eq!(one(|x| x.exp(), 0.0), "1");
        assert_eq!(one(|x| x.expm1(), 2.0), "e^2");
        assert_eq!(one(|x| x.powf(3.0), 2.0), "3·2^(3-1)");
        assert_eq!(one(|x| x.sqrt(), 4.0), "1/(2√4)");
        assert_eq!(one(|x| x.relu(), 1.0), "");
        assert_eq!(one(|x| x * 5.0, 1.0), "5");
        let some = |text: &str| Some(text.to_string());
        assert_eq!(of(|x| x[0] * x[1], &[2.0, -3.0]), [some("(-3)"), some("2")]);
        assert_eq!(of(|x| x[0] / x[1], &[2.0, 4.0]), [some("1/4"), some("−2/4²")]);
        assert_eq!(of(|x| x[0].maximum(x[1]), &[2.0, 4.0]), [None, None]);
    }
}
