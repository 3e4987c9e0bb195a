//! What stands beside a variable: numbers and tensors, in operators and as arguments; and how a variable prints.

use approx::abs_diff_eq;
use std::slice::from_ref;

use gradus_autograd::ops::elementwise::table;
use gradus_autograd::ops::{Attention, ConvOptions};
use gradus_autograd::{Tape, hvp, implicit, jvp, objective};
use gradus_tensor::{DType, Tensor};

/// A reference to a tensor and a constant on the tape give the same value and the same gradient.
#[test]
fn methods_take_what_operators_take() {
    let (square, other) = (Tensor::from([[1.0, 2.0], [3.0, 4.5]]), Tensor::from([[0.5, -1.0], [2.0, 0.25]]));
    macro_rules! agree {
        ($x:ident, $y:ident, $($name:literal: $use:expr;)*) => {$({
            let tape = Tape::new();
            let $x = tape.var(&square);
            let results = [
                { let $y = tape.constant(&other); $use },
                { let $y = &other; $use },
            ];
            let slopes = results.map(|y| y.sum().backward().wrt($x));
            for (y, slope) in results.iter().zip(&slopes) {
                assert!(y.value() == results[0].value() && *slope == slopes[0], "{}", $name);
            }
        })*};
    }
    agree! { x, y,
        "+": x + y;
        "matmul": x.matmul(y);
        "pow": x.pow(y);
        "maximum": x.maximum(y);
        "where": x.where_(&other.gt(0.0), y);
        "kron": x.kron(y);
        "outer": x.select(0, 0).outer(y.select(0, 1));
        "tensordot": x.tensordot(y, [&[1], &[0]]);
        "add_matmul": x.add_matmul(y, y, 1.0, 2.0);
        "lerp": x.lerp(y, y);
        "linear": x.linear(y, None);
        "cdist": x.cdist(y, 2.0);
        "cosine_similarity": x.cosine_similarity(y, -1, 1e-8);
        "attention": x.attention(y, y, &Attention::default());
        "layer_norm": x.layer_norm(y.select(0, 0), y.select(0, 1), 1e-5);
        "floor_div": x.floor_div(y);
        "prelu": x.prelu(y);
        "scatter_add": x.scatter_add(0, &Tensor::from([[0, 1], [1, 1]]), y);
    }
}

#[test]
fn owned_tensors_and_numbers() {
    let tape = Tape::new();
    let x = tape.var(Tensor::from([1.0, 2.0]));
    let t = || Tensor::from([3.0, 5.0]);
    assert_eq!((x * t()).value(), Tensor::from([3.0, 10.0]));
    assert_eq!((t() - x).value(), Tensor::from([2.0, 3.0]));
    assert_eq!(x.dot(t()).item(), 13.0);
    assert_eq!(x.lerp(3.0, 0.5).value(), Tensor::from([2.0, 2.5]));
    let picture = tape.var(Tensor::ones([1, 1, 2, 2]));
    assert_eq!(picture.conv(Tensor::ones([1, 1, 2, 2]), None, &ConvOptions::default()).item(), 4.0);
}

/// A whole number is what the same float is, on both sides of each operator and as an argument.
#[test]
fn whole_numbers() {
    for dtype in [DType::F64, DType::F32] {
        let tape = Tape::new();
        let x = tape.var(Tensor::from([1.5, 2.5]).to(dtype));
        let pairs = [
            (x + 2, x + 2.0),
            (2 + x, 2.0 + x),
            (x - 2, x - 2.0),
            (2 - x, 2.0 - x),
            (x * 2, x * 2.0),
            (2 * x, 2.0 * x),
            (x / 2, x / 2.0),
            (2 / x, 2.0 / x),
            (x.pow(3), x.pow(3.0)),
            (x.maximum(2), x.maximum(2.0)),
        ];
        for (i, (whole, float)) in pairs.into_iter().enumerate() {
            assert_eq!((whole.dtype(), whole.value()), (dtype, float.value()), "{i}");
            assert_eq!(whole.sum().backward().wrt(x), float.sum().backward().wrt(x), "{i}");
        }
        let mut y = x;
        y *= 3;
        y -= 1;
        assert_eq!(y.value().to_f64_vec(), [3.5, 6.5]);
    }
}

#[test]
fn assigned_results_are_new_values() {
    let tape = Tape::new();
    let x = tape.var(Tensor::from([1.0, 2.0]));
    let mut y = x;
    y += x;
    y *= 3.0;
    y -= &Tensor::from([1.0, 1.0]);
    y /= Tensor::from([5.0, 11.0]);
    assert_eq!(y.value(), Tensor::from([1.0, 1.0]));
    assert_eq!(x.value(), Tensor::from([1.0, 2.0]), "the first value stays");
    let slope = y.sum().backward().wrt(x);
    assert!(slope.allclose(&Tensor::from([6.0 / 5.0, 6.0 / 11.0]), 1e-15, 0.0), "{slope}");
}

