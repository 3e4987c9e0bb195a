//! Arithmetic against the crate `ndarray`, which shares no code with this one: random shapes, strides, broadcasts, element
//! types and special values. Sums against the exact sum.

use approx::abs_diff_eq;
use gradus_tensor::{DType, Slice, Tensor, rng};
use ndarray::{ArrayD, Axis, Ix2, IxDyn, SliceInfoElem, Zip, concatenate};
use proptest::prelude::*;

/// A function of the standard library.
type Function = fn(f64) -> f64;

/// Numbers at which arithmetic goes wrong.
const SPECIAL: [f64; 12] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    1e300,
    -1e300,
    f64::MIN_POSITIVE,
    5e-324,
    0.1,
];

/// A tensor and the array of the same values.
fn both(shape: &[usize], seed: u64, special: bool) -> (Tensor, ArrayD<f64>) {
    let mut rng = rng(seed);
    let drawn = Tensor::uniform_of(shape, -3.0, 3.0, DType::F64, &mut rng).to_f64_vec();
    let places = Tensor::randint(0, 3 * SPECIAL.len() as i64, [drawn.len()], &mut rng).to_vec::<i64>();
    let values: Vec<f64> = drawn
        .into_iter()
        .zip(places)
        .map(|(x, at)| SPECIAL.get(at as usize).copied().filter(|_| special).unwrap_or(x))
        .collect();
    (Tensor::from_slice(&values, shape), ArrayD::from_shape_vec(IxDyn(shape), values).unwrap())
}

/// A view of both: axes in another order, one of them backward, in steps.
fn turned(x: Tensor, a: ArrayD<f64>, choice: u64) -> (Tensor, ArrayD<f64>) {
    let rank = a.ndim();
    if rank == 0 || choice.is_multiple_of(3) {
        return (x, a);
    }
    let mut order: Vec<usize> = (0..rank).collect();
    order.rotate_left(choice as usize % rank);
    let axis = choice as usize / 3 % rank;
    let step = [1, 2, -1, -2][choice as usize / 7 % 4];
    let signed: Vec<isize> = order.iter().map(|&i| i as isize).collect();
    let x = x.permute(&signed[..]).slice(axis as isize, Slice::ALL.step(step));
    let mut slice = vec![SliceInfoElem::Slice { start: 0, end: None, step: 1 }; rank];
    slice[axis] = SliceInfoElem::Slice { start: 0, end: None, step };
    let a = a.permuted_axes(order);
    let a = a.slice(&slice[..]).to_owned();
    (x, a)
}

/// The same bits, whatever NaN.
fn same(x: &Tensor, a: &ArrayD<f64>) -> Result<(), TestCaseError> {
    prop_assert_eq!(&x.shape()[..], a.shape());
    for (x, a) in x.to_f64_vec().into_iter().zip(a.iter()) {
        prop_assert!(x.to_bits() == a.to_bits() || x.is_nan() && a.is_nan(), "{} is not {}", x, a);
    }
    Ok(())
}

/// Units in the last place of `f64` between two numbers.
fn ulps(x: f64, y: f64) -> f64 {
    let ordered = |x: f64| {
        let bits = x.to_bits().cast_signed();
        if bits < 0 { i64::MIN - bits } else { bits }
    };
    if x == y || x.is_nan() && y.is_nan() { 0.0 } else { ordered(x).abs_diff(ordered(y)) as f64 }
}

fn shape() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        9 => prop::collection::vec(1usize..7, 0..5),
        1 => prop::collection::vec(90usize..200, 2..3),
    ]
}

