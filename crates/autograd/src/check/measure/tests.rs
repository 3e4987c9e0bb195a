use super::*;
use crate::check::comparison::{Verdict, judged};
use crate::check::options::GradcheckOptions;
use approx::abs_diff_eq;
use gradus_tensor::{DType, Tensor, rng};

type Case = (fn(f64) -> f64, f64, f64);

fn of(f: impl Fn(f64) -> f64, x: f64) -> Option<Estimate> {
    let zero = [f(x)];
    let mut along = |t: f64| vec![f(x + t)];
    Probe::new(&mut along, &zero, Grain::at(x)).settled(&[1.0])
}

fn kink(f: impl Fn(f64) -> f64, x: f64) -> Option<Sides> {
    let zero = [f(x)];
    let mut along = |t: f64| vec![f(x + t)];
    Probe::new(&mut along, &zero, Grain::at(x)).kink(&[1.0])
}

#[test]
fn the_bound_holds() {
    let cases: [Case; 9] = [
        (f64::sin, 1.0, 0.540_302_305_868_139_7),
        (f64::ln, 1e-7, 1e7),
        (f64::recip, 1e-6, -1e12),
        (f64::sin, 1e8, -0.363_385_089_355_690_5),
        (|x| x.sin() + 1e10, 1.0, 0.540_302_305_868_139_7),
        (|x| (x.sin() + 1e8) - 1e8, 1.0, 0.540_302_305_868_139_7),
        (|x| (1e6 * x).tanh(), 1e-7, 990_066.290_847_439_8),
        (|x| x.powi(3), 1e-6, 3e-12),
        (f64::exp, -700.0, 9.859_676_543_759_77e-305),
    ];
    for (i, (f, x, want)) in cases.into_iter().enumerate() {
        let got = of(f, x).unwrap();
        assert!(abs_diff_eq!(got.value, want, epsilon = got.noise), "{i}: {got:?}, not {want}");
        assert!(got.noise < 1e-2 * want.abs(), "{i}: {got:?} says nothing of {want}");
    }
}

#[test]
fn one_sided_at_the_edge_of_a_domain() {
    let got = of(|x| x.sqrt() * x, 0.0);
    // f' = 1.5 √x has no power series at 0: only the bound is asked for.
    assert!(got.is_some_and(|e| e.scheme == Scheme::Forward && e.value.abs() <= e.noise), "{got:?}");
    let got = of(|x| (1.0 - x).ln_1p(), 2.0);
    assert!(got.is_none(), "{got:?}");
    let got = of(|x| if x < 1.0 { f64::NAN } else { x * x }, 1.0).unwrap();
    assert!(abs_diff_eq!(got.value, 2.0, epsilon = got.noise) && got.noise < 1e-9, "{got:?}");
}

#[test]
fn kinks_and_what_only_looks_like_one() {
    let sides = kink(|x| x.abs() + x, 0.0).unwrap();
    assert_eq!((sides.left, sides.right), (0.0, 2.0));
    assert!(kink(|x| (x - 5.0).abs() + 1e4, 5.0).is_some());
    for smooth in [|x: f64| x * x, f64::cos, |x: f64| (1.0 + 1e12 * x * x).sqrt(), |x: f64| x.abs().powf(1.5)]
    {
        assert!(kink(smooth, 0.0).is_none());
    }
}

/// A function of x with three numbers of its own, its slope, and the share of draws in which a slope that is off by 1e-3 must be
/// found.
type Rough = (fn(f64, [f64; 3]) -> f64, fn(f64, [f64; 3]) -> f64, f64);

fn bell(x: f64) -> f64 {
    0.01 * x / (1.0 + 1e-4 * x * x)
}

fn bell_slope(x: f64) -> f64 {
    0.01 * (1.0 - 1e-4 * x * x) / (1.0 + 1e-4 * x * x).powi(2)
}

/// Functions whose values within are much larger, or change much less, than their arguments: c up to 1e8, s down to 1e-10,
/// w up to 1e5.
const ROUGH: [Rough; 10] = [
    (|x, [c, _, w]| ((x + c) - c) * w, |_, [_, _, w]| w, 0.99),
    (|x, [_, s, _]| ((1.0 + x * s) - 1.0) / s, |_, _| 1.0, 0.99),
    (|x, [c, _, _]| (x + c).sin(), |x, [c, _, _]| (x + c).cos(), 0.99),
    (|x, [c, _, _]| (0.1 * ((x + c) - c)).exp(), |x, _| 0.1 * (0.1 * x).exp(), 0.99),
    (|x, [_, _, w]| (w * x).sin(), |x, [_, _, w]| w * (w * x).cos(), 0.99),
    (|x, [c, _, _]| (x + c) * (x + c) - c * c, |x, [c, _, _]| 2.0 * (x + c), 0.99),
    (|x, [c, _, w]| (w * ((x + c) - c)).tanh(), |x, [_, _, w]| w / (w * x).cosh().powi(2), 0.5),
    (
        |x, [c, _, w]| ((x.sin() + c).ln() * w).sin(),
        |x, [c, _, w]| ((x.sin() + c).ln() * w).cos() * w * x.cos() / (x.sin() + c),
        0.5,
    ),
    // Near 0 the cube is below the resolution at all small steps, which then agree on a slope without it.
    (
        |x, [c, _, _]| bell((x + x * x * x + c) - c),
        |x, _| (1.0 + 3.0 * x * x) * bell_slope(x + x * x * x),
        0.99,
    ),
    (|x, [c, _, _]| c + x.sin(), |x, _| x.cos(), 0.5),
];

/// Rounding within a function, which its values do not show, is in the bound: a right slope never differs, a wrong one does.
#[test]
fn steps_below_the_resolution_within_a_function() {
    const DRAWS: usize = 2000;
    let options = GradcheckOptions::default();
    for (which, (f, slope, share)) in ROUGH.into_iter().enumerate() {
        let draws = Tensor::uniform_of([DRAWS, 5], 0.0, 1.0, DType::F64, &mut rng(which as u64));
        let mut found = 0;
        for u in draws.to_vec2::<f64>() {
            let between = |i: usize, low: f64, high: f64| 10_f64.powf(low + (high - low) * u[i]);
            let x = between(0, -8.0, 2.0).copysign(u[1] - 0.5);
            let own = [between(2, -2.0, 8.0), between(3, -10.0, 0.0), between(4, -1.0, 5.0)];
            let (zero, want) = ([f(x, own)], slope(x, own));
            let mut along = |t: f64| vec![f(x + t, own)];
            let Some(e) = Probe::new(&mut along, &zero, Grain::at(x)).settled(&[1.0]) else { continue };
            let right = judged(want, &e, &options);
            assert_ne!(right, Verdict::Differs, "{which}: x {x:e}, {own:?}: {e:?}, not {want:e}");
            found += usize::from(judged(1.001 * want, &e, &options) == Verdict::Differs);
        }
        assert!(found as f64 >= share * DRAWS as f64, "{which}: {found} of {DRAWS} wrong slopes are found");
    }
}
