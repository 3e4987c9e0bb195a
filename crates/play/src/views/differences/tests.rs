use approx::{assert_abs_diff_eq, assert_relative_eq};
use gradus::autograd::error_curve;

use super::*;

fn request(f: &str, at: &[&str]) -> Request {
    let at = at.iter().map(|text| (*text).to_string()).collect();
    Request { operation: String::new(), f: f.to_string(), at, seed: 0, pair: [0, 1], step: 1e-5 }
}

fn ask(f: &str, at: &[&str]) -> Answer {
    answer(request(f, at)).expect("it has an answer")
}

#[test]
fn the_curves_are_the_librarys() {
    let it = ask("exp(x)", &["x=1"]);
    assert_relative_eq!(it.exact.0, 1f64.exp(), max_relative = 1e-15);
    assert!(it.compass.is_none());
    for want in error_curve(|x| x.exp(), 1.0) {
        let dtype = want.dtype.to_string().to_lowercase();
        let curve = it.curves.iter().find(|c| c.scheme == want.scheme.name() && c.dtype == dtype).unwrap();
        // The line adds t to 1 where the curve has moved x: the same numbers but for a rounding of the argument.
        for (p, q) in curve.points.iter().zip(&want.points).take(4) {
            assert_eq!(p.step.0, q.step);
            assert_abs_diff_eq!(p.error.0, q.error / it.exact.0, epsilon = 1e-2 * q.error + 1e-3);
        }
    }
}

#[test]
fn the_predicted_step_is_near_the_best() {
    for (f, at) in [("exp(x)", "x=1"), ("sin(x)", "x=0.7"), ("x^3*ln(x)", "x=2")] {
        for curve in ask(f, &[at]).curves {
            let Some(model) = curve.model else {
                assert_eq!(curve.scheme, "ridders");
                continue;
            };
            let ratio = curve.best.step.0 / model.step.0;
            assert!((0.02..50.0).contains(&ratio), "{f} {} {}: {ratio}", curve.scheme, curve.dtype);
            assert!(curve.best.error.0 < 10.0 * model.error.0, "{f} {} {}", curve.scheme, curve.dtype);
        }
    }
}

#[test]
fn derivatives_are_those_of_the_formula() {
    let problem = read("x^4", &["x=2".to_string()]).unwrap();
    let function = Function::expression(problem);
    let all = Along::new(&function, 0).derivatives();
    for (found, exact) in all.iter().zip([16.0, 32.0, 48.0, 48.0, 24.0, 0.0]) {
        assert_abs_diff_eq!(*found, exact, epsilon = 1e-9);
    }
    assert_eq!(all.len(), 6);
}

#[test]
fn a_line_has_no_truncation() {
    for curve in ask("3*x", &["x=2"]).curves {
        assert!(curve.model.is_none(), "{}", curve.scheme);
    }
}

#[test]
fn the_gradient_is_the_longest_arm() {
    let compass = ask("x^2*y + sin(y)", &["x=1.5", "y=0.5"]).compass.unwrap();
    let (gx, gy) = (2.0 * 1.5 * 0.5, 1.5 * 1.5 + 0.5f64.cos());
    assert_relative_eq!(compass.gradient[0].0, gx, max_relative = 1e-13);
    assert_relative_eq!(compass.gradient[1].0, gy, max_relative = 1e-13);
    for i in 0..DIRECTIONS_SEEN {
        let angle = compass.angles[i].0;
        let exact = gx * angle.cos() + gy * angle.sin();
        assert_abs_diff_eq!(compass.forward[i].0, exact, epsilon = 1e-12);
        assert_abs_diff_eq!(compass.difference[i].0, exact, epsilon = 1e-8);
        assert!(compass.forward[i].0 <= compass.length.0 * (1.0 + 1e-14));
    }
    assert_relative_eq!(compass.length.0, gx.hypot(gy), max_relative = 1e-13);
}

const DIRECTIONS_SEEN: usize = 72;

#[test]
fn a_long_step_bends_the_compass() {
    let mut long = request("x^3 + y", &["x=0", "y=0"]);
    long.step = 1.0;
    let compass = answer(long).unwrap().compass.unwrap();
    // (f(u) − f(−u))/2 = cos³ + sin where the derivative is sin.
    assert_abs_diff_eq!(compass.difference[0].0, 1.0, epsilon = 1e-12);
    assert_abs_diff_eq!(compass.forward[0].0, 0.0, epsilon = 1e-12);
}

/// Every operation of the list has an answer with a derivative that some difference comes near.
#[test]
fn every_operation_is_drawn() {
    let mut far = Vec::new();
    for name in operations(Empty {}).unwrap() {
        let request = Request { operation: name.to_string(), ..request("", &[]) };
        let it = answer(request).unwrap_or_else(|refusal| panic!("{name}: {}", refusal.message));
        let best = it.curves.iter().map(|curve| curve.best.error.0).fold(f64::INFINITY, f64::min);
        if best.is_nan() || best >= 1e-5 {
            far.push(format!("{name}: {best:e}"));
        }
    }
    assert!(far.is_empty(), "{far:#?}");
}

#[test]
fn what_cannot_be_answered_is_told() {
    let message = |request: Request| answer(request).unwrap_err().message;
    let plane = |pair| Request { pair, ..request("x*y", &["x=1", "y=2"]) };
    assert!(message(plane([0, 0])).contains("span no plane"));
    assert!(message(plane([0, 2])).contains("span no plane"));
    let step = |step| Request { step, ..request("x*y", &["x=1", "y=2"]) };
    for bad in [0.0, -1.0, f64::NAN, 11.0] {
        assert!(message(step(bad)).contains("above 0 and up to 10"), "{bad}");
    }
    let named = Request { operation: "tanhh".to_string(), ..request("", &[]) };
    assert!(message(named).contains("no operation tanhh"));
}
