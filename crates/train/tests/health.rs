//! What a look at a model finds, by hand.

use approx::assert_abs_diff_eq;
use gradus_nn::{Conv2d, ConvOptions, Linear, Module, Relu, Sequential, Tanh, sequential};
use gradus_optim::{Optimizer, Sgd};
use gradus_tensor::{Tensor, rng};
use gradus_train::Health;

fn look(model: &Sequential, x: &Tensor) -> Health {
    Health::of(model, |model, tape| model.forward(tape.constant(x)).square().mean())
}

#[test]
fn dead_units_are_counted_and_their_weights_named() {
    let mut model = sequential![Linear::new(2, 4, &mut rng(0)), Relu, Linear::new(4, 1, &mut rng(1))];
    let x = Tensor::uniform([16, 2], 0.0, 1.0, &mut rng(2));
    let all = |model: &mut Sequential, bias: [f32; 4]| {
        use gradus_autograd::Params;
        model.get_parameter_mut("0.bias").unwrap().set(Tensor::from(bias));
        look(model, &x)
    };
    let some = all(&mut model, [-9.0, 9.0, -9.0, 9.0]);
    let unit = &some.units[0];
    assert_eq!(
        (&unit.layer[..], &unit.op[..], unit.units, unit.dead, unit.saturated),
        ("0", "relu", 4, 2, 0)
    );
    assert_eq!(unit.flat, 0.5);
    assert!(some.warnings().is_empty(), "{some}");
    let none = all(&mut model, [-9.0; 4]);
    assert_eq!(none.units[0].dead, 4);
    assert_eq!(none.params[0].gradient_norm, Some(0.0));
    let text = none.to_string();
    assert!(text.contains("0.weight gets no gradient: "), "{text}");
    assert!(text.contains("relu behind 0: 4 of 4 units are dead"), "{text}");
}

#[test]
fn saturated_units_of_channels() {
    use gradus_autograd::Params;
    let mut model = sequential![Conv2d::new(1, 3, [2, 2], ConvOptions::default(), &mut rng(0)), Tanh];
    model.get_parameter_mut("0.bias").unwrap().set(Tensor::from([5f32, 0.0, -5.0]));
    let health = look(&model, &Tensor::uniform([2, 1, 4, 4], -0.1, 0.1, &mut rng(1)));
    let unit = &health.units[0];
    assert_eq!((unit.units, unit.dead, unit.saturated), (3, 0, 2));
    assert_abs_diff_eq!(unit.flat, 2.0 / 3.0, epsilon = 1e-12);
}

#[test]
fn updates_are_measured_and_what_is_not_used_is_named() {
    use gradus_autograd::{Param, params};
    struct Two {
        used: Param,
        forgotten: Param,
    }
    params!(Two { used, forgotten });
    let mut model = Two { used: Param::new([3.0, 4.0]), forgotten: Param::new(1.0) };
    let mut health = Health::of(&model, |model, tape| tape.param(&model.used).sum());
    Optimizer::new(Sgd::default(), 0.5)
        .training_step(&mut model, |model, tape| tape.param(&model.used).sum());
    health.updated(&model);
    let used = &health.params[0];
    assert_eq!((used.norm, used.gradient_norm), (5.0, Some(2f64.sqrt())));
    assert_abs_diff_eq!(used.update_ratio.unwrap(), 0.5 * 2f64.sqrt() / 5.0, epsilon = 1e-15);
    let forgotten = &health.params[1];
    assert_eq!((forgotten.gradient_norm, forgotten.update_ratio), (None, Some(0.0)));
    assert!(
        health.warnings().iter().any(|text| text.starts_with("forgotten gets no gradient: ")),
        "{health}"
    );
    let names: Vec<String> = health.scalars().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["gradient_norm/used", "update_ratio/used", "update_ratio/forgotten"]);
}
