//! Gradients of the tape against finite differences, element by element, with a report that says what was compared,
//! how far the two are apart at worst, and, if they differ, why.
//!
//! Everything runs in F64. A result with several elements is weighted by seeded random numbers and summed, so that one
//! sweep checks all of them. The numeric value is the five-point difference with step `$10^{-3} \max(1, |x|)$`; where it
//! disagrees it is taken again with smaller steps, and the pair of steps that agree best with each other decides.

use gradus_tensor::{DType, Shape, Tensor, rng};

use crate::finite_difference::{FiniteDifference, Scheme};
use crate::param::Params;
use crate::reason::find_reason;
use crate::report::{Comparison, Report};
use crate::tape::Tape;
use crate::var::Var;

/// How a gradient is checked.
#[derive(Debug, Clone)]
pub struct GradcheckOptions {
    /// Largest allowed difference, relative to the larger of the two values.
    pub rtol: f64,
    /// Largest allowed absolute difference for values that are close to 0.
    pub atol: f64,
    /// A scheme and a step in place of the automatic choice.
    pub difference: Option<FiniteDifference>,
    /// Which elements to compare.
    pub elements: Elements,
    /// 1 checks the gradient, 2 also the gradient of the recorded gradient, and so on.
    pub order: usize,
    /// Seed of the weights of a result that is no scalar, and of those of higher orders.
    pub seed: u64,
}

impl Default for GradcheckOptions {
    fn default() -> Self {
        Self { rtol: 1e-6, atol: 1e-9, difference: None, elements: Elements::All, order: 1, seed: 0 }
    }
}

/// Which derivatives are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elements {
    /// The one in each element.
    All,
    /// Those in `count` elements, drawn with `seed`.
    Sample {
        /// How many elements.
        count: usize,
        /// Seed of the draw.
        seed: u64,
    },
    /// Those along `count` random directions of length 1, each through all elements.
    Directions {
        /// How many directions.
        count: usize,
        /// Seed of the draw.
        seed: u64,
    },
}

/// Compares the gradient of `f` with finite differences at `inputs`.
///
/// ```
/// use gradus_autograd::gradcheck;
/// use gradus_tensor::Tensor;
/// let x = Tensor::from([0.3, -1.2, 2.0]);
/// gradcheck(|x| (x[0].sin() * x[0]).tanh(), &[x]).assert();
/// ```
pub fn gradcheck(f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, inputs: &[Tensor]) -> Report {
    gradcheck_with(f, inputs, &GradcheckOptions::default())
}

/// As [`gradcheck`], with options. Inputs that are no floats are handed to `f` as they are.
pub fn gradcheck_with(
    f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>,
    inputs: &[Tensor],
    options: &GradcheckOptions,
) -> Report {
    let raised: Vec<Tensor> = inputs.iter().map(raise).collect();
    let places = (0..raised.len()).filter(|&i| raised[i].dtype().is_float());
    let names = places.map(|i| (format!("input {i}"), raised[i].clone())).collect();
    let f: &TapeFunction<'_> = &f;
    let mut subject = Inputs { f, at: raised, names };
    check(&mut subject, options)
}

/// A float tensor in F64; another one as it is.
fn raise(x: &Tensor) -> Tensor {
    if x.dtype().is_float() { x.to(DType::F64) } else { x.clone() }
}

/// Compares the gradient of a model's loss in its parameters with finite differences. The parameters are raised to F64
/// for the check and put back afterwards, with their bits.
///
/// # Panics
/// If the model has no trainable parameter.
#[track_caller]
pub fn gradcheck_model<M: Params>(
    model: &mut M,
    loss: impl for<'t> Fn(&M, &'t Tape) -> Var<'t>,
    options: &GradcheckOptions,
) -> Report {
    assert!(model.trainable_elements() > 0, "gradcheck_model: the model has no trainable parameter");
    let kept: Vec<Tensor> = model.params().iter().map(|(_, p)| p.value().clone()).collect();
    for (_, p) in model.params_mut() {
        p.convert(DType::F64);
    }
    let trainable = model.params().into_iter().filter(|(_, p)| p.is_trainable());
    let names = trainable.map(|(path, p)| (path, p.value().clone())).collect();
    let loss: &ModelLoss<'_, M> = &loss;
    let report = check(&mut LossOfModel { model, loss, names }, options);
    for ((_, p), value) in model.params_mut().into_iter().zip(kept) {
        *p.value_mut() = value;
    }
    report
}

