//! The programs and their wrong rules. A broken operation has the name of the right one, and the right values.

use gradus::autograd::{Backward, TensorExt, Var};
use gradus::tensor::{DType, Tensor};

use super::{Broken, Fault};

/// An operation with its own rule.
fn op<'t>(
    name: &'static str,
    x: &[Var<'t>],
    forward: impl Fn(&[Tensor]) -> Tensor + 'static,
    rule: impl for<'a> Fn(&mut Backward<'a>) + 'static,
) -> Var<'t> {
    x[0].tape().custom(name, x, forward, rule)
}

fn sub<'t>(x: &[Var<'t>]) -> Var<'t> {
    op(
        "sub",
        x,
        |x| &x[0] - &x[1],
        |step| {
            step.give(0, step.dy());
            step.give(1, step.dy());
        },
    )
}

fn square<'t>(x: &[Var<'t>]) -> Var<'t> {
    op("square", x, |x| x[0].square(), |step| step.give(0, step.x(0) * step.dy()))
}

fn log_softmax<'t>(x: &[Var<'t>]) -> Var<'t> {
    op(
        "log_softmax",
        x,
        |x| x[0].log_softmax(-1),
        |step| {
            let dy = step.dy();
            step.give(0, dy - step.y().exp() * dy.sum_keep(0));
        },
    )
}

fn softmax<'t>(x: &[Var<'t>]) -> Var<'t> {
    op("softmax", x, |x| x[0].softmax(-1), |step| step.give(0, step.y() * step.dy()))
}

fn tanh<'t>(x: &[Var<'t>]) -> Var<'t> {
    op(
        "tanh",
        x,
        |x| x[0].tanh(),
        |step| {
            let y = step.y();
            step.give(0, step.dy() * y * (1.0 - y));
        },
    )
}

fn cat<'t>(x: &[Var<'t>]) -> Var<'t> {
    op(
        "cat",
        x,
        |x| Tensor::cat(x, 0),
        |step| {
            let length = step.shape(0)[0];
            step.give(0, step.dy().narrow(0, 0, length));
        },
    )
}

fn silu<'t>(x: &[Var<'t>]) -> Var<'t> {
    op("silu", x, |x| x[0].silu(), |step| step.give(0, step.dy() * step.x(0).sigmoid()))
}

fn exp<'t>(x: &[Var<'t>]) -> Var<'t> {
    x[0].to(DType::F32).exp().to(DType::F64)
}

fn matmul<'t>(x: &[Var<'t>]) -> Var<'t> {
    op(
        "matmul",
        x,
        |x| x[0].matmul(&x[1]),
        |step| {
            let (a, b, dy) = (step.x(0), step.x(1), step.dy());
            step.give(0, dy.matmul(b.t()));
            step.give(1, a.matmul(dy));
        },
    )
}

fn relu<'t>(x: &[Var<'t>]) -> Var<'t> {
    op(
        "relu",
        x,
        |x| x[0].relu(),
        |step| {
            let zero = Tensor::scalar(0.0);
            let mask = step.dy().value().gt(&zero).to(DType::F64);
            step.give(0, step.dy() * &mask);
        },
    )
}

