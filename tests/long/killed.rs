//! A training that is killed 1,000 times.

use std::process::Command;

#[test]
#[ignore = "some minutes"]
fn killed() {
    let mut command = Command::new(env!("CARGO"));
    command.args([
        "test",
        "--profile",
        "long",
        "-p",
        "gradus-train",
        "--test",
        "killed",
        "--",
        "--nocapture",
    ]);
    let status =
        command.env("GRADUS_KILLS", "1000").current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
    assert!(status.success());
}
