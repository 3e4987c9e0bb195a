//! What can be checked: a function of tensors, or a model's loss in its parameters. Both can be checked by `gradcheck`
//! and followed along a line, in either float type.

use std::cell::{Cell, RefCell};

use gradus::autograd::{Elements, GradcheckOptions, Report, gradcheck_with};
use gradus::optim::surfaces::{SURFACES, surface};
use gradus::prelude::*;

use super::ops;
use crate::explain::Problem;
use crate::failure::Failure;
use crate::text::names::nearest;
use crate::train::Data;

type TapeFunction = dyn for<'t> Fn(&[Var<'t>]) -> Var<'t>;

/// A function and where it is checked.
pub(crate) struct Function {
    pub(crate) about: String,
    /// The names of the inputs, if they have some.
    pub(crate) names: Vec<String>,
    pub(crate) inputs: Vec<Tensor>,
    f: Box<TapeFunction>,
}

impl Function {
    pub(crate) fn new(about: String, inputs: Vec<Tensor>, f: Box<TapeFunction>) -> Self {
        Self { about, names: Vec::new(), inputs, f }
    }

    /// The expression of `gradus explain`.
    pub(crate) fn expression(problem: Problem) -> Self {
        let about = format!("expression {}", problem.text);
        let (names, inputs) = (problem.names.clone(), problem.values.clone());
        Self { about, names, inputs, f: Box::new(move |x| problem.record(x)) }
    }

    fn check(&self, options: &GradcheckOptions) -> Report {
        let mut report = gradcheck_with(&self.f, &self.inputs, options);
        let named = |name: &mut String| {
            let number = name.strip_prefix("input ").and_then(|n| n.parse::<usize>().ok());
            if let Some(known) = number.and_then(|i| self.names.get(i)) {
                name.clone_from(known);
            }
        };
        report.comparisons.iter_mut().chain(&mut report.worst).for_each(|c| named(&mut c.name));
        report
    }
}

/// A classifier and a batch for its loss.
pub(crate) struct Classifier {
    pub(crate) about: String,
    /// Its parameters move while it is followed along a line.
    model: RefCell<Sequential>,
    inputs: Tensor,
    labels: Tensor,
    /// How many parameters are compared; all if there are no more.
    sample: usize,
}

impl Classifier {
    /// Two hidden layers of GELU as `gradus train digits` has them, on eight images.
    fn digits(seed: u64) -> Result<Self, Failure> {
        let (train, _) = Data::Digits.load(None, seed)?;
        let batch = train.narrow(0, 8);
        let model = Data::Digits.recipe().model(64, 10, &mut rng(seed));
        let about = "model of gradus train digits, cross-entropy of 8 images".to_string();
        let model = RefCell::new(model);
        Ok(Self { about, model, inputs: batch.inputs, labels: batch.labels, sample: 200 })
    }

    /// A small one, of which every parameter is compared.
    fn mlp(seed: u64) -> Self {
        let mut rng = rng(seed);
        let model = sequential![Linear::new(4, 8, &mut rng), Tanh, Linear::new(8, 3, &mut rng)];
        let inputs = Tensor::randn([6, 4], &mut rng);
        let about = "model of layers 4-8-3 with tanh, cross-entropy of 6 random inputs".to_string();
        let labels = Tensor::from([0i64, 1, 2, 0, 1, 2]);
        Self { about, model: RefCell::new(model), inputs, labels, sample: 200 }
    }

    fn check(&mut self, options: &GradcheckOptions) -> Report {
        let all = self.model.borrow().trainable_elements();
        let mut options = options.clone();
        if all > self.sample {
            options.elements = Elements::Sample { count: self.sample, seed: options.seed };
        }
        let inputs = self.inputs.to(DType::F64);
        let labels = &self.labels;
        gradcheck_model(
            self.model.get_mut(),
            |model, tape| model.forward(tape.constant(&inputs)).cross_entropy(labels),
            &options,
        )
    }
}

/// Anything that can be checked.
pub(crate) enum Target {
    Function(Function),
    Model(Box<Classifier>),
}

