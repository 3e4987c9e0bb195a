//! The same bits for any number of ranks.

mod trainings;

use gradus_autograd::{Param, Params};
use gradus_nn::{BatchNorm, Linear, Module, sequential};
use gradus_optim::Adam;
use gradus_optim::Optimizer;
use gradus_parallel::{Alone, DataParallel, Error, ParallelOptions, Statistics, Summation, run};
use gradus_tensor::{Tensor, rng};
use trainings::{CASES, Far, STEPS, train};

/// What all ranks give, which is one and the same.
fn on(ranks: usize, case: trainings::Case, steps: usize) -> Vec<u64> {
    let all: Vec<Vec<u64>> = run(ranks, |comm| train(comm, case, steps))
        .unwrap()
        .into_iter()
        .collect::<Result<_, _>>()
        .unwrap_or_else(|error| panic!("{case:?} on {ranks} ranks: {error}"));
    assert!(all.iter().all(|bits| *bits == all[0]), "{case:?}: the ranks differ");
    all.into_iter().next().unwrap()
}

#[test]
fn after_fifty_steps() {
    for case in CASES {
        let alone = on(1, case, STEPS);
        for ranks in [2, 4, 8] {
            assert!(on(ranks, case, STEPS) == alone, "{case:?} on {ranks} ranks");
        }
    }
}

/// In one machine's memory gradients are summed where they lie, between machines in buckets that leave early.
#[test]
fn on_many_machines_as_on_one() {
    for case in CASES {
        let alone = on(1, case, 8);
        for ranks in [2, 4] {
            let far = run(ranks, |comm| train(Far(comm), case, 8)).unwrap();
            assert!(far.iter().all(|bits| bits.as_ref() == Ok(&alone)), "{case:?} on {ranks} machines");
        }
    }
}

#[test]
fn on_numbers_of_ranks_that_are_no_powers_of_two() {
    for case in CASES {
        let alone = on(1, case, 8);
        for ranks in [3, 5, 7] {
            assert!(on(ranks, case, 8) == alone, "{case:?} on {ranks} ranks");
        }
    }
}

/// One part on one rank is the training step of one process, to the last bit.
#[test]
fn one_part_alone_is_the_usual_step() {
    let x = Tensor::randn([12, 4], &mut rng(1));
    let model =
        || sequential![Linear::new(4, 3, &mut rng(0)), BatchNorm::new(3), gradus_nn::Dropout { p: 0.3 }];
    let optimizer = || Optimizer::new(Adam::default(), 0.01).seed(3);
    let (mut a, mut b, mut own, mut other) = (model(), model(), optimizer(), optimizer());
    let options = ParallelOptions { parts: 1, ..ParallelOptions::default() };
    let mut parallel = DataParallel::with_options(Alone, &mut b, options).unwrap();
    for _ in 0..5 {
        let left = own.training_step(&mut a, |model, tape| model.forward(tape.constant(&x)).square().mean());
        let right = parallel.training_step(&mut other, &mut b, 12, |model, tape, part| {
            model.forward(tape.constant(x.narrow(0, part.start, part.len()))).square().mean()
        });
        assert_eq!(right, Ok(left));
        for ((name, a), (_, b)) in a.params().into_iter().zip(b.params()) {
            assert_eq!(a.value(), b.value(), "{name}");
        }
    }
}

/// Synchronised statistics are those of the whole batch, so the step is that of one process up to rounding.
#[test]
fn synchronised_statistics_are_those_of_the_whole_batch() {
    let x = Tensor::randn([13, 4], &mut rng(1));
    let model = || sequential![Linear::new(4, 3, &mut rng(0)), BatchNorm::new(3), gradus_nn::Tanh];
    let optimizer = || Optimizer::new(gradus_optim::Sgd::default(), 0.1);
    let (mut whole, mut alone) = (model(), optimizer());
    let mut losses = Vec::new();
    for _ in 0..4 {
        losses.push(
            alone.training_step(&mut whole, |model, tape| model.forward(tape.constant(&x)).square().mean()),
        );
    }
    for sums in [Summation::Exact, Summation::Fast] {
        let options =
            ParallelOptions { statistics: Statistics::Synchronised, sums, ..ParallelOptions::default() };
        let all = run(3, |comm| {
            let (mut model, mut optimizer) = (model(), optimizer());
            let mut parallel = DataParallel::with_options(comm, &mut model, options)?;
            for loss in &losses {
                let found = parallel.training_step(&mut optimizer, &mut model, 13, |model, tape, part| {
                    model.forward(tape.constant(x.narrow(0, part.start, part.len()))).square().mean()
                })?;
                approx::assert_relative_eq!(found, *loss, max_relative = 1e-5);
            }
            Ok::<_, Error>(model)
        });
        for model in all.unwrap() {
            for ((name, a), (_, b)) in model.unwrap().params().into_iter().zip(whole.params()) {
                assert!(a.value().allclose(b.value(), 1e-5, 1e-4), "{name}: {} {}", a.value(), b.value());
            }
        }
    }
}

/// The mean over two batches, one of which waited, is the mean over both.
#[test]
fn batches_that_wait_count_as_much_as_the_last() {
    let all = run(2, |comm| {
        let (mut w, mut optimizer) = (Param::new(1.0), Optimizer::new(gradus_optim::Sgd::default(), 1.0));
        let mut parallel = DataParallel::new(comm, &mut w)?;
        parallel.no_sync(&optimizer, &w, 8, |w, tape, _| tape.param(w) * 3.0)?;
        parallel.training_step(&mut optimizer, &mut w, 8, |w, tape, _| tape.param(w) * 5.0)?;
        let first = w.value().item();
        parallel.training_step(&mut optimizer, &mut w, 8, |w, tape, _| tape.param(w) * 5.0)?;
        Ok::<_, Error>([first, w.value().item()])
    });
    assert_eq!(all, Ok(vec![Ok([-3.0, -8.0]); 2]));
}
