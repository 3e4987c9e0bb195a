//! Slopes and curvatures of all elementwise rows over the whole range of both types, infinities included, against values
//! of 50 digits and more: `reference.py` makes `reference.txt`. No NaN where the limit exists.

mod edges;
mod recorded;
mod values;

use approx::abs_diff_eq;
use std::collections::HashMap;

use gradus_autograd::ops::elementwise::table;
use gradus_autograd::{Row, Tape};
use gradus_tensor::{DType, Tensor};

/// The points of a row: the inputs, then what is expected; NaN where nothing is.
struct Reference {
    c: f64,
    points: Vec<Vec<f64>>,
}

/// The rows of `reference.txt`: `name c` after `#`, then a point in each line.
fn references() -> HashMap<&'static str, Reference> {
    let sections = include_str!("reference.txt").split("# ").skip(1);
    let of = |section: &'static str| {
        let mut lines = section.lines();
        let (name, c) = lines.next()?.split_once(' ')?;
        let numbers = |line: &str| line.split(' ').map(|x| x.parse().expect("a number")).collect();
        Some((name, Reference { c: c.parse().expect("a number"), points: lines.map(numbers).collect() }))
    };
    sections.filter_map(of).collect()
}

/// How far a result may be from the reference: relatively, and absolutely near the smallest numbers.
fn bounds(dtype: DType) -> (f64, f64, f64) {
    if dtype == DType::F32 { (1e-5, 1e-37, f64::from(f32::MAX)) } else { (1e-12, 1e-306, f64::MAX) }
}

/// How far a result may be from one of a given size. Values are compared to the last bits where their kernels are tested; here,
/// that the formula is the row's: what cancels in it may lose digits.
fn room(at: &[f64], j: usize, size: f64, (rtol, atol, _): (f64, f64, f64)) -> f64 {
    let small = at.iter().fold(1.0f64, |m, v| m.min(v.abs()));
    let is_value = j == 0 && at.iter().all(|v| v.is_finite());
    atol + rtol * if is_value { 1e3 * size + small } else { size }
}

/// The value, the slopes and the curvatures at all points, in the order of the reference; slopes by both sweeps.
fn ours(row: &'static Row, c: f64, inputs: &[Tensor]) -> (Vec<Tensor>, Vec<Tensor>) {
    let tape = Tape::new();
    let x: Vec<_> = inputs.iter().map(|x| tape.var(x.clone())).collect();
    let y = row.apply(&x, c);
    let slopes = y.sum().grads(&x);
    let numeric = y.sum().backward();
    let mut out = vec![y.value()];
    out.extend(slopes.iter().map(|s| s.value()));
    for (i, slope) in slopes.iter().enumerate() {
        let second = if slope.needs() {
            slope.sum().grads(&x)
        } else {
            x.iter().map(|&x| x.tape().constant(Tensor::zeros_like(&x.value()))).collect()
        };
        out.extend(second[i..].iter().map(|s| s.value()));
    }
    (out, x.iter().map(|&x| numeric.wrt(x)).collect())
}

/// What is wrong with a row in one type.
fn check(row: &'static Row, reference: &Reference, dtype: DType) -> Vec<String> {
    let n = usize::from(row.arity);
    let (_, atol, most) = bounds(dtype);
    let fits = |v: f64| v.is_infinite() || v.abs() <= most && (v == 0.0 || v.abs() >= atol);
    let points: Vec<&Vec<f64>> =
        reference.points.iter().filter(|p| p[..n].iter().all(|&v| fits(v))).collect();
    let inputs: Vec<Tensor> = (0..n)
        .map(|i| Tensor::from_vec(points.iter().map(|p| p[i]).collect::<Vec<f64>>(), points.len()).to(dtype))
        .collect();
    let (results, numeric) = ours(row, reference.c, &inputs);
    let results: Vec<Vec<f64>> = results.iter().map(Tensor::to_f64_vec).collect();
    let numeric: Vec<Vec<f64>> = numeric.iter().map(Tensor::to_f64_vec).collect();
    let mut wrong = Vec::new();
    for (k, p) in points.iter().enumerate() {
        let kink = row.kink_at(p[0], p[n - 1], reference.c);
        // The formulas know no sign of 0.
        let zero = p[..n].iter().any(|v| *v == 0.0 && v.is_sign_negative());
        // The curvatures of two inputs are right beside the largest of them, if none overflows.
        let scale = p[n + 1 + n..].iter().fold(0.0f64, |m, v| m.max(v.abs()));
        // What has no value has no slope, and the curvatures of slopes are third derivatives.
        let last = if p[n].is_nan() {
            n
        } else if row.facts.hidden || n == 2 && scale > most {
            2 * n + 1
        } else {
            p.len()
        };
        for (j, want) in p[n..last].iter().enumerate() {
            let skipped = if j == 0 { zero || (kink && row.facts.hidden) } else { kink };
            if want.is_nan() || skipped {
                continue;
            }
            let want = if dtype == DType::F32 { f64::from(*want as f32) } else { *want };
            let size = if j > n && n == 2 { scale } else { want.abs() };
            let room = room(&p[..n], j, size, bounds(dtype));
            let near = |got: f64| got == want || want.is_finite() && abs_diff_eq!(got, want, epsilon = room);
            let twice = if (1..=n).contains(&j) { numeric[j - 1][k] } else { results[j][k] };
            if !near(results[j][k]) || !near(twice) {
                let what = ["value", "slope", "curvature"][usize::from(j > 0) + usize::from(j > n)];
                wrong.push(format!(
                    "{} in {dtype}, {what} ({j}) at {:?}: {:e}, by loops {twice:e}, should be {want:e}",
                    row.name,
                    &p[..n],
                    results[j][k]
                ));
            }
        }
    }
    wrong
}

/// Whether a row is a step or a straight line everywhere: it has no curvature where it is drawn.
fn straight(row: &'static Row) -> bool {
    let [[low, high], [other_low, other_high]] = row.facts.domain;
    let at = |low: f64, high: f64| {
        Tensor::from_vec((1..8).map(|i| low + (high - low) * f64::from(i) / 8.1).collect::<Vec<f64>>(), 7)
    };
    let inputs = [at(low, high), at(other_high, other_low)];
    let (results, _) = ours(row, row.facts.number.unwrap_or(0.7), &inputs[..usize::from(row.arity)]);
    results[1 + usize::from(row.arity)..].iter().all(|c| c.abs().max().item() == 0.0)
}

#[test]
fn slopes_and_curvatures_are_right_over_the_whole_range() {
    let references = references();
    let mut wrong = Vec::new();
    for row in table() {
        match references.get(row.name) {
            Some(reference) => {
                wrong.extend(check(row, reference, DType::F64));
                wrong.extend(check(row, reference, DType::F32));
            }
            None if straight(row) && values::check(row).is_some() => {}
            None => {
                wrong.push(format!("{}: neither in reference.txt nor straight and in values.rs", row.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}
