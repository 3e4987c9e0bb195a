//! Instructions of one call, counted by callgrind and held to a budget. A time on a busy machine says little; a count says
//! the same thing every time, as long as compiler and processor are the same: the sizes of caches choose the blocks of matrix
//! products. Elsewhere the counts are printed and not held.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// Workload, and the two numbers of calls whose counts are subtracted: what runs once drops out.
const COUNTED: [(&str, [usize; 2]); 5] =
    [("W1", [1, 4]), ("W2", [1, 6]), ("W3", [5, 25]), ("W4", [1, 3]), ("hello", [10, 60])];
/// How far a count may lie above its budget.
const SLACK: f64 = 1.05;

/// Counts, compares, prints a table; fails if a count is above its budget. Says so and passes where there is no callgrind.
pub(crate) fn compare(bless: bool) {
    if Command::new("valgrind").arg("--version").output().map_or(true, |out| !out.status.success()) {
        println!("skipped, instructions are not counted: there is no valgrind");
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions.txt");
    let budgets = std::fs::read_to_string(&path).unwrap_or_default();
    let place = format!("# Instructions of one call, {}", place());
    let mut counted = format!("{place}\n");
    let held = budgets.lines().next() == Some(&place);
    if !held && !bless {
        println!("not held, the budget is of another machine or compiler; here: {place}");
    }
    let mut above = Vec::new();
    println!("workload  instructions of a call  budget  ratio");
    for (workload, [few, many]) in COUNTED {
        let instructions = (count(workload, many) - count(workload, few)) / (many - few) as u64;
        writeln!(counted, "{workload} {instructions}").expect("a string takes every line");
        let budget = budgets.lines().find_map(|line| line.strip_prefix(workload)?.trim().parse::<u64>().ok());
        match budget {
            Some(budget) => {
                let ratio = instructions as f64 / budget as f64;
                println!("{workload:8}  {instructions:>22}  {budget}  {ratio:.3}");
                if held && ratio > SLACK {
                    above.push(workload);
                }
            }
            None => println!("{workload:8}  {instructions:>22}  none"),
        }
    }
    if bless {
        std::fs::write(&path, counted).expect("the budget can be written");
    } else {
        assert!(
            above.is_empty(),
            "more than {SLACK} times the budget: {above:?}; --bless writes the new counts"
        );
    }
}

/// Instructions of a process that calls a workload so often, on one thread.
fn count(workload: &str, calls: usize) -> u64 {
    let program = std::env::current_exe().expect("a program knows its file");
    let out = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([workload, "--threads", "1", "--calls", &calls.to_string()])
        .output()
        .expect("valgrind runs");
    let text = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{workload}: {text}");
    let total = text.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    total.unwrap_or_else(|| panic!("callgrind printed no count: {text}"))
}

/// Compiler and processor.
fn place() -> String {
    let compiler = Command::new("rustc").arg("--version").output();
    let compiler = compiler
        .map_or_else(|_| String::new(), |out| String::from_utf8_lossy(&out.stdout).trim().to_string());
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpus.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    format!("{compiler}, {}", cpu.trim_start_matches([' ', '\t', ':']))
}
