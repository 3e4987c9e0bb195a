//! What is done to gradients before a rule sees them, number by number, and where and how often they are taken.

use approx::{abs_diff_eq, assert_abs_diff_eq, relative_eq};
use gradus_autograd::{Gradients, Mode, Param, params};
use gradus_optim::schedule::StepDecay;
use gradus_optim::{MomentumForm, Nesterov, Optimizer, Sam, Sgd, Sophia, clip_norm, clip_value};
use gradus_tensor::{DType, Tensor};

struct Model {
    weight: Param,
    bias: Param,
}
params!(Model { weight, bias });

fn model(weight: [[f64; 2]; 2], bias: [f64; 2]) -> Model {
    Model { weight: Param::new(weight), bias: Param::new(bias) }
}

fn gradients(model: &Model, weight: [[f64; 2]; 2], bias: [f64; 2]) -> Gradients {
    let mut grads = Gradients::default();
    grads.set(model.weight.id(), Tensor::from(weight));
    grads.set(model.bias.id(), Tensor::from(bias));
    grads
}

#[track_caller]
fn close(param: &Param, want: &[f64]) {
    let got = param.value().to_f64_vec();
    let near = |(a, b): (&f64, &f64)| relative_eq!(a, b, epsilon = 1e-16, max_relative = 1e-14);
    assert!(got.len() == want.len() && got.iter().zip(want).all(near), "{got:?} instead of {want:?}");
}

/// A step of a gradient descent with rate 1 from zeros: what comes out is the prepared gradient, with its sign turned.
#[track_caller]
fn prepared(optimizer: Optimizer, weight: [[f64; 2]; 2], bias: [f64; 2]) -> Model {
    let (mut model, mut optimizer) = (model([[0.0; 2]; 2], [0.0; 2]), optimizer);
    let grads = gradients(&model, weight, bias);
    optimizer.step(&mut model, &grads);
    model
}

fn plain() -> Optimizer {
    Optimizer::new(Sgd::default(), 1.0)
}

#[test]
fn the_factor_of_a_common_norm() {
    // The norm is 13; PyTorch adds 1e-6 to it.
    let factor = 1.3 / (13.0 + 1e-6);
    let clipped = prepared(plain().clip_norm(1.3), [[3.0, 0.0], [0.0, -4.0]], [0.0, 12.0]);
    close(&clipped.weight, &[-3.0 * factor, 0.0, 0.0, 4.0 * factor]);
    close(&clipped.bias, &[0.0, -12.0 * factor]);
    // A smaller one is not changed, not even by rounding, nor is one at the limit but for the 1e-6.
    let small = prepared(plain().clip_norm(13.1), [[3.0, 0.0], [0.0, -4.0]], [0.0, 12.0]);
    assert_eq!(small.weight.value().to_f64_vec(), [-3.0, 0.0, 0.0, 4.0]);
    let up = prepared(plain().clip_norm(1.3).maximize(), [[3.0, 0.0], [0.0, -4.0]], [0.0, 12.0]);
    close(&up.bias, &[0.0, 12.0 * factor]);
    // By hand, of other orders.
    let unit = Model { weight: Param::new([[0.0; 2]; 2]), bias: Param::new([0.0; 2]) };
    for (p, norm) in [(2.0, 13.0), (1.0, 19.0), (f64::INFINITY, 12.0)] {
        let mut grads = gradients(&unit, [[3.0, 0.0], [0.0, -4.0]], [0.0, 12.0]);
        assert_eq!(clip_norm(&mut grads, 0.5, p), norm);
        let want = 12.0 * 0.5 / (norm + 1e-6);
        assert_abs_diff_eq!(grads.get(&unit.bias).unwrap().to_f64_vec()[1], want, epsilon = 1e-16);
    }
}

#[test]
fn both_limits_of_every_element() {
    let (weight, bias) = ([[3.0, -3.0], [0.5, -0.5]], [-1.5, 1.0]);
    let clipped = prepared(plain().clip_value(1.0), weight, bias);
    assert_eq!(clipped.weight.value().to_f64_vec(), [-1.0, 1.0, -0.5, 0.5]);
    assert_eq!(clipped.bias.value().to_f64_vec(), [1.0, -1.0]);
    let model = model([[0.0; 2]; 2], [0.0; 2]);
    let mut grads = gradients(&model, weight, bias);
    clip_value(&mut grads, 1.25);
    assert_eq!(grads.get(&model.weight).unwrap().to_f64_vec(), [1.25, -1.25, 0.5, -0.5]);
    assert_eq!(grads.get(&model.bias).unwrap().to_f64_vec(), [-1.25, 1.0]);
}

