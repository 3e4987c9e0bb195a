//! `gradus race` from outside: the tables, the picture, and what it refuses.

mod snapshot;

use snapshot::{gradus, mistakes, snapshot, text};

#[test]
fn tables() {
    snapshot("race_booth", 0, &["race", "--surface", "booth", "--steps", "50"]);
    let own =
        ["sgd:lr=0.4,sgd:lr=0.6,momentum,newton", "--lr", "0.05", "--start", "-5,-2", "--tolerance", "1"];
    let diverging = [&["race", "--surface", "quadratic", "--steps", "20", "--optimizers"], &own[..]].concat();
    snapshot("race_quadratic", 0, &diverging);
    snapshot(
        "race_saddle",
        0,
        &["race", "--surface", "saddle", "--steps", "60", "--optimizers", "momentum,adam,newton"],
    );
}

#[test]
fn the_notes_last_places() {
    // Gradient descent at 0.6 on 0.1 x² + 2 y² from (-5, -2): 20 steps lead to (-0.387814, -1673.365109).
    let output =
        gradus(&["race", "--surface", "quadratic", "--optimizers", "sgd", "--lr", "0.6", "--steps", "20"]);
    let table = text(&output.stdout);
    assert!(table.contains("1673.3652") && table.trim_end().ends_with("diverged"), "{table}");
}

