//! Interrupt and resume: whatever the optimizer and the schedule, a run that was saved and loaded after any
//! step is the same run, bit for bit.

use gradus_autograd::{Param, Params, Tape, Var, params};
use gradus_optim::schedule::{
    Cosine, CosineAnnealing, Curve, CycleScale, Cyclic, Exponential, InverseSqrt, InverseTime, Linear,
    MultiStep, Multiplicative, OneCycle, Polynomial, Schedule, StepDecay, SwaAnneal, WarmRestarts,
};
use gradus_optim::{Adam, Lookahead, Nesterov, Objective, Optimizer, Sam, Sgd, catalog};
use gradus_tensor::{DType, Tensor, rng};

struct Model {
    weight: Param,
    bias: Param,
    scale: Param,
}
params!(Model { weight, bias, scale });

fn model() -> Model {
    let mut rng = rng(11);
    let mut random = |shape: &[usize]| Param::new(Tensor::randn_of(shape, DType::F64, &mut rng));
    Model { weight: random(&[4, 3]), bias: random(&[3]), scale: Param::new(0.5f32) }
}

/// A loss with dropout, of other data at every step; the bias is no part of it at every fourth.
fn loss<'t>(model: &Model, tape: &'t Tape, step: u64) -> Var<'t> {
    let mut random = rng(100 + step);
    let mut data = |shape: [usize; 2]| tape.constant(Tensor::randn_of(shape, DType::F64, &mut random));
    let (x, y) = (data([6, 4]), data([6, 3]));
    let mut h = x.matmul(tape.param(&model.weight));
    if step % 4 != 1 {
        h += tape.param(&model.bias);
    }
    let mut draw = tape.rng().expect("a training tape");
    let kept = Tensor::bernoulli_of([6, 3], 0.75, DType::F64, &mut draw);
    (h.tanh() * &kept * tape.param(&model.scale).to(DType::F64) - y).square().mean()
}

fn train(optimizer: &mut Optimizer, model: &mut Model, steps: std::ops::Range<u64>) {
    for step in steps {
        optimizer.training_step(model, |model, tape| loss(model, tape, step));
    }
}

fn bits(model: &Model) -> Vec<u64> {
    model.params().iter().flat_map(|(_, p)| p.value().to_f64_vec()).map(f64::to_bits).collect()
}

/// Runs through, and with a pause after each step; the paused run goes on with new objects.
fn check(what: &str, make: &dyn Fn() -> Optimizer) {
    const STEPS: u64 = 14;
    let (mut whole, mut optimizer) = (model(), make());
    train(&mut optimizer, &mut whole, 0..STEPS);
    assert!(bits(&whole).iter().all(|x| f64::from_bits(*x).is_finite()), "{what}");
    for pause in 0..=STEPS {
        let (mut first, mut optimizer) = (model(), make());
        train(&mut optimizer, &mut first, 0..pause);
        optimizer.bind(&first).unwrap();
        let state = optimizer.state();
        let mut second = model();
        for ((_, to), (_, from)) in second.params_mut().into_iter().zip(first.params()) {
            to.set(from.value().copied());
        }
        let mut resumed = make();
        resumed.load_state(state, &second).unwrap_or_else(|e| panic!("{what} after step {pause}: {e}"));
        train(&mut resumed, &mut second, pause..STEPS);
        assert_eq!(bits(&second), bits(&whole), "{what}, resumed after step {pause}");
    }
}

#[test]
fn every_optimizer() {
    for named in catalog::all() {
        check(named.name, &|| Optimizer::new((named.make)(), named.lr).seed(3));
    }
    check("sam", &|| Optimizer::new(Sam::new(Nesterov::default()), 0.1));
}

