//! A training that is killed at a random moment goes on as if nothing had been: its newest checkpoint is whole, and parameters,
//! losses and log are those of one that was never interrupted, bit for bit.
//!
//! This program runs itself as the victim, which asks before each step. It is allowed some steps, and killed at a drawn moment while it
//! makes the last three of them, or waits for more: so nearly all kills fall into a training, on a busy machine, too.
//! `GRADUS_KILLS` is the number of kills; `tests/long` asks for 1,000.

use std::fs;
use std::io::{Read, Write};
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

/// Trains in a folder from where it stands there, and gives the bits of the model. It asks before each step.
fn train(folder: &Path, which: usize, ask: &mut dyn FnMut()) -> Result<Vec<u64>, Error> {
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
        ask();
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
    let bits = train(folder, which, &mut || ()).unwrap_or_else(|error| panic!("optimizer {which}: {error}"));
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
    let mut ask = || std::io::stdin().read_exact(&mut [0]).unwrap();
    train(Path::new(folder), which.parse().unwrap(), &mut ask).unwrap();
}

fn start(folder: &Path, which: usize) -> std::process::Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["victim", "--exact", "--test-threads=1"])
        .env(VICTIM, format!("{which} {}", folder.display()));
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// The step of the newest checkpoint in a folder, 0 before the first; None before the training begins.
fn progress(folder: &Path) -> Option<u64> {
    let names = fs::read_dir(folder).ok()?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let steps = names.filter_map(|name| name.strip_prefix("step-")?.split('.').next()?.parse().ok());
    Some(steps.max().unwrap_or(0))
}

/// Starts a victim and kills it at this share of its training.
fn kill_at(share: f64, step: Duration, folder: &Path, which: usize) {
    let mut victim = start(folder, which);
    let place = share * STEPS as f64;
    let allowed = (place as u64 + EVERY).min(STEPS) as usize;
    victim.stdin.as_mut().unwrap().write_all(&vec![1; allowed]).unwrap();
    // Until its newest checkpoint is the last one in front of the place.
    while progress(folder).is_none_or(|step| step < place as u64 / EVERY * EVERY) {
        let ended = victim.try_wait().unwrap();
        assert!(ended.is_none_or(|status| status.success()), "{which}: the victim ends by itself: {ended:?}");
        std::thread::sleep(Duration::from_micros(50));
    }
    std::thread::sleep(step.mul_f64(2.0 * EVERY as f64 * place.fract()));
    victim.kill().unwrap();
    victim.wait().unwrap();
}

#[test]
fn a_killed_training_goes_on_to_the_same_bits() {
    let kills: usize = std::env::var("GRADUS_KILLS").map_or(100, |kills| kills.parse().unwrap());
    let mut moments = rng(kills as u64);
    let shares = Tensor::uniform(kills, 0.0, 1.0, &mut moments).to_f64_vec();
    let (mut from, mut quickest) = ([0; STEPS as usize + 1], Duration::MAX);
    for (kill, share) in shares.into_iter().enumerate() {
        let (whole, broken) = (fresh("whole"), fresh("broken"));
        let begun = Instant::now();
        let want = outcome(&whole, kill);
        quickest = quickest.min(begun.elapsed());
        kill_at(share, quickest / STEPS as u32, &broken, kill);
        let newest = Checkpoint::newest(&broken).unwrap_or_else(|error| panic!("kill {kill}: {error}"));
        assert!(newest.as_ref().is_none_or(|newest| newest.damaged.is_empty()), "kill {kill}: {newest:?}");
        from[newest.map_or(0, |newest| newest.checkpoint.step() as usize)] += 1;
        let found = outcome(&broken, kill);
        assert!(found.0 == want.0, "kill {kill}: other parameters");
        assert!(found.1[0] == want.1[0] && found.1[1] == want.1[1], "kill {kill}: another log");
        assert!(found.1[2] == want.1[2], "kill {kill}: another checkpoint");
    }
    // No kill fell before the beginning; where there is the last checkpoint, it fell behind the end.
    let inside = kills - from[STEPS as usize];
    let between: usize = from[1..STEPS as usize].iter().sum();
    println!("{inside} of {kills} kills fell into a training, {between} behind its first checkpoint");
    println!("goes on from step (index): {from:?}");
    assert!(10 * inside >= 9 * kills, "few kills fell into a training: {from:?}");
    assert!(2 * between > kills, "few kills fell between the first and the last checkpoint: {from:?}");
    for name in ["whole", "broken"] {
        fs::remove_dir_all(fresh(name)).ok();
    }
}
