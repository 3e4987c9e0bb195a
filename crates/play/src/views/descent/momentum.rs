//! Momentum on a quadratic: the plane of ηλ and β with the spectral radius of a step's matrix R, and the place of a run in it.

use std::any::Any;

use gradus::optim::theory::{
    Optimum, QuadraticMomentum, Regime, critical_beta, optimal_descent, optimal_momentum, stability_limit,
    steps_to_reduce,
};
use gradus::optim::{Momentum as InNotation, MomentumForm, Objective, OptimizerSpec, Rule, Sgd};
use gradus::viz::{Grid, contour};
use gradus_cli::race::{Ground, Run};
use serde::{Deserialize, Serialize};

use crate::answer::{Number, Refusal, numbers};
use crate::drawing::{COLORS, Chart, Table, series, text};

/// The largest ηλ at which some momentum below 1 is stable, and a little more.
const WIDEST: f64 = 4.2;
/// Cells of the map.
const CELLS: [usize; 2] = [42, 20];
/// Levels of the radius that are drawn.
const LEVELS: [f64; 7] = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0];
/// Steps of the motion.
const STEPS: usize = 60;

/// What the page asks.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// β, from 0 up to, but without, 1.
    pub beta: f64,
    /// η, above 0.
    pub eta: f64,
    /// λ, the largest curvature.
    pub lambda: f64,
    /// κ, the largest curvature over the smallest, from 1 on.
    pub condition: f64,
}

/// The plane, and one place in it.
#[derive(Debug, Clone, Serialize)]
pub struct Momentum {
    /// The map.
    pub plane: Plane,
    /// ηλ and β, at the largest curvature and at the smallest.
    pub here: [[Number; 2]; 2],
    /// The distances |x| from x = 1 on, at both.
    pub motion: Chart,
    /// What R says.
    pub facts: Table,
}

/// The spectral radius of R over ηλ and β.
#[derive(Debug, Clone, Serialize)]
pub struct Plane {
    /// In cells of the plane, row by row from β = 0.
    pub cells: Vec<Number>,
    /// Cells in a row.
    pub columns: usize,
    /// Rows of cells.
    pub rows: usize,
    /// The largest ηλ.
    pub widest: Number,
    /// Lines of one radius.
    pub levels: Vec<Curve>,
    /// β = (1 − √ηλ)²: above it the eigenvalues are complex.
    pub critical: Vec<[Number; 2]>,
}

/// A line of one spectral radius.
#[derive(Debug, Clone, Serialize)]
pub struct Curve {
    /// The radius.
    pub radius: Number,
    /// Its pieces, of ηλ and β.
    pub lines: Vec<Vec<[Number; 2]>>,
}

/// Where a run is in the plane.
#[derive(Debug, Clone, Serialize)]
pub struct Place {
    /// ηλ for the eigenvalues of the Hessian at the place, the larger first.
    pub steps: Vec<Number>,
    /// β.
    pub beta: Number,
    /// The spectral radius of R for each.
    pub radius: Vec<Number>,
}

/// The answer to a request.
///
/// # Errors
/// If a number lies outside of its range.
pub fn momentum(request: Request) -> Result<Momentum, Refusal> {
    let Request { beta, eta, lambda, condition } = request;
    for (name, x, good, range) in [
        ("β", beta, (0.0..1.0).contains(&beta), "from 0 up to, but without, 1, as 0.9"),
        ("η", eta, (1e-9..=1e6).contains(&eta), "from 1e-9 to 1e6, as 0.4"),
        ("λ", lambda, (1e-9..=1e6).contains(&lambda), "from 1e-9 to 1e6, as 4"),
        ("κ", condition, (1.0..=1e6).contains(&condition), "from 1 to 1e6, as 20"),
    ] {
        if !good {
            return Err(Refusal::value(format!("{name} is {x}; it lies {range}")));
        }
    }
    let system = QuadraticMomentum { beta, eta, lambda };
    let slow = QuadraticMomentum { lambda: lambda / condition, ..system };
    let here = [system, slow].map(|at| [at.eta * at.lambda, beta].map(Number));
    Ok(Momentum { plane: plane(), here, motion: motion(system, slow), facts: facts(system, slow) })
}

fn plane() -> Plane {
    let critical = (1..=120).map(|i| 4.0 * (f64::from(i) / 120.5).powi(2));
    Plane {
        cells: cells(),
        columns: CELLS[0],
        rows: CELLS[1],
        widest: Number(WIDEST),
        levels: levels(),
        critical: critical.map(|step| [step, critical_beta(step, 1.0)].map(Number)).collect(),
    }
}

fn motion(system: QuadraticMomentum, slow: QuadraticMomentum) -> Chart {
    let places = |system: QuadraticMomentum| {
        let all = std::iter::once(1.0).chain(system.trajectory(0.0, 1.0, STEPS));
        series(all.map(f64::abs), 0)
    };
    Chart::new("|x| from 1 on", "step", "|x|")
        .logarithmic()
        .within(1e-8, 30.0)
        .line(&format!("at λ = {}", text(system.lambda)), COLORS[0], places(system))
        .line(&format!("at λ/κ = {}", text(slow.lambda)), COLORS[1], places(slow))
        .dashed(1)
}

