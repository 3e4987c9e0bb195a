//! Tensors as text, as NumPy prints arrays: columns aligned, eight digits at most, the middle of large ones left out.
//!
//! `{}` is NumPy's `str`, `[1.  2.5]`; `{:?}` is its `repr`, `tensor([1. , 2.5], dtype=f64)`, where F32 goes without
//! saying. A precision, `{:.3}`, replaces the eight digits; one number without axes has exactly so many then.

use std::fmt;

use crate::{DType, Element, Tensor};

/// More elements than this are summarised.
const THRESHOLD: usize = 1000;
/// Places shown at each end of a summarised axis.
const EDGE: usize = 3;
/// Columns of a line.
const WIDTH: usize = 75;
/// Digits behind the point, at most.
const PRECISION: usize = 8;

impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One number, `{loss:.4}`, is formatted as Rust formats numbers: exactly so many digits, and a width.
        if self.rank() == 0 && self.dtype().is_float() && f.precision().is_some() {
            return self.item().fmt(f);
        }
        f.write_str(&body(self, "", " ", f.precision().unwrap_or(PRECISION)))
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = body(self, "tensor(", ", ", f.precision().unwrap_or(PRECISION));
        let mut notes = vec![];
        if self.is_empty() && self.shape()[..] != [0] || self.elements() > THRESHOLD {
            notes.push(format!("shape={}", self.shape()));
        }
        if self.dtype() != DType::F32 {
            notes.push(format!("dtype={}", self.dtype()));
        }
        let (text, notes) = (format!("tensor({body}"), notes.join(", "));
        let last_line = text.rsplit('\n').next().map_or(0, str::len);
        match notes.len() {
            0 => write!(f, "{text})"),
            n if last_line + n + 3 > WIDTH => write!(f, "{text},\n       {notes})"),
            _ => write!(f, "{text}, {notes})"),
        }
    }
}

/// The nested brackets, continued behind `prefix`.
fn body(x: &Tensor, prefix: &str, separator: &str, precision: usize) -> String {
    if x.is_empty() {
        return "[]".to_string();
    }
    let summary = x.elements() > THRESHOLD;
    let shown = if summary { edges(x) } else { x.clone() };
    let words = words(&shown, precision);
    if x.rank() == 0 {
        return words[0].trim().to_string();
    }
    let mut page = Page { words: &words, next: 0, shape: x.shape(), summary, separator };
    let closing = usize::from(!prefix.is_empty());
    page.level(0, &" ".repeat(prefix.len() + 1), WIDTH - closing)
}

/// The tensor without the places that a summary leaves out.
fn edges(x: &Tensor) -> Tensor {
    (0..x.rank() as isize).fold(x.clone(), |x, axis| {
        if x.shape()[axis as usize] <= 2 * EDGE {
            return x;
        }
        let ends = [x.slice(axis, ..EDGE as isize), x.slice(axis, -(EDGE as isize)..)];
        Tensor::cat(&[&ends[0], &ends[1]], axis)
    })
}

/// The layout of one text: takes the words one after the other.
struct Page<'a> {
    words: &'a [String],
    next: usize,
    shape: &'a [usize],
    summary: bool,
    separator: &'a str,
}

impl Page<'_> {
    /// The brackets of one level; `indent` stands before each of its lines.
    fn level(&mut self, axis: usize, indent: &str, width: usize) -> String {
        let size = self.shape[axis];
        let cut = self.summary && size > 2 * EDGE;
        let shown = if cut { 2 * EDGE } else { size };
        let text = if axis + 1 == self.shape.len() {
            self.line(shown, cut, indent, width)
        } else {
            let between =
                format!("{}{}", self.separator.trim_end(), "\n".repeat(self.shape.len() - axis - 1));
            let mut parts = vec![];
            for i in 0..shown {
                if cut && i == EDGE {
                    parts.push(format!("{indent}..."));
                }
                let inner = self.level(axis + 1, &format!("{indent} "), width - 1);
                parts.push(format!("{indent}{inner}"));
            }
            parts.join(&between)
        };
        format!("[{}]", &text[indent.len()..])
    }

    /// The innermost level: words until the line is full.
    fn line(&mut self, shown: usize, cut: bool, indent: &str, width: usize) -> String {
        let limit = width - self.separator.trim_end().len().max(1);
        let (mut done, mut line) = (String::new(), indent.to_string());
        let mut push = |word: &str, last: bool| {
            if line.len() + word.len() > limit && line.len() > indent.len() {
                done.push_str(line.trim_end());
                done.push('\n');
                line = indent.to_string();
            }
            line.push_str(word);
            if !last {
                line.push_str(self.separator);
            }
        };
        for i in 0..shown {
            if cut && i == EDGE {
                push("...", false);
            }
            push(&self.words[self.next], i + 1 == shown);
            self.next += 1;
        }
        done + &line
    }
}

