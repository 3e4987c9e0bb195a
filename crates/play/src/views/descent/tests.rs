use approx::{assert_abs_diff_eq, assert_relative_eq};
use gradus::optim::catalog::all;
use gradus::optim::surfaces::{SURFACES, surface as named};
use gradus::optim::theory::{QuadraticMomentum, ewma, stability_limit};
use gradus::optim::{Objective, OnTape, OptimizerSpec, minimize};

use super::*;
use crate::answer::Number;
use crate::drawing::Line;
use crate::views::backprop::Empty;

fn request(surface: &str, optimizers: &[&str]) -> Request {
    let optimizers = optimizers.iter().map(|text| (*text).to_string()).collect();
    Request { surface: surface.to_string(), start: None, steps: 60, optimizers, lr: None }
}

fn ask(surface: &str, optimizers: &[&str]) -> Answer {
    answer(request(surface, optimizers)).unwrap_or_else(|refusal| panic!("{}", refusal.message))
}

fn plain(pair: &[Number; 2]) -> [f64; 2] {
    pair.map(|x| x.0)
}

#[test]
fn paths_and_gradients_are_the_librarys() {
    for place in SURFACES {
        let texts = ["sgd:lr=0.01", "momentum:lr=0.01:beta=0.5", "adam:lr=0.1", "newton"];
        let it = ask(place.name, &texts);
        for (walk, text) in it.walks.iter().zip(texts) {
            let spec: OptimizerSpec = text.parse().unwrap();
            let path = minimize(place.f, &place.start, &mut spec.optimizer(spec.named().lr), 60);
            assert_eq!(
                walk.points.iter().map(|point| plain(point).to_vec()).collect::<Vec<_>>(),
                path.points,
                "{} {text}",
                place.name
            );
            let last = path.points.len() - 1;
            for (i, at) in path.points.iter().enumerate().filter(|(i, _)| i % 10 == 0 && *i < last) {
                assert_eq!(walk.values[i].0, path.values[i]);
                let (_, gradient) = OnTape(place.f).value_and_grad(at);
                assert_eq!(plain(&walk.gradients[i])[..], gradient[..]);
            }
        }
    }
}

#[test]
fn every_optimizer_walks_on_an_expression() {
    for one in all() {
        let it = ask("x^2 + 10*y^2", &[one.name]);
        let walk = &it.walks[0];
        assert_eq!(walk.points.len(), walk.gradients.len(), "{}", one.name);
        assert_eq!(walk.rates.len() + 1, walk.points.len(), "{}", one.name);
        for memory in &walk.memory {
            assert_eq!(memory.values.len(), walk.rates.len(), "{} {}", one.name, memory.name);
        }
    }
}

/// The velocity of the notes' momentum: v = βv + g, and each step is −ηv.
#[test]
fn the_velocity_is_shown() {
    let it = ask("quadratic", &["momentum:lr=0.1:beta=0.5"]);
    let walk = &it.walks[0];
    let memory = &walk.memory[0];
    assert_eq!(memory.name, "v");
    let mut v = [0.0, 0.0];
    for t in 0..60 {
        for (i, v) in v.iter_mut().enumerate() {
            *v = 0.5 * *v + walk.gradients[t][i].0;
            assert_relative_eq!(memory.values[t][i].0, *v, max_relative = 1e-12);
            let step = walk.points[t + 1][i].0 - walk.points[t][i].0;
            assert_abs_diff_eq!(step, -0.1 * *v, epsilon = 1e-14);
        }
    }
}