fn facts(system: QuadraticMomentum, slow: QuadraticMomentum) -> Table {
    let QuadraticMomentum { beta, eta, lambda } = system;
    let [[a, b], [c, d]] = system.matrix().map(|row| row.map(text));
    let [first, second] = system.eigenvalues();
    let roots = if first.im == 0.0 {
        format!("{} and {}", text(first.re), text(second.re))
    } else {
        format!("{} ± {}i", text(first.re), text(first.im.abs()))
    };
    let (radius, step) = (system.spectral_radius(), eta * lambda);
    let (sign, end) = if system.is_stable() { ("<", "converges") } else { ("≥", "diverges") };
    let tenth = steps_to_reduce(radius, 0.1);
    let best_beta = if step < 4.0 { text(critical_beta(eta, lambda)) } else { "none is stable".to_string() };
    let best =
        |Optimum { eta, beta, rate }| format!("η = {}, β = {}: rate {}", text(eta), text(beta), text(rate));
    Table::facts([
        ("R of (v, x)", format!("[{a}, {b}; {c}, {d}]")),
        ("eigenvalues", roots),
        ("they are", regime(system).to_string()),
        ("spectral radius", text(radius)),
        ("at λ/κ", text(slow.spectral_radius())),
        ("ηλ < 2 + 2β", format!("{} {sign} {}: {end}", text(step), text(stability_limit(beta)))),
        ("steps to a tenth", if tenth.is_finite() { text(tenth) } else { "never".to_string() }),
        ("best β here", best_beta),
        ("best without momentum", best(optimal_descent(slow.lambda, lambda))),
        ("best with momentum", best(optimal_momentum(slow.lambda, lambda))),
    ])
}

fn regime(system: QuadraticMomentum) -> &'static str {
    match system.regime() {
        Regime::Underdamped => "complex: it oscillates, and shrinks by √β a step whatever λ",
        Regime::Overdamped if system.eigenvalues()[0].re < 0.0 => {
            "real and negative: it changes its sign at every step"
        }
        Regime::Overdamped => "real and positive: it does not oscillate",
        Regime::Critical => "one, double: the fastest for this ηλ",
    }
}

fn radius(step: f64, beta: f64) -> f64 {
    QuadraticMomentum { beta, eta: step, lambda: 1.0 }.spectral_radius()
}

/// The radius in the middle of each cell.
fn cells() -> Vec<Number> {
    let [columns, rows] = CELLS;
    let middle = |i: usize, n: usize, end: f64| (i as f64 + 0.5) / n as f64 * end;
    let row = |j: usize| (0..columns).map(move |i| radius(middle(i, columns, WIDEST), middle(j, rows, 1.0)));
    (0..rows).flat_map(row).map(Number).collect()
}

fn levels() -> Vec<Curve> {
    let grid = Grid::sample((0.0, WIDEST), (0.0, 1.0), [169, 101], radius);
    let short = |x: f64| Number((x * 1e4).round() / 1e4);
    let one = |level: f64| Curve {
        radius: Number(level),
        lines: contour(&grid, level)
            .iter()
            .map(|line| line.iter().map(|&(x, y)| [short(x), short(y)]).collect())
            .collect(),
    };
    LEVELS.into_iter().map(one).collect()
}

/// β, and by how much of η a gradient moves the place in all: the leaky sum that walks the same path at a constant rate.
fn leaky(rule: &dyn Rule, lr: f64) -> Option<(f64, f64)> {
    let rule: &dyn Any = rule;
    if let Some(sgd) = rule.downcast_ref::<Sgd>() {
        let part = if sgd.momentum == 0.0 { 1.0 } else { 1.0 - sgd.dampening };
        return (!sgd.nesterov).then_some((sgd.momentum, lr * part));
    }
    let InNotation { beta, form, .. } = rule.downcast_ref::<InNotation>()?;
    let part = match form {
        MomentumForm::Average | MomentumForm::PhysicalAverage => 1.0 - beta,
        MomentumForm::Dampened(tau) => 1.0 - tau,
        MomentumForm::Leaky | MomentumForm::Velocity | MomentumForm::Physical => 1.0,
    };
    Some((*beta, lr * part))
}

/// Where a run is in the plane, for the Hessian at each of its places; empty for rules that are no momentum.
pub(super) fn course(ground: &Ground, who: &OptimizerSpec, run: &Run, rates: &[f64]) -> Vec<Place> {
    let rule = who.rule();
    let mut f = ground;
    let one = |(i, x): (usize, &Vec<f64>)| {
        let lr = rates.get(i).or(rates.last()).copied()?;
        let (beta, eta) = leaky(&*rule, lr)?;
        let curvatures = eigenvalues(&f.hessian(x));
        let radius = |&lambda: &f64| QuadraticMomentum { beta, eta, lambda }.spectral_radius();
        Some(Place {
            radius: curvatures.iter().map(radius).map(Number).collect(),
            steps: numbers(&curvatures.iter().map(|lambda| eta * lambda).collect::<Vec<_>>()),
            beta: Number(beta),
        })
    };
    run.path.points.iter().enumerate().map_while(one).collect()
}

/// Of a symmetric matrix of one or two rows, the larger first.
fn eigenvalues(hessian: &[f64]) -> Vec<f64> {
    match *hessian {
        [a, b, _, d] => {
            let (middle, half) = (f64::midpoint(a, d), f64::hypot((a - d) / 2.0, b));
            vec![middle + half, middle - half]
        }
        _ => hessian.to_vec(),
    }
}
