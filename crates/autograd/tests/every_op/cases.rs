//! Further cases of the operations of `composed.rs`, and functions that are handed functions: checkpoints, fixed points,
//! operations from closures.

use gradus_autograd::ops::{ConvOptions, Pool, Resize};
use gradus_autograd::{Var, implicit};
use gradus_tensor::pool::Taps;
use gradus_tensor::{DType, Tensor};

use super::composed::Entry;

macro_rules! case {
    ($name:literal [$($shape:expr),*] |$x:ident| $f:expr) => {
        Entry { name: $name, shapes: &[$(&$shape),*], low: -1.0, high: 1.0, f: |$x| $f }
    };
}

/// `x³` with its rule.
fn cube(x: Var<'_>) -> Var<'_> {
    let rule = |step: &mut gradus_autograd::Backward<'_>| {
        let x = step.x(0);
        step.give(0, 3.0 * x * x * step.dy());
    };
    x.tape().custom("cube", &[x], |x| &(&x[0] * &x[0]) * &x[0], rule)
}

/// `A B` with its rule, as a closure of two inputs.
fn product<'t>(a: Var<'t>, b: Var<'t>) -> Var<'t> {
    let rule = |step: &mut gradus_autograd::Backward<'_>| {
        let (a, b, dy) = (step.x(0), step.x(1), step.dy());
        step.give(0, dy.matmul(b.t()));
        step.give(1, a.t().matmul(dy));
    };
    a.tape().custom("product", &[a, b], |x| x[0].matmul(&x[1]), rule)
}

/// Larger than what a tape keeps in its word buffer, so that a checkpoint drops it.
const LARGE: [usize; 2] = [9, 16];

pub(crate) const TABLE: &[Entry] = &[
    // An odd number of weighted sums: the rule of one is the transpose, of two transposes nothing is left.
    case!(
        "along_axis"[[2, 5]] | x | {
            let taps = Taps { input: 5, rows: vec![vec![(0, 0.5), (1, -2.0)], vec![(4, 1.5)], vec![]] };
            x[0].along_axis(1, taps).square()
        }
    ),
    case!(
        "avg_pool_of_lines"[[1, 2, 7]]
            | x
            | x[0].avg_pool(&Pool { stride: vec![1], padding: vec![1], ..Pool::of(3) }).square()
    ),
    case!(
        "avg_pool_of_volumes"[[1, 1, 2, 4, 3]]
            | x
            | x[0].avg_pool(&Pool { stride: vec![1], ..Pool::of(2) }).square()
    ),
    case!("adaptive_avg_pool_of_lines"[[1, 2, 5]] | x | x[0].adaptive_avg_pool(&[3]).square()),
    case!("resize_lines"[[1, 1, 3]] | x | x[0].resize(&[5], Resize::Linear { corners: false }).square()),
    case!(
        "weighted_cross_entropy"[[3, 4]] | x | {
            x[0].cross_entropy(&Tensor::from([0i64, 3, 1])).square()
                + x[0].cross_entropy(&Tensor::from([2i64, 2, 0])).exp()
        }
    ),
    case!("cat_of_three" [[2, 1], [2, 3], [2, 2]] |x| Var::cat(x, 1).square()),
    // Each is the rule of the other, so each by itself.
    case!("columns"[[1, 1, 4, 4]] | x | x[0].window_columns(&[2, 2], &ConvOptions::default()).square()),
    case!("fold"[[1, 4, 9]] | x | x[0].fold(&[4, 4], &[2, 2], &ConvOptions::default()).square()),
    // Less is used of the source than it has.
    case!("scatter_add_of_a_part" [[2, 3], [3, 3]] |x| {
        x[0].scatter_add(1, &Tensor::from([[0i64, 0], [2, 1]]), x[1]).square()
    }),
    case!("cross_entropy_of_products" [[3, 2], [2, 4]] |x| x[0].matmul(x[1]).cross_entropy(&Tensor::from([1i64, 3, 0]))),
    // Recomputed parts.
    case!("checkpoint"[[2, 3]] | x | x[0].checkpoint(|x| (x.sin() * x).exp())),
    case!("checkpoint_of_large_values"[LARGE] | x | x[0].checkpoint(|x| (x.sin() * x).exp().tanh())),
    case!(
        "checkpoint_inside_a_checkpoint"[LARGE] | x | {
            x[0].sin().checkpoint(|x| (x * x).checkpoint(|x| x.exp() * x).softmax(1))
        }
    ),
    case!("checkpoint_with_weights" [[3, 16], [16, 2]] |x| {
        let w = x[1];
        x[0].checkpoint(move |x| x.tanh().matmul(w).tanh())
    }),
    // Fixed points: x = cos(a x), and a system that is a contraction.
    case!(
        "implicit"[[]] | x | {
            let a = x[0] * 0.3 + 0.6;
            implicit(|x, a| (a[0] * x).cos(), Tensor::scalar(0.5), &[a])
        }
    ),
    case!("implicit_system" [[2, 2], [2, 1]] |x| {
        implicit(|x, a| (a[0].matmul(x) * 0.4 + a[1]).tanh(), Tensor::zeros_of([2, 1], DType::F64), x)
    }),
    // Operations from closures.
    case!("custom"[[2, 3]] | x | cube(x[0]) * x[0].sin()),
    case!("custom_of_two" [[2, 3], [3, 2]] |x| product(x[0], x[1]).tanh()),
];
