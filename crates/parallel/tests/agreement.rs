//! Ranks that would make different steps are refused before anything changes, on all ranks, with both values.

use gradus_autograd::{Param, Params, Tape, Var};
use gradus_optim::schedule::{Lambda, StepDecay};
use gradus_optim::{Adam, Optimizer, Rule, Sgd, Step};
use gradus_parallel::{Communicator, DataParallel, Error, ParallelOptions, Statistics, run};
use gradus_tensor::Tensor;

type Model = Vec<Param>;

fn model() -> Model {
    vec![Param::new([1.0, -2.0]), Param::new(3.0)]
}

fn sgd() -> Optimizer {
    Optimizer::new(Sgd { momentum: 0.9, ..Sgd::default() }, 0.1)
}

fn loss<'t>(model: &Model, tape: &'t Tape) -> Var<'t> {
    tape.param(&model[0]).square().sum() + tape.param(&model[1]).square()
}

/// What two ranks that train with these optimizers are told, alike, and the steps that both have made before.
fn refusal(optimizer: impl Fn(usize) -> Optimizer + Sync) -> (String, u64) {
    disturbed(optimizer, |_, _, _, _| ())
}

/// As [`refusal`], with something done before each step: `f(rank, step, optimizer, model)`.
fn disturbed(
    optimizer: impl Fn(usize) -> Optimizer + Sync,
    f: impl Fn(usize, u64, &mut Optimizer, &mut Model) + Sync,
) -> (String, u64) {
    let results = run(2, |comm| {
        let rank = comm.rank();
        let (mut model, mut optimizer) = (model(), optimizer(rank));
        let mut parallel = DataParallel::new(comm, &mut model).unwrap();
        for step in 0..20 {
            f(rank, step, &mut optimizer, &mut model);
            let before: Vec<_> = model.iter().map(|param| param.value().clone()).collect();
            let made = optimizer.steps();
            let result =
                parallel.training_step(&mut optimizer, &mut model, 8, |model, tape, _| loss(model, tape));
            if let Err(error) = result {
                assert!(model.iter().zip(&before).all(|(param, before)| param.value() == before));
                assert_eq!(optimizer.steps(), made);
                return (error.to_string(), step);
            }
        }
        ("trained".to_string(), 20)
    });
    let results = results.unwrap();
    assert_eq!(results[0], results[1]);
    results.into_iter().next().unwrap()
}

fn contains(found: &(String, u64), steps: u64, words: &[&str]) {
    assert!(
        found.1 == steps && words.iter().all(|word| found.0.contains(word)),
        "{found:?} is not {words:?}"
    );
}

#[test]
fn other_rates_and_rules_are_refused_with_both() {
    let found = refusal(|rank| Optimizer::new(Adam::default(), 0.01 * (1 + rank) as f64));
    let words = ["in the optimizer: Adam {", "rate of 0.01 on rank 0", "Adam {", "rate of 0.02 on rank 1"];
    contains(&found, 0, &words);
    let found = refusal(|rank| match rank {
        0 => Optimizer::new(Adam::default(), 0.01),
        _ => Optimizer::new(Sgd::default(), 0.1),
    });
    contains(&found, 0, &["Adam { beta1", "rate of 0.01 on rank 0", "Sgd { ", "rate of 0.1 on rank 1"]);
    let found =
        refusal(|rank| Optimizer::new(Adam { beta1: 0.9 - 0.1 * rank as f64, ..Adam::default() }, 0.01));
    contains(&found, 0, &["beta1: 0.9,", "beta1: 0.8,"]);
    assert_eq!(refusal(|_| sgd()), ("trained".to_string(), 20));
}

