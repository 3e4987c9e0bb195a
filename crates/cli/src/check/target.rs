//! What can be checked: a function of tensors, or a model's loss in its parameters. Both can be checked by `gradcheck`
//! and followed along a line, in either float type.

use std::cell::Cell;

use gradus::autograd::{Elements, FourWays, GradcheckOptions, Line, Report, four_ways_model};
use gradus::optim::surfaces::{SURFACES, surface};
use gradus::prelude::*;
use gradus::tensor::names::instead;

use super::function::{Function, TapeFunction};
use super::ops;
use crate::explain::Problem;
use crate::failure::Failure;
use crate::train;

/// The directions along which a model is looked at in four ways.
const DIRECTIONS: usize = 4;

/// A classifier and a batch for its loss.
pub(crate) struct Classifier {
    about: String,
    model: Sequential,
    inputs: Tensor,
    labels: Tensor,
    /// How many parameters are compared; all if there are no more.
    sample: usize,
}

impl Classifier {
    /// Two hidden layers of GELU as `gradus train digits` has them, on eight images.
    fn digits(seed: u64) -> Result<Self, Failure> {
        let (train, _, model) = train::digits(seed)?;
        let batch = train.narrow(0, 8);
        let about = "model of gradus train digits, cross-entropy of 8 images".to_string();
        Ok(Self { about, model, inputs: batch.inputs, labels: batch.labels, sample: 200 })
    }

    /// A small one, of which every parameter is compared.
    fn mlp(seed: u64) -> Self {
        let mut rng = rng(seed);
        let model = sequential![Linear::new(4, 8, &mut rng), Tanh, Linear::new(8, 3, &mut rng)];
        let inputs = Tensor::randn([6, 4], &mut rng);
        let about = "model of layers 4-8-3 with tanh, cross-entropy of 6 random inputs".to_string();
        let labels = Tensor::from([0i64, 1, 2, 0, 1, 2]);
        Self { about, model, inputs, labels, sample: 200 }
    }

    fn four_ways(&mut self, options: &GradcheckOptions) -> FourWays {
        let (inputs, labels) = (&self.inputs, &self.labels);
        let elements = Elements::Directions { count: DIRECTIONS, seed: options.seed };
        let options = GradcheckOptions { elements, ..options.clone() };
        four_ways_model(&mut self.model, |model, tape| loss(model, tape, inputs, labels), &options)
    }

    fn check(&mut self, options: &GradcheckOptions) -> Report {
        let mut options = options.clone();
        if self.model.trainable_elements() > self.sample {
            options.elements = Elements::Sample { count: self.sample, seed: options.seed };
        }
        let (inputs, labels) = (&self.inputs, &self.labels);
        gradcheck_model(&mut self.model, |model, tape| loss(model, tape, inputs, labels), &options)
    }

    fn line(&mut self, seed: u64) -> Line<'_> {
        let (inputs, labels) = (&self.inputs, &self.labels);
        Line::of_model(&mut self.model, move |model, tape| loss(model, tape, inputs, labels), seed)
    }
}

/// The cross-entropy, in the type of the parameters.
fn loss<'t>(model: &Sequential, tape: &'t Tape, inputs: &Tensor, labels: &Tensor) -> Var<'t> {
    let dtype = model.params()[0].1.value().dtype();
    model.forward(tape.constant(inputs.to(dtype))).cross_entropy(labels)
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
        if target.trim().is_empty() {
            return Err(Failure::Value(
                "the target is empty; name one, as in gradus check tanh, or write an expression, as in gradus check \
                 \"sin(x)*y\" x=1 y=2"
                    .to_string(),
            ));
        }
        if let Some(value) = values.first().filter(|_| Self::named(target, seed).is_some()) {
            let (name, _) = value.split_once('=').unwrap_or((value, ""));
            let call = format!("{target}({name})");
            let expression =
                if Problem::read(&call, values).is_ok() { (&*call, &**value) } else { ("sin(x)", "x=1") };
            return Err(Failure::Value(format!(
                "{target} stands for itself and takes no values, and {value} is one; write gradus check {target}, or an \
                 expression, as in gradus check \"{}\" {}",
                expression.0, expression.1
            )));
        }
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

    /// Value, gradient and Hessian-vector product in four ways; of a model along some directions.
    pub(crate) fn four_ways(&mut self, options: &GradcheckOptions) -> FourWays {
        match self {
            Self::Function(function) => function.four_ways(options),
            Self::Model(model) => model.four_ways(options),
        }
    }

    /// The number of derivatives of the first order.
    pub(crate) fn elements(&self) -> usize {
        match self {
            Self::Function(function) => function.inputs.iter().map(Tensor::elements).sum(),
            Self::Model(model) => model.model.trainable_elements(),
        }
    }

    /// The target along a line through its inputs.
    pub(crate) fn line(&mut self, seed: u64) -> Line<'_> {
        match self {
            Self::Function(function) => function.line(seed),
            Self::Model(model) => model.line(seed),
        }
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
    let near = instead(target, groups().into_iter().flat_map(|(_, names)| names));
    Failure::Value(format!(
        "there is nothing named {target} to check; {near}; `gradus check` lists all; an expression comes with its \
         values: gradus check \"sin(x)*y\" x=1 y=2"
    ))
}
