//! A training that is killed at a random moment goes on as if nothing had been: its newest checkpoint is whole, and parameters,
//! losses and log are those of one that was never interrupted, bit for bit.
//!
//! This program runs itself as the victim. `GRADUS_KILLS` is the number of kills; `tests/long` asks for 1,000.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gradus_autograd::Params;
use gradus_data::{Loader, Standardizer, iris};
use gradus_nn::{BatchNorm, Dropout, Linear, Module, Sequential, Tanh, sequential};
use gradus_optim::schedule::{Cosine, Schedule};
use gradus_optim::{Optimizer, Rule, catalog};
use gradus_tensor::{Tensor, rng};
use gradus_train::{Checkpoint, EVENTS, EarlyStopping, Error, JSONL, Run, RunOptions};

const STEPS: u64 = 48;
const EVERY: u64 = 3;
/// The folder and the optimizer of a victim.
const VICTIM: &str = "GRADUS_TRAIN_VICTIM";

/// Every rule and every method of the catalogue.
fn optimizer(which: usize) -> Optimizer {
    let rules = catalog::all().map(|named| ((named.make)(), named.lr));
    let methods = catalog::METHODS.iter().map(|named| ((named.make)(), named.lr));
    let mut all: Vec<(Box<dyn Rule>, f64)> = rules.chain(methods).collect();
    let (rule, lr) = all.swap_remove(which % all.len());
    Optimizer::new(rule, Cosine { peak: 0.1 * lr, end: 0.0, steps: STEPS }.warmup(5)).seed(which as u64)
}

fn model() -> Sequential {
    let mut rng = rng(1);
    sequential![
        Linear::new(4, 8, &mut rng),
        BatchNorm::new(8),
        Tanh,
        Dropout { p: 0.3 },
        Linear::new(8, 3, &mut rng)
    ]
}

/// Trains in a folder from where it stands there, and gives the bits of the model.
fn train(folder: &Path, which: usize) -> Result<Vec<u64>, Error> {
    let data = iris().map_inputs(|x| Standardizer::per_column(x).apply(x));
    let loader = Loader { batch: 40, shuffle: Some(3), drop_last: false };
    let (mut model, mut optimizer) = (model(), optimizer(which));
    let stopping = EarlyStopping { patience: STEPS, ..EarlyStopping::default() };
    let options = RunOptions {
        folder: Some(folder.to_path_buf()),
        every: EVERY,
        time: false,
        progress: false,
        early_stopping: Some(stopping),
        ..RunOptions::steps(STEPS)
    };
    let run = Run::start(options, &mut model, &mut optimizer)?;
    for batch in run.batches(&loader, &data) {
        let noise = Tensor::randn(*batch.inputs.shape(), &mut *run.rng("noise", 5));
        let x = batch.inputs + noise * 0.1;
        let loss = optimizer.training_step(&mut model, |model, tape| {
            model.forward(tape.constant(&x)).cross_entropy(&batch.labels)
        });
        run.observe(loss, &model);
        let mean = run.mean("loss", loss, batch.labels.elements() as f64);
        run.log(&[("loss", loss), ("mean", mean), ("lr", optimizer.lr())])?;
        if run.step() % 5 == 4 {
            run.take_mean("loss");
            run.log_with(|log, step| log.histogram(step, "weight", model.params()[0].1.value()))?;
        }
        run.checkpoint(&model, &optimizer)?;
    }
    run.finish(&model, &optimizer)?;
    let values = model.params().into_iter().flat_map(|(_, param)| param.value().to_f64_vec());
    Ok(values.map(f64::to_bits).collect())
}

/// What a training has left: the model's bits, its log, its newest checkpoint.
fn outcome(folder: &Path, which: usize) -> (Vec<u64>, [Vec<u8>; 3]) {
    let bits = train(folder, which).unwrap_or_else(|error| panic!("optimizer {which}: {error}"));
    let newest = Checkpoint::newest(folder).unwrap().expect("it ends with one");
    assert!(newest.damaged.is_empty() && newest.checkpoint.step() == STEPS);
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    (bits, [read(JSONL), read(EVENTS), fs::read(newest.path).unwrap()])
}

fn fresh(name: &str) -> PathBuf {
    // In memory where there is such a folder: a killed process needs no disk, and syncing one takes most of the time.
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
    let folder = base.join(format!("gradus-killed-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

/// The victim: nothing unless it is asked for.
#[test]
fn victim() {
    let Ok(victim) = std::env::var(VICTIM) else { return };
    let (which, folder) = victim.split_once(' ').unwrap();
    train(Path::new(folder), which.parse().unwrap()).unwrap();
}

fn start(folder: &Path, which: usize) -> std::process::Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["victim", "--exact", "--test-threads=1"])
        .env(VICTIM, format!("{which} {}", folder.display()));
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_killed_training_goes_on_to_the_same_bits() {
    let kills: usize = std::env::var("GRADUS_KILLS").map_or(100, |kills| kills.parse().unwrap());
    let folder = fresh("whole");
    let begun = Instant::now();
    assert!(start(&folder, 0).wait().unwrap().success());
    let usual = begun.elapsed();
    let mut moments = rng(kills as u64);
    let shares = Tensor::uniform(kills, 0.0, 1.0, &mut moments).to_f64_vec();
    let mut from = [0; STEPS as usize + 1];
    for (kill, share) in shares.into_iter().enumerate() {
        let (whole, broken) = (fresh("whole"), fresh("broken"));
        let want = outcome(&whole, kill);
        let mut child = start(&broken, kill);
        std::thread::sleep(Duration::from_secs_f64(usual.as_secs_f64() * share));
        child.kill().unwrap();
        child.wait().unwrap();
        let newest = Checkpoint::newest(&broken).unwrap_or_else(|error| panic!("kill {kill}: {error}"));
        assert!(newest.as_ref().is_none_or(|newest| newest.damaged.is_empty()), "kill {kill}: {newest:?}");
        from[newest.map_or(0, |newest| newest.checkpoint.step() as usize)] += 1;
        let found = outcome(&broken, kill);
        assert!(found.0 == want.0, "kill {kill}: other parameters");
        assert!(found.1[0] == want.1[0] && found.1[1] == want.1[1], "kill {kill}: another log");
        assert!(found.1[2] == want.1[2], "kill {kill}: another checkpoint");
    }
    println!("goes on from step (index): {from:?}, a training takes {usual:?}");
    let between: usize = from[1..STEPS as usize].iter().sum();
    assert!(between > kills / 20, "few kills fell between the first and the last checkpoint: {from:?}");
    for name in ["whole", "broken"] {
        fs::remove_dir_all(fresh(name)).ok();
    }
}
