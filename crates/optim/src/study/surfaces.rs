//! Functions of two variables with known minima, to watch optimizers on.

use gradus_autograd::Var;
use gradus_tensor::Tensor;

/// A function of two variables.
#[derive(Debug, Clone, Copy)]
pub struct Surface {
    /// Its name.
    pub name: &'static str,
    /// Its formula, in words of mathematics.
    pub formula: &'static str,
    /// The function, of a vector of two elements.
    pub f: for<'t> fn(Var<'t>) -> Var<'t>,
    /// Where to begin.
    pub start: [f64; 2],
    /// Its minima; none where it falls for ever.
    pub minima: &'static [[f64; 2]],
    /// What to draw: the ranges of both variables.
    pub window: [(f64, f64); 2],
}

impl Surface {
    /// The value at a place.
    pub fn at(&self, x: [f64; 2]) -> f64 {
        let tape = gradus_autograd::Tape::inference();
        (self.f)(tape.constant(Tensor::from(x))).item()
    }

    /// The distance from a place to the nearest minimum.
    pub fn distance(&self, x: &[f64]) -> f64 {
        let distances = self.minima.iter().map(|m| (x[0] - m[0]).hypot(x[1] - m[1]));
        distances.fold(f64::INFINITY, f64::min)
    }
}

/// The surface of a name.
pub fn surface(name: &str) -> Option<&'static Surface> {
    SURFACES.iter().find(|surface| surface.name == name)
}

fn parts(x: Var<'_>) -> (Var<'_>, Var<'_>) {
    (x.select(0, 0), x.select(0, 1))
}

