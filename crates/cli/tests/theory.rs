//! `gradus theory` from outside: the tables, the picture, and what it refuses.

mod snapshot;

use snapshot::{gradus, snapshot, text};

#[test]
fn tables() {
    snapshot("theory_complex", 0, &["theory"]);
    snapshot("theory_unstable", 0, &["theory", "--beta", "0", "--lr", "5", "--condition", "1"]);
    snapshot("theory_real", 0, &["theory", "--beta", "0.1", "--lr", "0.25", "--lambda", "0.5"]);
    // η λ = 1/4: critical at β = 1/4.
    snapshot("theory_critical", 0, &["theory", "--beta", "0.25", "--lr", "0.125", "--lambda", "2"]);
}

#[test]
fn the_picture() {
    let path = std::env::temp_dir().join(format!("gradus-theory-{}.svg", std::process::id()));
    let file = path.to_string_lossy();
    let output = gradus(&["theory", "--svg", &file]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    // Words stand on lines of their own.
    let svg = std::fs::read_to_string(&path).expect("the picture is there").replace('\n', "");
    std::fs::remove_file(&path).unwrap();
    for name in [
        "ηλ = 2 + 2β",
        "β = (1 − √ηλ)²; complex above",
        "given, at λ and λ/κ",
        "best for κ, at λ and λ/κ",
        "β = 0.95",
        "β = 0.6",
        "β = 0.9, at λ/κ",
        "spectral radius; grey: diverges",
    ] {
        assert!(svg.contains(&format!(">{name}<")), "{name}");
    }
    // Both colours of the ramp's ends and the grey of divergence are in the map.
    assert!(svg.contains("#d9d9d9") && svg.matches("<rect").count() > 500);
    assert_eq!(svg.matches("<clipPath").count(), 3);
}

#[test]
fn the_largest_numbers() {
    let output = gradus(&["theory", "--lr", "1e300", "--lambda", "1e300"]);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("--lr 1e300 --lambda 1e300: the product ηλ is too large"), "{message}");
    let path = std::env::temp_dir().join(format!("gradus-theory-large-{}.svg", std::process::id()));
    let file = path.to_string_lossy();
    for arguments in [["--lr", "1e308"], ["--condition", "1e308"]] {
        let output = gradus(&[&["theory", "--svg", &file], &arguments[..]].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn wrong_values_say_what_is_right() {
    for (arguments, part) in [
        (["--beta", "1"], "from 0 up to, but without, 1"),
        (["--beta", "-0.1"], "from 0 up to, but without, 1"),
        (["--lr", "0"], "above 0"),
        (["--lambda", "nan"], "above 0"),
        (["--condition", "0.5"], "at least 1"),
        (["--svg", "/nowhere/at/all/x.svg"], "/nowhere/at/all/x.svg"),
    ] {
        let output = gradus(&[&["theory"], &arguments[..]].concat());
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.starts_with("error: ") && message.lines().count() == 1, "{message}");
        assert!(message.contains(arguments[0]) && message.contains(part), "{message}");
    }
}
