//! `gradcheck` itself: what passes, and the reason it finds for each kind of failure.

use approx::abs_diff_eq;
use std::cell::Cell;

use gradus_autograd::{
    Elements, FiniteDifference, GradcheckOptions, Param, Reason, Scheme, Tape, Var, gradcheck,
    gradcheck_model, gradcheck_with, params,
};
use gradus_tensor::{DType, Tensor, rng};

fn fixed(scheme: Scheme, step: f64) -> GradcheckOptions {
    GradcheckOptions { difference: Some(FiniteDifference { scheme, step }), ..GradcheckOptions::default() }
}

#[test]
fn right_gradients_pass_to_third_order() {
    let x = Tensor::from([[0.3f32, -1.2], [2.0, 0.7]]);
    let options = GradcheckOptions { order: 3, ..GradcheckOptions::default() };
    let report = gradcheck_with(|x| (x[0].matmul(x[0]) * x[1]).tanh(), &[x, Tensor::scalar(0.3)], &options);
    report.assert();
    assert_eq!((report.compared, report.failed), (15, 0));
    let text = report.to_string();
    assert!(text.starts_with("gradcheck passed: 15 derivatives compared\n  worst      input "), "{text}");
    assert!(report.max_relative_error() < 1e-8, "{text}");
}

/// `x²` with the slope `3x`.
fn wrong_square<'t>(tape: &'t Tape, x: Var<'t>) -> Var<'t> {
    tape.custom("wrong_square", &[x], |x| x[0].square(), |step| step.give(0, 3.0 * step.x(0) * step.dy()))
}

#[test]
fn a_wrong_rule_is_found_and_named() {
    let x = Tensor::from([0.5, 1.5, -0.2]);
    let report = gradcheck(|x| wrong_square(x[0].tape(), x[0].sin()).exp(), &[x]);
    assert!(!report.passed());
    let Some(Reason::WrongRule { place, input: 0, recorded: false, rule, numeric, .. }) = &report.reason
    else {
        panic!("{report}")
    };
    assert_eq!((place.node, place.op.as_str()), (2, "wrong_square"));
    assert!(place.line.file().ends_with("gradcheck.rs"));
    assert!(abs_diff_eq!(rule / numeric, 1.5, epsilon = 1e-6), "{report}");
    // The line of code only where it is asked for.
    assert!(report.to_string().contains("wrong rule: %2 = wrong_square: for input 0["), "{report}");
    let full = format!("{report:#}");
    assert!(full.contains("wrong rule: %2 = wrong_square (") && full.contains("gradcheck.rs:"), "{full}");
}

/// A checkpoint has dropped the values that the search for the reason looks at.
#[test]
fn a_wrong_rule_inside_a_checkpoint_is_found_and_named() {
    let x = Tensor::linspace_of(0.2, 0.9, 200, DType::F64);
    let report = gradcheck(|x| x[0].checkpoint(|x| wrong_square(x.tape(), x.sin()).exp()).sum(), &[x]);
    let Some(Reason::WrongRule { place, rule, numeric, .. }) = &report.reason else { panic!("{report}") };
    assert_eq!(place.op, "wrong_square");
    assert!(abs_diff_eq!(rule / numeric, 1.5, epsilon = 1e-6), "{report}");
}

#[test]
#[should_panic(expected = "wrong rule: %1 = wrong_square (")]
fn assert_panics_with_the_report() {
    gradcheck(|x| wrong_square(x[0].tape(), x[0]), &[Tensor::scalar(1.0)]).assert();
}

#[test]
fn a_kink_at_the_point() {
    let report = gradcheck(|x| x[0].relu() * 2.0, &[Tensor::from([1.0, 0.0])]);
    assert_eq!(report.worst.as_ref().unwrap().index, [1]);
    let Some(Reason::Kink { place: Some(place), left, right, .. }) = &report.reason else {
        panic!("{report}")
    };
    assert_eq!(
        (place.op.as_str(), left.abs() < 1e-9, abs_diff_eq!(*right, 1.0, epsilon = 1e-9)),
        ("relu", true, true),
        "{report}"
    );
    assert!(report.to_string().contains("from the left 0.000000e0, from the right 1.000000e0"), "{report}");
}

#[test]
fn the_slopes_of_a_wrong_rule_are_its_own() {
    // Two elements: the weights of the check must not show in the slopes, 2x and 3x at x = 0.5.
    let report = gradcheck(|x| wrong_square(x[0].tape(), x[0]), &[Tensor::from([0.5, 0.0])]);
    let Some(Reason::WrongRule { rule, numeric, .. }) = report.reason else { panic!("{report}") };
    assert!(
        abs_diff_eq!(rule, 1.5, epsilon = 1e-9) && abs_diff_eq!(numeric, 1.0, epsilon = 1e-9),
        "{report}"
    );
}

