use approx::{abs_diff_eq, assert_abs_diff_eq, assert_relative_eq};
use gradus::data::generate::{Generator, Moons};
use gradus::nn::{Linear, Relu};
use gradus::optim::{Adam, Optimizer};
use gradus::prelude::sequential;
use gradus::tensor::{Tensor, rng};

use super::*;

fn usual() -> Request {
    Request::default()
}

fn refused(request: Request) -> String {
    begin(request).err().expect("it is refused").message
}

/// The training of the page, written as a user writes it.
#[test]
fn the_losses_are_those_of_a_loop_of_ones_own() {
    let data = Moons { n: 200, noise: 0.15, ..Moons::default() }.dataset(0);
    let data = Dataset::new(data.inputs, data.labels.to(DType::F32));
    let (train, test) = data.split(0.25, 0);
    let mut r = rng(0);
    let mut model = sequential![
        Linear::new(2, 16, &mut r),
        Relu,
        Linear::new(16, 16, &mut r),
        Relu,
        Linear::new(16, 1, &mut r)
    ];
    let mut optimizer = Optimizer::new(Adam::default(), 0.01);
    let mut it = begin(usual()).unwrap();
    for step in 0..30 {
        it.step(step % 7 == 0);
        let loss = optimizer.training_step(&mut model, |model, tape| {
            model
                .forward(tape.constant(&train.inputs))
                .flatten()
                .binary_cross_entropy_with_logits(tape.constant(&train.labels))
        });
        assert_eq!(it.loss, Some(loss), "step {step}");
    }
    let frame = it.frame();
    assert_eq!((frame.step, frame.epoch), (30, 30));
    let scores = model.predict(&test.inputs);
    let right = scores.flatten().gt(0.0).to(DType::F32).to_f64_vec();
    let right = right.iter().zip(test.labels.to_f64_vec()).filter(|(a, b)| **a == *b).count();
    assert_eq!(frame.test.unwrap().right.unwrap().0, right as f64 / test.len() as f64);
    for (parameter, (name, param)) in frame.parameters.iter().zip(model.params()) {
        assert_eq!(parameter.name, name);
        for (shown, exact) in parameter.values.iter().zip(param.value().to_f64_vec()) {
            assert_relative_eq!(shown.0, exact, max_relative = 1e-3);
        }
        assert_eq!(parameter.histogram.counts.iter().sum::<usize>(), parameter.values.len());
    }
}

/// What is shown as a step's gradient is what the step has used.
#[test]
fn the_gradient_is_that_of_the_step_that_was_looked_at() {
    let request = Request { optimizer: "sgd:lr=0.5".into(), dropout: 0.3, batch: 16, seed: 3, ..usual() };
    let mut it = begin(request).unwrap();
    for _ in 0..5 {
        it.step(false);
    }
    let before: Vec<Tensor> = it.plan.model.params().iter().map(|(_, param)| param.value().clone()).collect();
    it.step(true);
    let grads = it.gradients.as_ref().unwrap();
    for (before, (_, param)) in before.iter().zip(it.plan.model.params()) {
        let moved = (before - param.value()).to_f64_vec();
        for (moved, gradient) in moved.iter().zip(grads.get(param).unwrap().to_f64_vec()) {
            assert_abs_diff_eq!(*moved, 0.5 * gradient, epsilon = 1e-6);
        }
    }
    let frame = it.frame();
    let ratio = frame.parameters[0].update.unwrap().0;
    let norm = before[0].square().sum().item().sqrt();
    assert_relative_eq!(
        ratio,
        0.5 * frame.parameters[0].gradient_norm.unwrap().0 / norm,
        max_relative = 1e-4
    );
}

#[test]
fn every_optimizer_trains() {
    for named in catalog::all() {
        let request = Request { optimizer: named.name.into(), layers: vec![4], n: 40, ..usual() };
        let mut it = begin(request).unwrap_or_else(|refusal| panic!("{}: {}", named.name, refusal.message));
        let first = it.frame().train.loss.0;
        // RAdam takes no step before its sixth.
        for _ in 0..8 {
            it.step(true);
        }
        let last = it.frame().train.loss.0;
        assert!(last.is_finite() && last != first, "{}: {first} to {last}", named.name);
    }
}

#[test]
fn every_activation_and_loss_trains_and_is_checked() {
    let names = choices(Empty {}).unwrap();
    for (i, activation) in names.activations.iter().enumerate() {
        let loss = names.losses[i % names.losses.len()].name;
        let request = Request {
            activation: (*activation).into(),
            loss: loss.into(),
            layers: vec![5],
            n: 24,
            batch: 6,
            batch_norm: i % 2 == 0,
            ..usual()
        };
        let mut it = begin(request).unwrap_or_else(|refusal| panic!("{activation}: {}", refusal.message));
        for _ in 0..20 {
            it.step(true);
        }
        let frame = it.frame();
        assert_eq!(frame.layers[0].dead.is_some(), *activation != IDENTITY);
        let report = it.check().unwrap();
        assert!(report.contains("gradcheck passed"), "{activation}, {loss}: {report}");
    }
}

