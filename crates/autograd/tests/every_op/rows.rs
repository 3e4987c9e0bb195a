//! The elementwise rows, enumerated from their tables.

use gradus_autograd::{Elements, Row, Tape, Var};
use gradus_tensor::Tensor;

use super::check::{all_checks, draw, same_gradients, strided};

/// Rows whose slope is not the derivative, on purpose.
const NOT_A_DERIVATIVE: [(&str, &str); 1] = [("round_straight_through", "the straight-through estimator")];

/// Where the arguments of a row lie if not between -2 and 2; the second bounds are those of a second input.
const DOMAINS: [(&str, [f64; 4]); 13] = [
    ("recip", [0.5, 2.0, 0.0, 0.0]),
    ("number_over", [0.5, 2.0, 0.0, 0.0]),
    ("acosh", [1.3, 3.0, 0.0, 0.0]),
    ("pow", [0.4, 2.0, -2.0, 2.0]),
    ("div", [-2.0, 2.0, 0.5, 2.0]),
    ("xlogy", [-2.0, 2.0, 0.4, 2.0]),
    ("xlog1py", [-2.0, 2.0, -0.5, 2.0]),
    ("fmod", [-2.0, 2.0, 0.6, 1.4]),
    ("remainder", [-2.0, 2.0, 0.6, 1.4]),
    ("atan2", [0.4, 2.0, -2.0, 2.0]),
    ("hypot", [0.4, 2.0, -2.0, 2.0]),
    ("powf", [0.4, 2.0, 0.0, 0.0]),
    ("tan", [-1.0, 1.0, 0.0, 0.0]),
];

/// The number of a row that carries one.
fn number(row: &Row) -> f64 {
    match row.name {
        "polygamma" => 1.0,
        "powf" => 2.3,
        _ => 0.7,
    }
}

/// The bounds of each input: from the list above; else -2 to 2, or within 0 and 1 if the row is not finite there.
fn domain(row: &'static Row) -> [f64; 4] {
    if let Some((_, domain)) = DOMAINS.iter().find(|(name, _)| *name == row.name) {
        return *domain;
    }
    let tape = Tape::new();
    let points = tape.var(Tensor::from([-2.0, -1.3, -0.6, 0.6, 1.3, 2.0]));
    let inputs = [points, points];
    let y = row.apply(&inputs[..usize::from(row.arity)], number(row)).value();
    let finite = y.to_f64_vec().iter().all(|y| y.is_finite());
    if finite { [-2.0, 2.0, -2.0, 2.0] } else { [0.2, 0.9, 0.2, 0.9] }
}

pub(crate) fn check(row: &'static Row) -> Vec<String> {
    if NOT_A_DERIVATIVE.iter().any(|(name, _)| *name == row.name) {
        return Vec::new();
    }
    let [a_low, a_high, b_low, b_high] = domain(row);
    let f = applied(row);
    let shapes: &[[&[usize]; 2]] = match row.arity {
        1 => &[[&[3, 4], &[]]],
        _ => &[[&[3, 4], &[3, 4]], [&[3, 1], &[2, 1, 4]]],
    };
    let n = usize::from(row.arity);
    let inputs = |shapes: [&[usize]; 2]| {
        let mut both = draw(&shapes[..1], a_low, a_high);
        both.extend(draw(&[&[5], shapes[1]], b_low, b_high).pop());
        both.truncate(n);
        both
    };
    let mut failures: Vec<String> =
        shapes.iter().flat_map(|&shapes| all_checks(row.name, &f, &inputs(shapes), Elements::All)).collect();
    // Large values take other ways through the sweep: strided, and broadcast from a small and from a large one.
    let along = Elements::Directions { count: 2, seed: 3 };
    for shapes in [[&[14, 13][..], &[13]], [&[13], &[14, 13]], [&[14, 13], &[14, 13]]] {
        let large = inputs(shapes);
        let turned: Vec<Tensor> = large.iter().map(strided).collect();
        failures.extend(same_gradients(row.name, &f, &large, &turned));
        if smooth(row) {
            failures.extend(all_checks(row.name, &f, &turned, along));
        }
    }
    failures
}

/// Whether a step along a direction through many elements crosses no kink or jump.
fn smooth(row: &Row) -> bool {
    !row.doc.contains("lope at")
        && !row.doc.contains("slopes are 0")
        && !row.doc.contains("slope is")
        && !["copysign", "fmod", "remainder", "frac", "abs", "maximum", "minimum", "fmax", "fmin", "i0e"]
            .contains(&row.name)
}

fn applied(row: &'static Row) -> impl for<'t> Fn(&[Var<'t>]) -> Var<'t> {
    move |x| row.apply(x, number(row))
}