pub(super) static BROKEN: [Broken; 10] = [
    Broken {
        title: "a squared distance",
        program: "mean(sub(a, b)^2)",
        values: &[("a", "[1, 2, -0.5]"), ("b", "[0.5, -1, 2]")],
        own: &[("sub", 2, |x| Ok(sub(x)))],
        operation: "sub",
        also: &[],
        fault: Fault::Sign,
        why: "It sends ȳ to both inputs; the second one is subtracted and receives −ȳ.",
    },
    Broken {
        title: "a sum of squares",
        program: "sum(square(w*x + c))",
        values: &[("w", "[0.5, -1.5]"), ("x", "[2, 1]"), ("c", "0.25")],
        own: &[("square", 1, |x| Ok(square(x)))],
        operation: "square",
        also: &[],
        fault: Fault::Factor,
        why: "It sends x·ȳ; the slope of x² is 2·x.",
    },
    Broken {
        title: "log-probabilities of three rows",
        program: "mean(log_softmax(x) * p)",
        values: &[
            ("x", "[[0.5, -1, 2], [1, 0.25, -0.5], [-2, 0.75, 1]]"),
            ("p", "[[1, 0, 0], [0, 0, 1], [0, 2, 0]]"),
        ],
        own: &[("log_softmax", 1, |x| Ok(log_softmax(x)))],
        operation: "log_softmax",
        also: &[],
        fault: Fault::Axis,
        why: "It sends ȳ − softmax(x)·Σ ȳ with the sum over each column; the function is of a row, and so is the sum.",
    },
    Broken {
        title: "weights that add up to 1",
        program: "sum(softmax(s / 2) * v) + mean(s^2)",
        values: &[("s", "[1, -0.5, 0.25]"), ("v", "[2, -1, 0.5]")],
        own: &[("softmax", 1, |x| Ok(softmax(x)))],
        operation: "softmax",
        also: &[],
        fault: Fault::Sum,
        why: "It sends y·ȳ; all outputs share their sum, and so the rule is y·(ȳ − Σ ȳ·y).",
    },
    Broken {
        title: "a neuron",
        program: "tanh(w*x + b)",
        values: &[("w", "-0.75"), ("x", "2"), ("b", "1")],
        own: &[("tanh", 1, |x| Ok(tanh(x)))],
        operation: "tanh",
        also: &[],
        fault: Fault::Neighbour,
        why: "It has the slope of the sigmoid, y·(1 − y); that of tanh is 1 − y².",
    },
    Broken {
        title: "two vectors joined",
        program: "sum(cat(a, sin(b)) * c)",
        values: &[("a", "[1, 2]"), ("b", "[0.5, -1, 2]"), ("c", "[3, -1, 2, 0.5, 1]")],
        own: &[("cat", 2, |x| Ok(cat(x)))],
        operation: "cat",
        also: &[],
        fault: Fault::Piece,
        why: "Only its first input receives its part of ȳ; the second one has a part too.",
    },
    Broken {
        title: "a gate",
        program: "sum(silu(x) * w) / 2",
        values: &[("x", "[1, -0.5, 2]"), ("w", "[0.5, 2, -1]")],
        own: &[("silu", 1, |x| Ok(silu(x)))],
        operation: "silu",
        also: &[],
        fault: Fault::Branch,
        why: "It sends σ(x)·ȳ; x also stands in the gate, which adds x·σ(x)·(1 − σ(x))·ȳ.",
    },
    Broken {
        title: "growth",
        program: "sum(exp(x) * w)",
        values: &[("x", "[0.7, -0.3, 1.1]"), ("w", "[2, 1, -1]")],
        own: &[("exp", 1, |x| Ok(exp(x)))],
        operation: "exp",
        also: &["to"],
        fault: Fault::Dtype,
        why: "The exponential is computed in F32 between inputs and outputs in F64: 7 digits are left of 16.",
    },
    Broken {
        title: "a product of matrices",
        program: "sum(tanh(matmul(A, B)) * C)",
        values: &[
            ("A", "[[0.5, -1], [2, 0.25]]"),
            ("B", "[[1, 0.5], [-0.5, 0.75]]"),
            ("C", "[[1, 2], [-1, 0.5]]"),
        ],
        own: &[("matmul", 2, |x| Ok(matmul(x)))],
        operation: "matmul",
        also: &[],
        fault: Fault::Transpose,
        why: "It sends A·ȳ to B; the rule is Aᵀ·ȳ. With square matrices the shapes do not tell.",
    },
    Broken {
        title: "a rectified layer",
        program: "sum(relu(x - 0.5) * w)",
        values: &[("x", "[1, -0.5, 2, 0.25]"), ("w", "[2, 1, -1, -3]")],
        own: &[("relu", 1, |x| Ok(relu(x)))],
        operation: "relu",
        also: &[],
        fault: Fault::Mask,
        why: "It lets ȳ pass where ȳ is positive; what decides is the input: where x is positive.",
    },
];
