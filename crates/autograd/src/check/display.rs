//! The tape as text: one line for each node, with what it is, its type and its value. `{tape:#}` adds the line of code
//! that made each node.

use std::fmt;

use gradus_tensor::Tensor;

use crate::fast::lists::Inner;
use crate::node::{Kind, Node};
use crate::op::Backward;
use crate::tape::Tape;
use crate::var::Var;

/// Values of up to this many elements are printed whole.
const WHOLE: usize = 6;
/// Longer texts of attributes are cut.
const ATTRIBUTES: usize = 32;

impl fmt::Display for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What waits is computed now, unless it is computed from values that were freed.
        for (id, _) in self.live().iter().enumerate().filter(|&(_, &live)| live) {
            crate::fast::lazy::compute(&mut self.inner.borrow_mut(), id as u32);
        }
        let inner = self.inner.borrow();
        let rows: Vec<[String; 4]> =
            inner.nodes.iter().enumerate().map(|(id, node)| row(&inner, id, node)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2), width(3)];
        for (row, node) in rows.iter().zip(&inner.nodes) {
            let [number, formula, kind, value] = row;
            let line = format!(
                "{number:>w0$} = {formula:<w1$}  {kind:<w2$}  {value:<w3$}",
                w0 = widths[0],
                w1 = widths[1],
                w2 = widths[2],
                w3 = if f.alternate() { widths[3] } else { 0 }
            );
            f.write_str(line.trim_end())?;
            if f.alternate() {
                write!(f, "  {}:{}", node.line.file(), node.line.line())?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tape({} nodes)", self.len())
    }
}

/// The value, as a tensor prints it: `{}` and, with digits, `{:.2}`. The alternate form `{:#}` is a line of the tape: number,
/// operation, element type and shape, and the value.
///
/// ```
/// use gradus_autograd::Tape;
/// use gradus_tensor::Tensor;
/// let tape = Tape::new();
/// let x = tape.var(Tensor::from([0.25, 0.5]));
/// let loss = x.square().sum();
/// assert_eq!(format!("{x}"), "[0.25 0.5 ]");
/// assert_eq!(format!("{loss:.2}"), "0.31");
/// assert_eq!(format!("{:#}", x * 2.0), "%3 = scale(%0, 2)  f64[2]  [0.5 1. ]");
/// assert_eq!(format!("{x:?}"), "%0: f64[2]");
/// ```
///
/// A value that the scoped sweep has freed prints as `(freed)`.
impl fmt::Display for Var<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            let inner = self.tape.inner.borrow();
            let node = &inner.nodes[self.id as usize];
            let ty = inner.ty(node);
            write!(f, "%{} = {}  {}{}  ", self.id, formula(&inner, node), ty.dtype, ty.shape)?;
        }
        // All but the values that wait or were freed are there.
        let slot = self.tape.inner.borrow().nodes[self.id as usize].slot;
        if !self.tape.inner.borrow().values.is_there(slot) && !self.tape.live()[self.id as usize] {
            return f.write_str("(freed)");
        }
        self.value().fmt(f)
    }
}

/// Its place on the tape, its element type and its shape: `%3: f64[2]`. Nothing is computed.
impl fmt::Debug for Var<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}: {}{}", self.id, self.dtype(), self.shape())
    }
}

impl fmt::Debug for Backward<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Backward(%{})", self.y)
    }
}

fn row(inner: &Inner, id: usize, node: &Node) -> [String; 4] {
    let ty = inner.ty(node);
    let value = if inner.values.is_there(node.slot) {
        brief(&inner.values.tensor(node.slot, ty))
    } else {
        "(freed)".to_string()
    };
    [format!("%{id}"), formula(inner, node), format!("{}{}", ty.dtype, ty.shape), value]
}

/// `tanh(%2)`, `scale(%0, 3)`, `sum(%4, [0])`, `leaf`.
pub(crate) fn formula(inner: &Inner, node: &Node) -> String {
    let name = inner.name(node);
    if node.is_leaf() {
        return name.to_string();
    }
    let inputs = inner.inputs(node);
    let inputs = inputs.iter().map(|id| format!("%{id}"));
    let arguments: Vec<String> = inputs.chain(attributes(inner, node)).collect();
    format!("{name}({})", arguments.join(", "))
}

/// What an operation carries besides its inputs: the exponent of a power, the axis of a sum.
pub(crate) fn attributes(inner: &Inner, node: &Node) -> Option<String> {
    match node.kind() {
        Kind::Unary(row) if row.has_number => Some(number(inner.carried(node))),
        Kind::Op => fields(&format!("{:?}", inner.ops[node.b as usize])),
        _ => None,
    }
}