/// Functions whose check fails, each for another reason.
const LESSONS: [(&str, &str); 4] = [
    ("wrong-rule", "exp(x²), where the rule of the square has the slope 3x"),
    ("kink", "relu at 0"),
    ("random", "x² times a number that changes with each call"),
    ("narrow", "exp(sin x), where part is computed in F32"),
];

/// The models' names.
const MODELS: [&str; 2] = ["digits", "mlp"];

impl Target {
    /// By its name, or as an expression with values.
    pub(crate) fn find(target: &str, values: &[String], seed: u64) -> Result<Self, Failure> {
        if values.is_empty() {
            if let Some(found) = Self::named(target, seed) {
                return found;
            }
            let is_word = target.chars().all(|c| c.is_alphanumeric() || "_-".contains(c));
            if is_word {
                return Err(unknown(target));
            }
        }
        Ok(Self::Function(Function::expression(Problem::read(target, values)?)))
    }

    fn named(name: &str, seed: u64) -> Option<Result<Self, Failure>> {
        if let Some(lesson) = lesson(name) {
            return Some(Ok(Self::Function(lesson)));
        }
        match name {
            "digits" => return Some(Classifier::digits(seed).map(|model| Self::Model(Box::new(model)))),
            "mlp" => return Some(Ok(Self::Model(Box::new(Classifier::mlp(seed))))),
            _ => {}
        }
        if let Some(surface) = surface(name) {
            let about = format!(
                "surface {name}: {} at ({}, {})",
                surface.formula, surface.start[0], surface.start[1]
            );
            let f = surface.f;
            let mut function =
                Function::new(about, vec![Tensor::from(surface.start)], Box::new(move |x| f(x[0])));
            function.names = vec!["x".to_string()];
            return Some(Ok(Self::Function(function)));
        }
        ops::find(name, seed).map(|function| Ok(Self::Function(function)))
    }

    /// What is checked, in one line.
    pub(crate) fn about(&self) -> &str {
        match self {
            Self::Function(function) => &function.about,
            Self::Model(model) => &model.about,
        }
    }

    pub(crate) fn check(&mut self, options: &GradcheckOptions) -> Report {
        match self {
            Self::Function(function) => function.check(options),
            Self::Model(model) => model.check(options),
        }
    }

    /// The number of derivatives of the first order.
    pub(crate) fn elements(&self) -> usize {
        match self {
            Self::Function(function) => function.inputs.iter().map(Tensor::elements).sum(),
            Self::Model(model) => model.model.borrow().trainable_elements(),
        }
    }

    /// The target along a line through its inputs.
    pub(crate) fn line(&self, seed: u64) -> Along<'_> {
        let at: Vec<Tensor> = match self {
            Self::Function(function) => function.inputs.iter().map(|x| x.to(DType::F64)).collect(),
            Self::Model(model) => model.parameters(),
        };
        let mut rng = rng(seed);
        let only = at.iter().map(Tensor::elements).sum::<usize>() == 1;
        let draw = |x: &Tensor| {
            if only { x.ones_like() } else { Tensor::randn_of(*x.shape(), DType::F64, &mut rng) }
        };
        let direction: Vec<Tensor> = at.iter().map(draw).collect();
        let length = direction.iter().map(|v| v.square().sum().item()).sum::<f64>().sqrt();
        let direction = direction.iter().map(|v| v / length).collect();
        Along { target: self, at, direction, only, seed }
    }

    /// The scalar for these values of all inputs, on a tape: several elements of a result are weighted and added.
    fn record<'t>(&self, tape: &'t Tape, at: &[Tensor], seed: u64) -> (Var<'t>, Vec<Var<'t>>) {
        match self {
            Self::Function(function) => {
                let inputs: Vec<Var<'t>> = at.iter().map(|x| tape.var(x.clone())).collect();
                let y = (function.f)(&inputs);
                let weights =
                    Tensor::uniform_of(y.shape(), 0.5, 1.5, DType::F64, &mut rng(seed)).to(y.dtype());
                let scalar = if y.elements() == 1 { y.sum() } else { (y * &weights).sum() };
                (scalar, inputs)
            }
            Self::Model(model) => model.record(tape, at),
        }
    }
}

impl Classifier {
    fn parameters(&self) -> Vec<Tensor> {
        self.model.borrow().params().iter().map(|(_, p)| p.value().to(DType::F64)).collect()
    }

