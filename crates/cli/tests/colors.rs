//! The pictures of the command, of the documents and of the examples use colours that readers of all kinds of vision tell apart.

#[allow(dead_code, reason = "its texts are for others")]
mod snapshot;
#[path = "../../viz/tests/vision/mod.rs"]
mod vision;

use snapshot::{gradus, text};
use vision::{marks, marks_alike};

#[track_caller]
fn told_apart(name: &str, svg: &str) {
    assert_eq!(marks_alike(svg), Vec::<String>::new(), "{name}: {:?}", marks(svg));
}

#[test]
fn of_the_documents() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pictures");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the pictures are there") {
        let path = entry.unwrap().path();
        told_apart(&path.to_string_lossy(), &std::fs::read_to_string(&path).expect("a text"));
        count += 1;
    }
    assert!(count >= 15, "{count} pictures");
}

#[test]
fn of_the_command() {
    let file = std::env::temp_dir().join(format!("gradus-colors-{}.svg", std::process::id()));
    let many = "sgd,momentum,nesterov,adagrad,rmsprop,adadelta,adam,adamw,lion";
    for arguments in [
        &["race", "--surface", "quadratic", "--steps", "20", "--optimizers", many, "--lr", "0.05", "--svg"][..],
        &["race", "--surface", "pit-1d", "--svg"],
        &["race", "--surface", "turned", "--steps", "20", "--svg"],
        &["theory", "--svg"],
        &["schedule", "cosine(0.3,20)", "0.1", "step(0.3,10)", "sqrt(0.3)", "--steps", "20", "--svg"],
        &["find-lr", "--steps", "20", "--svg"],
        &["check", "tanh", "--curve"],
    ] {
        let output = gradus(&[arguments, &[&*file.to_string_lossy()]].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        let svg = std::fs::read_to_string(&file).expect("the picture is there");
        assert!(marks(&svg).len() > 1, "{arguments:?}");
        told_apart(&arguments.join(" "), &svg);
    }
    std::fs::remove_file(&file).unwrap();
}
