//! Operations of a layer's kind: windows, channels, cells, losses. Each takes elements of a value in the shape that it asks for.

use gradus_autograd::ops::{ConvOptions, Padding, Pool, Resize};
use gradus_autograd::{Tape, Var};
use gradus_tensor::REST;

use super::draw::Draw;
use super::movement::indices;
use super::program::Step;
use super::sums::decided;

pub(crate) fn step(draw: &mut Draw<'_>) -> Option<usize> {
    match draw.numbers.below(8) {
        0 | 1 => convolution(draw),
        2 | 3 => pooling(draw),
        4 => channels(draw),
        5 => cell(draw),
        6 => loss(draw),
        _ => sampled(draw),
    }
}

/// The first elements of a value, in this shape.
fn shaped(draw: &mut Draw<'_>, shape: Vec<usize>) -> Option<usize> {
    let x = draw.any();
    let n: usize = shape.iter().product();
    if draw.dims(x).iter().product::<usize>() < n {
        return None;
    }
    let name = format!("first{shape:?}");
    draw.push(Step::of(name, x, move |x| x.reshape([REST]).narrow(0, 0, n).reshape(&shape[..])))
}

/// `[N, C, …]` with one to three axes of at least two places.
fn image(draw: &mut Draw<'_>, channels: usize) -> Option<(usize, Vec<usize>)> {
    let axes = [1, 1, 2, 2, 2, 3][draw.numbers.below(6)];
    let mut shape = vec![draw.numbers.within(1, 2), channels];
    shape.extend((0..axes).map(|_| draw.numbers.within(2, 7 - axes)));
    Some((shaped(draw, shape.clone())?, shape))
}

fn convolution(draw: &mut Draw<'_>) -> Option<usize> {
    let groups = draw.numbers.within(1, 2);
    let channels = groups * draw.numbers.within(1, 2);
    let (x, shape) = image(draw, channels)?;
    if !draw.has_room() {
        return None;
    }
    let per_axis = |draw: &mut Draw<'_>, most: usize| -> Vec<usize> {
        (2..shape.len()).map(|_| draw.numbers.within(1, most)).collect()
    };
    let (stride, dilation) = (per_axis(draw, 2), per_axis(draw, 2));
    let padding = Padding::Sizes(per_axis(draw, 2).iter().map(|n| n - 1).collect());
    // Windows that fit: d (k - 1) + 1 places.
    let kernel: Vec<usize> = (shape[2..].iter().zip(&dilation))
        .map(|(&n, &d)| draw.numbers.within(1, 3).min((n - 1) / d + 1))
        .collect();
    let how = ConvOptions { stride, padding, dilation, groups, ..ConvOptions::default() };
    let out = draw.numbers.within(1, 2);
    if draw.numbers.one_in(3) {
        let padding = Padding::Valid;
        let how = ConvOptions { padding, ..how };
        let weight = draw.input(&[&[channels, out][..], &kernel].concat(), -1.0, 1.0);
        let more = vec![0; kernel.len()];
        let name = format!("conv_transpose({how:?})");
        let step = Step::new(name, &[x, weight], move |x| x[0].conv_transpose(x[1], None, &how, &more));
        return draw.push(step.summing());
    }
    let weight = draw.input(&[&[out * groups, channels / groups][..], &kernel].concat(), -1.0, 1.0);
    let name = format!("conv({how:?})");
    draw.push(Step::new(name, &[x, weight], move |x| x[0].conv(x[1], None, &how)).summing())
}

fn pooling(draw: &mut Draw<'_>) -> Option<usize> {
    let channels = draw.numbers.within(1, 2);
    let (x, shape) = image(draw, channels)?;
    let stride = draw.numbers.within(1, 2);
    let padding = draw.numbers.below(2);
    let pool = Pool { stride: vec![stride], padding: vec![padding], ..Pool::of(2) };
    if draw.numbers.one_in(2) {
        let name = format!("avg_pool({stride}, {padding})");
        return draw.push(Step::of(name, x, move |x| x.avg_pool(&pool)).summing());
    }
    // Each window has one largest element by more than a little; what is added around it is the least.
    let axes = shape.len() - 2;
    let mut alone = vec![shape[0] * channels, 1];
    alone.extend(&shape[2..]);
    let around: Vec<(usize, usize)> =
        (0..alone.len()).map(|axis| if axis < 2 { (0, 0) } else { (padding, padding) }).collect();
    let tape = Tape::new();
    let padded = tape.constant(draw.value(x).reshape(&alone[..])).pad_constant(&around, -1e3);
    let how = ConvOptions { stride: vec![stride], ..ConvOptions::default() };
    let columns = padded.window_columns(&vec![2; axes], &how).value();
    if !decided(&columns, 1) {
        return None;
    }
    let name = format!("max_pool({stride}, {padding})");
    draw.push(Step::of(name, x, move |x| x.max_pool(&pool).0))
}

