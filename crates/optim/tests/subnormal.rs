//! Where no gradient comes any more, averages fade to zero and not to subnormal numbers, on which many processors are slow.

use gradus_autograd::Param;
use gradus_optim::{Optimizer, catalog};
use gradus_tensor::{DType, Tensor};

/// How many of the numbers are subnormal in their own type.
fn subnormal(x: &Tensor) -> usize {
    match x.dtype() {
        DType::F32 => x.to_vec::<f32>().iter().filter(|x| x.is_subnormal()).count(),
        DType::F64 => x.to_vec::<f64>().iter().filter(|x| x.is_subnormal()).count(),
        _ => 0,
    }
}

/// What does not fade, by rule (all of them, if none is named): copies of parameters, sums, bases, and what waits for a gradient.
const KEPT: [(&str, &str); 8] = [
    ("", "/start"),
    ("lookahead", "/slow"),
    ("shampoo", "/left"),
    ("shampoo", "/right"),
    ("soap", "/left_basis"),
    ("soap", "/right_basis"),
    ("sparse-adam", "/m"),
    ("sparse-adam", "/v"),
];

#[test]
fn no_rule_remembers_a_subnormal_number() {
    for (dtype, tiny) in [(DType::F32, 1e-40), (DType::F64, 1e-310)] {
        for named in catalog::RULES {
            let mut w = Param::new(Tensor::full_of([3, 40], 0.5, dtype));
            let mut optimizer = Optimizer::new((named.make)(), named.lr);
            // The slopes of a plane: g everywhere.
            let step = |optimizer: &mut Optimizer, w: &mut Param, g: f64| {
                optimizer.training_step(w, |w, tape| (tape.param(w) * g).sum());
            };
            step(&mut optimizer, &mut w, 0.25);
            // Every average has faded, as after many steps without a gradient.
            let faded = optimizer.state().into_iter().map(|(name, x)| {
                let fades = x.dtype() == dtype && x.elements() > 1;
                let x = if fades { Tensor::full_of(*x.shape(), tiny, dtype) } else { x };
                (name, x)
            });
            let faded: Vec<_> = faded.collect();
            optimizer.load_state(faded, &w).unwrap();
            for _ in 0..2 {
                step(&mut optimizer, &mut w, 0.0);
            }
            for (name, x) in optimizer.state() {
                let rests = KEPT
                    .iter()
                    .any(|&(rule, slot)| (rule.is_empty() || rule == named.name) && name.ends_with(slot));
                assert!(
                    rests || subnormal(&x) == 0,
                    "{}: {} of {name} are subnormal",
                    named.name,
                    subnormal(&x)
                );
            }
        }
    }
}