#[test]
fn dead_units_are_counted() {
    let mut it = begin(Request { layers: vec![6], ..usual() }).unwrap();
    // Biases far below 0 leave a relu without a slope.
    it.plan.model.visit_mut("", &mut |name, param| {
        if name == "0.bias" {
            let mut bias = vec![0.5f32; 6];
            bias[1] = -100.0;
            bias[4] = -100.0;
            *param.value_mut() = Tensor::from_vec(bias, [6]);
        }
    });
    it.step(true);
    let frame = it.frame();
    assert_eq!(frame.layers[0].dead, Some(2));
    for unit in [1, 4] {
        assert_eq!(frame.layers[0].reach[unit].0, 0.0);
        assert!(frame.layers[0].maps[unit].chars().all(|c| c == 'P'));
    }
}

#[test]
fn regions_and_maps_are_the_models() {
    let mut it = begin(Request { activation: "tanh".into(), layers: vec![3], ..usual() }).unwrap();
    it.step(true);
    let frame = it.frame();
    let plane = it.plan.source.plane;
    let side = frame.region.side;
    let at = |i: usize, side: usize| plane[0] + (plane[1] - plane[0]) * (i as f64 + 0.5) / side as f64;
    for (row, column) in [(0, 0), (5, 40), (30, 7), (47, 47)] {
        let x = Tensor::from([[at(column, side) as f32, at(side - 1 - row, side) as f32]]);
        let score = it.plan.model.predict(&x).item();
        let place = row * side + column;
        assert_eq!(frame.region.classes.as_bytes()[place] - b'0', u8::from(score > 0.0));
        let sure = f64::from(frame.region.sure.as_bytes()[place] - b'0') / 63.0;
        let share = 1.0 / (1.0 + (-score).exp());
        assert!(abs_diff_eq!(sure, (2.0 * share - 1.0).abs(), epsilon = 0.01), "{sure} for {share}");
    }
    let layer = &frame.layers[0];
    let hidden = it.plan.model.layers[0].predict(&picture::points(plane, layer.side)).tanh();
    for (unit, map) in layer.maps.iter().enumerate() {
        for (i, sign) in map.bytes().enumerate() {
            let exact = hidden.select(1, unit as isize).to_f64_vec()[i] / layer.reach[unit].0;
            assert_abs_diff_eq!((f64::from(sign) - 80.0) / 31.0, exact, epsilon = 0.02);
        }
    }
}

#[test]
fn a_function_of_ones_own() {
    let request = Request { data: "function".into(), f: "x*y + 0.25".into(), noise: 0.0, ..usual() };
    let it = begin(request.clone()).unwrap();
    for (x, y, class) in it.begin().train {
        assert_eq!(class, usize::from(x.0 * y.0 + 0.25 > 0.0));
    }
    let it = begin(Request { loss: "mse".into(), ..request }).unwrap();
    let (rows, values) = (it.plan.train.inputs.to_f64_vec(), it.plan.train.labels.to_f64_vec());
    for (row, value) in rows.chunks(2).zip(values) {
        assert_abs_diff_eq!(row[0] * row[1] + 0.25, value, epsilon = 1e-6);
    }
    assert!(!it.begin().classifies && it.plan.measure(&it.plan.train).right.is_none());
}

#[test]
fn several_classes_and_points_by_hand() {
    let points = vec![(0.0, 0.0, 0), (1.0, 0.5, 1), (-1.0, 0.5, 2), (0.0, 1.0, 2)];
    let request =
        Request { data: "points".into(), points, loss: "cross_entropy".into(), held_out: 0.0, ..usual() };
    let mut it = begin(request.clone()).unwrap();
    assert_eq!((it.begin().classes, it.begin().train.len(), it.begin().test.len()), (3, 4, 0));
    for _ in 0..300 {
        it.step(false);
    }
    assert_eq!(it.frame().train.right, Some(Number(1.0)));
    assert!(refused(Request { loss: "hinge".into(), ..request.clone() }).contains("take cross_entropy"));
    assert!(refused(Request { points: Vec::new(), ..request }).contains("put at least 2"));
    let spiral = Request { data: "spiral".into(), classes: 4, loss: "cross_entropy".into(), ..usual() };
    assert_eq!(begin(spiral).unwrap().begin().classes, 4);
}

