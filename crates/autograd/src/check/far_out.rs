//! Tests of arguments that are tiny or huge: there a rule that is right is never blamed, and one that is wrong still is where
//! differences can tell.

use gradus_tensor::{DType, Tensor};

use super::comparison::Verdict;
use super::gradcheck::gradcheck_with;
use super::options::{Elements, GradcheckOptions};
use super::report::{Reason, Report};
use crate::var::Var;

const SIZES: [f64; 15] = [
    5e-324, 1.5e-323, 1e-320, 1e-310, 3e-308, 1e-300, 1e-200, 1e-100, 1e-30, 1e-12, 1e12, 1e100, 1e200,
    1e300, 1.7e308,
];

type Unary = for<'t> fn(Var<'t>) -> Var<'t>;
type Binary = for<'t> fn(Var<'t>, Var<'t>) -> Var<'t>;

const UNARY: [(&str, Unary); 24] = [
    ("abs", |x| x.abs()),
    ("relu", |x| x.relu()),
    ("sqrt", |x| x.sqrt()),
    ("ln", |x| x.ln()),
    ("log1p", |x| x.log1p()),
    ("exp", |x| x.exp()),
    ("sin", |x| x.sin()),
    ("tanh", |x| x.tanh()),
    ("sigmoid", |x| x.sigmoid()),
    ("softplus", |x| x.softplus()),
    ("recip", |x| x.recip()),
    ("square", |x| x.square()),
    ("cube", |x| x * x * x),
    ("atan", |x| x.atan()),
    ("atanh", |x| x.atanh()),
    ("cbrt-like", |x| (x.abs().ln() / 3.0).exp()),
    ("sum of one and abs", |x| x.abs() + 1.0),
    ("sum of one and sqrt", |x| x.sqrt() + 1.0),
    ("sum of a large number and relu", |x| x.relu() + 1e10),
    ("abs of a sine", |x| x.sin().abs()),
    ("a factor", |x| x * 1e-100),
    ("an inverse factor", |x| x * 1e100),
    ("x ln x", |x| x * x.ln()),
    ("norm", |x| (x.square() + 1.0).sqrt()),
];

const BINARY: [(&str, Binary); 8] = [
    ("hypot", |x, y| x.hypot(y)),
    ("pow", |x, y| x.pow(y)),
    ("maximum", |x, y| x.maximum(y)),
    ("minimum", |x, y| x.minimum(y)),
    ("atan2", |x, y| x.atan2(y)),
    ("quotient", |x, y| x / y),
    ("product", |x, y| x * y),
    ("norm", |x, y| (x.square() + y.square()).sqrt()),
];

fn at(x: f64) -> Tensor {
    Tensor::from(x)
}

fn never_blamed(what: &str, report: &Report) {
    let differs = report.comparisons.iter().find(|c| c.verdict == Verdict::Differs);
    assert!(differs.is_none(), "{what}: {differs:#?}\n{report:#}");
    let blamed = matches!(report.reason, Some(Reason::WrongRule { .. } | Reason::Kink { .. }));
    assert!(!blamed, "{what}: {report:#}");
}

#[test]
fn a_right_rule_of_one_argument_is_never_blamed() {
    for (name, f) in UNARY {
        for x in SIZES.into_iter().flat_map(|x| [x, -x]) {
            for elements in [Elements::All, Elements::Directions { count: 2, seed: 0 }] {
                let options = GradcheckOptions { elements, ..GradcheckOptions::default() };
                never_blamed(&format!("{name} at {x:e}"), &gradcheck_with(|v| f(v[0]), &[at(x)], &options));
            }
        }
    }
}

#[test]
fn a_right_rule_of_two_arguments_is_never_blamed() {
    for (name, f) in BINARY {
        for (x, y) in
            SIZES.into_iter().flat_map(|x| [(x, x), (x, 2.0 * x), (-x, x), (x, 0.001), (2.0, x), (0.0, x)])
        {
            let report = gradcheck_with(|v| f(v[0], v[1]), &[at(x), at(y)], &GradcheckOptions::default());
            // Without a second argument these have a kink at the very point.
            if x != 0.0 {
                never_blamed(&format!("{name} at {x:e}, {y:e}"), &report);
            }
        }
    }
}

