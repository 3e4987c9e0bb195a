//! Numbers from the command line: each is refused with what it should have been.

/// A finite number that fits, or else the sentence that says what fits.
pub(crate) fn number(text: &str, fits: impl Fn(f64) -> bool, what: &str) -> Result<f64, String> {
    text.parse::<f64>().ok().filter(|x| x.is_finite() && fits(*x)).ok_or_else(|| what.to_string())
}

/// A number above 0; `what` is its name, as in "a step".
pub(crate) fn above_zero(text: &str, what: &str) -> Result<f64, String> {
    number(text, |x| x > 0.0, &format!("{what} is a number above 0"))
}

/// The size of an optimizer's steps.
pub(crate) fn learning_rate(text: &str) -> Result<f64, String> {
    above_zero(text, "a learning rate")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_above_zero() {
        assert_eq!(learning_rate("0.5"), Ok(0.5));
        for text in ["0", "-1", "nan", "inf", "fast", ""] {
            assert_eq!(learning_rate(text).unwrap_err(), "a learning rate is a number above 0", "{text}");
        }
    }
}
