//! What the examples share that reproduce a published figure: their options, the folder of the data, the line that holds the
//! published figure beside ours.

#![allow(dead_code, reason = "each example takes what it needs")]
#![allow(clippy::unused_self, reason = "a row belongs to a run")]

use std::path::PathBuf;
use std::time::Instant;

/// One run of an example, from its first line to its closing one.
pub(crate) struct Published {
    /// `--quick`: a short part of the work, for a check that the loss falls.
    pub(crate) quick: bool,
    /// `--seeds N`, else what the example asks for; 1 in the quick mode.
    pub(crate) seeds: u64,
    start: Instant,
}

impl Published {
    /// Reads the options `--quick` and `--seeds N`, and prints what is reproduced and where it was published.
    pub(crate) fn new(title: &str, source: &str, seeds: u64) -> Self {
        let options: Vec<String> = std::env::args().skip(1).collect();
        let quick = options.iter().any(|option| option == "--quick");
        let given = options.iter().position(|option| option == "--seeds").map(|at| {
            let number = options.get(at + 1).and_then(|text| text.parse().ok()).filter(|seeds| *seeds > 0);
            number.expect("--seeds needs a number of at least 1")
        });
        println!("{title}\n{source}\n");
        Self { quick, seeds: given.unwrap_or(if quick { 1 } else { seeds }), start: Instant::now() }
    }

    /// Prints a published figure beside ours: one value, or mean, least and greatest of several seeds.
    pub(crate) fn row(&self, what: &str, published: &str, ours: &[f64]) {
        assert!(!ours.is_empty() && ours.iter().all(|value| value.is_finite()), "{what}: {ours:?}");
        let mean = ours.iter().sum::<f64>() / ours.len() as f64;
        let (least, greatest) =
            ours.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &x| (a.min(x), b.max(x)));
        let spread = if ours.len() > 1 { format!(" ({least:.4} to {greatest:.4})") } else { String::new() };
        println!("{what:44} published {published:>12}   ours {mean:.4}{spread}");
    }

    /// Fails if a loss did not fall.
    pub(crate) fn falls(&self, what: &str, first: f64, last: f64) {
        assert!(last < first, "{what} did not fall: {first} at first, {last} at last");
    }

    /// Prints how long it took.
    pub(crate) fn done(self) {
        let mode = if self.quick { ", a short part of the work" } else { "" };
        println!("\n{:.1} s on {} threads{mode}", self.start.elapsed().as_secs_f64(), gradus::threads());
    }
}

/// A file of the data folder: `GRADUS_DATA`, or `../shared/data` beside the repository. Without it the example says so, and where
/// to get it, and is over.
pub(crate) fn data_file(name: &str, origin: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("GRADUS_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let path = folder.join(name);
    if path.is_file() {
        return Some(path);
    }
    println!("skipped, there is no {}; it is at {origin};", path.display());
    println!("put it into a folder as {name} and name that folder in GRADUS_DATA");
    None
}
