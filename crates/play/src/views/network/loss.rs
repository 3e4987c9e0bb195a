//! The losses: how each writes its targets, and what it calls right.

use gradus::autograd::Var;
use gradus::nn::accuracy;
use gradus::tensor::Tensor;
use serde::Serialize;

use crate::answer::Refusal;

/// How the targets of a loss are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Targets {
    /// Class numbers.
    Classes,
    /// 0 and 1.
    ZeroOne,
    /// −1 and 1.
    Signs,
    /// Of a function of one's own its values, else −1 and 1.
    Values,
}

/// A loss.
#[derive(Debug, Serialize)]
pub struct Loss {
    /// Its name: that of the method of `Var`, or `hinge`.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Whether the model has an output for each class, not one.
    pub scores: bool,
    #[serde(skip)]
    pub(super) targets: Targets,
    /// It in Rust, of `scores` and `targets`.
    #[serde(skip)]
    pub(super) code: &'static str,
    #[serde(skip)]
    pub(super) of: for<'t> fn(Var<'t>, &Tensor) -> Var<'t>,
}

macro_rules! losses {
    ($($name:literal $about:literal $scores:literal $targets:ident |$s:ident, $t:ident| $of:expr;)*) => {
        /// All of them.
        pub(super) const LOSSES: &[Loss] = &[$(Loss {
            name: $name,
            about: $about,
            scores: $scores,
            targets: Targets::$targets,
            code: stringify!($of),
            of: |$s, $t| $of,
        }),*];
    };
}

losses! {
    "binary_cross_entropy_with_logits" "one output, whose sigmoid is the probability of the second class" false ZeroOne
        |scores, targets| scores.flatten().binary_cross_entropy_with_logits(targets);
    "cross_entropy" "an output for each class; softmax" true Classes
        |scores, targets| scores.cross_entropy(targets);
    "hinge" "the mean of max(0, 1 - y s), as micrograd's demonstration has it" false Signs
        |scores, targets| (1.0 - scores.flatten() * targets).relu().mean();
    "soft_margin_loss" "the mean of ln(1 + exp(-y s))" false Signs
        |scores, targets| scores.flatten().soft_margin_loss(targets);
    "mse" "the mean of squares; a function's values, or classes as -1 and 1" false Values
        |scores, targets| scores.flatten().mse(targets);
    "l1_loss" "the mean of sizes; a function's values, or classes as -1 and 1" false Values
        |scores, targets| scores.flatten().l1_loss(targets);
    "huber_loss" "squares near 0, sizes further out" false Values
        |scores, targets| scores.flatten().huber_loss(targets);
}

impl Loss {
    pub(super) fn named(name: &str) -> Result<&'static Self, Refusal> {
        LOSSES.iter().find(|loss| loss.name == name).ok_or_else(|| {
            let names: Vec<&str> = LOSSES.iter().map(|loss| loss.name).collect();
            Refusal::value(format!("loss: {name}; there are {}", names.join(", ")))
        })
    }

    /// The share of examples on the right side. `threshold`: from where on a target is of the second class.
    pub(super) fn right(&self, scores: &Tensor, targets: &Tensor) -> f64 {
        if self.scores {
            return accuracy(scores, targets);
        }
        let middle = if self.targets == Targets::ZeroOne { 0.5 } else { 0.0 };
        let pairs = scores.to_f64_vec().into_iter().zip(targets.to_f64_vec());
        let right = pairs.filter(|(score, target)| (*score > 0.0) == (*target > middle)).count();
        right as f64 / targets.elements() as f64
    }

    /// For each row of scores the class that has the best, and how sure that is, from 0 to 1. `reach` is the largest value of
    /// targets that are values.
    pub(super) fn sides(&self, scores: &Tensor, reach: f64) -> Vec<(usize, f64)> {
        let values = scores.to_f64_vec();
        if self.scores {
            let classes = scores.shape()[1];
            let shares = scores.softmax(1).to_f64_vec();
            let even = 1.0 / classes as f64;
            return shares
                .chunks(classes)
                .map(|row| {
                    let best = (0..classes).fold(0, |best, i| if row[i] > row[best] { i } else { best });
                    (best, (row[best] - even) / (1.0 - even))
                })
                .collect();
        }
        let sure = |score: f64| match self.targets {
            Targets::Values => (score.abs() / reach).min(1.0),
            _ => (score / 2.0).tanh().abs(),
        };
        values.into_iter().map(|score| (usize::from(score > 0.0), sure(score))).collect()
    }
}
