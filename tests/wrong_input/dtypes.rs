//! Every method of `Var` and of `Tensor` with operands of several element types: F32 beside F64 is computed in F64, and each
//! gradient has its operand's type; integers and truth values are taken for the floats they are, or refused by name.

use approx::relative_eq;
use gradus::prelude::*;

use crate::panics::panic_in;
use crate::{Entry, tensors, vars};

/// A value, and the gradient of its sum in each input that is a float.
struct Outcome {
    value: Tensor,
    gradients: Vec<Option<Tensor>>,
}

fn on_tape(entry: &Entry<vars::Call>, inputs: &[Tensor]) -> Outcome {
    let tape = Tape::new();
    let lift = |x: &Tensor| if x.dtype().is_float() { tape.var(x) } else { tape.constant(x) };
    let x: Vec<Var<'_>> = inputs.iter().map(lift).collect();
    let y = (entry.call)(&x, &entry.args());
    if !y.needs() {
        return Outcome { value: y.value(), gradients: vec![] };
    }
    let gradients = y.sum().backward();
    let of = |x: Var<'_>| x.needs().then(|| gradients.wrt(x));
    Outcome { value: y.value(), gradients: x.into_iter().map(of).collect() }
}

fn off_tape(entry: &Entry<tensors::Call>, inputs: &[Tensor]) -> Outcome {
    Outcome { value: (entry.call)(inputs, &entry.args()), gradients: vec![] }
}

/// Equal but for `tolerance`; NaN is equal to NaN.
fn close(a: &Tensor, b: &Tensor, tolerance: f64) -> bool {
    let same = |(x, y): (f64, f64)| {
        x.is_nan() && y.is_nan() || relative_eq!(x, y, epsilon = tolerance, max_relative = tolerance)
    };
    a.shape() == b.shape() && a.to_f64_vec().into_iter().zip(b.to_f64_vec()).all(same)
}

/// What is wrong with a result for mixed floats, beside the one for F64.
fn wrong_mix(inputs: &[Tensor], found: &Outcome, wanted: &Outcome) -> Option<String> {
    let (y, dtype) = (&found.value, found.value.dtype());
    if dtype != wanted.value.dtype() {
        return Some(format!("a result of {dtype}"));
    }
    if !close(y, &wanted.value, 1e-12) {
        return Some(format!("{y} instead of {}", wanted.value));
    }
    for (i, (g, w)) in found.gradients.iter().zip(&wanted.gradients).enumerate() {
        match (g, w) {
            (Some(g), Some(_)) if g.dtype() != inputs[i].dtype() => {
                return Some(format!("a gradient of {} for operand {i}", g.dtype()));
            }
            (Some(g), Some(w)) if close(g, w, 1e-6) => {}
            (None, None) => {}
            _ => return Some(format!("for operand {i} the gradient {g:?} instead of {w:?}")),
        }
    }
    None
}

/// What has a type of its own: elements read as F32; of several results the one looked at, which is the first vector's.
const OTHERS: &[&str] = &["to_vec", "to_vec2", "meshgrid"];

/// Tries a method with each choice of F32 and F64 for its inputs. The values are those of F32.
fn mixed_faults<F>(entry: &Entry<F>, run: &dyn Fn(&Entry<F>, &[Tensor]) -> Outcome) -> Vec<String> {
    if OTHERS.contains(&entry.name) {
        return vec![];
    }
    let narrow = entry.inputs(DType::F32);
    let wide: Vec<Tensor> = narrow.iter().map(|x| x.to(DType::F64)).collect();
    let mut faults = vec![];
    let mut attempt = |inputs: &[Tensor], wanted: Option<&Outcome>| {
        let types = inputs.iter().map(|x| x.dtype().to_string()).collect::<Vec<_>>().join(" ");
        let (found, wrong) = match panic_in(|| run(entry, inputs)) {
            Ok(found) => {
                let wrong = wanted.and_then(|wanted| wrong_mix(inputs, &found, wanted));
                (Some(found), wrong)
            }
            Err((message, file)) => (None, Some(format!("{message:?} at {file}"))),
        };
        faults.extend(wrong.map(|wrong| format!("{} ({types}): {wrong}", entry.name)));
        found
    };
    let wanted = attempt(&wide, None);
    for choice in 1..(1 << wide.len()) - 1 {
        let pick = |i: usize| if choice & (1 << i) == 0 { &narrow[i] } else { &wide[i] };
        let inputs: Vec<Tensor> = (0..wide.len()).map(|i| pick(i).clone()).collect();
        attempt(&inputs, wanted.as_ref());
    }
    faults
}

/// Where a number takes the type of the tensor it is put into.
const TAKE_THE_TYPE: &[&str] = &["pad_constant", "pad", "masked_fill", "index_fill"];