/// The larger curvature of the notes' quadratic is 4, so descent diverges from 0.5 on.
#[test]
fn too_large_too_small_just_right() {
    let rates = request("quadratic", &["sgd:lr=0.51", "sgd:lr=0.02", "sgd:lr=0.4"]);
    let it = answer(Request { steps: 100, ..rates }).unwrap();
    let cell = |it: &Answer, i: usize, column: &str| {
        let column = it.ends.head.iter().position(|head| *head == column).unwrap();
        it.ends.rows[i][column].clone()
    };
    let verdict = |i: usize| cell(&it, i, "the rate is");
    assert!(
        cell(&it, 0, "end") == "diverged" && verdict(0) == "too large: 0.255 does better",
        "{}",
        verdict(0)
    );
    assert_eq!(verdict(1), "too small: 0.04 does better");
    assert!(verdict(2).starts_with("just right"), "{}", verdict(2));
    let arrival: usize = cell(&it, 2, "within 0.01 from step").parse().unwrap();
    let outside = |place: &[Number; 2]| place[0].0.hypot(place[1].0) > 0.01;
    assert_eq!(it.walks[2].points.iter().rposition(outside), Some(arrival - 1));
    // Without a rate the best of the race's rates is taken; methods have none to judge.
    let best = ask("quadratic", &["sgd", "lbfgs", "sgd:schedule=cosine(0.4, 60)"]);
    assert_eq!(cell(&best, 0, "lr"), "0.4");
    assert_eq!([1, 2].map(|i| cell(&best, i, "the rate is")), ["–", "–"]);
    assert_eq!(cell(&best, 2, "lr"), "by step");
    let given = answer(Request { lr: Some(0.1), ..request("quadratic", &["sgd"]) }).unwrap();
    assert_eq!(cell(&given, 0, "lr"), "0.1");
}

#[test]
fn a_run_has_its_place_in_the_plane() {
    let it = ask(
        "quadratic",
        &["momentum:lr=0.6:beta=0.5", "momentum-average:lr=0.6", "adam:lr=0.1", "sgd:lr=0.1"],
    );
    let place = &it.walks[0].plane[0];
    for (step, (radius, lambda)) in place.steps.iter().zip(place.radius.iter().zip([4.0, 0.2])) {
        assert_relative_eq!(step.0, 0.6 * lambda, max_relative = 1e-12);
        let system = QuadraticMomentum { beta: 0.5, eta: 0.6, lambda };
        assert_relative_eq!(radius.0, system.spectral_radius(), max_relative = 1e-12);
    }
    assert_eq!(it.walks[0].plane.len(), it.walks[0].points.len());
    assert_relative_eq!(it.walks[1].plane[0].steps[0].0, 0.06 * 4.0, max_relative = 1e-12);
    assert!(it.walks[2].plane.is_empty());
    assert_eq!(it.walks[3].plane[0].beta.0, 0.0);
    // A turned Hessian has the same eigenvalues, found by its determinant.
    let turned = ask("turned", &["sgd:lr=1"]);
    assert_relative_eq!(turned.walks[0].plane[0].steps[0].0, 4.0, max_relative = 1e-12);
    assert_relative_eq!(turned.walks[0].plane[0].steps[1].0, 0.2, max_relative = 1e-12);
}

/// Each point of a contour has its value, up to the bend between two nodes.
#[test]
fn contours_have_their_values() {
    for name in ["quadratic", "saddle", "booth"] {
        let it = surface(surface::Request { surface: name.to_string(), window: None }).unwrap();
        let place = named(name).unwrap();
        assert!(it.levels.len() > 4, "{name}: {}", it.levels.len());
        let spread = it.levels.last().unwrap().value.0 - it.levels[0].value.0;
        for level in &it.levels {
            for point in level.lines.iter().flatten() {
                assert_abs_diff_eq!(place.at(plain(point)), level.value.0, epsilon = 2e-3 * spread);
            }
        }
    }
}

#[test]
fn a_line_has_a_curve() {
    let it = surface(surface::Request { surface: "pit-1d".to_string(), window: None }).unwrap();
    assert_eq!((it.dimensions, it.curve.len(), it.levels.len()), (1, 401, 0));
    let walk =
        answer(Request { steps: 500, ..request("pit-1d", &["sgd:lr=0.1", "momentum:lr=0.1"]) }).unwrap();
    let end = |i: usize| walk.walks[i].points.last().unwrap()[0].0;
    assert_eq!((format!("{:.3}", end(0)), format!("{:.3}", end(1))), ("1.077".into(), "4.000".into()));
    let own = Request { start: Some([3.0, 7.0]), ..request("(x-1)^2", &["sgd:lr=0.5"]) };
    assert_eq!(answer(own).unwrap().walks[0].points[1][0].0, 1.0);
}