/// Each setting of the driver.
#[test]
fn other_settings_are_refused_by_name() {
    type Setting = (&'static str, fn(Optimizer) -> Optimizer, &'static str);
    let settings: [Setting; 10] = [
        ("accumulate", |o| o.accumulate(2), "1 on rank 0, 2 on rank 1"),
        ("maximize", Optimizer::maximize, "false on rank 0, true on rank 1"),
        ("skip_nonfinite", Optimizer::skip_nonfinite, "false on rank 0, true on rank 1"),
        ("centralize", Optimizer::centralize, "false on rank 0, true on rank 1"),
        ("clip_value", |o| o.clip_value(0.5), "none on rank 0, 0.5 on rank 1"),
        ("clip_adaptive", |o| o.clip_adaptive(0.5, 1e-3), "none on rank 0, 0.5 with eps 0.001 on rank 1"),
        ("clip_norm", |o| o.clip_norm(1.0), "none on rank 0, 1 on rank 1"),
        ("missing_as_zero", Optimizer::missing_as_zero, "false on rank 0, true on rank 1"),
        ("seed", |o| o.seed(7), "0 on rank 0, 7 on rank 1"),
        ("group 1", |o| o.freeze("1"), "nothing on rank 0, frozen on rank 1"),
    ];
    for (name, change, values) in settings {
        let found = refusal(|rank| if rank == 0 { sgd() } else { change(sgd()) });
        if name == "group 1" {
            // The first difference is where the other rank's list has no group.
            contains(&found, 0, &["ranks differ in ", "frozen on rank 1"]);
        } else {
            contains(&found, 0, &[&format!("ranks differ in the optimizer's {name}: {values}")]);
        }
    }
    // Conditions cannot be compared; what they choose is.
    let found = refusal(|rank| sgd().group(move |name, _| name == rank.to_string(), Sgd::default()));
    contains(&found, 0, &["the group of `0`: 1 on rank 0, none on rank 1"]);
    let found = refusal(|rank| sgd().group_with_lr("1", Sgd::default(), 0.1 * (1 + rank) as f64));
    contains(&found, 0, &["group 1 of the optimizer", "rate of 0.1 on rank 0", "rate of 0.2 on rank 1"]);
}

/// What changes during a training is refused at the step at which it would count.
#[test]
fn what_changes_later_is_refused_then() {
    let decay = |every| Optimizer::new(Sgd::default(), StepDecay { initial: 0.1, factor: 0.5, every });
    contains(
        &refusal(|rank| decay(3 + rank as u64)),
        3,
        &["rate of 0.05 on rank 0", "rate of 0.1 on rank 1"],
    );
    let rate = |rank: usize| {
        Optimizer::new(Sgd::default(), Lambda(move |step| if step < 5 { 0.1 } else { 0.1 + rank as f64 }))
    };
    contains(&refusal(rate), 5, &["rate of 0.1 on rank 0", "rate of 1.1 on rank 1"]);
    let at = |rank, step| rank == 1 && step == 4;
    let found = disturbed(
        |_| sgd(),
        |rank, step, optimizer, _| {
            if at(rank, step) {
                optimizer.set_lr(0.3);
            }
        },
    );
    contains(&found, 4, &["rate of 0.1 on rank 0", "rate of 0.3 on rank 1"]);
    let found = disturbed(
        |_| sgd(),
        |rank, step, optimizer, _| {
            if at(rank, step) {
                optimizer.rule_mut::<Sgd>().unwrap().weight_decay = 0.5;
            }
        },
    );
    contains(&found, 4, &["weight_decay: 0.0", "weight_decay: 0.5"]);
}

/// As above, for what is not of the optimizer's settings.
#[test]
fn other_steps_and_parameters_later_are_refused_then() {
    let at = |rank, step| rank == 1 && step == 4;
    // A step of its own.
    let found = disturbed(
        |_| sgd(),
        |rank, step, optimizer, model| {
            if at(rank, step) {
                let mut copy = model.clone();
                optimizer.training_step(&mut copy, loss);
            }
        },
    );
    contains(&found, 4, &["the optimizer's steps: 4 on rank 0, 5 on rank 1"]);
    let found = disturbed(
        |_| sgd(),
        |rank, step, _, model| {
            if at(rank, step) {
                model[1].freeze();
            }
        },
    );
    contains(
        &found,
        4,
        &["changes of the model's parameters", "none on rank 0", "frozen or thawed on rank 1"],
    );
    // What `vary` sets counts in its step and is seen at the next one.
    let vary = |rank: usize| {
        sgd().vary(move |rule: &mut Sgd, step| {
            rule.momentum = if step < 4 { 0.9 } else { 0.5 + 0.1 * rank as f64 }
        })
    };
    contains(&refusal(vary), 5, &["momentum: 0.5", "momentum: 0.6"]);
}

