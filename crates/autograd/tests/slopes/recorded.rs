//! A slope that is recorded is the number that the loops multiply with, over the whole range of both types.

use approx::relative_eq;

use gradus_autograd::ops::elementwise::table;
use gradus_autograd::{Row, Tape};
use gradus_tensor::{DType, Tensor};

/// Magnitudes up to the ends of the range: subnormal ones, such whose squares overflow, whole ones that are even but not beside
/// one less, infinity.
fn magnitudes(dtype: DType) -> Vec<f64> {
    let mild = [0.0, 0.3, 0.999, 1.0, 1.5, 2.0, 3.0, 40.0, 1e10];
    let far: &[f64] = if dtype == DType::F32 {
        &[1e-45, 1.3e-43, 1e-39, 1e-25, 1e-10, 16_777_218.0, 1e20, 3e38, f64::from(f32::MAX), f64::INFINITY]
    } else {
        &[
            5e-324,
            1.3e-322,
            1e-310,
            1e-200,
            1e-30,
            9_007_199_254_740_994.0,
            1e160,
            1.5e308,
            f64::MAX,
            f64::INFINITY,
        ]
    };
    mild.into_iter().chain(far.iter().copied()).collect()
}

/// What a row is applied to: all numbers, of both signs, or all pairs of them.
fn inputs(row: &Row, dtype: DType) -> Vec<Vec<f64>> {
    let numbers: Vec<f64> = magnitudes(dtype).iter().flat_map(|&x| [x, -x]).chain([f64::NAN]).collect();
    if row.arity == 1 {
        return vec![numbers];
    }
    let pairs = numbers.iter().flat_map(|&a| numbers.iter().map(move |&b| (a, b)));
    let (first, second) = pairs.unzip();
    vec![first, second]
}

/// Where the two differ in more than the last digits, or the last units of subnormal numbers.
fn differing(row: &'static Row, c: f64, dtype: DType) -> Vec<String> {
    let tape = Tape::new();
    let columns = inputs(row, dtype);
    let x: Vec<_> =
        columns.iter().map(|x| tape.var(Tensor::from_vec(x.clone(), x.len()).to(dtype))).collect();
    let y = row.apply(&x, c).sum();
    let (numeric, recorded) = (y.backward(), y.grads(&x));
    let (rtol, least) = if dtype == DType::F32 { (1e-5, 3e-45) } else { (1e-12, 1.5e-323) };
    let mut wrong = Vec::new();
    for (i, slope) in recorded.iter().enumerate() {
        let (numeric, recorded) = (numeric.wrt(x[i]).to_f64_vec(), slope.value().to_f64_vec());
        for (k, (&by_loops, &recorded)) in numeric.iter().zip(&recorded).enumerate() {
            let same = by_loops.is_nan() && recorded.is_nan()
                || relative_eq!(by_loops, recorded, epsilon = least, max_relative = rtol);
            if !same {
                let at: Vec<f64> = columns.iter().map(|x| x[k]).collect();
                wrong.push(format!(
                    "{} {c} in {dtype} at {at:?}, slope {i}: recorded {recorded:e}, by loops {by_loops:e}",
                    row.name
                ));
            }
        }
    }
    wrong
}

#[test]
fn recorded_slopes_are_those_of_the_loops_over_the_whole_range() {
    let mut wrong = Vec::new();
    for row in table() {
        for dtype in [DType::F64, DType::F32] {
            for c in if row.has_number { vec![row.facts.number.unwrap_or(0.7), 3.0] } else { vec![0.0] } {
                wrong.extend(differing(row, c, dtype));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
