//! What more machines would give: a model of one training step, checked against steps that were measured (docs/many-machines.md).
//!
//! A step computes for `t` and sends `v` bytes of gradients: each machine sends and receives `2 v (N - 1)/N`, in `2 log2 N` messages
//! for each bucket. What a network sends while the sweep still runs, two thirds of the computation, costs nothing. In one machine's
//! memory the cores copy themselves: nothing is hidden, and copies into buckets and additions are counted, too.

#[path = "common/lesson.rs"]
mod lesson;

use gradus::viz::{Chart, Scale};

/// How ranks reach each other.
#[derive(Debug, Clone, Copy)]
struct Link {
    /// Seconds of a message.
    latency: f64,
    /// Bytes a second, each way.
    rate: f64,
    /// Whether it sends while the cores compute.
    overlaps: bool,
}

impl Link {
    fn network(gbit: f64) -> Self {
        Self { latency: 30e-6, rate: gbit * 1e9 / 8.0, overlaps: true }
    }
}

/// Two ranks of one machine, as `crates/parallel-mpi/examples/messages.rs` measured them there: 8 bytes, and 16 MiB, which no cache holds.
const MEMORY: Link = Link { latency: 0.3e-6, rate: 8.76e9, overlaps: false };
/// Bytes a second of a copy of 16 MiB there.
const COPY: f64 = 15.5e9;
/// The part of a step during which gradients are sent.
const SWEEP: f64 = 2.0 / 3.0;

/// A training: seconds of computation for a batch on one machine, bytes of its gradients.
struct Training {
    compute: f64,
    bytes: f64,
}

impl Training {
    /// Seconds of a step on N machines, each with this part of the computation.
    fn step(&self, machines: f64, part: f64, link: Link) -> f64 {
        let compute = self.compute * part;
        let buckets = 1.0 + ((self.bytes - f64::from(1 << 20)) / f64::from(25 << 20)).max(0.0).ceil();
        let sent = 2.0 * self.bytes * (machines - 1.0) / machines / link.rate;
        let messages = 2.0 * machines.log2() * link.latency * buckets;
        let copied = if link.overlaps { 0.0 } else { 1.5 * self.bytes / COPY };
        // The last bucket cannot leave before the sweep has ended.
        let early = if link.overlaps { (sent + messages) * (1.0 - 1.0 / buckets) } else { 0.0 };
        compute + sent + messages + copied - early.min(SWEEP * compute)
    }
}

/// The model beside two ranks on two cores, the only place where it could be measured: steps of a small GPT with 818,241 parameters in
/// milliseconds (`cost.rs` of `crates/parallel-mpi`, a part a rank), and of one rank with what each of the two has.
fn check() {
    println!("two ranks on two cores         alone  predicted  measured  efficiency");
    for (what, alone, measured) in
        [("strong, 12 sequences in all", 13.29, 14.95), ("weak, 12 sequences a rank", 26.62, 27.73)]
    {
        let gpt = Training { compute: alone / 1e3, bytes: 4.0 * 818_241.0 };
        let predicted = 1e3 * gpt.step(2.0, 1.0, MEMORY);
        println!("{what:<28} {alone:>7.2} {predicted:>10.2} {measured:>9.2} {:>11.2}", alone / measured);
    }
    println!();
}

fn main() {
    check();
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
                gpt.compute * part / gpt.step(n, part, Link::network(gbit))
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
