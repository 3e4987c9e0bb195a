//! A run whose loss or parameters become NaN or infinite ends with an error, and its good checkpoints stay.

use std::fs;
use std::path::{Path, PathBuf};

use gradus_autograd::Param;
use gradus_optim::{Optimizer, Sgd};
use gradus_train::{Checkpoint, Error, JSONL, Run, RunOptions};

fn fresh(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("gradus-train-divergence-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    path
}

fn options(folder: Option<&Path>, every: u64) -> RunOptions {
    let folder = folder.map(Path::to_path_buf);
    RunOptions { folder, every, progress: false, time: false, ..RunOptions::steps(40) }
}

fn sgd() -> Optimizer {
    Optimizer::new(Sgd::default(), 1.0)
}

/// A step down a line of slope 1; the loss is what is asked for.
fn step(w: &mut Param, optimizer: &mut Optimizer, loss: f64) -> f64 {
    optimizer.training_step(w, |w, tape| tape.param(w) * if loss.is_finite() { 1.0 } else { loss })
}

/// The error of a run whose loss is `bad` at step 7.
fn run(folder: Option<&Path>, bad: f64, report: impl Fn(&Run, f64)) -> Error {
    let (mut w, mut optimizer) = (Param::new(1.0), sgd());
    let run = Run::start(options(folder, 3), &mut w, &mut optimizer).unwrap();
    for number in run.steps() {
        assert!(number <= 7, "it goes on");
        step(&mut w, &mut optimizer, if number == 7 { bad } else { 0.5 });
        report(&run, if number == 7 { bad } else { 0.5 });
        let result = run.checkpoint(&w, &optimizer);
        assert_eq!(result.is_err(), number == 7);
    }
    assert_eq!(run.step(), 8);
    run.finish(&w, &optimizer).unwrap_err()
}

#[test]
fn a_loss_that_is_not_finite_ends_the_run() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let folder = fresh("loss");
        let error = run(Some(&folder), bad, |run, loss| run.log(&[("loss", loss)]).unwrap());
        let Error::Diverged { step: 7, name, value, checkpoint: Some(path) } = &error else {
            panic!("{error}")
        };
        assert_eq!((&name[..], value.to_bits()), ("the loss", bad.to_bits()));
        assert_eq!(Checkpoint::load(path).unwrap().step(), 6);
        let text = error.to_string();
        for part in ["at step 7", "smaller learning rate", "clip_norm", "step-000000006.checkpoint"] {
            assert!(text.contains(part), "{text}");
        }
        // The log says so, and the run can go on from the good checkpoint.
        assert_eq!(fs::read_to_string(folder.join(JSONL)).unwrap().lines().count(), 8);
        let (mut w, mut optimizer) = (Param::new(1.0), sgd());
        let again = Run::start(options(Some(&folder), 3), &mut w, &mut optimizer).unwrap();
        assert_eq!((again.step(), w.value().item()), (6, -5.0));
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn the_mean_of_losses_tells_it_too_and_other_numbers_do_not() {
    let error = run(None, f64::NAN, |run, loss| _ = run.mean("loss", loss, 1.0));
    assert!(error.to_string().ends_with("there is no checkpoint before it"), "{error}");
    let (mut w, mut optimizer) = (Param::new(1.0), sgd());
    let run = Run::start(options(None, 3), &mut w, &mut optimizer).unwrap();
    for _ in run.steps() {
        run.log(&[("ratio", f64::NAN)]).unwrap();
        run.mean("perplexity", f64::INFINITY, 1.0);
        run.checkpoint(&w, &optimizer).unwrap();
    }
    run.finish(&w, &optimizer).unwrap();
    assert_eq!(run.step(), 40);
}

/// Without a line for the checkpoint the loop ends all the same.
#[test]
fn a_loop_without_checkpoints_ends() {
    let (mut w, mut optimizer) = (Param::new(1.0), sgd());
    let run = Run::start(options(None, 3), &mut w, &mut optimizer).unwrap();
    for number in run.steps() {
        run.log(&[("loss", if number < 5 { 1.0 } else { f64::NAN })]).unwrap();
    }
    assert_eq!(run.step(), 6);
    let error = run.finish(&w, &optimizer).unwrap_err();
    assert!(matches!(error, Error::Diverged { step: 5, .. }), "{error}");
}

/// A loss that nobody reports: the parameters are looked at before they are saved.
#[test]
fn parameters_that_are_not_finite_are_not_saved() {
    let folder = fresh("parameters");
    let (mut w, mut optimizer) = (Param::new(1.0), sgd());
    let run = Run::start(options(Some(&folder), 3), &mut w, &mut optimizer).unwrap();
    let mut errors = 0;
    for number in run.steps() {
        step(&mut w, &mut optimizer, if number == 4 { f64::NAN } else { 0.5 });
        errors += usize::from(run.checkpoint(&w, &optimizer).is_err());
    }
    assert_eq!((run.step(), errors), (6, 1));
    let error = run.finish(&w, &optimizer).unwrap_err();
    let Error::Diverged { step: 5, name, .. } = &error else { panic!("{error}") };
    assert_eq!(name, "parameter ");
    let newest = Checkpoint::newest(&folder).unwrap().unwrap();
    assert_eq!(newest.checkpoint.step(), 3);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_step_that_the_optimizer_skipped_ends_nothing() {
    let (mut w, mut optimizer) = (Param::new(1.0), sgd().skip_nonfinite());
    let run = Run::start(options(None, 3), &mut w, &mut optimizer).unwrap();
    for number in run.steps() {
        let loss = step(&mut w, &mut optimizer, if number % 10 == 7 { f64::NAN } else { 0.5 });
        run.log(&[("loss", loss)]).unwrap();
        run.checkpoint(&w, &optimizer).unwrap();
    }
    run.finish(&w, &optimizer).unwrap();
    assert_eq!((run.step(), optimizer.skipped(), w.value().item()), (40, 4, -35.0));
}

#[test]
fn a_file_of_the_user_with_the_name_of_the_log_stays() {
    let folder = fresh("notes");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(JSONL), "my notes\n").unwrap();
    let error = Run::start(options(Some(&folder), 3), &mut Param::new(1.0), &mut sgd()).unwrap_err();
    assert!(matches!(error, Error::Log { line: 1, .. }), "{error}");
    assert_eq!(fs::read_to_string(folder.join(JSONL)).unwrap(), "my notes\n");
    fs::remove_dir_all(&folder).unwrap();
}
