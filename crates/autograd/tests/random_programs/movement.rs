//! Operations that move, pick and place elements.

use gradus_autograd::Var;
use gradus_tensor::{REST, Slice, Tensor};

use super::draw::Draw;
use super::program::Step;

pub(crate) fn step(draw: &mut Draw<'_>) -> Option<usize> {
    let x = draw.any();
    let dims = draw.dims(x);
    if dims.is_empty() {
        return unranked(draw, x);
    }
    let axis = draw.numbers.below(dims.len());
    let step = match draw.numbers.below(10) {
        0..5 => moved(draw, x, &dims, axis),
        5 | 6 => picked(draw, x, &dims, axis),
        7 | 8 => joined(draw, x, &dims, axis)?,
        _ if draw.numbers.one_in(2) => return sorted(draw, x, axis),
        _ => return unranked(draw, x),
    };
    draw.push(step)
}

/// Every element in another place, or a part of them.
fn moved(draw: &mut Draw<'_>, x: usize, dims: &[usize], axis: usize) -> Step {
    let (n, at) = (dims[axis], axis as isize);
    match draw.numbers.below(10) {
        0 => Step::of("reshape(rest)", x, |x| x.reshape([REST])),
        1 => {
            let divisors: Vec<usize> = (1..=n).filter(|k| n.is_multiple_of(*k)).collect();
            let k = divisors[draw.numbers.below(divisors.len())];
            let mut shape = dims.to_vec();
            shape[axis] = k;
            shape.insert(axis + 1, n / k);
            Step::of(format!("reshape({shape:?})"), x, move |x| x.reshape(&shape[..]))
        }
        2 => {
            let order: Vec<isize> = draw.numbers.order(dims.len()).into_iter().map(|i| i as isize).collect();
            Step::of(format!("permute({order:?})"), x, move |x| x.permute(&order[..]))
        }
        3 => slice(draw, x, axis, n),
        4 => Step::of(format!("flip({axis})"), x, move |x| x.flip(at)),
        5 => {
            let shift = draw.numbers.below(2 * n) as isize - n as isize;
            Step::of(format!("roll({shift}, {axis})"), x, move |x| x.roll(&[shift], &[at]))
        }
        6 if dims.len() > 1 => {
            let k = draw.numbers.below(3) as isize - 1;
            Step::of(format!("tril({k})"), x, move |x| x.tril(k))
        }
        7 if dims.len() > 1 => Step::of("diagonal", x, |x| x.diagonal(0, -2, -1)),
        8 => {
            let others = dims.iter().product::<usize>() / n;
            let most = n.min(draw.limit() / (n * others)).max(1);
            let (size, by) = (draw.numbers.within(1, most), draw.numbers.within(1, 2));
            Step::of(format!("unfold({axis}, {size}, {by})"), x, move |x| x.unfold(at, size, by))
        }
        _ => Step::of(format!("repeat_interleave(2, {axis})"), x, move |x| x.repeat_interleave(2, at)),
    }
}

/// Elements that are named.
fn picked(draw: &mut Draw<'_>, x: usize, dims: &[usize], axis: usize) -> Step {
    let (n, at) = (dims[axis], axis as isize);
    match draw.numbers.below(4) {
        0 => {
            let place = draw.numbers.below(n) as isize;
            Step::of(format!("select({axis}, {place})"), x, move |x| x.select(at, place))
        }
        1 => {
            let index = indices(draw, n, &[n.min(5)]);
            Step::of(format!("index_select({axis}, {index})"), x, move |x| x.index_select(at, &index))
        }
        2 => {
            let index = indices(draw, n, dims);
            Step::of(format!("gather({axis})"), x, move |x| x.gather(at, &index))
        }
        _ => {
            let mask = mask(draw, dims);
            Step::of("masked_select", x, move |x| x.masked_select(&mask))
        }
    }
}

