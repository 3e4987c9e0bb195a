//! W3, W4, W8, W11, W12: training steps, optimizers, gradient checks, Hessian-vector products.

use gradus::autograd::{
    FiniteDifference, Gradients, Param, Params, Tape, Var, gradcheck, jacobian, model_hvp, params,
    value_and_grad,
};
use gradus::nn::{Linear, Module};
use gradus::optim::{Adam, AdamW, Optimizer, Rule, Sgd};
use gradus::tensor::{DType, Tensor};

use crate::common::{emit, labels, time, training, u, utensor, weight};

/// Three linear layers with an activation between them.
#[derive(Debug)]
struct Mlp {
    layers: Vec<Linear>,
}
params!(Mlp { layers });

impl Mlp {
    fn new(sizes: &[usize]) -> Self {
        let layer = |(l, pair): (usize, &[usize])| {
            let (inputs, outputs) = (pair[0], pair[1]);
            // PyTorch's layout is [out, in]; the peers' numbers run over [in, out].
            let weight = weight(inputs, outputs, l as u32).t().copied();
            Linear { weight: Param::new(weight), bias: Some(Param::new(Tensor::zeros(outputs))) }
        };
        Self { layers: sizes.windows(2).enumerate().map(layer).collect() }
    }

    fn forward<'t>(&self, x: Var<'t>, activation: impl Fn(Var<'t>) -> Var<'t>) -> Var<'t> {
        let last = self.layers.len() - 1;
        self.layers.iter().enumerate().fold(x, |x, (l, layer)| {
            let y = layer.forward(x);
            if l == last { y } else { activation(y) }
        })
    }
}

/// An MLP 2-32-32-1 on 64 points.
pub(crate) fn w3() {
    let mut model = Mlp::new(&[2, 32, 32, 1]);
    let x = utensor([64, 2], 1003, 1.0);
    let y = &x.slice(1, 0..1) * &x.slice(1, 1..2);
    let mut optimizer = Optimizer::new(Sgd { momentum: 0.9, ..Sgd::default() }, 0.05);
    training("W3", || {
        optimizer.training_step(&mut model, |model, tape| model.forward(tape.constant(&x), Var::tanh).mse(&y))
    });
}

/// A step of the smallest useful program (`benches/peers/hello`): two layers, eight rows, AdamW.
pub(crate) fn hello() {
    let mut model = Mlp::new(&[4, 16, 3]);
    let (x, y) = (utensor([8, 4], 1014, 1.0), labels(8, 1015, 3));
    let mut optimizer = Optimizer::new(AdamW::default(), 1e-2);
    training("hello", || {
        optimizer.training_step(&mut model, |model, tape| {
            model.forward(tape.constant(&x), Var::relu).cross_entropy(&y)
        })
    });
}

fn w4_data() -> (Tensor, Tensor) {
    ((&utensor([128, 784], 1004, 1.0) + 1.0) * 0.5, labels(128, 1005, 10))
}

/// An MLP 784-512-256-10, batch 128, Adam.
pub(crate) fn w4() {
    let mut model = Mlp::new(&[784, 512, 256, 10]);
    let (x, y) = w4_data();
    let mut optimizer = Optimizer::new(Adam::default(), 1e-3);
    training("W4", || {
        optimizer.training_step(&mut model, |model, tape| {
            model.forward(tape.constant(&x), Var::relu).cross_entropy(&y)
        })
    });
}

/// One optimizer step over ten million parameters, in one tensor and in 200.
pub(crate) fn w8() {
    let sgd = || Sgd { momentum: 0.9, ..Sgd::default() };
    for pieces in [1, 200] {
        w8_case("sgdm", pieces, 20.0, sgd(), 0.01);
        w8_case("adam", pieces, 28.0, Adam::default(), 1e-3);
        w8_case("adamw", pieces, 28.0, AdamW { weight_decay: 0.01, ..AdamW::default() }, 1e-3);
    }
}