#[test]
fn every_schedule() {
    let cyclic = Cyclic { base: 0.01, peak: 0.1, up: 3, down: 4, scale: CycleScale::Halving };
    type Make = Box<dyn Fn() -> Box<dyn Schedule>>;
    let schedules: Vec<(&str, Make)> = vec![
        ("step", Box::new(|| Box::new(StepDecay { initial: 0.1, factor: 0.5, every: 3 }))),
        (
            "multi step",
            Box::new(|| Box::new(MultiStep { initial: 0.1, factor: 0.5, milestones: vec![2, 5] })),
        ),
        ("linear", Box::new(|| Box::new(Linear { start: 0.1, end: 0.01, steps: 9 }))),
        ("polynomial", Box::new(|| Box::new(Polynomial { initial: 0.1, end: 0.0, steps: 20, power: 2.0 }))),
        ("exponential", Box::new(|| Box::new(Exponential { initial: 0.1, factor: 0.9 }))),
        ("inverse time", Box::new(|| Box::new(InverseTime { initial: 0.1, rate: 0.5, power: 1.0 }))),
        ("cosine", Box::new(|| Box::new(Cosine { peak: 0.1, end: 0.0, steps: 10 }.warmup(3)))),
        ("annealing", Box::new(|| Box::new(CosineAnnealing { peak: 0.1, end: 0.0, half_period: 5 }))),
        ("restarts", Box::new(|| Box::new(WarmRestarts { peak: 0.1, end: 0.0, first: 2, growth: 2 }))),
        ("cyclic", Box::new(move || Box::new(cyclic.clone()))),
        ("one cycle", Box::new(|| Box::new(OneCycle::new(0.1, 14)))),
        ("inverse square root", Box::new(|| Box::new(InverseSqrt { peak: 0.1, warmup: 3 }))),
        ("swa", Box::new(|| Box::new(SwaAnneal { initial: 0.1, swa: 0.05, steps: 5, curve: Curve::Cosine }))),
        ("product", Box::new(|| Box::new(Multiplicative::new(0.1, |t| 1.0 - 0.05 * t as f64)))),
        ("then", Box::new(|| Box::new(0.1.then(6, Linear { start: 0.1, end: 0.0, steps: 5 })))),
    ];
    for (name, make) in schedules {
        let sgd = || Sgd { momentum: 0.9, ..Sgd::default() };
        check(name, &|| Optimizer::new(sgd(), make()));
    }
}

#[test]
fn everything_the_driver_does() {
    let momentum = |rule: &mut Sgd, step: u64| rule.momentum = 0.9 - 0.01 * step as f64;
    check("driver", &|| {
        Optimizer::new(Sgd { momentum: 0.9, ..Sgd::default() }, 0.1)
            .vary(momentum)
            .group_named("bias", Lookahead::new(Sgd::default()))
            .group_with_lr("scale", catalog::named("prodigy").map(|rule| (rule.make)()).unwrap(), 1.0)
            .accumulate(3)
            .centralize()
            .clip_value(2.0)
            .clip_adaptive(0.1, 1e-3)
            .clip_norm(0.5)
    });
}

/// Rosenbrock's function.
struct Valley;

impl Objective for Valley {
    fn value_and_grad(&mut self, x: &[f64]) -> (f64, Vec<f64>) {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        (a * a + 100.0 * b * b, vec![-2.0 * a - 400.0 * x[0] * b, 200.0 * b])
    }
}

#[test]
fn every_method() {
    for method in catalog::METHODS {
        let make = || Optimizer::new((method.make)(), method.lr);
        let start = || Param::new([-1.2, 1.0]);
        let run = |optimizer: &mut Optimizer, x: &mut Param, steps: u32| {
            (0..steps).for_each(|_| _ = optimizer.advance(x, &mut Valley));
        };
        let (mut whole, mut optimizer) = (start(), make());
        run(&mut optimizer, &mut whole, 6);
        for pause in 0..6 {
            let (mut x, mut first, mut second) = (start(), make(), make());
            run(&mut first, &mut x, pause);
            first.bind(&x).unwrap();
            second.load_state(first.state(), &x).unwrap();
            run(&mut second, &mut x, 6 - pause);
            assert!(x.value().equal(whole.value()), "{}, resumed after step {pause}", method.name);
        }
    }
}

