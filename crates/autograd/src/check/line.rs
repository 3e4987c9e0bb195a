//! A function along a line: what finite differences are taken of.

use std::fmt;

use gradus_tensor::{DType, Tensor, rng};

use super::flat::unravel;
use super::grain::{Grain, spacing};
use super::node;
use super::options::Elements;
use super::prepare::Prepared;
use super::subject::{Function, LossOfModel, Subject, Variable};
use crate::fast::reuse::on_tape;
use crate::functions::derivative::slopes;
use crate::model::Params;
use crate::model::training::Mode;
use crate::tape::Tape;
use crate::var::Var;

/// A function of tensors, or a model's loss in its parameters, along a line through their values x:
/// `$\varphi(t) = f(x + t v)$`, a function of one number. A result of several elements is weighted by seeded random numbers
/// from 0.5 to 1.5 and summed.
///
/// ```
/// use gradus_autograd::{FiniteDifference, Line};
/// use gradus_tensor::Tensor;
/// let mut line = Line::new(|x| x[0].sin(), &[Tensor::from([0.3, -1.2])], 0);
/// let exact = line.derivative();
/// let numeric = FiniteDifference::central().derivative(|t| line.value(t), 0.0);
/// assert!((exact - numeric).abs() < 1e-9);
/// ```
pub struct Line<'a> {
    subject: Box<dyn Subject + 'a>,
    /// The place of t = 0.
    at: Vec<Tensor>,
    direction: Direction,
    order: usize,
    seed: u64,
}

/// A line through all variables.
#[derive(Debug, Clone)]
pub(crate) struct Direction {
    pub(crate) name: String,
    /// The number of the variable and the element in it, for a line along one element.
    pub(crate) input: Option<usize>,
    pub(crate) index: Vec<usize>,
    along: Along,
    /// The length scale of the step.
    pub(crate) scale: f64,
}

#[derive(Debug, Clone)]
enum Along {
    /// One element: of which variable, and which.
    Element(usize, usize),
    /// A part for each variable.
    Vector(Vec<Tensor>),
}

impl<'a> Line<'a> {
    /// `f` along a random direction of length 1 through `inputs`; in its only variable if there is no other. Everything is
    /// raised to F64. Inputs that are no floats are handed to `f` as they are.
    ///
    /// # Panics
    /// If no input has an element of a float type.
    #[track_caller]
    pub fn new(f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t> + 'a, inputs: &[Tensor], seed: u64) -> Self {
        let subject = Function::new(f, inputs);
        let elements: usize = subject.variables().iter().map(|x| x.value.elements()).sum();
        assert!(elements > 0, "Line::new: no input has an element of a float type to move");
        Self::somewhere(Box::new(subject), seed)
    }

