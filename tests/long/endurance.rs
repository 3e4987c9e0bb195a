//! Ten million steps of a small model, ten thousand of one of nanoGPT's shape, and 64 threads that train at once.

use std::process::Command;

#[test]
#[ignore = "some minutes"]
fn endurance() {
    let mut command = Command::new(env!("CARGO"));
    command.args(["test", "--profile", "long", "--test", "endurance", "--", "--nocapture"]);
    command
        .env("GRADUS_STEPS", "10000000")
        .env("GRADUS_GPT_STEPS", "10000")
        .env("GRADUS_WORKERS", "64")
        .env("GRADUS_EPOCHS", "200");
    assert!(command.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap().success());
}
