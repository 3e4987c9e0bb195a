//! The complex step: a function at `$x + i h v$` has the derivative along v as its imaginary part, divided by h, without a
//! difference: with `$h = 10^{-50}$` there is neither truncation nor rounding (Squire and Trapp, 1998).
//!
//! What a tape recorded is computed again in complex numbers. That can be done for operations that are analytic: the rows
//! listed in [`row`], from formulas of their own, and what is linear or a product. It uses no rule.

use gradus_tensor::Tensor;

use super::node;
use super::report::{Place, place};
use crate::node::Kind;
use crate::tape::Tape;
use crate::var::Var;

/// The step.
pub(crate) const STEP: f64 = 1e-50;

/// Operations that are linear in all inputs together.
const LINEAR: [&str; 16] = [
    "sum",
    "mean",
    "sum_to",
    "reshape",
    "permute",
    "expand",
    "slice",
    "unslice",
    "flip",
    "cat",
    "gather",
    "scatter_add",
    "index_select",
    "index_add",
    "cumsum",
    "where",
];
/// Products of their first two inputs, plus the third, if there is one.
const PRODUCTS: [&str; 2] = ["matmul", "linear"];

/// A complex number.
#[derive(Debug, Clone, Copy)]
struct C {
    re: f64,
    im: f64,
}

/// A complex tensor: its parts. Without an imaginary part it is real.
#[derive(Debug, Clone)]
struct Parts {
    re: Tensor,
    im: Option<Tensor>,
}

