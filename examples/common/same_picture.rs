//! Whether two pictures are one: what an example or a command draws, and the file under `docs/pictures`.

use approx::abs_diff_eq;

/// Places may differ by this many pixels: a training's last digits depend on the processor.
const PIXELS: f64 = 2.0;
/// Numbers in words, by this much.
const DIGITS: f64 = 0.01;

/// The numbers, each with whether it is a place (inside of a tag) or a word, and what is between them.
pub(crate) fn taken_apart(svg: &str) -> (Vec<(f64, bool)>, String) {
    let (mut numbers, mut between, mut rest, mut inside) = (Vec::new(), String::new(), svg, false);
    while let Some(c) = rest.chars().next() {
        let belongs: fn(char) -> bool = match c {
            '#' => |c| c == '#' || c.is_ascii_alphanumeric(),
            '-' | '.' | '0'..='9' => |c| c == '-' || c == '.' || c.is_ascii_digit(),
            _ => |_| false,
        };
        let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len()).max(c.len_utf8());
        match rest[..end].parse() {
            Ok(number) => {
                numbers.push((number, inside));
                between.push('0');
            }
            Err(_) => between.push_str(&rest[..end]),
        }
        inside = c == '<' || (inside && c != '>');
        rest = &rest[end..];
    }
    (numbers, between)
}

/// Whether two pictures are one but for the last digits.
pub(crate) fn same(a: &str, b: &str) -> bool {
    let ((a, said), (b, known)) = (taken_apart(a), taken_apart(b));
    let near =
        |(x, inside): (f64, bool), y: f64| abs_diff_eq!(x, y, epsilon = if inside { PIXELS } else { DIGITS });
    said == known && a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| near(*a, b.0))
}
