//! Numbers as labels, how wide a text is about to be, and where it is broken into lines.

/// The size of all text but titles, in pixels: such that it is read in a picture that is shown at half its size.
pub(crate) const SIZE: f64 = 14.0;
/// Between two lines of one text, in parts of its size.
pub(crate) const LEADING: f64 = 1.3;
/// How much wider bold letters are.
const BOLD: f64 = 1.15;

/// A text's width in DejaVu Sans or Verdana, which are the widest of the fonts that a picture asks for; rounded up.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let of = |c: char| match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | ' ' | '·' => 0.35,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' | '!' | 'I' | 'J' => 0.43,
        '⁰' | '¹' | '²' | '³' | '⁴' | '⁵' | '⁶' | '⁷' | '⁸' | '⁹' | '⁻' => 0.43,
        'm' | 'M' | 'W' | '%' | '@' | '…' | '—' | '½' | '⇒' => 1.0,
        'w' | '+' | '−' | '=' | '<' | '>' | '≤' | '≥' | '≈' | '×' | '±' | '→' | '←' | '#' | '~' | '∑'
        | 'ω' => 0.84,
        c if c.is_uppercase() || c == '∇' => 0.79,
        c if c >= '\u{2e80}' => 1.05,
        _ => 0.65,
    };
    text.chars().map(of).sum::<f64>() * size
}

/// [`width`] in bold letters.
pub(crate) fn bold_width(text: &str, size: f64) -> f64 {
    BOLD * width(text, size)
}

/// The lines of a text in a room of this width, broken at blanks; a word that is wider is broken where the room ends.
pub(crate) fn wrapped(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size) <= room => *line = format!("{line} {word}"),
            _ => lines.extend(pieces(word, size, room)),
        }
    }
    lines
}

/// [`wrapped`] for bold letters.
pub(crate) fn bold_wrapped(text: &str, size: f64, room: f64) -> Vec<String> {
    wrapped(text, size, room / BOLD)
}

/// A word in parts of at most this width; each has a letter at least.
fn pieces(word: &str, size: f64, room: f64) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in word.chars() {
        let last = pieces.len() - 1;
        if !pieces[last].is_empty()
            && width(&pieces[last], size) + width(c.encode_utf8(&mut [0; 4]), size) > room
        {
            pieces.push(c.to_string());
        } else {
            pieces[last].push(c);
        }
    }
    pieces
}

/// The greatest width of these lines.
pub(crate) fn widest(lines: &[String], size: f64) -> f64 {
    lines.iter().map(|line| width(line, size)).fold(0.0, f64::max)
}

/// `$10^k$` in one word: `10⁻³`.
pub(crate) fn power_of_ten(k: i32) -> String {
    match k {
        0 => "1".to_string(),
        1 => "10".to_string(),
        _ => format!("10{}", superscript(k)),
    }
}

fn superscript(k: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digit = |c: char| c.to_digit(10).map_or('⁻', |d| DIGITS[d as usize]);
    k.to_string().chars().map(digit).collect()
}

/// The label of the tick `i · unit · 10^power` with `unit` 1, 2 or 5: plain, or with a power of ten where the numbers of the axis
/// are large or small and this is shorter. (Large numbers that lie close together are not: 1234567, 1234568.)
pub(crate) fn multiple(i: i64, unit: i64, power: i32, largest: f64) -> String {
    let mantissa = i * unit;
    let sign = if mantissa < 0 { "−" } else { "" };
    if mantissa == 0 {
        return "0".to_string();
    }
    let digits = largest.log10().floor() - f64::from(power);
    if (largest >= 1e6 && digits <= 3.0) || largest < 1e-4 {
        let (mut digits, mut power) = (mantissa.abs(), power);
        while digits % 10 == 0 {
            (digits, power) = (digits / 10, power + 1);
        }
        let text = digits.to_string();
        let (head, tail) = text.split_at(1);
        let point = if tail.is_empty() { "" } else { "." };
        let power = superscript(power + tail.len() as i32);
        return if text == "1" {
            format!("{sign}10{power}")
        } else {
            format!("{sign}{head}{point}{tail}·10{power}")
        };
    }
    let value = (mantissa.abs() as f64) * 10f64.powi(power);
    format!("{sign}{value:.*}", usize::try_from(-power).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!([power_of_ten(-12), power_of_ten(0), power_of_ten(3)], ["10⁻¹²", "1", "10³"]);
        assert_eq!(multiple(3, 5, -1, 2.0), "1.5");
        assert_eq!(multiple(-2, 5, -1, 2.0), "−1.0");
        assert_eq!(multiple(3, 2, 2, 700.0), "600");
        assert_eq!(multiple(0, 2, 8, 1e9), "0");
        assert_eq!(multiple(6, 2, 8, 2e9), "1.2·10⁹");
        assert_eq!(multiple(-5, 2, 8, 2e9), "−10⁹");
    }

    #[test]
    fn close_numbers_are_plain() {
        // Ticks of an axis from 3.0000001 to 3.0000005 read 3.0000001·10⁰ once.
        assert_eq!(multiple(30_000_001, 1, -7, 3.000_000_5), "3.0000001");
        assert_eq!(multiple(-1_234_567, 1, 0, 1_234_570.0), "−1234567");
        assert_eq!(multiple(3, 1, -7, 3e-7), "3·10⁻⁷");
    }

    #[test]
    fn wider_texts_are_wider() {
        assert!(width("MMM", SIZE) > width("iii", SIZE));
        assert!(bold_width("MMM", SIZE) > width("MMM", SIZE));
    }

    /// Widths of glyphs in DejaVu Sans, in thousandths of its size.
    const DEJAVU: [(char, u32); 40] = [
        ('a', 613),
        ('e', 615),
        ('g', 635),
        ('i', 278),
        ('m', 974),
        ('n', 634),
        ('o', 612),
        ('r', 411),
        ('s', 521),
        ('t', 392),
        ('w', 818),
        ('x', 592),
        ('y', 592),
        ('A', 684),
        ('B', 686),
        ('D', 770),
        ('G', 775),
        ('I', 295),
        ('M', 863),
        ('O', 787),
        ('Q', 787),
        ('W', 989),
        ('0', 636),
        ('9', 636),
        (' ', 318),
        ('.', 318),
        ('-', 361),
        ('−', 838),
        ('=', 838),
        ('/', 337),
        ('(', 390),
        ('²', 401),
        ('⁻', 401),
        ('·', 318),
        ('η', 634),
        ('θ', 612),
        ('λ', 592),
        ('√', 637),
        ('%', 950),
        ('∇', 669),
    ];

    #[test]
    fn no_glyph_is_wider_than_estimated() {
        for (c, wide) in DEJAVU {
            let estimate = 1000.0 * width(&c.to_string(), 1.0);
            assert!(estimate >= f64::from(wide), "{c}: {estimate} of {wide}");
        }
    }

    #[test]
    fn lines_fit_and_lose_nothing() {
        let text = "a text of several words and one incomprehensibilityincomprehensibility more";
        for room in [30.0, 60.0, 200.0, 1e4] {
            let lines = wrapped(text, SIZE, room);
            assert!(widest(&lines, SIZE) <= room, "{lines:?}");
            assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        }
        assert_eq!(wrapped(text, SIZE, 1e4), [text]);
        assert!(wrapped("", SIZE, 10.0).is_empty());
        // Room for nothing is room for a letter.
        assert_eq!(wrapped("ab", SIZE, 0.0), ["a", "b"]);
    }
}