    /// A model's loss along a random direction of length 1 through its trainable parameters. The parameters are put back,
    /// with their bits, when the line is dropped.
    ///
    /// # Panics
    /// If the model has no trainable parameter.
    #[track_caller]
    pub fn of_model<M: Params>(
        model: &'a mut M,
        loss: impl for<'t> Fn(&M, &'t Tape) -> Var<'t> + 'a,
        seed: u64,
    ) -> Self {
        Self::somewhere(Box::new(LossOfModel::new("Line::of_model", model, loss)), seed)
    }

    fn somewhere(subject: Box<dyn Subject + 'a>, seed: u64) -> Self {
        let elements: usize = subject.variables().iter().map(|x| x.value.elements()).sum();
        let which = if elements == 1 { Elements::All } else { Elements::Directions { count: 1, seed } };
        let direction = directions(subject.variables(), which).remove(0);
        Self::along(subject, direction, seed)
    }

    /// Along a given direction.
    pub(crate) fn along(subject: Box<dyn Subject + 'a>, direction: Direction, seed: u64) -> Self {
        let at = subject.variables().iter().map(|x| x.value.clone()).collect();
        Self { subject, at, direction, order: 1, seed }
    }

    /// Another direction through the same place. With order 2 the recorded gradient takes the place of the result, and so
    /// on.
    pub(crate) fn turn(&mut self, direction: &Direction, order: usize) {
        self.direction.clone_from(direction);
        self.order = order;
    }

    /// `$\varphi(t)$`, in F64.
    pub fn value(&mut self, t: f64) -> f64 {
        self.value_in(t, DType::F64)
    }

    /// `$\varphi(t)$`, computed in the given float type from values that were moved in F64.
    pub fn value_in(&mut self, t: f64, dtype: DType) -> f64 {
        let mut moved = self.moved(t);
        if dtype != DType::F64 {
            moved = moved.iter().map(|x| x.to(dtype)).collect();
        }
        let tape = Tape::new();
        self.record(&tape, &moved).scalar().item()
    }

    /// The elements of the result at t, one by one.
    pub(crate) fn results(&mut self, t: f64) -> Vec<f64> {
        let moved = self.moved(t);
        on_tape(Mode::Record, |tape| {
            self.record(tape, &moved).outputs.iter().flat_map(|y| y.value().to_f64_vec()).collect()
        })
    }

    fn moved(&self, t: f64) -> Vec<Tensor> {
        let mut moved = self.at.clone();
        match &self.direction.along {
            Along::Element(which, i) => {
                let mut x = moved[*which].copied();
                x.slice_mut::<f64>()[*i] += t;
                moved[*which] = x;
            }
            Along::Vector(v) => moved.iter_mut().zip(v).for_each(|(x, v)| *x = &*x + &(v * t)),
        }
        moved
    }

    /// `$\varphi'(0) = \nabla f(x) \cdot v$`, from the tape.
    pub fn derivative(&mut self) -> f64 {
        let tape = Tape::new();
        let gradients = self.record_here(&tape).gradients();
        self.direction.of(&gradients)
    }

    /// The result and the variables at t = 0. All values are there, also those that a checkpoint drops.
    pub(crate) fn record_here<'t>(&mut self, tape: &'t Tape) -> Recorded<'t> {
        self.record_at(tape, 0.0)
    }

    /// The same at any t.
    pub(crate) fn record_at<'t>(&mut self, tape: &'t Tape, t: f64) -> Recorded<'t> {
        let at = if t == 0.0 { self.at.clone() } else { self.moved(t) };
        let recorded = self.record(tape, &at);
        node::bring_back(tape);
        recorded
    }

    /// What is differentiated: the result and the weights of its elements; for higher orders the recorded gradients of the
    /// weighted sum of the order below.
    fn record<'t>(&mut self, tape: &'t Tape, at: &[Tensor]) -> Recorded<'t> {
        let (y, variables) = self.subject.record(tape, at);
        let dtype = at.first().map_or(DType::F64, Tensor::dtype);
        let mut rng = rng(self.seed);
        let mut weight = |x: &Var<'t>| {
            if x.elements() == 1 {
                return Tensor::ones_of(x.shape(), dtype);
            }
            Tensor::uniform_of(x.shape(), 0.5, 1.5, DType::F64, &mut rng).to(dtype)
        };
        let mut recorded = Recorded { weights: vec![weight(&y)], outputs: vec![y], variables };
        for _ in 1..self.order {
            recorded.outputs = slopes(recorded.scalar(), &recorded.variables);
            recorded.weights = recorded.outputs.iter().map(&mut weight).collect();
        }
        recorded
    }

    /// What differences along it have to know.
    pub(crate) fn grain(&self, prepared: &Prepared) -> Grain {
        let all = || self.at.iter().flat_map(Tensor::to_f64_vec).map(f64::abs);
        let least = || all().filter(|x| *x > 0.0).reduce(f64::min).unwrap_or(0.0);
        let (own, near) = match &self.direction.along {
            Along::Element(which, i) => {
                let own = element(&self.at[*which], *i).abs();
                // What is 0 moves past the others.
                (own, if own > 0.0 { own } else { least() })
            }
            Along::Vector(_) => (all().fold(0.0, f64::max), least()),
        };
        let &Prepared { epsilon, magnitude, stepped, .. } = prepared;
        Grain { scale: self.direction.scale, spacing: spacing(own), own, near, epsilon, magnitude, stepped }
    }

    pub(crate) fn direction(&self) -> &Direction {
        &self.direction
    }

    pub(crate) fn order(&self) -> usize {
        self.order
    }
}

