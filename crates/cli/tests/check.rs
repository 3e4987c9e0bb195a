//! `gradus check` from outside: reports, exit codes, reasons of failures, the curve.

mod snapshot;

use approx::abs_diff_eq;
use serde_json::Value;
use snapshot::{gradus, snapshot, text};

fn json(arguments: &[&str]) -> (Option<i32>, Value) {
    let output = gradus(&[&["check"], arguments, &["--json"]].concat());
    let document = serde_json::from_slice(&output.stdout).expect("the whole output is JSON");
    (output.status.code(), document)
}

#[test]
fn texts() {
    snapshot("check_list", 0, &["check"]);
    snapshot("check_tanh", 0, &["check", "tanh"]);
    snapshot("check_surface", 0, &["check", "rosenbrock", "--order", "2"]);
    snapshot("check_expression", 0, &["check", "sin(x)*y", "x=[1, 2]", "y=2", "--scheme", "ridders"]);
    snapshot("check_four_ways", 0, &["check", "sin(x)*y", "x=1", "y=2", "--four-ways"]);
    snapshot("check_abs", 0, &["check", "abs(x)", "x=0"]);
    snapshot("check_wrong_rule", 1, &["check", "wrong-rule"]);
    snapshot("check_kink", 1, &["check", "kink"]);
    snapshot(
        "check_step_too_small",
        1,
        &["check", "sin(3*x)", "x=0.7", "--scheme", "central", "--step", "1e-13"],
    );
}

#[test]
fn every_target_passes_and_every_lesson_fails() {
    let list = text(&gradus(&["check"]).stdout);
    let group = |name: &str| -> Vec<String> {
        let after = list.split(&format!("  {name}")).nth(1).expect("the group is listed");
        let lines = after.lines().skip(1).take_while(|line| !line.trim().is_empty());
        lines.flat_map(|line| line.split_whitespace().map(str::to_string).collect::<Vec<_>>()).collect()
    };
    let operations = group("operations");
    assert!(operations.len() > 100, "{operations:?}");
    for target in group("surfaces").into_iter().chain(operations) {
        let output = gradus(&["check", &target]);
        assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    }
    for (lesson, reason) in [
        ("wrong-rule", "wrong rule: %1 = wrong_square"),
        ("kink", "kink"),
        ("random", "random"),
        ("narrow", "narrow"),
    ] {
        assert!(group("lessons").contains(&lesson.to_string()));
        let (code, document) = json(&[lesson]);
        assert_eq!((code, &document["passed"]), (Some(1), &false.into()), "{lesson}");
        assert!(document["reason"].as_str().unwrap().contains(reason), "{lesson}: {}", document["reason"]);
    }
}

#[test]
fn models() {
    let (code, document) = json(&["mlp"]);
    assert_eq!((code, &document["compared"]), (Some(0), &(4 * 8 + 8 + 8 * 3 + 3).into()));
    let (code, document) = json(&["digits", "--seed", "3"]);
    assert_eq!((code, &document["compared"]), (Some(0), &200.into()));
    assert!(document["worst"]["relative_error"].as_f64().unwrap() < 1e-6);
}

#[test]
fn four_ways() {
    let (code, document) = json(&["softplus(x*y)", "x=[1, 2]", "y=0.5", "--four-ways"]);
    let rows = document["rows"].as_array().unwrap();
    // The value, three derivatives, three elements of the product with the Hessian.
    assert_eq!((code, rows.len()), (Some(0), 7));
    let orders: Vec<u64> = rows.iter().map(|row| row["order"].as_u64().unwrap()).collect();
    assert_eq!(orders, [0, 1, 1, 1, 2, 2, 2]);
    for row in rows {
        let (a, b) = (row["backward"].as_f64().unwrap(), row["complex_step"].as_f64().unwrap());
        assert!(abs_diff_eq!(a, b, epsilon = 1e-12) && row["verdict"] == "agrees", "{row}");
    }
    assert_eq!((rows[3]["name"].as_str(), rows[6]["quantity"].as_str()), (Some("y"), Some("Hv in y")));
    // Models along directions; what is not analytic is named.
    let (code, document) = json(&["mlp", "--four-ways"]);
    assert_eq!((code, document["rows"].as_array().unwrap().len()), (Some(0), 9));
    assert!(document["no_complex_step_because_of"].is_null(), "{document}");
    assert!(
        document["rows"].as_array().unwrap().iter().all(|row| row["complex_step"].is_f64()),
        "{document}"
    );
    let relu = json(&["relu(x)*x", "x=1", "--four-ways"]).1;
    assert!(relu["no_complex_step_because_of"].as_str().unwrap().contains("relu"), "{relu}");
    assert_eq!(json(&["wrong-rule", "--four-ways"]).0, Some(1));
    assert_eq!(gradus(&["check", "tanh", "--four-ways", "--per-output"]).status.code(), Some(2));
}

