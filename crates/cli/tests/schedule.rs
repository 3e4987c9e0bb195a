//! `gradus schedule` and `gradus find-lr` from outside: the tables, the pictures, and what they refuse.

mod snapshot;

use snapshot::{gradus, mistakes, snapshot, text};

#[test]
fn rates_and_warnings() {
    let four = ["cosine(0.3, 20).warmup(5)", "step(0.3, 10, 0.5)", "0.3.warmup(50)", "sqrt(0.3)"];
    let output = gradus(&[&["schedule", "--steps", "30"], &four[..]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    let row = |step: &str| -> Vec<String> {
        let line = table.lines().find(|line| line.split_whitespace().next() == Some(step));
        line.expect("it has a row").split_whitespace().skip(1).map(str::to_string).collect()
    };
    assert_eq!(row("0"), ["0.0600", "0.3000", "0.0060", "0.3000"]);
    assert_eq!(row("5")[..3], ["0.3000", "0.3000", "0.0360"]);
    assert_eq!(row("11")[1..], ["0.1500", "0.0720", "0.0866"]);
    assert_eq!(row("29")[..2], ["0", "0.0750"]);
    for warning in [
        "warning: cosine(0.3, 20).warmup(5): the rate is 0 from step 25 on; 5 of 30 steps move nothing",
        "warning: 0.3.warmup(50): the rate still rises at the last of 30 steps",
    ] {
        assert!(table.contains(warning), "{table}");
    }
    assert_eq!(table.matches("warning").count(), 2, "{table}");
}

/// The loss and the accuracy under each schedule.
#[test]
fn the_same_training_under_each() {
    let ends = |schedules: &[&str]| -> Vec<(f64, f64)> {
        let output = gradus(&[&["schedule", "--steps", "60"], schedules].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        let table = text(&output.stdout);
        let rows =
            table.lines().skip_while(|line| !line.contains("highest rate")).skip(1).take(schedules.len());
        let number = |word: &str| word.parse().expect("a number");
        rows.map(|row| {
            let words: Vec<&str> = row.split_whitespace().rev().collect();
            (number(words[1]), number(words[0]))
        })
        .collect()
    };
    let both = ends(&["0.001", "cosine(0.3,60)"]);
    assert!(both[1].0 < 0.5 * both[0].0 && both[1].1 > 0.9, "{both:?}");
    // Each for itself, and a plateau that never reduces is a constant.
    assert_eq!(ends(&["cosine(0.3,60)"])[0], both[1]);
    assert_eq!(ends(&["plateau(0.001,0.5,1000)"])[0], both[0]);
}

#[test]
fn pictures() {
    let draw = |arguments: &[&str]| {
        let name = format!("gradus-{}-{}.svg", arguments[0], std::process::id());
        let path = std::env::temp_dir().join(name);
        let output = gradus(&[arguments, &["--svg", &path.to_string_lossy()]].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(text(&output.stdout).contains("picture saved to"));
        let svg = std::fs::read_to_string(&path).expect("the picture is there").replace('\n', "");
        std::fs::remove_file(&path).unwrap();
        svg
    };
    let svg = draw(&["schedule", "cosine(0.3,20)", "noam(1,512,40)", "--optimizer", "adam", "--steps", "40"]);
    for word in ["cosine(0.3,20)", "noam(1,512,40)", "learning rate", "step", "the same training under each"]
    {
        assert!(svg.contains(&format!(">{word}<")), "{word}");
    }
    let svg = draw(&["find-lr", "--steps", "40"]);
    for word in ["loss", "loss while the rate grows", "learning rate, logarithmic"] {
        assert!(svg.contains(&format!(">{word}<")), "{word}");
    }
    assert!(svg.contains(">falls fastest: 0.0"));
}

/// What is suggested can be trained with, and is not on the brink.
#[test]
fn a_rate_is_suggested() {
    for (optimizer, low, high) in [("adamw", 1e-3, 0.05), ("sgd", 0.05, 3.0)] {
        let output = gradus(&["find-lr", "--optimizer", optimizer]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let said = text(&output.stdout);
        let last = |start: &str| -> f64 {
            let line = said.lines().find(|line| line.starts_with(start)).expect("it is said");
            line.rsplit(' ').next().and_then(|word| word.parse().ok()).expect("a number")
        };
        let (suggested, lowest) = (last("suggested learning rate"), last("lowest loss"));
        assert!((low..high).contains(&suggested) && suggested < lowest, "{said}");
    }
    let table = std::env::temp_dir().join(format!("gradus-find-lr-{}.csv", std::process::id()));
    let rows: Vec<String> = (0..200).map(|i| format!("{},{}", f64::from(i) / 10.0, 3 * i + 1)).collect();
    std::fs::write(&table, format!("x,y\n{}\n", rows.join("\n"))).unwrap();
    let output = gradus(&["find-lr", "csv", &table.to_string_lossy(), "--target", "y"]);
    std::fs::remove_file(&table).unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    // At rates that move nothing there is none to suggest.
    let idle =
        gradus(&["find-lr", "--optimizer", "sgd", "--from", "1e-300", "--to", "1e-299", "--steps", "10"]);
    let message = text(&idle.stderr);
    assert!(idle.status.success() || message.contains("never fell"), "{message}");
}

/// What is wrong, as `gradus schedule` is called.
const WRONG_SCHEDULES: &[&[&str]] = &[
    &["--svg", "rates.svg"],
    &["0.1", "--svg", "rates.png"],
    &["0.1", "--svg", "rates"],
    &["cosin(0.3, 20)"],
    &["cosine"],
    &["cosine(0.3)"],
    &["cosine(0.3, 20"],
    &["cosine(0.3, 2.5)"],
    &["cosine(0.3, 20, 0, 1)"],
    &["cosine(0.3, 20, ned=1)"],
    &["cosine(0.3, 20, peak=1)"],
    &["cosine(0.3, 0)"],
    &["cosine(0.3, 20).warm(5)"],
    &["cosine(0.3, 20).warmup"],
    &["0.1.warmup(5, ramp=square)"],
    &["0.1.then(5, cosin(1, 2))"],
    &["step(nan, 5)"],
    &["multi_step(0.5, 15)"],
    &["cyclic(0.1, 1, 5, scale=half)"],
    &["lambda(0.1 * x)"],
    &["plateau(0.1, 2)"],
    &["plateau(0.1).warmup(5)"],
    &["linear(0.1, -0.1, 20)"],
    &["lambda(1/t)"],
    &["fast"],
    &["-0.1"],
    &["0.1", "--optimizer", "adm"],
    &["0.1", "--optimizer", "adam:lr=0.1"],
    &["0.1", "--optimizer", "adam:beta=0.5"],
    &["0.1", "--optimizer", "adam,sgd"],
    &["0.1", "--optimizer", "lbfgs"],
    &["0.1", "--steps", "1"],
    &["0.1", "--steps", "half"],
    &["0.1", "--seed", "0.5"],
    &["0.1", "--optimizer"],
    &["0.1", "--epochs", "5"],
    &["0.1", "--svg", "/nowhere/at/all/x.svg"],
    &[""],
    &[" "],
    &["0.1", ""],
    &["cosine(-0.3, 20)"],
    &["cosine(0.3, 20))"],
    &["0.1.then(5)"],
    &["0.1.then(5, cosine(0.1, 20)"],
    &["0.1.warmup(x)"],
    &["0.1.warmup(5"],
    &["cosine(0.3,,20)"],
    &["1e400"],
    &["1e308"],
    &["exponential(0.1, 1e300)"],
    &["0.1", "--optimizer", ""],
    &["0.1", "--optimizers", "adam"],
    &["0.1", "--optimiser", "adam"],
    &["0.1", "--iterations", "5"],
];

#[test]
fn wrong_schedules() {
    snapshot("schedule_list", 0, &["schedule"]);
    mistakes("schedule_mistakes", "schedule", WRONG_SCHEDULES);
}

/// What is wrong, as `gradus find-lr` is called.
const WRONG_RANGE_TESTS: &[&[&str]] = &[
    &["faces"],
    &["--model", "gpt"],
    &["--model", "gru"],
    &["--optimizer", "adm"],
    &["--optimizer", "adamw:lr=0.1"],
    &["--optimizer", "adamw:schedule=cosine(0.1,5)"],
    &["--optimizer", "adamw:decay=0.1"],
    &["--optimizer", "newton"],
    &["--from", "0"],
    &["--from", "1", "--to", "0.1"],
    &["--to", "fast"],
    &["--steps", "5"],
    &["--steps", "1000000"],
    &["--seed", "-1"],
    &["--from"],
    &["--lr", "0.1"],
    &["digits", "file.csv"],
    &["--target", "y"],
    &["mnist"],
    &["csv"],
    &["--model", "resnet"],
    &["--model", "lennet"],
    &["--model", ""],
    &[""],
    &["--optimizer", ""],
    &["--optimizer", "adamw:weight-decay"],
    &["--from", "1e-320"],
    &["--to", "1e308"],
    &["--from", "1e-300", "--to", "1e100"],
    &["--min", "0.1"],
    &["--optimizers", "adam"],
    &["--svg", "/nowhere/at/all/x.svg"],
    &["--svg", "range.png"],
    &["text"],
    &["names"],
    &["digits", "--data", "."],
    &["csv", "nothing.csv", "--target", "y"],
    &["text", "nothing.txt"],
    &["mnist", "--data", "nothing"],
    &["names", "--data", "nothing.txt"],
    &["digits", "--batch", "5"],
];

#[test]
fn wrong_range_tests() {
    mistakes("find_lr_mistakes", "find-lr", WRONG_RANGE_TESTS);
}
