//! The complex step: a function at `$x + i h v$` has the derivative along v as its imaginary part, divided by h, without a
//! difference: with `$h = 10^{-50}$` there is neither truncation nor rounding (Squire and Trapp, 1998).
//!
//! What a tape recorded is computed again in complex numbers. That can be done for operations that are analytic: rows by
//! [`complex_rows`](super::complex_rows), an [`Op`](crate::Op) that says that it is linear or a product (`Op::form`) by its parts,
//! and one that says of which others it is made (`Op::composed`) by these. It uses no rule.

use gradus_tensor::Tensor;

use super::complex_rows::{C, row as complex_row};
use super::node;
use super::report::{Place, place};
use crate::node::{Kind, Node};
use crate::tape::Tape;
use crate::var::Var;

/// The step.
pub(crate) const STEP: f64 = 1e-50;

/// How an operation depends on its inputs, as far as the complex step and forward mode can take their parts one by one
/// ([`Op::form`](crate::Op::form)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Its input itself; what its rule does besides that gives the memory back or brings it back.
    Identity,
    /// Linear in all inputs together.
    Linear,
    /// Linear in all inputs together, plus a constant.
    Affine,
    /// A product of the first two inputs, plus the third, if there is one.
    Product,
    /// Anything else.
    Other,
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
    let moving = variables.iter().zip(direction).map(|(x, v)| (x.index(), v * STEP)).collect();
    let parts = follow(outputs, moving)?;
    let (mut re, mut im) = (0.0, 0.0);
    for (parts, weight) in parts.iter().zip(weights) {
        re += (&parts.re * weight).sum().item();
        // The step is divided out first: the sum of what is left is of ordinary size.
        im += parts.im.as_ref().map_or(0.0, |im| (&(im * (1.0 / STEP)) * weight).sum().item());
    }
    Ok((re, im))
}

/// The values of some nodes of one tape in complex numbers when others have these imaginary parts.
fn follow(outputs: &[Var<'_>], moving: Vec<(usize, Tensor)>) -> Result<Vec<Parts>, Place> {
    let tape = outputs[0].tape;
    let end = outputs.iter().map(|y| y.index() + 1).max().unwrap_or(0);
    let wanted = node::ancestors(tape, outputs, end);
    let mut known: Vec<Option<Parts>> = vec![None; end];
    for (id, im) in moving.into_iter().filter(|&(id, _)| id < end) {
        known[id] = Some(Parts { re: Var { tape, id: id as u32 }.value(), im: Some(im) });
    }
    for id in 0..end {
        if !wanted[id] || known[id].is_some() {
            continue;
        }
        let inputs = node::parts(tape, id).1;
        let inputs: Vec<Parts> =
            inputs.iter().map(|&i| known[i as usize].clone().expect("inputs come first")).collect();
        known[id] = Some(if inputs.iter().all(|x| x.im.is_none()) {
            Parts { re: Var { tape, id: id as u32 }.value(), im: None }
        } else {
            again(tape, id, &inputs).ok_or_else(|| place(tape, id))?
        });
    }
    Ok(outputs.iter().map(|y| known[y.index()].clone().expect("outputs are computed")).collect())
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
                a.iter().zip(&b).map(|(&a, &b)| complex_row(row.name, a, b, c)).collect::<Option<_>>()?;
            let part = |of: fn(&C) -> f64| Tensor::from_vec(y.iter().map(of).collect::<Vec<f64>>(), shape);
            Some(Parts { re: part(|z| z.re), im: Some(part(|z| z.im)) })
        }
        Kind::Op => {
            let none = |x: &Parts| x.re.zeros_like();
            let form = tape.inner.borrow().ops[node.b as usize].form();
            match form {
                Form::Identity => return Some(inputs[0].clone()),
                Form::Linear | Form::Affine => {
                    let all =
                        |part: &dyn Fn(&Parts) -> Tensor| of(&inputs.iter().map(part).collect::<Vec<_>>());
                    return Some(Parts { re: all(&re), im: Some(&all(&im) - &all(&none)) });
                }
                Form::Other => return composed(tape, &node, inputs),
                Form::Product => {}
            }
            let (a, b) = (&inputs[0], &inputs[1]);
            let with = |a: Tensor, b: Tensor, rest: &dyn Fn(&Parts) -> Tensor| {
                let rest = inputs[2..].iter().map(rest);
                of(&[a, b].into_iter().chain(rest).collect::<Vec<_>>())
            };
            let real = &with(re(a), re(b), &re) - &with(im(a), im(b), &none);
            let imaginary = &with(im(a), re(b), &im) + &with(re(a), im(b), &none);
            Some(Parts { re: real, im: Some(imaginary) })
        }
    }
}

/// An operation as those it is made of, followed on a tape of their own.
fn composed(tape: &Tape, node: &Node, inputs: &[Parts]) -> Option<Parts> {
    let op = tape.inner.borrow().ops[node.b as usize].clone();
    let own = Tape::new();
    let x: Vec<Var<'_>> = inputs.iter().map(|x| own.var(x.re.clone())).collect();
    let y = op.composed(&x)?;
    let moving = x.iter().zip(inputs).filter_map(|(x, parts)| Some((x.index(), parts.im.clone()?)));
    follow(&[y], moving.collect()).ok()?.pop()
}
