//! Options outside of their formula: losses for what is rare, draws of classes, equal parts, initialisers, metrics.

use std::ops::AddAssign;

use gradus::autograd::ops::{
    DiceOptions, FocalCrossEntropyOptions, FocalOptions, GumbelOptions, InfoNceOptions,
};
use gradus::nn::init::{self, Distribution, Fan, Gain};
use gradus::nn::metric::{self, Calibration, Confusion};
use gradus::prelude::*;

use crate::instances::says;

fn zeros(shape: &[usize]) -> Tensor {
    Tensor::zeros(shape)
}

#[test]
fn losses_for_what_is_rare() {
    let tape = Tape::new();
    let x = tape.var(Tensor::from([[0.5, 0.25], [0.5, 0.75]]));
    let t = || Tensor::from([[1.0, 0.0], [0.0, 1.0]]);
    let how = FocalOptions { gamma: -1.0, ..FocalOptions::default() };
    says(|| x.focal_loss_with(t(), &how), "focal_loss: gamma is -1; it must be at least 0");
    let how = FocalOptions { alpha: Some(1.5), ..FocalOptions::default() };
    says(|| x.focal_loss_with(t(), &how), "focal_loss: alpha is 1.5; it must be between 0 and 1");
    let how = FocalCrossEntropyOptions { gamma: f64::NAN, ..FocalCrossEntropyOptions::default() };
    let labels = Tensor::from([0, 1]);
    says(|| x.focal_cross_entropy_with(&labels, &how), "focal_cross_entropy: gamma is NaN; it must be");
    let how = DiceOptions { smooth: -1.0, ..DiceOptions::default() };
    says(|| x.dice_loss_with(t(), &how), "dice_loss: smooth is -1; it must be at least 0");
    let how = InfoNceOptions { temperature: 0.0, ..InfoNceOptions::default() };
    says(|| x.info_nce_with(t(), &how), "info_nce: the temperature is 0; it must be above 0");
    let how = InfoNceOptions { symmetric: true, negatives: Some(x), ..InfoNceOptions::default() };
    says(|| x.info_nce_with(t(), &how), "info_nce: further negatives are keys of no query");
}

#[test]
fn draws() {
    let generator = || rng(0);
    let logits = Tensor::from([[0.0, 1.0], [f64::NEG_INFINITY, f64::NEG_INFINITY]]);
    says(
        || logits.categorical(&mut generator()),
        "categorical: the largest of the 2 logits in row 1 is -inf; one at least must be finite",
    );
    says(
        || Tensor::from([f64::NAN, 0.0]).keep_top_p(0.5),
        "keep_top_p: the largest of the 2 logits in row 0 is NaN",
    );
    says(|| zeros(&[2]).keep_top_p(1.5), "keep_top_p: p is 1.5; it must be between 0 and 1");
    says(|| zeros(&[2]).keep_top_k(0), "keep_top_k: k is 0; it must be at least 1");
    says(
        || Tensor::from([[0.5, 0.5], [1.5, -0.5]]).multinomial(1, true, &mut generator()),
        "multinomial: weight -0.5 of class 1 in row 1; weights are finite and at least 0",
    );
    says(
        || Tensor::from([0.0, 1.0]).multinomial(2, false, &mut generator()),
        "multinomial: 2 draws from row 0, in which 1 classes have a weight above 0",
    );
    says(
        || zeros(&[2]).multinomial(1, true, &mut generator()),
        "multinomial: 1 draws from row 0, in which 0 classes",
    );
    let cold = Sampling { temperature: -1.0, ..Sampling::default() };
    says(
        || cold.draw(&zeros(&[2]), &mut generator()),
        "draw: the temperature is -1; it must be finite and at least 0",
    );
    let tape = Tape::new();
    let how = GumbelOptions { temperature: 0.0, ..GumbelOptions::default() };
    let x = tape.var(zeros(&[2]));
    says(
        || x.gumbel_softmax_with(0, &how, &mut generator()),
        "gumbel_softmax: the temperature is 0; it must be above 0",
    );
    says(
        || zeros(&[2, 4]).chunk::<3>(-1),
        "chunk: axis 1 of [2, 4], of size 4, does not divide into 3 equal parts",
    );
    says(
        || tape.var(zeros(&[2, 4])).chunk::<3>(1),
        "chunk: axis 1 of [2, 4], of size 4, does not divide into 3",
    );
}