/// Several elements that are far apart, along directions through all of them.
#[test]
fn directions_through_large_and_tiny_elements() {
    let options = GradcheckOptions {
        elements: Elements::Directions { count: 3, seed: 1 },
        ..GradcheckOptions::default()
    };
    for tiny in [5e-324, 1e-310, 1e-200, 1e-30] {
        for (name, f) in UNARY.into_iter().filter(|(name, _)| !name.contains("ln") && *name != "recip") {
            let x = Tensor::from([tiny, 0.5, -0.25]);
            let positive = ["sqrt", "sum of one and sqrt"].contains(&name);
            let x = if positive { x.abs() } else { x };
            never_blamed(
                &format!("{name} beside {tiny:e}"),
                &gradcheck_with(|v| f(v[0]).sum(), &[x], &options),
            );
        }
    }
}

/// A wrong slope is blamed at every size at which the function can be told from others.
#[test]
fn a_wrong_rule_is_blamed_far_out() {
    for x in [1e-310, 1e-200, 1e-30, 1e-12, 1.0, 1e12, 1e100, 1e300] {
        // The value of |x|, and twice its slope.
        let options = GradcheckOptions::default();
        let report = gradcheck_with(|v| v[0].abs() * 2.0 - v[0].abs().detach(), &[at(x)], &options);
        assert!(!report.passed() && report.comparisons[0].verdict == Verdict::Differs, "{x:e}: {report:#}");
        assert_eq!(report.comparisons[0].numeric.round(), 1.0, "{x:e}: {report:#}");
    }
}

/// A kink at the point is one whatever stands beside it.
#[test]
fn a_kink_at_the_point_is_still_named() {
    for y in [1.0, 1e-3, 1e-12] {
        let report = gradcheck_with(|v| v[0].relu() + v[1], &[at(0.0), at(y)], &GradcheckOptions::default());
        assert!(matches!(report.reason, Some(Reason::Kink { .. })), "{y}: {report:#}");
    }
    let report =
        gradcheck_with(|v| v[0].abs(), &[Tensor::zeros([1]).to(DType::F64)], &GradcheckOptions::default());
    assert!(report.passed() && report.kinks.len() == 1, "{report:#}");
}

/// The slope of a step is 0 wherever it is flat, however small its plateau is beside the argument; a slope that is not 0 there is
/// wrong.
#[test]
fn a_function_of_steps_is_flat_on_them() {
    let steps: [(&str, Unary, f64); 8] = [
        ("large floor", |x| x.floor(), 123_456_789.5),
        ("floor", |x| x.floor(), 12_345.5),
        ("floor of many", |x| (x * 1000.0).floor(), 0.3005),
        ("ceil of many", |x| (x * 1e4).ceil(), 0.70005),
        ("trunc of many", |x| (x * 1e7).trunc(), 0.123_456_75),
        ("decimals", |x| (x * 1e8).round() / 1e8, 0.5),
        ("a comparison", |x| x.gt(999.75) * 3.0 + x.ge(1000.25), 1000.0),
        ("a step beside a slope", |x| x.floor() * 0.0 + x * 2.0, 1e6 + 0.5),
    ];
    for (name, f, x) in steps {
        let report = gradcheck_with(|v| f(v[0]), &[at(x)], &GradcheckOptions::default());
        // Of many small steps it may be undecided: a small slope beside them would be below the rounding of the value.
        never_blamed(name, &report);
        assert!(name != "floor" || report.passed(), "{report:#}");
    }
    // The value of a step, the slope of the whole.
    let wrong: Unary = |x| x.floor() + (x - x.detach());
    let report = gradcheck_with(|v| wrong(v[0] * 1000.0), &[at(0.3005)], &GradcheckOptions::default());
    assert!(!report.passed() && report.comparisons[0].numeric == 0.0, "{report:#}");
}
