//! Wrong use and lost ranks are answered on all ranks, and nobody waits for ever.

use gradus_autograd::{Param, Params};
use gradus_nn::{BatchNorm, Linear, Module, sequential};
use gradus_optim::{Lbfgs, Optimizer, Sam, Sgd};
use gradus_parallel::{Communicator, DataParallel, Error, ParallelOptions, Statistics, Values, run, start};
use gradus_tensor::{DType, Tensor, rng};
use gradus_train::RunOptions;

fn sgd() -> Optimizer {
    Optimizer::new(Sgd::default(), 0.1)
}

fn message<T: std::fmt::Debug>(results: Result<Vec<Result<T, Error>>, Error>) -> String {
    let all: Vec<String> =
        results.unwrap().into_iter().map(|result| result.unwrap_err().to_string()).collect();
    assert!(all.iter().all(|message| *message == all[0]), "{all:?}");
    all.into_iter().next().unwrap()
}

#[test]
fn other_models_are_refused_with_both_values() {
    let model = |width: usize| Linear::new(4, width, &mut rng(0));
    let of = |width: fn(usize) -> usize, options: fn(usize) -> ParallelOptions| {
        message(run(3, |comm| {
            let rank = comm.rank();
            DataParallel::with_options(comm, &mut model(width(rank)), options(rank)).map(drop)
        }))
    };
    let usual = |_| ParallelOptions::default();
    let found = of(|rank| 3 + rank / 2, usual);
    let expected = "ranks differ in parameter 0 of the model: `weight` f32[3, 4], trainable on rank 0, \
                    `weight` f32[4, 4], trainable on rank 2";
    assert_eq!(found, expected);
    let found = of(|_| 3, |rank| ParallelOptions { parts: 8 + rank, ..ParallelOptions::default() });
    assert!(
        found.contains("ranks differ in the options")
            && found.contains("parts: 8")
            && found.contains("parts: 9")
    );
    let more = message(run(2, |comm| {
        let n = 1 + comm.rank();
        DataParallel::new(comm, &mut vec![Param::new(1.0); n]).map(drop)
    }));
    let expected =
        "ranks differ in parameter 1 of the model: nothing on rank 0, `1` f64[], trainable on rank 1";
    assert_eq!(more, expected);
    let other = message(run(2, |comm| {
        let mut w = Param::new(1.0);
        if comm.rank() == 1 {
            w.convert(DType::F32);
        }
        DataParallel::new(comm, &mut w).map(drop)
    }));
    assert!(other.contains("on rank 0") && other.contains("on rank 1"), "{other}");
}

#[test]
fn parameters_are_those_of_rank_0() {
    let all = run(4, |comm| {
        let mut model = sequential![Linear::new(3, 2, &mut rng(comm.rank() as u64)), BatchNorm::new(2)];
        model.visit_mut("", &mut |name, param| {
            if name.ends_with("running_mean") {
                param.set(Tensor::full([2], comm.rank() as f64));
            }
        });
        DataParallel::new(comm, &mut model)?;
        Ok::<_, Error>(model.params().into_iter().map(|(_, param)| param.value().clone()).collect::<Vec<_>>())
    });
    let all: Vec<Vec<Tensor>> = all.unwrap().into_iter().map(Result::unwrap).collect();
    assert_eq!(all[0][0], *Linear::new(3, 2, &mut rng(0)).weight.value());
    assert!(all.iter().all(|values| *values == all[0]));
}

#[test]
fn other_batch_sizes_are_refused_before_anything_changes() {
    let left = std::sync::Mutex::new(Vec::new());
    let found = message(run(2, |comm| {
        let (mut w, mut optimizer, n) = (Param::new(1.0), sgd(), 8 + comm.rank());
        let mut parallel = DataParallel::new(comm, &mut w)?;
        let result = parallel.training_step(&mut optimizer, &mut w, n, |w, tape, _| tape.param(w).square());
        left.lock().unwrap().push((w.value().item(), optimizer.steps()));
        result
    }));
    assert_eq!(found, "ranks differ in the size of the batch: 8 examples on rank 0, 9 examples on rank 1");
    assert_eq!(left.into_inner().unwrap(), [(1.0, 0); 2]);
}

