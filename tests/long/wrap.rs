//! A mistake as a branch: the expression or the statement around it, once as it is and once with the mistake.

/// The file with `old` and `new` as the two branches of a choice by number; `None` if the text is not there once.
///
/// The branch is as large as need be: from the bracket, comma, arrow or equals sign before the difference to the one behind it.
pub(crate) fn wrapped(text: &str, old: &str, new: &str, number: usize) -> Option<String> {
    let at = text.find(old).filter(|_| text.matches(old).count() == 1)?;
    let same = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
        pairs.take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
    };
    let mut head = same(&mut old.chars().zip(new.chars()));
    let mut tail = same(&mut old[head..].chars().rev().zip(new[head..].chars().rev()));
    // The difference holds whole brackets.
    while head > 0 && [old, new].iter().any(|text| open(&text[head..text.len() - tail]).0 > 0) {
        head = old[..head].char_indices().next_back().map_or(0, |(at, _)| at);
    }
    while tail > 0 && [old, new].iter().any(|text| open(&text[head..text.len() - tail]).1 > 0) {
        tail -= old[old.len() - tail..].chars().next().map_or(tail, char::len_utf8);
    }
    if [old, new].iter().any(|text| has_comma(&text[head..text.len() - tail])) {
        (head, tail) = (0, 0);
    }
    let (first, last) = (at + head, at + old.len() - tail);
    let inserted = &new[head..new.len() - tail];
    if first == last && [".take(1)", "take(1)."].contains(&inserted) {
        // The first piece only: a choice of the count, since the type stays.
        let call = format!("take(if gradus_tensor::mutant({number}) {{ 1 }} else {{ usize::MAX }})");
        return Some([&text[..first], &inserted.replace("take(1)", &call), &text[first..]].concat());
    }
    let (mut start, statement) = begin(text, first);
    let end = end(text, last);
    // Of what a call gives, the reference is taken outside: inside it would not live long enough.
    if start < first && text[start..].starts_with('&') && is_call(&text[start + 1..end]) {
        start += 1;
    }
    let stop = if statement && text[end..].starts_with(';') { ";" } else { "" };
    let (before, right, behind) = (&text[start..first], &text[first..last], &text[last..end]);
    let chosen = format!(
        "if gradus_tensor::mutant({number}) {{ {before}{inserted}{behind}{stop} }} else {{ {before}{right}{behind}{stop} }}"
    );
    let chosen = if stop.is_empty() { format!("({chosen})") } else { chosen };
    Some([&text[..start], &chosen, &text[end + stop.len()..]].concat())
}

/// Where the expression begins that holds a place, and whether a statement does.
fn begin(text: &str, at: usize) -> (usize, bool) {
    const WORDS: [&str; 9] = ["=", "=>", "if", "while", "in", "return", "match", "else", "move"];
    let mut depth = 0;
    let (mut start, mut statement) = (0, true);
    for (i, c) in text[..at].char_indices().rev() {
        let next = i + c.len_utf8();
        match c {
            ')' | ']' => depth += 1,
            '(' | '[' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            '{' | '}' | ';' => {
                start = next;
                break;
            }
            '(' | '[' | ',' => {
                (start, statement) = (next, false);
                break;
            }
            ' ' => {
                let word = text[..i].rsplit([' ', '\n', '(']).next().unwrap_or_default();
                let assigns =
                    word.len() == 2 && word.ends_with('=') && !["==", "!=", "<=", ">="].contains(&word);
                let field = word.ends_with(':') && !word.ends_with("::");
                if WORDS.contains(&word) || assigns || field {
                    (start, statement) = (next, false);
                    break;
                }
            }
            '|' if text[next..].starts_with(' ') && closes(&text[..i]) => {
                (start, statement) = (next, false);
                break;
            }
            _ => {}
        }
    }
    // Space and comments in front are none of it.
    loop {
        let rest = &text[start..at];
        start += rest.len() - rest.trim_start().len();
        match text[start..at].strip_prefix("//").and_then(|comment| comment.find('\n')) {
            Some(line) => start += 2 + line,
            None => return (start, statement),
        }
    }
}

/// Whether a comma stands outside of brackets.
fn has_comma(text: &str) -> bool {
    text.char_indices().any(|(at, c)| c == ',' && open(&text[..at]) == (0, 0))
}

