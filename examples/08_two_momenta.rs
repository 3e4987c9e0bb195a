//! Two notations of momentum that agree while the learning rate stands still, and part when it drops.
//!
//! The leaky sum keeps gradients, `v = βv + g`, and takes the rate on the way out, `x -= ηv`. The other form keeps
//! steps, `v = βv + ηg`, and takes `x -= v`. At a constant rate its velocity is η times the first one's. When
//! η falls to a tenth, the first one slows down at once; the second still carries steps of the old rate.
//!
//! The picture goes to the file named as argument, or to `two_momenta.svg` in the folder for temporary files.

use gradus::optim::{Momentum, MomentumForm, Trajectory, minimize};
use gradus::prelude::*;
use gradus_viz::{Chart, Figure, Grid, Marker, Scale, round_levels};

const STEPS: usize = 40;
const BETA: f64 = 0.8;
const RATE: f64 = 0.1;
/// The step at which the rate falls to a tenth, where it does.
const DROP: u64 = 8;

#[derive(Debug, Clone, Copy)]
struct Dropping(bool);

impl Schedule for Dropping {
    fn at(&self, step: u64) -> f64 {
        if self.0 && step >= DROP { RATE / 10.0 } else { RATE }
    }
}

/// `$0.1 x^2 + 2 y^2$` from (-5, -2).
fn descend(form: MomentumForm, rate: Dropping) -> Trajectory {
    let weights = Tensor::from([0.1, 2.0]);
    let rule = Momentum { beta: BETA, form, ..Momentum::default() };
    minimize(|x| (x.square() * &weights).sum(), &[-5.0, -2.0], &mut Optimizer::new(rule, rate), STEPS)
}

fn apart(a: &Trajectory, b: &Trajectory, step: usize) -> f64 {
    let (a, b) = (&a.points[step], &b.points[step]);
    (a[0] - b[0]).hypot(a[1] - b[1])
}

fn panel(title: &str, paths: [&Trajectory; 2]) -> Chart {
    let grid = Grid::sample((-5.5, 1.0), (-2.5, 2.5), [131, 101], |x, y| 0.1 * x * x + 2.0 * y * y);
    let mut chart = Chart::new(title)
        .size(430.0, 330.0)
        .x_axis("x", Scale::Linear)
        .y_axis("y", Scale::Linear)
        .x_range(-5.5, 1.0)
        .y_range(-2.5, 2.5)
        .contours(&grid, &round_levels(&grid, 10));
    // The first is drawn wider, so that it can be seen below the other.
    let names = [("leaky sum: x -= ηv", 6.0), ("rate inside: v = βv + ηg", 1.8)];
    for ((name, stroke), path) in names.into_iter().zip(paths) {
        let places: Vec<(f64, f64)> = path.points.iter().map(|place| (place[0], place[1])).collect();
        chart = chart.path(name, &places).stroke(stroke);
    }
    chart.marker("minimum", (0.0, 0.0), Marker::Cross)
}

fn main() {
    let of = |form, drops| descend(form, Dropping(drops));
    let constant = [of(MomentumForm::Leaky, false), of(MomentumForm::Velocity, false)];
    let dropped = [of(MomentumForm::Leaky, true), of(MomentumForm::Velocity, true)];

    println!("0.1 x² + 2 y² with β = {BETA} and η = {RATE}; right: η = {} from step {DROP} on", RATE / 10.0);
    println!("distance between the two forms\n");
    println!("step  constant rate  rate that drops");
    for step in [0, 4, 8, 9, 12, 16, 24, STEPS] {
        let [same, parted] = [&constant, &dropped].map(|pair| apart(&pair[0], &pair[1], step));
        println!("{step:>4}  {same:>13.1e}  {parted:>15.1e}");
        assert!(same < 1e-12, "they agree at a constant rate");
        assert!(step as u64 <= DROP || parted > 1e-3, "they part when the rate drops");
    }

    println!("\nat the constant rate: {}", constant[0].end);

    let picture = Figure::new("Two notations of momentum")
        .panel(panel("constant rate: one path", [&constant[0], &constant[1]]))
        .panel(panel("the rate falls to a tenth at step 8", [&dropped[0], &dropped[1]]))
        .shared_legend()
        .svg();
    let path = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let path = path.map_or_else(|| std::env::temp_dir().join("two_momenta.svg"), Into::into);
    match std::fs::write(&path, picture) {
        Ok(()) => println!("\npicture saved to {}", path.display()),
        Err(error) => println!("\nno picture, {}: {error}", path.display()),
    }
}