#[test]
fn a_kink_within_the_step() {
    let x = [Tensor::scalar(0.003)];
    let report = gradcheck_with(|x| x[0].abs() + x[0].sin(), &x, &fixed(Scheme::Central, 0.01));
    assert!(matches!(report.reason, Some(Reason::Kink { place: None, .. })), "{report}");
    gradcheck(|x| x[0].abs() + x[0].sin(), &x).assert();
}

#[test]
fn steps_too_large_and_too_small() {
    let x = [Tensor::scalar(0.7)];
    let large = gradcheck_with(|x| (x[0] * 3.0).sin().exp(), &x, &fixed(Scheme::Central, 0.1));
    assert!(matches!(large.reason, Some(Reason::StepTooLarge { best, .. }) if best < 1e-3), "{large}");
    let small = gradcheck_with(|x| (x[0] * 3.0).sin().exp(), &x, &fixed(Scheme::Central, 1e-13));
    assert!(matches!(small.reason, Some(Reason::StepTooSmall { best, .. }) if best > 1e-8), "{small}");
}

#[test]
fn randomness() {
    let calls = Cell::new(0.0);
    let report = gradcheck(
        |x| {
            calls.set(calls.get() + 1.0);
            x[0].square() * (1.0 + 0.1 * f64::sin(calls.get()))
        },
        &[Tensor::scalar(1.0)],
    );
    assert!(matches!(report.reason, Some(Reason::Random { first, second }) if first != second), "{report}");
}

#[test]
fn a_type_too_narrow() {
    let report = gradcheck(|x| x[0].to(DType::F32).sin().exp(), &[Tensor::scalar(0.7)]);
    assert!(matches!(&report.reason, Some(Reason::Narrow(place)) if place.op == "to"), "{report}");
}

#[test]
fn a_value_that_is_not_finite() {
    let report = gradcheck(|x| x[0].ln(), &[Tensor::scalar(-1.0)]);
    assert!(matches!(report.reason, Some(Reason::NotFinite { .. })), "{report}");
}

struct Mlp {
    weight: Param,
    bias: Param,
    out: Param,
}
params!(Mlp { weight, bias, out });

fn mlp() -> Mlp {
    let mut rng = rng(1);
    let mut random = |shape: &[usize]| Param::new(Tensor::randn(shape, &mut rng));
    Mlp { weight: random(&[8, 4]), bias: random(&[8]), out: random(&[8, 3]) }
}

fn loss<'t>(model: &Mlp, tape: &'t Tape) -> Var<'t> {
    let x = Tensor::randn([6, 4], &mut rng(2));
    let labels = Tensor::from([0i64, 1, 2, 0, 1, 2]);
    let hidden = tape.constant(x).linear(tape.param(&model.weight), Some(tape.param(&model.bias))).relu();
    hidden.matmul(tape.param(&model.out)).cross_entropy(&labels)
}

#[test]
fn a_model_by_elements_samples_and_directions() {
    let mut model = mlp();
    let before: Vec<Tensor> = model.params_of();
    let sample = Elements::Sample { count: 10, seed: 5 };
    let directions = Elements::Directions { count: 4, seed: 5 };
    for (elements, compared) in [(Elements::All, 64), (sample, 10), (directions, 4)] {
        let options = GradcheckOptions { elements, ..GradcheckOptions::default() };
        let report = gradcheck_model(&mut model, loss, &options);
        report.assert();
        assert_eq!(report.compared, compared);
    }
    for (a, b) in model.params_of().iter().zip(&before) {
        assert_eq!((a.dtype(), a.to_vec::<f32>()), (DType::F32, b.to_vec::<f32>()));
    }
    let report = gradcheck_model(
        &mut model,
        |m, t| wrong_square(t, t.param(&m.bias)).sum(),
        &GradcheckOptions::default(),
    );
    assert_eq!(report.worst.as_ref().unwrap().name, "bias", "{report}");
    assert!(
        matches!(&report.reason, Some(Reason::WrongRule { place, .. }) if place.op == "wrong_square"),
        "{report}"
    );
}

impl Mlp {
    fn params_of(&self) -> Vec<Tensor> {
        use gradus_autograd::Params;
        self.params().into_iter().map(|(_, p)| p.value().clone()).collect()
    }
}
