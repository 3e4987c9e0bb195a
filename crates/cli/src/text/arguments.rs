//! Numbers from the command line: each is refused with what it should have been, and an example.

use std::fmt::Display;
use std::ops::{Bound, RangeBounds};
use std::str::FromStr;

use gradus::optim::OptimizerSpec;

/// A finite number that fits, or else the sentence that says what fits.
pub(crate) fn number(text: &str, fits: impl Fn(f64) -> bool, what: &str) -> Result<f64, String> {
    text.parse::<f64>().ok().filter(|x| x.is_finite() && fits(*x)).ok_or_else(|| what.to_string())
}

/// A number above 0 between two ends, beyond which results would not be finite; `what` is its name, as in "a step".
pub(crate) fn above_zero(
    text: &str,
    what: &str,
    (least, most): (f64, f64),
    example: &str,
) -> Result<f64, String> {
    // 1e400 is read as infinite, and is a number all the same.
    let is_number = text.contains(|c: char| c.is_ascii_digit());
    match text.parse::<f64>() {
        Ok(x) if (least..=most).contains(&x) => Ok(x),
        Ok(x) if is_number && (x > 0.0 || text.contains(['e', 'E']) && !text.starts_with('-')) => {
            Err(format!("{what} is a number from {least:e} to {most:e}, as in {example}"))
        }
        _ => Err(format!("{what} is a number above 0, as in {example}")),
    }
}

/// The size of an optimizer's steps.
pub(crate) fn learning_rate(text: &str) -> Result<f64, String> {
    above_zero(text, "a learning rate", (OptimizerSpec::SMALLEST_RATE, OptimizerSpec::LARGEST_RATE), "0.1")
}

/// Whole numbers of a range; `what` is their name, as in "a number of steps".
pub(crate) fn whole<T: FromStr + PartialOrd + Display + Copy>(
    what: &'static str,
    range: impl RangeBounds<T> + Clone,
    example: T,
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| {
        let ends = match (range.start_bound(), range.end_bound()) {
            (Bound::Included(from), Bound::Included(to)) => format!("from {from} to {to}"),
            (Bound::Included(from), _) => format!("from {from} on"),
            _ => "from 0 on".to_string(),
        };
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| format!("{what} is a whole number {ends}, as in {example}"))
    }
}

/// What a seed may be.
pub(crate) fn seed(text: &str) -> Result<u64, String> {
    whole("a seed", 0.., 7)(text)
}

/// How often a derivative is taken.
pub(crate) fn order(text: &str) -> Result<u8, String> {
    whole("an order", 1..=2, 2)(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_above_zero() {
        assert_eq!(learning_rate("0.5"), Ok(0.5));
        for text in ["0", "-1", "nan", "inf", "fast", ""] {
            let said = learning_rate(text).unwrap_err();
            assert_eq!(said, "a learning rate is a number above 0, as in 0.1", "{text}");
        }
        for text in ["1e400", "1e101", "1e-301", "1e-320", "1e-400"] {
            let said = learning_rate(text).unwrap_err();
            assert_eq!(said, "a learning rate is a number from 1e-300 to 1e100, as in 0.1", "{text}");
        }
    }

    #[test]
    fn what_is_no_whole_number_of_a_range() {
        let steps = whole::<u32>("a number of steps", 2..=100, 50);
        assert_eq!((steps("2"), steps("100")), (Ok(2), Ok(100)));
        for text in ["1", "101", "-5", "2.5", "many", ""] {
            let said = steps(text).unwrap_err();
            assert_eq!(said, "a number of steps is a whole number from 2 to 100, as in 50", "{text}");
        }
        assert_eq!(seed("18446744073709551615"), Ok(u64::MAX));
        assert_eq!(seed("-1").unwrap_err(), "a seed is a whole number from 0 on, as in 7");
        assert_eq!((order("2"), order("3").is_err()), (Ok(2), true));
    }
}
