//! Reductions, products, normalisations.

use gradus_autograd::ops::{Attention, ConvOptions};
use gradus_tensor::Tensor;

use super::draw::Draw;
use super::program::Step;

pub(crate) fn step(draw: &mut Draw<'_>) -> Option<usize> {
    let x = draw.any();
    let dims = draw.dims(x);
    if dims.is_empty() {
        return None;
    }
    match draw.numbers.below(3) {
        0 => reduction(draw, x, &dims),
        1 => along(draw, x, &dims),
        _ => product(draw, x, &dims),
    }
}

fn reduction(draw: &mut Draw<'_>, x: usize, dims: &[usize]) -> Option<usize> {
    let axis = draw.numbers.below(dims.len());
    let at = axis as isize;
    let least = |t: Tensor| t.min().item();
    let step = match draw.numbers.below(11) {
        0 => Step::of(format!("sum({axis})"), x, move |x| x.sum_axes(at)),
        1 => Step::of(format!("sum_keep({axis})"), x, move |x| x.sum_keep(at)),
        2 => Step::of(format!("mean({axis})"), x, move |x| x.mean_axes(at)),
        3 => Step::of("mean", x, |x| x.mean()),
        4 if dims[axis] <= 8 => Step::of(format!("prod({axis})"), x, move |x| x.prod_axes(at)),
        5 | 6 if decided(&draw.value(x), at) => {
            if draw.numbers.one_in(2) {
                Step::of(format!("max({axis})"), x, move |x| x.max_axes(at))
            } else {
                let turned = draw.push(Step::of("neg", x, |x| -x))?;
                Step::of(format!("min({axis})"), turned, move |x| x.min_axes(at))
            }
        }
        7 => Step::of(format!("logsumexp({axis})"), x, move |x| x.logsumexp_axes(at)),
        8 if dims[axis] > 1 => Step::of(format!("var({axis})"), x, move |x| x.var_axes(at, 1)),
        9 if dims[axis] > 1 && least(draw.value(x).var_axes(at, 1)) > 0.05 => {
            Step::of(format!("std({axis})"), x, move |x| x.std_axes(at, 1))
        }
        _ if least(draw.value(x).square().sum_axes(at)) > 0.05 => {
            Step::of(format!("norm({axis})"), x, move |x| x.norm_axes(at))
        }
        _ => return None,
    };
    draw.push(step.summing())
}

/// Whether the largest element along an axis is so by more than a little.
pub(crate) fn decided(x: &Tensor, axis: isize) -> bool {
    let n = x.shape()[axis as usize];
    let (values, _) = x.sort(axis, true);
    n == 1 || (values.select(axis, 0) - values.select(axis, 1)).min().item() > 0.03
}

/// What keeps the shape.
fn along(draw: &mut Draw<'_>, x: usize, dims: &[usize]) -> Option<usize> {
    let axis = draw.numbers.below(dims.len());
    let at = axis as isize;
    let last = dims[dims.len() - 1];
    let step = match draw.numbers.below(7) {
        0 => Step::of(format!("cumsum({axis})"), x, move |x| x.cumsum(at)),
        1 if dims[axis] <= 8 => Step::of(format!("cumprod({axis})"), x, move |x| x.cumprod(at)),
        2 => Step::of(format!("softmax({axis})"), x, move |x| x.softmax(at)),
        3 => Step::of(format!("log_softmax({axis})"), x, move |x| x.log_softmax(at)),
        4 => Step::of("rms_norm", x, |x| x.rms_norm(1, 1e-2)),
        5 if last > 1 && draw.has_room() => {
            let (gamma, beta) = (draw.input(&[last], 0.5, 1.5), draw.input(&[last], -1.0, 1.0));
            Step::new("layer_norm", &[x, gamma, beta], |x| x[0].layer_norm(x[1], x[2], 1e-2))
        }
        _ if dims.len() > 1 && pairs(dims) < 4000 => {
            let causal = draw.numbers.one_in(2);
            Step::of(format!("attention(causal: {causal})"), x, move |x| {
                x.attention(x.tanh(), x * 0.5, &Attention { causal, ..Attention::default() })
            })
        }
        _ => return None,
    };
    draw.push(step.summing())
}

/// Elements of the products of each row with each of its matrix.
fn pairs(dims: &[usize]) -> usize {
    let rows = dims[dims.len() - 2];
    dims[..dims.len() - 1].iter().product::<usize>() * rows
}

fn product(draw: &mut Draw<'_>, x: usize, dims: &[usize]) -> Option<usize> {
    let last = dims[dims.len() - 1];
    let out = draw.numbers.within(1, 4);
    let step = match draw.numbers.below(6) {
        0 | 1 if draw.has_room() => {
            let mut shape = vec![last, out];
            if dims.len() > 2 && draw.numbers.one_in(2) {
                shape.insert(0, if draw.numbers.one_in(2) { 1 } else { dims[dims.len() - 3] });
            }
            let other = draw.input(&shape, -1.0, 1.0);
            Step::new("matmul", &[x, other], |x| x[0].matmul(x[1]))
        }
        2 if draw.has_room() => {
            let (weight, bias) = (draw.input(&[out, last], -1.0, 1.0), draw.input(&[out], -1.0, 1.0));
            Step::new("linear", &[x, weight, bias], |x| x[0].linear(x[1], Some(x[2])))
        }
        // A result that is too large is not computed to be thrown away: a pair for each two of 20,000 is 3 GB.
        3 if dims.len() > 1 && pairs(dims) <= draw.limit() => {
            Step::of("gram", x, |x| x.matmul(x.transpose(-1, -2)))
        }
        4 if dims.len() == 1 && last * last <= draw.limit() => Step::of("outer", x, |x| x.outer(x.sin())),
        5 if dims.len() == 3 && draw.has_room() => {
            let width = draw.numbers.within(1, last);
            let weight = draw.input(&[out, dims[1], width], -1.0, 1.0);
            Step::new("conv", &[x, weight], |x| x[0].conv(x[1], None, &ConvOptions::default()))
        }
        _ => return None,
    };
    draw.push(step.summing())
}
