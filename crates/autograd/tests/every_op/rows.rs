//! The elementwise rows, enumerated from their tables.

use gradus_autograd::{Elements, Kinks, Row, Tape, Var};
use gradus_tensor::Tensor;

use super::check::{all_checks, draw, same_gradients, strided};

/// The number that a row carries in checks.
fn number(row: &Row) -> f64 {
    row.facts.number.unwrap_or(0.7)
}

pub(crate) fn check(row: &'static Row) -> Vec<String> {
    if row.facts.estimator {
        return Vec::new();
    }
    let [[a_low, a_high], [b_low, b_high]] = row.facts.domain;
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
        // A step along a direction through many elements may cross a kink.
        if row.facts.kinks == Kinks::None {
            failures.extend(all_checks(row.name, &f, &turned, along));
        }
    }
    failures
}

fn applied(row: &'static Row) -> impl for<'t> Fn(&[Var<'t>]) -> Var<'t> {
    move |x| row.apply(x, number(row))
}

/// What the facts of a row say and does not hold.
pub(crate) fn facts(row: &'static Row) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            wrong.push(format!("{}: {what}", row.name));
        }
    };
    let c = number(row);
    must(row.facts.number.is_none() || row.has_number, "a usual number, but it carries none");
    // Not the usual number: some rows are smooth there (elu with α = 1).
    for (a, b) in kink_candidates(row, 0.7) {
        let at = row.kink_at(a, b, 0.7);
        must(
            at == breaks(row, a, b, 0.7),
            &format!("at ({a}, {b}) the facts say kink: {at}, the values do not"),
        );
    }
    let [[low, high], [other_low, other_high]] = row.facts.domain;
    for part in [0.01, 0.31, 0.77, 0.99] {
        let (a, b) = (low + part * (high - low), other_high - part * (other_high - other_low));
        let (y, slopes) = at(row, a, b, c);
        must(y.is_finite() && slopes.iter().all(|s| s.is_finite()), &format!("not finite at ({a}, {b})"));
        if row.facts.bilinear {
            must(slopes == [b, a], "the slope in each input is not the other input");
        }
        if let Some(same) = row.facts.same {
            must(at(row, a, a, c).0 == at(same, a, a, 0.0).0, "of a value with itself it is another row");
        }
    }
    wrong
}

/// Points at which rows may have kinks, within the domain.
fn kink_candidates(row: &Row, c: f64) -> Vec<(f64, f64)> {
    let [[low, high], [other_low, other_high]] = row.facts.domain;
    let points = [-3.0, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, c, -c, 0.25];
    // The activations' kinks at 3 lie outside of where they are drawn.
    let (low, high) = if low == -2.0 { (-3.0, 3.0) } else { (low, high) };
    let inside = |&(a, b): &(f64, f64)| {
        (low..=high).contains(&a) && (row.arity == 1 || (other_low..=other_high).contains(&b))
    };
    let pairs = points.iter().flat_map(|&a| points.iter().map(move |&b| (a, b)));
    let one = points.iter().map(|&a| (a, a));
    if row.arity == 1 { one.filter(inside).collect() } else { pairs.filter(inside).collect() }
}

/// Whether the value or a slope jumps at a point, along either input.
fn breaks(row: &'static Row, a: f64, b: f64, c: f64) -> bool {
    const H: f64 = 1e-7;
    let jump = |x: f64, y: f64| {
        (x - y).abs() > 1e-4 * (1.0 + x.abs().max(y.abs())) || x.is_finite() != y.is_finite()
    };
    let apart = |(y, s): (f64, Vec<f64>), (z, t): (f64, Vec<f64>)| {
        jump(y, z) || s.iter().zip(&t).any(|(s, t)| jump(*s, *t))
    };
    let here = at(row, a, b, c).0;
    let along = |da: f64, db: f64| {
        let (up, down) = (at(row, a + da, b + db, c), at(row, a - da, b - db, c));
        jump(here, up.0) || jump(here, down.0) || apart(up, down)
    };
    along(H, 0.0) || (row.arity == 2 && along(0.0, H))
}

/// The value and the slopes of a row.
fn at(row: &'static Row, a: f64, b: f64, c: f64) -> (f64, Vec<f64>) {
    let tape = Tape::new();
    let inputs = [tape.var(a), tape.var(b)];
    let inputs = &inputs[..usize::from(row.arity)];
    let y = row.apply(inputs, c);
    let gradients = y.backward();
    (y.item(), inputs.iter().map(|&x| gradients.wrt(x).item()).collect())
}
