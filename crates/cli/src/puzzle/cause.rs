//! The likely cause of a wrong answer: the answer's numbers beside the gradient, and beside what known slips would give.

use gradus::tensor::{Shape, Tensor};

use super::task::Point;
use crate::text::numbers::number;

/// Two numbers are the same below this error, relative to the larger or to the largest of all.
const SAME: f64 = 1e-9;

/// Why these values, one for each point, are not the gradient.
pub(crate) fn of(points: &[Point], got: &[Tensor]) -> Option<String> {
    let want: Vec<Tensor> = points.iter().map(|point| gradient(point, &point.g)).collect();
    if got.iter().any(|got| !finite(got)) {
        return Some("it is not a number, or infinite, in some element".to_string());
    }
    if let Some(cause) = slip(points, got) {
        return Some(cause);
    }
    let fits = got[0].shape() == want[0].shape();
    if fits { values(points, got, &want) } else { Some(shapes(points, got, &want)) }
}

fn gradient(point: &Point, g: &Tensor) -> Tensor {
    point.gradients(g).swap_remove(point.puzzle.place())
}

fn finite(x: &Tensor) -> bool {
    x.to_f64_vec().iter().all(|x| x.is_finite())
}

/// A wrong answer that the puzzle knows.
fn slip(points: &[Point], got: &[Tensor]) -> Option<String> {
    let is = |answer: &str| {
        points.iter().zip(got).all(|(point, got)| {
            point.read(answer).and_then(|slip| slip.value()).is_ok_and(|slip| same(&slip, got))
        })
    };
    points[0].puzzle.slips.iter().find(|(answer, _)| is(answer)).map(|(_, cause)| (*cause).to_string())
}

/// The same shape and the same numbers.
fn same(a: &Tensor, b: &Tensor) -> bool {
    a.shape() == b.shape() && near(&a.to_f64_vec(), &b.to_f64_vec()).into_iter().all(|near| near)
}

fn near(a: &[f64], b: &[f64]) -> Vec<bool> {
    let finite = a.iter().chain(b).filter(|x| x.is_finite());
    let largest = finite.fold(0.0, |most: f64, x| most.max(x.abs()));
    // A gradient of 0 is one of rounding.
    let allowed = SAME * largest.max(1e-3);
    a.iter().zip(b).map(|(a, b)| a == b || (a - b).abs() <= allowed).collect()
}

/// A gradient of another shape than its input.
fn shapes(points: &[Point], got: &[Tensor], want: &[Tensor]) -> String {
    let (name, is, wanted) = (points[0].puzzle.wanted, *got[0].shape(), *want[0].shape());
    let all = |f: &dyn Fn(&Tensor, &Tensor) -> bool| got.iter().zip(want).all(|(got, want)| f(got, want));
    let head =
        format!("the answer has shape {}, the gradient has that of {name}, {}", word(is), word(wanted));
    if wanted.broadcast(&is) == Some(is) && count(is) >= count(wanted) {
        let axes = repeated(wanted, is);
        let axes = match &axes[..] {
            [axis] => format!("axis {axis}"),
            _ => format!("axes {}", axes.iter().map(usize::to_string).collect::<Vec<_>>().join(" and ")),
        };
        if count(is) == count(wanted) {
            return format!("{head}: it has an axis of size 1 too many; reshape or squeeze takes it away");
        }
        let summed = all(&|got, want| same(&summed(got, *want.shape()), want));
        let rest = if summed { "" } else { "; the rest is not right either" };
        return format!("{head}: the sum over the broadcast {axes} is missing{rest}");
    }
    if is.len() == 2 && wanted.len() == 2 && is[0] == wanted[1] && is[1] == wanted[0] {
        let turned = all(&|got, want| same(&got.t().contiguous(), want));
        let rest = if turned { "it is transposed" } else { "a transpose is missing or too much" };
        return format!("{head}: {rest}");
    }
    if is.broadcast(&wanted) == Some(wanted) {
        return format!(
            "{head}: every element has a derivative of its own; expand(…, {name}) or ones_like({name})"
        );
    }
    if count(is) == count(wanted) {
        return format!("{head}: a sum without keepdim=1, or one axis too many");
    }
    head
}

fn count(shape: Shape) -> usize {
    shape.iter().product()
}

fn word(shape: Shape) -> String {
    if shape.is_empty() { "[] (one number)".to_string() } else { shape.to_string() }
}

/// The axes of the larger shape along which the smaller one was repeated.
fn repeated(small: Shape, large: Shape) -> Vec<usize> {
    let more = large.len() - small.len();
    let is = |axis: &usize| *axis < more || (small[axis - more] == 1 && large[*axis] != 1);
    (0..large.len()).filter(is).collect()
}