/// The fields in the `Debug` text of an operation: what stands in its outer brackets. Every operation has that text; a method
/// of [`Op`](crate::Op) for it would be one more that an author can forget.
fn fields(debug: &str) -> Option<String> {
    let start = debug.find(['(', '{'])?;
    let fields = debug[start + 1..].trim_end_matches([')', '}']);
    // A closing bracket may belong to the last field: give it back.
    let open = fields.matches('(').count().saturating_sub(fields.matches(')').count());
    let fields = format!("{}{}", fields.trim(), ")".repeat(open));
    let words: Vec<&str> = fields.split_whitespace().collect();
    let text = words.join(" ");
    if text.is_empty() {
        return None;
    }
    if text.chars().count() <= ATTRIBUTES {
        return Some(text);
    }
    Some(text.chars().take(ATTRIBUTES - 1).chain(['…']).collect())
}

/// Significant digits of a number in the text of a tape.
const DIGITS: i32 = 6;

/// A number with up to six significant digits.
pub(crate) fn number(x: f64) -> String {
    significant(x, DIGITS)
}

/// A number with up to `digits` significant digits, without zeros at the end.
pub fn significant(x: f64, digits: i32) -> String {
    if x == 0.0 || !x.is_finite() {
        return format!("{x}");
    }
    let magnitude = x.abs().log10().floor() as i32;
    if !(-5..=digits).contains(&magnitude) {
        let text = format!("{x:.*e}", (digits - 1).max(0) as usize);
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", trimmed(mantissa));
    }
    trimmed(&format!("{x:.*}", (digits - 1 - magnitude).max(0) as usize)).to_string()
}

fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// A value in a few words: all elements of a small tensor, the first three of a large one.
pub(crate) fn brief(x: &Tensor) -> String {
    let shape = *x.shape();
    if x.elements() <= WHOLE {
        return nested(&x.to_f64_vec(), &shape, DIGITS);
    }
    let first: Vec<String> = x.flatten().narrow(0, 0, 3).to_f64_vec().into_iter().map(number).collect();
    format!("{}{}, …{}", "[".repeat(shape.len()), first.join(", "), "]".repeat(shape.len()))
}

/// Numbers of a shape in nested brackets, each with up to `digits` significant digits.
pub fn nested(values: &[f64], shape: &[usize], digits: i32) -> String {
    let Some((&n, rest)) = shape.split_first() else { return significant(values[0], digits) };
    let size = rest.iter().product::<usize>();
    let parts: Vec<String> = (0..n).map(|i| nested(&values[i * size..][..size], rest, digits)).collect();
    format!("[{}]", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Param, value_and_grad_with};

    #[test]
    fn a_small_tape() {
        let tape = Tape::new();
        let x = tape.var(0.5);
        let y = (x.sin() * x).tanh();
        let w = tape.param(&Param::new(Tensor::from([[1.0, -2.0], [3.0, 1e-7]])));
        let z = (w * 3.0 + y).sum_axes(0);
        assert_eq!(z.shape()[..], [2]);
        let want = "\
%0 = leaf               f64[]      0.5
%1 = sin(%0)            f64[]      0.479426
%2 = mul(%1, %0)        f64[]      0.239713
%3 = tanh(%2)           f64[]      0.235224
%4 = param              f64[2, 2]  [[1, -2], [3, 1e-7]]
%5 = scale(%4, 3)       f64[2, 2]  [[3, -6], [9, 3e-7]]
%6 = add(%5, %3)        f64[2, 2]  [[3.23522, -5.76478], [9.23522, 0.235225]]
%7 = sum(%6, [0])       f64[1, 2]  [[12.4704, -5.52955]]
%8 = reshape(%7, [2])   f64[2]     [12.4704, -5.52955]
";
        let got = tape.to_string();
        assert!(got.lines().zip(want.lines()).all(|(a, b)| words(a) == words(b)), "{got}");
        let columns = |line: &str| line.find("f64").map(|at| line[..at].chars().count());
        assert!(got.lines().all(|line| columns(line) == columns(&got)), "{got}");
        assert!(format!("{tape:#}").lines().all(|line| line.contains("display.rs:")), "{tape:#}");
    }

    fn words(line: &str) -> Vec<&str> {
        line.split_whitespace().collect()
    }

    #[test]
    fn large_and_freed_values() {
        let p = Param::new(Tensor::ones([20, 30]));
        let mut text = String::new();
        let (_, _, ()) = value_and_grad_with(crate::Mode::Record, |tape| {
            let y = tape.param(&p).tanh().sum();
            text = tape.to_string();
            (y, ())
        });
        assert!(
            text.lines().next().is_some_and(|line| line.ends_with("f32[20, 30]  [[1, 1, 1, …]]")),
            "{text}"
        );
    }

    #[test]
    fn numbers_are_short() {
        for (x, want) in
            [(0.0, "0"), (1.0, "1"), (-2.5, "-2.5"), (1e-7, "1e-7"), (123_456.7, "123457"), (0.1, "0.1")]
        {
            assert_eq!(number(x), want);
        }
        assert_eq!(number(f64::NAN), "NaN");
        assert_eq!(number(1.234_567_89e12), "1.23457e12");
    }
}