#[test]
fn initialisers() {
    let generator = || rng(0);
    says(
        || init::orthogonal([3], Gain::Linear, &mut generator()),
        "orthogonal: a weight needs the axes [out, in, …], got [3]",
    );
    says(
        || init::sparse([2, 2, 2], 0.5, 1.0, &mut generator()),
        "sparse: a weight has the axes [out, in], got [2, 2, 2]",
    );
    says(
        || init::sparse([2, 2], 1.5, 1.0, &mut generator()),
        "sparse: sparsity is 1.5; it must be between 0 and 1",
    );
    says(
        || init::sparse([2, 2], 0.5, -1.0, &mut generator()),
        "sparse: std is -1; it must be finite and at least 0",
    );
    says(|| init::dirac([2, 2], 1), "dirac: a weight has the axes [out, in, …], 3 to 5, got [2, 2]");
    says(|| init::dirac([3, 2, 2], 2), "dirac: 3 outputs cannot be split into 2 groups");
    says(
        || init::trunc_normal([2], 0.0, 0.0, -1.0, 1.0, &mut generator()),
        "trunc_normal: mean 0 and standard deviation 0",
    );
    says(
        || init::trunc_normal([2], 0.0, 1.0, 1.0, 1.0, &mut generator()),
        "trunc_normal: 1 to 1 is no interval",
    );
    says(
        || init::xavier_normal([2], Gain::Linear, &mut generator()),
        "init: a weight needs the axes [out, in, …], got [2]",
    );
    says(
        || init::kaiming_uniform([2, 2], Fan::In, Gain::Factor(f64::NAN), &mut generator()),
        "kaiming_uniform: the gain is NaN; it must be finite and at least 0",
    );
    says(
        || init::variance_scaling([2, 2], 0.0, Fan::Average, Distribution::Uniform, &mut generator()),
        "variance_scaling: the scale is 0; it must be finite and above 0",
    );
}

#[test]
fn metrics() {
    let (scores, labels) = (zeros(&[2, 3]), Tensor::from([0, 3]));
    says(|| metric::top_k_accuracy(&scores, &labels, 2), "top_k_accuracy: label 3 is not one of 0..3");
    says(|| metric::top_k_accuracy(&scores, &labels, 0), "top_k_accuracy: k is 0; it must be at least 1");
    says(|| metric::brier_of_classes(&scores, &labels), "brier_of_classes: label 3 is not one of 0..3");
    says(|| Calibration::of(&scores, &Tensor::from([0, 1]), 0), "calibration: the number of bins is 0");
    says(
        || Calibration::of(&(&scores + 1.5), &Tensor::from([0, 1]), 4),
        "calibration: probability 1.5 at place 0",
    );
    says(
        || metric::brier(&zeros(&[2]), &Tensor::from([0, 3])),
        "brier: truth 3 at place 1; truths are 0 and 1",
    );
    says(
        || metric::roc_auc(&zeros(&[2]), &zeros(&[3])),
        "roc_auc: scores [2] need truths of the same shape, got [3]",
    );
    says(|| metric::roc_auc(&Tensor::from([f64::NAN]), &zeros(&[1])), "roc_auc: the score at place 0 is NaN");
    says(
        || metric::average_precision(&zeros(&[1]), &Tensor::from([0.5])),
        "average_precision: truth 0.5 at place 0",
    );
    says(
        || metric::roc_auc_one_vs_rest(&zeros(&[2]), &labels, metric::Average::Macro),
        "roc_auc_one_vs_rest: scores must be [N, classes], got [2]",
    );
    says(
        || metric::r2(&zeros(&[2, 1]), &zeros(&[2])),
        "r2: the prediction has shape [2, 1], the target [2]; reshape one",
    );
    says(
        || metric::perplexity(&scores, &labels, None),
        "cross_entropy: label 3 at place 1 is not one of the 3 classes",
    );
    says(|| Confusion::of_labels(&labels, &labels, 3), "confusion: label 3 is not one of 0..3");
    says(
        || Confusion::of_labels(&labels, &labels, 4).add_assign(&Confusion::of_labels(&labels, &labels, 5)),
        "confusion: a table of 5 classes added to one of 4",
    );
    says(
        || metric::RunningMean::default().add(1.0, -1.0),
        "running mean: the weight is -1; it must be finite",
    );
}