type TapeFunction<'a> = dyn for<'t> Fn(&[Var<'t>]) -> Var<'t> + 'a;
type ModelLoss<'a, M> = dyn for<'t> Fn(&M, &'t Tape) -> Var<'t> + 'a;

/// What is checked: a function of named tensors.
pub(crate) trait Subject {
    /// The variables with their names.
    fn names(&self) -> &[(String, Tensor)];
    /// The result on a tape, and the variables there, for values of all variables.
    fn record<'t>(&mut self, tape: &'t Tape, at: &[Tensor]) -> (Var<'t>, Vec<Var<'t>>);
}

struct Inputs<'a> {
    f: &'a TapeFunction<'a>,
    at: Vec<Tensor>,
    names: Vec<(String, Tensor)>,
}

impl Subject for Inputs<'_> {
    fn names(&self) -> &[(String, Tensor)] {
        &self.names
    }
    fn record<'t>(&mut self, tape: &'t Tape, at: &[Tensor]) -> (Var<'t>, Vec<Var<'t>>) {
        let mut values = at.iter();
        let mut next = || values.next().expect("a value for each variable").clone();
        let mut lift = |given: &Tensor| {
            if given.dtype().is_float() { tape.var(next()) } else { tape.constant(given.clone()) }
        };
        let all: Vec<Var<'t>> = self.at.iter().map(&mut lift).collect();
        let variables = all.iter().copied().filter(|x| x.dtype().is_float()).collect();
        ((self.f)(&all), variables)
    }
}

struct LossOfModel<'a, M> {
    model: &'a mut M,
    loss: &'a ModelLoss<'a, M>,
    names: Vec<(String, Tensor)>,
}

impl<M: Params> Subject for LossOfModel<'_, M> {
    fn names(&self) -> &[(String, Tensor)] {
        &self.names
    }
    fn record<'t>(&mut self, tape: &'t Tape, at: &[Tensor]) -> (Var<'t>, Vec<Var<'t>>) {
        let trainable = self.model.params_mut().into_iter().map(|(_, p)| p).filter(|p| p.is_trainable());
        for (p, value) in trainable.zip(at) {
            p.set(value.clone());
        }
        let trainable = self.model.params().into_iter().filter(|(_, p)| p.is_trainable());
        let variables = trainable.map(|(_, p)| tape.param(p)).collect();
        ((self.loss)(self.model, tape), variables)
    }
}

/// A scalar function of one number: the checked function along a line.
pub(crate) struct Line<'a> {
    pub(crate) subject: &'a mut dyn Subject,
    pub(crate) options: &'a GradcheckOptions,
    pub(crate) order: usize,
    pub(crate) direction: &'a Direction,
}

/// A line through all variables.
pub(crate) struct Direction {
    pub(crate) name: String,
    pub(crate) index: Vec<usize>,
    /// Along one element: which tensor, which element.
    element: Option<(usize, usize)>,
    /// Along a general direction.
    vector: Vec<Tensor>,
    /// The length scale of the step.
    pub(crate) scale: f64,
}

impl Line<'_> {
    pub(crate) fn at(&mut self, t: f64) -> f64 {
        let mut moved: Vec<Tensor> = self.subject.names().iter().map(|(_, x)| x.clone()).collect();
        match self.direction.element {
            Some((which, i)) => {
                let mut x = moved[which].copied();
                x.slice_mut::<f64>()[i] += t;
                moved[which] = x;
            }
            None => moved.iter_mut().zip(&self.direction.vector).for_each(|(x, v)| *x = &*x + &(v * t)),
        }
        let tape = Tape::new();
        projected(self.subject, &tape, &moved, self.order, self.options.seed).0.item()
    }
}

/// The scalar that is differentiated: the result weighted and summed; for higher orders the weighted sum of the recorded
/// gradients of the order below.
pub(crate) fn projected<'t>(
    subject: &mut dyn Subject,
    tape: &'t Tape,
    at: &[Tensor],
    order: usize,
    seed: u64,
) -> (Var<'t>, Vec<Var<'t>>) {
    let (y, variables) = subject.record(tape, at);
    let mut rng = rng(seed);
    let mut weighted = |x: Var<'t>| {
        if x.elements() == 1 {
            return x.sum();
        }
        (x * &Tensor::uniform_of(x.shape(), 0.5, 1.5, DType::F64, &mut rng)).sum()
    };
    let mut scalar = weighted(y);
    for _ in 1..order {
        let gradients = scalar.grads(&variables);
        scalar = gradients.into_iter().map(&mut weighted).sum();
    }
    (scalar, variables)
}

fn check(subject: &mut dyn Subject, options: &GradcheckOptions) -> Report {
    let at: Vec<Tensor> = subject.names().iter().map(|(_, x)| x.clone()).collect();
    let directions = directions(subject.names(), options.elements);
    let mut comparisons = Vec::new();
    for order in 1..=options.order {
        let tape = Tape::new();
        let (scalar, variables) = projected(subject, &tape, &at, order, options.seed);
        let gradients: Vec<Tensor> = if scalar.needs() {
            let gradients = scalar.backward();
            variables.iter().map(|&x| gradients.wrt(x)).collect()
        } else {
            at.iter().map(Tensor::zeros_like).collect()
        };
        for direction in &directions {
            let autograd = direction.of(&gradients);
            let mut line = Line { subject, options, order, direction };
            comparisons.push(compare(&mut line, autograd));
        }
    }
    let failed = comparisons.iter().filter(|c| !agrees(c, options)).count();
    let key = |c: &Comparison| if c.relative.is_nan() { f64::INFINITY } else { c.relative };
    let worst = comparisons.iter().enumerate().max_by(|a, b| key(a.1).total_cmp(&key(b.1)));
    let reason = worst.filter(|_| failed > 0).map(|(i, worst)| {
        let direction = &directions[i % directions.len()];
        find_reason(&mut Line { subject, options, order: worst.order, direction }, worst)
    });
    let worst = worst.map(|(_, c)| c.clone());
    let compared = comparisons.len();
    Report { compared, failed, worst, comparisons, reason, rtol: options.rtol, atol: options.atol }
}

