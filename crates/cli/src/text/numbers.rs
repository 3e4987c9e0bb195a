//! Numbers and tensors in a few characters.

use gradus::autograd::{nested, significant, unravel};
use gradus::tensor::Tensor;

/// Tensors of up to this many elements are printed whole.
const WHOLE: usize = 6;

/// A number with up to `digits` significant digits, without zeros at the end and without the sign of a zero.
pub fn number(x: f64, digits: i32) -> String {
    significant(unsigned(x), digits)
}

/// -0 becomes 0, anything else stays.
fn unsigned(x: f64) -> f64 {
    x + 0.0
}

/// A number with six digits.
pub fn short(x: f64) -> String {
    number(x, 6)
}

/// A size of an error: two digits and a power of ten.
pub fn size(x: f64) -> String {
    if x == 0.0 { "0".to_string() } else { format!("{x:.1e}") }
}

/// A number with up to four digits after the point, without zeros at the end.
pub(crate) fn decimals(x: f64) -> String {
    if x != 0.0 && !(1e-3..1e6).contains(&x.abs()) {
        return format!("{x:.3e}");
    }
    let text = format!("{x:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_string() } else { text.to_string() }
}

/// What is smaller than this is what is left of rounding, or of an exponential that has died out, as in the pit's value at 4.
const NOTHING: f64 = 1e-30;

/// A number with four digits after the point, or with three digits and a power of ten: a column of it stays narrow.
pub(crate) fn fixed(x: f64) -> String {
    match x.abs() {
        size if !size.is_finite() => x.to_string(),
        size if size < NOTHING => "0".to_string(),
        size if (1e-3..1e4).contains(&size) => format!("{x:.4}"),
        _ => format!("{x:.2e}"),
    }
}

/// So many of a thing: `1 step`, `2 steps`, `3 classes`, `0 entries`.
pub fn count(n: impl TryInto<u128>, noun: &str) -> String {
    let n = n.try_into().unwrap_or(u128::MAX);
    format!("{n} {}", if n == 1 { noun.to_string() } else { plural(noun) })
}

/// Derivatives of which some differ: `1 of 20 derivatives differs`.
pub(crate) fn differ(wrong: usize, all: usize) -> String {
    format!("{wrong} of {} {}", count(all, "derivative"), if wrong == 1 { "differs" } else { "differ" })
}

fn plural(noun: &str) -> String {
    match noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o'])) {
        Some(stem) => format!("{stem}ies"),
        None if ["s", "x", "tch", "sh"].iter().any(|end| noun.ends_with(end)) => format!("{noun}es"),
        None => format!("{noun}s"),
    }
}

/// A number as it was given, without endless zeros.
pub(crate) fn given(x: f64) -> String {
    if x == 0.0 || (1e-6..1e9).contains(&x.abs()) { x.to_string() } else { format!("{x:e}") }
}

/// All elements of a small tensor, the first three of a large one; the more there are, the fewer digits each has.
pub fn brief(x: &Tensor) -> String {
    let shape = *x.shape();
    let values: Vec<f64> = x.to_f64_vec().into_iter().map(unsigned).collect();
    if values.len() <= WHOLE {
        return nested(&values, &shape, if values.len() > 1 { 5 } else { 6 });
    }
    let first: Vec<String> = values[..3].iter().map(|&x| number(x, 4)).collect();
    format!("{}{}, …{}", "[".repeat(shape.len()), first.join(", "), "]".repeat(shape.len()))
}

/// `w`, `x[2]`, `A[0, 1]`: the name of one element.
pub fn element(name: &str, index: &[usize]) -> String {
    if index.is_empty() { name.to_string() } else { format!("{name}{index:?}") }
}

/// The names of all elements of named tensors, in order.
pub fn elements(names: &[String], values: &[Tensor]) -> Vec<String> {
    let of = |(name, value): (&String, &Tensor)| {
        (0..value.elements()).map(|i| element(name, &unravel(i, value.shape()))).collect::<Vec<_>>()
    };
    names.iter().zip(values).flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let cases =
            [(0.0, "0"), (-2.5, "-2.5"), (1e-7, "1e-7"), (0.706_418_9, "0.706419"), (123_456.7, "123457")];
        for (x, want) in cases {
            assert_eq!(short(x), want);
        }
        assert_eq!(
            (short(1.234_567e12), short(f64::NAN), size(1.26e-11)),
            ("1.23457e12".into(), "NaN".into(), "1.3e-11".into())
        );
    }

    #[test]
    fn one_thing_and_many() {
        assert_eq!([0, 1, 2].map(|n| count(n, "step")), ["0 steps", "1 step", "2 steps"]);
        let many = [
            ("class", "3 classes"),
            ("batch", "3 batches"),
            ("epoch", "3 epochs"),
            ("try", "3 tries"),
            ("way", "3 ways"),
            ("different text", "3 different texts"),
        ];
        for (noun, want) in many {
            assert_eq!(count(3u64, noun), want);
        }
    }

    #[test]
    fn digits_behind_the_point() {
        assert_eq!([0.4, 1.0, 0.948_683, -0.0, 1e-7].map(decimals), ["0.4", "1", "0.9487", "0", "1.000e-7"]);
        assert_eq!([0.4, 0.0, 12345.0, f64::INFINITY].map(fixed), ["0.4000", "0", "1.23e4", "inf"]);
        assert_eq!([-1.35e-32, 2e-30, -1e-7].map(fixed), ["0", "2.00e-30", "-1.00e-7"]);
        assert_eq!([0.1, 0.0, 1e-7].map(given), ["0.1", "0", "1e-7"]);
    }

    #[test]
    fn tensors_and_their_elements() {
        let a = Tensor::from([[1.0, 2.5], [3.0, 4.0]]);
        assert_eq!(brief(&a), "[[1, 2.5], [3, 4]]");
        assert_eq!(brief(&Tensor::ones([3, 4])), "[[1, 1, 1, …]]");
        assert_eq!((brief(&Tensor::from([-0.0, -1.0])), short(-0.0)), ("[0, -1]".into(), "0".into()));
        let names = elements(&["a".into(), "b".into()], &[a, Tensor::scalar(1.0)]);
        assert_eq!(names, ["a[0, 0]", "a[0, 1]", "a[1, 0]", "a[1, 1]", "b"]);
    }
}