#[test]
fn a_run_ends_at_its_last_step_and_where_it_diverges() {
    let mut it = begin(Request { steps: 3, ..usual() }).unwrap();
    for _ in 0..5 {
        it.step(true);
    }
    assert_eq!((it.frame().step, it.over()), (3, true));
    let request = Request { loss: "mse".into(), optimizer: "sgd:lr=1e9".into(), ..usual() };
    let mut it = begin(request).unwrap();
    for _ in 0..100 {
        it.step(false);
    }
    assert!(it.frame().over.is_some_and(|why| why.contains("the loss is")));
}

#[test]
fn what_is_out_of_bounds_is_told_by_its_name() {
    let with = |change: fn(&mut Request)| {
        let mut request = usual();
        change(&mut request);
        refused(request)
    };
    for (message, part) in [
        (with(|r| r.n = 100_000), "n: 100000"),
        (with(|r| r.noise = f64::NAN), "noise: NaN"),
        (with(|r| r.classes = 7), "classes: 7"),
        (with(|r| r.held_out = 1.0), "held_out: 1"),
        (with(|r| r.layers = vec![8; 7]), "layers: their number: 7"),
        (with(|r| r.layers = vec![65]), "layers: the units of one: 65"),
        (with(|r| r.layers = vec![64; 6]), "weights; at most 10000"),
        (with(|r| r.layers = vec![0]), "layers: the units of one: 0"),
        (with(|r| r.dropout = -0.1), "dropout: -0.1"),
        (with(|r| r.batch = 2000), "batch: 2000"),
        (with(|r| r.steps = 0), "steps: 0"),
        (with(|r| r.seed = u64::MAX), "seed: "),
        (with(|r| r.data = "mons".into()), "data: mons"),
        (with(|r| r.activation = "rulu".into()), "activation: rulu"),
        (with(|r| r.loss = "mae".into()), "loss: mae"),
        (with(|r| r.optimizer = "adm".into()), "optimizer: "),
        (with(|r| r.optimizer = "adam:bta1=0.5".into()), "are beta1"),
        (with(|r| r.schedule = "cosine(0.1, 10)".into()), "schedule: the optimizer has a rate"),
        (with(|r| (r.optimizer, r.schedule) = ("sgd".into(), "cosin(1, 2)".into())), "schedule: "),
        (with(|r| (r.optimizer, r.batch) = ("lbfgs".into(), 8)), "optimizer: lbfgs compares"),
        (with(|r| (r.optimizer, r.layers) = ("newton".into(), vec![32, 32])), "optimizer: newton computes"),
        (with(|r| (r.data, r.f) = ("function".into(), "x + z".into())), "f: z is not known"),
        (with(|r| (r.data, r.f) = ("function".into(), "ln(x)".into())), "f: it is"),
        (with(|r| (r.data, r.f) = ("function".into(), "[x, y]".into())), "f: a value of shape"),
        (with(|r| (r.data, r.points) = ("points".into(), vec![(99.0, 0.0, 0); 3])), "points: (99, 0)"),
        (with(|r| (r.data, r.points) = ("points".into(), vec![(0.0, 0.0, 9); 3])), "points: class 9"),
    ] {
        assert!(message.contains(part), "{message}: without {part}");
    }
}

mod written {
    include!("written.rs");

    pub(super) fn run() {
        main();
    }
}

/// The program of a training with every part is the one that is compiled and run here.
#[test]
fn the_program_is_rust() {
    let request = Request {
        n: 40,
        layers: vec![6, 5],
        activation: "leaky_relu".into(),
        dropout: 0.1,
        batch_norm: true,
        loss: "hinge".into(),
        optimizer: "adam:beta1=0.8".into(),
        schedule: "cosine(0.02, 50)".into(),
        batch: 8,
        steps: 5,
        ..usual()
    };
    let rust = program(request).unwrap().rust;
    if std::env::var_os("GRADUS_BLESS").is_some() {
        let place = concat!(env!("CARGO_MANIFEST_DIR"), "/src/views/network/written.rs");
        std::fs::write(place, &rust).unwrap();
    }
    assert_eq!(rust, include_str!("written.rs"));
    written::run();
    for (data, loss) in [("points", "cross_entropy"), ("function", "mse")] {
        let points = vec![(0.5, 1.0, 0), (-1.0, 0.25, 1)];
        let rust = program(Request { data: data.into(), loss: loss.into(), points, ..usual() }).unwrap().rust;
        assert!(rust.contains("let points: Vec<[f32; 2]> = vec![["), "{rust}");
    }
}

#[test]
fn tanh_units_saturate() {
    let mut it = begin(Request { activation: "tanh".into(), layers: vec![4], ..usual() }).unwrap();
    it.plan.model.visit_mut("", &mut |name, param| {
        if name == "0.bias" {
            *param.value_mut() = Tensor::from_vec(vec![0.0f32, 50.0, 0.0, -30.0], [4]);
        }
    });
    it.step(true);
    let layer = it.frame().layers.remove(0);
    assert_eq!((layer.dead, layer.saturated), (Some(0), Some(2)));
}
