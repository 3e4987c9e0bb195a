//! W1, W2, W13: what one node costs; Rosenbrock's function and a recurrence over scalars.

use std::time::Instant;

use gradus::autograd::{Mode, Param, Tape, Var, on_tape, value_and_grad};
use gradus::tensor::Tensor;

use crate::common::{Times, emit, peak_rss_mb, time, time_inner, u, uvec};

/// An MLP 2-16-16-1 of scalars: one `mul` and one `add` node for each weight.
pub(crate) fn w1() {
    const POINTS: usize = 10;
    let sizes = [2usize, 16, 16, 1];
    let xs = uvec(POINTS * 2, 1000, 1.0);
    let ys: Vec<f64> =
        xs.chunks(2).map(|x| if x[0] * x[0] + x[1] * x[1] < 0.5 { 1.0 } else { -1.0 }).collect();
    let weights: Vec<Vec<Param>> = (0..3)
        .map(|l| {
            let scale = (1.0 / (sizes[l] as f64).sqrt()) as f32;
            uvec(sizes[l] * sizes[l + 1], l as u32, scale).into_iter().map(Param::new).collect()
        })
        .collect();
    let biases: Vec<Vec<Param>> =
        (0..3).map(|l| (0..sizes[l + 1]).map(|_| Param::new(0f32)).collect()).collect();
    let step = || {
        value_and_grad(|tape| {
            let lift = |layers: &[Vec<Param>]| -> Vec<Vec<Var<'_>>> {
                layers.iter().map(|layer| layer.iter().map(|p| tape.param(p)).collect()).collect()
            };
            let (w, b) = (lift(&weights), lift(&biases));
            let mut total: Option<Var<'_>> = None;
            for p in 0..POINTS {
                let mut layer: Vec<Var<'_>> =
                    xs[2 * p..2 * p + 2].iter().map(|&x| tape.constant(x)).collect();
                for l in 0..3 {
                    let neuron = |j: usize| {
                        let row = &w[l][j * sizes[l]..][..sizes[l]];
                        let s = row.iter().zip(&layer).fold(b[l][j], |s, (&w, &x)| s + w * x);
                        if l < 2 { s.relu() } else { s }
                    };
                    layer = (0..sizes[l + 1]).map(neuron).collect();
                }
                let t = (layer[0] * -ys[p] + 1.0).relu();
                total = Some(total.map_or(t, |sum| sum + t));
            }
            total.expect("there are points") * (1.0 / POINTS as f64)
        })
    };
    let (loss, _) = step();
    let t = time(3, 10, 3.0, || {
        step();
    });
    emit("W1", &t, (POINTS * 643 + POINTS) as f64, &format!("\"loss0\":{loss}"));
}

/// A thousand chained operations on eight numbers.
pub(crate) fn w2() {
    let x = Param::new(uvec(8, 2000, 1.0));
    let a = Param::new(uvec(8, 2001, 0.01).iter().map(|v| v + 1.0).collect::<Vec<f32>>());
    let b = Param::new(uvec(8, 2002, 0.01));
    let step = || {
        value_and_grad(|tape| {
            let (mut y, a, b) = (tape.param(&x), tape.param(&a), tape.param(&b));
            for k in 0..1000 {
                y = match k % 3 {
                    0 => y * a,
                    1 => y + b,
                    _ => y.tanh(),
                };
            }
            y.sum()
        })
    };
    let (loss, grads) = step();
    let first = |p: &Param| grads.get(p).map_or(f64::NAN, |g: &Tensor| g.to_f64_vec()[0]);
    let extra = format!("\"loss0\":{loss},\"gx0\":{:e},\"ga0\":{}", first(&x), first(&a));
    let t = time(3, 10, 3.0, || {
        step();
    });
    emit("W2", &t, 1000.0, &extra);
}

/// A chain of a million operations on a fresh tape: forward, backward, drop.
pub(crate) fn w13() {
    chain("W13", 1_000_000);
}