#[test]
fn ranks_without_data_are_answered() {
    let found = message(run(9, |comm| DataParallel::new(comm, &mut Param::new(1.0)).map(drop)));
    assert!(found.starts_with("9 ranks and batches of 8 parts: a rank would have no example"), "{found}");
    let empty = message(run(2, |comm| {
        let (mut w, mut optimizer) = (Param::new(1.0), sgd());
        let mut parallel = DataParallel::new(comm, &mut w)?;
        parallel.training_step(&mut optimizer, &mut w, 0, |w, tape, _| tape.param(w).square())
    }));
    assert_eq!(empty, "a batch of 0 examples; a step needs at least one");
    // One batch with fewer examples than ranks is a batch.
    for statistics in [Statistics::Own, Statistics::Synchronised] {
        let options = ParallelOptions { statistics, ..ParallelOptions::default() };
        let all = run(4, |comm| {
            let (mut w, mut optimizer) = (Param::new(1.0), sgd());
            let mut parallel = DataParallel::with_options(comm, &mut w, options)?;
            parallel.training_step(&mut optimizer, &mut w, 1, |w, tape, _| tape.param(w).square())?;
            Ok::<_, Error>(w.value().item())
        });
        assert_eq!(all, Ok(vec![Ok(0.8); 4]));
    }
}

/// Some ranks do not use a parameter in some parts.
#[test]
fn parameters_that_were_not_reached_are_named_and_not_waited_for() {
    let all = run(2, |comm| {
        let rank = comm.rank();
        let mut w = vec![Param::new(1.0), Param::new(2.0), Param::new(3.0)];
        let (mut optimizer, mut parallel) = (sgd(), DataParallel::new(comm, &mut w)?);
        for _ in 0..2 {
            parallel.training_step(&mut optimizer, &mut w, 8, |w, tape, _| {
                let loss = tape.param(&w[0]) * 1.0;
                if rank == 1 { loss + tape.param(&w[1]) } else { loss }
            })?;
        }
        let words: Vec<String> = parallel.unreached().iter().map(ToString::to_string).collect();
        Ok::<_, Error>((
            words,
            w.iter().map(|w| w.value().item()).collect::<Vec<_>>(),
            optimizer.updates("2"),
        ))
    });
    for (words, values, updates) in all.unwrap().into_iter().map(Result::unwrap) {
        assert_eq!(
            words,
            ["`1` was not reached on the ranks [0]", "`2` was not reached on the ranks [0, 1]"]
        );
        for (value, expected) in values.into_iter().zip([0.8, 1.9, 3.0]) {
            approx::assert_abs_diff_eq!(value, expected, epsilon = 1e-12);
        }
        assert_eq!(updates, 0);
    }
}

/// A rank that panics in its loss, in each kind of training: all end, with its message.
#[test]
fn a_panic_ends_all_ranks() {
    for statistics in [Statistics::Own, Statistics::Synchronised] {
        for at in 0..3 {
            let options =
                ParallelOptions { statistics, bucket: 64, first_bucket: 16, ..ParallelOptions::default() };
            let found = run(4, |comm| {
                let rank = comm.rank();
                let mut model = sequential![
                    Linear::new(3, 4, &mut rng(0)),
                    BatchNorm::new(4),
                    Linear::new(4, 1, &mut rng(1))
                ];
                let (x, mut optimizer) = (Tensor::randn([16, 3], &mut rng(2)), sgd());
                let mut parallel = DataParallel::with_options(comm, &mut model, options)?;
                for step in 0..3 {
                    parallel.training_step(&mut optimizer, &mut model, 16, |model, tape, part| {
                        assert!(rank != 2 || step != at, "rank 2 has had enough");
                        model.forward(tape.constant(x.narrow(0, part.start, part.len()))).square().mean()
                    })?;
                }
                Ok::<_, Error>(())
            });
            assert_eq!(found, Err(Error::Panicked { rank: 2, message: "rank 2 has had enough".to_string() }));
        }
    }
}