/// How many brackets are closed in a text that it does not open, and opened that it does not close.
fn open(text: &str) -> (usize, usize) {
    text.chars().fold((0, 0), |(closed, opened), c| match c {
        '(' | '[' | '{' => (closed, opened + 1),
        ')' | ']' | '}' if opened == 0 => (closed + 1, 0),
        ')' | ']' | '}' => (closed, opened - 1),
        _ => (closed, opened),
    })
}

/// Whether a text is one chain of calls, without an operator outside of its brackets.
fn is_call(text: &str) -> bool {
    let mut depth = 0;
    let plain = |c| {
        depth += i32::from(matches!(c, '(' | '[' | '{')) - i32::from(matches!(c, ')' | ']' | '}'));
        c != ' ' || depth > 0
    };
    text.ends_with(')') && text.chars().all(plain)
}

/// Whether a bar behind this text closes a closure's arguments.
fn closes(text: &str) -> bool {
    let Some(open) = text.rfind('|') else { return false };
    let before = text[..open].trim_end();
    !text[open..].contains('\n') && (before.ends_with(['(', ',', '=', '{', ';']) || before.ends_with("move"))
}

/// Where the expression ends that holds the text up to a place.
fn end(text: &str, at: usize) -> usize {
    let mut depth = 0;
    for (i, c) in text[at..].char_indices() {
        let arrow = ["=> ", "else {"].iter().any(|word| text[at + i..].starts_with(word));
        match c {
            '(' | '[' => depth += 1,
            '{' if depth > 0 => depth += 1,
            ')' | ']' | '}' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            ')' | ']' | '}' | ',' | ';' | '{' => return at + text[at..at + i].trim_end().len(),
            _ if arrow => return at + text[at..at + i].trim_end().len(),
            _ => {}
        }
    }
    text.len()
}

#[test]
fn branches_are_whole_expressions() {
    let of = |text: &str, old: &str, new: &str| wrapped(text, old, new, 7).unwrap();
    let chosen = |new: &str, old: &str| format!("if gradus_tensor::mutant(7) {{ {new} }} else {{ {old} }}");
    let all = [
        ("f(a, b + c * d);", "+ c", "- c", "f(a, (", "b - c * d", "b + c * d", "));"),
        ("let x: T = a;", "a", "b", "let x: T = (", "b", "a", ");"),
        ("{\n    *y += x;\n}", "*y += x;", "*y = x;", "{\n    ", "*y = x;", "*y += x;", "\n}"),
        ("{ f(x); g() }", "f(x);", "let _ = x;", "{ ", "let _ = x;", "f(x);", " g() }"),
        ("x.map(|a| a + b).sum()", "+ b", "- b", "x.map(|a| (", "a - b", "a + b", ")).sum()"),
        (
            "let y = if a > b { c } else { d }",
            "y = if a > b { c",
            "y = if false { c",
            "let y = if (",
            "false",
            "a > b",
            ") { c } else { d }",
        ),
        ("x => y.f(2).g(3),", "f(2)", "f(4)", "x => y.f((", "4", "2", ")).g(3),"),
        ("S { h: a.w(b), c }", "a.w(b)", "a", "S { h: (", "a", "a.w(b)", "), c }"),
        ("f(x.sum(0).t())", "x.sum(0)", "x.select(0, 0)", "f((", "x.select(0, 0).t()", "x.sum(0).t()", "))"),
        (
            "{ a[i as usize] = j; }",
            "[i as usize] = j;",
            "[j] = i;",
            "{ ",
            "a[j] = i;",
            "a[i as usize] = j;",
            " }",
        ),
        ("f((a, b))", "(a, b)", "(b, a)", "f((", "(b, a)", "(a, b)", "))"),
        ("f(&g(a + b))", "g(a", "h(a", "f(&(", "h(a + b)", "g(a + b)", "))"),
        ("Some(x) if a < b => c,", "a < b", "a > b", "Some(x) if (", "a > b", "a < b", ") => c,"),
    ];
    for (text, old, new, before, wrong, right, behind) in all {
        assert_eq!(of(text, old, new), format!("{before}{}{behind}", chosen(wrong, right)));
    }
    assert_eq!(
        of("x.iter().map(f)", "x.iter().map", "x.iter().take(1).map"),
        "x.iter().take(if gradus_tensor::mutant(7) { 1 } else { usize::MAX }).map(f)"
    );
    assert_eq!(wrapped("a a", "a", "b", 1), None);
}
