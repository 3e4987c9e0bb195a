//! How far values and slopes of all elementwise rows are from the truth, in units in the last place (ulp).
//!
//! In F64 against `reference.txt`, which `reference.py` makes with as many digits as it takes; in F32 against the same row in
//! F64. A value may be 2 ulp off, a slope 4; what may be more stands in [`EXCEPTIONS`] with its reason.

mod reference;

use gradus_autograd::ops::elementwise::table;
use gradus_autograd::{Row, Tape};
use gradus_tensor::{DType, Tensor, rng};

use reference::{Exact, Section, error, sections};

/// What a value and a slope may be off.
const BOUNDS: [f64; 2] = [2.0, 4.0];

/// What else a row may be off, and why.
struct Exception {
    name: &'static str,
    /// The value and the slope in F64, and in F32.
    bounds: [[f64; 2]; 2],
    /// In what the ulp are, if that is larger than what they are of.
    of: Of,
    reason: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum Of {
    /// Itself.
    Own,
    /// A slope's largest term, about y/x: near its root the terms cancel.
    Terms,
    /// A value's largest input.
    Input,
}

const fn exception(name: &'static str, bounds: [[f64; 2]; 2], of: Of, reason: &'static str) -> Exception {
    Exception { name, bounds, of, reason }
}

const ROOT: &str = "the slope has a root, where its terms cancel";
const ZERO: &str = "near the value 0 the larger input and a logarithm cancel";
const SERIES: &str = "made of an exponential, a root and a series, each rounded";
const OUTPUT: &str =
    "in F64 made of the output where that is right to 12 digits: an exponential takes twice the time";
const EXCEPTIONS: &[Exception] = &[
    exception("gelu", [BOUNDS; 2], Of::Terms, ROOT),
    exception("gelu_tanh", [BOUNDS; 2], Of::Terms, ROOT),
    exception("silu", [BOUNDS; 2], Of::Terms, ROOT),
    exception("mish", [[2.0, 6.0]; 2], Of::Terms, ROOT),
    exception("sinc", [BOUNDS; 2], Of::Terms, ROOT),
    exception("logaddexp", [BOUNDS; 2], Of::Input, ZERO),
    exception("logaddexp2", [BOUNDS; 2], Of::Input, ZERO),
    exception("tanh", [[2.0, 5e3], BOUNDS], Of::Own, OUTPUT),
    exception("sigmoid", [[2.0, 5e3], BOUNDS], Of::Own, OUTPUT),
    exception("i0", [[3.0, 4.0], BOUNDS], Of::Own, SERIES),
    exception("i1", [[3.0, 4.0], BOUNDS], Of::Own, SERIES),
    exception("polygamma", [[3.0, 4.0], BOUNDS], Of::Own, "a sum of ten powers, each rounded"),
];

fn bounds(name: &str, dtype: DType) -> ([f64; 2], Of) {
    let found = EXCEPTIONS.iter().find(|e| e.name == name);
    found.map_or((BOUNDS, Of::Own), |e| (e.bounds[usize::from(dtype == DType::F32)], e.of))
}

/// The least magnitude whose ulp count, for the value (`what` is 0) or the slope of a row with the value `y` at `x`.
fn floor(of: Of, what: usize, y: f64, x: &[f64]) -> f64 {
    match (of, what) {
        (Of::Terms, 1) => (y / x[0]).abs().min(x[0].abs()),
        (Of::Input, 0) => x.iter().fold(0.0, |most, x| x.abs().max(most)),
        _ => 0.0,
    }
}

/// The value and the slopes of a row, as the sweep over numbers multiplies with them.
fn ours(row: &'static Row, c: f64, inputs: &[Tensor]) -> Vec<Vec<f64>> {
    let tape = Tape::new();
    let x: Vec<_> = inputs.iter().map(|x| tape.var(x.clone())).collect();
    let y = row.apply(&x, c);
    let mut out = vec![y.value().to_f64_vec()];
    let numeric = y.sum().backward();
    out.extend(x.iter().map(|&x| numeric.wrt(x).to_f64_vec()));
    out
}

/// The largest error of a value and of a slope, each with the inputs it is at.
struct Worst {
    name: String,
    errors: [(f64, Vec<f64>); 2],
}

impl Worst {
    fn new(name: String) -> Self {
        Self { name, errors: [(0.0, Vec::new()), (0.0, Vec::new())] }
    }

    fn add(&mut self, what: usize, error: f64, at: &[f64]) {
        let worst = &mut self.errors[what];
        if error > worst.0 || error.is_nan() && !worst.0.is_nan() {
            *worst = (error, at.to_vec());
        }
    }

