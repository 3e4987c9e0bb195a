//! Momentum as mechanics: a body of mass m under friction k rolls in a valley.
//!
//! `$m\dot v = -kv - \nabla f$` in steps of one unit of time is momentum with β = 1 - k/m (the notes' α) and η = 1/m, if friction
//! brakes the old velocity; with β = m/(m + k) and η = 1/(m + k), if it brakes the new one. With little friction the body swings
//! for long, with much it creeps. Where friction is large beside the mass, the explicit step has lost the physics, and the implicit one has not.

#[path = "common/lesson.rs"]
mod lesson;

use approx::{abs_diff_eq, assert_abs_diff_eq};
use gradus::optim::{Momentum, minimize};
use gradus::prelude::*;
use gradus::viz::{Chart, Figure, Scale, series_color};
use lesson::{Point, save};

const STEPS: usize = 120;

/// The places of a body that starts at 1 in the valley ½ x².
fn roll((rule, lr): (Momentum, f64)) -> Vec<f64> {
    let path = minimize(|x| (0.5 * x.square()).sum(), &[1.0], &mut Optimizer::new(rule, lr), STEPS);
    path.points.iter().map(|x| x[0]).collect()
}

/// The solution of `$m\ddot x + k\dot x + x = 0$` from 1 at rest.
fn exact(mass: f64, friction: f64, t: f64) -> f64 {
    let (rate, square) = (friction / (2.0 * mass), 1.0 / mass - (friction / (2.0 * mass)).powi(2));
    let root = square.abs().sqrt();
    let (even, odd) = if square > 0.0 {
        ((root * t).cos(), (root * t).sin())
    } else {
        ((root * t).cosh(), (root * t).sinh())
    };
    (-rate * t).exp() * (even + rate / root * odd)
}

fn curve(f: impl Fn(f64) -> f64) -> Vec<Point> {
    (0..=STEPS).map(|t| (t as f64, f(t as f64))).collect()
}

fn worst(path: &[f64], mass: f64, friction: f64) -> f64 {
    path.iter()
        .enumerate()
        .map(|(t, x)| (x - exact(mass, friction, t as f64)).abs())
        .max_by(f64::total_cmp)
        .unwrap_or(0.0)
}

fn main() {
    let mass = 100.0;
    let mut swings = panel("mass 100").y_range(-1.1, 1.1);
    println!(
        "a body of mass {mass} in ½ x² from 1\nfriction      β      η  x after {STEPS}  largest |x| of the last 60"
    );
    for friction in [0.0, 2.0, 20.0, 60.0] {
        let (rule, lr) = Momentum::physical(mass, friction);
        assert_abs_diff_eq!(rule.beta, 1.0 - friction / mass, epsilon = 1e-15);
        assert_abs_diff_eq!(lr, 1.0 / mass, epsilon = 1e-15);
        let (beta, path) = (rule.beta, roll((rule, lr)));
        let swing = path[STEPS - 60..].iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        println!("{friction:>8} {beta:>6} {lr:>6} {:>12.4} {swing:>28.4}", path[STEPS]);
        if friction == 0.0 {
            assert!(abs_diff_eq!(swing, 1.0, epsilon = 0.01), "without friction it swings for ever");
        } else {
            assert!(swing < 0.9, "friction takes the swing away");
        }
        swings = swings.curve(&format!("friction {friction}, β = {beta}"), &path);
    }
    assert!(
        roll(Momentum::physical(mass, 20.0))[STEPS].abs() < 1e-3,
        "critical friction 2√m brings it to rest"
    );
    assert!(roll(Momentum::physical(mass, 60.0))[STEPS] > 0.1, "more friction, and it creeps");

    // The same friction that turns an explicit step around is well in an implicit one.
    let heavy = roll(Momentum::physical_implicit(1.0, 9.0));
    assert_abs_diff_eq!(heavy[1], 0.9, epsilon = 1e-12);
    assert!(heavy.windows(2).all(|pair| 0.0 < pair[1] && pair[1] < pair[0]));
    save(
        "44_mass_and_friction",
        &Figure::new("A body with mass and friction").panel(swings).panel(forms()).svg(),
    );
}

/// Both forms beside the motion itself, where friction is as large as the mass.
fn forms() -> Chart {
    let (mass, friction) = (2.0, 2.0);
    let explicit = roll(Momentum::physical(mass, friction));
    let implicit = roll(Momentum::physical_implicit(mass, friction));
    let (by_explicit, by_implicit) = (worst(&explicit, mass, friction), worst(&implicit, mass, friction));
    println!("\nmass {mass}, friction {friction}: farthest from the exact motion");
    println!("friction of the old velocity {by_explicit:.4}, of the new one {by_implicit:.4}");
    assert!(by_explicit > 3.0 * by_implicit, "the explicit step is the farther one");
    assert!(explicit.iter().all(|x| *x >= 0.0), "it has lost the swing through the valley");
    assert!(implicit.iter().any(|x| *x < -0.01), "which the implicit one keeps");
    panel("mass 2, friction 2: two steps and the motion itself")
        .x_range(0.0, 12.0)
        .curve("friction of the old velocity, β = 0", &explicit)
        .color(series_color(4))
        .curve("friction of the new velocity, β = 0.5", &implicit)
        .color(series_color(5))
        .line("exact", &curve(|t| exact(mass, friction, t)))
        .color("#777777")
        .dashed()
}

fn panel(title: &str) -> Chart {
    Chart::new(title).size(350.0, 290.0).x_axis("step", Scale::Integer).y_axis("place x", Scale::Linear)
}
