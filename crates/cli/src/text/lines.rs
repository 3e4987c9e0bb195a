//! Long lines: cut, or wrapped at words.

/// Columns that a line may have.
pub(crate) const WIDTH: usize = 110;

/// How many columns a text takes.
pub(crate) fn chars(text: &str) -> usize {
    text.chars().count()
}

/// A text of at most this many characters.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if chars(text) <= width {
        text.to_string()
    } else {
        text.chars().take(width - 1).chain(['…']).collect()
    }
}

/// Words in lines of at most `WIDTH` characters, all but the first indented.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split_inclusive(' ') {
        let full = chars(&line) + chars(word.trim_end()) > WIDTH - indent;
        if full && !line.trim().is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_string());
        }
        line.push_str(word);
    }
    lines.push(line.trim_end().to_string());
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines() {
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(wrapped("  two  words", 4), "  two  words");
        let text = wrapped(&"word ".repeat(40), 4);
        assert!(
            text.lines().all(|line| chars(line) <= WIDTH)
                && text.lines().nth(1).unwrap().starts_with("    w")
        );
    }
}