/// As [`w13`], of ten million.
pub(crate) fn w13_1e7() {
    chain("W13_1e7", 10_000_000);
}

fn chain(workload: &str, nodes: usize) {
    let base = peak_rss_mb();
    let start = Instant::now();
    let tape = Tape::new();
    let x = tape.var(1f32);
    let mut y = x;
    for _ in 0..nodes / 2 {
        y *= 0.999_999_9;
        y += 1e-7;
    }
    let forward = start.elapsed().as_secs_f64();
    let value = y.item();
    let grads = y.backward();
    let backward = start.elapsed().as_secs_f64() - forward;
    let gradient = grads.wrt(x).item();
    let bytes = tape.bytes() as f64 / tape.len() as f64;
    drop(grads);
    drop(tape);
    let all = start.elapsed().as_secs_f64();
    let t = Times { median: all, least: all, calls: 1 };
    let extra = format!(
        "\"y\":{value},\"grad\":{gradient},\"forward_s\":{forward:.4},\"backward_s\":{backward:.4},\"bytes_per_node\":{bytes:.1},\
         \"base_mb\":{base:.1}"
    );
    emit(workload, &t, nodes as f64, &extra);
}

/// The value of a function of scalars and its gradient.
fn value_and_slopes(f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, at: &[f64]) -> (f64, Vec<f64>) {
    on_tape(Mode::Record, |tape| {
        let x = tape.vars(at);
        let y = f(&x);
        (y.item(), y.backward().items(&x))
    })
}

/// Rosenbrock's function, one variable a number, with its gradient.
pub(crate) fn rosenbrock() {
    for n in [2usize, 10, 100, 1000] {
        let at: Vec<f64> = (0..n).map(|i| 0.5 + 0.01 * (i % 100) as f64).collect();
        let evaluate = || {
            value_and_slopes(
                |x| {
                    let term = |i: usize| {
                        let (a, b) = (1.0 - x[i], x[i + 1] - x[i] * x[i]);
                        a * a + b * b * 100.0
                    };
                    (0..n - 1).map(term).sum()
                },
                &at,
            )
        };
        let (value, slopes) = evaluate();
        let t = time_inner(100_000 / n, 1.5, || {
            std::hint::black_box(evaluate());
        });
        let extra = format!("\"loss0\":{value},\"gx0\":{},\"ga0\":{}", slopes[n / 2], slopes[0]);
        emit(&format!("rosenbrock_{n}"), &t, (8 * (n - 1)) as f64, &extra);
    }
}

/// 614 steps of 60 scalars, each of which follows the one before it; the value and the gradient in the rates and in the start.
pub(crate) fn recurrence() {
    const STEPS: usize = 614;
    const WIDTH: usize = 60;
    let signal: Vec<f64> = (0..STEPS).map(|t| f64::from(u(t, 42))).collect();
    let rates = (0..WIDTH).map(|i| 0.5 + 0.25 * f64::from(u(i, 40)));
    let at: Vec<f64> = rates.chain((0..WIDTH).map(|i| f64::from(u(i, 41)))).collect();
    let evaluate = || {
        value_and_slopes(
            |inputs| {
                let (rates, start) = inputs.split_at(WIDTH);
                let mut x = start.to_vec();
                for &s in &signal {
                    for i in (1..WIDTH).rev() {
                        x[i] = x[i] + rates[i] * (x[i - 1] - x[i]);
                    }
                    x[0] = x[0] + rates[0] * (s - x[0]);
                }
                x.iter().map(|&x| x * x).sum()
            },
            &at,
        )
    };
    let (value, slopes) = evaluate();
    let t = time(3, 10, 3.0, || {
        std::hint::black_box(evaluate());
    });
    let extra = format!("\"loss0\":{value},\"gx0\":{},\"ga0\":{}", slopes[WIDTH], slopes[0]);
    emit("recurrence", &t, (STEPS * WIDTH * 3 + 2 * WIDTH - 1) as f64, &extra);
}
