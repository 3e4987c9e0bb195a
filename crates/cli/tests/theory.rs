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
    // Each alone, where it or a product with the others would be no number, or one in which nothing is seen.
    for (arguments, range) in [
        (["--lr", "1e308"], "from 1e-280 to 1e300"),
        (["--lr", "1e200"], "at most 1e12"),
        (["--lambda", "1e-320"], "from 1e-280 to 1e300"),
        (["--lambda", "1e-20"], "at least 1e-12"),
        (["--condition", "1e308"], "at most 1e12"),
        (["--condition", "1e12"], "at least 1e-12"),
        (["--lr", "1e400"], "from 1e-280 to 1e300"),
        (["--beta", "0.9999999999999999"], "at most 0.999999999999"),
    ] {
        let output = gradus(&[&["theory"], &arguments[..]].concat());
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.contains(range) && message.contains("as in"), "{arguments:?}: {message}");
    }
}

/// Whatever is taken, no result is infinite, and what is called stable arrives.
#[test]
fn what_is_taken_has_finite_results() {
    let path = std::env::temp_dir().join(format!("gradus-theory-large-{}.svg", std::process::id()));
    let file = path.to_string_lossy();
    let sizes = ["1e-280", "1e-6", "1", "3.99", "1e6", "1e300"];
    let mut taken = 0;
    for lr in sizes {
        for lambda in sizes {
            for (beta, condition) in [("0", "1"), ("0.999999999999", "1e3"), ("0.5", "1e12")] {
                let setting = ["--lr", lr, "--lambda", lambda, "--beta", beta, "--condition", condition];
                let output = gradus(&[&["theory", "--svg", &file], &setting[..]].concat());
                let said = text(&output.stdout) + &text(&output.stderr);
                assert!(matches!(output.status.code(), Some(0 | 2)), "{setting:?}: {said}");
                if !output.status.success() {
                    assert!(said.contains("at least") || said.contains("at most"), "{setting:?}: {said}");
                    continue;
                }
                taken += 1;
                let svg = std::fs::read_to_string(&path).expect("the picture is there");
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{setting:?}");
                assert!(!said.contains("inf") && !said.contains("NaN"), "{setting:?}: {said}");
                let row =
                    |name: &str| said.lines().find(|line| line.contains(name)).expect("a row").to_string();
                if row("  stable").contains("yes") {
                    assert!(!row("steps per factor of 10").contains("never"), "{setting:?}: {said}");
                    assert!(!row("as given").contains("never"), "{setting:?}: {said}");
                }
            }
        }
    }
    std::fs::remove_file(&path).unwrap();
    assert!(taken >= 10, "{taken}");
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
        (["--kappa", "10"], "here it is called --condition; as in gradus theory --condition 100"),
        (["--eta", "10"], "here it is called --lr; as in gradus theory"),
    ] {
        let output = gradus(&[&["theory"], &arguments[..]].concat());
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.starts_with("error: ") && message.lines().count() == 1, "{message}");
        assert!(message.contains(arguments[0]) && message.contains(part), "{message}");
    }
}
