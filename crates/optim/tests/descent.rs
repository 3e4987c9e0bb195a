//! Every optimizer minimises: three functions with known minima, from the usual starts. `cargo test --release
//! --test descent -- --nocapture` prints the table of the best rates and the steps they take.

use gradus_autograd::Var;
use gradus_optim::{
    LeastSquares, LevenbergMarquardt, Objective, Optimizer, catalog, minimize, minimize_objective, surfaces,
};

/// The slow ones get more.
const STEPS: [usize; 2] = [2000, 30_000];

/// A function with its gradient written by hand: the tape's is checked elsewhere, and this is a long run.
struct Plain {
    name: &'static str,
    minimum: [f64; 2],
    start: [f64; 2],
    f: fn(f64, f64) -> (f64, [f64; 2]),
}

impl Objective for &Plain {
    fn value_and_grad(&mut self, x: &[f64]) -> (f64, Vec<f64>) {
        let (value, g) = (self.f)(x[0], x[1]);
        (value, g.to_vec())
    }
}

fn booth(x: f64, y: f64) -> (f64, [f64; 2]) {
    let (a, b) = (x + 2.0 * y - 7.0, 2.0 * x + y - 5.0);
    (a * a + b * b, [2.0 * a + 4.0 * b, 4.0 * a + 2.0 * b])
}

fn rosenbrock(x: f64, y: f64) -> (f64, [f64; 2]) {
    let (a, b) = (1.0 - x, y - x * x);
    (a * a + 100.0 * b * b, [-2.0 * a - 400.0 * x * b, 200.0 * b])
}

const FUNCTIONS: [Plain; 3] = [
    Plain {
        name: "quadratic",
        minimum: [0.0, 0.0],
        start: [-5.0, -2.0],
        f: |x, y| (0.1 * x * x + 2.0 * y * y, [0.2 * x, 4.0 * y]),
    },
    Plain { name: "booth", minimum: [1.0, 3.0], start: [-5.0, -5.0], f: booth },
    Plain { name: "rosenbrock", minimum: [1.0, 1.0], start: [-1.2, 1.0], f: rosenbrock },
];

/// The first step within the distance 0.1 of the minimum.
fn arrival(function: &Plain, by: &mut Optimizer, steps: usize) -> Option<usize> {
    let mut f = function;
    let mut x = gradus_autograd::Param::new(function.start);
    (0..=steps).find(|_| {
        let place = x.value().to_f64_vec();
        by.advance(&mut x, &mut f);
        (place[0] - function.minimum[0]).hypot(place[1] - function.minimum[1]) < 0.1
    })
}

#[test]
fn every_optimizer_minimises() {
    let mut failed = Vec::new();
    println!("| optimizer | {} |", FUNCTIONS.each_ref().map(|f| f.name).join(" | "));
    for rule in catalog::RULES {
        let mut row = vec![rule.name.to_string()];
        for function in &FUNCTIONS {
            let run =
                |lr, steps| arrival(function, &mut Optimizer::new((rule.make)(), lr), steps).map(|n| (n, lr));
            let best = |steps| catalog::RATES.iter().filter_map(|&lr| run(lr, steps)).min_by_key(|(n, _)| *n);
            match STEPS.iter().find_map(|&steps| best(steps)) {
                Some((steps, lr)) => row.push(format!("{steps} steps at {lr}")),
                None => failed.push(format!("{} on {}", rule.name, function.name)),
            }
        }
        println!("| {} |", row.join(" | "));
    }
    assert!(failed.is_empty(), "not minimised: {failed:?}");
}

#[test]
fn every_method_minimises() {
    for method in catalog::METHODS {
        for function in &FUNCTIONS {
            let steps = arrival(function, &mut Optimizer::new((method.make)(), method.lr), 3000);
            println!("{} on {}: {steps:?}", method.name, function.name);
            assert!(steps.is_some(), "{} on {}", method.name, function.name);
        }
    }
}

#[test]
fn newton_solves_a_quadratic_at_once_and_conjugate_gradients_in_two_steps() {
    let surface = surfaces::surface("booth").unwrap();
    for (name, steps) in [("newton", 1), ("conjugate-gradients", 3)] {
        let method = catalog::METHODS.iter().find(|method| method.name == name).unwrap();
        let path =
            minimize(surface.f, &surface.start, &mut Optimizer::new((method.make)(), method.lr), steps);
        assert!(path.values[steps] < 1e-6, "{name}: {:?}", path.values);
    }
}

#[test]
fn damped_gauss_newton_follows_the_valley() {
    // Rosenbrock's function is a sum of squares: r = (1 − x, 10 (y − x²)), up to the factor ½.
    fn residuals(x: Var<'_>) -> Var<'_> {
        let (x, y) = (x.select(0, 0), x.select(0, 1));
        Var::stack(&[1.0 - x, 10.0 * (y - x.square())], 0)
    }
    let mut f = LeastSquares(residuals);
    let mut optimizer = Optimizer::new(LevenbergMarquardt::default(), 1.0);
    let path = minimize_objective(&mut f, &[-1.2, 1.0], &mut optimizer, 60);
    assert!(path.values[60] < 1e-12, "{:?}", path.last());
}
