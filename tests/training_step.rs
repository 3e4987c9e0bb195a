//! The training loop through its one call: every optimizer of the catalog, layers that train, and the two-step form.

use gradus::data::iris;
use gradus::nn::Tanh;
use gradus::optim::catalog::{self, Named};
use gradus::optim::{Lookahead, Nesterov, Sam, Sophia, hutchinson};
use gradus::prelude::*;

fn data() -> Dataset {
    let data = iris();
    let scale = Standardizer::per_column(&data.inputs);
    data.map_inputs(|x| scale.apply(x))
}

fn model(dropout: f64) -> Sequential {
    let mut rng = rng(1);
    let mut model = sequential![
        Linear::new(4, 8, &mut rng),
        BatchNorm::new(8),
        Tanh,
        Dropout { p: dropout },
        Linear::new(8, 3, &mut rng),
    ];
    model.convert(DType::F64);
    model
}

fn loss<'t>(model: &Sequential, tape: &'t Tape, data: &Dataset) -> gradus::autograd::Var<'t> {
    model.forward(tape.constant(data.inputs.to(DType::F64))).cross_entropy(&data.labels)
}

/// The loss in training on draws of its own.
fn judged(model: &Sequential, data: &Dataset) -> f64 {
    value_and_grad_training(1 << 40, |tape| loss(model, tape, data)).0
}

fn bits(model: &Sequential) -> Vec<u64> {
    model.params().iter().flat_map(|(_, p)| p.value().to_f64_vec()).map(f64::to_bits).collect()
}

fn falls(named: &Named, dropout: f64, steps: usize) {
    let (data, mut model) = (data(), model(dropout));
    let mut optimizer = Optimizer::new((named.make)(), named.lr);
    let before = judged(&model, &data);
    let mut losses = Vec::new();
    for step in 1..=steps {
        losses.push(optimizer.training_step(&mut model, |model, tape| loss(model, tape, &data)));
        let batches =
            model.params().iter().find(|(name, _)| name == "1.num_batches_tracked").unwrap().1.value().item();
        assert_eq!(batches, step as f64, "{}: one update of the statistics a step", named.name);
    }
    let after = judged(&model, &data);
    assert!(after < before, "{}: {before} to {after}", named.name);
    assert!(losses.iter().all(|loss| loss.is_finite()), "{}: {losses:?}", named.name);
    assert_eq!(optimizer.steps(), steps as u64);
}

#[test]
fn every_rule_trains_a_model_with_dropout_and_batch_normalisation() {
    for named in catalog::RULES {
        falls(named, 0.2, 60);
    }
    falls(&Named { name: "sam", about: "", lr: 0.1, make: || Sam::new(Sgd::default()).into() }, 0.2, 60);
}

#[test]
fn every_method_trains_a_model_without_chance() {
    for named in catalog::METHODS {
        falls(named, 0.0, 5);
    }
}

/// Two-step training whose call `k` draws as `training_step` does with seed 0.
fn by_hand(named: &Named, step: &mut dyn FnMut(&mut Optimizer, &mut Sequential, u64)) -> Vec<u64> {
    let (mut model, mut optimizer) = (model(0.2), Optimizer::new((named.make)(), named.lr));
    (0..12).for_each(|k| step(&mut optimizer, &mut model, k));
    bits(&model)
}

fn by_the_door(named: &Named) -> Vec<u64> {
    let data = data();
    by_hand(named, &mut |optimizer, model, _| {
        optimizer.training_step(model, |model, tape| loss(model, tape, &data));
    })
}

#[test]
fn it_is_the_two_step_form_bit_for_bit() {
    let data = data();
    let mut same = 0;
    for named in catalog::RULES {
        let needs = (named.make)().needs();
        if needs == gradus::optim::Needs::default() {
            same += 1;
            let two_steps = by_hand(named, &mut |optimizer, model, k| {
                let (_, grads) = value_and_grad_training(k, |tape| loss(model, tape, &data));
                optimizer.step(model, &grads);
            });
            assert_eq!(by_the_door(named), two_steps, "{}", named.name);
        } else if let Some(every) = needs.curvature {
            same += 1;
            let two_steps = by_hand(named, &mut |optimizer, model, k| {
                let tape = Tape::training(k);
                let loss = loss(model, &tape, &data);
                if k % every == 0 {
                    let mut signs = tape.rng().unwrap();
                    let (grads, curvature) = hutchinson(loss, model, &mut signs);
                    optimizer.step_with_curvature(model, &grads, Some(&curvature));
                } else {
                    optimizer.step_with_curvature(model, &loss.backward(), None);
                }
            });
            assert_eq!(by_the_door(named), two_steps, "{}", named.name);
        }
    }
    assert_eq!(same + 1, catalog::RULES.len(), "all but Nesterov have a two-step form");
}