#[test]
fn each_output_by_itself() {
    let (code, document) = json(&["x*x", "x=[1, 2]", "--per-output"]);
    assert_eq!((code, &document["compared"]), (Some(0), &4.into()));
    let second = &document["comparisons"][1];
    assert_eq!(
        (&second["output"][0], &second["index"][0], &second["autograd"]),
        (&1.into(), &0.into(), &0.0.into())
    );
}

#[test]
fn an_infinite_input_ends_at_once() {
    for (expression, value) in [("sigmoid(x)", "x=1e400"), ("ln(x)", "x=1e400"), ("x*x", "x=-1e400")] {
        let output = gradus(&["check", expression, value]);
        let (shown, message) = (text(&output.stdout), text(&output.stderr));
        let both = format!("{shown}{message}");
        assert!(matches!(output.status.code(), Some(1 | 2)), "{both}");
        assert!(both.contains("inf") && !both.contains("panicked"), "{both}");
    }
}

#[test]
fn a_seed_fixes_the_inputs() {
    let of = |seed: &str| json(&["softmax", "--seed", seed]).1["comparisons"].clone();
    assert_eq!(of("1"), of("1"));
    assert_ne!(of("1"), of("2"));
}

#[test]
fn the_curve_is_a_v() {
    let path = std::env::temp_dir().join(format!("gradus-check-{}.svg", std::process::id()));
    let name = path.to_string_lossy();
    for target in ["exp", "mlp"] {
        let (code, document) = json(&[target, "--curve", &name]);
        assert_eq!(code, Some(0));
        let curves = document["curves"].as_array().unwrap();
        assert_eq!(curves.len(), 10);
        let central = curves.iter().find(|c| c["scheme"] == "central" && c["dtype"] == "f64").unwrap();
        let errors: Vec<f64> =
            central["errors"].as_array().unwrap().iter().map(|e| e.as_f64().unwrap()).collect();
        let best = errors.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(errors[0] > 1e3 * best && errors[14] > 1e3 * best, "{errors:?}");
        let svg = std::fs::read_to_string(&path).unwrap();
        for part in ["computed in F64", "computed in F32", "five-point", "ridders", "step h"] {
            assert!(svg.contains(part), "{part}");
        }
    }
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn wrong_values() {
    for (arguments, parts) in [
        (
            &["tahn"][..],
            &[
                "nothing named tahn",
                " are tanh, tan, ",
                "`gradus check` lists all",
                "gradus check \"sin(x)*y\"",
            ][..],
        ),
        (&["tanh", "--scheme", "sideways"], &["--scheme", "sideways", "forward", "five-point"]),
        (&["tanh", "--order", "3"], &["--order", "3"]),
        (&["tanh", "--step", "-1"], &["--step", "above 0"]),
        (&["tanh", "--step", "nan"], &["--step", "above 0"]),
        (&["tanh", "--curve", "/nowhere/at/all.svg"], &["--curve", "/nowhere/at/all.svg"]),
        // Without a target nothing asks for an option.
        (&["--json"], &["<TARGET>", "usage: gradus check"]),
        (&["--order", "2"], &["<TARGET>"]),
        (&["--seed", "2"], &["<TARGET>"]),
        (&["sin(x)*"], &["ends where"]),
        (&["sin(x)"], &["x has no value", "as in x=2"]),
        (
            &["tanh", "x=1"],
            &[
                "tanh stands for itself and takes no values",
                "write gradus check tanh",
                "gradus check \"tanh(x)\" x=1",
            ],
        ),
        (&["mlp", "x=1"], &["mlp stands for itself"]),
        (&["tanh", "--step", "1e308"], &["--step", "from 1e-100 to 1e6, as in 1e-5"]),
        (&["tanh", "--step", "1e-320"], &["--step", "from 1e-100 to 1e6"]),
        (&["tanh", "--scheme", "centre"], &["'central'", "as in --scheme central"]),
        (&["tanh", "--plot", "x.svg"], &["here it is called --curve; as in gradus check exp"]),
    ] {
        let output = gradus(&[&["check"], arguments].concat());
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.starts_with("error: ") && message.lines().count() <= 3, "{arguments:?}: {message}");
        for part in parts {
            assert!(message.contains(part), "{arguments:?}: {message:?} does not say {part:?}");
        }
    }
}
