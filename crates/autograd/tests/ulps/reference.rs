//! The points of `reference.txt`, and the distance from them.

use gradus_tensor::DType;

/// A true value: the nearest number, and the rest in ulp.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exact {
    pub(crate) near: f64,
    pub(crate) rest: f64,
}

/// The inputs, then the true value and slopes, where they are finite.
pub(crate) struct Point {
    pub(crate) inputs: Vec<f64>,
    pub(crate) exact: Vec<Option<Exact>>,
}

/// The points of one row with one number.
pub(crate) struct Section {
    pub(crate) name: &'static str,
    pub(crate) c: f64,
    pub(crate) points: Vec<Point>,
}

/// `# name c`, then a point in each line: the inputs, and for each of the others the bits and hundredths of an ulp.
pub(crate) fn sections() -> impl Iterator<Item = Section> {
    include_str!("reference.txt").split("# ").skip(1).map(|section| {
        let (head, points) = section.split_once('\n').expect("a head");
        let (name, c) = head.split_once(' ').expect("a name and a number");
        Section { name, c: c.parse().expect("a number"), points: points.lines().map(point).collect() }
    })
}

fn point(line: &str) -> Point {
    let words: Vec<&str> = line.split(' ').collect();
    // One input with value and slope, or two with value and two slopes.
    let (inputs, pairs) = words.split_at(if words.len() == 5 { 1 } else { 2 });
    let float = |bits: &str| f64::from_bits(u64::from_str_radix(bits, 16).expect("bits"));
    let exact = |pair: &[&str]| {
        let rest: f64 = pair[1].parse().expect("hundredths");
        (pair[0] != "-").then(|| Exact { near: float(pair[0]), rest: rest / 100.0 })
    };
    Point { inputs: inputs.iter().map(|x| float(x)).collect(), exact: pairs.chunks(2).map(exact).collect() }
}

/// The distance of `y` from the true value in ulp of `dtype`, between the powers of two where the value lies, or `floor` if that
/// is larger.
pub(crate) fn error(y: f64, exact: Exact, floor: f64, dtype: DType) -> f64 {
    let (digits, least) = if dtype == DType::F32 { (23, -149) } else { (52, -1074) };
    let exponent = ((exact.near.abs().max(floor).to_bits() >> 52) as i32 - 1023 - digits).max(least);
    // In units of an ulp, in two steps, since the power itself may be none.
    let half = exponent / 2;
    let in_ulp = |x: f64| x * 2f64.powi(-half) * 2f64.powi(half - exponent);
    if y == exact.near { exact.rest.abs() } else { (in_ulp(y) - in_ulp(exact.near) - exact.rest).abs() }
}
