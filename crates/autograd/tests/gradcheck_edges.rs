//! `gradcheck` where it is hard: large beside small, lost gradients, infinite inputs, nothing to compare, the edges of
//! domains, kinks, and each element of the result by itself.

use approx::abs_diff_eq;
use gradus_autograd::{
    Elements, FiniteDifference, GradcheckOptions, Reason, Row, Scheme, Tape, Var, Verdict, error_curve,
    gradcheck, gradcheck_with, ops::elementwise,
};
use gradus_tensor::{DType, Tensor};

#[test]
fn a_large_element_does_not_hide_a_small_one() {
    let x = [Tensor::from([1.0, 1e6])];
    gradcheck(|x| x[0].square(), &x).assert();
    let report = gradcheck(
        |x| {
            let (a, b) = (x[0].select(0, 0).detach(), x[0].select(0, 1));
            Var::stack(&[a.square(), b.square()], 0)
        },
        &x,
    );
    assert_eq!((report.failed, report.comparisons[0].verdict), (1, Verdict::Differs), "{report}");
}

/// In one number the large square leaves the small one an error: it says nothing for right and wrong by little, but a lost
/// slope is far outside.
#[test]
fn a_sum_of_large_and_small() {
    let x = [Tensor::from([1.0, 1e6])];
    let right = gradcheck(|x| x[0].square().sum(), &x);
    assert!(right.passed() && right.failed == 0 && right.undecided <= 1, "{right}");
    let lost = gradcheck(
        |x| {
            let (a, b) = (x[0].select(0, 0).detach(), x[0].select(0, 1));
            a.square() + b.square()
        },
        &x,
    );
    assert_eq!(lost.failed, 1, "{lost}");
    assert!(abs_diff_eq!(lost.comparisons[0].numeric, 2.0, epsilon = lost.comparisons[0].noise), "{lost}");
}

#[test]
fn the_search_for_the_reason_does_not_blame_the_square() {
    // The mistake is in the sine; the squares of 1 and 1e6 are right.
    let report = gradcheck(
        |x| {
            x[0].tape().custom(
                "sine",
                &[x[0].square()],
                |x| x[0].sin(),
                |s| {
                    s.give(0, 1.01 * s.x(0).cos() * s.dy());
                },
            )
        },
        &[Tensor::from([1.0, 1e3])],
    );
    assert!(
        matches!(&report.reason, Some(Reason::WrongRule { place, .. }) if place.op == "sine"),
        "{report}"
    );
}

#[test]
fn what_lies_within_the_noise_is_no_agreement() {
    let at = [Tensor::scalar(1.0)];
    // The offset leaves an error of about 2e-3 at the first step; the slope of the sine is 0.54.
    let lost = gradcheck(|x| x[0].detach().sin() + 0.0 * x[0] + 1e10, &at);
    assert_eq!((lost.failed, lost.passed()), (1, false), "{lost}");
    // Here no step shows anything.
    let hidden = gradcheck(|x| x[0].detach().sin() + 0.0 * x[0] + 1e18, &at);
    assert_eq!((hidden.failed, hidden.undecided, hidden.passed()), (0, 1, false), "{hidden}");
    assert!(matches!(hidden.reason, Some(Reason::Noise { .. })), "{hidden}");
    assert!(
        hidden.to_string().starts_with("gradcheck UNDECIDED: 1 derivative compared, 1 undecided"),
        "{hidden}"
    );
    // And within the function, where its value does not show it.
    let inner = gradcheck(|x| (x[0].detach().sin() + 0.0 * x[0] + 1e10) - 1e10, &at);
    assert!(!inner.passed(), "{inner}");
    let right = gradcheck(|x| (x[0].sin() + 1e10) - 1e10, &at);
    assert_eq!(right.failed, 0, "{right}");
}

#[test]
fn infinite_inputs_end_at_once() {
    for row in elementwise::table() {
        for bad in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            let inputs = vec![Tensor::from([0.5, bad]); usize::from(row.arity)];
            let report = gradcheck(|x| row.apply(x, 0.7), &inputs);
            assert!(!report.passed() && report.compared == 0, "{}: {report}", row.name);
            let Some(Reason::InputNotFinite { index, .. }) = &report.reason else { panic!("{report}") };
            assert_eq!(index[..], [1]);
        }
    }
    let report = gradcheck(|x| x[0].sigmoid(), &[Tensor::scalar(f64::INFINITY)]);
    assert!(report.to_string().contains("input 0 is inf: there is no derivative"), "{report}");
}

