//! Numbers as labels, and how wide a text is about to be.

/// The size of all text but titles, in pixels.
pub(crate) const SIZE: f64 = 12.0;

/// An upper estimate of a text's width in a common sans-serif font.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let of = |c: char| match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | '\'' | '|' | '!' => 0.32,
        ' ' | 'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' => 0.40,
        '⁰' | '¹' | '²' | '³' | '⁴' | '⁵' | '⁶' | '⁷' | '⁸' | '⁹' | '⁻' => 0.42,
        'm' | 'w' | 'M' | 'W' => 0.95,
        c if c.is_uppercase() => 0.70,
        '+' | '−' | '=' | '<' | '>' | '≤' | '×' => 0.80,
        _ => 0.62,
    };
    text.chars().map(of).sum::<f64>() * size
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

/// The label of the tick `i · unit · 10^power` with `unit` 1, 2 or 5: plain where that is short.
pub(crate) fn multiple(i: i64, unit: i64, power: i32, largest: f64) -> String {
    let mantissa = i * unit;
    let sign = if mantissa < 0 { "−" } else { "" };
    if mantissa == 0 {
        return "0".to_string();
    }
    if largest >= 1e6 || power < -5 {
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
    fn wider_texts_are_wider() {
        assert!(width("MMM", SIZE) > width("iii", SIZE));
    }
}