/// A result on a tape.
pub(crate) struct Recorded<'t> {
    /// The result; for a higher order the gradients of the order below.
    pub(crate) outputs: Vec<Var<'t>>,
    /// The weight of each of their elements.
    pub(crate) weights: Vec<Tensor>,
    pub(crate) variables: Vec<Var<'t>>,
}

impl<'t> Recorded<'t> {
    /// The weighted sum of all elements.
    pub(crate) fn scalar(&self) -> Var<'t> {
        let terms = self.outputs.iter().zip(&self.weights);
        terms.map(|(&x, weight)| if x.elements() == 1 { x.sum() } else { (x * weight).sum() }).sum()
    }

    /// The gradients of that sum in all variables.
    pub(crate) fn gradients(&self) -> Vec<Tensor> {
        let scalar = self.scalar();
        if !scalar.needs() {
            return self.variables.iter().map(|x| Tensor::zeros_of(x.shape(), x.dtype())).collect();
        }
        let gradients = scalar.backward();
        self.variables.iter().map(|&x| gradients.wrt(x)).collect()
    }
}

impl fmt::Debug for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("at", &self.at)
            .field("direction", &self.direction)
            .finish_non_exhaustive()
    }
}

impl Direction {
    /// The derivative along it, from the gradient.
    pub(crate) fn of(&self, gradients: &[Tensor]) -> f64 {
        match &self.along {
            Along::Element(which, i) => element(&gradients[*which], *i),
            Along::Vector(v) => gradients.iter().zip(v).map(|(g, v)| (g * v).sum().item()).sum(),
        }
    }
}

impl Direction {
    /// It as a tensor for each variable.
    pub(crate) fn vectors(&self, variables: &[Var<'_>]) -> Vec<Tensor> {
        match &self.along {
            Along::Vector(v) => v.clone(),
            Along::Element(which, i) => {
                let part = |(k, x): (usize, &Var<'_>)| {
                    let mut flat = vec![0.0; x.elements()];
                    if k == *which {
                        flat[*i] = 1.0;
                    }
                    Tensor::from_vec(flat, x.shape())
                };
                variables.iter().enumerate().map(part).collect()
            }
        }
    }
}

fn element(x: &Tensor, i: usize) -> f64 {
    x.to(DType::F64).contiguous().as_slice::<f64>()[i]
}

/// The lines along which derivatives are compared.
pub(crate) fn directions(variables: &[Variable], elements: Elements) -> Vec<Direction> {
    let total: usize = variables.iter().map(|x| x.value.elements()).sum();
    match elements {
        Elements::All => (0..total).map(|i| along_element(variables, i)).collect(),
        Elements::Sample { count, seed } => {
            let drawn = Tensor::permutation(total, &mut rng(seed)).to_vec::<i64>();
            let mut drawn: Vec<usize> = drawn.into_iter().take(count).map(|i| i as usize).collect();
            drawn.sort_unstable();
            drawn.into_iter().map(|i| along_element(variables, i)).collect()
        }
        Elements::Directions { count, seed } => {
            let mut rng = rng(seed);
            (0..count)
                .map(|k| {
                    let draw = |x: &Variable| Tensor::randn_of(*x.value.shape(), DType::F64, &mut rng);
                    let vector: Vec<Tensor> = variables.iter().map(draw).collect();
                    let length = vector.iter().map(|v| v.square().sum().item()).sum::<f64>().sqrt();
                    let vector = vector.iter().map(|v| v / length).collect();
                    let name = format!("direction {k}");
                    Direction {
                        name,
                        input: None,
                        index: Vec::new(),
                        along: Along::Vector(vector),
                        scale: 1.0,
                    }
                })
                .collect()
        }
    }
}

fn along_element(variables: &[Variable], place: usize) -> Direction {
    let (mut which, mut i) = (0, place);
    while i >= variables[which].value.elements() {
        i -= variables[which].value.elements();
        which += 1;
    }
    let Variable { name, number, value } = &variables[which];
    Direction {
        name: name.clone(),
        input: Some(*number),
        index: unravel(i, value.shape()),
        along: Along::Element(which, i),
        scale: element(value, i).abs().max(1.0),
    }
}
