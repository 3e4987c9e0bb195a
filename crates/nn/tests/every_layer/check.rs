//! What every layer is tried with.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gradus_autograd::{Elements, GradcheckOptions, Params, Tape, gradcheck_model, gradcheck_with};
use gradus_nn::state_dict::{load_state_dict, state_dict};
use gradus_nn::{Module, Sequential};
use gradus_tensor::{DType, Rng, Tensor, rng};

use crate::entry::Entry;
use crate::panics::panic_in;

/// A layer of any type.
type Boxed = dyn Module;

/// Names of checks with what is wrong.
type Faults = Vec<String>;

/// A check of an entry's layer with its input.
type Check = fn(&Entry, &Boxed, &Tensor, &mut Rng) -> Faults;

pub(crate) fn check(entry: &Entry) -> Vec<String> {
    let mut rng = rng(11);
    let (layer, x) = (entry.drawn(&mut rng), entry.input(&mut rng));
    let tries: [(&str, Check); 10] = [
        ("gradients", gradients),
        ("F32", single),
        ("batch of one", batch_of_one),
        ("empty batch", empty_batch),
        ("strides", strides),
        ("state dict", state),
        ("clone", clone),
        ("training", training),
        ("wrong input", wrong_input),
        ("place", place),
    ];
    let mut failures = Vec::new();
    for (what, f) in tries {
        let found = catch_unwind(AssertUnwindSafe(|| f(entry, layer.as_ref(), &x, &mut rng)));
        let found = found.unwrap_or_else(|panic| vec![message(panic.as_ref())]);
        failures.extend(found.into_iter().map(|fault| format!("{}: {what}: {fault}; {layer:?}", entry.name)));
    }
    failures
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or(panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
}

fn bits(x: &Tensor) -> (Vec<usize>, DType, Vec<u64>) {
    (x.shape().to_vec(), x.dtype(), x.to_f64_vec().into_iter().map(f64::to_bits).collect())
}

fn fault(holds: bool, text: impl FnOnce() -> String) -> Faults {
    if holds { Vec::new() } else { vec![text()] }
}

/// In the parameters and in the input, to the entry's order.
fn gradients(entry: &Entry, layer: &Boxed, x: &Tensor, _: &mut Rng) -> Faults {
    let elements = Elements::Sample { count: 12, seed: 3 };
    let options = GradcheckOptions { order: entry.order, elements, ..GradcheckOptions::default() };
    let mut faults = Faults::new();
    if x.dtype().is_float() {
        let report = gradcheck_with(|x| layer.forward(x[0]).sin(), std::slice::from_ref(x), &options);
        faults.extend(fault(report.passed(), || format!("in the input: {report}")));
    }
    if layer.params().iter().any(|(_, param)| param.is_trainable()) {
        let mut own = (entry.build)(&mut rng(0));
        own.convert(DType::F64);
        load_state_dict(&mut own, state_dict(layer)).expect("the same layer");
        let report =
            gradcheck_model(&mut own, |own, tape| own.forward(tape.constant(x)).sin().sum(), &options);
        faults.extend(fault(report.passed(), || format!("in the parameters: {report}")));
    }
    faults
}

/// A layer of F32 gives F32, near to what the layer of F64 gives.
fn single(entry: &Entry, layer: &Boxed, x: &Tensor, _: &mut Rng) -> Faults {
    let mut own = (entry.build)(&mut rng(0));
    load_state_dict(&mut own, state_dict(layer)).expect("the same layer");
    let x = if x.dtype().is_float() { x.to(DType::F32) } else { x.clone() };
    let (y, wide) = (own.predict(&x), layer.predict(&x));
    let near = y.to(DType::F64).allclose(&wide.to(DType::F64), 1e-3, 1e-4);
    let mut faults = fault(y.dtype() == DType::F32, || format!("gives {}", y.dtype()));
    faults.extend(fault(near, || format!("gives {y} instead of {wide}")));
    faults
}

fn batch_of_one(entry: &Entry, layer: &Boxed, x: &Tensor, _: &mut Rng) -> Faults {
    let (all, one) = (layer.predict(x), layer.predict(&x.narrow(0, 0, 1)));
    let mut faults = fault(one.shape()[..] == all.shape().with(0, 1)[..], || {
        format!("{} beside {}", one.shape(), all.shape())
    });
    if entry.independent && faults.is_empty() {
        let same = one.allclose(&all.narrow(0, 0, 1), 1e-12, 1e-12);
        faults.extend(fault(same, || format!("{one} instead of the first of {all}")));
    }
    faults
}

/// Nothing of nothing, and gradients of it.
fn empty_batch(_: &Entry, layer: &Boxed, x: &Tensor, _: &mut Rng) -> Faults {
    let (all, none) = (layer.predict(x), x.narrow(0, 0, 0));
    let tape = Tape::new();
    let y = layer.forward(if x.dtype().is_float() { tape.var(&none) } else { tape.constant(&none) });
    if y.needs() {
        y.sum().backward();
    }
    fault(y.shape() == all.shape().with(0, 0), || format!("gives {}, of some {}", y.shape(), all.shape()))
}

/// Other strides, the same bits.
fn strides(_: &Entry, layer: &Boxed, x: &Tensor, _: &mut Rng) -> Faults {
    let back: Vec<isize> = (0..x.rank() as isize).rev().collect();
    let strided = x.permute(back.clone()).contiguous().permute(back);
    assert!(x.rank() < 2 || !strided.is_contiguous(), "the input {} has no strides", x.shape());
    let (y, z) = (layer.predict(x), layer.predict(&strided));
    fault(bits(&y) == bits(&z), || format!("{z} instead of {y}"))
}

/// There and back by names.
fn state(entry: &Entry, layer: &Boxed, x: &Tensor, rng: &mut Rng) -> Faults {
    let mut other = entry.drawn(rng);
    let saved = state_dict(layer);
    load_state_dict(&mut other, saved.clone()).expect("the same layer");
    let (y, z) = (layer.predict(x), other.predict(x));
    let mut faults = fault(bits(&y) == bits(&z), || format!("{z} instead of {y}"));
    let mut names: Vec<&String> = saved.iter().map(|(name, _)| name).collect();
    names.dedup();
    faults.extend(fault(names.len() == saved.len(), || format!("{names:?} repeat")));
    faults
}

/// What happens to a clone does not happen to the layer.
fn clone(_: &Entry, layer: &Boxed, x: &Tensor, _: &mut Rng) -> Faults {
    let mut copy = layer.clone_module();
    let before = layer.predict(x);
    let mut faults =
        fault(bits(&copy.predict(x)) == bits(&before), || "a clone gives something else".to_string());
    copy.visit_mut("", &mut |_, param| param.set(param.value().zeros_like()));
    faults.extend(fault(bits(&layer.predict(x)) == bits(&before), || {
        "a change of the clone is seen".to_string()
    }));
    let same = layer.params().iter().zip(copy.params()).any(|((_, a), (_, b))| a.id() == b.id());
    faults.extend(fault(!same, || "parameters of a clone have the same identity".to_string()));
    faults
}

/// On a training tape every trainable parameter has a gradient of its shape and type.
fn training(entry: &Entry, layer: &Boxed, x: &Tensor, _: &mut Rng) -> Faults {
    let mut own = (entry.build)(&mut rng(0));
    load_state_dict(&mut own, state_dict(layer)).expect("the same layer");
    let tape = Tape::training(5);
    let x = if x.dtype().is_float() { tape.var(x.to(DType::F32)) } else { tape.constant(x) };
    let y = own.forward(x);
    if !y.needs() {
        return Faults::new();
    }
    let gradients = y.sin().sum().backward();
    let mut faults = Faults::new();
    for (name, param) in own.params() {
        let fits = match gradients.get(param) {
            Some(g) => param.is_trainable() && g.shape() == param.shape() && g.dtype() == DType::F32,
            None => !param.is_trainable(),
        };
        faults.extend(fault(fits, || format!("{name}: gradient {:?}", gradients.get(param))));
    }
    faults
}

/// Inputs of other axes, sizes and types.
fn others(entry: &Entry, dtype: DType) -> impl Iterator<Item = Tensor> {
    let shape = entry.shape;
    let mut shapes: Vec<Vec<usize>> = vec![vec![], vec![1], vec![2, 1], vec![1; 7], [&[1], shape].concat()];
    shapes.push(shape[1..].to_vec());
    for axis in 1..shape.len() {
        for size in [0, shape[axis] + 1] {
            let mut other = shape.to_vec();
            other[axis] = size;
            shapes.push(other);
        }
    }
    let others = shapes.into_iter().map(move |shape| Tensor::zeros_of(&shape[..], dtype));
    let types = [DType::Bool, DType::I64, DType::F64].map(|dtype| Tensor::zeros_of(shape, dtype));
    others.chain(types)
}

/// They are taken, or refused by name at the caller's line.
fn wrong_input(entry: &Entry, _: &Boxed, x: &Tensor, _: &mut Rng) -> Faults {
    let mut faults = Faults::new();
    for x in others(entry, x.dtype()) {
        let Some((message, file)) = (entry.refusal)(&x) else { continue };
        let name = message.split(": ").next().unwrap_or_default();
        let named = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        // How a table calls a layer may itself ask for an axis that is not there.
        let ours = file.contains("every_layer");
        let named = named || ours && message.starts_with("index out of bounds");
        faults.extend(fault(named, || format!("{}{}: {message:?}", x.dtype(), x.shape())));
        faults.extend(fault(entry.boxes || ours, || format!("{}: {message:?} in {file}", x.shape())));
    }
    faults
}

/// What an operation says that a layer leaves the question to: it knows no layers.
const OPERATIONS: [&str; 25] = [
    "adaptive_avg_pool",
    "adaptive_max_pool",
    "avg_pool",
    "cat",
    "channel_shuffle",
    "conv",
    "conv_transpose",
    "flatten_axes",
    "fractional_max_pool",
    "glu",
    "index out of bounds",
    "local_response_norm",
    "log_softmax",
    "lp_pool",
    "max_pool",
    "narrow",
    "pad",
    "pixel_shuffle",
    "pixel_unshuffle",
    "resize",
    "softmax",
    "softmin",
    "standardize",
    "unbind",
    "window_columns",
];

/// In a row of layers a refusal of a shape ends with the place of the layer, also in a row of rows.
fn place(entry: &Entry, layer: &Boxed, x: &Tensor, _: &mut Rng) -> Faults {
    let row = |layer: Box<Boxed>| Sequential { layers: vec![Box::new(Sequential::new()), layer] };
    let (one, two) = (row(layer.clone_module()), row(Box::new(row(layer.clone_module()))));
    let mut faults = Faults::new();
    for x in others(entry, x.dtype()) {
        for (row, place) in [(&one, "1"), (&two, "1.1")] {
            let Err((message, _)) = panic_in(|| row.predict(&x)) else { continue };
            let by_operation = ["needs floats", "out of range", "fold: the columns ["]
                .iter()
                .any(|part| message.contains(part))
                || OPERATIONS.contains(&message.split(": ").next().unwrap_or_default());
            let end = format!("; it is layer {place}");
            let placed = message.contains(&end) && message.matches("of its row").count() == 1;
            faults
                .extend(fault(placed || by_operation, || format!("{}{}: {message:?}", x.dtype(), x.shape())));
        }
    }
    faults
}
