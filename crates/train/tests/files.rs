//! Checkpoints that are damaged, foreign or of another training are told apart, and nothing is half loaded.

use std::fs;
use std::path::PathBuf;

use gradus_autograd::{Param, Params};
use gradus_nn::state_dict::state_dict;
use gradus_nn::{Linear, Module};
use gradus_optim::schedule::{Cosine, Schedule};
use gradus_optim::{Adam, Optimizer, Sgd};
use gradus_tensor::{DType, Tensor, rng};
use gradus_train::{Checkpoint, EarlyStopping, Error, Run, RunLog, RunOptions};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gradus-train-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn options(&self, steps: u64, every: u64) -> RunOptions {
        RunOptions {
            folder: Some(self.0.clone()),
            every,
            progress: false,
            time: false,
            ..RunOptions::steps(steps)
        }
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn layer() -> Linear {
    Linear::new(3, 2, &mut rng(0))
}

fn adam() -> Optimizer {
    Optimizer::new(Adam::default(), Cosine { peak: 0.1, end: 0.0, steps: 50 }.warmup(3))
}

fn step(model: &mut Linear, optimizer: &mut Optimizer) -> f64 {
    let x = Tensor::ones([4, 3]);
    optimizer.training_step(model, |model, tape| model.forward(tape.constant(&x)).square().mean())
}

fn trained(steps: usize) -> (Linear, Optimizer) {
    let (mut model, mut optimizer) = (layer(), adam());
    (0..steps).for_each(|_| _ = step(&mut model, &mut optimizer));
    (model, optimizer)
}

fn bits(model: &impl Params) -> Vec<u64> {
    state_dict(model).iter().flat_map(|(_, value)| value.to_f64_vec()).map(f64::to_bits).collect()
}

#[test]
fn there_and_back() {
    let folder = Folder::new("back");
    let (model, optimizer) = trained(5);
    let mut stream = rng(9);
    let _ = Tensor::randn(3, &mut stream);
    let all = Checkpoint::of(&model, &optimizer)
        .with_rng("sampler", &stream)
        .with_value("mask", Tensor::from([true, false]))
        .with_value("scalar", 0.1)
        .with_value("none", Tensor::zeros([0, 3]))
        .with_text("note", "größer\n")
        .with_cursor(gradus_data::Cursor { epoch: 3, batch: 2 });
    all.save(folder.0.join("x")).unwrap();
    let back = Checkpoint::load(folder.0.join("x")).unwrap();
    assert_eq!(back.to_bytes(), all.to_bytes());
    assert_eq!((back.step(), back.cursor(), back.lr()), (5, all.cursor(), optimizer.lr()));
    assert_eq!((back.text("note"), back.text("other")), (Some("größer\n"), None));
    assert!(back.value("mask").unwrap().equal(&Tensor::from([true, false])));
    assert_eq!(Tensor::randn(4, &mut back.rng("sampler").unwrap()), Tensor::randn(4, &mut stream));
    let (mut model, mut optimizer) = (layer(), adam());
    back.restore(&mut model, &mut optimizer).unwrap();
    let (mut want, mut other) = trained(5);
    assert_eq!(step(&mut model, &mut optimizer).to_bits(), step(&mut want, &mut other).to_bits());
    assert_eq!(bits(&model), bits(&want));
}

#[test]
fn every_damage_is_an_error_that_names_its_kind() {
    let folder = Folder::new("damage");
    let path = folder.0.join("x");
    let (model, optimizer) = trained(2);
    let bytes = Checkpoint::of(&model, &optimizer).to_bytes();
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        Checkpoint::load(&path).unwrap_err()
    };
    for length in (0..bytes.len()).step_by(7) {
        let error = refused(&bytes[..length]);
        assert!(
            matches!(error, Error::Truncated { found, .. } if found == length as u64),
            "{length}: {error}"
        );
    }
    for at in (0..bytes.len()).step_by(5) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        match (at, refused(&damaged)) {
            (0..8, Error::Foreign { .. }) | (8..12, Error::Version { .. }) => {}
            (12..20, Error::Truncated { .. } | Error::Checksum { .. }) | (20.., Error::Checksum { .. }) => {}
            (_, error) => panic!("byte {at}: {error}"),
        }
    }
    let text = |error: Error| error.to_string();
    assert!(text(refused(&[&bytes[..], b"x"].concat())).contains("its checksum is wrong"));
    assert!(text(refused(b"PK\x03\x04 and so on")).ends_with("is no checkpoint of gradus"));
    let mut later = bytes.clone();
    later[8] = 9;
    assert!(text(refused(&later)).contains("is of format version 9, and 1 is the newest known here"));
    assert!(matches!(Checkpoint::load(folder.0.join("none")), Err(Error::Io { .. })));
}

