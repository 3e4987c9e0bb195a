//! What more machines would give: a model of one training step, checked against steps that were measured (docs/many-machines.md).
//!
//! A step computes for `t` and sends `v` bytes of gradients: each machine sends and receives `2 v (N - 1)/N`, in `2 log2 N` messages
//! for each bucket. What is sent while the sweep still runs, two thirds of the computation, costs nothing.

#[path = "common/lesson.rs"]
mod lesson;

use gradus::viz::{Chart, Scale};

/// Seconds from one machine to another.
const LATENCY: f64 = 30e-6;
/// The part of a step during which gradients are sent.
const SWEEP: f64 = 2.0 / 3.0;

/// A training: seconds of computation for a batch on one machine, bytes of its gradients.
struct Training {
    compute: f64,
    bytes: f64,
}

impl Training {
    /// Seconds of a step on N machines, each with this part of the computation, at so many bits a second.
    fn step(&self, machines: f64, part: f64, bits: f64) -> f64 {
        let compute = self.compute * part;
        let buckets = 1.0 + ((self.bytes - f64::from(1 << 20)) / f64::from(25 << 20)).max(0.0).ceil();
        let sent = 2.0 * self.bytes * (machines - 1.0) / machines * 8.0 / bits;
        let messages = 2.0 * machines.log2() * LATENCY * buckets;
        // The last bucket cannot leave before the sweep has ended.
        let hidden = (SWEEP * compute).min((sent + messages) * (1.0 - 1.0 / buckets));
        compute + sent + messages - hidden
    }
}

fn main() {
    // A GPT of 124 million parameters, 8 sequences of 1,024 on one machine: 6 operations a parameter and letter at 1 TFLOP/s.
    let letters = 8.0 * 1024.0;
    let gpt = Training { compute: 6.0 * 124e6 * letters / 1e12, bytes: 4.0 * 124e6 };
    let machines: Vec<f64> = (3..=10).map(|level| f64::from(1 << level)).collect();
    let mut chart = Chart::new("How much of N machines' speed is used")
        .x_axis("machines", Scale::Log10)
        .y_axis("efficiency", Scale::Linear)
        .y_range(0.0, 1.05)
        .note("a GPT of 124 million parameters; weak: 8 sequences a machine; strong: 512 in all");
    println!(
        "{:<22} {}",
        "efficiency",
        machines.iter().map(|n| format!("{n:>7}")).collect::<Vec<_>>().concat()
    );
    for gbit in [1.0, 10.0, 100.0] {
        for (name, strong) in [("weak", false), ("strong", true)] {
            let efficiency = |n: f64| {
                // 512 sequences on N machines are 64/N of what one machine has in the weak case.
                let part = if strong { 64.0 / n } else { 1.0 };
                gpt.compute * part / gpt.step(n, part, gbit * 1e9)
            };
            let points: Vec<(f64, f64)> = machines.iter().map(|&n| (n, efficiency(n))).collect();
            let words: Vec<String> = points.iter().map(|(_, e)| format!("{e:>7.3}")).collect();
            println!("{:<22} {}", format!("{gbit} Gbit/s, {name}"), words.concat());
            chart = chart.line(&format!("{name}, {gbit} Gbit/s"), &points);
            chart = if strong { chart.dashed() } else { chart };
        }
    }
    lesson::save("51_scaling", &chart.svg());
}
