//! How a program is drawn: one operation after the other, of values that it has already, so that each gets what it is
//! defined for.

use gradus_autograd::{Tape, Var};
use gradus_tensor::{DType, Tensor, rng};

use super::numbers::Numbers;
use super::program::{Program, Step, Value};
use super::{elementwise, movement, sums, windows};

/// Values beyond this are scaled down, so that a chain neither grows without bound nor loses all its digits.
const LARGEST: f64 = 4.0;
/// Inputs of one program.
const INPUTS: usize = 6;

pub(crate) struct Draw<'t> {
    tape: &'t Tape,
    pub(crate) numbers: Numbers,
    inputs: Vec<Tensor>,
    values: Vec<Value>,
    vars: Vec<Var<'t>>,
    operations: usize,
    size: Size,
}

/// How large the values of a program are.
#[derive(Clone, Copy, PartialEq)]
enum Size {
    /// All in a tape's own memory.
    Small,
    /// Some of them tensors, which may wait.
    Middle,
    /// Large enough for several threads.
    Large,
}

/// The program of a seed.
pub(crate) fn program(seed: u64) -> Program {
    let tape = Tape::new();
    let mut numbers = Numbers::new(seed);
    let size = match numbers.below(60) {
        0 => Size::Large,
        1..15 => Size::Middle,
        _ => Size::Small,
    };
    let wanted = numbers.within(5, 38);
    let mut draw =
        Draw { tape: &tape, numbers, inputs: vec![], values: vec![], vars: vec![], operations: 0, size };
    let shape = draw.shape();
    draw.input(&shape, -2.0, 2.0);
    // Operations that do not fit are drawn again; each try leaves a node on the tape, so there is an end.
    for _ in 0..40 * wanted {
        if draw.operations >= wanted {
            break;
        }
        match draw.numbers.below(12) {
            0..5 => elementwise::step(&mut draw),
            5..8 => movement::step(&mut draw),
            8 | 9 => sums::step(&mut draw),
            _ => windows::step(&mut draw),
        };
    }
    let shapes: Vec<Vec<usize>> = draw.vars.iter().map(|x| x.shape().to_vec()).collect();
    Program::new(seed, draw.inputs, draw.values, &shapes)
}

impl Draw<'_> {
    /// Elements that a value may have.
    pub(crate) fn limit(&self) -> usize {
        match self.size {
            Size::Small => 120,
            Size::Middle => 1500,
            Size::Large => 60_000,
        }
    }

    fn shape(&mut self) -> Vec<usize> {
        let rank = self.numbers.below(4);
        let most = if self.size == Size::Small { 4 } else { 12 };
        if self.size != Size::Large {
            return (0..rank).map(|_| self.numbers.within(1, most)).collect();
        }
        let wide = self.numbers.within(60, 170);
        let rows = self.numbers.within(150, 300);
        if rank == 3 { vec![4, rows / 4, wide] } else { vec![rows, wide] }
    }

    /// A new input.
    pub(crate) fn input(&mut self, shape: &[usize], low: f64, high: f64) -> usize {
        let seed = self.numbers.word();
        let value = Tensor::uniform_of(shape, low, high, DType::F64, &mut rng(seed));
        self.vars.push(self.tape.constant(value.clone()));
        self.values.push(Value::Input(self.inputs.len()));
        self.inputs.push(value);
        self.vars.len() - 1
    }

    pub(crate) fn has_room(&self) -> bool {
        self.inputs.len() < INPUTS
    }

    /// One of the values, more often a late one.
    pub(crate) fn any(&mut self) -> usize {
        let n = self.vars.len();
        let from = if self.numbers.one_in(3) { 0 } else { n.saturating_sub(4) };
        self.numbers.within(from, n - 1)
    }

    pub(crate) fn dims(&self, i: usize) -> Vec<usize> {
        self.vars[i].shape().to_vec()
    }

    pub(crate) fn value(&self, i: usize) -> Tensor {
        self.vars[i].value()
    }

    /// A value that goes together with value `i` in an operation of two: one that is there, or a new input.
    pub(crate) fn partner(&mut self, i: usize) -> usize {
        let dims = self.dims(i);
        let fits = |other: &[usize]| {
            other.iter().rev().zip(dims.iter().rev()).all(|(a, b)| a == b || *a == 1 || *b == 1)
        };
        let known: Vec<usize> = (0..self.vars.len()).filter(|&j| fits(&self.vars[j].shape())).collect();
        if !self.has_room() || self.numbers.one_in(2) {
            return known[self.numbers.below(known.len())];
        }
        let from = self.numbers.below(dims.len() + 1);
        let shape: Vec<usize> =
            dims[from..].iter().map(|&n| if self.numbers.one_in(3) { 1 } else { n }).collect();
        self.input(&shape, -2.0, 2.0)
    }

    /// The value brought between two bounds, as it is if it lies there.
    pub(crate) fn fit(&mut self, i: usize, [low, high]: [f64; 2]) -> Option<usize> {
        let value = self.value(i);
        let (least, most) = (value.min().item(), value.max().item());
        if least >= low && most <= high {
            return Some(i);
        }
        let width = high - low;
        let scale = (0.8 * width / (most - least)).min(1.0);
        let shift = self.numbers.between(low + 0.1 * width, high - 0.1 * width - scale * (most - least))
            - scale * least;
        self.push(Step::of(format!("affine({scale}, {shift})"), i, move |x| x * scale + shift))
    }

    /// Appends an operation, unless its value is none to go on with.
    pub(crate) fn push(&mut self, step: Step) -> Option<usize> {
        let inputs: Vec<Var<'_>> = step.inputs.iter().map(|&i| self.vars[i]).collect();
        let y = (step.f)(&inputs);
        if y.elements() == 0 || y.elements() > self.limit() || y.rank() > 5 {
            return None;
        }
        let most = y.value().abs().max().item();
        if !most.is_finite() || most > 1e4 {
            return None;
        }
        self.vars.push(y);
        self.values.push(Value::Step(step));
        self.operations += 1;
        let at = self.vars.len() - 1;
        if most <= LARGEST {
            return Some(at);
        }
        let k = LARGEST / (2.0 * most);
        self.push(Step::of(format!("scale({k})"), at, move |x| x * k))
    }
}
