//! A puzzle and the points at which its answers are tried: inputs, the output y, the upstream gradient g.

use std::rc::Rc;

use gradus::autograd::{Tape, Var, implicit};
use gradus::tensor::{DType, Tensor, rng};

use crate::explain::Problem;
use crate::failure::Failure;

/// Points at which an answer is tried: one alone could be right by chance.
pub(crate) const POINTS: u64 = 2;

/// A derivative to write.
pub(crate) struct Puzzle {
    pub(crate) title: &'static str,
    /// What y is.
    pub(crate) formula: &'static str,
    /// Whether y stands in its own formula, which is then an equation for it.
    pub(crate) implicit: bool,
    pub(crate) inputs: &'static [Input],
    /// The input whose gradient is asked for.
    pub(crate) wanted: &'static str,
    /// What else has a letter, made of the inputs.
    pub(crate) known: &'static [(&'static str, &'static str)],
    /// The first says least.
    pub(crate) hints: [&'static str; 3],
    pub(crate) solution: &'static str,
    /// Wrong answers that have a cause of their own.
    pub(crate) slips: &'static [(&'static str, &'static str)],
}

impl Puzzle {
    /// What most puzzles share.
    pub(crate) const EMPTY: Self = Self {
        title: "",
        formula: "",
        implicit: false,
        inputs: &[],
        wanted: "x",
        known: &[],
        hints: [""; 3],
        solution: "",
        slips: &[],
    };
}

/// An input: its letter and where its values come from.
pub(crate) struct Input {
    pub(crate) name: &'static str,
    values: Values,
}

enum Values {
    /// A shape, and the bounds of random numbers.
    Drawn(&'static [usize], f64, f64),
    /// A shape: numbers of both signs, away from 0.
    Signed(&'static [usize]),
    /// A list.
    Given(&'static str),
}

/// Random numbers of a shape.
pub(crate) const fn drawn(name: &'static str, shape: &'static [usize], low: f64, high: f64) -> Input {
    Input { name, values: Values::Drawn(shape, low, high) }
}

/// Random numbers of both signs, away from 0: for functions with a kink there.
pub(crate) const fn signed(name: &'static str, shape: &'static [usize]) -> Input {
    Input { name, values: Values::Signed(shape) }
}

/// Numbers that stay as they are.
pub(crate) const fn given(name: &'static str, list: &'static str) -> Input {
    Input { name, values: Values::Given(list) }
}

/// A puzzle with numbers put in.
pub(crate) struct Point {
    pub(crate) puzzle: &'static Puzzle,
    /// Of the inputs, in order.
    pub(crate) inputs: Vec<Tensor>,
    pub(crate) y: Tensor,
    pub(crate) g: Tensor,
    /// Of the other letters.
    known: Vec<Tensor>,
    formula: Rc<Problem>,
}

impl Puzzle {
    /// The letters of an answer: inputs, what else is known, y and g.
    pub(crate) fn letters(&self) -> Vec<&'static str> {
        let inputs = self.inputs.iter().map(|input| input.name);
        inputs.chain(self.known.iter().map(|(name, _)| *name)).chain(["y", "g"]).collect()
    }

    /// The place of the input whose gradient is asked for.
    pub(crate) fn place(&self) -> usize {
        self.inputs.iter().position(|input| input.name == self.wanted).expect("it is one of the inputs")
    }

    /// What y is, as an equation.
    pub(crate) fn equation(&self) -> String {
        format!("y = {}", self.formula)
    }

    /// The numbers of a seed.
    pub(crate) fn at(&'static self, seed: u64) -> Result<Point, Failure> {
        let mut rng = rng(seed);
        let mut draw =
            |shape: &[usize], low, high| Tensor::uniform_of(shape, low, high, DType::F64, &mut rng);
        let mut inputs = Vec::new();
        for input in self.inputs {
            inputs.push(match input.values {
                Values::Drawn(shape, low, high) => draw(shape, low, high),
                // Another pattern than that of g.
                Values::Signed(shape) => with_signs(&draw(shape, 0.3, 2.0), 3),
                Values::Given(list) => Problem::among(list, &["x"], &[Tensor::scalar(0.0)], &[])?.value()?,
            });
        }
        let mut names: Vec<&str> = self.inputs.iter().map(|input| input.name).collect();
        let known: Result<Vec<Tensor>, Failure> =
            self.known.iter().map(|(_, text)| Problem::among(text, &names, &inputs, &[])?.value()).collect();
        let mut values = inputs.clone();
        if self.implicit {
            names.push("y");
            values.push(inputs[0].zeros_like());
        }
        let formula = Rc::new(Problem::among(self.formula, &names, &values, &[])?);
        let y = output(self.implicit, &formula, &inputs);
        let g = draw(y.shape(), 0.5, 2.0);
        let g = with_signs(&g, 2);
        Ok(Point { puzzle: self, inputs, y, g, known: known?, formula })
    }
}

/// Every so many elements negative: both signs are there, so that none can be left out.
fn with_signs(x: &Tensor, every: usize) -> Tensor {
    let signs: Vec<f64> = (0..x.elements()).map(|i| if i % every == 0 { -1.0 } else { 1.0 }).collect();
    x * &Tensor::from_vec(signs, *x.shape())
}

/// The output for these inputs.
fn record<'t>(implicitly: bool, formula: &Rc<Problem>, x: &[Var<'t>]) -> Var<'t> {
    if !implicitly {
        return formula.record(x);
    }
    let (formula, start) = (formula.clone(), x[0].value().zeros_like());
    implicit(
        move |y, x| {
            let all: Vec<Var<'_>> = x.iter().copied().chain([y]).collect();
            formula.record(&all)
        },
        start,
        x,
    )
}