fn quadratic(x: Var<'_>) -> Var<'_> {
    let (x, y) = parts(x);
    0.1 * x.square() + 2.0 * y.square()
}

fn rosenbrock(x: Var<'_>) -> Var<'_> {
    let (x, y) = parts(x);
    (1.0 - x).square() + 100.0 * (y - x.square()).square()
}

fn beale(x: Var<'_>) -> Var<'_> {
    let (x, y) = parts(x);
    let y2 = y * y;
    (1.5 - x + x * y).square() + (2.25 - x + x * y2).square() + (2.625 - x + x * (y2 * y)).square()
}

fn himmelblau(x: Var<'_>) -> Var<'_> {
    let (x, y) = parts(x);
    (x.square() + y - 11.0).square() + (x + y.square() - 7.0).square()
}

fn booth(x: Var<'_>) -> Var<'_> {
    let (x, y) = parts(x);
    (x + 2.0 * y - 7.0).square() + (2.0 * x + y - 5.0).square()
}

fn rastrigin(x: Var<'_>) -> Var<'_> {
    (x.square() - 10.0 * (x * std::f64::consts::TAU).cos()).sum() + 20.0
}

fn ackley(x: Var<'_>) -> Var<'_> {
    // The norm, unlike a root, has a gradient at 0.
    let radius = x.norm() * std::f64::consts::FRAC_1_SQRT_2;
    let waves = (x * std::f64::consts::TAU).cos().sum() * 0.5;
    -20.0 * (radius * -0.2).exp() - waves.exp() + (20.0 + std::f64::consts::E)
}

fn saddle(x: Var<'_>) -> Var<'_> {
    let (x, y) = parts(x);
    x.square() - y.square()
}

fn ravine(x: Var<'_>) -> Var<'_> {
    let (x, y) = parts(x);
    0.05 * x.square() + 5.0 * (y - 0.5 * x.sin()).square()
}

/// The quadratic in other coordinates: u = 0.8 x + 0.6 y and v = 0.8 y − 0.6 x are its eigenvectors' coordinates.
fn turned(x: Var<'_>) -> Var<'_> {
    let (x, y) = parts(x);
    let (u, v) = (0.8 * x + 0.6 * y, 0.8 * y - 0.6 * x);
    0.1 * u.square() + 2.0 * v.square()
}

fn plateau(x: Var<'_>) -> Var<'_> {
    1.0 - (x.square().sum() * -0.25).exp()
}

fn pit(x: Var<'_>) -> Var<'_> {
    let (x, y) = parts(x);
    0.05 * (x - 4.0).square() - 0.25 * ((x - 1.0).square() * -8.0).exp() + 0.5 * y.square()
}

/// All surfaces, from the easiest on.
///
/// # Source
/// Rosenbrock 1960; Beale 1958; Himmelblau 1972; Rastrigin 1974; Ackley 1987; the quadratic from *Dive into
/// Deep Learning*, sec. 12.6.
pub const SURFACES: &[Surface] = &[
    Surface {
        name: "quadratic",
        formula: "0.1 x² + 2 y²",
        f: quadratic,
        start: [-5.0, -2.0],
        minima: &[[0.0, 0.0]],
        window: [(-5.5, 1.0), (-3.0, 3.0)],
    },
    Surface {
        name: "turned",
        formula: "0.1 u² + 2 v², u = 0.8 x + 0.6 y, v = 0.8 y − 0.6 x",
        f: turned,
        start: [-2.8, -4.6],
        minima: &[[0.0, 0.0]],
        window: [(-5.5, 2.0), (-5.5, 2.0)],
    },
    Surface {
        name: "booth",
        formula: "(x + 2y − 7)² + (2x + y − 5)²",
        f: booth,
        start: [-5.0, -5.0],
        minima: &[[1.0, 3.0]],
        window: [(-10.0, 10.0), (-10.0, 10.0)],
    },
    Surface {
        name: "ravine",
        formula: "0.05 x² + 5 (y − ½ sin x)²",
        f: ravine,
        start: [-4.0, 1.5],
        minima: &[[0.0, 0.0]],
        window: [(-5.0, 2.0), (-1.5, 2.0)],
    },
    Surface {
        name: "rosenbrock",
        formula: "(1 − x)² + 100 (y − x²)²",
        f: rosenbrock,
        start: [-1.2, 1.0],
        minima: &[[1.0, 1.0]],
        window: [(-2.0, 2.0), (-1.0, 3.0)],
    },
    Surface {
        name: "beale",
        formula: "(1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²",
        f: beale,
        start: [1.5, 0.5],
        minima: &[[3.0, 0.5]],
        window: [(-1.0, 4.5), (-2.0, 2.0)],
    },
    Surface {
        name: "himmelblau",
        formula: "(x² + y − 11)² + (x + y² − 7)²",
        f: himmelblau,
        start: [0.0, 0.0],
        minima: &[
            [3.0, 2.0],
            [-2.805_118_086_952_745, 3.131_312_518_250_573],
            [-3.779_310_253_377_747, -3.283_185_991_286_17],
            [3.584_428_340_330_492, -1.848_126_526_964_404],
        ],
        window: [(-5.0, 5.0), (-5.0, 5.0)],
    },
    Surface {
        name: "rastrigin",
        formula: "20 + Σ (x² − 10 cos 2πx)",
        f: rastrigin,
        start: [-2.2, 1.8],
        minima: &[[0.0, 0.0]],
        window: [(-3.0, 3.0), (-3.0, 3.0)],
    },
    Surface {
        name: "ackley",
        formula: "20 + e − 20 exp(−0.2 √(½ Σ x²)) − exp(½ Σ cos 2πx)",
        f: ackley,
        start: [-2.2, 1.8],
        minima: &[[0.0, 0.0]],
        window: [(-3.0, 3.0), (-3.0, 3.0)],
    },
    Surface {
        name: "plateau",
        formula: "1 − exp(−¼ (x² + y²))",
        f: plateau,
        start: [-4.0, 1.0],
        minima: &[[0.0, 0.0]],
        window: [(-5.0, 3.0), (-3.0, 3.0)],
    },
    Surface {
        name: "pit",
        formula: "0.05 (x − 4)² − ¼ exp(−8 (x − 1)²) + ½ y²",
        f: pit,
        start: [-1.0, 1.0],
        minima: &[[4.0, 0.0]],
        window: [(-2.0, 6.0), (-2.0, 2.0)],
    },
    Surface {
        name: "saddle",
        formula: "x² − y²",
        f: saddle,
        start: [-1.5, 1e-3],
        minima: &[],
        window: [(-2.0, 2.0), (-2.0, 2.0)],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::Objective;
    use crate::study::objective::OnTape;
    use crate::{Optimizer, Sgd, minimize};

    #[test]
    fn gradients_vanish_at_the_minima() {
        for surface in SURFACES {
            for minimum in surface.minima {
                // Also at the kink of Ackley's function.
                let (_, g) = OnTape(surface.f).value_and_grad(minimum);
                assert!(g.iter().all(|g| g.abs() < 1e-9), "{} at {minimum:?}: {g:?}", surface.name);
                assert!(surface.at(*minimum).abs() < 1e-12, "{}", surface.name);
            }
        }
    }

    /// From the same place, seen in the eigenbasis, descent and momentum take the quadratic's steps on the turned one.
    #[test]
    fn the_turned_quadratic_decouples_in_its_eigenbasis() {
        for beta in [0.0, 0.9] {
            let path = |name: &str| {
                let surface = surface(name).unwrap();
                let mut by = Optimizer::new(Sgd { momentum: beta, ..Sgd::default() }, 0.1);
                minimize(surface.f, &surface.start, &mut by, 30).points
            };
            for (turned, plain) in path("turned").iter().zip(path("quadratic")) {
                let [x, y] = turned[..] else { unreachable!("a place has two coordinates") };
                let seen = [0.8 * x + 0.6 * y, 0.8 * y - 0.6 * x];
                assert!(
                    seen.iter().zip(&plain).all(|(a, b)| approx::abs_diff_eq!(*a, *b, epsilon = 1e-12)),
                    "{seen:?}, not {plain:?}"
                );
            }
        }
    }

    /// Descent stops in the pit at 1.077; momentum rolls through it to the minimum at 4.
    #[test]
    fn momentum_rolls_out_of_the_pit() {
        let surface = surface("pit").unwrap();
        let end = |beta: f64| {
            let mut by = Optimizer::new(Sgd { momentum: beta, ..Sgd::default() }, 0.1);
            minimize(surface.f, &surface.start, &mut by, 1000).last()[0]
        };
        assert_eq!(
            (format!("{:.3}", end(0.0)), format!("{:.3}", end(0.9))),
            ("1.077".into(), "4.000".into())
        );
    }
}
