//! Mutants of the elementwise rows, made from their text: one small mistake each, in the value or in a slope.

use std::collections::BTreeSet;
use std::fs;

use super::schemata::root;

/// The tables of rows.
pub(crate) const TABLES: [&str; 6] = ["activation", "binary", "derivative", "pairs", "special", "unary"];
/// Calls, and the neighbours that a slip would put in their place.
const NEIGHBOURS: [(&str, &str); 14] = [
    ("sin(", "cos("),
    ("cos(", "sin("),
    ("sinh(", "cosh("),
    ("cosh(", "sinh("),
    ("exp(", "expm1("),
    ("expm1(", "exp("),
    ("tanh(", "sigmoid("),
    ("sigmoid(", "tanh("),
    ("max(", "min("),
    ("min(", "max("),
    ("gt(", "lt("),
    ("lt(", "gt("),
    ("abs(", "("),
    ("ln(", "log1p("),
];

/// A row of a table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) file: String,
    /// Its name, its facts and the names of its inputs.
    pub(crate) head: String,
    /// What stands behind, up to the semicolon.
    pub(crate) body: String,
}

/// A row with a mistake.
#[derive(Debug, Clone)]
pub(crate) struct Mutant {
    pub(crate) row: Row,
    pub(crate) operator: &'static str,
    pub(crate) body: String,
}

impl Mutant {
    /// A name that changes with the row's text, so that what was tried of it is tried again.
    pub(crate) fn key(&self) -> String {
        let plain = |body: &str| body.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{}\t{}\t{} -> {}", self.row.name, self.operator, plain(&self.row.body), plain(&self.body))
    }
}

/// All rows.
pub(crate) fn rows() -> Vec<Row> {
    let mut all = Vec::new();
    for table in TABLES {
        let file = format!("crates/autograd/src/ops/elementwise/{table}.rs");
        let text = fs::read_to_string(root().join(&file)).unwrap();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            all.extend(row(&file, &text, at, line));
            at += line.len();
        }
    }
    all
}

/// The row that begins in a line, if one does.
fn row(file: &str, text: &str, at: usize, line: &str) -> Option<Row> {
    let code = line.strip_prefix("    ")?;
    let (name, _) = code.split_once(" [")?;
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if name.is_empty() || !plain {
        return None;
    }
    let bar = at + line.find('|')?;
    let start = bar + 1 + text[bar + 1..].find('|')? + 1;
    let end = start + length(&text[start..])?;
    let (head, body) = (text[at..start].trim().into(), text[start..end].into());
    Some(Row { name: name.into(), file: file.into(), head, body })
}

/// The bytes up to the semicolon that ends a row: one that is in no bracket.
fn length(text: &str) -> Option<usize> {
    let mut depth = 0;
    let ends = |&(_, c): &(usize, char)| {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        c == ';' && depth == 0
    };
    text.char_indices().find(ends).map(|(at, _)| at)
}

/// All mutants of a row.
pub(crate) fn mutants(row: &Row) -> Vec<Mutant> {
    let body = row.body.as_str();
    let mut all: Vec<(&'static str, String)> = Vec::new();
    for (old, new) in [(" + ", " - "), (" - ", " + "), ("=> -", "=> "), (", -", ", "), ("(-", "(")] {
        all.extend(replaced(body, old, new).map(|body| ("sign", body)));
    }
    for (old, new) in [(" * ", " / "), (" / ", " * ")] {
        all.extend(replaced(body, old, new).map(|body| ("factor", body)));
    }
    all.extend(numbers(body).map(|body| ("factor", body)));
    for (old, new) in NEIGHBOURS {
        let whole = |at: &usize| !body[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let found = body.match_indices(old).map(|(at, _)| at).filter(whole);
        all.extend(found.map(|at| ("neighbour", splice(body, at, old.len(), new))));
    }
    for (at, _) in body.match_indices("pick(") {
        if let Some((end, [_, yes, no])) = arguments(body, at + 5) {
            let branch =
                |kept: &str| ("lost branch", splice(body, at, end - at, &format!("({})", kept.trim())));
            all.extend([branch(yes), branch(no)]);
        }
    }
    if let Some((value, slopes)) = body.rsplit_once("=> ")
        && let Some((a, b)) = top_level_pair(slopes)
        && !body.contains("where ")
    {
        let constant = |text: &str| text.trim().starts_with("const ");
        if constant(a) == constant(b) && a.trim() != b.trim() {
            all.push(("slopes swapped", format!("{value}=> {}, {}", b.trim(), a.trim())));
        }
        if !constant(a) {
            all.push(("dropped slope", format!("{value}=> {}", a.trim())));
        }
    }
    let all = all.into_iter().filter(|(_, changed)| changed != body);
    all.map(|(operator, body)| Mutant { row: row.clone(), operator, body }).collect()
}

fn splice(text: &str, at: usize, length: usize, new: &str) -> String {
    [&text[..at], new, &text[at + length..]].concat()
}

/// A text with one occurrence replaced, each in turn.
fn replaced<'t>(text: &'t str, old: &'t str, new: &'t str) -> impl Iterator<Item = String> + 't {
    text.match_indices(old).map(move |(at, _)| splice(text, at, old.len(), new))
}

