//! Numbers without a generator, the timer, and the JSON line, as all peers have them.

use std::sync::OnceLock;
use std::time::Instant;

use gradus::tensor::{Shape, Tensor};

fn hash(i: usize, seed: u32) -> u32 {
    let mut x = (i as u32).wrapping_add(seed.wrapping_mul(0x9E37_79B9));
    x ^= x >> 16;
    x = x.wrapping_mul(0x21f0_aaad);
    x ^= x >> 15;
    x = x.wrapping_mul(0x735a_2d97);
    x ^= x >> 15;
    x >> 8
}

/// A number in [-1, 1), exact in f32.
pub(crate) fn u(i: usize, seed: u32) -> f32 {
    hash(i, seed) as f32 * (1.0 / 8_388_608.0) - 1.0
}

/// `n` of them, scaled.
pub(crate) fn uvec(n: usize, seed: u32, scale: f32) -> Vec<f32> {
    (0..n).map(|i| u(i, seed) * scale).collect()
}

/// A tensor of them.
pub(crate) fn utensor(shape: impl Into<Shape>, seed: u32, scale: f32) -> Tensor {
    let shape = shape.into();
    Tensor::from_vec(uvec(shape.elements(), seed, scale), shape)
}

/// A weight `[in, out]`, scaled by 1/√in.
pub(crate) fn weight(inputs: usize, outputs: usize, seed: u32) -> Tensor {
    utensor([inputs, outputs], seed, (1.0 / (inputs as f64).sqrt()) as f32)
}

/// Class labels.
pub(crate) fn labels(n: usize, seed: u32, classes: u32) -> Tensor {
    Tensor::from((0..n).map(|i| i64::from(hash(i, seed) % classes)).collect::<Vec<i64>>())
}

/// Seconds of one call.
pub(crate) struct Times {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) calls: usize,
}

/// How many calls are measured, where instructions are counted: `--calls`.
pub(crate) static CALLS: OnceLock<usize> = OnceLock::new();

/// Calls `f` again and again: `warm` warm-ups, then until `seconds` have passed and at least `calls` were made, or as
/// often as `--calls` says.
pub(crate) fn time(warm: usize, calls: usize, seconds: f64, mut f: impl FnMut()) -> Times {
    for _ in 0..warm {
        f();
    }
    let mut times = Vec::new();
    let start = Instant::now();
    let more = |made: usize| match CALLS.get() {
        Some(&calls) => made < calls,
        None => made < 200_000 && (made < calls || start.elapsed().as_secs_f64() < seconds),
    };
    while more(times.len()) {
        let t = Instant::now();
        f();
        times.push(t.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Times { median: times[times.len() / 2], least: times[0], calls: times.len() }
}

/// As [`time`], for work far below the timer's cost: `inner` calls a sample.
pub(crate) fn time_inner(inner: usize, seconds: f64, mut f: impl FnMut()) -> Times {
    let t = time(2, 7, seconds, || (0..inner).for_each(|_| f()));
    Times { median: t.median / inner as f64, least: t.least / inner as f64, calls: t.calls }
}

/// The highest resident size of this process so far, in MB.
pub(crate) fn peak_rss_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<f64>().ok())
        .map_or(0.0, |kb| kb / 1024.0)
}

/// Prints the line of one measurement; `extra` are further JSON members.
pub(crate) fn emit(workload: &str, t: &Times, units: f64, extra: &str) {
    let extra = if extra.is_empty() { String::new() } else { format!(",{extra}") };
    println!(
        "{{\"peer\":\"gradus\",\"workload\":\"{workload}\",\"threads\":{},\"median_s\":{:.9e},\"min_s\":{:.9e},\"unit_count\":{units},\
         \"peak_rss_mb\":{:.1},\"reps\":{},\"note\":\"\"{extra}}}",
        gradus::tensor::kernel::parallel::threads(),
        t.median,
        t.least,
        peak_rss_mb(),
        t.calls
    );
}

/// The losses of the first and the eleventh step of a training workload, where all peers agree on them.
const CHECKSUMS: [(&str, f64, f64); 5] = [
    ("W3", 0.075_530_1, 0.069_826_3),
    ("W4", 2.298_542, 1.561_07),
    ("W5", 2.301_828, 2.130_265),
    ("W6", 4.324_838, 3.035_876),
    ("W7", 2.298_233, 2.069_074),
];

/// A training workload: eleven steps for the checksums, then the timing.
pub(crate) fn training(workload: &str, step: impl FnMut() -> f64) {
    training_for(workload, 4.0, 1.0, step);
}

/// As [`training`], timed for so many seconds; a step does `units` of work.
pub(crate) fn training_for(workload: &str, seconds: f64, units: f64, mut step: impl FnMut() -> f64) {
    // Where instructions are counted the losses are not looked at: they would be most of the count.
    let losses: Vec<f64> = (0..if CALLS.get().is_some() { 1 } else { 11 }).map(|_| step()).collect();
    let checked = losses.len() == 11;
    if let Some((_, first, last)) = CHECKSUMS.iter().find(|(name, ..)| checked && *name == workload) {
        for (want, got) in [(first, losses[0]), (last, losses[10])] {
            assert!((want - got).abs() < 4e-6 * want, "{workload}: a loss of {got}, all peers have {want}");
        }
    }
    let seconds =
        std::env::var("BENCH_SECONDS").map_or(seconds, |s| s.parse().expect("BENCH_SECONDS is a number"));
    let t = time(3, 7, seconds, || {
        step();
    });
    emit(workload, &t, units, &format!("\"loss0\":{},\"loss10\":{}", losses[0], losses[losses.len() - 1]));
}