#[test]
fn nothing_compared_is_no_pass() {
    let one = || [Tensor::from([1.0, 2.0])];
    let with = |elements| GradcheckOptions { elements, ..GradcheckOptions::default() };
    let none = Elements::Sample { count: 0, seed: 0 };
    let nowhere = Elements::Directions { count: 0, seed: 0 };
    let reports = [
        ("no elements", gradcheck(|x| x[0].square(), &[Tensor::zeros_of([0], DType::F64)])),
        ("float type", gradcheck(|x| x[0], &[Tensor::from([1i64, 2])])),
        ("float type", gradcheck(|x| x[0].tape().var(1.0), &[Tensor::from([1i64])])),
        ("asked for", gradcheck_with(|x| x[0].square(), &one(), &with(none))),
        ("asked for", gradcheck_with(|x| x[0].square(), &one(), &with(nowhere))),
        (
            "asked for",
            gradcheck_with(|x| x[0].square(), &one(), &GradcheckOptions { order: 0, ..with(Elements::All) }),
        ),
        ("wants a gradient", gradcheck(|x| x[0].detach().square(), &one())),
        ("wants a gradient", gradcheck(|x| x[0].tape().constant(x[0].value()), &one())),
        ("no elements", gradcheck(|x| x[0].narrow(0, 0, 0), &one())),
    ];
    for (why, report) in reports {
        assert!(!report.passed() && report.compared == 0, "{why}: {report}");
        assert!(report.to_string().starts_with("gradcheck FAILED: 0 derivatives compared"), "{report}");
        assert!(report.to_string().contains(why), "{why}: {report}");
    }
}

#[test]
fn near_the_edge_of_a_domain() {
    for x in [1e-3, 1e-7, 1e-12, 1e-100] {
        let report = gradcheck(|x| x[0].ln(), &[Tensor::scalar(x)]);
        assert_eq!(report.failed, 0, "{x}: {report}");
        // A wrong slope is still found, where a step is possible.
        let wrong = gradcheck(
            |x| x[0].tape().custom("ln", &[x[0]], |x| x[0].ln(), |s| s.give(0, 2.0 * s.dy() / s.x(0))),
            &[Tensor::scalar(x)],
        );
        assert!(!wrong.passed(), "{x}: {wrong}");
    }
    gradcheck(|x| x[0].ln(), &[Tensor::scalar(1e-7)]).assert();
    gradcheck(|x| x[0].recip(), &[Tensor::scalar(1e-6)]).assert();
    gradcheck(|x| x[0].asin(), &[Tensor::scalar(1.0 - 1e-7)]).assert();
    // On the edge the difference is taken to the side where there are values.
    let edge = gradcheck(|x| x[0].sqrt() * x[0].sqrt() * x[0].exp(), &[Tensor::scalar(1e-300)]);
    assert_eq!(edge.failed, 0, "{edge}");
    let edge = gradcheck(|x| x[0].powf(2.5), &[Tensor::scalar(0.0)]);
    assert_eq!((edge.failed, edge.comparisons[0].scheme), (0, Scheme::Forward), "{edge}");
    // No number on any side.
    let apart = gradcheck(|x| x[0].sqrt(), &[Tensor::from([0.0, 1.0])]);
    assert_eq!((apart.failed, apart.unmeasured), (0, 1), "{apart}");
    assert!(apart.passed() && apart.to_string().contains("1 could not be measured"), "{apart}");
}

#[test]
fn nan_is_not_the_least_error() {
    let curves = error_curve(|x| x.ln(), 0.05);
    assert!(curves.iter().any(|curve| curve.points[0].error.is_nan()), "the first step leaves the domain");
    for curve in curves {
        assert!(curve.best().error < 1.0, "{}, {}: {:?}", curve.scheme, curve.dtype, curve.best());
    }
}

#[test]
fn a_pass_at_a_kink_says_so() {
    let abs = gradcheck(|x| x[0].abs(), &[Tensor::from([0.0, 1.0])]);
    abs.assert();
    assert_eq!((abs.kinks.len(), abs.kinks[0].left, abs.kinks[0].right), (1, -1.0, 1.0), "{abs}");
    assert!(abs.to_string().contains("note       kink at input 0[0]: from the left -1"), "{abs}");
    assert_eq!(abs.kinks[0].place.as_ref().unwrap().op, "abs");
    let tie = gradcheck(|x| x[0].max(), &[Tensor::from([1.0, 1.0, 0.5])]);
    assert!(tie.kinks.len() == 2 || matches!(tie.reason, Some(Reason::Kink { .. })), "{tie}");
    let norm = gradcheck(|x| x[0].norm_axes(0), &[Tensor::from([0.0, 0.0])]);
    assert!(norm.kinks.len() == 2 || matches!(norm.reason, Some(Reason::Kink { .. })), "{norm}");
    // Smooth, however sharply they bend.
    for sharp in [1e0, 1e3, 1e6] {
        let smooth =
            gradcheck(|x| (1.0 + (sharp * x[0]).square()).sqrt(), &[Tensor::from([0.0, 1e-3 / sharp])]);
        assert!(smooth.kinks.is_empty() && smooth.failed == 0, "{sharp}: {smooth}");
    }
}