#[test]
fn another_training_is_refused_and_nothing_changed() {
    let (model, optimizer) = trained(4);
    let saved = Checkpoint::of(&model, &optimizer);
    let tried = |model: &mut Linear, optimizer: &mut Optimizer| {
        let before = (bits(model), optimizer.steps());
        let error = saved.restore(model, optimizer).unwrap_err();
        assert_eq!((bits(model), optimizer.steps()), before, "{error}");
        error
    };
    let wide = tried(&mut Linear::new(5, 2, &mut rng(0)), &mut adam());
    assert!(
        matches!(wide, Error::Model(_)) && wide.to_string().contains("weight is [2, 3] instead of [2, 5]")
    );
    let double = tried(&mut layer().to(DType::F64), &mut adam());
    assert!(double.to_string().contains("weight is f32 there and f64 here"), "{double}");
    let sgd = tried(&mut layer(), &mut Optimizer::new(Sgd::default(), 0.1));
    assert!(matches!(sgd, Error::Optimizer(_)), "{sgd}");
    let constant = || Optimizer::new(Adam::default(), 0.5);
    let rate = tried(&mut layer(), &mut constant());
    assert!(matches!(rate, Error::Schedule { step: 4, found: 0.5, .. }), "{rate}");
    let (mut model, mut optimizer) = (layer(), constant());
    saved.restore_with_new_rate(&mut model, &mut optimizer).unwrap();
    assert_eq!((optimizer.steps(), optimizer.lr()), (4, 0.5));
}

#[test]
fn before_the_first_step_too() {
    let saved = Checkpoint::of(&layer(), &adam());
    let (mut model, mut optimizer) = trained(3);
    saved.restore(&mut model, &mut optimizer).unwrap();
    assert_eq!((bits(&model), optimizer.steps()), (bits(&layer()), 0));
    let (mut want, mut other) = trained(0);
    assert_eq!(step(&mut model, &mut optimizer).to_bits(), step(&mut want, &mut other).to_bits());
    assert_eq!(bits(&model), bits(&want));
    // Nor do steps count that were not the optimizer's.
    let waiting = Checkpoint::of(&layer(), &adam()).with_step(3);
    waiting.restore(&mut model, &mut optimizer).unwrap();
    assert_eq!((bits(&model), optimizer.steps()), (bits(&layer()), 0));
}

#[test]
fn the_newest_whole_one_is_found_and_the_last_are_kept() {
    let folder = Folder::new("newest");
    assert!(Checkpoint::newest(folder.0.join("none")).unwrap().is_none());
    for steps in [1, 2, 3, 4, 1000] {
        let (model, optimizer) = trained(2);
        Checkpoint::of(&model, &optimizer).with_step(steps).save_in(&folder.0, 3).unwrap();
    }
    let name = |step: u64| format!("step-{step:09}.checkpoint");
    assert_eq!(folder.names(), [name(3), name(4), name(1000)]);
    fs::write(folder.0.join(name(1000)), b"GRADUSCK").unwrap();
    let newest = Checkpoint::newest(&folder.0).unwrap().unwrap();
    assert_eq!((newest.checkpoint.step(), newest.damaged.len()), (4, 1));
    assert!(matches!(newest.damaged[0], Error::Truncated { .. }));
    // Going on from there removes what was beyond.
    newest.checkpoint.with_step(5).save_in(&folder.0, 3).unwrap();
    assert_eq!(folder.names(), [name(3), name(4), name(5)]);
    for name in folder.names() {
        fs::write(folder.0.join(name), b"GRADUSCK").unwrap();
    }
    let error = Checkpoint::newest(&folder.0).unwrap_err();
    assert!(error.to_string().contains("none of its 3 checkpoints is whole"), "{error}");
}

