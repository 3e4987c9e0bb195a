//! L-BFGS: Newton's direction from the last few steps.

use super::line_search::{Place, Wolfe};
use super::{Method, Notes, Objective, along, dot, largest};
use crate::options::Options;
use crate::settings;

/// How far to go along a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineSearch {
    /// The learning rate.
    None,
    /// To a place that fulfils the strong Wolfe conditions.
    StrongWolfe,
}

/// L-BFGS: the inverse Hessian is rebuilt from pairs of steps and changes of the gradient.
///
/// ```math
/// \begin{aligned}
/// s_k &= x_{k+1} - x_k, \qquad y_k = g_{k+1} - g_k, \qquad \rho_k = 1/\langle y_k, s_k\rangle \\
/// q &= -g;\quad \text{newest to oldest: } a_i = \rho_i\langle s_i, q\rangle,\ q \leftarrow q - a_i y_i \\
/// d &= \tfrac{\langle s, y\rangle}{\langle y, y\rangle}\,q;\quad
/// \text{oldest to newest: } d \leftarrow d + (a_i - \rho_i\langle y_i, d\rangle)\,s_i
/// \end{aligned}
/// ```
///
/// One step makes up to `iterations` such moves on one function, so give it the same data in all of them. The
/// pairs live on from step to step.
///
/// # Source
/// Liu and Nocedal 1989; `torch.optim.LBFGS`, with its defaults (its learning rate is 1).
#[derive(Debug, Clone, PartialEq)]
pub struct Lbfgs {
    /// Moves in one step.
    pub iterations: usize,
    /// Evaluations after which a step ends; `None`: 5/4 of the moves.
    pub evaluations: Option<usize>,
    /// Ends when no element of the gradient is larger.
    pub tolerance_grad: f64,
    /// Ends when the value or the parameters change by less.
    pub tolerance_change: f64,
    /// The number of pairs that are kept.
    pub history: usize,
    /// How far to go.
    pub line_search: LineSearch,
}

impl Default for Lbfgs {
    fn default() -> Self {
        Self {
            iterations: 20,
            evaluations: None,
            tolerance_grad: 1e-7,
            tolerance_change: 1e-9,
            history: 100,
            line_search: LineSearch::None,
        }
    }
}

/// The notes, unpacked.
struct State {
    moves: f64,
    d: Vec<f64>,
    t: f64,
    before: Vec<f64>,
    scale: f64,
    /// Changes of the gradient, and steps.
    pairs: Vec<(Vec<f64>, Vec<f64>)>,
}

impl State {
    fn unpack(notes: &mut Notes, n: usize) -> Self {
        let mut take = |name| notes.shift_remove(name).unwrap_or_default();
        let numbers: Vec<f64> = take("numbers");
        let number = |i: usize| numbers.get(i).copied().unwrap_or_default();
        let (ys, ss): (Vec<f64>, Vec<f64>) = (take("changes"), take("steps"));
        let pairs =
            ys.chunks(n.max(1)).zip(ss.chunks(n.max(1))).map(|(y, s)| (y.to_vec(), s.to_vec())).collect();
        Self {
            moves: number(0),
            t: number(1),
            scale: number(2),
            d: take("direction"),
            before: take("gradient"),
            pairs,
        }
    }

    fn pack(self, notes: &mut Notes) {
        notes.insert("numbers".into(), vec![self.moves, self.t, self.scale]);
        notes.insert("direction".into(), self.d);
        notes.insert("gradient".into(), self.before);
        notes.insert("changes".into(), self.pairs.iter().flat_map(|(y, _)| y.iter().copied()).collect());
        notes.insert("steps".into(), self.pairs.iter().flat_map(|(_, s)| s.iter().copied()).collect());
    }