/// The shape with some sizes made 1 and some first axes left out.
fn smaller(shape: &[usize], choice: u64) -> Vec<usize> {
    let from = choice as usize % (shape.len() + 1);
    shape[from..].iter().enumerate().map(|(i, &n)| if choice >> (i + 3) & 1 == 1 { 1 } else { n }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn arithmetic_with_broadcasts(dims in shape(), seed in 0u64..1 << 40, special: bool) {
        let (x, a) = both(&dims, seed, special);
        let (x, a) = turned(x, a, seed);
        let (y, b) = both(&smaller(a.shape(), seed >> 5), seed + 1, special);
        let b = b.broadcast(a.raw_dim()).unwrap().to_owned();
        same(&(&x + &y), &(&a + &b))?;
        same(&(&x - &y), &(&a - &b))?;
        same(&(&y - &x), &(&b - &a))?;
        same(&(&x * &y), &(&a * &b))?;
        same(&(&x / &y), &(&a / &b))?;
        same(&(&x * 2.5 - 1.0), &(&a * 2.5 - 1.0))?;
        same(&-&x, &-&a)?;
        let less = Zip::from(&a).and(&b).map_collect(|a, b| f64::from(u8::from(a < b)));
        same(&x.lt(&y).to(DType::F64), &less)?;
        let product = (x.to(DType::F32) * y.to(DType::F32)).to(DType::F64);
        let single = Zip::from(&a).and(&b).map_collect(|&a, &b| f64::from(a as f32 * b as f32));
        same(&product, &single)?;
    }

    #[test]
    fn functions_of_elements(dims in shape(), seed in 0u64..1 << 40, special: bool) {
        let (x, a) = both(&dims, seed, special);
        let (x, a) = turned(x, a, seed);
        let exact: [(Tensor, Function); 6] = [
            (x.sqrt(), f64::sqrt), (x.abs(), f64::abs), (x.floor(), f64::floor), (x.ceil(), f64::ceil),
            (x.trunc(), f64::trunc), (x.square(), |x| x * x),
        ];
        for (y, f) in exact {
            same(&y, &a.mapv(f))?;
        }
        let near: [(&str, Tensor, Function); 10] = [
            ("exp", x.exp(), f64::exp), ("ln", x.ln(), f64::ln), ("sin", x.sin(), f64::sin), ("cos", x.cos(), f64::cos),
            ("tanh", x.tanh(), f64::tanh), ("expm1", x.expm1(), f64::exp_m1), ("log1p", x.log1p(), f64::ln_1p),
            ("atan", x.atan(), f64::atan), ("cbrt", x.abs().powf(1.0 / 3.0), |x| x.abs().powf(1.0 / 3.0)), ("sinh", x.sinh(), f64::sinh),
        ];
        for (name, y, f) in near {
            for (y, &x) in y.to_f64_vec().into_iter().zip(a.iter()) {
                prop_assert!(ulps(y, f(x)) <= 4.0, "{}({:e}) is {:e}, not {:e}", name, x, y, f(x));
            }
        }
    }

    #[test]
    fn reductions_and_products(dims in shape(), seed in 0u64..1 << 40) {
        let (x, a) = both(&dims, seed, false);
        let (x, a) = turned(x, a, seed);
        for axis in 0..a.ndim() {
            let at = axis as isize;
            let most = a.map_axis(Axis(axis), |row| row.iter().copied().fold(f64::NEG_INFINITY, f64::max));
            same(&x.max_axes(at), &most)?;
            let sums = a.sum_axis(Axis(axis));
            let sizes = a.mapv(f64::abs).sum_axis(Axis(axis));
            for ((x, a), size) in x.sum_axes(at).to_f64_vec().into_iter().zip(&sums).zip(&sizes) {
                prop_assert!(abs_diff_eq!(x, *a, epsilon = 64.0 * f64::EPSILON * size), "{} is not {}", x, a);
            }
            let joined = concatenate(Axis(axis), &[a.view(), a.view()]).unwrap();
            same(&Tensor::cat(&[&x, &x], at), &joined)?;
        }
        if let (2, Ok(a)) = (a.ndim(), a.view().into_dimensionality::<Ix2>()) {
            let product = a.t().dot(&a).into_dyn();
            let sizes = a.mapv(f64::abs).t().dot(&a.mapv(f64::abs));
            for ((x, y), size) in x.t().matmul(&x).to_f64_vec().into_iter().zip(&product).zip(&sizes) {
                let room = 2.0 * a.nrows() as f64 * f64::EPSILON * size;
                prop_assert!(abs_diff_eq!(x, *y, epsilon = room), "{} is not {}", x, y);
            }
        }
    }
}

/// The exact sum, to twice the digits of `f64`: what each addition loses is added by itself.
fn exact(x: &[f64]) -> f64 {
    let (mut sum, mut lost) = (0.0f64, 0.0);
    for &x in x {
        let next = sum + x;
        lost += if sum.abs() >= x.abs() { sum - next + x } else { x - next + sum };
        sum = next;
    }
    sum + lost
}

/// A sum is off by at most `(16 + log₂ n) ε Σ|x|` (a block of 1,024 elements lies in 64 lanes of 16, and blocks are joined in
/// pairs), along any axis and of numbers that cancel.
#[test]
fn sums_are_within_their_bound_of_the_exact_sum() {
    let mut worst = [0.0f64; 2];
    for seed in 0..60u64 {
        let n = [1, 7, 63, 64, 65, 1023, 1025, 4097, 65_537, 1_000_003][seed as usize % 10];
        let wild = Tensor::uniform_of([n], -1.0, 1.0, DType::F64, &mut rng(seed));
        let wild = if seed % 3 == 0 { wild * 1e8 + 1.0 } else { wild.square() * 3.0 - 0.9 };
        for (i, dtype) in [DType::F32, DType::F64].into_iter().enumerate() {
            let epsilon = [f64::from(f32::EPSILON), f64::EPSILON][i];
            let x = wild.to(dtype);
            let values = x.to_f64_vec();
            let size = exact(&values.iter().map(|x| x.abs()).collect::<Vec<_>>());
            let bound = (16.0 + (n as f64).log2()) * epsilon * size;
            let stacked = Tensor::stack(&[&x, &x], 1);
            for sum in [x.sum().item(), x.flip(0).sum().item(), stacked.sum_axes(0).to_f64_vec()[1]] {
                let error = (sum - exact(&values)).abs();
                worst[i] = worst[i].max(error / bound);
                assert!(error <= bound, "{n} elements in {dtype}: {error:e} above {bound:e}");
            }
        }
    }
    println!("the largest part of the bound: F32 {:.3}, F64 {:.3}", worst[0], worst[1]);
}