/// F32 beside F64 is F64, and each gradient has its variable's type.
#[test]
fn mixed_floats_go_to_the_wider_type() {
    let tape = Tape::new();
    let (a, b) = (tape.var(Tensor::from([[1f32, 2.0]])), tape.var(Tensor::from([[3.0], [4.0]])));
    let products = [a.matmul(b), (a * b.t()).sum(), a.mul(Tensor::from([[3.0, 4.0]])).sum()];
    for y in products {
        assert_eq!((y.dtype(), y.value().to_f64_vec()), (DType::F64, vec![11.0]));
        assert_eq!(y.backward().wrt(a), Tensor::from([[3f32, 4.0]]));
    }
    assert_eq!(a.dtype(), (a * 0.1).dtype(), "a number takes the type of its partner");
}

/// Of every row with two inputs; integers beside floats are floats.
#[test]
fn rows_of_mixed_types() {
    for row in table().filter(|row| row.arity == 2) {
        let tape = Tape::new();
        let (a, b) = ([0.25, 0.5], [0.5, 1.0]);
        let wide = row.apply(&[tape.var(Tensor::from(a)), tape.var(Tensor::from(b))], 0.0).value();
        for types in [[DType::F32, DType::F64], [DType::F64, DType::F32]] {
            let x = [tape.var(Tensor::from(a).to(types[0])), tape.var(Tensor::from(b).to(types[1]))];
            let y = row.apply(&x, 0.0);
            assert_eq!(y.value(), wide, "{}", row.name);
            let gradients = y.sum().backward();
            assert_eq!(x.map(|x| gradients.wrt(x).dtype()), types, "{}", row.name);
        }
        for dtype in [DType::I64, DType::Bool] {
            let ones = Tensor::from([1.0, 1.0]);
            let whole = row.apply(&[tape.var(Tensor::from(a)), tape.constant(ones.to(dtype))], 0.0).value();
            assert_eq!(
                whole,
                row.apply(&[tape.var(Tensor::from(a)), tape.constant(ones)], 0.0).value(),
                "{}",
                row.name
            );
        }
    }
}

/// 1·3 + 2·4 = 11, the window and its kernel in either type.
#[test]
fn convolutions_of_mixed_floats() {
    let tape = Tape::new();
    let (x, w) = (Tensor::from([[[1.0, 2.0]]]), Tensor::from([[[3.0, 4.0]]]));
    for types in [[DType::F32, DType::F64], [DType::F64, DType::F32]] {
        let (x, w) = (tape.var(x.to(types[0])), tape.var(w.to(types[1])));
        let y = x.conv(w, None, &ConvOptions::default());
        assert_eq!((y.dtype(), y.item()), (DType::F64, 11.0));
        let gradients = y.backward();
        assert_eq!(gradients.wrt(x), Tensor::from([[[3.0, 4.0]]]).to(types[0]));
        assert_eq!(gradients.wrt(w), Tensor::from([[[1.0, 2.0]]]).to(types[1]));
    }
}

/// Seeds, directions and the start of a fixed point in the other float type: a gradient has the type of its variable.
/// The slope of x² is 2x, its second derivative 2; x = a x + 1 at a = ½ is 2, with the slope x / (1 - a) = 4.
#[test]
fn derivatives_with_other_types() {
    for [one, other] in [[DType::F32, DType::F64], [DType::F64, DType::F32]] {
        let [at, direction] = [Tensor::from([3.0, 4.0]).to(one), Tensor::from([1.0, 2.0]).to(other)];
        let tape = Tape::new();
        let x = tape.var(&at);
        let y = x.square();
        let product = y.vjp(&[x], tape.constant(&direction))[0].value();
        assert_eq!(product, Tensor::from([6.0, 16.0]).to(one));
        assert_eq!(y.backward_with(&direction).wrt(x), product);
        let along = jvp(|x| x[0].square(), from_ref(&at), from_ref(&direction)).1;
        assert_eq!(along, Tensor::from([6.0, 16.0]).to(one));
        let curved = hvp(|x| x[0].square().sum(), from_ref(&at), from_ref(&direction));
        assert_eq!(curved[0], Tensor::from([2.0, 4.0]).to(one));
        let a = tape.var(Tensor::scalar(0.5).to(one));
        let fixed = implicit(|x, a| a[0] * x + 1.0, Tensor::scalar(1.0).to(other), &[a]);
        let slope = fixed.backward().wrt(a);
        assert!(slope.dtype() == one && abs_diff_eq!(slope.item(), 4.0, epsilon = 1e-5), "{slope}");
    }
}

#[test]
fn a_variable_prints_its_value() {
    let tape = Tape::new();
    let x = tape.var(Tensor::from([[1.0f32, -2.5], [0.0, 4.0]]));
    assert_eq!(x.to_string(), Tensor::from([[1.0f32, -2.5], [0.0, 4.0]]).to_string());
    assert_eq!(format!("{:7.1}", x.mean()), "    0.6");
    assert_eq!(format!("{:#}", x.mean() * 2.0), "%3 = scale(%2, 2)  f32[]  1.25");
    let large = tape.var(Tensor::ones([1000, 600])).tanh();
    assert!(large.to_string().contains("..."), "a value that waits is computed");
    assert!(large.to_string().starts_with("[[0.7615942"), "{large}");
}

#[test]
fn a_closure_with_a_name_serves_every_tape() {
    let shift = 2.0;
    let f = objective(|x| (x - shift).square());
    for at in [1.0, 5.0] {
        let tape = Tape::new();
        let x = tape.var(at);
        assert_eq!(f(x).grad(x).item(), 2.0 * (at - shift));
    }
}
