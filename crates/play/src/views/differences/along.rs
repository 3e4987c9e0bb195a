//! A function along a line: one number in, one number out, in either float type, with its derivatives up to the fifth. From
//! these follows what the error of a difference is made of.

use gradus::autograd::{Scheme, Tape, Var};
use gradus::tensor::{DType, Tensor, rng};
use gradus_cli::check::Function;
use serde::Serialize;

use crate::answer::Number;

/// The highest derivative that an error formula has.
const HIGHEST: usize = 5;
/// Nodes beyond which no higher derivative is recorded.
const NODES: usize = 100_000;

/// `$\varphi(t) = \sum_k w_k f_k(x + t v)$` with a seeded direction v of length 1 and seeded weights from 0.5 to 1.5. A scalar
/// has the weight 1, and a single element the direction 1.
pub(super) struct Along<'f> {
    function: &'f Function,
    direction: Vec<Tensor>,
    weights: Option<Tensor>,
}

impl<'f> Along<'f> {
    pub(super) fn new(function: &'f Function, seed: u64) -> Self {
        let mut rng = rng(seed);
        let inputs = &function.inputs;
        let single = inputs.iter().map(Tensor::elements).sum::<usize>() == 1;
        let drawn: Vec<Tensor> = inputs
            .iter()
            .map(|x| if single { x.ones_like() } else { Tensor::randn_of(*x.shape(), DType::F64, &mut rng) })
            .collect();
        let length = drawn.iter().map(|v| v.square().sum().item()).sum::<f64>().sqrt();
        let direction = drawn.iter().map(|v| v * (1.0 / length)).collect();
        let tape = Tape::inference();
        let here: Vec<Var<'_>> = inputs.iter().map(|x| tape.constant(x)).collect();
        let result = function.record(&here);
        let several = result.elements() > 1;
        let weights = several.then(|| Tensor::uniform_of(result.shape(), 0.5, 1.5, DType::F64, &mut rng));
        Self { function, direction, weights }
    }

    pub(super) fn inputs(&self) -> &[Tensor] {
        &self.function.inputs
    }

    /// The weighted sum of the results at given inputs.
    pub(super) fn at<'t>(&self, x: &[Var<'t>]) -> Var<'t> {
        let y = self.function.record(x);
        match &self.weights {
            Some(weights) => (y * y.tape().constant(weights.to(y.dtype()))).sum(),
            None => y.sum(),
        }
    }

    /// It at t, in the float type of t.
    pub(super) fn of<'t>(&self, t: Var<'t>) -> Var<'t> {
        let constant = |x: &Tensor| t.tape().constant(x.to(t.dtype()));
        let moved = self.inputs().iter().zip(&self.direction);
        let moved: Vec<Var<'t>> = moved.map(|(x, v)| constant(x) + constant(v) * t).collect();
        self.at(&moved)
    }

    /// The value and the derivatives at t = 0, each recorded and differentiated again.
    pub(super) fn derivatives(&self) -> Vec<f64> {
        let tape = Tape::new();
        let t = tape.var(0.0);
        let mut y = self.of(t);
        let mut all = vec![y.item()];
        while all.len() <= HIGHEST {
            if !y.needs() {
                all.push(0.0);
                continue;
            }
            if tape.len() > NODES {
                break;
            }
            y = y.grad(t);
            all.push(y.item());
        }
        all
    }
}

/// What the error of a difference is made of: `$C h^p$` by truncation and `$R/h$` by rounding, and where their sum is least.
///
/// # Source
/// Press et al., Numerical Recipes, 3rd edition, 2007, section 5.7; the constants follow from Taylor's series of each scheme.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Model {
    /// C, relative to the derivative.
    pub truncation: Number,
    /// R, relative to the derivative.
    pub rounding: Number,
    /// The best step.
    pub step: Number,
    /// The error there.
    pub error: Number,
}

impl Model {
    /// Of a scheme; none for extrapolated differences, or where the derivative of the truncation is 0 or unknown.
    pub(super) fn of(scheme: Scheme, dtype: DType, derivatives: &[f64], scale: f64) -> Option<Self> {
        // C's derivative and factor, and the roundings of values in units of ε|φ|/h.
        let (order, factor, roundings) = match scheme {
            Scheme::Forward | Scheme::Backward => (2, 1.0 / 2.0, 2.0),
            Scheme::Central => (3, 1.0 / 6.0, 1.0),
            Scheme::FivePoint => (5, 1.0 / 30.0, 1.5),
            Scheme::Ridders => return None,
        };
        let epsilon = if dtype == DType::F64 { f64::EPSILON } else { f64::from(f32::EPSILON) } / 2.0;
        let p = f64::from(scheme.order());
        let truncation = factor * derivatives.get(order)?.abs() / scale;
        let rounding = roundings * epsilon * derivatives[0].abs() / scale;
        let usable = |x: f64| x.is_finite() && x > 0.0;
        if !usable(truncation) || !usable(rounding) {
            return None;
        }
        let step = (rounding / (p * truncation)).powf(1.0 / (p + 1.0));
        let error = truncation * step.powf(p) + rounding / step;
        Some(Self {
            truncation: Number(truncation),
            rounding: Number(rounding),
            step: Number(step),
            error: Number(error),
        })
    }
}
