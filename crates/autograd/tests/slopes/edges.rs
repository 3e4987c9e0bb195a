//! Rows at their edges, where a branch of the formula begins: ties, zeros, bounds, a NaN that is ignored.

use approx::relative_eq;

use gradus_autograd::ops::elementwise::table;
use gradus_autograd::{Row, Tape, Var};

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;
/// The bound below which `surprise` holds a probability's variance.
const LEAST: f64 = 9.999_999_960_041_972e-13;

/// The row and its number, the inputs, the value, the slopes.
type Edge = (&'static str, f64, &'static [f64], f64, &'static [f64]);

const EDGES: &[Edge] = &[
    ("abs", 0.0, &[-0.0], 0.0, &[0.0]),
    ("celu", 2.0, &[-1.0], -0.786_938_680_574_733_2, &[0.606_530_659_712_633_4]),
    ("celu", 0.5, &[0.0], 0.0, &[1.0]),
    ("entr", 0.0, &[-1.0], -INF, &[NAN]),
    ("powf", 0.0, &[0.0], 1.0, &[0.0]),
    ("number_pow", 0.0, &[2.0], 0.0, &[0.0]),
    ("number_pow", 0.0, &[0.0], 1.0, &[0.0]),
    ("number_pow", 0.0, &[-1.0], INF, &[-INF]),
    ("finite", 0.0, &[2.0], 2.0, &[1.0]),
    ("finite", 0.0, &[-INF], f64::MIN, &[1.0]),
    ("round_straight_through", 0.0, &[0.5], 0.0, &[1.0]),
    ("pow", 0.0, &[0.0, 0.0], 1.0, &[0.0, 0.0]),
    ("pow", 0.0, &[0.0, 2.0], 0.0, &[0.0, 0.0]),
    ("pow", 0.0, &[0.0, 1.0], 0.0, &[1.0, 0.0]),
    ("pow", 0.0, &[2.0, 0.0], 1.0, &[0.0, std::f64::consts::LN_2]),
    ("maximum", 0.0, &[3.0, 3.0], 3.0, &[0.5, 0.5]),
    ("minimum", 0.0, &[3.0, 3.0], 3.0, &[0.5, 0.5]),
    ("fmax", 0.0, &[3.0, 3.0], 3.0, &[0.5, 0.5]),
    ("fmin", 0.0, &[3.0, 3.0], 3.0, &[0.5, 0.5]),
    ("fmax", 0.0, &[1.0, NAN], 1.0, &[1.0, 0.0]),
    ("fmin", 0.0, &[1.0, NAN], 1.0, &[1.0, 0.0]),
    ("fmax", 0.0, &[NAN, 1.0], 1.0, &[0.0, 1.0]),
    ("fmin", 0.0, &[NAN, 1.0], 1.0, &[0.0, 1.0]),
    ("fmax", 0.0, &[NAN, NAN], NAN, &[1.0, 0.0]),
    ("fmin", 0.0, &[NAN, NAN], NAN, &[1.0, 0.0]),
    // 0.9 / 0.1 rounds to 9.
    ("fmod", 0.0, &[0.9, 0.1], 0.099_999_999_999_999_98, &[1.0, -8.0]),
    ("fmod", 0.0, &[1.0, 0.0], NAN, &[1.0, -INF]),
    ("remainder", 0.0, &[0.9, 0.1], 0.099_999_999_999_999_98, &[1.0, -8.0]),
    ("remainder", 0.0, &[1.0, 0.0], NAN, &[1.0, -INF]),
    ("xlogy", 0.0, &[0.0, 0.0], 0.0, &[0.0, NAN]),
    ("xlogy", 0.0, &[0.0, -1.0], 0.0, &[0.0, -0.0]),
    ("xlog1py", 0.0, &[0.0, -1.0], 0.0, &[0.0, NAN]),
    ("weigh", 0.0, &[0.0, INF], 0.0, &[0.0, 0.0]),
    ("weigh", 0.0, &[0.0, 2.0], 0.0, &[2.0, 0.0]),
    ("copysign", 0.0, &[0.0, 1.0], 0.0, &[0.0, 0.0]),
    ("surprise", 0.0, &[0.0, 1.0], 100.0, &[-1.0 / LEAST, 100.0]),
    ("surprise", 0.0, &[1.0, 0.0], 100.0, &[1.0 / LEAST, -100.0]),
    ("surprise", 0.0, &[1e-50, 1.0], 100.0, &[-1.0 / LEAST, 100.0]),
    (
        "surprise",
        0.0,
        &[1.2e-12, 1.0],
        27.448_699_559_134_592,
        &[-833_333_333_333.333_4, 27.448_699_559_133_39],
    ),
    (
        "surprise",
        0.0,
        &[0.500_001, 0.5],
        0.693_147_180_561_945_4,
        &[4.000_000_000_131_022e-6, -4.000_000_000_120_356e-6],
    ),
    ("surprise", 0.0, &[4.5e-44, 1.0], 99.809_666_694_961_73, &[-1.0 / LEAST, 99.809_666_694_961_73]),
];

/// Where second derivatives exist and a branch that is not taken would spoil them: the row and its number, the inputs, which slope
/// is differentiated, and in which input.
const CURVED: &[(&str, &[f64], usize, usize)] = &[
    ("pow", &[0.0, 2.0], 1, 0),
    ("surprise", &[0.0, 0.5], 1, 0),
    ("surprise", &[1.0, 0.5], 1, 0),
    ("inverse_mills", &[100.0], 0, 0),
];

fn same(a: f64, b: f64) -> bool {
    a.is_nan() && b.is_nan() || relative_eq!(a, b, epsilon = 0.0, max_relative = 1e-13)
}

fn check(row: &'static Row, edge: &Edge) -> Vec<String> {
    let (_, c, at, value, slopes) = edge;
    let tape = Tape::new();
    let x: Vec<Var<'_>> = at.iter().map(|&x| tape.var(x)).collect();
    let y = row.apply(&x, *c);
    let numeric = y.backward();
    let recorded = y.grads(&x);
    let mut wrong = Vec::new();
    if !same(y.item(), *value) || (*value == 0.0 && y.item().is_sign_negative() != value.is_sign_negative()) {
        wrong.push(format!("{} at {at:?}: {}, should be {value}", row.name, y.item()));
    }
    for (i, want) in slopes.iter().enumerate() {
        let both = [numeric.wrt(x[i]).item(), recorded[i].item()];
        if !both.iter().all(|&got| same(got, *want)) {
            wrong.push(format!("{} at {at:?}: slopes {both:?} in input {i}, should be {want}", row.name));
        }
    }
    wrong
}

#[test]
fn edges_have_the_documented_values_and_slopes() {
    let mut wrong = Vec::new();
    for row in table() {
        wrong.extend(EDGES.iter().filter(|edge| edge.0 == row.name).flat_map(|edge| check(row, edge)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A branch that is not taken gives 0, not 0 · ∞.
#[test]
fn edges_hide_no_nan_in_the_second_derivative() {
    for row in table() {
        for (_, at, i, j) in CURVED.iter().filter(|curved| curved.0 == row.name) {
            let tape = Tape::new();
            let x: Vec<Var<'_>> = at.iter().map(|&x| tape.var(x)).collect();
            let slope = row.apply(&x, 0.0).grads(&x)[*i];
            let curvature = slope.grads(&x)[*j].item();
            assert!(!curvature.is_nan(), "{} at {at:?}: slope {i} in input {j}", row.name);
        }
    }
}

#[test]
fn every_edge_is_of_a_row() {
    for name in EDGES.iter().map(|edge| edge.0).chain(CURVED.iter().map(|curved| curved.0)) {
        assert!(table().any(|row| row.name == name), "{name}");
    }
}
