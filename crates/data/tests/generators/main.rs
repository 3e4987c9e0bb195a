//! Data that are made: scikit-learn's numbers for its seeds (`reference.py` wrote them), shapes, classes, wrong options.

use approx::{assert_abs_diff_eq, relative_eq};
use gradus_data::Dataset;
use gradus_data::generate::{
    Blobs, Centers, Circles, Generator, Moons, RandomState, Regression, SCurve, Spirals, SwissRoll, Xor,
};
use gradus_tensor::DType;

/// Inputs and labels of a case in a row.
fn reference(name: &str) -> Vec<f64> {
    let line = include_str!("reference.csv").lines().find(|line| line.split(',').next() == Some(name));
    let cells = line.unwrap_or_else(|| panic!("no case {name}")).split(',').skip(1);
    cells.map(|cell| cell.parse().unwrap()).collect()
}

#[track_caller]
fn agrees(name: &str, found: &[f64]) {
    let want = reference(name);
    assert_eq!(found.len(), want.len(), "{name}");
    for (i, (found, want)) in found.iter().zip(&want).enumerate() {
        assert!(
            relative_eq!(found, want, epsilon = 1e-12, max_relative = 1e-12),
            "{name}, number {i}: {found} instead of {want}"
        );
    }
}

fn numbers(data: &Dataset) -> Vec<f64> {
    [data.inputs.to_f64_vec(), data.labels.to_f64_vec()].concat()
}

#[test]
fn scikit_learns_numbers() {
    let check = |name: &str, seed: u64, made: &dyn Generator| {
        let data = made.dataset_of(seed, DType::F64);
        agrees(name, &numbers(&data));
        let narrow = made.dataset(seed);
        assert_eq!(narrow.inputs.dtype(), DType::F32);
        assert!(narrow.inputs.to(DType::F64).allclose(&data.inputs, 1e-6, 1e-6));
    };
    check("moons", 0, &Moons { n: 11, noise: 0.1, ..Moons::default() });
    check("moons in order", 0, &Moons { n: 8, shuffle: false, ..Moons::default() });
    check("circles", 3, &Circles { n: 13, noise: 0.05, factor: 0.3, ..Circles::default() });
    check("blobs", 7, &Blobs { n: 10, ..Blobs::default() });
    let centers = Centers::Given(vec![vec![0.0, 1.0, 2.0], vec![5.0; 3]]);
    check("blobs given", 1, &Blobs { n: 7, centers, std: vec![0.5, 2.0], ..Blobs::default() });
    check("s curve", 5, &SCurve { n: 6, noise: 0.1 });
    check("swiss roll", 5, &SwissRoll { n: 6, noise: 0.1, hole: false });
    check("swiss roll with a hole", 4_294_967_295, &SwissRoll { n: 9, noise: 0.0, hole: true });
    let line =
        Regression { n: 9, features: 4, informative: 2, noise: 1.5, bias: 0.5, ..Regression::default() };
    check("regression", 2, &line);
    let two =
        Regression { n: 5, features: 3, informative: 3, targets: 2, shuffle: false, ..Regression::default() };
    check("regression of two", 2, &two);
}

#[test]
fn numpys_stream() {
    let mut random = RandomState::new(1);
    let last: Vec<f64> = (0..700).map(|_| random.uniform()).skip(696).collect();
    let order = RandomState::new(1).permutation(9).into_iter().map(|i| i as f64);
    agrees("numbers", &last.into_iter().chain(order).collect::<Vec<_>>());
}

#[test]
fn the_weights_made_the_targets() {
    let line = Regression { n: 20, features: 5, informative: 3, bias: 2.0, ..Regression::default() };
    let (data, weights) = line.with_weights(4, DType::F64);
    assert_eq!(weights.to_f64_vec().iter().filter(|w| **w != 0.0).count(), 3);
    assert!((data.inputs.matmul(&weights) + 2.0).max_abs_diff(&data.labels) < 1e-11);
}

#[test]
fn spirals_and_squares() {
    let data = Spirals { n: 100, noise: 0.0, ..Spirals::default() }.dataset(0);
    let labels = data.labels.to_vec::<i64>();
    assert_eq!([0, 1, 2].map(|class| labels.iter().filter(|label| **label == class).count()), [34, 33, 33]);
    assert_abs_diff_eq!(data.inputs.square().sum_axes(1).max().item(), 1.0, epsilon = 1e-6);
    let data = Xor { n: 400, noise: 0.0 }.dataset(1);
    let (x, y) = (data.inputs.to_vec2::<f32>(), data.labels.to_vec::<i64>());
    assert!(x.iter().zip(&y).all(|(x, y)| i64::from(x[0] * x[1] < 0.0) == *y));
    assert!((150..250).contains(&y.iter().sum::<i64>()));
    assert_eq!(Moons { n: 0, ..Moons::default() }.dataset(0).len(), 0);
}

#[test]
fn wrong_options_are_named() {
    let says = |make: &dyn Fn() -> Dataset, words: &str| {
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(make)).unwrap_err();
        let said = panic
            .downcast_ref::<String>()
            .cloned()
            .or(panic.downcast_ref::<&str>().map(|s| (*s).to_string()));
        assert!(said.as_ref().is_some_and(|said| said.contains(words)), "{said:?}");
    };
    says(
        &|| Moons { noise: -1.0, ..Moons::default() }.dataset(0),
        "Moons: noise is -1; it must be at least 0",
    );
    says(&|| Circles { factor: 1.0, ..Circles::default() }.dataset(0), "Circles: factor is 1; it must be");
    says(&|| Spirals { classes: 0, ..Spirals::default() }.dataset(0), "Spirals: no arms");
    says(&|| Blobs { std: vec![1.0; 2], ..Blobs::default() }.dataset(0), "Blobs: 2 deviations for 3 centers");
    says(&|| Xor::default().dataset(1 << 32), "the seed 4294967296 is not below 2^32");
    says(&|| Regression { targets: 0, ..Regression::default() }.dataset(0), "Regression: targets is 0");
}
