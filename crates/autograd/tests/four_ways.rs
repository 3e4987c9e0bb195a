//! Value, gradient and Hessian-vector product by the sweep back, forward mode, differences and the complex step.

use approx::{abs_diff_eq, assert_relative_eq, relative_eq};
use gradus_autograd::ops::Attention;
use gradus_autograd::{
    Elements, GradcheckOptions, Param, Reason, Var, Verdict, four_ways, four_ways_model, params,
};
use gradus_tensor::{Tensor, rng};

fn options() -> GradcheckOptions {
    GradcheckOptions::default()
}

#[test]
fn all_four_agree() {
    let inputs = [Tensor::from([[0.3, -1.2], [2.0, 0.7]]), Tensor::from([0.5, -0.25])];
    let ways =
        four_ways(|x| ((x[0].matmul(x[0]) + x[1]).tanh() * x[1].exp()).sum_axes(0), &inputs, &options());
    ways.assert();
    // The value, six derivatives and six elements of the product with the Hessian.
    assert_eq!(ways.rows.len(), 13);
    assert!(ways.not_complex.is_none(), "{ways}");
    for row in &ways.rows {
        let complex = row.complex.expect("every operation is analytic");
        assert!(relative_eq!(complex, row.backward, epsilon = 1e-13, max_relative = 1e-13), "{ways}");
        let forward = row.forward.unwrap_or(row.backward);
        assert!(relative_eq!(forward, row.backward, epsilon = 1e-13, max_relative = 1e-13), "{ways}");
    }
    let text = ways.to_string();
    assert!(text.starts_with("four ways agree\n  quantity"), "{text}");
    assert!(text.contains("gradient in input 0[0, 1]") && text.contains("Hv in input 1[1]"), "{text}");
}

/// sin(x) x at 0.5: the derivatives to 16 digits (mpmath: diff(lambda x: sin(x)*x, 0.5, n) for n = 1, 2).
#[test]
fn the_right_numbers() {
    let ways = four_ways(|x| x[0].sin() * x[0], &[Tensor::scalar(0.5)], &options());
    let want = [0.239_712_769_302_101_5, 0.918_216_819_549_389_4, 1.515_452_354_478_644];
    for (row, want) in ways.rows.iter().zip(want) {
        assert!(
            abs_diff_eq!(row.backward, want, epsilon = 1e-15)
                && abs_diff_eq!(row.complex.unwrap(), want, epsilon = 1e-15),
            "{ways}"
        );
        assert!(abs_diff_eq!(row.difference, want, epsilon = row.noise + 1e-15), "{ways}");
    }
}

#[test]
fn a_wrong_rule_differs_from_difference_and_complex_step() {
    let ways = four_ways(|x| x[0] * x[0].detach() * x[0].exp(), &[Tensor::scalar(1.0)], &options());
    assert!(!ways.passed(), "{ways}");
    let gradient = &ways.rows[1];
    assert_eq!((gradient.verdict, ways.report.failed > 0), (Verdict::Differs, true), "{ways}");
    // Back and forward share the mistake.
    assert!(abs_diff_eq!(gradient.forward.unwrap(), gradient.backward, epsilon = 1e-14), "{ways}");
}

/// The norm of one number has no curvature; its parts cancel to what rounding leaves of them.
#[test]
fn what_cancels_counts_as_nothing() {
    for i in 1..200 {
        let x = [Tensor::from([f64::from(i) * 0.0173 - 1.7])];
        four_ways(|x| x[0].norm_axes(0) * 3.3, &x, &options()).assert();
        four_ways(|x| x[0].log_softmax(0).exp() + x[0], &x, &options()).assert();
    }
}

#[test]
fn what_is_not_analytic_is_named() {
    let ways = four_ways(|x| x[0].relu() * x[0], &[Tensor::from([1.0, 0.5])], &options());
    ways.assert();
    assert_eq!(ways.not_complex.as_ref().map(|place| place.op.as_str()), Some("relu"), "{ways}");
    assert!(ways.rows.iter().all(|row| row.complex.is_none()));
    assert!(ways.to_string().contains("no complex step, there is no complex form of %1 = relu"), "{ways}");
    let nothing = four_ways(|x| x[0].square(), &[Tensor::scalar(f64::NAN)], &options());
    assert!(!nothing.passed() && nothing.rows.is_empty(), "{nothing}");
    assert!(matches!(nothing.report.reason, Some(Reason::InputNotFinite { .. })), "{nothing}");
}

