//! How time grows with size: nanoseconds per element from 10² to 10⁸ elements and per node from 10² to 10⁷ nodes.
//!
//! `cargo bench --bench growth` prints the table and writes the picture `benches/growth.svg`; `-- --quick` stops at 10⁶
//! and writes no picture. One thread, f32; each figure is the median of at least five samples of 50 µs or more.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use gradus::autograd::{Param, Tape, value_and_grad};
use gradus::tensor::{Tensor, kernel::pool, rng};
use gradus_viz::{Chart, Figure, Scale};

/// Names of the columns, and for each size the nanoseconds per element or node in them.
struct Growth {
    names: [&'static str; 3],
    rows: Vec<(usize, [f64; 3])>,
}

/// The least seconds of one sample.
const SAMPLE: f64 = 50e-6;
/// Samples are taken until so many seconds have passed.
const SECONDS: f64 = 0.4;

/// The median seconds of the parts of one call, each by itself; the call tells how long its parts took.
fn median<const N: usize>(mut call: impl FnMut() -> [f64; N]) -> [f64; N] {
    let first: f64 = call().iter().sum();
    let inner = (SAMPLE / first.max(1e-9)).ceil().max(1.0) as usize;
    let mut samples = Vec::new();
    let start = Instant::now();
    while samples.len() < 5 || start.elapsed().as_secs_f64() < SECONDS {
        let mut sample = [0.0; N];
        for _ in 0..inner {
            let parts = call();
            for (s, part) in sample.iter_mut().zip(parts) {
                *s += part / inner as f64;
            }
        }
        samples.push(sample);
    }
    std::array::from_fn(|part| {
        let mut times: Vec<f64> = samples.iter().map(|sample| sample[part]).collect();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

/// The median seconds of one call, which is timed in groups: a call may be shorter than a look at the clock.
fn median_of_whole(mut call: impl FnMut()) -> f64 {
    let start = Instant::now();
    call();
    let group = (SAMPLE / start.elapsed().as_secs_f64().max(1e-9)).ceil().max(1.0);
    let [seconds] = median(|| {
        let start = Instant::now();
        (0..group as usize).for_each(|_| call());
        [start.elapsed().as_secs_f64() / group]
    });
    seconds
}

/// 10², 3·10², 10³, … `last`.
fn sizes(last: usize) -> impl Iterator<Item = usize> {
    (2..).flat_map(|k| [10usize.pow(k), 3 * 10usize.pow(k)]).take_while(move |&n| n <= last)
}

/// Sum, `$x + y$`, and `$\tanh(x) x + e^{-x^2}$` with its gradient.
fn elements(last: usize) -> Growth {
    let names = ["sum of x", "x + y", "tanh(x)·x + exp(−x²), forward and backward"];
    let row = |n: usize| {
        let mut rng = rng(1);
        let x = Param::new(Tensor::uniform(n, -2.0, 2.0, &mut rng));
        let sum = median_of_whole(|| drop(black_box(x.value()).sum()));
        let y = Tensor::uniform(n, -2.0, 2.0, &mut rng);
        let add = median_of_whole(|| drop(black_box(x.value()) + &y));
        drop(y);
        let expression = median_of_whole(|| {
            let step = value_and_grad(|tape| {
                let x = tape.param(&x);
                (x.tanh() * x + (-(x * x)).exp()).sum()
            });
            drop(black_box(step));
        });
        drop(x);
        pool::release();
        (n, [sum, add, expression].map(|seconds| seconds / n as f64 * 1e9))
    };
    Growth { names, rows: sizes(last).map(row).collect() }
}

/// A chain of `$y \leftarrow 0.9999999\, y + 10^{-7}$` on numbers, with a used tape's memory and with none.
fn nodes(last: usize) -> Growth {
    let names = ["forward, used tape", "backward, used tape", "forward, backward and drop, new tape"];
    let x = Param::new(1f32);
    let row = |n: usize| {
        let [forward, backward] = median(|| {
            let start = Instant::now();
            let mut forward = 0.0;
            let step = value_and_grad(|tape| {
                let mut y = tape.param(&x);
                for _ in 0..n / 2 {
                    y = y * 0.999_999_9 + 1e-7;
                }
                forward = start.elapsed().as_secs_f64();
                y
            });
            drop(black_box(step));
            [forward, start.elapsed().as_secs_f64() - forward]
        });
        let new = median_of_whole(|| {
            let tape = Tape::new();
            let mut y = tape.var(1f32);
            for _ in 0..n / 2 {
                y = y * 0.999_999_9 + 1e-7;
            }
            drop(black_box(y.backward()));
        });
        (n, [forward, backward, new].map(|seconds| seconds / n as f64 * 1e9))
    };
    Growth { names, rows: sizes(last).map(row).collect() }
}

fn print(unit: &str, growth: &Growth) {
    println!("| {unit} | {} |\n|{}", growth.names.join(" | "), "---|".repeat(4));
    for (n, [a, b, c]) in &growth.rows {
        println!("| {n} | {a:.3} | {b:.3} | {c:.3} |");
    }
    println!();
}

fn chart(title: &str, unit: &str, growth: &Growth, range: (f64, f64)) -> Chart {
    let empty = Chart::new(title)
        .y_range(range.0, range.1)
        .x_axis(&format!("number of {unit}s"), Scale::Log10)
        .y_axis(&format!("ns per {unit}"), Scale::Log10);
    growth.names.iter().enumerate().fold(empty, |chart, (i, name)| {
        let points: Vec<(f64, f64)> = growth.rows.iter().map(|(n, ns)| (*n as f64, ns[i])).collect();
        chart.line(name, &points)
    })
}

fn main() {
    let quick = std::env::args().any(|arg| arg == "--quick");
    gradus::set_threads(1);
    println!("Nanoseconds, one thread, f32.\n");
    let nodes = nodes(if quick { 1_000_000 } else { 10_000_000 });
    print("nodes", &nodes);
    let elements = elements(if quick { 1_000_000 } else { 100_000_000 });
    print("elements", &elements);
    if !quick {
        let figure = Figure::new("Time against size: f32, one thread")
            .panel(chart("Elements of a value", "element", &elements, (0.03, 100.0)))
            .panel(chart("Nodes of a tape", "node", &nodes, (1.0, 1000.0)));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/growth.svg");
        fs::write(&path, figure.svg()).expect("the folder of the benches can be written");
        println!("wrote benches/growth.svg");
    }
}