#[test]
fn adaptive_clipping_row_by_row() {
    let step = |optimizer: Optimizer, weight: [[f64; 2]; 2], bias: [f64; 2]| {
        let (mut model, mut optimizer) = (model([[0.0, 0.0], [3.0, 4.0]], [1.0, 1.0]), optimizer);
        let grads = gradients(&model, weight, bias);
        optimizer.step(&mut model, &grads);
        model
    };
    // Limits: 0.5 · 0.1 for the row of zeros, 0.5 · 5 for the other, 0.5 · √2 for the vector, which counts as one row.
    let clipped = step(plain().clip_adaptive(0.5, 0.1), [[3.0, 4.0], [0.0, -10.0]], [6.0, 8.0]);
    close(&clipped.weight, &[-0.03, -0.04, 3.0, 6.5]);
    let limit = 0.5 * 2f64.sqrt();
    close(&clipped.bias, &[1.0 - 0.6 * limit, 1.0 - 0.8 * limit]);
    // Shorter rows stay as they are.
    let same = step(plain().clip_adaptive(0.5, 0.1), [[0.03, -0.03], [1.5, 2.0]], [0.25, -0.5]);
    assert_eq!(same.weight.value().to_f64_vec(), [-0.03, 0.03, 1.5, 2.0]);
    assert_eq!(same.bias.value().to_f64_vec(), [0.75, 1.5]);
    let zeros = step(plain().clip_adaptive(0.5, 0.1), [[0.0; 2]; 2], [0.0; 2]);
    assert_eq!(zeros.weight.value().to_f64_vec(), [0.0, 0.0, 3.0, 4.0]);
}

#[test]
fn what_is_clipped_is_the_mean_of_a_batch() {
    let batch = |optimizer: Optimizer, parts: &[[f64; 2]]| {
        let (mut model, mut optimizer) = (model([[0.0; 2]; 2], [0.0; 2]), optimizer);
        let mut steps = Vec::new();
        for bias in parts {
            let grads = gradients(&model, [[0.0; 2]; 2], *bias);
            optimizer.step(&mut model, &grads);
            steps.push(optimizer.steps());
        }
        (model, steps)
    };
    let parts = [[6.0, 0.0], [3.0, 12.0], [0.0, 0.0]];
    // The mean is (3, 4).
    let (mean, steps) = batch(plain().accumulate(3), &parts);
    close(&mean.bias, &[-3.0, -4.0]);
    assert_eq!(steps, [0, 0, 1]);
    let (normed, _) = batch(plain().accumulate(3).clip_norm(1.0), &parts);
    close(&normed.bias, &[-3.0 / (5.0 + 1e-6), -4.0 / (5.0 + 1e-6)]);
    let (limited, _) = batch(plain().accumulate(3).clip_value(3.5), &parts);
    close(&limited.bias, &[-3.0, -3.5]);
    let (up, _) = batch(plain().accumulate(3).clip_value(3.5).maximize(), &parts);
    close(&up.bias, &[3.0, 3.5]);
    // The next batch begins at nothing: with zeros the parameter stays.
    let (twice, steps) = batch(plain().accumulate(3), &[parts, [[0.0; 2]; 3]].concat());
    close(&twice.bias, &[-3.0, -4.0]);
    assert_eq!(steps, [0, 0, 1, 1, 1, 2]);
}

/// Every part of every batch draws other random numbers, also after a step that was skipped.
#[test]
fn each_part_of_a_batch_has_a_seed_of_its_own() {
    let (mut w, mut optimizer) = (Param::new([1.0, 2.0]), plain().accumulate(3).skip_nonfinite().seed(5));
    let mut seeds = Vec::new();
    for call in 0..12 {
        let factor = if call == 4 { f64::NAN } else { 0.0 };
        optimizer.training_step(&mut w, |w, tape| {
            let Mode::Training(seed) = tape.mode() else { panic!("not a training") };
            seeds.push(seed);
            tape.param(w).sum() * factor
        });
    }
    assert_eq!((optimizer.steps(), optimizer.skipped()), (3, 1));
    let distance: Vec<u64> = seeds.iter().map(|seed| seed.wrapping_sub(seeds[0])).collect();
    assert_eq!(distance, (0..12).collect::<Vec<u64>>());
}