/// Tries a method with each input as integers or truth values, the others being floats: the value is that of floats, or a
/// panic says what is needed. Beside other operands, which are floats, the name is that of the method; alone it may be that of
/// the function that needs floats.
fn integer_faults<F>(entry: &Entry<F>, run: &dyn Fn(&Entry<F>, &[Tensor]) -> Outcome) -> Vec<String> {
    let floats = entry.inputs(DType::F64);
    if TAKE_THE_TYPE.contains(&entry.name) {
        return vec![];
    }
    let mut faults = vec![];
    for (which, dtype) in (0..floats.len()).flat_map(|i| [(i, DType::I64), (i, DType::Bool)]) {
        let mut wanted = floats.clone();
        wanted[which] = (&floats[which] * if dtype == DType::I64 { 5.0 } else { 1.0 }).round();
        let mut inputs = wanted.clone();
        inputs[which] = wanted[which].to(dtype);
        let wrong = match (panic_in(|| run(entry, &inputs)), panic_in(|| run(entry, &wanted))) {
            (Ok(found), Ok(wanted)) => (!close(&found.value, &wanted.value, 1e-6))
                .then(|| format!("{} instead of {}", found.value, wanted.value)),
            (Ok(found), Err(_)) => Some(format!("{}, floats panic", found.value)),
            (Err(panic), wanted) => {
                let says = wanted.is_err() || panic.0.contains("float") || panic.0.contains(".to(DType::");
                let named = entry.fault("", &panic);
                named.or_else(|| (!says).then(|| format!("{:?} does not say what to do", panic.0)))
            }
        };
        faults.extend(wrong.map(|wrong| format!("{} (operand {which} {dtype}): {wrong}", entry.name)));
    }
    faults
}

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn variables_of_mixed_floats() {
    let table = vars::table();
    none(&table.iter().flat_map(|entry| mixed_faults(entry, &on_tape)).collect::<Vec<_>>());
}

#[test]
fn tensors_of_mixed_floats() {
    let table = tensors::table();
    none(&table.iter().flat_map(|entry| mixed_faults(entry, &off_tape)).collect::<Vec<_>>());
}

#[test]
fn variables_of_integers() {
    let table = vars::table();
    none(&table.iter().flat_map(|entry| integer_faults(entry, &on_tape)).collect::<Vec<_>>());
}

#[test]
fn tensors_of_integers() {
    let table = tensors::table();
    none(&table.iter().flat_map(|entry| integer_faults(entry, &off_tape)).collect::<Vec<_>>());
}

/// The functions of tensors that are no methods, and what the tables do not mix: three operands, a mask, a weight.
#[test]
fn functions_and_options() {
    let mut rng = rng(3);
    let mut draw = |shape: &[usize]| Tensor::uniform_of(shape, 0.2, 0.8, DType::F32, &mut rng);
    let wide = |x: &Tensor| x.to(DType::F64);
    let (x, w, b) = (draw(&[2, 3]), draw(&[4, 3]), draw(&[4]));
    let linear = gradus::tensor::linear(&wide(&x), &wide(&w), Some(&wide(&b)));
    for y in [
        gradus::tensor::linear(&wide(&x), &w, Some(&b)),
        gradus::tensor::linear(&x, &wide(&w), None) + &b,
        gradus::tensor::linear(&x, &w, Some(&wide(&b))),
    ] {
        assert!(y.dtype() == DType::F64 && close(&y, &linear, 1e-15), "{y} {linear}");
    }
    let (gamma, beta) = (draw(&[3]), draw(&[3]));
    let norm = |x: &Tensor, g: &Tensor, b: &Tensor| gradus::tensor::normalize::layer_norm(x, g, b, 1e-5);
    let wanted = norm(&wide(&x), &wide(&gamma), &wide(&beta));
    for y in [norm(&wide(&x), &gamma, &beta), norm(&x, &wide(&gamma), &beta), norm(&x, &gamma, &wide(&beta))]
    {
        assert_eq!(y, wanted);
    }
    let tape = Tape::new();
    let [a, b, c] = [&x, &draw(&[3, 4]), &draw(&[4, 2])].map(|x| tape.constant(x));
    let product = Var::einsum("ij,jk,kl->il", &[a, b, c.to(DType::F64)]);
    assert!(close(&product.value(), &wide(&x).matmul(&wide(&b.value())).matmul(&wide(&c.value())), 1e-15));
    let mask = tape.constant(wide(&draw(&[2, 2])));
    let keys = draw(&[2, 3]);
    let how = gradus::autograd::ops::Attention { mask: Some(mask), ..Default::default() };
    let [seen, wanted] =
        [a.attention(&keys, &keys, &how), a.to(DType::F64).attention(wide(&keys), wide(&keys), &how)];
    assert_eq!(seen.value(), wanted.value());
}

/// A model of F32 that is given F64: the result is F64, the gradients of its parameters are F32.
#[test]
fn layers() {
    let mut rng = rng(0);
    let models: [(Box<dyn Module>, &[usize]); 4] = [
        (Box::new(Linear::new(4, 2, &mut rng)), &[3, 4]),
        (Box::new(Conv2d::new(2, 3, [2, 2], ConvOptions::default(), &mut rng)), &[1, 2, 4, 4]),
        (Box::new(LayerNorm::new(4)), &[3, 4]),
        (Box::new(BatchNorm::new(2)), &[3, 2, 4]),
    ];
    for (model, shape) in &models {
        let x = Tensor::uniform_of(*shape, -1.0, 1.0, DType::F64, &mut rng);
        let tape = Tape::training(0);
        let y = model.forward(tape.constant(&x));
        assert_eq!((y.dtype(), model.predict(&x).dtype()), (DType::F64, DType::F64), "{model:?}");
        let gradients = y.square().sum().backward();
        for (name, param) in model.params() {
            let of_parameter = gradients.get(param).map(Tensor::dtype);
            assert!(of_parameter.is_none_or(|dtype| dtype == DType::F32), "{name}: {of_parameter:?}");
        }
        assert!(
            gradients.updates().all(|(_, value)| value.dtype() != DType::F64),
            "running statistics stay F32"
        );
    }
}