struct Layer {
    weight: Param,
    bias: Param,
}
params!(Layer { weight, bias });

#[test]
fn a_model_along_directions() {
    let mut rng = rng(3);
    let mut random = |shape: &[usize]| Param::new(Tensor::randn(shape, &mut rng));
    let mut model = Layer { weight: random(&[3, 2]), bias: random(&[3]) };
    let elements = Elements::Directions { count: 2, seed: 1 };
    let inputs = Tensor::from([[0.3, -1.2], [2.0, 0.7]]);
    let ways = four_ways_model(
        &mut model,
        |model, tape| {
            let x = tape.constant(inputs.clone());
            x.linear(tape.param(&model.weight), Some(tape.param(&model.bias))).tanh().square().mean()
        },
        &GradcheckOptions { elements, ..options() },
    );
    ways.assert();
    assert_eq!(ways.rows.len(), 5, "{ways}");
    assert!(ways.rows[1].quantity().starts_with("gradient in direction 0"), "{ways}");
    assert!(ways.rows.iter().all(|row| row.complex.is_some()), "{ways}");
}

/// Operations with a rule of their own are followed as those they are made of.
#[test]
fn softmax_losses_and_normalisations_are_analytic() {
    type Function = for<'t> fn(Var<'t>) -> Var<'t>;
    let functions: [(&str, Function); 9] = [
        ("softmax", |x| x.softmax(1).square()),
        ("softmax along the first axis", |x| x.softmax(0).square()),
        ("log_softmax", |x| x.log_softmax(1).square()),
        ("logsumexp", |x| x.logsumexp_axes(1)),
        ("cross_entropy", |x| x.cross_entropy(&Tensor::from([2i64, 0]))),
        ("layer_norm", |x| x.layer_norm(x.select(0, 0).exp(), x.select(0, 1), 1e-5).square()),
        ("rms_norm", |x| x.rms_norm(1, 1e-5).square()),
        ("gelu", |x| x.gelu().square()),
        ("attention", |x| x.attention(x, x.tanh(), &Attention::default())),
    ];
    for (name, f) in functions {
        let inputs = [Tensor::from([[0.3, -1.2, 0.8], [2.0, 0.7, -0.4]])];
        let ways = four_ways(|x| f(x[0]), &inputs, &options());
        ways.assert();
        let size = ways.rows.iter().map(|row| row.backward.abs()).max_by(f64::total_cmp).unwrap_or(0.0);
        for row in &ways.rows {
            let complex = row.complex.unwrap_or_else(|| panic!("{name}: {ways}"));
            assert!(abs_diff_eq!(complex / size, row.backward / size, epsilon = 1e-12), "{name}: {ways}");
        }
    }
}

/// The logarithm of a negative base has a part that is not small beside the step.
#[test]
fn whole_powers_of_any_base_have_a_complex_step() {
    for n in [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 10.0] {
        for x in [-2.5, -1.0, 0.0, 0.5, 3.0] {
            if x == 0.0 && n < 0.0 {
                continue;
            }
            let exact = if n == 0.0 { 0.0 } else { n * f64::powf(x, n - 1.0) };
            let of = |f: &dyn for<'t> Fn(&[Var<'t>]) -> Var<'t>, inputs: &[Tensor]| {
                let ways = four_ways(f, inputs, &GradcheckOptions::default());
                ways.rows.iter().find(|row| row.order == 1).and_then(|row| row.complex)
            };
            let base = Tensor::scalar(x);
            let by_number = of(&|v| v[0].powf(n), std::slice::from_ref(&base)).expect("a complex step");
            let by_value = of(&|v| v[0].pow(v[1]), &[base, Tensor::scalar(n)]).expect("a complex step");
            for found in [by_number, by_value] {
                assert_relative_eq!(found, exact, max_relative = 1e-14);
            }
        }
    }
}
