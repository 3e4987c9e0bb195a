//! One JSON object a line; `step` is its first field, by which a log is cut.

use std::fmt::Write;

use super::Histogram;

const BEGIN: &str = "{\"step\":";

fn number(x: f64) -> String {
    match x {
        _ if x.is_finite() => format!("{x:?}"),
        _ if x.is_nan() => "\"NaN\"".to_string(),
        _ => format!("\"{}Infinity\"", if x < 0.0 { "-" } else { "" }),
    }
}

fn text(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if u32::from(c) < 32 => write!(out, "\\u{:04x}", u32::from(c)).expect("writing to a string"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn list(numbers: &[f64]) -> String {
    format!("[{}]", numbers.iter().map(|x| number(*x)).collect::<Vec<_>>().join(","))
}

fn line(step: u64, fields: &[(&str, String)], time: Option<f64>) -> String {
    let mut line = format!("{BEGIN}{step}");
    let time = time.map(|time| ("time", number(time)));
    for (name, value) in fields.iter().chain(&time) {
        write!(line, ",{}:{value}", text(name)).expect("writing to a string");
    }
    line.push_str("}\n");
    line
}

pub(super) fn scalars(step: u64, values: &[(&str, f64)], time: Option<f64>) -> String {
    line(step, &values.iter().map(|(name, value)| (*name, number(*value))).collect::<Vec<_>>(), time)
}

pub(super) fn histogram(step: u64, name: &str, of: &Histogram, time: Option<f64>) -> String {
    let fields = [
        ("histogram", text(name)),
        ("range", list(&of.range)),
        ("limits", list(&of.limits)),
        ("counts", list(&of.counts)),
    ];
    line(step, &fields, time)
}

pub(super) fn image(step: u64, name: &str, size: [usize; 3], time: Option<f64>) -> String {
    let size = list(&size.map(|n| n as f64)).replace(".0", "");
    line(step, &[("image", text(name)), ("size", size)], time)
}

/// The bytes of a log that are kept after `steps` steps, or the line that is none of a log.
pub(super) fn kept(bytes: &[u8], steps: u64) -> Result<u64, (usize, String)> {
    let mut kept = 0;
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if line.last() != Some(&b'\n') {
            break;
        }
        let rest = line.strip_prefix(BEGIN.as_bytes()).unwrap_or_default();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        // A number goes on with nothing but its digits.
        let digits = if matches!(rest.get(digits), Some(b',' | b'}')) { digits } else { 0 };
        let step = std::str::from_utf8(&rest[..digits]).ok().and_then(|digits| digits.parse::<u64>().ok());
        match step {
            None => return Err((number + 1, "it has no step".to_string())),
            Some(step) if step >= steps => break,
            Some(_) => kept += line.len() as u64,
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_by_hand() {
        let line = scalars(7, &[("a\"b\n", 0.1), ("nan", f64::NAN), ("low", f64::NEG_INFINITY)], Some(1.5));
        assert_eq!(
            line,
            "{\"step\":7,\"a\\\"b\\u000a\":0.1,\"nan\":\"NaN\",\"low\":\"-Infinity\",\"time\":1.5}\n"
        );
        assert_eq!(image(0, "x", [8, 9, 1], None), "{\"step\":0,\"image\":\"x\",\"size\":[8,9,1]}\n");
    }

    #[test]
    fn a_log_is_cut_before_its_step() {
        let log: String = (0..12).map(|step| scalars(step, &[("x", 0.5)], None)).collect();
        let length = |lines: usize| log.lines().take(lines).map(|line| line.len() as u64 + 1).sum::<u64>();
        for step in 0..14 {
            assert_eq!(kept(log.as_bytes(), step), Ok(length(step as usize)));
        }
        assert_eq!(kept(&log.as_bytes()[..log.len() - 3], 99), Ok(length(11)), "half a line is cut");
        for line in [
            "hello",
            "{\"step\":1.5}",
            "{\"step\":1e3,\"x\":1}",
            "{\"step\":-1}",
            "{\"step\":}",
            "{\"step\":1",
        ] {
            let log = format!("{{\"step\":0}}\n{line}\n");
            assert_eq!(kept(log.as_bytes(), 9), Err((2, "it has no step".to_string())), "{line}");
        }
    }
}
