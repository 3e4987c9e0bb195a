//! A checkpointed network: the memory it needs and the gradients it gives. Alone in its process, because the pool's
//! high-water mark is one for all threads.

use approx::assert_abs_diff_eq;
use gradus_autograd::{Gradients, Param, Tape, Var, grad, value_and_grad};
use gradus_tensor::kernel::pool::{memory, release};
use gradus_tensor::{DType, Tensor, rng};

const LAYERS: usize = 64;
const BLOCK: usize = 8;
const WIDTH: usize = 32;
const ROWS: usize = 2048;

fn layers() -> Vec<Param> {
    let mut rng = rng(3);
    (0..LAYERS).map(|_| Param::new(Tensor::randn([WIDTH, WIDTH], &mut rng) * 0.2)).collect()
}

fn block<'t>(x: Var<'t>, layers: &[Param]) -> Var<'t> {
    layers.iter().fold(x, |x, w| x.matmul(x.tape().param(w)).tanh())
}

fn plain<'t>(x: Var<'t>, layers: &[Param]) -> Var<'t> {
    block(x, layers).square().mean()
}

fn checkpointed<'t>(x: Var<'t>, layers: &[Param]) -> Var<'t> {
    layers.chunks(BLOCK).fold(x, |x, layers| x.checkpoint(|x| block(x, layers))).square().mean()
}

/// The gradients and the bytes above what was held before.
fn measured(f: impl for<'t> Fn(&'t Tape) -> Var<'t>) -> (Gradients, usize) {
    release();
    let before = memory();
    let (_, gradients) = value_and_grad(f);
    let after = memory();
    assert!(after.high_water >= before.live);
    (gradients, after.high_water - before.live)
}

#[test]
fn less_memory_and_the_same_bits() {
    let layers = layers();
    let x = Tensor::randn([ROWS, WIDTH], &mut rng(4));
    // A layer keeps two values: the product and its tanh.
    let activation = 2 * ROWS * WIDTH * 4;
    let (got, small) = measured(|tape| checkpointed(tape.constant(&x), &layers));
    let (want, large) = measured(|tape| plain(tape.constant(&x), &layers));
    assert!(large >= LAYERS * activation, "{large}");
    let bound = 2 * (LAYERS as f64).sqrt() as usize * activation;
    assert!(
        small <= bound,
        "{small} bytes, {} layers; the bound is {bound}",
        small as f64 / activation as f64
    );
    for w in &layers {
        assert_eq!(got.get(w).unwrap().to_vec::<f32>(), want.get(w).unwrap().to_vec::<f32>());
    }
    open_form_and_higher_orders();
}

fn open_form_and_higher_orders() {
    let tape = Tape::new();
    let x = tape.var(Tensor::linspace_of(0.1, 1.0, 500, DType::F64));
    let y = x.checkpoint(|x| (x.sin() * x).exp().checkpoint(|x| x.tanh() * x).square()).sum();
    let z = ((x.sin() * x).exp().tanh() * (x.sin() * x).exp()).square().sum();
    for _ in 0..2 {
        assert!(y.backward().wrt(x).max_abs_diff(&z.backward().wrt(x)) < 1e-12);
    }
    let (dy, dz) = (y.grad(x).sum(), z.grad(x).sum());
    for _ in 0..2 {
        assert!(dy.backward().wrt(x).max_abs_diff(&dz.backward().wrt(x)) < 1e-9);
    }
    let d2 = grad(grad(|x| x.checkpoint(|x| x.exp() * x)));
    assert_abs_diff_eq!(d2(tape.var(0.5)).item(), 2.5 * 0.5f64.exp(), epsilon = 1e-14);
}