#[test]
fn a_run_tells_of_damaged_checkpoints_and_keeps_them() {
    let folder = Folder::new("warnings");
    let options =
        || RunOptions { folder: Some(folder.0.clone()), every: 2, progress: false, ..RunOptions::steps(6) };
    let want = run(options(), None);
    let name = |step: u64| format!("step-{step:09}.checkpoint");
    let (whole, newest) = (fs::read(folder.0.join(name(6))).unwrap(), folder.0.join(name(6)));
    fs::write(&newest, &whole[..50]).unwrap();
    fs::create_dir(folder.0.join(name(9))).unwrap();
    // An optimizer that is refused changes nothing.
    let mut other = Optimizer::new(gradus_optim::Sgd::default(), 0.1);
    assert!(Run::start(options(), &mut layer(), &mut other).is_err() && newest.exists());
    let (mut model, mut optimizer) = (layer(), adam());
    let resumed = Run::start(options(), &mut model, &mut optimizer).unwrap();
    let end = format!("the run goes on after step 4, with {}", folder.0.join(name(4)).display());
    let aside = |step: u64| folder.0.join(format!("{}.damaged", name(step)));
    let said = [
        format!("is a folder, not a file; it is kept as {}; {end}", aside(9).display()),
        format!("it is truncated: 50 of {} bytes; it is kept as {}; {end}", whole.len(), aside(6).display()),
    ];
    assert_eq!(resumed.warnings().len(), 2);
    for (warning, said) in resumed.warnings().iter().zip(said) {
        assert!(warning.ends_with(&said), "{warning:?} does not end with {said:?}");
    }
    drop(resumed);
    assert_eq!(run(options(), None), want);
    assert!(fs::read(&newest).unwrap() == whole && fs::read(aside(6)).unwrap() == whole[..50]);
    let run = Run::start(options(), &mut model, &mut optimizer).unwrap();
    assert!(run.warnings().is_empty());
}

/// Trains to the end of a run, or until `stop`.
fn run(options: RunOptions, stop: Option<u64>) -> (Vec<u64>, u64) {
    let (mut model, mut optimizer) = (layer(), adam());
    let run = Run::start(options, &mut model, &mut optimizer).unwrap();
    for number in run.steps() {
        let loss = step(&mut model, &mut optimizer);
        run.log(&[("loss", loss)]).unwrap();
        if Some(number) == stop {
            run.stop();
        }
        run.checkpoint(&model, &optimizer).unwrap();
    }
    run.finish(&model, &optimizer).unwrap();
    (bits(&model), run.step())
}

#[test]
fn a_stopped_run_is_saved_at_once_and_goes_on() {
    let (whole, parts) = (Folder::new("whole"), Folder::new("parts"));
    let want = run(whole.options(20, 6), None);
    assert_eq!(want.1, 20);
    for stop in [0, 4, 11, 18] {
        assert_eq!(run(parts.options(20, 6), Some(stop)).1, stop + 1);
    }
    assert_eq!(run(parts.options(20, 6), None), want);
    let log = |folder: &Folder| fs::read(folder.0.join("log.jsonl")).unwrap();
    assert!(log(&whole) == log(&parts));
    assert_eq!(run(parts.options(20, 6), None), want, "a run that is over stays so");
    let refused = Run::start(RunOptions { resume: false, ..parts.options(20, 6) }, &mut layer(), &mut adam());
    assert!(matches!(refused, Err(Error::Occupied { .. })));
}