/// The numbers of all path data, two by two.
fn places(svg: &str) -> Vec<(f64, f64)> {
    let data = svg.split(" d=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let points = data.flat_map(|d| d.split(['M', 'L']).filter(|part| !part.is_empty()).map(str::to_string));
    let number = |part: Option<&str>| part.and_then(|n| n.parse::<f64>().ok());
    points
        .filter_map(|point| {
            let mut parts = point.split(' ');
            Some((number(parts.next())?, number(parts.next())?))
        })
        .collect()
}

#[test]
fn the_picture_holds_all_paths_and_nothing_outside() {
    let path = std::env::temp_dir().join(format!("gradus-race-{}.svg", std::process::id()));
    let file = path.to_string_lossy();
    let output = gradus(&[
        "race",
        "--surface",
        "quadratic",
        "--optimizers",
        "sgd:lr=0.6,momentum:lr=0.1,adam:lr=0.4",
        "--steps",
        "400",
        "--svg",
        &file,
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains(&format!("picture saved to {file}")));
    // Words stand on lines of their own.
    let svg = std::fs::read_to_string(&path).expect("the picture is there").replace('\n', "");
    std::fs::remove_file(&path).unwrap();
    for name in ["sgd, lr 0.6, diverged", "momentum, lr 0.1", "adam, lr 0.4", "minimum", "step"] {
        assert!(svg.contains(&format!(">{name}<")), "{name}");
    }
    assert_eq!(svg.matches("<clipPath").count(), 2);
    let size = |name: &str| -> f64 {
        let after = svg.split("<svg ").nth(1).and_then(|svg| svg.split(&format!(" {name}=\"")).nth(1));
        after.and_then(|n| n.split('"').next()).and_then(|n| n.parse().ok()).expect("it has a size")
    };
    let (width, height) = (size("width"), size("height"));
    let places = places(&svg);
    assert!(places.len() > 1000, "{}", places.len());
    for (x, y) in places {
        assert!((0.0..=width).contains(&x) && (0.0..=height).contains(&y), "({x}, {y})");
    }
}

#[track_caller]
fn refuses(arguments: &[&str], parts: &[&str]) {
    let output = gradus(&[&["race"], arguments].concat());
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.starts_with("error: ") && message.lines().count() == 1, "{message}");
    assert_eq!(text(&output.stdout), "");
    for part in parts {
        assert!(message.contains(part), "{message:?} does not say {part:?}");
    }
}

#[test]
fn wrong_values_say_what_is_right() {
    refuses(
        &["--surface", "rosenbrok"],
        &["rosenbrok", " are rosenbrock, ", "`gradus race --help` lists all"],
    );
    refuses(&["--optimizers", "sgd,admaw"], &["admaw", " are adamw, ", "`gradus optimizers` lists all"]);
    // What no part of the race asks for.
    refuses(&["--lr", "1", "--optimizers", "sgd:lr=0.1,adam:lr=0.2"], &["--lr 1", "of its own"]);
    refuses(&["--surface", "saddle", "--tolerance", "1"], &["--tolerance 1", "saddle has no minimum"]);
    refuses(
        &["--optimizers", "adam:beta=1"],
        &["adam has no setting beta", "are beta1", "write adam:beta1=0.9"],
    );
    refuses(&["--optimizers", "adam:lr=-1"], &["above 0"]);
    refuses(&["--lr", "0"], &["--lr", "above 0"]);
    refuses(&["--start", "1"], &["--start", "-1.2,1"]);
    refuses(&["--start", "1e308,1e308"], &["--start 1e308,1e308", "rosenbrock", "nearer to 0"]);
    refuses(&["--tolerance", "-1"], &["--tolerance", "above 0"]);
    refuses(&["--steps", "0"], &["--steps"]);
    refuses(&["--svg", "/nowhere/at/all/x.svg"], &["--svg", "/nowhere/at/all/x.svg"]);
}

/// What is wrong, as the command is called.
const MISTAKES: &[&[&str]] = &[
    &["--optimizers", "adm"],
    &["--optimizers", "adam,"],
    &["--optimizers", "adam:bta1=0.5"],
    &["--optimizers", "adam:beta1"],
    &["--optimizers", "adam:beta1=high"],
    &["--optimizers", "adam:beta1=1.5"],
    &["--optimizers", "adam:lr=0"],
    &["--optimizers", "adam:lr=0.1:lr=0.2"],
    &["--optimizers", "adam:lr=0.1:schedule=cosine(0.1,5)"],
    &["--optimizers", "adagrad:eps_insde"],
    &["--optimizers", "nesterov:form=mean"],
    &["--optimizers", "momentum:mass=2"],
    &["--optimizers", "lbfgs:line-search=long"],
    &["--optimizers", "sgd:schedule=cosin(0.5,20)"],
    &["--optimizers", "sgd:schedule=cosine"],
    &["--optimizers", "sgd:schedule=cosine(0.5)"],
    &["--optimizers", "sgd:schedule=cosine(0.5,20).warm(5)"],
    &["--optimizers", "sgd:schedule=plateau(0.5)"],
    &["--optimizers", "sgd:schedule=linear(0.1,-0.1,20)"],
    &["--optimizers", "sgd:schedule=lambda(1/(3-t))"],
    &["--lr", "1", "--optimizers", "sgd:lr=0.1,adam:schedule=cosine(0.1,20)"],
    &["--lr", "fast"],
    &["--surface", "rosenbrok"],
    &["--surface", "a^2+b^2"],
    &["--surface", "x^2+"],
    &["--surface", "[x, y]"],
    &["--surface", "sine(x)"],
    &["--surface", "ln(x)"],
    &["--surface", "pit-1d", "--start", "1,2"],
    &["--surface", "x^2", "--start", "left"],
    &["--start", "1"],
    &["--surface", "x^2", "--tolerance", "1"],
    &["--noise", "0"],
    &["--batch", "8"],
    &["--noise", "1", "--batch", "0"],
    &["--noise", "1", "--seed", "-1"],
    &["--noise", "loud"],
    &["--steps", "0"],
    &["--steps", "many"],
    &["--tolerance", "0"],
    &["--lr"],
    &["--rate", "0.1"],
    &["--optimizer", "adam"],
    &["--momentum", "0.9"],
    &["--colour", "red"],
    &["rosenbrock"],
    &["--optimizers", ""],
    &["--optimizers", " "],
    &["--optimizers", "adam:"],
    &["--optimizers", "adam:lr=1e308"],
    &["--optimizers", "sgd:schedule="],
    &["--optimizers", "sgd:schedule=cosine(0.5,20"],
    &["--optimizers", "sgd:schedule=cosine(-0.5,20)"],
    &["--optimizers", "sgd:schedule=1e308"],
    &["--optimizers", "sgd:schedule=0.1.then(5)"],
    &["--surface", ""],
    &["--surface", "x*1e400"],
    &["--surface", "(x+1"],
    &["--start", ""],
    &["--lr", "1e400"],
    &["--lr", "1e-320"],
    &["--noise", "1e308"],
    &["--tolerance", "1e308"],
    &["--svg", ""],
    &["--svg", "/nowhere/at/all/x.svg"],
];

/// Each answer names what there is, and has an example.
#[test]
fn wrong_settings() {
    mistakes("race_mistakes", "race", MISTAKES);
}

#[test]
fn the_pit_and_the_turned_quadratic() {
    snapshot("race_pit", 0, &["race", "--surface", "pit-1d", "--optimizers", "sgd,momentum"]);
    let turned =
        ["race", "--surface", "turned", "--steps", "20", "--lr", "0.4", "--optimizers", "sgd,momentum"];
    snapshot("race_turned", 0, &turned);
    let settings =
        "momentum:beta=0.5,momentum:beta=0.25,sgd:schedule=cosine(0.5,20),adagrad:eps=1e-6:eps-inside";
    snapshot(
        "race_settings",
        0,
        &["race", "--surface", "quadratic", "--lr", "0.6", "--steps", "20", "--optimizers", settings],
    );
    let own = ["race", "--surface", "x^2+10*y^2", "--lr", "0.05", "--steps", "20", "--start", "1,1"];
    snapshot("race_expression", 0, &own);
    let noisy = ["--noise", "2", "--batch", "4", "--steps", "50", "--lr", "0.1", "--optimizers", "sgd"];
    snapshot("race_noise", 0, &[&["race", "--surface", "quadratic"], &noisy[..]].concat());
}

#[test]
fn every_kind_of_surface_is_drawn() {
    for (surface, words) in [
        ("pit-1d", &["f", "minimum"][..]),
        ("turned", &["u = 0.8 x + 0.6 y", "minimum"]),
        ("x^2+10*y^2", &["expression: x^2+10*y^2", "y"]),
        ("exp(x)-x", &["places on the curve, from the ring on"]),
    ] {
        let path = std::env::temp_dir().join(format!("gradus-race-kind-{}.svg", std::process::id()));
        let file = path.to_string_lossy();
        let schedule = "sgd:schedule=cosine(0.01,30),adam:lr=0.1";
        let output = gradus(&[
            "race",
            "--surface",
            surface,
            "--steps",
            "30",
            "--optimizers",
            schedule,
            "--svg",
            &file,
        ]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let svg = std::fs::read_to_string(&path).expect("the picture is there").replace('\n', "");
        std::fs::remove_file(&path).unwrap();
        for word in words.iter().chain(&["sgd:schedule=cosine(0.01,30)", "adam, lr 0.1"]) {
            assert!(svg.contains(&format!(">{word}<")), "{surface}: {word}");
        }
    }
}

#[test]
fn the_help_names_every_surface() {
    let help = text(&gradus(&["race", "--help"]).stdout);
    let words: Vec<&str> = help.split(|c: char| !c.is_alphanumeric()).collect();
    for surface in gradus::optim::surfaces::SURFACES {
        assert!(words.contains(&surface.name), "{}", surface.name);
    }
}