pub(crate) fn agrees(c: &Comparison, options: &GradcheckOptions) -> bool {
    c.relative <= options.rtol || (c.autograd == c.numeric)
}

/// One derivative from both sides.
fn compare(line: &mut Line<'_>, autograd: f64) -> Comparison {
    if let Some(fd) = line.options.difference {
        return comparison(line, autograd, fd);
    }
    let fd = FiniteDifference::new(Scheme::FivePoint);
    let first = comparison(line, autograd, fd.with_step(fd.step * line.direction.scale));
    if agrees(&first, line.options) { first } else { refined(line, autograd, first) }
}

/// Steps from large to small; the two neighbours that agree best with each other decide. They do not look at the tape's
/// value, so a wrong one cannot pick the step that suits it.
fn refined(line: &mut Line<'_>, autograd: f64, first: Comparison) -> Comparison {
    let mut previous = first.clone();
    let (mut best, mut spread) = (first, f64::INFINITY);
    for _ in 0..5 {
        let fd = FiniteDifference::new(Scheme::FivePoint).with_step(previous.step / 8.0);
        let next = comparison(line, autograd, fd);
        let moved = (next.numeric - previous.numeric).abs();
        if moved < spread {
            (best, spread) = (next.clone(), moved);
        }
        previous = next;
    }
    best
}

pub(crate) fn comparison(line: &mut Line<'_>, autograd: f64, fd: FiniteDifference) -> Comparison {
    let numeric = fd.derivative(|t| line.at(t), 0.0);
    let absolute = (autograd - numeric).abs();
    let floor = line.options.atol / line.options.rtol;
    Comparison {
        name: line.direction.name.clone(),
        index: line.direction.index.clone(),
        autograd,
        numeric,
        absolute,
        relative: absolute / autograd.abs().max(numeric.abs()).max(floor),
        scheme: fd.scheme,
        step: fd.step,
        order: line.order,
    }
}

impl Direction {
    /// The derivative along it, from the gradient.
    pub(crate) fn of(&self, gradients: &[Tensor]) -> f64 {
        match self.element {
            Some((which, i)) => element(&gradients[which], i),
            None => gradients.iter().zip(&self.vector).map(|(g, v)| (g * v).sum().item()).sum(),
        }
    }
}

fn element(x: &Tensor, i: usize) -> f64 {
    x.to(DType::F64).contiguous().as_slice::<f64>()[i]
}

fn directions(names: &[(String, Tensor)], elements: Elements) -> Vec<Direction> {
    let total: usize = names.iter().map(|(_, x)| x.elements()).sum();
    match elements {
        Elements::All => (0..total).map(|i| along_element(names, i)).collect(),
        Elements::Sample { count, seed } => {
            let drawn = Tensor::permutation(total, &mut rng(seed)).to_vec::<i64>();
            let mut drawn: Vec<usize> = drawn.into_iter().take(count).map(|i| i as usize).collect();
            drawn.sort_unstable();
            drawn.into_iter().map(|i| along_element(names, i)).collect()
        }
        Elements::Directions { count, seed } => {
            let mut rng = rng(seed);
            (0..count)
                .map(|k| {
                    let draw = |x: &Tensor| Tensor::randn_of(*x.shape(), DType::F64, &mut rng);
                    let vector: Vec<Tensor> = names.iter().map(|(_, x)| x).map(draw).collect();
                    let length = vector.iter().map(|v| v.square().sum().item()).sum::<f64>().sqrt();
                    let vector = vector.iter().map(|v| v / length).collect();
                    let name = format!("direction {k}");
                    Direction { name, index: Vec::new(), element: None, vector, scale: 1.0 }
                })
                .collect()
        }
    }
}

fn along_element(names: &[(String, Tensor)], place: usize) -> Direction {
    let (mut which, mut i) = (0, place);
    while i >= names[which].1.elements() {
        i -= names[which].1.elements();
        which += 1;
    }
    let (name, x) = &names[which];
    let scale = element(x, i).abs().max(1.0);
    let index = unravel(i, x.shape());
    Direction { name: name.clone(), index, element: Some((which, i)), vector: Vec::new(), scale }
}

/// The index of element `i` in row-major order.
pub(crate) fn unravel(i: usize, shape: &Shape) -> Vec<usize> {
    let mut rest = i;
    let mut index = vec![0; shape.len()];
    for axis in (0..shape.len()).rev() {
        index[axis] = rest % shape[axis];
        rest /= shape[axis];
    }
    index
}