/// A text with one number half as large again; what is compared with 0 stays.
fn numbers(text: &str) -> impl Iterator<Item = String> + '_ {
    let digit =
        |at: usize| text.as_bytes().get(at).is_some_and(|c| c.is_ascii_digit() || *c == b'_' || *c == b'.');
    let begins = move |at: &usize| {
        let before = text[..*at].chars().last().is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '.');
        before && text.as_bytes()[*at].is_ascii_digit()
    };
    let starts = (0..text.len()).filter(|at| text.is_char_boundary(*at)).filter(begins);
    starts.filter_map(move |at| {
        let end = (at..text.len()).find(|&end| !digit(end)).unwrap_or(text.len());
        let number: f64 = text[at..end].replace('_', "").parse().ok()?;
        (number != 0.0 && text[at..end].contains('.'))
            .then(|| splice(text, at, end - at, &format!("{:?}", number * 1.5)))
    })
}

/// The three arguments of a call whose bracket opens in front of `start`, and where it ends.
fn arguments(text: &str, start: usize) -> Option<(usize, [&str; 3])> {
    let (mut depth, mut commas) = (0, Vec::new());
    for (at, c) in text[start..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ',' if depth == 0 => commas.push(start + at),
            ')' | ']' | '}' if depth > 0 => depth -= 1,
            ')' => {
                let [first, second] = commas[..] else { return None };
                let parts = [&text[start..first], &text[first + 1..second], &text[second + 1..start + at]];
                return Some((start + at + 1, parts));
            }
            _ => {}
        }
    }
    None
}

/// Two expressions with a comma between them that is in no bracket.
fn top_level_pair(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0;
    let commas: Vec<usize> = text
        .char_indices()
        .filter_map(|(at, c)| {
            match c {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth -= 1,
                _ => {}
            }
            (c == ',' && depth == 0).then_some(at)
        })
        .collect();
    let [comma] = commas[..] else { return None };
    Some((&text[..comma], &text[comma + 1..]))
}

#[test]
fn mutants_are_made_of_every_row() {
    let rows = rows();
    for row in gradus::autograd::ops::elementwise::table() {
        assert!(rows.iter().any(|found| found.name == row.name), "{} is in none of {TABLES:?}", row.name);
    }
    let all: Vec<Mutant> = rows.iter().flat_map(mutants).collect();
    for operator in ["sign", "factor", "neighbour", "lost branch", "slopes swapped", "dropped slope"] {
        let count = all.iter().filter(|mutant| mutant.operator == operator).count();
        assert!(count > 5, "{operator}: {count}");
    }
    let keys: BTreeSet<String> = all.iter().map(Mutant::key).collect();
    assert!(keys.len() > 600, "{} mutants", keys.len());
    let of = |name: &str| -> Vec<String> {
        let row = rows.iter().find(|row| row.name == name).unwrap();
        mutants(row).into_iter().map(|mutant| mutant.body.trim().to_string()).collect()
    };
    assert_eq!(of("cos"), ["cos(x) => sin(x)", "cos(x) => -cos(x)", "sin(x) => -sin(x)"]);
    let div = of("div");
    assert!(div.contains(&"a / b => -(y / b), 1.0 / b".to_string()), "{div:?}");
    assert!(div.contains(&"a / b => 1.5 / b, -(y / b)".to_string()), "{div:?}");
    assert!(of("relu").contains(&"(x) => gt(x, 0.0)".to_string()), "{:?}", of("relu"));
}