/// The curvature is estimated with the last part of a batch.
#[test]
fn the_last_part_needs_the_curvature() {
    let (mut model, mut optimizer) =
        (model([[1.0; 2]; 2], [1.0; 2]), Optimizer::new(Sophia::default(), 0.1).accumulate(2));
    let grads = gradients(&model, [[1.0; 2]; 2], [1.0; 2]);
    optimizer.step_with_curvature(&mut model, &grads, None);
    let last = std::panic::AssertUnwindSafe(|| optimizer.step_with_curvature(&mut model, &grads, None));
    let text = *std::panic::catch_unwind(last).unwrap_err().downcast::<String>().unwrap();
    assert!(text.contains("the first step needs an estimate"), "{text}");
    optimizer.step_with_curvature(&mut model, &grads, Some(&grads));
    assert_eq!(optimizer.steps(), 1);
}

/// The way up is as long as rho for all parameters together.
#[test]
fn an_ascent_has_one_length_for_all() {
    let sam = Sam { rho: 0.5, eps: 0.0, ..Sam::new(Sgd::default()) };
    let mut optimizer = Optimizer::new(sam, 1.0);
    let mut model = model([[3.0, 0.0], [0.0, 0.0]], [4.0, 0.0]);
    optimizer.training_step(&mut model, |model, tape| {
        (tape.param(&model.weight).square().sum() + tape.param(&model.bias).square().sum()) * 0.5
    });
    // Up by 0.5 (3, 4)/5, so the gradients are 3.3 and 4.4.
    close(&model.weight, &[3.0 - 3.3, 0.0, 0.0, 0.0]);
    close(&model.bias, &[4.0 - 4.4, 0.0]);
}

#[test]
fn gradients_of_another_float_type_are_converted() {
    let mut w = Param::new([1.0f32, 2.0]);
    let mut grads = Gradients::default();
    grads.set(w.id(), Tensor::from([0.25f64, 0.5]));
    plain().step(&mut w, &grads);
    assert_eq!((w.value().dtype(), w.value().to_f64_vec()), (DType::F32, vec![0.75, 1.5]));
}

#[test]
fn each_group_looks_ahead_at_its_own_rate() {
    let rule = || Nesterov { beta: 0.5, form: MomentumForm::Leaky, reach: None };
    let slower = StepDecay { initial: 0.25, factor: 0.5, every: 1 };
    let (mut model, mut optimizer) =
        (model([[0.0; 2]; 2], [0.0; 2]), Optimizer::new(rule(), 1.0).group_with_lr("bias", rule(), slower));
    let mut seen = Vec::new();
    for _ in 0..2 {
        optimizer.training_step(&mut model, |model, tape| {
            let (weight, bias) = (tape.param(&model.weight), tape.param(&model.bias));
            seen.push([weight.value().to_f64_vec()[0], bias.value().to_f64_vec()[0]]);
            weight.sum() + bias.sum()
        });
    }
    // The velocity is 1: θ = -1 and -0.25; ahead by half of it at the rates of the second step, 1 and 0.125.
    assert_eq!(seen, [[0.0, 0.0], [-1.5, -0.3125]]);
    // v = 0.5 + 1.
    assert_eq!(model.weight.value().to_f64_vec()[0], -2.5);
    assert_eq!(model.bias.value().to_f64_vec()[0], -0.25 - 0.125 * 1.5);
}

#[test]
fn a_tied_weight_is_one_parameter() {
    struct Tied {
        a: Param,
    }
    params!(Tied { a, "b" = a });
    let mut model = Tied { a: Param::new([3.0, 4.0]) };
    let mut optimizer = Optimizer::new(Sgd::default(), 1.0).clip_norm(1.0);
    // The gradient of (a·a)/2 is a, of norm 5.
    optimizer
        .training_step(&mut model, |model, tape| (tape.param(&model.a) * tape.param(&model.a)).sum() * 0.5);
    let got = model.a.value().to_f64_vec();
    assert!(
        abs_diff_eq!(got[0], 2.4, epsilon = 1e-5) && abs_diff_eq!(got[1], 3.2, epsilon = 1e-5),
        "{got:?}"
    );
    assert_eq!((optimizer.updates("a"), optimizer.updates("b")), (1, 0));
}