/// Every row with a kink, at it: none passes without a word.
#[test]
fn every_kink_of_the_table_is_told() {
    let mut told = 0;
    for row in elementwise::table().filter(|row| !row.facts.estimator) {
        let c = row.facts.number.unwrap_or(0.7);
        let points = [-3.0, -2.0, -1.0, -0.7, -0.5, 0.0, 0.5, 0.7, 1.0, 2.0, 3.0, 6.0];
        for x in points.into_iter().filter(|&x| row.kink_at(x, 0.7, c)) {
            let inputs = [Tensor::scalar(x), Tensor::scalar(0.7)];
            let inputs = &inputs[..usize::from(row.arity)];
            let tape = Tape::new();
            let vars: Vec<Var<'_>> = inputs.iter().map(|x| tape.var(x)).collect();
            if !row.apply(&vars, c).value().item().is_finite() {
                continue;
            }
            let report = gradcheck(|x| row.apply(x, c), inputs);
            let silent =
                report.comparisons[0].verdict == Verdict::Agrees && report.comparisons[0].kink.is_none();
            assert!(!silent || one_slope(row, x, c), "{} at {x}: {report}", row.name);
            told += usize::from(!silent);
        }
    }
    assert!(told > 10, "{told} kinks");
}

/// Whether the slopes to both sides are one: the second derivative jumps there, not the first.
fn one_slope(row: &'static Row, x: f64, c: f64) -> bool {
    let slope = |x: f64| {
        let tape = Tape::new();
        let (a, b) = (tape.var(x), tape.constant(0.7));
        let y = row.apply(&[a, b][..usize::from(row.arity)], c);
        y.grad(a).item()
    };
    abs_diff_eq!(slope(x + 1e-9), slope(x - 1e-9), epsilon = 1e-6)
}

/// A smooth function with a step that is too large is not said to have a kink; one whose kink lies within the step is.
#[test]
fn a_step_that_is_too_large_is_no_kink() {
    type Smooth = (&'static str, for<'t> fn(Var<'t>) -> Var<'t>);
    let smooth: [Smooth; 6] = [
        ("sin", |x| (x * 40.0).sin()),
        ("tanh", |x| (x * 50.0).tanh()),
        ("exp", |x| (x * 12.0).exp()),
        ("sigmoid", |x| (x * 100.0).sigmoid()),
        ("root", |x| (x.square() + 1e-6).sqrt()),
        ("power", |x| (x + 2.0).powf(9.0)),
    ];
    let with = |scheme, step| {
        let difference = Some(FiniteDifference { scheme, step });
        GradcheckOptions { difference, ..GradcheckOptions::default() }
    };
    let mut failed = 0;
    for step in [1.0, 0.3, 0.1, 0.01] {
        for scheme in [Scheme::Forward, Scheme::Backward, Scheme::Central, Scheme::FivePoint] {
            for (name, f) in smooth {
                let report = gradcheck_with(|x| f(x[0]), &[Tensor::scalar(0.013)], &with(scheme, step));
                assert!(!matches!(report.reason, Some(Reason::Kink { .. })), "{name}: {report}");
                assert!(report.kinks.is_empty(), "{name}: {report}");
                failed += report.failed;
            }
            let kink = gradcheck_with(|x| x[0].abs(), &[Tensor::scalar(0.4 * step)], &with(scheme, step));
            let inside = scheme != Scheme::Forward;
            assert_eq!(matches!(kink.reason, Some(Reason::Kink { .. })), inside, "{kink}");
        }
    }
    assert!(failed > 50, "{failed} differences were too coarse");
}

#[test]
fn each_element_of_the_result_by_itself() {
    // The second element hides the first in the weighted sum: 1 beside 1e9.
    let at = [Tensor::scalar(0.5)];
    let options = GradcheckOptions { per_output: true, ..GradcheckOptions::default() };
    let report = gradcheck_with(|x| Var::stack(&[x[0].detach().sin(), x[0] * 1e9], 0), &at, &options);
    assert_eq!((report.compared, report.failed), (2, 1), "{report}");
    assert_eq!(report.worst.as_ref().unwrap().output.as_deref(), Some(&[0][..]));
    assert!(report.to_string().contains("worst      input 0 of result[0]"), "{report}");
    let options = GradcheckOptions { order: 2, ..options };
    let x = Tensor::from([[0.3, -1.2], [2.0, 0.7]]);
    let report = gradcheck_with(|x| x[0].matmul(x[0]).sin(), &[x], &options);
    report.assert();
    assert_eq!(report.compared, 32);
}

#[test]
fn a_jump_and_the_largest_numbers() {
    // On a jump nothing can be measured, and the report does not speak of infinite values alone.
    let report = gradcheck(|x| x[0].floor(), &[Tensor::from([2.0])]);
    assert!(!report.passed() && format!("{report}").contains("the function jumps"), "{report}");
    // $e^{709}$ = 8.2e307: sums of two such values are infinite.
    for at in [700.0, 709.0, 709.5, 709.75] {
        gradcheck(|x| x[0].exp(), &[Tensor::from([at])]).assert();
    }
    gradcheck(|x| x[0].sinh(), &[Tensor::from([-710.0])]).assert();
}
