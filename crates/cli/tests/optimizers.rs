//! `gradus optimizers` from outside: the list, the page in the documents, and the measurement.

mod snapshot;

use gradus::optim::catalog::{METHODS, RULES};
use snapshot::{gradus, snapshot, text};

#[test]
fn the_list() {
    snapshot("optimizers_some", 0, &["optimizers", "sgd", "adamw", "lookahead", "lbfgs"]);
    let all = text(&gradus(&["optimizers"]).stdout);
    let names = RULES.iter().map(|rule| rule.name).chain(METHODS.iter().map(|method| method.name));
    for (i, name) in names.enumerate() {
        let line = all.lines().nth(2 * i).expect("two lines for each");
        assert!(line.starts_with(&format!("{name} ")), "{line}");
    }
}

#[test]
fn the_page_is_up_to_date() {
    let page = include_str!("../../../docs/optimizers.md");
    let list = text(&gradus(&["optimizers", "--markdown"]).stdout);
    assert!(page.contains(&list), "docs/optimizers.md: put in what `gradus optimizers --markdown` prints");
    let measured = page.split("| optimizer | accuracy |").nth(1).expect("the page has the measured table");
    for rule in RULES {
        assert!(measured.contains(&format!("\n| `{}` |", rule.name)), "{} is not measured", rule.name);
    }
    for method in METHODS {
        assert!(measured.contains(&format!("\n| `{}` |", method.name)), "{} is not measured", method.name);
    }
    assert!(!measured.contains("not reached"));
}

#[test]
fn a_measurement() {
    let output = gradus(&["optimizers", "--measure", "momentum", "lbfgs"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    let accuracy = |name: &str| -> f64 {
        let row = table.lines().find(|line| line.starts_with(name)).expect("it has a row");
        row.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("an accuracy")
    };
    assert!(accuracy("momentum") >= 0.95 && accuracy("lbfgs") >= 0.95, "{table}");
    assert!(table.lines().next().is_some_and(|head| head.ends_with("rosenbrock")), "{table}");
}

#[test]
fn one_that_fails_is_named() {
    let output = gradus(&["optimizers", "--measure", "sgd:lr=0.0001"]);
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(
        message.starts_with("error: below an accuracy of 0.95") && message.contains(": sgd"),
        "{message}"
    );
    let wrong = gradus(&["optimizers", "magic"]);
    assert_eq!(wrong.status.code(), Some(2));
    let message = text(&wrong.stderr);
    let near = message.split(" are ").nth(1).and_then(|list| list.split(';').next()).unwrap_or("");
    assert_eq!(near.split(", ").count(), 5, "{message}");
    assert!(message.contains("`gradus optimizers` lists all"), "{message}");
}

#[test]
fn a_rate_is_used_or_refused() {
    let output = gradus(&["optimizers", "sgd", "adam:lr=0.1"]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()));
    let message = text(&output.stderr);
    assert!(message.contains("adam:lr=0.1") && message.contains("--measure"), "{message}");
}
