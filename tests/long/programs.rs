//! 100,000 random programs, whose gradients are found in several ways.

use std::process::Command;

#[test]
#[ignore = "some twenty minutes"]
fn programs() {
    let mut command = Command::new(env!("CARGO"));
    command.args(["test", "--profile", "long", "-p", "gradus-autograd", "--test", "random_programs"]);
    command.args(["random_programs", "--", "--nocapture"]);
    let status =
        command.env("GRADUS_PROGRAMS", "100000").current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
    assert!(status.success());
}
