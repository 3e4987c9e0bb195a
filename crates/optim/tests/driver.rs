//! The driver: groups, clipping, accumulation, skipped steps, what it says about itself.

use approx::{abs_diff_eq, assert_abs_diff_eq};
use gradus_autograd::{Gradients, Param, params};
use gradus_optim::{Adam, AdamW, Error, Lbfgs, Nesterov, Newton, Optimizer, Sgd, Sophia, minimize, surfaces};
use gradus_tensor::{DType, Tensor};

struct Model {
    weight: Param,
    bias: Param,
    mean: Param,
}
params!(Model { weight, bias, mean });

fn model() -> Model {
    Model {
        weight: Param::new([[1.0, 2.0], [3.0, 4.0]]),
        bias: Param::new([1.0, 1.0]),
        mean: Param::buffer([0.0, 0.0]),
    }
}

fn gradients(model: &Model, weight: [[f64; 2]; 2], bias: [f64; 2]) -> Gradients {
    let mut grads = Gradients::default();
    grads.set(model.weight.id(), Tensor::from(weight));
    grads.set(model.bias.id(), Tensor::from(bias));
    grads
}

fn values(param: &Param) -> Vec<f64> {
    param.value().to_f64_vec()
}

const ONES: [[f64; 2]; 2] = [[1.0, 1.0], [1.0, 1.0]];

#[test]
fn groups_have_their_own_rules_and_rates() {
    let mut model = model();
    let decayed = AdamW { weight_decay: 0.5, ..AdamW::default() };
    let mut optimizer = Optimizer::new(Sgd::default(), 0.5).group(|name, _| name.ends_with("bias"), decayed);
    let grads = gradients(&model, ONES, [0.0, 0.0]);
    optimizer.step(&mut model, &grads);
    assert_eq!(values(&model.weight), [0.5, 1.5, 2.5, 3.5]);
    assert_eq!(values(&model.bias), [0.75, 0.75]);
    let mut optimizer = Optimizer::new(Sgd::default(), 0.5).group_with_lr("*.nothing", Sgd::default(), 0.1);
    let error = optimizer.bind(&model).unwrap_err();
    assert!(matches!(error, Error::Unmatched { .. }));
    assert_eq!(error.to_string(), "no parameter matches `*.nothing`; there are weight, bias, mean");
}

#[test]
fn groups_by_what_the_parameter_is() {
    let mut model = model();
    let grads = gradients(&model, ONES, [1.0, 1.0]);
    let still = Sgd { weight_decay: 0.0, ..Sgd::default() };
    let decayed = Sgd { weight_decay: 1.0, ..Sgd::default() };
    let mut optimizer = Optimizer::new(decayed, 0.5).group(|_, param| param.rank() < 2, still);
    optimizer.step(&mut model, &grads);
    assert_eq!(values(&model.weight), [0.0, 0.5, 1.0, 1.5]);
    assert_eq!(values(&model.bias), [0.5, 0.5]);
    let mut optimizer =
        Optimizer::new(Sgd::default(), 0.5).group(|_, param| param.rank() > 2, Sgd::default());
    let error = optimizer.bind(&model).unwrap_err().to_string();
    assert!(error.starts_with("no parameter matches the group's condition; "), "{error}");
}

#[test]
fn a_missing_gradient_is_skipped_or_0() {
    let after = |optimizer: Optimizer| {
        let (mut model, mut optimizer) = (model(), optimizer);
        let both = gradients(&model, ONES, [1.0, 1.0]);
        let mut one = Gradients::default();
        one.set(model.weight.id(), Tensor::from(ONES));
        optimizer.step(&mut model, &both);
        optimizer.step(&mut model, &one);
        (values(&model.bias)[0], optimizer.updates("bias"), values(&model.mean)[0])
    };
    let momentum = || Optimizer::new(Sgd { momentum: 0.5, weight_decay: 0.0, ..Sgd::default() }, 1.0);
    assert_eq!(after(momentum()), (0.0, 1, 0.0));
    // The momentum of the first step goes on by half.
    assert_eq!(after(momentum().missing_as_zero()), (-0.5, 2, 0.0));
    let mut frozen = model();
    frozen.bias.freeze();
    let grads = gradients(&frozen, ONES, [0.0, 0.0]);
    let decay = Sgd { weight_decay: 0.5, ..Sgd::default() };
    let grads = grads.of(&frozen.weight);
    Optimizer::new(decay, 1.0).missing_as_zero().step(&mut frozen, &grads);
    assert_eq!(values(&frozen.bias), [1.0, 1.0]);
}