/// The elements as words of one width.
fn words(x: &Tensor, precision: usize) -> Vec<String> {
    match x.dtype() {
        DType::Bool => {
            align_right(x.to_vec::<u8>().iter().map(|&b| if b != 0 { "True" } else { "False" }.to_string()))
        }
        DType::I64 => align_right(x.to_vec::<i64>().iter().map(i64::to_string)),
        DType::F32 => float_words(&x.to_vec::<f32>(), x.rank() == 0, precision),
        DType::F64 => float_words(&x.to_vec::<f64>(), x.rank() == 0, precision),
    }
}

fn align_right(words: impl Iterator<Item = String>) -> Vec<String> {
    let words: Vec<String> = words.collect();
    let width = words.iter().map(String::len).max().unwrap_or(0);
    words.iter().map(|word| format!("{word:>width$}")).collect()
}

fn float_words<T: Element + fmt::Display + fmt::LowerExp>(
    x: &[T],
    alone: bool,
    precision: usize,
) -> Vec<String> {
    let magnitudes = || x.iter().map(|x| x.into_f64().abs()).filter(|&m| m.is_finite() && m != 0.0);
    let (low, high) = (magnitudes().fold(f64::INFINITY, f64::min), magnitudes().fold(0.0, f64::max));
    if alone {
        // A single number in full, as Python prints it.
        let scientific = high != 0.0 && !(1e-4..1e16).contains(&high);
        let mut words = if scientific { exponents(x, 17) } else { positions(x, usize::MAX) };
        words.iter_mut().filter(|word| word.ends_with('.')).for_each(|word| word.push('0'));
        return words.iter().map(|word| word.replace(".e", "e")).collect();
    }
    let scientific = high != 0.0 && (high >= 1e8 || low < 1e-4 || high / low > 1000.0);
    if scientific { exponents(x, precision) } else { positions(x, precision) }
}

/// What is no finite number.
fn special(x: f64) -> Option<&'static str> {
    match x {
        x if x.is_nan() => Some("nan"),
        f64::INFINITY => Some("inf"),
        f64::NEG_INFINITY => Some("-inf"),
        _ => None,
    }
}

/// Digits around a point: as many as tell the number from its neighbours, at most `precision` behind the point.
fn positions<T: Element + fmt::Display>(x: &[T], precision: usize) -> Vec<String> {
    let parts: Vec<Option<(String, String)>> = x
        .iter()
        .map(|x| {
            let x_f64 = x.into_f64();
            let mut text = format!("{x}");
            if text.split_once('.').is_some_and(|(_, digits)| digits.len() > precision) {
                text = format!("{x:.precision$}");
            }
            let (whole, digits) = text.split_once('.').unwrap_or((&text, ""));
            let digits = digits.trim_end_matches('0').to_string();
            special(x_f64).is_none().then(|| (whole.to_string(), digits))
        })
        .collect();
    let left = parts.iter().flatten().map(|(whole, _)| whole.len()).max().unwrap_or(0);
    let right = parts.iter().flatten().map(|(_, digits)| digits.len()).max().unwrap_or(0);
    let widest = x.iter().filter_map(|x| special(x.into_f64())).map(str::len).max().unwrap_or(0);
    let has_numbers = parts.iter().any(Option::is_some);
    let tail = if has_numbers { right + 1 } else { 0 };
    let left = left.max(widest.saturating_sub(tail));
    let width = left + tail;
    let word = |(part, x): (&Option<(String, String)>, &T)| match part {
        Some((whole, digits)) => format!("{whole:>left$}.{digits:<right$}"),
        None => format!("{:>width$}", special(x.into_f64()).unwrap_or("")),
    };
    parts.iter().zip(x).map(word).collect()
}