#[test]
fn early_stopping_ends_a_run_and_a_resumed_one() {
    let folder = Folder::new("early");
    let options = || RunOptions {
        early_stopping: Some(EarlyStopping { patience: 3, ..EarlyStopping::default() }),
        ..folder.options(50, 2)
    };
    for _ in 0..2 {
        let (mut w, mut optimizer) = (Param::new(0.0), Optimizer::new(Sgd::default(), 0.5));
        let run = Run::start(options(), &mut w, &mut optimizer).unwrap();
        for number in run.steps() {
            optimizer.training_step(&mut w, |w, tape| tape.param(w) * -1.0);
            run.observe(if number <= 4 { -(number as f64) } else { number as f64 }, &w);
            run.checkpoint(&w, &optimizer).unwrap();
        }
        run.finish(&w, &optimizer).unwrap();
        assert_eq!((run.step(), run.is_stopped(), w.value().item()), (8, true, 4.0));
        run.restore_best(&mut w).unwrap();
        assert_eq!(w.value().item(), 2.5);
    }
}

#[test]
fn a_place_that_cannot_be_written_is_told_before_the_first_step() {
    let folder = Folder::new("place");
    fs::write(folder.0.join("file"), b"x").unwrap();
    let options = RunOptions { folder: Some(folder.0.join("file")), ..RunOptions::steps(3) };
    let error = Run::start(options, &mut layer(), &mut adam()).unwrap_err();
    assert!(matches!(error, Error::Io { .. }) && error.to_string().contains("file"), "{error}");
    fs::write(folder.0.join("log.jsonl"), b"my notes\n").unwrap();
    let error = RunLog::resume(&folder.0, 3).unwrap_err();
    assert!(error.to_string().contains("log.jsonl: line 1: it has no step; move the file away"), "{error}");
}

#[test]
fn a_folder_that_vanishes_costs_no_training() {
    let folder = Folder::new("vanishes");
    let (mut model, mut optimizer) = (layer(), adam());
    let run = Run::start(folder.options(4, 100), &mut model, &mut optimizer).unwrap();
    run.steps().for_each(|_| _ = step(&mut model, &mut optimizer));
    fs::remove_dir_all(&folder.0).unwrap();
    fs::write(&folder.0, b"a file").unwrap();
    let error = run.finish(&model, &optimizer).unwrap_err();
    let Error::Rescued { place, target, .. } = &error else { panic!("{error}") };
    assert_eq!(Checkpoint::load(place).unwrap().step(), 4);
    assert!(error.to_string().ends_with(&format!("move it to {} and resume", target.display())), "{error}");
    fs::remove_file(&folder.0).unwrap();
    // As it is told, it goes on from there.
    fs::create_dir(&folder.0).unwrap();
    fs::copy(place, target).unwrap();
    fs::remove_file(place).unwrap();
    drop(run);
    let run = Run::start(folder.options(4, 100), &mut model, &mut optimizer).unwrap();
    assert_eq!((run.step(), run.resumed()), (4, Some(target)));
}

#[test]
#[should_panic(expected = "log: this step has its checkpoint already")]
fn a_line_behind_the_checkpoint() {
    let (mut model, mut optimizer) = (layer(), adam());
    let options = RunOptions { progress: false, ..RunOptions::steps(3) };
    let run = Run::start(options, &mut model, &mut optimizer).unwrap();
    for _ in run.steps() {
        run.checkpoint(&model, &optimizer).unwrap();
        run.log(&[("loss", 1.0)]).unwrap();
    }
}

/// A file whose checksum is right and whose steps are no whole numbers, as nobody but a stranger writes it.
#[test]
fn places_of_another_type_are_refused() {
    let mut bytes = Checkpoint::of(&layer(), &adam()).to_bytes();
    assert!(Checkpoint::from_bytes(&bytes).is_ok());
    let kind = bytes.windows(3).position(|bytes| bytes == b"<i8").expect("the step comes first");
    bytes[kind + 1] = b'f';
    let body = bytes.len() - 8;
    let sum = crc::Crc::<u64>::new(&crc::CRC_64_XZ).checksum(&bytes[..body]);
    bytes[body..].copy_from_slice(&sum.to_le_bytes());
    let error = Checkpoint::from_bytes(&bytes).unwrap_err();
    assert!(matches!(error, Error::Content { .. }), "{error}");
    assert!(error.to_string().ends_with("it has no entry step in i64"), "{error}");
}
