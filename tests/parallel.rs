//! Bits do not depend on threads: neither on how many the kernels use, in values, gradients and trainings, nor on whether
//! threads that share a model, each with a tape of its own, or one thread computes the parts of a gradient.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use gradus::autograd::ops::{Attention, ConvOptions, Pool};
use gradus::prelude::*;

const PARTS: usize = 4;

/// Kernels of one test run at a time: while another holds the helpers, a kernel stays on its thread.
fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

fn bits_of(x: &Tensor) -> Vec<u64> {
    x.to_f64_vec().into_iter().map(f64::to_bits).collect()
}

fn model(seed: u64) -> Sequential {
    let mut rng = rng(seed);
    sequential![
        Linear::new(20, 64, &mut rng),
        Tanh,
        Dropout { p: 0.25 },
        Linear::new(64, 64, &mut rng),
        Gelu,
        Linear::new(64, 5, &mut rng),
    ]
}

fn data(examples: usize) -> Dataset {
    let mut rng = rng(9);
    let labels = Tensor::randint(0, 5, [examples], &mut rng);
    Dataset::new(Tensor::randn([examples, 20], &mut rng), labels)
}

/// The gradient of one part of the batch, weighted so that the parts add up to the mean over all.
fn part_gradient(model: &Sequential, part: &Dataset, number: usize) -> Gradients {
    let (_, mut grads) = value_and_grad_training(number as u64, |tape| {
        model.forward(tape.constant(&part.inputs)).cross_entropy(&part.labels)
    });
    grads.scale(1.0 / PARTS as f64);
    grads
}

fn parts(data: &Dataset) -> Vec<Dataset> {
    let size = data.len() / PARTS;
    (0..PARTS).map(|i| data.narrow(i * size, size)).collect()
}

fn bits(model: &Sequential, grads: &Gradients) -> Vec<Vec<u64>> {
    model
        .params()
        .iter()
        .map(|(_, p)| bits_of(grads.get(p).expect("every parameter has a gradient")))
        .collect()
}

#[test]
fn four_threads_sum_to_the_gradient_of_one() {
    let _alone = alone();
    // Small enough for the tape's own memory, and large enough for pooled tensors and parallel kernels.
    for examples in [8, 4096] {
        let (model, data) = (model(1), data(examples));
        let (parts, shared) = (parts(&data), &model);
        let alone = parts.iter().enumerate().map(|(i, part)| part_gradient(shared, part, i));
        let alone = alone.reduce(|a, b| a + b).expect("there are parts");
        let together = thread::scope(|scope| {
            let spawn = |(i, part)| scope.spawn(move || part_gradient(shared, part, i));
            let handles: Vec<_> = parts.iter().enumerate().map(spawn).collect();
            handles.into_iter().map(|h| h.join().expect("no thread panics")).reduce(|a, b| a + b)
        });
        let together = together.expect("there are parts");
        assert_eq!(bits(&model, &alone), bits(&model, &together), "{examples} examples");
    }
}

#[test]
fn the_parts_add_up_to_the_whole() {
    let _alone = alone();
    let (mut model, mut data) = (model(2), data(64));
    // Without dropout, which draws for each part anew, and in F64.
    model.layers.remove(2);
    model.convert(DType::F64);
    data.inputs = data.inputs.to(DType::F64);
    let (_, whole) =
        value_and_grad(|tape| model.forward(tape.constant(&data.inputs)).cross_entropy(&data.labels));
    let sum =
        parts(&data).iter().enumerate().map(|(i, part)| part_gradient(&model, part, i)).reduce(|a, b| a + b);
    let sum = sum.expect("there are parts");
    for (name, p) in model.params() {
        let difference = whole.get(p).unwrap().max_abs_diff(sum.get(p).unwrap());
        assert!(difference < 1e-15, "{name}: {difference}");
    }
}

/// The parameters' bits after some steps on so many threads.
fn trained(threads: usize, mut model: Sequential, data: &Dataset, mut optimizer: Optimizer) -> Vec<Vec<u64>> {
    gradus::set_threads(threads);
    let loader = Loader { batch: data.len() / 4, shuffle: Some(4), drop_last: false };
    for batch in (0..2).flat_map(|epoch| loader.epoch(data, epoch)) {
        optimizer.training_step(&mut model, |model, tape| {
            model.forward(tape.constant(&batch.inputs)).cross_entropy(&batch.labels)
        });
    }
    model.params().iter().map(|(_, p)| bits_of(p.value())).collect()
}

#[test]
fn a_training_has_the_same_bits_on_any_number_of_threads() {
    let _alone = alone();
    let data = data(2048);
    let train = |n| trained(n, model(3), &data, Optimizer::new(AdamW::default(), 1e-3).clip_norm(1.0));
    let one = train(1);
    assert_eq!(one, train(2));
    assert_eq!(one, train(4));
}

