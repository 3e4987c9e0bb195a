//! A function along a line: its derivative, its float types, and a model that comes back as it was.

use approx::{abs_diff_eq, assert_abs_diff_eq};
use gradus_autograd::{
    Elements, FiniteDifference, GradcheckOptions, Line, Param, Params, Scheme, gradcheck, gradcheck_model,
    gradcheck_with, params,
};
use gradus_tensor::{DType, Tensor, rng};

#[test]
fn the_only_variable_is_its_own_axis() {
    let mut line = Line::new(|x| x[0].exp(), &[Tensor::scalar(-2.0f32)], 7);
    assert_eq!(line.value(0.5), (-1.5f64).exp());
    assert_eq!(line.derivative(), (-2f64).exp());
}

#[test]
fn the_direction_is_gradchecks_and_of_length_one() {
    let inputs = [Tensor::from([[0.3, -1.2], [2.0, 0.7]]), Tensor::from([0.1, 0.2])];
    let elements = Elements::Directions { count: 1, seed: 3 };
    let options = GradcheckOptions { elements, seed: 3, ..GradcheckOptions::default() };
    let report = gradcheck_with(|x| (x[0] * x[1]).tanh(), &inputs, &options);
    let mut line = Line::new(|x| (x[0] * x[1]).tanh(), &inputs, 3);
    assert_eq!(line.derivative(), report.comparisons[0].autograd);
    assert_eq!(report.comparisons[0].input, None);
    // Along any line the squares grow by t² and what is linear in t.
    let mut squares = Line::new(|x| x[0].square().sum() + x[1].square().sum(), &inputs, 3);
    let slope = squares.derivative();
    let grown = squares.value(0.5) - squares.value(0.0);
    assert!(abs_diff_eq!(grown - 0.5 * slope, 0.25, epsilon = 1e-12), "{grown} {slope}");
}

#[test]
fn in_f32_everything_is_computed_in_f32() {
    let inputs = [Tensor::from([0.3, 1.2])];
    let mut line = Line::new(|x| x[0].sin(), &inputs, 1);
    let (double, single) = (line.value_in(0.1, DType::F64), line.value_in(0.1, DType::F32));
    assert!(double != single && abs_diff_eq!(double, single, epsilon = 1e-6), "{double} {single}");
    assert_eq!(f64::from(single as f32), single);
}

#[test]
#[should_panic(expected = "no input has an element of a float type")]
fn integers_cannot_be_moved() {
    let _ = Line::new(|x| x[0], &[Tensor::from([1i64, 2])], 0);
}

struct Scaled {
    weight: Param,
    frozen: Param,
    mean: Param,
}
params!(Scaled { weight, frozen, mean });

fn loss<'t>(model: &Scaled, tape: &'t gradus_autograd::Tape) -> gradus_autograd::Var<'t> {
    let (frozen, mean) = (tape.param(&model.frozen), tape.param(&model.mean));
    ((tape.param(&model.weight) - mean) * frozen).sin().sum()
}

#[test]
fn a_model_is_put_back_with_its_bits() {
    let mut rng = rng(2);
    let mut frozen = Param::new(Tensor::randn([4], &mut rng));
    frozen.freeze();
    // A third is another number in each type.
    let mean = Param::buffer(Tensor::full_of([4], 1.0 / 3.0, DType::F64));
    let mut model = Scaled { weight: Param::new(Tensor::randn([4], &mut rng)), frozen, mean };
    let bits = |model: &Scaled| -> Vec<(DType, Vec<f64>)> {
        model.params().iter().map(|(_, p)| (p.value().dtype(), p.value().to_f64_vec())).collect()
    };
    let before = bits(&model);
    let mut line = Line::of_model(&mut model, loss, 0);
    let first = line.value(0.01);
    let single = line.value_in(0.01, DType::F32);
    assert!(first != single && abs_diff_eq!(first, single, epsilon = 1e-5), "{first} {single}");
    assert_eq!(line.value(0.01), first);
    let numeric = FiniteDifference::new(Scheme::FivePoint).derivative(|t| line.value(t), 0.0);
    assert_abs_diff_eq!(numeric, line.derivative(), epsilon = 1e-9);
    drop(line);
    assert_eq!(bits(&model), before);
    // A loss that panics leaves the model as it was, too.
    let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let raised = |model: &Scaled| model.weight.value().dtype() == DType::F64;
        let options = GradcheckOptions::default();
        gradcheck_model(
            &mut model,
            |model, tape| {
                assert!(!raised(model), "in the middle of a check");
                loss(model, tape)
            },
            &options,
        )
    }));
    assert!(checked.is_err());
    assert_eq!(bits(&model), before);
}

#[test]
fn a_comparison_knows_its_input() {
    let inputs = [Tensor::scalar(0.3), Tensor::from([1i64, 0]), Tensor::from([0.5, 0.2])];
    let report = gradcheck(|x| x[0].sin() * x[2].index_select(0, &x[1].value()), &inputs);
    report.assert();
    let numbers: Vec<Option<usize>> = report.comparisons.iter().map(|c| c.input).collect();
    assert_eq!(numbers, [Some(0), Some(2), Some(2)]);
}
