//! Rows of the elementwise table, with inputs within their domain and away from their kinks.

use gradus_autograd::ops::elementwise::table;
use gradus_autograd::{Kinks, Row};

use super::draw::Draw;
use super::program::Step;

/// How far inputs stay away from a kink.
const AWAY: f64 = 0.03;
/// How far they stay away from 0, where the second slope of some rows jumps (`softsign`, `celu`).
const BEND: f64 = 0.01;

pub(crate) fn step(draw: &mut Draw<'_>) -> Option<usize> {
    let rows: Vec<&'static Row> = table().filter(|row| !row.facts.estimator).collect();
    let row = rows[draw.numbers.below(rows.len())];
    let given = draw.numbers.between(0.5, 1.5);
    let c = if row.has_number { row.facts.number.unwrap_or(given) } else { 0.0 };
    let a = draw.any();
    let a = draw.fit(a, row.facts.domain[0])?;
    if row.arity == 1 {
        let x = draw.value(a).to_f64_vec();
        let bends = x.iter().any(|x| x.abs() < BEND);
        return (!bends && away(row, &x, &x, c))
            .then(|| draw.push(Step::new(format!("{}({c})", row.name), &[a], move |x| row.apply(x, c))))?;
    }
    let b = if row.facts.same.is_some() && draw.numbers.one_in(4) { a } else { draw.partner(a) };
    let b = draw.fit(b, row.facts.domain[1])?;
    let (x, y) = (draw.value(a), draw.value(b));
    let shape = x.shape().broadcast(y.shape()).expect("partners go together");
    // A column beside a row may have a pair for each two of their elements: 24,000 of each are 4.6 GB.
    if shape.elements() > draw.limit() {
        return None;
    }
    let (x, y) = (x.expand(shape).to_f64_vec(), y.expand(shape).to_f64_vec());
    away(row, &x, &y, c).then(|| draw.push(Step::new(row.name, &[a, b], move |x| row.apply(x, c))))?
}

/// Whether no pair of inputs is near a kink.
fn away(row: &Row, a: &[f64], b: &[f64], c: f64) -> bool {
    let near_integer = |x: f64| (x - x.round()).abs();
    a.iter().zip(b).all(|(&a, &b)| {
        let distance = match row.facts.kinks {
            Kinks::None => return true,
            Kinks::At(points) => points.iter().map(|p| (a - p).abs()).fold(f64::INFINITY, f64::min),
            Kinks::AtNumber => (a - c).abs(),
            Kinks::AtBothSigns => (a.abs() - c.abs()).abs(),
            Kinks::Integers | Kinks::IntegersButZero => near_integer(a),
            Kinks::Halves => near_integer(a - 0.5),
            Kinks::Equal => (a - b).abs(),
            Kinks::Multiples | Kinks::MultiplesButZero => near_integer(a / b),
            Kinks::EitherZero => a.abs().min(b.abs()),
        };
        distance > AWAY
    })
}
