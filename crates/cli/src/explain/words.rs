//! Rules in words: the formulas of the elementwise table as plain text.

/// Documentation with formulas in TeX, as one line of plain text.
pub fn plain(doc: &str) -> String {
    let mut text = String::new();
    // Code spans alternate with prose.
    for (i, part) in doc.split('`').enumerate() {
        if i % 2 == 1 {
            text.push_str(&formula(&part.replace('$', "")));
        } else {
            text.push_str(&part.replace(['[', ']'], ""));
        }
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").trim_end_matches('.').to_string()
}

/// Commands of TeX that stand for a character. The longer of two with the same beginning comes first.
const SYMBOLS: [(&str, &str); 24] = [
    ("\\varepsilon", "ε"),
    ("\\varphi", "φ"),
    ("\\Phi", "Φ"),
    ("\\Gamma", "Γ"),
    ("\\alpha", "α"),
    ("\\lambda", "λ"),
    ("\\sigma", "σ"),
    ("\\psi", "ψ"),
    ("\\pi", "π"),
    ("\\infty", "∞"),
    ("\\cdot", "·"),
    ("\\pm", "±"),
    ("\\lfloor", "⌊"),
    ("\\rfloor", "⌋"),
    ("\\ge", "≥"),
    ("\\le", "≤"),
    ("\\ne", "≠"),
    ("\\,", " "),
    ("\\tfrac12", "½"),
    ("\\tfrac x2", "x/2 ·"),
    ("\\tfrac{2}{\\sqrtπ}", "2/√π"),
    ("\\tfrac{\\sqrtπ}{2}", "√π/2"),
    ("\\operatorname", ""),
    ("\\sqrt", "√"),
];

fn formula(tex: &str) -> String {
    let mut text = tex.replace("\\sqrt\\pi", "\\sqrtπ");
    for (command, symbol) in SYMBOLS {
        text = text.replace(command, symbol);
    }
    // What is left are names of functions: \tanh, \ln.
    text = text.replace('\\', "").replace("√ ", "√").replace(" - ", " − ");
    if let Some(rest) = text.strip_prefix('-') {
        text = format!("−{rest}");
    }
    scripts(&text)
}

/// `x^2` to x², `x^{-3/2}` to x^(-3/2); a group elsewhere becomes parentheses, or nothing around one word.
fn scripts(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut i = 0;
    while i < chars.len() {
        let script = matches!(chars[i], '^' | '_');
        let at = i + usize::from(script);
        if !script && chars[i] != '{' {
            out.push(chars[i]);
            i += 1;
            continue;
        }
        let (group, next) = match chars.get(at) {
            Some('{') => {
                let length = chars[at..].iter().position(|&c| c == '}').unwrap_or(chars.len() - at - 1);
                (chars[at + 1..at + length].iter().collect::<String>(), at + length + 1)
            }
            Some(&c) => (c.to_string(), at + 1),
            None => (String::new(), at),
        };
        out.extend(match chars[i] {
            '^' => [raised(&scripts(&group))],
            '_' => [lowered(&group)],
            _ if group.chars().all(char::is_alphanumeric) => [group],
            _ => [format!("({})", scripts(&group))],
        });
        i = next;
    }
    out
}

fn raised(group: &str) -> String {
    let small = |c: char| match c {
        '2' => Some('²'),
        '3' => Some('³'),
        'x' => Some('ˣ'),
        'a' => Some('ᵃ'),
        'b' => Some('ᵇ'),
        'p' => Some('ᵖ'),
        '1' => Some('¹'),
        '-' => Some('⁻'),
        _ => None,
    };
    match group.chars().map(small).collect::<Option<String>>() {
        Some(text) => text,
        None if group.chars().count() == 1 => format!("^{group}"),
        None => format!("^({group})"),
    }
}

fn lowered(group: &str) -> String {
    let small = |c: char| match c {
        '0' => Some('₀'),
        '1' => Some('₁'),
        '2' => Some('₂'),
        _ => None,
    };
    group.chars().map(small).collect::<Option<String>>().unwrap_or_else(|| format!("_{group}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus::autograd::ops::elementwise;

    #[test]
    fn formulas_become_plain() {
        for (doc, want) in [
            ("`$\\tanh x$`. Slope `$1 - y^2$`.\n", "tanh x. Slope 1 − y²"),
            ("`$1/\\sqrt x$`. Slope `$-\\tfrac12 x^{-3/2}$`.", "1/√x. Slope −½ x^(-3/2)"),
            ("Slope `$\\tfrac{2}{\\sqrt\\pi} e^{-x^2}$`.", "Slope 2/√π e^(-x²)"),
            ("`$\\operatorname{erf} x$`", "erf x"),
            ("Slope `$1/\\sqrt{1-x^2}$`", "Slope 1/√(1-x²)"),
            ("`$\\log_{10} x$`", "log₁₀ x"),
        ] {
            assert_eq!(plain(doc), want);
        }
    }

    #[test]
    fn no_row_leaves_tex() {
        for row in elementwise::table() {
            let words = plain(row.doc);
            assert!(
                !words.is_empty() && !words.contains(['\\', '$', '{', '}', '`']),
                "{}: {words}",
                row.name
            );
        }
    }
}