#[test]
#[should_panic(expected = "step: no parameter matches `head.*`; there are weight, bias, mean")]
fn a_pattern_without_match_stops_the_first_step() {
    let mut model = model();
    let grads = gradients(&model, ONES, [0.0, 0.0]);
    Optimizer::new(Sgd::default(), 0.5).freeze("head.*").step(&mut model, &grads);
}

#[test]
fn clipping() {
    let step = |optimizer: Optimizer| {
        let (mut model, mut optimizer) = (model(), optimizer);
        let grads = gradients(&model, [[3.0, 0.0], [0.0, 4.0]], [0.0, 12.0]);
        optimizer.step(&mut model, &grads);
        (values(&model.weight), values(&model.bias))
    };
    let plain = || Optimizer::new(Sgd::default(), 1.0);
    let close =
        |got: &[f64], want: &[f64]| got.iter().zip(want).all(|(a, b)| abs_diff_eq!(a, b, epsilon = 1e-6));
    let (weight, bias) = step(plain().clip_norm(1.3));
    assert!(close(&weight, &[0.7, 2.0, 3.0, 3.6]) && close(&bias, &[1.0, -0.2]), "{weight:?} {bias:?}");
    assert_eq!(step(plain().clip_value(1.0)), (vec![0.0, 2.0, 3.0, 3.0], vec![1.0, 0.0]));
    // The frozen bias does not count for the norm.
    let (weight, bias) = step(plain().freeze("bias").clip_norm(0.5));
    assert!(close(&weight, &[0.7, 2.0, 3.0, 3.6]) && bias == [1.0, 1.0]);
    let (weight, _) = step(plain().centralize());
    assert_eq!(weight, [-0.5, 3.5, 5.0, 2.0]);
    // Rows of length √5 and 5, gradients of length 3 and 4.
    let (weight, _) = step(plain().clip_adaptive(0.1, 1e-3));
    assert!(
        close(&weight, &[1.0 - 0.05f64.sqrt() * 2.0f64.sqrt() * 0.5f64.sqrt(), 2.0, 3.0, 3.5]),
        "{weight:?}"
    );
    assert_eq!(step(plain().maximize()), (vec![4.0, 2.0, 3.0, 8.0], vec![1.0, 13.0]));
}

#[test]
fn accumulation_takes_the_mean() {
    let (mut model, mut optimizer) = (model(), Optimizer::new(Sgd::default(), 1.0).accumulate(2));
    let grads = gradients(&model, ONES, [1.0, 0.0]);
    optimizer.step(&mut model, &grads);
    assert_eq!((values(&model.bias), optimizer.steps()), (vec![1.0, 1.0], 0));
    let grads = gradients(&model, ONES, [2.0, 1.0]);
    optimizer.step(&mut model, &grads);
    assert_eq!((values(&model.bias), optimizer.steps()), (vec![-0.5, 0.5], 1));
}