    /// The loss for these parameters, which stay in the model.
    fn record<'t>(&self, tape: &'t Tape, at: &[Tensor]) -> (Var<'t>, Vec<Var<'t>>) {
        let mut model = self.model.borrow_mut();
        for ((_, p), value) in model.params_mut().into_iter().zip(at) {
            p.convert(value.dtype());
            p.set(value.clone());
        }
        let inputs = self.inputs.to(at[0].dtype());
        let variables = model.params().into_iter().map(|(_, p)| tape.param(p)).collect();
        (model.forward(tape.constant(&inputs)).cross_entropy(&self.labels), variables)
    }
}

/// A target as a function of one number t: its inputs are moved by t along a direction of length 1.
pub(crate) struct Along<'a> {
    target: &'a Target,
    at: Vec<Tensor>,
    direction: Vec<Tensor>,
    /// Whether there is one number only, so that the line is its axis.
    pub(crate) only: bool,
    seed: u64,
}

impl Along<'_> {
    /// The value at t, computed in the given type.
    pub(crate) fn value(&self, t: f64, dtype: DType) -> f64 {
        let moved = self.at.iter().zip(&self.direction).map(|(x, v)| (x + &(v * t)).to(dtype));
        let moved: Vec<Tensor> = moved.collect();
        self.target.record(&Tape::inference(), &moved, self.seed).0.item()
    }

    /// The derivative at 0, from the tape.
    pub(crate) fn derivative(&self) -> f64 {
        let tape = Tape::new();
        let (scalar, variables) = self.target.record(&tape, &self.at, self.seed);
        if !scalar.needs() {
            return 0.0;
        }
        let gradients = scalar.backward();
        let part = |(&x, v): (&Var<'_>, &Tensor)| (&gradients.wrt(x) * v).sum().item();
        variables.iter().zip(&self.direction).map(part).sum()
    }
}

fn lesson(name: &str) -> Option<Function> {
    let (_, about) = LESSONS.iter().find(|(lesson, _)| *lesson == name)?;
    let at = |x: f64| vec![Tensor::scalar(x)];
    let (inputs, f): (Vec<Tensor>, Box<TapeFunction>) = match name {
        "wrong-rule" => (at(0.5), Box::new(|x| wrong_square(x[0]).exp())),
        "kink" => (at(0.0), Box::new(|x| x[0].relu())),
        "random" => {
            let calls = Cell::new(0.0);
            (
                at(1.0),
                Box::new(move |x| {
                    calls.set(calls.get() + 1.0);
                    x[0].square() * (1.0 + 0.1 * f64::sin(calls.get()))
                }),
            )
        }
        _ => (at(0.7), Box::new(|x| x[0].to(DType::F32).sin().exp())),
    };
    let mut function = Function::new(format!("lesson {name}: {about}"), inputs, f);
    function.names = vec!["x".to_string()];
    Some(function)
}

/// `x²` with the slope `3x`.
fn wrong_square(x: Var<'_>) -> Var<'_> {
    x.tape().custom("wrong_square", &[x], |x| x[0].square(), |step| step.give(0, 3.0 * step.x(0) * step.dy()))
}

/// Groups of names, each with what they are.
pub(crate) fn groups() -> Vec<(&'static str, Vec<&'static str>)> {
    vec![
        ("models", MODELS.to_vec()),
        ("surfaces", SURFACES.iter().map(|surface| surface.name).collect()),
        ("operations", ops::names()),
        ("lessons, checks that fail and say why", LESSONS.iter().map(|(name, _)| *name).collect()),
    ]
}

fn unknown(target: &str) -> Failure {
    let groups = groups();
    let names = || groups.iter().flat_map(|(_, names)| names.iter().copied());
    let near = nearest(target, names());
    let hint = near.map_or_else(String::new, |near| format!(" Did you mean {near}?"));
    let list: Vec<&str> = names().collect();
    Failure::Value(format!(
        "there is nothing called {target} to check.{hint} Name one of: {}; or give an expression with its values: \
         gradus check \"sin(x)*y\" x=1 y=2",
        list.join(", ")
    ))
}