    /// Prints it, and says whether it is within the bounds.
    fn holds(&self, dtype: DType) -> bool {
        let [(value, at), (slope, slope_at)] = &self.errors;
        println!("{:20} value {value:6.2} at {at:?}, slope {slope:6.2} at {slope_at:?}", self.name);
        let ([most, slope_most], _) = bounds(self.name.split(' ').next().expect("a name"), dtype);
        *value <= most && *slope <= slope_most
    }
}

/// A row in F64 at the points of its section.
fn in_double(row: &'static Row, section: &Section) -> Worst {
    let n = usize::from(row.arity);
    let column = |i: usize| section.points.iter().map(|p| p.inputs[i]).collect::<Vec<f64>>();
    let inputs: Vec<_> = (0..n).map(|i| Tensor::from_vec(column(i), section.points.len())).collect();
    let results = ours(row, section.c, &inputs);
    let mut worst = Worst::new(format!("{} {}", row.name, section.c));
    let (_, of) = bounds(row.name, DType::F64);
    for (k, point) in section.points.iter().enumerate() {
        for (j, exact) in point.exact.iter().enumerate() {
            let what = usize::from(j > 0);
            if let Some(exact) = *exact {
                let least = floor(of, what, results[0][k], &point.inputs);
                worst.add(what, error(results[j][k], exact, least, DType::F64), &point.inputs);
            }
        }
    }
    worst
}

#[test]
fn values_and_slopes_in_double_precision() {
    let mut wrong = Vec::new();
    for section in sections() {
        let row = table().find(|row| row.name == section.name).expect("a row of this name");
        let worst = in_double(row, &section);
        if !worst.holds(DType::F64) {
            wrong.push(worst.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}: above the bounds");
}

/// A row in F32 at `inputs` against itself in F64.
fn in_single(row: &'static Row, c: f64, inputs: &[Vec<f32>], worst: &mut Worst) {
    let single: Vec<_> = inputs.iter().map(|x| Tensor::from_vec(x.clone(), x.len())).collect();
    let wide: Vec<_> = single.iter().map(|x| x.to(DType::F64)).collect();
    let (results, exact) = (ours(row, c, &single), ours(row, c, &wide));
    let (n, (_, of)) = (usize::from(row.arity), bounds(row.name, DType::F32));
    for k in 0..inputs[0].len() {
        let at: Vec<f64> = inputs.iter().map(|x| x[k].into()).collect();
        let kink = row.kink_at(at[0], at[n - 1], c);
        let finite = |x: f64| x.abs() < f64::from(f32::MAX);
        if at.iter().all(|x| x.is_finite()) && finite(exact[0][k]) {
            for j in 0..if kink { 1 } else { results.len() } {
                if finite(exact[j][k]) {
                    let (what, near) = (usize::from(j > 0), exact[j][k]);
                    let least = floor(of, what, exact[0][k], &at);
                    worst.add(what, error(results[j][k], Exact { near, rest: 0.0 }, least, DType::F32), &at);
                }
            }
        }
    }
}

/// The rows of a formula: slopes that are rows themselves are looked at as slopes.
fn rows() -> impl Iterator<Item = &'static Row> {
    table().filter(|row| !row.facts.hidden || row.facts.called.is_some() || row.name == "powf")
}

/// The number that a row carries, which `f32` has, too.
fn number(row: &Row) -> f64 {
    f64::from(row.facts.number.unwrap_or(0.7) as f32)
}

#[test]
fn values_and_slopes_in_single_precision() {
    let mut wrong = Vec::new();
    for row in rows() {
        let mut worst = Worst::new(row.name.to_string());
        let every = |n: u32, step: u32| (0..n).map(|i| f32::from_bits(i.wrapping_mul(step))).collect();
        let inputs: Vec<Vec<f32>> = if row.arity == 1 {
            vec![every(1 << 16, 65_521)]
        } else {
            let mild =
                |seed| Tensor::uniform_of([1 << 12], -30.0, 30.0, DType::F32, &mut rng(seed)).to_f64_vec();
            let both = |seed, step| {
                let wild: Vec<f32> = every(1 << 12, step);
                mild(seed).into_iter().map(|x| x as f32).chain(wild).collect()
            };
            vec![both(1, 1_048_573), both(2, 0x9e37_79b9)]
        };
        in_single(row, number(row), &inputs, &mut worst);
        if !worst.holds(DType::F32) {
            wrong.push(worst.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}: above the bounds");
}

/// All `f32`, of the rows that `GRADUS_ROWS` names (each by itself between commas), or of all.
#[test]
#[ignore = "long: every row over all numbers of f32, hours"]
fn exhaustive_in_single_precision() {
    let asked = std::env::var("GRADUS_ROWS").unwrap_or_default();
    let wanted = |row: &Row| asked.is_empty() || asked.split(',').any(|name| name == row.name);
    let mut wrong = Vec::new();
    for row in rows().filter(|row| row.arity == 1 && wanted(row)) {
        let mut worst = Worst::new(row.name.to_string());
        for block in 0..1u32 << 14 {
            let inputs = (0..1u32 << 18).map(|i| f32::from_bits(block << 18 | i)).collect();
            in_single(row, number(row), &[inputs], &mut worst);
        }
        if !worst.holds(DType::F32) {
            wrong.push(worst.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}: above the bounds");
}

/// The exceptions stand there, too.
const DOCUMENT: &str = include_str!("../../../../docs/reliability.md");

#[test]
fn exceptions_name_rows_and_reasons() {
    for e in EXCEPTIONS {
        assert!(rows().any(|row| row.name == e.name) && !e.reason.is_empty(), "{}", e.name);
        let name = format!("`{}`", e.name);
        assert!(DOCUMENT.lines().any(|line| line.starts_with("- `") && line.contains(&name)), "{name}");
        assert!(e.bounds != [BOUNDS; 2] || e.of != Of::Own, "{} needs no exception", e.name);
    }
}