    /// Renews the pairs and the direction for the gradient `g`.
    fn turn(&mut self, g: &[f64], history: usize) {
        self.moves += 1.0;
        if self.moves == 1.0 {
            self.d = g.iter().map(|g| -g).collect();
            self.scale = 1.0;
        } else {
            let y: Vec<f64> = g.iter().zip(&self.before).map(|(g, b)| g - b).collect();
            let s: Vec<f64> = self.d.iter().map(|d| d * self.t).collect();
            let ys = dot(&y, &s);
            if ys > 1e-10 {
                if self.pairs.len() == history {
                    self.pairs.remove(0);
                }
                self.scale = ys / dot(&y, &y);
                self.pairs.push((y, s));
            }
            self.d = self.direction(g);
        }
        self.before = g.to_vec();
    }

    /// The two loops.
    fn direction(&self, g: &[f64]) -> Vec<f64> {
        let mut q: Vec<f64> = g.iter().map(|g| -g).collect();
        let rho: Vec<f64> = self.pairs.iter().map(|(y, s)| 1.0 / dot(y, s)).collect();
        let mut a = vec![0.0; rho.len()];
        for (i, (y, s)) in self.pairs.iter().enumerate().rev() {
            a[i] = dot(s, &q) * rho[i];
            q = along(&q, -a[i], y);
        }
        for q in &mut q {
            *q *= self.scale;
        }
        for (i, (y, s)) in self.pairs.iter().enumerate() {
            let b = dot(y, &q) * rho[i];
            q = along(&q, a[i] - b, s);
        }
        q
    }
}

impl Lbfgs {
    /// Moves until one of the limits is reached.
    fn run(
        &self,
        lr: f64,
        x: &mut [f64],
        state: &mut State,
        f: &mut dyn Objective,
        (mut value, mut g): (f64, Vec<f64>),
    ) {
        let limit = self.evaluations.unwrap_or(self.iterations * 5 / 4);
        let mut evaluations = 1;
        for i in 1..=self.iterations {
            state.turn(&g, self.history);
            let before = value;
            let size: f64 = g.iter().map(|g| g.abs()).sum();
            state.t = if state.moves == 1.0 { (1.0 / size).min(1.0) * lr } else { lr };
            let slope = dot(&g, &state.d);
            // A NaN is no descent either.
            if slope.is_nan() || slope > -self.tolerance_change {
                return;
            }
            if self.line_search == LineSearch::StrongWolfe {
                let most = limit.saturating_sub(evaluations).min(25);
                let wolfe = Wolfe { c1: 1e-4, c2: 0.9, tolerance: 1e-9, limit: most };
                let start = Place { t: 0.0, value, grad: g, slope };
                let mut at = |t| f.value_and_grad(&along(x, t, &state.d));
                let (place, used) = wolfe.search(&start, state.t, &state.d, &mut at);
                (value, g, state.t) = (place.value, place.grad, place.t);
                evaluations += used;
            }
            x.copy_from_slice(&along(x, state.t, &state.d));
            if i == self.iterations {
                return;
            }
            if self.line_search == LineSearch::None {
                (value, g) = f.value_and_grad(x);
                evaluations += 1;
            }
            if !value.is_finite() || !largest(&g).is_finite() {
                return;
            }
            let still = largest(&state.d) * state.t <= self.tolerance_change
                || (value - before).abs() < self.tolerance_change;
            if evaluations >= limit || largest(&g) <= self.tolerance_grad || still {
                return;
            }
        }
    }
}

impl Method for Lbfgs {
    settings!(iterations, evaluations, tolerance_grad, tolerance_change, history, line_search);

    fn options(&self) -> Options {
        Options::of("Lbfgs")
            .count("iterations", self.iterations as u64)
            .non_negative("tolerance_grad", self.tolerance_grad)
            .non_negative("tolerance_change", self.tolerance_change)
            .count("history", self.history as u64)
    }

    fn step(&self, lr: f64, x: &mut [f64], notes: &mut Notes, f: &mut dyn Objective) -> f64 {
        let first = f.value_and_grad(x);
        let value = first.0;
        if largest(&first.1) <= self.tolerance_grad {
            return value;
        }
        let mut state = State::unpack(notes, x.len());
        self.run(lr, x, &mut state, f, first);
        state.pack(notes);
        value
    }
}
