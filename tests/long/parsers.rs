//! 100,000 inputs for each reader of bytes from elsewhere.

use std::process::Command;

#[test]
#[ignore = "some minutes"]
fn parsers() {
    for package in [&["--test", "parsers"][..], &["-p", "gradus-cli", "--test", "random_text"]] {
        let mut command = Command::new(env!("CARGO"));
        command.args(["test", "--profile", "long"]).args(package).args(["--", "--nocapture"]);
        command.env("GRADUS_INPUTS", "100000").current_dir(env!("CARGO_MANIFEST_DIR"));
        assert!(command.status().unwrap().success(), "{package:?}");
    }
}