fn w8_case<R: Rule>(name: &str, pieces: usize, bytes: f64, rule: R, lr: f64) {
    const N: usize = 10_000_000;
    let each = N / pieces;
    let cut = |seed: u32, scale: f32| -> Vec<Tensor> {
        let piece = |k: usize| (0..each).map(|i| u(k * each + i, seed) * scale).collect::<Vec<f32>>();
        (0..pieces).map(|k| Tensor::from(piece(k))).collect()
    };
    let mut model: Vec<Param> = cut(0, 1.0).into_iter().map(Param::new).collect();
    let mut grads = gradus::autograd::Gradients::default();
    for (p, g) in model.iter().zip(cut(1, 0.01)) {
        grads.set(p.id(), g);
    }
    let mut optimizer = Optimizer::new(rule, lr);
    for _ in 0..3 {
        optimizer.step(&mut model, &grads);
    }
    let sum3: f64 = model.iter().map(|p| p.value().to_f64_vec().iter().sum::<f64>()).sum();
    let t = time(1, 5, 1.5, || optimizer.step(&mut model, &grads));
    let extra = format!("\"gbs\":{:.3},\"sum3\":{sum3}", N as f64 * bytes / t.median / 1e9);
    emit(&format!("W8_{name}_{pieces}x{}", if pieces == 1 { "1e7" } else { "5e4" }), &t, N as f64, &extra);
}

/// A gradient check of a small network over all 470 inputs.
pub(crate) fn w11() {
    let wide = |t: Tensor| t.to(DType::F64);
    let inputs = [
        wide(utensor([4, 10], 1012, 1.0)),
        wide(weight(10, 20, 0)),
        Tensor::zeros_of(20, DType::F64),
        wide(weight(20, 10, 1)),
        Tensor::zeros_of(10, DType::F64),
    ];
    fn f<'t>(v: &[Var<'t>]) -> Var<'t> {
        (v[0].matmul(v[1]) + v[2]).tanh().matmul(v[3]) + v[4]
    }
    let report = gradcheck(|v| f(v).square().mean(), &inputs);
    assert!(report.passed(), "{report}");
    let t = time(1, 5, 3.0, || drop(gradcheck(|v| f(v).square().mean(), &inputs)));
    emit("W11_scalar", &t, 470.0, "");
    let whole = || {
        let (exact, numeric) = (jacobian(f, &inputs), FiniteDifference::central().tape_jacobian(f, &inputs));
        for (a, b) in exact.iter().zip(&numeric) {
            assert!(a.max_abs_diff(b) < 1e-6, "the Jacobian and its differences differ");
        }
    };
    let t = time(1, 5, 3.0, whole);
    emit("W11", &t, 470.0, "");
}

/// A Hessian-vector product of W4's network with tanh, by a backward sweep through a recorded one.
pub(crate) fn w12() {
    let model = Mlp::new(&[784, 512, 256, 10]);
    let (x, y) = w4_data();
    let vectors: Vec<Tensor> = model
        .params()
        .iter()
        .enumerate()
        .map(|(i, (_, p))| {
            let shape = *p.shape();
            let seed = 50 + i as u32;
            // The peers' index runs over [in, out].
            if shape.len() == 2 {
                utensor([shape[1], shape[0]], seed, 1.0).t().copied()
            } else {
                utensor(shape, seed, 1.0)
            }
        })
        .collect();
    fn loss<'t>(tape: &'t Tape, model: &Mlp, x: &Tensor, y: &Tensor) -> Var<'t> {
        model.forward(tape.constant(x), Var::tanh).cross_entropy(y)
    }
    let mut direction = Gradients::default();
    for ((_, p), v) in model.params().iter().zip(&vectors) {
        direction.set(p.id(), v.clone());
    }
    let product = || model_hvp(|tape| loss(tape, &model, &x, &y), &direction);
    let hv = product();
    let check: f64 = model
        .params()
        .iter()
        .zip(&vectors)
        .map(|((_, p), v)| hv.get(p).map_or(0.0, |h| (h * v).to_f64_vec().iter().sum()))
        .sum();
    let grad = time(3, 7, 3.0, || drop(value_and_grad(|tape| loss(tape, &model, &x, &y))));
    emit("W12_grad", &grad, 1.0, "");
    let t = time(3, 7, 3.0, || drop(product()));
    emit("W12_hvp", &t, 1.0, &format!("\"ratio\":{:.3},\"vHv\":{check}", t.median / grad.median));
}
