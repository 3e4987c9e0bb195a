//! Writes small valid inputs of each target, where it starts from: `seeds FOLDER` makes `FOLDER/TARGET/NUMBER`.

use std::fs;
use std::path::PathBuf;

#[path = "../../crates/cli/tests/random_text/entries.rs"]
#[allow(dead_code)]
mod expressions;
#[path = "../../tests/parsers/seeds.rs"]
mod seeds;

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("a folder"));
    let expressions = expressions::SEEDS.map(|text| text.as_bytes().to_vec()).to_vec();
    let all = [
        ("npy", seeds::npy()),
        ("tensors", [seeds::safetensors(), seeds::npz(), seeds::pt()].concat()),
        ("idx", seeds::idx()),
        ("csv", seeds::csv()),
        ("schedule", seeds::schedules()),
        ("optimizer", seeds::optimizers()),
        ("checkpoint", seeds::checkpoints()),
        ("log_lines", seeds::log_lines()),
        ("log_events", seeds::log_events()),
        ("expression", expressions),
    ];
    for (target, seeds) in all {
        let folder = folder.join(target);
        fs::create_dir_all(&folder).expect("a folder that can be made");
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(number.to_string()), seed).expect("a folder that can be written to");
        }
    }
}
