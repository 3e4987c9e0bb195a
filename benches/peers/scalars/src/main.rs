//! Tapes of scalars beside gradus: `scalars-bench rosenbrock echidna`. The formulas are written once, for all of them.
mod floor;

use std::cell::RefCell;
use std::hint::black_box;
use std::ops::{Add, Mul, Sub};
use std::time::Instant;

use ad_trait::AD;
use ad_trait::reverse_ad::adr::{GlobalComputationGraph, adr};
use common::{Stat, emit, time_inner, u};
use echidna::{BReverse, Reverse, Scalar as _};
use num_dual::{Derivative, DualDVec64};

const STEPS: usize = 614;
const WIDTH: usize = 60;

/// What the formulas need.
trait Scalar: Clone + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    fn from_number(c: f64, minus: Self) -> Self;
    fn plus(self, c: f64) -> Self;
    fn times(self, c: f64) -> Self;
}
macro_rules! scalar {
    ($($t:ty),*) => {$(
        impl Scalar for $t {
            #[inline]
            fn from_number(c: f64, minus: Self) -> Self { c - minus }
            #[inline]
            fn plus(self, c: f64) -> Self { self + c }
            #[inline]
            fn times(self, c: f64) -> Self { self * c }
        }
    )*};
}
scalar!(f64, floor::Var<'_>, Reverse<f64>, BReverse<f64>);
impl Scalar for adr {
    fn from_number(c: f64, minus: Self) -> Self {
        adr::constant(c) - minus
    }
    fn plus(self, c: f64) -> Self {
        self + adr::constant(c)
    }
    fn times(self, c: f64) -> Self {
        self * adr::constant(c)
    }
}
impl Scalar for DualDVec64 {
    fn from_number(c: f64, minus: Self) -> Self {
        -minus + c
    }
    fn plus(self, c: f64) -> Self {
        self + c
    }
    fn times(self, c: f64) -> Self {
        self * c
    }
}

fn rosenbrock<T: Scalar>(x: &[T]) -> T {
    let term = |i: usize| {
        let a = T::from_number(1.0, x[i].clone());
        let b = x[i + 1].clone() - x[i].clone() * x[i].clone();
        a.clone() * a + (b.clone() * b).times(100.0)
    };
    (1..x.len() - 1).fold(term(0), |sum, i| sum + term(i))
}

fn recurrence<T: Scalar>(inputs: &[T], signal: &[f64]) -> T {
    let (rates, start) = inputs.split_at(WIDTH);
    let mut x = start.to_vec();
    for &s in signal {
        for i in (1..WIDTH).rev() {
            x[i] = x[i].clone() + rates[i].clone() * (x[i - 1].clone() - x[i].clone());
        }
        x[0] = x[0].clone() + rates[0].clone() * T::from_number(s, x[0].clone());
    }
    let squares = x.into_iter().map(|x| x.clone() * x);
    squares.reduce(|a, b| a + b).expect("there are some")
}

fn chain<T: Scalar>(x: &[T], nodes: usize) -> T {
    let mut y = x[0].clone();
    for _ in 0..nodes / 2 {
        y = y.times(0.999_999_9);
        y = y.plus(1e-7);
    }
    y
}

/// Which function, of which every peer gets the same.
enum Work {
    Rosenbrock,
    Recurrence(Vec<f64>),
    Chain(usize),
}

impl Work {
    fn of<T: Scalar>(&self, x: &[T]) -> T {
        match self {
            Self::Rosenbrock => rosenbrock(x),
            Self::Recurrence(signal) => recurrence(x, signal),
            Self::Chain(nodes) => chain(x, *nodes),
        }
    }
}

thread_local! {
    static FLOOR: RefCell<(floor::Tape, Vec<f64>)> = RefCell::default();
}

/// The value and the gradient.
fn evaluate(peer: &str, work: &Work, at: &[f64]) -> (f64, Vec<f64>) {
    match peer {
        "floor" => FLOOR.with_borrow_mut(|(tape, slopes)| {
            tape.clear();
            let x: Vec<_> = at.iter().map(|&x| tape.var(x)).collect();
            let y = work.of(&x);
            tape.backward(y, slopes);
            (y.value, slopes[..at.len()].to_vec())
        }),
        "echidna" => {
            let mut value = 0.0;
            let slopes = echidna::grad(
                |x: &[Reverse<f64>]| {
                    let y = work.of(x);
                    value = y.value();
                    y
                },
                at,
            );
            (value, slopes)
        }
        "ad_trait" => {
            GlobalComputationGraph::get().reset();
            let x: Vec<adr> = at.iter().map(|&x| adr::new_variable(x, false)).collect();
            let y = work.of(&x);
            let slopes = y.get_backwards_mode_grad();
            (y.value(), x.iter().map(|x| slopes.wrt(x)).collect())
        }
        "num-dual" => {
            let n = nalgebra::Dyn(at.len());
            let x: Vec<DualDVec64> = (0..at.len())
                .map(|i| DualDVec64::new(at[i], Derivative::derivative_generic(n, nalgebra::U1, i)))
                .collect();
            let y = work.of(&x);
            (y.re, y.eps.unwrap_generic(n, nalgebra::U1).as_slice().to_vec())
        }
        _ => panic!("floor, echidna, echidna-recorded, ad_trait or num-dual, not {peer}"),
    }
}

/// A closure that evaluates; echidna's other tape is recorded once and then only run.
fn evaluator<'a>(peer: &'a str, work: &'a Work, at: &'a [f64]) -> Box<dyn FnMut() -> (f64, Vec<f64>) + 'a> {
    if peer != "echidna-recorded" {
        return Box::new(move || evaluate(peer, work, at));
    }
    let (mut tape, _) = echidna::record(|x: &[BReverse<f64>]| work.of(x), at);
    let mut buffer = Vec::new();
    Box::new(move || {
        let slopes = tape.gradient_with_buf(at, &mut buffer);
        (tape.output_value(), slopes)
    })
}