#[test]
fn a_resumed_run_draws_the_same_dropout_and_every_micro_batch_its_own() {
    let draws = |pause: Option<usize>| {
        let make = || Optimizer::new(Sgd::default(), 0.1).accumulate(3).seed(5);
        let (mut optimizer, mut w) = (make(), Param::new(1.0));
        let mut drawn = Vec::new();
        for call in 0..7 {
            if Some(call) == pause {
                let state = optimizer.state();
                optimizer = make();
                optimizer.load_state(state, &w).unwrap();
            }
            optimizer.training_step(&mut w, |w, tape| {
                let mut draw = tape.rng().expect("a training tape");
                drawn.push(Tensor::randn(1, &mut draw).item());
                tape.param(w).square()
            });
        }
        drawn
    };
    let whole = draws(None);
    assert_eq!(whole.len(), 7);
    assert!((0..7).all(|i| (0..i).all(|j| whole[i] != whole[j])), "{whole:?}");
    for pause in 1..7 {
        assert_eq!(draws(Some(pause)), whole, "resumed before call {pause}");
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let make = || Optimizer::new(catalog::named("adam").map(|rule| (rule.make)()).unwrap(), 0.1);
    let (mut model, mut optimizer) = (model(), make());
    train(&mut optimizer, &mut model, 0..3);
    let state = optimizer.state();
    let error = |state| make().load_state(state, &model).unwrap_err().to_string();
    let without = state.iter().filter(|(name, _)| name != "weight/v").cloned().collect();
    assert!(error(without).starts_with("the saved state has no entry weight/v; the nearest of "));
    let mut more = state.clone();
    more.push(("head/m".into(), Tensor::zeros(2)));
    assert!(
        error(more).starts_with("the saved state has an entry head/m that belongs to no parameter and slot")
    );
    let mut other = state.clone();
    other.iter_mut().filter(|(name, _)| name == "bias/m").for_each(|(_, value)| *value = Tensor::zeros(5));
    assert_eq!(error(other), "entry bias/m of the saved state is f32[5], but f64[3] is needed");
    assert!(
        catalog::named("adamm")
            .unwrap_err()
            .to_string()
            .starts_with("no optimizer is named adamm; the nearest of ")
    );
}

#[cfg(feature = "safetensors")]
#[test]
fn through_a_file() {
    let make = || Optimizer::new(catalog::named("nadam").map(|rule| (rule.make)()).unwrap(), 0.1);
    let path = std::env::temp_dir().join(format!("gradus-optim-{}.safetensors", std::process::id()));
    let (mut model, mut optimizer) = (model(), make());
    train(&mut optimizer, &mut model, 0..5);
    optimizer.save(&path).unwrap();
    let mut resumed = make();
    resumed.load(&path, &model).unwrap();
    assert_eq!(resumed.steps(), 5);
    let bits = |o: &Optimizer| o.slot("weight", "v").unwrap().to_vec::<f64>();
    assert_eq!(bits(&resumed), bits(&optimizer));
    std::fs::write(&path, b"GIF89a").unwrap();
    assert!(resumed.load(&path, &model).is_err());
    std::fs::remove_file(&path).unwrap();
}

/// As the documentation of [`Optimizer`] says: a second model of the same names and shapes is taken for a clone of the first.
#[test]
fn a_second_model_goes_on_with_the_momentum_of_the_first() {
    let rule = || Sgd { momentum: 0.5, ..Sgd::default() };
    let (mut first, mut second) = (Param::new(1.0), Param::new(1.0));
    let mut optimizer = Optimizer::new(rule(), 0.1);
    let mut step = |w: &mut Param| optimizer.training_step(w, |w, tape| tape.param(w) * 1.0);
    step(&mut first);
    step(&mut second);
    // v = 1, then 0.5 + 1.
    assert_eq!((first.value().item(), second.value().item()), (0.9, 1.0 - 0.1 * 1.5));
    assert_eq!(optimizer.updates(""), 2);
    let mut other = Param::new([1.0, 1.0]);
    let step =
        std::panic::AssertUnwindSafe(|| optimizer.training_step(&mut other, |w, tape| tape.param(w).sum()));
    assert!(std::panic::catch_unwind(step).is_err(), "one of another shape is refused");
}

#[test]
fn a_state_of_another_rule_says_which_wrote_it() {
    use gradus_autograd::Param;
    use gradus_optim::{Adam, AdamW, Optimizer, Sgd};
    let mut w = Param::new([3.0, -2.0]);
    let mut adam = Optimizer::new(Adam::default(), 0.1);
    adam.training_step(&mut w, |w, tape| tape.param(w).square().sum());
    let error = Optimizer::new(Sgd::default(), 0.1).load_state(adam.state(), &w).unwrap_err().to_string();
    assert!(error.starts_with("the state was saved by Adam and is read by Sgd; "), "{error}");
    // One of the same slots takes over; a state without the note of its rules says what does not fit.
    Optimizer::new(AdamW::default(), 0.1).load_state(adam.state(), &w).expect("the same slots");
    let older = adam.state().into_iter().filter(|(name, _)| !name.contains("/rule/")).collect();
    let error = Optimizer::new(Sgd::default(), 0.1).load_state(older, &w).unwrap_err().to_string();
    assert!(error.contains("belongs to no parameter"), "{error}");
}

/// Saved before the first step, when an optimizer knows no parameter yet.
#[test]
fn a_state_from_before_the_first_step() {
    for make in [|| Optimizer::new(Nesterov::default(), 0.1), || Optimizer::new(Adam::default(), 0.1)] {
        let (mut want, mut other) = (model(), make());
        let (mut found, mut back) = (model(), make());
        // What it did before is forgotten.
        train(&mut back, &mut found, 0..3);
        found = model();
        back.load_state(other.state(), &found).unwrap();
        train(&mut back, &mut found, 0..3);
        train(&mut other, &mut want, 0..3);
        assert_eq!(bits(&found), bits(&want));
        // Of a later state an entry that is missing is told all the same.
        let state = other.state().into_iter().filter(|(name, _)| !name.ends_with("/t")).collect();
        assert!(make().load_state(state, &found).is_err());
    }
}