/// The network of the workload W4, whose products are cut into panels, with Adam.
#[test]
fn a_wide_training_has_the_same_bits_on_any_number_of_threads() {
    let _alone = alone();
    let mut rng = rng(5);
    let labels = Tensor::randint(0, 10, [512], &mut rng);
    let data = Dataset::new(Tensor::randn([512, 784], &mut rng), labels);
    let train = |n| {
        let mut rng = gradus::prelude::rng(6);
        let model = sequential![
            Linear::new(784, 512, &mut rng),
            Relu,
            Linear::new(512, 256, &mut rng),
            Relu,
            Linear::new(256, 10, &mut rng),
        ];
        trained(n, model, &data, Optimizer::new(Adam::default(), 1e-3))
    };
    let one = train(1);
    assert_eq!(one, train(2));
    assert_eq!(one, train(4));
}

/// An operation, the shapes of its inputs, large enough for parallel kernels, and how it is called.
struct Case {
    name: &'static str,
    shapes: &'static [&'static [usize]],
    f: for<'t> fn(&[Var<'t>]) -> Var<'t>,
}

macro_rules! cases {
    ($($name:literal $shapes:tt => $f:expr;)*) => {
        const CASES: &[Case] = &[$(Case { name: $name, shapes: &$shapes, f: $f }),*];
    };
}

/// Labels below `classes`.
fn labels(n: usize, classes: i64) -> Tensor {
    Tensor::randint(0, classes, [n], &mut rng(7))
}

fn padded() -> ConvOptions {
    ConvOptions { padding: 1.into(), ..ConvOptions::default() }
}

cases! {
    // Elementwise, above 1 MiB; the first chain is run block by block.
    "chain" [&[600_000]] => |x| (x[0].sin() * x[0]).tanh() + (-x[0].square()).exp();
    "chain of two" [&[600_000], &[600_000]] => |x| (x[0] * x[1] + x[0].exp()) / (x[1].square() + 1.0);
    "rows plus bias" [&[3000, 201], &[201]] => |x| (x[0] + x[1]).relu();
    "columns times gain" [&[3000, 201], &[3000, 1]] => |x| x[0] * x[1];
    "gelu" [&[600_000]] => |x| x[0].gelu();
    // Reductions, over everything and along each kind of axis.
    "sum" [&[1_000_003]] => |x| x[0].sum();
    "sum of squares" [&[1_000_003]] => |x| x[0].square().sum();
    "mean" [&[1000, 701]] => |x| x[0].mean();
    "sum of columns" [&[5000, 130]] => |x| x[0].sum_axes(0);
    "sum of deep columns" [&[60_000, 11]] => |x| x[0].sum_axes(0);
    "sum of rows" [&[5000, 130]] => |x| x[0].sum_axes(1);
    "sum of the middle" [&[40, 300, 50]] => |x| x[0].sum_axes(1);
    "variance" [&[700_001]] => |x| x[0].var(1);
    "variance of columns" [&[5000, 130]] => |x| x[0].var_axes(0, 1);
    "largest of rows" [&[5000, 130]] => |x| x[0].max_axes(1);
    "logsumexp" [&[5000, 130]] => |x| x[0].logsumexp_axes(1);
    "norm" [&[700_001]] => |x| x[0].norm();
    // Products: panels of rows, of columns, stacks, vectors, and transposed operands.
    "matmul" [&[300, 200], &[200, 250]] => |x| x[0].matmul(x[1]);
    "tall matmul" [&[2000, 70], &[70, 90]] => |x| x[0].matmul(x[1]);
    "wide matmul" [&[70, 90], &[90, 2000]] => |x| x[0].matmul(x[1]);
    "deep matmul" [&[60, 5000], &[5000, 70]] => |x| x[0].matmul(x[1]);
    "transposed matmul" [&[200, 300], &[250, 200]] => |x| x[0].t().matmul(x[1].t());
    "stacked matmul" [&[24, 80, 70], &[24, 70, 90]] => |x| x[0].matmul(x[1]);
    "matrix times vector" [&[2000, 500], &[500, 1]] => |x| x[0].matmul(x[1]);
    "linear" [&[512, 784], &[256, 784], &[256]] => |x| x[0].linear(x[1], Some(x[2]));
    // Rows as a whole.
    "softmax" [&[2000, 300]] => |x| x[0].softmax(-1);
    "softmax of columns" [&[300, 2000]] => |x| x[0].softmax(0);
    "log_softmax" [&[2000, 300]] => |x| x[0].log_softmax(-1);
    "layer_norm" [&[2000, 300], &[300], &[300]] => |x| x[0].layer_norm(x[1], x[2], 1e-5);
    "cross_entropy" [&[6000, 60]] => |x| x[0].cross_entropy(&labels(6000, 60));
    "mse" [&[3000, 200], &[3000, 200]] => |x| x[0].mse(x[1]);
    "attention" [&[4, 3, 128, 32], &[4, 3, 128, 32], &[4, 3, 128, 32]] => |x| {
        x[0].attention(x[1], x[2], &Attention { causal: true, ..Attention::default() })
    };
    // Images.
    "conv2d" [&[16, 8, 28, 28], &[16, 8, 3, 3], &[16]] => |x| x[0].conv(x[1], Some(x[2]), &padded());
    "conv2d in groups" [&[16, 8, 28, 28], &[16, 2, 3, 3]] => |x| {
        x[0].conv(x[1], None, &ConvOptions { groups: 4, stride: vec![2], ..padded() })
    };
    "conv_transpose" [&[16, 8, 14, 14], &[8, 4, 3, 3]] => |x| {
        x[0].conv_transpose(x[1], None, &ConvOptions { stride: vec![2], ..ConvOptions::default() }, &[0, 0])
    };
    "max_pool" [&[32, 16, 28, 28]] => |x| x[0].max_pool(&Pool::of(2)).0;
    "avg_pool" [&[32, 16, 28, 28]] => |x| x[0].avg_pool(&Pool::of(2));
    "group_norm" [&[16, 16, 28, 28], &[16], &[16]] => |x| x[0].group_norm(4, Some(x[1]), Some(x[2]), 1e-5);
    "batch_norm" [&[16, 16, 28, 28], &[16], &[16]] => |x| x[0].batch_norm_training(Some(x[1]), Some(x[2]), 1e-5).0;
    "batch_norm of rows" [&[3000, 100], &[100], &[100]] => |x| {
        x[0].batch_norm_training(Some(x[1]), Some(x[2]), 1e-5).0
    };
    // Along an axis, and by places.
    "cumsum" [&[900, 700]] => |x| x[0].cumsum(1);
    "cumsum of columns" [&[900, 700]] => |x| x[0].cumsum(0);
    "sort" [&[900, 300]] => |x| x[0].sort(1, false).0;
    "permute" [&[60, 80, 90]] => |x| x[0].permute([2, 0, 1]).square();
    "cat" [&[900, 300], &[900, 400]] => |x| Var::cat(x, 1).square();
    "index_select" [&[500, 300]] => |x| x[0].index_select(0, &labels(2000, 500));
    "embedding" [&[500, 300]] => |x| x[0].embedding(&labels(2000, 500), None);
    "gather" [&[2000, 300]] => |x| x[0].gather(1, &labels(600_000, 300).reshape([2000, 300]));
}

