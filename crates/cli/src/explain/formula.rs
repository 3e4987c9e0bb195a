//! A node of the tape as a formula, written as expressions are.

use super::explanation::Explanation;
use crate::text::numbers::short;

/// Operations that are written with a sign between two inputs.
const INFIX: [(&str, &str); 6] =
    [("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/"), ("pow", "^"), ("matmul", "@")];
/// Operations with a number, which stands before the sign or behind it.
const WITH_NUMBER: [(&str, &str, bool); 7] = [
    ("add_number", "+", false),
    ("number_minus", "-", true),
    ("scale", "*", false),
    ("over_number", "/", false),
    ("number_over", "/", true),
    ("powf", "^", false),
    ("number_pow", "^", true),
];

impl Explanation {
    /// `w * x`, `1 / x`, `tanh(%4)`: of variables their names, of other nodes their numbers.
    pub fn formula(&self, node: usize) -> String {
        let it = &self.trace.nodes[node];
        let inputs: Vec<String> = it.inputs.iter().map(|&input| self.name(input)).collect();
        if let ([a, b], Some((_, sign))) = (&inputs[..], INFIX.iter().find(|(op, _)| *op == it.op)) {
            return between(a, sign, b);
        }
        if let ([x], Some(number)) = (&inputs[..], it.number)
            && let Some((_, sign, first)) = WITH_NUMBER.iter().find(|(op, ..)| *op == it.op)
        {
            let number = short(number);
            return if *first { between(&number, sign, x) } else { between(x, sign, &number) };
        }
        match (it.op.as_str(), &inputs[..]) {
            ("neg", [x]) => format!("-{x}"),
            // A square may be written as a power.
            ("square", [x]) if !self.is_written(node, "square") => between(x, "^", "2"),
            (op, _) => {
                let arguments: Vec<String> = inputs.iter().cloned().chain(self.attributes(node)).collect();
                format!("{op}({})", arguments.join(", "))
            }
        }
    }

    /// The name of the operation with what it carries; a formula where no expression knows the name.
    pub(crate) fn operation(&self, node: usize) -> String {
        let it = &self.trace.nodes[node];
        let unknown = it.op == "neg" || WITH_NUMBER.iter().any(|(op, ..)| *op == it.op);
        if unknown {
            return self.formula(node);
        }
        [it.op.clone()].into_iter().chain(self.attributes(node)).collect::<Vec<_>>().join(" ")
    }

    fn is_written(&self, node: usize, name: &str) -> bool {
        self.labels.get(&node).is_some_and(|part| part.starts_with(name))
    }
}

/// `x - 2` for `x + -2`; a negative number before a sign stands in parentheses.
fn between(a: &str, sign: &str, b: &str) -> String {
    let a = if a.starts_with('-') { format!("({a})") } else { a.to_string() };
    match (sign, b.strip_prefix('-')) {
        ("+", Some(b)) => format!("{a} - {b}"),
        ("-", Some(b)) => format!("{a} + {b}"),
        (_, Some(_)) => format!("{a} {sign} ({b})"),
        _ => format!("{a} {sign} {b}"),
    }
}

#[cfg(test)]
mod tests {
    use gradus::autograd::ops::elementwise;

    use super::*;
    use crate::explain::problem::Problem;

    fn explained(text: &str) -> Explanation {
        let values: Vec<String> =
            ["x=2", "y=3"].into_iter().filter(|pair| text.contains(&pair[..1])).map(str::to_string).collect();
        Explanation::of(Problem::read(text, &values).expect("it reads"), 1).expect("it has a gradient")
    }

    #[test]
    fn formulas_read_as_they_are_written() {
        for text in [
            "x + y",
            "x - y",
            "x * y",
            "x / y",
            "x ^ y",
            "x + 3",
            "x - 3",
            "3 - x",
            "x * 3",
            "x / 3",
            "1 / x",
            "x ^ 3",
            "3 ^ x",
            "x ^ 2",
            "square(x)",
            "-x",
            "tanh(x)",
            "x * x",
            "(-3) / x",
            "x * (-3)",
        ] {
            let explanation = explained(text);
            assert_eq!(explanation.formula(explanation.trace.nodes.len() - 1), text);
        }
        assert_eq!(explained("3 * x").formula(1), "x * 3");
    }

    /// Each operation that takes a number and that no function is named after is written with a sign.
    #[test]
    fn every_hidden_row_with_a_number_has_a_sign() {
        let called = elementwise::table().filter(|row| row.facts.hidden && row.facts.called.is_some());
        let names: Vec<&str> = called.map(|row| row.name).collect();
        assert!(names.contains(&"number_over"), "{names:?}");
        for name in names {
            assert!(WITH_NUMBER.iter().any(|(op, ..)| *op == name), "{name}");
        }
    }
}