#[test]
fn steps_with_nan_are_skipped_and_counted() {
    let (mut model, mut optimizer) = (model(), Optimizer::new(Sgd::default(), 1.0).skip_nonfinite());
    for bad in [f64::NAN, f64::INFINITY] {
        let grads = gradients(&model, ONES, [bad, 0.0]);
        optimizer.step(&mut model, &grads);
    }
    assert_eq!((optimizer.skipped(), optimizer.steps()), (2, 0));
    assert_eq!(values(&model.weight), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn a_parameter_without_gradient_is_left_alone() {
    let (mut model, mut optimizer) =
        (model(), Optimizer::new(AdamW { weight_decay: 0.5, ..AdamW::default() }, 0.1));
    let mut grads = Gradients::default();
    grads.set(model.weight.id(), Tensor::from(ONES));
    optimizer.step(&mut model, &grads);
    assert_eq!(values(&model.bias), [1.0, 1.0]);
    assert_eq!((optimizer.updates("weight"), optimizer.updates("bias")), (1, 0));
    model.weight.freeze();
    let before = values(&model.weight);
    optimizer.step(&mut model, &grads);
    assert_eq!(values(&model.weight), before);
}

#[test]
fn statistics_are_applied() {
    let (mut model, mut optimizer) = (model(), Optimizer::new(Sgd::default(), 1.0));
    let (_, grads) = gradus_autograd::value_and_grad(|tape| {
        tape.update(&model.mean, Tensor::from([5.0, 6.0]));
        tape.param(&model.bias).sum()
    });
    optimizer.step(&mut model, &grads);
    assert_eq!((values(&model.mean), values(&model.bias)), (vec![5.0, 6.0], vec![0.0, 0.0]));
}

#[test]
fn a_copy_of_the_model_goes_on_with_the_same_state() {
    let (mut model, mut optimizer) = (model(), Optimizer::new(Sgd { momentum: 0.5, ..Sgd::default() }, 1.0));
    let grads = gradients(&model, ONES, [1.0, 1.0]);
    optimizer.step(&mut model, &grads);
    let mut copy = Model { weight: model.weight.clone(), bias: model.bias.clone(), mean: model.mean.clone() };
    let grads = gradients(&copy, ONES, [1.0, 1.0]);
    optimizer.step(&mut copy, &grads);
    assert_eq!(values(&copy.bias), [-1.5, -1.5]);
}

#[test]
fn the_description_names_everything() {
    let mut optimizer =
        Optimizer::new(AdamW::default(), 0.25).group_named("bias", Sgd::default()).clip_norm(1.0);
    let text = optimizer.describe(&model()).unwrap();
    assert_eq!(
        text,
        "all others: 4 elements, learning rate 0.25, AdamW { beta1: 0.9, beta2: 0.999, eps: 1e-8, \
         weight_decay: 0.01, amsgrad: false, bias_correction: true, paper_rate: 1.0 }\n    weight f64[2, 2]\n\
         `bias`: 2 elements, \
         learning rate 0.25, Sgd { momentum: 0.0, dampening: 0.0, weight_decay: 0.0, \
         decoupled: false, nesterov: false }\n    \
         bias f64[2]\nthe norm of all gradients limited to 1\n"
    );
}

#[test]
fn pytorchs_nesterov_walks_along_the_look_ahead_points() {
    let surface = surfaces::surface("quadratic").unwrap();
    let (lr, beta) = (0.1, 0.5);
    let mut true_one = Optimizer::new(Nesterov { beta, ..Nesterov::default() }, lr);
    let mut rearranged = Optimizer::new(Sgd { momentum: beta, nesterov: true, ..Sgd::default() }, lr);
    let a = minimize(surface.f, &surface.start, &mut true_one, 10);
    let b = minimize(surface.f, &surface.start, &mut rearranged, 10);
    for t in 1..10 {
        for i in 0..2 {
            // θ − βv, where v is the last move.
            let ahead = a.points[t][i] + beta * (a.points[t][i] - a.points[t - 1][i]);
            assert_abs_diff_eq!(ahead, b.points[t][i], epsilon = 1e-12);
        }
    }
}

#[test]
fn methods_ascend_and_leave_frozen_groups_alone() {
    let mut model = model();
    let mut up = Optimizer::new(Newton::default(), 1.0).maximize().freeze("bias");
    let value = up.training_step(&mut model, |model, tape| {
        let (weight, bias) = (tape.param(&model.weight), tape.param(&model.bias));
        -((weight - 5.0).square().sum() + (bias - 7.0).square().sum())
    });
    assert_eq!(value, -(16.0 + 9.0 + 4.0 + 1.0 + 36.0 + 36.0));
    assert_eq!((values(&model.weight), values(&model.bias)), (vec![5.0; 4], vec![1.0; 2]));
    assert_eq!((up.steps(), up.updates("weight"), up.updates("bias")), (1, 1, 0));
}

#[test]
fn a_method_skips_steps_with_nan_and_keeps_its_notes() {
    let (mut w, mut optimizer) =
        (Param::new([3.0, -2.0]), Optimizer::new(Lbfgs::default(), 0.1).skip_nonfinite());
    let mut step = |w: &mut Param, factor: f64| {
        optimizer.training_step(w, |w, tape| (tape.param(w) - 1.0).square().sum() * factor);
        (optimizer.state(), optimizer.steps(), optimizer.skipped())
    };
    let (before, ..) = step(&mut w, 1.0);
    let at = values(&w);
    let (after, steps, skipped) = step(&mut w, f64::NAN);
    assert_eq!((values(&w), steps, skipped), (at, 1, 1));
    let notes = |state: &[(String, Tensor)]| {
        state
            .iter()
            .filter(|(name, _)| name.contains("notes"))
            .map(|(_, x)| x.to_f64_vec())
            .collect::<Vec<_>>()
    };
    assert!(!notes(&before).is_empty());
    assert_eq!(notes(&before), notes(&after));
}

#[test]
fn an_ascent_turns_the_curvature_too() {
    // Sophia on −x²: an ascent of it is a descent of x².
    let run = |optimizer: Optimizer, sign: f64| {
        let (mut w, mut optimizer) = (Param::new([3.0, -2.0]), optimizer);
        for _ in 0..20 {
            optimizer.training_step(&mut w, |w, tape| tape.param(w).square().sum() * sign);
        }
        values(&w)
    };
    let sophia = || Optimizer::new(Sophia { gamma: 1.0, ..Sophia::default() }, 0.1);
    assert_eq!(run(sophia(), 1.0), run(sophia().maximize(), -1.0));
}

/// A panic that changes nothing: neither the model nor the optimizer's count.
#[track_caller]
fn refused(optimizer: &mut Optimizer, model: &mut Model, grads: &Gradients, words: &str) {
    let before = [values(&model.weight), values(&model.bias)];
    let steps = optimizer.steps();
    let step = std::panic::AssertUnwindSafe(|| optimizer.step(model, grads));
    let text = *std::panic::catch_unwind(step).unwrap_err().downcast::<String>().unwrap();
    assert!(text.contains(words), "{text}");
    assert_eq!(([values(&model.weight), values(&model.bias)], optimizer.steps()), (before, steps));
}

#[test]
fn gradients_that_do_not_fit_change_nothing() {
    let rules: [fn() -> Optimizer; 4] = [
        || Optimizer::new(Sgd::default(), 0.1),
        || Optimizer::new(AdamW::default(), 0.1).clip_norm(1.0),
        || Optimizer::new(Sgd::default(), 0.1).accumulate(1).maximize(),
        || Optimizer::new(gradus_optim::Prodigy::default(), 1.0).clip_value(1.0),
    ];
    for optimizer in rules {
        let (mut model, mut optimizer) = (model(), optimizer());
        let good = gradients(&model, ONES, [1.0, 1.0]);
        // Before the first step and after one, when the optimizer knows the model.
        for _ in 0..2 {
            let mut bad = gradients(&model, ONES, [1.0, 1.0]);
            bad.set(model.bias.id(), Tensor::from([1.0, 1.0, 1.0]));
            refused(
                &mut optimizer,
                &mut model,
                &bad,
                "the gradient of bias has shape [3], the parameter [2]",
            );
            let mut clone =
                Model { weight: model.weight.clone(), bias: model.bias.clone(), mean: model.mean.clone() };
            refused(
                &mut optimizer,
                &mut clone,
                &good,
                "none of the 2 gradients is of a parameter of this model",
            );
            let forgotten = Param::new([1.0, 2.0, 3.0]);
            let mut more = gradients(&model, ONES, [1.0, 1.0]);
            more.set(forgotten.id(), Tensor::from([1.0, 1.0, 1.0]));
            refused(
                &mut optimizer,
                &mut model,
                &more,
                "1 of the 3 gradients, of shape [3], are of parameters that this",
            );
            assert_eq!(more.of(&model).len(), 2);
            optimizer.step(&mut model, &good);
        }
        assert_eq!(optimizer.steps(), 2);
        let more = gradients(&model, ONES, [1.0, 1.0]).of(&model);
        optimizer.step(&mut model, &more);
    }
}

#[test]
fn gradients_of_a_clone_are_not_gathered() {
    let (mut model, mut optimizer) = (model(), Optimizer::new(Sgd::default(), 0.1).accumulate(2));
    let grads = gradients(&model, ONES, [1.0, 1.0]);
    (0..2).for_each(|_| optimizer.step(&mut model, &grads));
    let mut clone =
        Model { weight: model.weight.clone(), bias: model.bias.clone(), mean: model.mean.clone() };
    refused(&mut optimizer, &mut clone, &grads, "none of the 2 gradients is of a parameter of this model");
}

/// A model whose `params!` leaves a field out.
struct Forgetful {
    weight: Param,
    scale: Param,
}
params!(Forgetful { weight });

#[test]
fn a_field_left_out_of_params_is_told() {
    for mut optimizer in [Optimizer::new(Sgd::default(), 0.1), Optimizer::new(Lbfgs::default(), 1.0)] {
        let mut model = Forgetful { weight: Param::new([1.0, 2.0]), scale: Param::new(3.0) };
        let step = std::panic::AssertUnwindSafe(|| {
            optimizer.training_step(&mut model, |m, tape| {
                (tape.param(&m.weight) * tape.param(&m.scale)).square().sum()
            })
        });
        let text = *std::panic::catch_unwind(step).unwrap_err().downcast::<String>().unwrap();
        assert!(text.contains("fields that its params! leaves out"), "{text}");
        assert_eq!((values(&model.weight), values(&model.scale)), (vec![1.0, 2.0], vec![3.0]));
        assert_eq!(optimizer.steps(), 0);
    }
}

#[test]
fn an_optimizer_remembers_one_model() {
    let mut optimizer = Optimizer::new(Adam::default(), 0.1);
    let mut first = Param::new([1.0, 2.0, 3.0]);
    optimizer.training_step(&mut first, |w, tape| tape.param(w).square().sum());
    let mut second = Param::new([1.0, 2.0]);
    let step = || optimizer.training_step(&mut second, |w, tape| tape.param(w).square().sum());
    let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(step)).unwrap_err();
    let message = refused.downcast_ref::<String>().unwrap();
    assert!(
        message.contains("has shape [2], and [3] in the model that this optimizer has trained"),
        "{message}"
    );
    assert_eq!(second.value().to_f64_vec(), [1.0, 2.0]);
}

#[test]
fn what_is_remembered_follows_a_converted_model() {
    let train = |w: &mut Param, optimizer: &mut Optimizer| {
        optimizer.training_step(w, |w, tape| tape.param(w).square().sum())
    };
    let (mut w, mut optimizer) = (Param::new([1.0f32, 2.0]), Optimizer::new(Adam::default(), 0.1));
    train(&mut w, &mut optimizer);
    w.convert(DType::F64);
    train(&mut w, &mut optimizer);
    assert_eq!(w.value().dtype(), DType::F64);
    assert!(w.value().to_f64_vec().iter().zip([0.8, 1.8]).all(|(w, want)| abs_diff_eq!(
        *w,
        want,
        epsilon = 1e-3
    )));
}
