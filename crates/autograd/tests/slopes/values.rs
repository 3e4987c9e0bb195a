//! Values of the rows that have no reference, since they are steps, straight lines or choices: by the standard library.

use gradus_autograd::ops::elementwise::table;
use gradus_autograd::{Row, Tape};
use gradus_tensor::DType;

/// The value, exactly; `None` for a row that is none of these.
fn plain(name: &str, a: f64, b: f64, c: f64) -> Option<f64> {
    let step = |holds: bool| f64::from(u8::from(holds));
    Some(match name {
        "neg" => -a,
        "alias" => a,
        "add_number" => a + c,
        "number_minus" => c - a,
        "scale" => a * c,
        "over_number" => a / c,
        "round" | "round_straight_through" => a.round_ties_even(),
        "floor" => a.floor(),
        "ceil" => a.ceil(),
        "trunc" => a.trunc(),
        "frac" => a.fract(),
        "sign" => step(a > 0.0) - step(a < 0.0),
        "finite" => a.clamp(f64::MIN, f64::MAX),
        "fmax" => a.max(b),
        "fmin" => a.min(b),
        "copysign" => a.copysign(b),
        "fmod" => a % b,
        "remainder" => ((a % b) + b) % b,
        "gt" => step(a > b),
        "ge" => step(a >= b),
        "lt" => step(a < b),
        "le" => step(a <= b),
        "eq" => step(a == b),
        "ne" => step(a != b),
        _ => return None,
    })
}

/// What is wrong with the values of a row; `None` if it is none of these.
pub(crate) fn check(row: &'static Row) -> Option<Vec<String>> {
    let points = [-3.0, -2.5, -1.5, -1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.75, f64::NAN];
    let c = 0.5;
    let mut wrong = Vec::new();
    for (a, b) in points.iter().flat_map(|&a| points.iter().map(move |&b| (a, b))) {
        let want = plain(row.name, a, b, c)?;
        for dtype in [DType::F64, DType::F32] {
            let tape = Tape::new();
            let inputs = [a, b].map(|x| tape.var(gradus_tensor::Tensor::scalar(x).to(dtype)));
            let got = row.apply(&inputs[..usize::from(row.arity)], c).item();
            // All numbers here are exact in either type.
            if got != want && !(got.is_nan() && (want.is_nan() || a.is_nan() || b.is_nan())) {
                wrong.push(format!("{} in {dtype} at ({a}, {b}): {got}, should be {want}", row.name));
            }
        }
    }
    Some(wrong)
}

#[test]
fn steps_lines_and_choices_have_the_values_of_the_standard_library() {
    let wrong: Vec<String> = table().filter_map(check).flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