/// Elements of two values.
fn joined(draw: &mut Draw<'_>, x: usize, dims: &[usize], axis: usize) -> Option<Step> {
    let at = axis as isize;
    if draw.numbers.one_in(5) {
        let mut sizes = vec![(0, 0); dims.len()];
        sizes[axis] = (draw.numbers.below(3), draw.numbers.below(3));
        return Some(Step::of(format!("pad_constant({sizes:?})"), x, move |x| x.pad_constant(&sizes, 0.3)));
    }
    let other = same_shape(draw, x, dims)?;
    Some(match draw.numbers.below(4) {
        0 => {
            let index = indices(draw, dims[axis], dims);
            let name = format!("scatter_add({axis})");
            Step::new(name, &[x, other], move |x| x[0].scatter_add(at, &index, x[1])).summing()
        }
        1 => {
            let mask = mask(draw, dims);
            Step::new("where", &[x, other], move |x| x[0].where_(&mask, x[1]))
        }
        2 => Step::new(format!("cat({axis})"), &[x, other, x], move |x| Var::cat(x, at)),
        _ => Step::new(format!("stack({axis})"), &[x, other], move |x| Var::stack(x, at)),
    })
}

/// What works on a scalar too.
fn unranked(draw: &mut Draw<'_>, x: usize) -> Option<usize> {
    let mut shape = draw.dims(x);
    let n = draw.numbers.within(1, 3);
    shape.insert(0, n);
    let step = match draw.numbers.below(3) {
        0 => Step::of("unsqueeze", x, |x| x.unsqueeze(0)),
        1 => Step::of(format!("expand({shape:?})"), x, move |x| x.expand(&shape[..])),
        _ => Step::of("checkpoint", x, |x| x.checkpoint(|x| x.tanh() * x + x.square().sin())),
    };
    draw.push(step)
}

fn slice(draw: &mut Draw<'_>, x: usize, axis: usize, n: usize) -> Step {
    let start = draw.numbers.below(n) as isize;
    let end = draw.numbers.within(start as usize + 1, n) as isize;
    let by = draw.numbers.within(1, 3) as isize;
    let backward = draw.numbers.one_in(2);
    // From the last place of the same range, where it goes backward.
    let slice = if backward {
        Slice { start: Some(end - 1), end: (start > 0).then_some(start - 1), step: -by }
    } else {
        Slice { start: Some(start), end: Some(end), step: by }
    };
    Step::of(format!("slice({axis}, {slice:?})"), x, move |x| x.slice(axis as isize, slice))
}

/// Sorted along an axis, if no two elements may change places.
fn sorted(draw: &mut Draw<'_>, x: usize, axis: usize) -> Option<usize> {
    let (values, _) = draw.value(x).sort(axis as isize, false);
    let n = values.shape()[axis];
    if n > 1 {
        let low = values.narrow(axis as isize, 0, n - 1);
        let gaps = values.narrow(axis as isize, 1, n - 1) - low;
        if gaps.min().item() < 0.03 {
            return None;
        }
    }
    let descending = draw.numbers.one_in(2);
    let at = axis as isize;
    if draw.numbers.one_in(2) {
        let k = draw.numbers.within(1, n);
        let name = format!("topk({k}, {axis})");
        return draw.push(Step::of(name, x, move |x| x.topk(k, at, descending).0));
    }
    draw.push(Step::of(format!("sort({axis})"), x, move |x| x.sort(at, descending).0))
}

pub(crate) fn indices(draw: &mut Draw<'_>, n: usize, shape: &[usize]) -> Tensor {
    let count = shape.iter().product();
    let places: Vec<i64> = (0..count).map(|_| draw.numbers.below(n) as i64).collect();
    Tensor::from_slice(&places, shape)
}

fn mask(draw: &mut Draw<'_>, shape: &[usize]) -> Tensor {
    let count = shape.iter().product();
    let places: Vec<bool> = (0..count).map(|_| draw.numbers.one_in(2)).collect();
    Tensor::from_slice(&places, shape)
}

/// Another value of this shape, or a new input.
fn same_shape(draw: &mut Draw<'_>, x: usize, dims: &[usize]) -> Option<usize> {
    let other = draw.partner(x);
    if draw.dims(other) == dims {
        return Some(other);
    }
    draw.has_room().then(|| draw.input(dims, -2.0, 2.0))
}
