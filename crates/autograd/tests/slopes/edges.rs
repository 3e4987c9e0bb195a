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
    // b - 1 rounds to an even number.
    ("pow", 0.0, &[-1.0, 9_007_199_254_740_994.0], 1.0, &[-9_007_199_254_740_994.0, NAN]),
    ("pow", 0.0, &[-1.0, -9_007_199_254_740_994.0], 1.0, &[9_007_199_254_740_994.0, NAN]),
    ("pow", 0.0, &[-2.0, -9_007_199_254_740_994.0], 0.0, &[0.0, NAN]),
    ("powf", 9_007_199_254_740_994.0, &[-1.0], 1.0, &[-9_007_199_254_740_994.0]),
    // The power overflows, its product does not.
    (
        "pow",
        0.0,
        &[1e-310, 0.001],
        0.489_778_819_368_446_2,
        &[4.897_788_193_684_477e306, -349.604_796_586_022_36],
    ),
    ("powf", 0.001, &[1e-310], 0.489_778_819_368_446_2, &[4.897_788_193_684_477e306]),
    // What is infinite and has a limit.
    ("pow", 0.0, &[0.5, INF], 0.0, &[0.0, 0.0]),
    ("powf", INF, &[0.5], 0.0, &[0.0]),
    ("pow", 0.0, &[2.0, -INF], 0.0, &[0.0, 0.0]),
    ("pow", 0.0, &[INF, -1.0], 0.0, &[0.0, 0.0]),
    ("number_pow", INF, &[-1.0], 0.0, &[0.0]),
    ("pow", 0.0, &[INF, 2.0], INF, &[INF, INF]),
    ("hypot", 0.0, &[1e300, INF], INF, &[0.0, 1.0]),
    ("hypot", 0.0, &[f64::MAX, -INF], INF, &[0.0, -1.0]),
    ("hypot", 0.0, &[INF, 1.0], INF, &[1.0, 0.0]),
    ("hypot", 0.0, &[1.2e308, 1.6e308], INF, &[0.6, 0.8]),
    ("hypot", 0.0, &[5e-324, 5e-324], 5e-324, &[std::f64::consts::FRAC_1_SQRT_2; 2]),
    ("atan2", 0.0, &[1.0, INF], 0.0, &[0.0, 0.0]),
    ("atan2", 0.0, &[1e-310, 1.0], 1e-310, &[1.0, -1e-310]),
    ("remainder", 0.0, &[1.5e308, -1e308], -5e307, &[1.0, 2.0]),
    ("remainder", 0.0, &[f64::MAX, -1e300], -5.137_684_386_242_173e299, &[1.0, 179_769_314.0]),
    ("remainder", 0.0, &[-1.5e308, 1e308], 5e307, &[1.0, 2.0]),
    ("remainder", 0.0, &[15e-324, 5e-324], 0.0, &[1.0, -3.0]),
    // As for every finite b below -5.
    ("remainder", 0.0, &[5.0, -INF], -INF, &[1.0, 1.0]),
    ("remainder", 0.0, &[5.0, INF], 5.0, &[1.0, 0.0]),
    ("fmod", 0.0, &[5.0, -INF], 5.0, &[1.0, 0.0]),
    ("fmod", 0.0, &[1.5e308, -1e308], 5e307, &[1.0, 1.0]),
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