/// Summed down to a shape.
fn summed(x: &Tensor, shape: Shape) -> Tensor {
    let axes: Vec<isize> = repeated(shape, *x.shape()).into_iter().map(|axis| axis as isize).collect();
    x.sum_axes(axes).reshape(shape)
}

/// The right shape, but other numbers.
fn values(points: &[Point], got: &[Tensor], want: &[Tensor]) -> Option<String> {
    let (is, wanted) = (flat(got), flat(want));
    if let Some(factor) = ratio(&is, &wanted) {
        return Some(factor_words(factor, &points[0]));
    }
    let puzzle = points[0].puzzle;
    let every = |value: &dyn Fn(&Point) -> Tensor| {
        points.iter().zip(got).all(|(point, got)| same(&value(point), got))
    };
    if every(&|point| gradient(point, &point.g.ones_like())) {
        return Some("the upstream gradient g is missing".to_string());
    }
    for (i, input) in puzzle.inputs.iter().enumerate().filter(|(i, _)| *i != puzzle.place()) {
        if every(&|point| point.gradients(&point.g).swap_remove(i)) {
            return Some(format!("this is the gradient in {}, not in {}", input.name, puzzle.wanted));
        }
    }
    let right = near(&is, &wanted);
    if let Some(branch) = branch(points, &right) {
        return Some(branch);
    }
    if is.iter().all(|x| x.abs() < 1e-12) {
        return Some("it is 0 in every element".to_string());
    }
    if every(&|point| point.g.clone()) {
        return Some("g alone: the slope is missing".to_string());
    }
    if every(&|point| point.y.clone()) || every(&|point| product(&point.y, &point.g)) {
        return Some("y is the function's value; its slope is asked for".to_string());
    }
    if every(&|point| product(&gradient(point, &point.g), &point.g)) {
        return Some("g stands in it twice".to_string());
    }
    if want[0].rank() == 2 && got.iter().zip(want).all(|(got, want)| same(&got.t().contiguous(), want)) {
        return Some("it is transposed".to_string());
    }
    let (good, all) = (right.iter().filter(|right| **right).count(), right.len());
    (good > 0).then(|| format!("it is right in {good} of {all} elements"))
}

/// The product, where the shapes allow it.
fn product(a: &Tensor, b: &Tensor) -> Tensor {
    if a.shape() == b.shape() { a * b } else { Tensor::scalar(f64::NAN) }
}

fn flat(all: &[Tensor]) -> Vec<f64> {
    all.iter().flat_map(Tensor::to_f64_vec).collect()
}

/// The factor by which all elements differ, if it is one.
fn ratio(is: &[f64], wanted: &[f64]) -> Option<f64> {
    let (place, largest) = wanted.iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    let factor = is[place] / largest;
    let scaled: Vec<f64> = wanted.iter().map(|x| factor * x).collect();
    (factor.abs() > 1e-6 && factor.is_finite() && near(is, &scaled).into_iter().all(|near| near))
        .then_some(factor)
}

fn factor_words(factor: f64, point: &Point) -> String {
    let whole = |x: f64| (x - x.round()).abs() < 1e-6 && (1.5..1e6).contains(&x);
    let size = factor.abs();
    let (what, count) = if whole(size) {
        (format!("a factor {} is too much", size.round()), size)
    } else if whole(1.0 / size) {
        (format!("a factor {} is missing", (1.0 / size).round()), 1.0 / size)
    } else {
        (format!("it is {} times the gradient in every element", number(factor, 5)), 0.0)
    };
    if (size - 1.0).abs() < SAME * 10.0 {
        return "the sign is wrong in every element".to_string();
    }
    let elements = point.inputs.iter().map(Tensor::elements).any(|n| n > 2 && n as f64 == count.round());
    let count = if elements { ", which is the number of elements of an input" } else { "" };
    let sign = if factor < 0.0 && !what.starts_with("it is") { "the sign is wrong, and " } else { "" };
    format!("{sign}{what}{count}")
}

/// Whether it is right on one side of 0 of an input, and wrong on the other.
fn branch(points: &[Point], right: &[bool]) -> Option<String> {
    for (i, input) in points[0].puzzle.inputs.iter().enumerate() {
        let values: Vec<f64> = points.iter().flat_map(|point| point.inputs[i].to_f64_vec()).collect();
        if values.len() != right.len() || right.iter().all(|right| !right) {
            continue;
        }
        for (side, sign) in [("negative", -1.0), ("positive", 1.0)] {
            if values.iter().zip(right).all(|(x, right)| (sign * x > 0.0) != *right) {
                let name = input.name;
                return Some(format!(
                    "it is wrong where {name} is {side}, and right elsewhere: a branch is lost"
                ));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinity_is_near_itself_alone() {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        let found = near(&[inf, inf, 1.0, 1.0, nan, 1.0], &[inf, 1.0, -inf, 2.0, nan, 1.0]);
        assert_eq!(found, [true, false, false, false, false, true]);
    }
}