fn measure(peer: &str, name: &str, work: &Work, at: &[f64], units: usize, inner: usize) {
    let mut run = evaluator(peer, work, at);
    let (value, slopes) = run();
    let stat = time_inner(inner, 2, 5, 1.5, || {
        black_box(run());
    });
    let last = slopes[slopes.len() / 2];
    emit(peer, name, &stat, units as f64, &format!("\"loss0\":{value},\"gx0\":{last},\"ga0\":{}", slopes[0]), "");
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (workload, peer) = (arguments[0].as_str(), arguments[1].as_str());
    match workload {
        "rosenbrock" => {
            for n in [2usize, 10, 100, 1000] {
                let at: Vec<f64> = (0..n).map(|i| 0.5 + 0.01 * (i % 100) as f64).collect();
                let name = format!("rosenbrock_{n}");
                measure(peer, &name, &Work::Rosenbrock, &at, 8 * (n - 1), (100_000 / n / n.min(10)).max(1));
            }
        }
        "recurrence" => {
            let signal = (0..STEPS).map(|t| f64::from(u(t, 42))).collect();
            let rates = (0..WIDTH).map(|i| 0.5 + 0.25 * f64::from(u(i, 40)));
            let at: Vec<f64> = rates.chain((0..WIDTH).map(|i| f64::from(u(i, 41)))).collect();
            measure(peer, "recurrence", &Work::Recurrence(signal), &at, STEPS * WIDTH * 3 + 2 * WIDTH - 1, 1);
        }
        "W13_1e7" => {
            let start = Instant::now();
            let (y, slopes) = evaluate(peer, &Work::Chain(10_000_000), &[1.0]);
            let seconds = start.elapsed().as_secs_f64();
            let stat = Stat { median: seconds, min: seconds, n: 1 };
            emit(peer, "W13_1e7", &stat, 1e7, &format!("\"y\":{y},\"grad\":{}", slopes[0]), "");
        }
        _ => panic!("rosenbrock, recurrence or W13_1e7, not {workload}"),
    }
}
