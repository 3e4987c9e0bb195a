//! The peers' workloads, W1 to W13, W5x to W7x, the models of W5 to W7 at odd sizes, W9x and convolutions, single operations, sizes
//! that vary, functions of scalars: the same shapes, the same initial numbers, the same checksums.
//!
//! `cargo bench --bench workloads -- W4 W9 --threads 2` prints one JSON line per measurement: workload, threads, median
//! and least seconds, and the checksums that show that it was the same work. Without names all of them run.
//!
//! `-- --count` counts instructions instead, by callgrind, and compares them with `benches/instructions.txt`; `--bless`
//! rewrites that file.

#[path = "workloads/common.rs"]
mod common;
#[path = "workloads/elementwise.rs"]
mod elementwise;
#[path = "workloads/instructions.rs"]
mod instructions;
#[path = "workloads/models.rs"]
mod models;
#[path = "workloads/networks.rs"]
mod networks;
#[path = "workloads/operations.rs"]
mod operations;
#[path = "workloads/scalars.rs"]
mod scalars;

/// Every workload by its name.
const ALL: [(&str, fn()); 23] = [
    ("W1", scalars::w1),
    ("W2", scalars::w2),
    ("W3", networks::w3),
    ("W4", networks::w4),
    ("W5", models::w5),
    ("W6", models::w6),
    ("W7", models::w7),
    ("W5x", models::w5x),
    ("W6x", models::w6x),
    ("W7x", models::w7x),
    ("convolutions", models::convolutions),
    ("varying", models::varying),
    ("W8", networks::w8),
    ("W9", elementwise::w9),
    ("W9x", operations::w9x),
    ("W10", elementwise::w10),
    ("W11", networks::w11),
    ("W12", networks::w12),
    ("W13", scalars::w13),
    ("W13_1e7", scalars::w13_1e7),
    ("rosenbrock", scalars::rosenbrock),
    ("recurrence", scalars::recurrence),
    ("hello", networks::hello),
];

fn main() {
    let mut names: Vec<String> = Vec::new();
    let mut threads = vec![1];
    let mut args = std::env::args().skip(1).filter(|a| a != "--bench");
    while let Some(arg) = args.next() {
        if arg == "--threads" {
            let list = args.next().expect("--threads needs a list of numbers, as 1,2");
            threads = list.split(',').map(|n| n.parse().expect("--threads needs numbers")).collect();
        } else if arg == "--calls" {
            let calls = args.next().and_then(|n| n.parse().ok()).expect("--calls needs a number");
            common::CALLS.set(calls).expect("--calls is given once");
        } else if arg == "--count" || arg == "--bless" {
            return instructions::compare(arg == "--bless" || args.any(|a| a == "--bless"));
        } else {
            names.push(arg);
        }
    }
    for name in &names {
        let known = ALL.map(|(name, _)| name).join(" ");
        assert!(ALL.iter().any(|(n, _)| n == name), "no workload {name}; there are {known}");
    }
    for &n in &threads {
        gradus::tensor::kernel::parallel::set_threads(n);
        for (name, run) in ALL {
            if names.is_empty() || names.iter().any(|n| n == name) {
                run();
            }
        }
    }
}