/// The row, the inputs, and the second derivatives: in a twice, in a and b, in b twice.
type Bend = (&'static str, [f64; 2], [f64; 3]);

/// Second derivatives far out, from 4,000 bits.
const BENDS: &[Bend] = &[
    ("pow", [-1.0, 16_777_218.0], [281_475_027_042_306.0, NAN, NAN]),
    ("pow", [-1.0, 9_007_199_254_740_994.0], [8.112_963_841_460_67e31, NAN, NAN]),
    ("pow", [5e-324, 1.0], [0.0, -743.440_071_921_381_2, 2.738_067e-318]),
    ("pow", [1.33e-311, 0.518], [-INF, -2.571_955_930_244_417_7e152, 4.739_814_361_206_932e-156]),
    ("pow", [1.000_000_000_000_000_2, -3.5e18], [3.745_612_063_174_183e-301, 0.0, 0.0]),
    ("pow", [1e-200, 1e-200], [-1e200, 1e200, 212_075.924_419_135_93]),
    ("pow", [1e-310, 1e-310], [-INF, INF, 509_512.408_416_974_07]),
    ("pow", [1e-320, 2.0], [2.0, -1.472_638_2e-317, 0.0]),
    ("pow", [1e308, 1.0001], [1.073_602_285_297e-312, 762.468_165_259_284_8, INF]),
    ("pow", [0.5, 1e300], [0.0, 0.0, 0.0]),
    ("pow", [0.5, INF], [0.0, 0.0, 0.0]),
    ("pow", [INF, -1.0], [0.0, 0.0, 0.0]),
    ("pow", [0.0, 2.0], [2.0, 0.0, 0.0]),
    ("pow", [0.0, 1.0], [0.0, -INF, 0.0]),
    ("hypot", [1.0, 1e-5], [9.999_999_998_500_001e-11, -9.999_999_998_5e-6, 0.999_999_999_85]),
    ("hypot", [1.0, 1e-8], [9.999_999_999_999_999e-17, -9.999_999_999_999_999e-9, 0.999_999_999_999_999_9]),
    ("hypot", [3e-323, 4e-323], [INF, -INF, INF]),
    ("hypot", [1.2e308, 1.6e308], [3.2e-309, -2.4e-309, 1.8e-309]),
    ("hypot", [1e-310, 2e-309], [INF, -2.490_654_211_665_443_6e307, 1.245_327_105_832_718_7e306]),
    ("hypot", [1e300, INF], [0.0, 0.0, 0.0]),
    ("atan2", [1e-170, 1e-158], [-2e304, -INF, 2e304]),
    ("atan2", [1e-226, 1e-215], [-INF, -INF, INF]),
    ("atan2", [3e150, 4e150], [-3.84e-302, -1.12e-302, 3.84e-302]),
    ("atan2", [1e160, 1e150], [0.0, 1e-320, 0.0]),
    ("atan2", [5e-324, 5e-324], [-INF, 0.0, INF]),
    ("atan2", [1.0, INF], [0.0, 0.0, 0.0]),
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

/// Where the curvature is subnormal, to its last digit.
#[test]
fn second_derivatives_far_out() {
    let mut wrong = Vec::new();
    for (name, at, want) in BENDS {
        let row = table().find(|row| row.name == *name).expect("a row of this name");
        let tape = Tape::new();
        let x: Vec<Var<'_>> = at.iter().map(|&x| tape.var(x)).collect();
        let slopes = row.apply(&x, 0.0).grads(&x);
        let got = [(0, 0), (0, 1), (1, 1), (1, 0)].map(|(i, j)| slopes[i].grads(&x)[j].item());
        let near = |got: f64, want: f64| same(got, want) || (got - want).abs() <= 1e-323;
        let turned = near(got[3], want[1]);
        if !(turned && got.iter().zip(want).all(|(&got, &want)| near(got, want))) {
            wrong.push(format!("{name} at {at:?}: {got:?}, should be {want:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Of a negative number to a whole power whose parity a rounded difference loses, of 0, and where a power overflows on the way.
#[test]
fn third_derivatives_of_powers() {
    for (a, b, want) in [
        (-1.0, 1e16, -1e48),
        (-1.0, 9_007_199_254_740_994.0, -7.307_508_186_654_516e47),
        (0.0, 3.0, 6.0),
        (0.0, 4.0, 0.0),
        (-2.0, 4.0, -48.0),
        (INF, 2.5, 0.0),
        (1e-160, 1e-200, 2e280),
    ] {
        let tape = Tape::new();
        let x = tape.var(a);
        for y in [x.pow(b), x.pow(tape.var(b))] {
            let third = y.grad(x).grad(x).grad(x).item();
            assert!(
                relative_eq!(third, want, epsilon = 0.0, max_relative = 1e-12),
                "{a}^{b}: {third}, should be {want}"
            );
        }
    }
}

#[test]
fn every_edge_is_of_a_row() {
    for name in EDGES.iter().map(|edge| edge.0).chain(CURVED.iter().map(|curved| curved.0)) {
        assert!(table().any(|row| row.name == name), "{name}");
    }
}