/// Every choice can be drawn and descended.
#[test]
fn every_choice_has_an_answer() {
    let it = choices(Empty {}).unwrap();
    assert_eq!(it.surfaces.len(), SURFACES.len() + 1);
    for name in it.surfaces {
        assert_eq!(surface(surface::Request { surface: name.to_string(), window: None }).unwrap().name, name);
    }
    for preset in it.presets {
        let request = Request { steps: preset.steps, ..request(preset.surface, preset.optimizers) };
        let answer = answer(request).unwrap_or_else(|refusal| panic!("{}: {}", preset.name, refusal.message));
        assert_eq!(answer.values.lines.len(), preset.optimizers.len());
    }
}

#[test]
fn the_plane_is_the_theory() {
    let it = momentum(momentum::Request { beta: 0.5, eta: 0.25, lambda: 2.0, condition: 4.0 }).unwrap();
    assert_eq!(it.facts.of("R of (v, x)"), "[0.5, 2; -0.125, 0.5]");
    assert_eq!(it.facts.of("eigenvalues"), "0.5 ± 0.5i");
    assert_eq!(it.facts.of("spectral radius"), "0.707107");
    assert!(it.facts.of("they are").starts_with("complex"));
    assert_eq!(it.facts.of("ηλ < 2 + 2β"), "0.5 < 3: converges");
    assert_eq!(it.facts.of("best β here"), "0.0857864");
    assert_eq!(it.here, [[0.5, 0.5], [0.125, 0.5]].map(|pair| pair.map(Number)));
    let map = &it.plane;
    for (i, cell) in map.cells.iter().enumerate() {
        let (column, row) = (i % map.columns, i / map.columns);
        let step = (column as f64 + 0.5) / map.columns as f64 * map.widest.0;
        let beta = (row as f64 + 0.5) / map.rows as f64;
        // On the line itself the radius is 1 but for rounding.
        if (step - stability_limit(beta)).abs() > 1e-9 {
            assert_eq!(cell.0 < 1.0, step < stability_limit(beta), "ηλ {step}, β {beta}: {}", cell.0);
        }
    }
    let slow = QuadraticMomentum { beta: 0.5, eta: 0.25, lambda: 0.5 };
    let motion: Vec<f64> = it.motion.lines[1].points[1..].iter().map(|point| point[1].0).collect();
    assert_eq!(motion, slow.trajectory(0.0, 1.0, 60).into_iter().map(f64::abs).collect::<Vec<_>>());
    let grown = momentum(momentum::Request { beta: 0.0, eta: 1.5, lambda: 2.0, condition: 1.0 }).unwrap();
    assert_eq!(
        (grown.facts.of("ηλ < 2 + 2β"), grown.facts.of("steps to a tenth")),
        ("3 ≥ 2: diverges", "never")
    );
}

#[test]
fn averages_sums_and_powers() {
    let ask = |gamma, angle, rate| averages(averages::Request { gamma, angle, rate, seed: 3 }).unwrap();
    let it = ask(0.9, 60.0, 0.5);
    let values = |line: &Line| line.points.iter().map(|point| point[1].0).collect::<Vec<f64>>();
    let [average, weights, _, _, powers, decays] = &it.charts;
    let samples = values(&average.lines[0]);
    assert_eq!(values(&average.lines[2]), ewma(0.9, &samples));
    assert_relative_eq!(values(&average.lines[3])[0], samples[0], max_relative = 1e-12);
    assert_relative_eq!(values(&weights.lines[0])[3], 0.1 * 0.9f64.powi(3), max_relative = 1e-12);
    assert_relative_eq!(weights.marks[0].x.0, 10.0, max_relative = 1e-12);
    assert_eq!(it.facts.of("weight inside of it"), "0.651322");
    // The mean of vectors at ±φ has the length cos φ.
    for angle in [0.0f64, 30.0, 60.0, 90.0] {
        let mean: f64 = ask(0.9, angle, 0.5).facts.of("length of the mean vector").parse().unwrap();
        assert_abs_diff_eq!(mean, angle.to_radians().cos(), epsilon = 1e-6);
    }
    // All of one direction: 1 + β + β² + …
    let along = values(&ask(0.5, 0.0, 0.5).charts[3].lines[0]);
    assert_relative_eq!(along[1], 1.5, max_relative = 1e-15);
    assert_relative_eq!(along[23], 2.0, max_relative = 1e-6);
    let (power, decay) = (values(powers.lines.last().unwrap()), values(decays.lines.last().unwrap()));
    for t in 0..60 {
        assert_relative_eq!(power[t], 0.9f64.powi(t as i32), max_relative = 1e-12);
        assert_relative_eq!(decay[t], 0.5f64.powi(t as i32), max_relative = 1e-12);
    }
    let growing = decays.lines.iter().find(|line| line.name == "ηλ = 2.02").unwrap();
    assert!(values(growing)[59].abs() > 1.0);
}