fn output(implicitly: bool, formula: &Rc<Problem>, inputs: &[Tensor]) -> Tensor {
    let tape = Tape::inference();
    let x: Vec<Var<'_>> = inputs.iter().map(|x| tape.constant(x)).collect();
    record(implicitly, formula, &x).value()
}

impl Point {
    /// The value of the input whose gradient is asked for.
    pub(crate) fn wanted(&self) -> &Tensor {
        &self.inputs[self.puzzle.place()]
    }

    /// The values of the letters of an answer.
    pub(crate) fn letters(&self) -> Vec<Tensor> {
        self.inputs.iter().chain(&self.known).chain([&self.y, &self.g]).cloned().collect()
    }

    /// An answer, read with these numbers.
    pub(crate) fn read(&self, answer: &str) -> Result<Problem, Failure> {
        Problem::among(answer, &self.puzzle.letters(), &self.letters(), &[])
    }

    /// The gradients in all inputs for an upstream gradient, by backpropagation.
    pub(crate) fn gradients(&self, g: &Tensor) -> Vec<Tensor> {
        let tape = Tape::new();
        let x: Vec<Var<'_>> = self.inputs.iter().map(|x| tape.var(x.clone())).collect();
        let loss = (record(self.puzzle.implicit, &self.formula, &x) * tape.constant(g)).sum();
        let gradients = loss.backward();
        x.iter().map(|&x| gradients.wrt(x)).collect()
    }

    /// `$\ell = \sum g\, y$` with an answer for the rule of y, to be checked in the input that it is for.
    pub(crate) fn with_rule(&self, answer: &Rc<Problem>) -> impl for<'t> Fn(&[Var<'t>]) -> Var<'t> + use<> {
        let (inputs, g, place) = (self.inputs.clone(), self.g.clone(), self.puzzle.place());
        let (implicitly, formula, known) = (self.puzzle.implicit, self.formula.clone(), self.known.clone());
        let answer = answer.clone();
        move |x| {
            let tape = x[0].tape();
            let mut all: Vec<Var<'_>> = inputs.iter().map(|x| tape.constant(x)).collect();
            all[place] = x[0];
            let (formula, answer, known) = (formula.clone(), answer.clone(), known.clone());
            let forward = move |x: &[Tensor]| output(implicitly, &formula, x);
            let y = tape.custom("y", &all, forward, move |step| {
                let inputs = (0..step.inputs()).map(|i| step.x(i));
                let known = known.iter().map(|value| step.tape().constant(value));
                let letters: Vec<Var<'_>> = inputs.chain(known).chain([step.y(), step.dy()]).collect();
                step.give(place, answer.record(&letters));
            });
            (y * tape.constant(&g)).sum()
        }
    }
}