/// One digit, a point, equally many digits, and a power of ten.
fn exponents<T: Element + fmt::LowerExp>(x: &[T], precision: usize) -> Vec<String> {
    let parts: Vec<Option<(String, String, i32)>> = x
        .iter()
        .map(|x| {
            let mut text = format!("{x:e}");
            let digits = text.split(['.', 'e']).nth(1).map_or(0, str::len);
            if text.contains('.') && digits > precision {
                text = format!("{x:.precision$e}");
            }
            let (mantissa, exponent) = text.split_once('e')?;
            let (whole, digits) = mantissa.split_once('.').unwrap_or((mantissa, ""));
            Some((whole.to_string(), digits.trim_end_matches('0').to_string(), exponent.parse().ok()?))
        })
        .collect();
    let left = parts.iter().flatten().map(|(whole, ..)| whole.len()).max().unwrap_or(0);
    let right = parts.iter().flatten().map(|(_, digits, _)| digits.len()).max().unwrap_or(0);
    let size = |exponent: i32| exponent.unsigned_abs().to_string().len().max(2);
    let power = parts.iter().flatten().map(|&(.., exponent)| size(exponent)).max().unwrap_or(2);
    let words = x.iter().zip(&parts).map(|(x, part)| match part {
        Some((whole, digits, exponent)) => {
            let sign = if *exponent < 0 { '-' } else { '+' };
            format!("{whole:>left$}.{digits:0<right$}e{sign}{:0>power$}", exponent.unsigned_abs())
        }
        None => special(x.into_f64()).unwrap_or("").to_string(),
    });
    align_right(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What NumPy 2.4 prints with `str`.
    #[test]
    fn short_ones_as_numpy_prints_them() {
        let cases = [
            (Tensor::from([1.0f32, 2.5, -3.0]), "[ 1.   2.5 -3. ]"),
            (Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]), "[[1. 2.]\n [3. 4.]]"),
            (Tensor::from([0.1, 0.2, 1.0 / 3.0]), "[0.1        0.2        0.33333333]"),
            (Tensor::from([1.0f32 / 3.0, 2.0 / 3.0, 1e-3]), "[0.33333334 0.6666667  0.001     ]"),
            (Tensor::from([1e-5, 1.0]), "[1.e-05 1.e+00]"),
            (Tensor::from([1e10f32, 1.0]), "[1.e+10 1.e+00]"),
            (Tensor::from([f32::NAN, 1.5, f32::NEG_INFINITY]), "[ nan  1.5 -inf]"),
            (Tensor::from([f64::NAN, f64::INFINITY]), "[nan inf]"),
            (Tensor::from([1e-10, f64::NAN, -2.5e20]), "[ 1.0e-10      nan -2.5e+20]"),
            (Tensor::from([1, -20, 300]), "[  1 -20 300]"),
            (Tensor::from([[true, false], [false, true]]), "[[ True False]\n [False  True]]"),
            (Tensor::from([123_456.789, 0.001]), "[1.23456789e+05 1.00000000e-03]"),
            (Tensor::from([99_999_999.0]), "[99999999.]"),
            (Tensor::from([1e8]), "[1.e+08]"),
            (Tensor::from([-0.0f32, 0.0]), "[-0.  0.]"),
            (Tensor::from([1000.0, 1.0]), "[1000.    1.]"),
            (Tensor::from([1001.0, 1.0]), "[1.001e+03 1.000e+00]"),
            (Tensor::from([0.1, 1e100]), "[1.e-001 1.e+100]"),
            (
                Tensor::from([[1.123_456_789_123, 2.0], [3.0, 4.0]]),
                "[[1.12345679 2.        ]\n [3.         4.        ]]",
            ),
            (Tensor::from([5e-324]), "[5.e-324]"),
            (Tensor::zeros([0, 3]), "[]"),
        ];
        for (tensor, want) in cases {
            assert_eq!(tensor.to_string(), want);
        }
    }

    #[test]
    fn single_numbers_stand_alone() {
        let cases = [(Tensor::from(1.5), "1.5"), (Tensor::from(2.0), "2.0"), (Tensor::from(1e-7), "1e-07")];
        let others =
            [(Tensor::from(3), "3"), (Tensor::from(0.1f32), "0.1"), (Tensor::from(1e20f32), "1e+20")];
        for (tensor, want) in cases.into_iter().chain(others) {
            assert_eq!(tensor.to_string(), want);
        }
        assert_eq!(Tensor::from(true).to_string(), "True");
        assert_eq!(Tensor::from(f64::NAN).to_string(), "nan");
        assert_eq!(format!("{:?}", Tensor::from(0.1)), "tensor(0.1, dtype=f64)");
    }

    #[test]
    fn long_lines_are_broken() {
        let want = "\
[0.         0.14285715 0.2857143  0.42857143 0.5714286  0.71428573
 0.85714287 1.         1.1428572  1.2857143  1.4285715  1.5714285
 1.7142857  1.8571428  2.         2.142857   2.2857144  2.4285715
 2.5714285  2.7142856  2.857143   3.         3.142857   3.2857144
 3.4285715  3.5714285  3.7142856  3.857143   4.         4.142857  ]";
        assert_eq!((Tensor::range(0.0, 30.0, 1.0) / 7.0).to_string(), want);
    }

    #[test]
    fn large_ones_are_summarised() {
        assert_eq!(Tensor::arange(2000).to_string(), "[   0    1    2 ... 1997 1998 1999]");
        let want = "\
[[0.000e+00 1.000e+00 2.000e+00 ... 4.700e+01 4.800e+01 4.900e+01]
 [5.000e+01 5.100e+01 5.200e+01 ... 9.700e+01 9.800e+01 9.900e+01]
 [1.000e+02 1.010e+02 1.020e+02 ... 1.470e+02 1.480e+02 1.490e+02]
 ...
 [1.850e+03 1.851e+03 1.852e+03 ... 1.897e+03 1.898e+03 1.899e+03]
 [1.900e+03 1.901e+03 1.902e+03 ... 1.947e+03 1.948e+03 1.949e+03]
 [1.950e+03 1.951e+03 1.952e+03 ... 1.997e+03 1.998e+03 1.999e+03]]";
        assert_eq!(Tensor::range(0.0, 2000.0, 1.0).reshape([40, 50]).to_string(), want);
        let want = "\
[[[0.000e+00 1.000e+00 2.000e+00 ... 2.970e+02 2.980e+02 2.990e+02]
  [3.000e+02 3.010e+02 3.020e+02 ... 5.970e+02 5.980e+02 5.990e+02]]

 [[6.000e+02 6.010e+02 6.020e+02 ... 8.970e+02 8.980e+02 8.990e+02]
  [9.000e+02 9.010e+02 9.020e+02 ... 1.197e+03 1.198e+03 1.199e+03]]]";
        assert_eq!(Tensor::range(0.0, 1200.0, 1.0).reshape([2, 2, 300]).to_string(), want);
    }

    #[test]
    fn debug_is_numpys_repr() {
        let cases = [
            (Tensor::from([1.0, 2.5]), "tensor([1. , 2.5], dtype=f64)"),
            (Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]), "tensor([[1., 2.],\n        [3., 4.]])"),
            (Tensor::zeros([0, 3]), "tensor([], shape=[0, 3])"),
            (
                Tensor::arange(2000),
                "tensor([   0,    1,    2, ..., 1997, 1998, 1999], shape=[2000], dtype=i64)",
            ),
        ];
        for (tensor, want) in cases {
            assert_eq!(format!("{tensor:?}"), want);
        }
        let cube = format!("{:?}", Tensor::arange(8).reshape([2, 2, 2]));
        let want = "\
tensor([[[0, 1],
         [2, 3]],

        [[4, 5],
         [6, 7]]], dtype=i64)";
        assert_eq!(cube, want);
    }

    #[test]
    fn a_precision_limits_the_digits() {
        assert_eq!(format!("{:.2}", Tensor::from([1.0 / 3.0, 2.0])), "[0.33 2.  ]");
    }
}