#[test]
fn what_cannot_be_answered_is_told() {
    let refused = |request: Request| answer(request).unwrap_err().message;
    let usual = || request("quadratic", &["sgd"]);
    for (message, part) in [
        (
            refused(request("rosenbrok", &["sgd"])),
            "surface rosenbrok: no surface is named so; the nearest of 13 are rosenbrock",
        ),
        (refused(request("a^2+b^2", &["sgd"])), "of x and y, or of x alone, and this is of a, b"),
        (refused(request(&format!("x^2{}", " + x".repeat(60)), &["sgd"])), "at most 200 are read here"),
        (refused(request("sum(outer([x,x,x,x,x,x,x,x,x], [y,y,y,y,y,y,y,y,y]))", &["sgd"])), "64"),
        (refused(request("quadratic", &[])), "0 optimizers; from 1 to 6"),
        (refused(request("quadratic", &["sgd"; 7])), "7 optimizers"),
        (refused(request("quadratic", &["sgd", "adm"])), "optimizer 2: no optimizer is named adm"),
        (refused(request("quadratic", &["adam:beta1=1.5"])), "beta1 is 1.5"),
        (
            refused(request("quadratic", &["sgd:schedule=linear(0.1, -0.1, 10)"])),
            "the rate at step 6 is -0.02",
        ),
        (refused(Request { steps: 0, ..usual() }), "0 steps; from 1 to 500"),
        (refused(Request { lr: Some(-1.0), ..usual() }), "a learning rate of -1; it is a number above 0"),
        (refused(Request { start: Some([1e9, 0.0]), ..usual() }), "the start is (1000000000, 0)"),
        (
            refused(Request { start: Some([-1.0, 0.0]), ..request("ln(x)+y", &["sgd"]) }),
            "no finite value at the start",
        ),
    ] {
        assert!(message.contains(part), "{message}");
        assert!(!message.contains("--"), "no option of the command: {message}");
    }
}

#[test]
fn numbers_outside_of_their_range_are_told() {
    let window = |window| surface(surface::Request { surface: "booth".to_string(), window: Some(window) });
    for bad in [[[1.0, 1.0], [0.0, 1.0]], [[2.0, 1.0], [0.0, 1.0]], [[0.0, 1e9], [0.0, 1.0]]] {
        assert!(window(bad).unwrap_err().message.contains("the window"), "{bad:?}");
    }
    let plane = |beta, eta, lambda, condition| momentum(momentum::Request { beta, eta, lambda, condition });
    for (it, part) in [
        (plane(1.0, 0.1, 1.0, 1.0), "β is 1; it lies from 0 up to, but without, 1, as 0.9"),
        (plane(0.9, 0.0, 1.0, 1.0), "η is 0"),
        (plane(0.9, 0.1, f64::NAN, 1.0), "λ is NaN"),
        (plane(0.9, 0.1, 1.0, 0.5), "κ is 0.5"),
    ] {
        assert!(it.unwrap_err().message.contains(part), "{part}");
    }
    let average = |gamma, angle, rate| averages(averages::Request { gamma, angle, rate, seed: 0 });
    for (it, part) in [
        (average(1.0, 0.0, 0.0), "γ is 1"),
        (average(0.9, 91.0, 0.0), "the angle is 91"),
        (average(0.9, 0.0, 4.5), "ηλ is 4.5"),
    ] {
        assert!(it.unwrap_err().message.contains(part), "{part}");
    }
}