#[test]
fn a_rank_that_leaves_is_not_waited_for() {
    let results = run(3, |comm| {
        let (mut w, mut optimizer, steps) = (Param::new(1.0), sgd(), 3 - comm.rank() / 2);
        let mut parallel = DataParallel::new(comm, &mut w)?;
        for _ in 0..steps {
            parallel.training_step(&mut optimizer, &mut w, 8, |w, tape, _| tape.param(w).square())?;
        }
        Ok::<_, Error>(())
    });
    let results = results.unwrap();
    assert_eq!(results[2], Ok(()));
    for result in &results[..2] {
        let text = result.clone().unwrap_err().to_string();
        assert!(text.starts_with("rank 2 has ended, and others wait for it in all_gather"), "{text}");
    }
}

#[test]
fn ranks_that_ask_for_different_things_are_told() {
    let found = message(run(2, |comm| {
        if comm.rank() == 0 {
            comm.all_reduce_sum(Values::F32(&mut [1.0, 2.0]))
        } else {
            comm.broadcast(&mut Vec::new(), 0)
        }
    }));
    assert!(found.contains("all_reduce_sum of 8 bytes here, broadcast on rank 1"), "{found}");
    let found = run(2, |comm| {
        comm.exchange(1 - comm.rank(), &vec![0; 1 + comm.rank()], &mut vec![0; 1 + comm.rank()])
    });
    assert!(found.unwrap().iter().any(|result| matches!(result, Err(Error::OutOfStep { .. }))));
    let synchronised = ParallelOptions { statistics: Statistics::Synchronised, ..ParallelOptions::default() };
    let found = run(2, |comm| {
        let (rank, x) = (comm.rank(), Tensor::randn([16, 2], &mut rng(0)));
        let mut layer = BatchNorm::new(2);
        let (mut optimizer, mut parallel) =
            (sgd(), DataParallel::with_options(comm, &mut layer, synchronised)?);
        parallel.training_step(&mut optimizer, &mut layer, 16, |layer, tape, part| {
            let y = layer.forward(tape.constant(x.narrow(0, part.start, part.len())));
            if rank == 0 { y.square().mean() } else { layer.forward(y).square().mean() }
        })
    });
    for result in found.unwrap() {
        let text = result.unwrap_err().to_string();
        assert!(text.contains("out of step"), "{text}");
    }
}

#[test]
fn rules_that_need_more_than_gradients_are_refused_and_sam_is_not() {
    let found = run(1, |comm| {
        let mut w = Param::new(1.0);
        let mut parallel = DataParallel::new(comm, &mut w).unwrap();
        let mut optimizer = Optimizer::new(Lbfgs::default(), 1.0);
        parallel.training_step(&mut optimizer, &mut w, 8, |w, tape, _| tape.param(w).square())
    });
    assert!(
        matches!(found, Err(Error::Panicked { message, .. }) if message.contains("Lbfgs needs more of the loss"))
    );
    let all = run(2, |comm| {
        let mut w = Param::new([1.0, 2.0]);
        let (mut parallel, mut sam) =
            (DataParallel::new(comm, &mut w)?, Optimizer::new(Sam::new(Sgd::default()), 0.1));
        parallel.training_step(&mut sam, &mut w, 8, |w, tape, _| tape.param(w).square().sum())?;
        Ok::<_, Error>(w.value().clone())
    });
    let mut w = Param::new([1.0, 2.0]);
    Optimizer::new(Sam::new(Sgd::default()), 0.1)
        .training_step(&mut w, |w, tape| tape.param(w).square().sum());
    assert_eq!(all, Ok(vec![Ok(w.value().clone()); 2]));
}

#[test]
fn a_run_that_cannot_begin_is_told_on_all_ranks() {
    let file = std::env::temp_dir().join(format!("gradus-no-folder-{}", std::process::id()));
    std::fs::write(&file, "a file").unwrap();
    let options = RunOptions { folder: Some(file.clone()), progress: false, ..RunOptions::steps(3) };
    let found =
        message(run(3, |comm| start(&comm, options.clone(), &mut Param::new(1.0), &mut sgd()).map(drop)));
    std::fs::remove_file(&file).unwrap();
    assert!(found.starts_with("rank 0: ") && found.contains("gradus-no-folder"), "{found}");
}