/// What ranks begin with: parameters that were changed after rank 0's were shared, and other memory of the same steps.
#[test]
fn other_beginnings_are_refused() {
    let found = disturbed(
        |_| sgd(),
        |rank, step, _, model| {
            if (rank, step) == (1, 0) {
                model[1].set(4.0.into());
            }
        },
    );
    contains(&found, 0, &["ranks differ in the values of `1`", "on rank 0", "on rank 1"]);
    let trained = |rank: usize| {
        let (mut own, mut optimizer) = (model(), sgd());
        own[0].set(Tensor::from([1.0, rank as f64]));
        optimizer.training_step(&mut own, loss);
        optimizer
    };
    contains(&refusal(trained), 0, &["the optimizer's memory `0/"]);
    contains(&refusal(|_| trained(1)), 20, &["trained"]);
    contains(
        &refusal(|rank| if rank == 0 { trained(0) } else { sgd() }),
        0,
        &["the optimizer's steps: 1 on rank 0, 0"],
    );
}

#[test]
fn other_batches_that_wait_are_refused() {
    let of = |sizes: fn(usize) -> Vec<usize>| {
        let results = run(2, |comm| {
            let rank = comm.rank();
            let (mut model, mut optimizer) = (model(), sgd());
            let mut parallel = DataParallel::new(comm, &mut model)?;
            for n in sizes(rank) {
                parallel.no_sync(&optimizer, &model, n, |model, tape, _| loss(model, tape))?;
            }
            parallel.training_step(&mut optimizer, &mut model, 8, |model, tape, _| loss(model, tape))
        });
        let results: Vec<_> = results.unwrap().into_iter().map(Result::unwrap_err).collect();
        assert_eq!(results[0], results[1]);
        results[0].to_string()
    };
    let expected = "ranks differ in the batches that wait: [8] examples on rank 0, [8, 8] examples on rank 1";
    assert_eq!(of(|rank| vec![8; 1 + rank]), expected);
    let expected = "ranks differ in the batches that wait: [8] examples on rank 0, [9] examples on rank 1";
    assert_eq!(of(|rank| vec![8 + rank]), expected);
}

/// A rule with a function in it: its address is another one in each process, which `Debug` shows.
struct Own(usize);

impl std::fmt::Debug for Own {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Own {{\n f: {:#x} }}", 0x1000 + self.0)
    }
}

impl Rule for Own {
    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, _: &mut [Tensor]) {
        *theta = &*theta - g * step.lr;
    }
}

#[test]
fn addresses_and_lines_in_a_rule_are_no_difference() {
    assert_eq!(refusal(|rank| Optimizer::new(Own(rank), 0.1)).1, 20);
}

#[test]
fn a_comparison_on_demand_finds_a_changed_parameter() {
    let results = run(3, |comm| {
        let rank = comm.rank();
        let (mut model, mut optimizer) = (model(), sgd());
        let mut parallel = DataParallel::new(comm, &mut model)?;
        for _ in 0..3 {
            parallel.training_step(&mut optimizer, &mut model, 8, |model, tape, _| loss(model, tape))?;
            parallel.compare(&mut optimizer, &model)?;
        }
        if rank == 2 {
            model.visit_mut("", &mut |_, param| param.set(param.value() * (1.0 + f64::EPSILON)));
        }
        Ok(parallel.compare(&mut optimizer, &model).unwrap_err())
    });
    for found in results.unwrap() {
        let found: Result<Error, Error> = found;
        assert!(
            matches!(found, Ok(Error::Differs { rank: 2, ref what, .. }) if what == "the values of `0`"),
            "{found:?}"
        );
    }
}

#[test]
fn more_threads_than_a_process_should_have_are_refused() {
    for size in [1025, 100_000, usize::MAX] {
        let text = run(size, |_| ()).unwrap_err().to_string();
        let expected = format!(
            "{size} ranks cannot be threads of one process: 1024 is the most; take fewer, or more processes by MPI"
        );
        assert_eq!(text, expected);
    }
    let options = ParallelOptions {
        parts: 100_000,
        statistics: Statistics::Synchronised,
        ..ParallelOptions::default()
    };
    let result = run(1, |comm| {
        let (mut model, mut optimizer) = (model(), sgd());
        let mut parallel = DataParallel::with_options(comm, &mut model, options)?;
        parallel.training_step(&mut optimizer, &mut model, 100_000, |model, tape, _| loss(model, tape))
    });
    let text = result.unwrap().pop().unwrap().unwrap_err().to_string();
    assert!(text.starts_with("100000 parts of a rank in step cannot be threads of one process"), "{text}");
}
