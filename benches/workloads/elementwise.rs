//! W9, W10: elementwise operations, rows, and matrix products.

use gradus::autograd::{Param, Var, value_and_grad};
use gradus::tensor::Tensor;

use crate::common::{emit, time, time_inner, utensor};

fn line(name: &str, seconds: f64, n: usize, bytes: f64, extra: &str, mut f: impl FnMut()) {
    let t = time(2, 7, seconds, &mut f);
    let extra = if extra.is_empty() { String::new() } else { format!(",{extra}") };
    emit(name, &t, n as f64, &format!("\"gbs\":{:.3}{extra}", n as f64 * bytes / t.median / 1e9));
}

pub(crate) fn w9() {
    const N: usize = 10_000_000;
    let x = utensor(N, 3000, 2.0);
    let x2 = utensor(N, 3005, 1.0);
    let p = Param::new(x.clone());
    let step = || {
        value_and_grad(|tape| {
            let x = tape.param(&p);
            (x.tanh() * x + (-(x * x)).exp()).sum()
        })
    };
    let (loss, grads) = step();
    let g0 = grads.get(&p).map_or(f64::NAN, |g| f64::from(g.as_slice::<f32>()[0]));
    drop(grads);
    let extra = format!("\"mean\":{},\"g0\":{g0}", loss / N as f64);
    line("W9_expr_fb", 3.0, N, 16.0, &extra, || {
        step();
    });
    line("W9_expr_f", 2.0, N, 8.0, "", || {
        gradus::autograd::on_tape(gradus::autograd::Mode::Inference, |tape| {
            let x = tape.constant(&x);
            (x.tanh() * x + (-(x * x)).exp()).value()
        });
    });
    line("W9_add", 1.5, N, 12.0, "", || drop(&x + &x2));
    line("W9_mul", 1.5, N, 12.0, "", || drop(&x * &x2));
    line("W9_sum", 1.5, N, 4.0, &format!("\"sum\":{}", x.sum().item()), || drop(x.sum()));
    rows();
}

type Rows = for<'t> fn(Var<'t>, Var<'t>, Var<'t>) -> Var<'t>;

fn rows() {
    const R: usize = 4096;
    const C: usize = 1024;
    let s = Param::new(utensor([R, C], 3001, 4.0));
    let t = utensor([R, C], 3002, 1.0);
    let gamma = Param::new(&utensor(C, 3003, 0.1) + 1.0);
    let beta = Param::new(utensor(C, 3004, 0.1));
    let cases: [(&str, Rows); 3] = [
        ("W9_softmax_fb", |s, _, _| s.softmax(-1)),
        ("W9_layernorm_fb", |s, gamma, beta| s.layer_norm(gamma, beta, 1e-5)),
        ("W9_bias_fb", |s, _, beta| s + beta),
    ];
    for (name, f) in cases {
        let step =
            || value_and_grad(|tape| (f(tape.param(&s), tape.param(&gamma), tape.param(&beta)) * &t).sum());
        let (loss, grads) = step();
        let first = |p: &Param| grads.get(p).map_or(0.0, |g: &Tensor| g.contiguous().to_f64_vec()[0]);
        let extra = format!("\"loss0\":{loss},\"g0\":{:e},\"gb0\":{}", first(&s), first(&beta));
        drop(grads);
        line(name, 2.0, R * C, 16.0, &extra, || {
            step();
        });
    }
    line("W9_softmax_f", 1.0, R * C, 8.0, "", || drop(gradus::tensor::softmax(s.value())));
}

pub(crate) fn w10() {
    let product = |name: &str, (m, k, n): (usize, usize, usize), a: &Tensor, b: &Tensor| {
        let flops = 2.0 * (m * k * n) as f64;
        let inner = if flops < 5e6 { ((2e6 / (flops / 50.0)) as usize).max(1) } else { 1 };
        let t = time_inner(inner, if flops < 3e8 { 0.6 } else { 2.0 }, || drop(a.matmul(b)));
        emit(&format!("W10_{name}"), &t, flops, &format!("\"gflops\":{:.2}", flops / t.median / 1e9));
    };
    for n in [32, 64, 128, 256, 512, 1024, 2048] {
        product(&n.to_string(), (n, n, n), &utensor([n, n], 4000, 1.0), &utensor([n, n], 4001, 1.0));
    }
    product("nn_64x784x256", (64, 784, 256), &utensor([64, 784], 4000, 1.0), &utensor([784, 256], 4001, 1.0));
    product(
        "tn_784x64x256",
        (784, 64, 256),
        &utensor([64, 784], 4000, 1.0).t(),
        &utensor([64, 256], 4001, 1.0),
    );
    product(
        "nt_64x256x784",
        (64, 256, 784),
        &utensor([64, 256], 4000, 1.0),
        &utensor([784, 256], 4001, 1.0).t(),
    );
}