/// Statistics of channels and of groups of them.
fn channels(draw: &mut Draw<'_>) -> Option<usize> {
    let groups = draw.numbers.within(1, 2);
    let channels = groups * draw.numbers.within(1, 2);
    let (x, _) = image(draw, channels)?;
    if !draw.has_room() {
        return None;
    }
    let (gamma, beta) = (draw.input(&[channels], 0.5, 1.5), draw.input(&[channels], -1.0, 1.0));
    let step = match draw.numbers.below(3) {
        0 => Step::new("batch_norm_training", &[x, gamma, beta], |x| {
            x[0].batch_norm_training(Some(x[1]), Some(x[2]), 1e-2).0
        }),
        1 => Step::new(format!("group_norm({groups})"), &[x, gamma, beta], move |x| {
            x[0].group_norm(groups, Some(x[1]), Some(x[2]), 1e-2)
        }),
        _ => Step::new("scale_channels", &[x, gamma, beta], |x| x[0].scale_channels(Some(x[1]), Some(x[2]))),
    };
    draw.push(step.summing())
}

/// A step of a recurrent layer.
fn cell(draw: &mut Draw<'_>) -> Option<usize> {
    let (rows, width) = (draw.numbers.within(1, 3), draw.numbers.within(1, 3));
    let lstm = draw.numbers.one_in(2);
    let x = shaped(draw, vec![rows, if lstm { 4 } else { 3 } * width])?;
    let state = shaped(draw, vec![rows, width])?;
    let step = if lstm {
        Step::new("lstm_cell", &[x, state], |x| {
            let (h, c) = x[0].lstm_cell(x[1]);
            h + c.square()
        })
    } else {
        Step::new("gru_cell", &[x, state], |x| x[0].gru_cell(x[0].sin(), x[1]))
    };
    draw.push(step)
}

fn loss(draw: &mut Draw<'_>) -> Option<usize> {
    let (rows, classes) = (draw.numbers.within(1, 4), draw.numbers.within(2, 4));
    let x = shaped(draw, vec![rows, classes])?;
    let step = match draw.numbers.below(4) {
        0 => {
            let labels = indices(draw, classes, &[rows]);
            Step::of("cross_entropy", x, move |x| x.cross_entropy(&labels))
        }
        1 => Step::of("mse", x, |x| x.mse(x.sin())),
        2 => Step::of("einsum", x, |x| Var::einsum("ij,kj,kl->il", &[x, x.cos(), x])),
        _ => Step::of("info_nce", x, |x| x.info_nce(x.sin() + 1.0)),
    };
    draw.push(step.summing())
}

/// Between the places of an image, and every part of it in a column.
fn sampled(draw: &mut Draw<'_>) -> Option<usize> {
    let (x, shape) = image(draw, 1)?;
    let axes = shape.len() - 2;
    if draw.numbers.one_in(2) {
        let out: Vec<usize> = (0..axes).map(|_| draw.numbers.within(1, 5)).collect();
        let corners = draw.numbers.one_in(2);
        let name = format!("resize({out:?}, corners: {corners})");
        return draw.push(Step::of(name, x, move |x| x.resize(&out, Resize::Linear { corners })).summing());
    }
    let (size, kernel) = (shape[2..].to_vec(), vec![2; axes]);
    let step = Step::of("columns_and_fold", x, move |x| {
        let columns = x.window_columns(&kernel, &ConvOptions::default());
        columns.sin().fold(&size, &kernel, &ConvOptions::default())
    });
    draw.push(step.summing())
}