#[test]
fn the_seed_decides_over_dropout() {
    let data = data();
    let trained = |seed| {
        let (mut model, mut optimizer) = (model(0.5), Optimizer::new(Sgd::default(), 0.1).seed(seed));
        optimizer.training_step(&mut model, |model, tape| loss(model, tape, &data));
        bits(&model)
    };
    assert_eq!(trained(1), trained(1));
    assert_ne!(trained(1), trained(2));
}

#[test]
fn all_evaluations_of_a_step_are_of_one_function() {
    let lbfgs = catalog::named("lbfgs").unwrap();
    for make in [lbfgs.make, || Sam::new(Sgd::default()).into(), || Nesterov::default().into()] {
        let (mut w, mut draws) = (Param::new(3.0), Vec::new());
        let mut optimizer = Optimizer::new(make(), 0.1);
        for _ in 0..2 {
            let mut seen = Vec::new();
            optimizer.training_step(&mut w, |w, tape| {
                seen.push(Tensor::randn(1, &mut tape.rng().unwrap()).item());
                tape.param(w).square()
            });
            assert!(seen.iter().all(|&x| x == seen[0]), "{seen:?}");
            draws.push(seen[0]);
        }
        assert_ne!(draws[0], draws[1]);
    }
}

#[test]
fn rules_around_others_hand_on_what_those_need() {
    type Make = fn() -> Box<dyn gradus::optim::Rule>;
    let around: [(&str, Make); 3] = [
        ("look-ahead", || Lookahead::new(Nesterov::default()).into()),
        ("curvature", || Lookahead::new(Sophia { every: 3, ..Sophia::default() }).into()),
        ("shared numbers", || Lookahead::new(gradus::optim::Prodigy::default()).into()),
    ];
    for (what, make) in around {
        let (data, mut model) = (data(), model(0.2));
        let mut optimizer = Optimizer::new(make(), 1e-2);
        let before = judged(&model, &data);
        for _ in 0..60 {
            optimizer.training_step(&mut model, |model, tape| loss(model, tape, &data));
        }
        assert!(judged(&model, &data) < before, "{what}");
    }
}

#[test]
fn a_panic_in_the_loss_leaves_the_model_where_it_was() {
    let (data, mut model) = (data(), model(0.0));
    let mut optimizer = Optimizer::new(Sam::new(Sgd::default()), 0.1);
    let before = bits(&model);
    let mut calls = 0;
    let step = std::panic::AssertUnwindSafe(|| {
        optimizer.training_step(&mut model, |model, tape| {
            calls += 1;
            assert!(calls < 2, "the second evaluation fails");
            loss(model, tape, &data)
        })
    });
    assert!(std::panic::catch_unwind(step).is_err());
    assert_eq!(bits(&model), before);
    assert_eq!(optimizer.steps(), 0);
}

/// As in PyTorch, where looking up shortens the rows at once: the step begins at the shortened row.
#[test]
fn a_row_of_a_table_is_shortened_before_its_step() {
    let table = Param::new(Tensor::from([[3f32, 4.0], [30.0, 40.0], [0.3, 0.4]]));
    let mut layer = Embedding { max_norm: Some(1.0), ..Embedding::of(table) };
    let mut optimizer = Optimizer::new(Sgd::default(), 0.5);
    let numbers = Tensor::from([0, 2]);
    optimizer.training_step(&mut layer, |layer, tape| layer.forward(tape.constant(&numbers)).square().sum());
    // The looked-up rows are (0.6, 0.8) and (0.3, 0.4); a step of half of twice a row leaves nothing of it.
    let want = Tensor::from([[0f32, 0.0], [30.0, 40.0], [0.0, 0.0]]);
    assert!(layer.weight.value().allclose(&want, 0.0, 1e-6), "{}", layer.weight.value());
}