/// The bits of an operation's value and of the gradients of its weighted sum.
fn run(case: &Case, inputs: &[Tensor]) -> Vec<Vec<u64>> {
    let tape = Tape::new();
    let x: Vec<Var<'_>> = inputs.iter().map(|x| tape.var(x)).collect();
    let y = (case.f)(&x);
    let value = y.value();
    let weights = Tensor::uniform(y.shape(), -1.0, 1.0, &mut rng(8)).to(y.dtype());
    let grads = (y * &weights).sum().backward();
    std::iter::once(&value).chain(&x.iter().map(|&x| grads.wrt(x)).collect::<Vec<_>>()).map(bits_of).collect()
}

/// Every operation of the table in a width, on 1, 2 and 4 threads.
fn same_bits(dtype: DType) {
    let _alone = alone();
    for (seed, case) in CASES.iter().enumerate() {
        let mut rng = rng(seed as u64);
        let inputs: Vec<Tensor> =
            case.shapes.iter().map(|&shape| Tensor::randn_of(shape, dtype, &mut rng)).collect();
        gradus::set_threads(1);
        let one = run(case, &inputs);
        let moved = one[1..].iter().all(|g| g.iter().any(|&b| f64::from_bits(b) != 0.0));
        assert!(moved, "{}: a gradient is zero everywhere", case.name);
        for threads in [2, 4] {
            gradus::set_threads(threads);
            for (i, (a, b)) in one.iter().zip(run(case, &inputs)).enumerate() {
                let what = if i == 0 { "value".to_string() } else { format!("gradient of input {}", i - 1) };
                let apart = a.iter().zip(&b).filter(|(a, b)| a != b).count();
                let name = case.name;
                assert!(
                    *a == b,
                    "{name}, {dtype:?}, {threads} threads: {apart} elements of the {what} differ"
                );
            }
        }
    }
}

#[test]
fn every_operation_has_the_same_bits_on_any_number_of_threads_in_f32() {
    same_bits(DType::F32);
}

#[test]
fn every_operation_has_the_same_bits_on_any_number_of_threads_in_f64() {
    same_bits(DType::F64);
}