/// The weighted sum of values on a tape when the variables move by `$i h v$`: its real part, and its imaginary part over
/// h.
///
/// # Errors
/// The first operation that has no complex form.
pub(crate) fn step(
    outputs: &[Var<'_>],
    weights: &[Tensor],
    variables: &[Var<'_>],
    direction: &[Tensor],
) -> Result<(f64, f64), Place> {
    let tape = outputs[0].tape;
    let end = outputs.iter().map(|y| y.index() + 1).max().unwrap_or(0);
    let wanted = ancestors(tape, outputs, end);
    let mut known: Vec<Option<Parts>> = vec![None; end];
    for id in (0..end).filter(|&id| wanted[id]) {
        let value = || Var { tape, id: id as u32 }.value();
        let moving = variables.iter().position(|x| x.index() == id);
        let inputs = node::parts(tape, id).1;
        let inputs: Vec<Parts> =
            inputs.iter().map(|&i| known[i as usize].clone().expect("inputs come first")).collect();
        known[id] = Some(if let Some(i) = moving {
            Parts { re: value(), im: Some(&direction[i] * STEP) }
        } else if inputs.iter().all(|x| x.im.is_none()) {
            Parts { re: value(), im: None }
        } else {
            again(tape, id, &inputs).ok_or_else(|| place(tape, id))?
        });
    }
    let (mut re, mut im) = (0.0, 0.0);
    for (y, weight) in outputs.iter().zip(weights) {
        let parts = known[y.index()].as_ref().expect("outputs are computed");
        re += (&parts.re * weight).sum().item();
        // The step is divided out first: the sum of what is left is of ordinary size.
        im += parts.im.as_ref().map_or(0.0, |im| (&(im * (1.0 / STEP)) * weight).sum().item());
    }
    Ok((re, im))
}

fn ancestors(tape: &Tape, outputs: &[Var<'_>], end: usize) -> Vec<bool> {
    let mut wanted = vec![false; end];
    for y in outputs {
        wanted[y.index()] = true;
    }
    for id in (0..end).rev() {
        if wanted[id] {
            for &i in &node::parts(tape, id).1 {
                wanted[i as usize] = true;
            }
        }
    }
    wanted
}

/// A node for complex inputs.
fn again(tape: &Tape, id: usize, inputs: &[Parts]) -> Option<Parts> {
    let (node, _, c) = node::parts(tape, id);
    let of = |inputs: &[Tensor]| node::value(tape, id, inputs);
    let re = |x: &Parts| x.re.clone();
    let im = |x: &Parts| x.im.clone().unwrap_or_else(|| x.re.zeros_like());
    match node.kind() {
        Kind::Leaf(_) => None,
        Kind::Unary(row) | Kind::Binary(row) => {
            let shape = Var { tape, id: id as u32 }.shape();
            let flat = |x: &Parts| -> Vec<C> {
                let (re, im) = (re(x).expand(shape).to_f64_vec(), im(x).expand(shape).to_f64_vec());
                re.into_iter().zip(im).map(|(re, im)| C { re, im }).collect()
            };
            let (a, b) = (flat(&inputs[0]), flat(&inputs[inputs.len() - 1]));
            let y: Vec<C> =
                a.iter().zip(&b).map(|(&a, &b)| self::row(row.name, a, b, c)).collect::<Option<_>>()?;
            let part = |of: fn(&C) -> f64| Tensor::from_vec(y.iter().map(of).collect::<Vec<f64>>(), shape);
            Some(Parts { re: part(|z| z.re), im: Some(part(|z| z.im)) })
        }
        Kind::Op => {
            let name = tape.inner.borrow().name(&node).to_string();
            if LINEAR.contains(&name.as_str()) {
                let (re, im): (Vec<Tensor>, Vec<Tensor>) = inputs.iter().map(|x| (re(x), im(x))).unzip();
                return Some(Parts { re: of(&re), im: Some(of(&im)) });
            }
            if !PRODUCTS.contains(&name.as_str()) {
                return None;
            }
            let (a, b) = (&inputs[0], &inputs[1]);
            let with = |a: Tensor, b: Tensor, rest: &dyn Fn(&Parts) -> Tensor| {
                let rest = inputs[2..].iter().map(rest);
                of(&[a, b].into_iter().chain(rest).collect::<Vec<_>>())
            };
            let none = |x: &Parts| x.re.zeros_like();
            let real = &with(re(a), re(b), &re) - &with(im(a), im(b), &none);
            let imaginary = &with(im(a), re(b), &im) + &with(re(a), im(b), &none);
            Some(Parts { re: real, im: Some(imaginary) })
        }
    }
}

/// A row of the table in complex numbers, where it has a formula here.
fn row(name: &str, x: C, b: C, c: f64) -> Option<C> {
    let number = C::real(c);
    Some(match name {
        "add" => x + b,
        "sub" => x - b,
        "mul" => x * b,
        "div" => x * b.recip(),
        "pow" => (b * x.ln()).exp(),
        "hypot" => (x * x + b * b).sqrt(),
        "logaddexp" => (x.exp() + b.exp()).ln(),
        "neg" => C::real(0.0) - x,
        "alias" => x,
        "square" => x * x,
        "recip" => x.recip(),
        "sqrt" => x.sqrt(),
        "rsqrt" => x.sqrt().recip(),
        "powf" => (number * x.ln()).exp(),
        "number_pow" => (x * number.ln()).exp(),
        "exp" => x.exp(),
        "exp2" => x.times(std::f64::consts::LN_2).exp(),
        "expm1" => C { re: x.re.exp_m1(), im: x.re.exp() * x.im.sin() },
        "ln" => x.ln(),
        "log2" => x.ln().times(std::f64::consts::LOG2_E),
        "log10" => x.ln().times(std::f64::consts::LOG10_E),
        "log1p" => C { re: x.re.ln_1p(), im: x.im.atan2(1.0 + x.re) },
        "sin" => C { re: x.re.sin() * x.im.cosh(), im: x.re.cos() * x.im.sinh() },
        "cos" => C { re: x.re.cos() * x.im.cosh(), im: -x.re.sin() * x.im.sinh() },
        "sinh" => C { re: x.re.sinh() * x.im.cos(), im: x.re.cosh() * x.im.sin() },
        "cosh" => C { re: x.re.cosh() * x.im.cos(), im: x.re.sinh() * x.im.sin() },
        "tanh" => x.tanh(),
        "tan" => C { re: x.im, im: -x.re }.tanh().times_i(),
        "sigmoid" => (C::real(1.0) + x.times(-1.0).exp()).recip(),
        "silu" => x * (C::real(1.0) + x.times(-1.0).exp()).recip(),
        "softplus" => (C::real(1.0) + x.exp()).ln(),
        "add_number" => x + number,
        "number_minus" => number - x,
        "scale" => x.times(c),
        "over_number" => x.times(1.0 / c),
        "number_over" => x.recip().times(c),
        _ => return None,
    })
}

impl C {
    fn real(re: f64) -> Self {
        Self { re, im: 0.0 }
    }

    fn times(self, factor: f64) -> Self {
        Self { re: self.re * factor, im: self.im * factor }
    }

    fn times_i(self) -> Self {
        Self { re: -self.im, im: self.re }
    }

    fn recip(self) -> Self {
        // Divided by the larger part first, so that no square overflows.
        let size = self.re.abs().max(self.im.abs());
        let (re, im) = (self.re / size, self.im / size);
        let square = re * re + im * im;
        Self { re: re / square / size, im: -im / square / size }
    }

    fn exp(self) -> Self {
        let size = self.re.exp();
        Self { re: size * self.im.cos(), im: size * self.im.sin() }
    }

    fn ln(self) -> Self {
        Self { re: self.re.hypot(self.im).ln(), im: self.im.atan2(self.re) }
    }

    fn sqrt(self) -> Self {
        let t = f64::midpoint(self.re.abs(), self.re.hypot(self.im)).sqrt();
        if self.re >= 0.0 {
            Self { re: t, im: self.im / (2.0 * t) }
        } else {
            Self { re: self.im.abs() / (2.0 * t), im: t.copysign(self.im) }
        }
    }

    fn tanh(self) -> Self {
        let (t, tangent) = (self.re.tanh(), self.im.tan());
        let below = 1.0 + (t * tangent).powi(2);
        let cosh = self.re.cosh();
        Self { re: t * (1.0 + tangent * tangent) / below, im: tangent / (cosh * cosh) / below }
    }
}

impl std::ops::Add for C {
    type Output = Self;
    fn add(self, b: Self) -> Self {
        Self { re: self.re + b.re, im: self.im + b.im }
    }
}

impl std::ops::Sub for C {
    type Output = Self;
    fn sub(self, b: Self) -> Self {
        Self { re: self.re - b.re, im: self.im - b.im }
    }
}

impl std::ops::Mul for C {
    type Output = Self;
    fn mul(self, b: Self) -> Self {
        Self { re: self.re * b.re - self.im * b.im, im: self.re * b.im + self.im * b.re }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise;

    /// Every row that has a complex form has the value and the slope of the table there.
    #[test]
    fn values_and_slopes_of_the_rows() {
        let mut found = 0;
        for row in elementwise::table() {
            let c = row.facts.number.unwrap_or(0.7);
            let at = row.facts.domain.map(|[low, high]| low + 0.7 * (high - low));
            let tape = Tape::new();
            let (a, b) = (tape.var(at[0]), tape.var(at[1]));
            let inputs = [a, b];
            let y = row.apply(&inputs[..usize::from(row.arity)], c);
            for (i, x) in inputs[..usize::from(row.arity)].iter().enumerate() {
                let z = |k: usize| C { re: at[k], im: if k == i { STEP } else { 0.0 } };
                let Some(got) = self::row(row.name, z(0), z(usize::from(row.arity) - 1), c) else { break };
                let (value, slope) = (y.value().item(), y.grad(*x).item());
                let near = |a: f64, b: f64| (a - b).abs() <= 1e-13 * b.abs().max(1e-3);
                assert!(near(got.re, value), "{}: {}, not {value}", row.name, got.re);
                assert!(near(got.im / STEP, slope), "{}: slope {}, not {slope}", row.name, got.im / STEP);
                found += 1;
            }
        }
        assert!(found > 35, "{found}");
    }
}
