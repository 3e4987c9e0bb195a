//! Methods of variables on tensors: the values of `Var`, and nothing that stays behind. `tests/tidy` compares the two lists.

use approx::abs_diff_eq;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::{Arc, Mutex};

use gradus_autograd::ops::{ConvOptions, GumbelOptions, Interpolation, Pool};
use gradus_autograd::{Mode, Tape, TensorExt, on_tape};
use gradus_tensor::{DType, Tensor, rng};

/// The same bits on a tape and without one, in both types, for small values and for those that wait on a tape.
#[test]
fn the_values_are_those_of_a_variable() {
    macro_rules! agree {
        ($x:ident, $($name:literal: $use:expr;)*) => {
            for shape in [vec![3, 4], vec![700, 600]] {
                for dtype in [DType::F32, DType::F64] {
                    let tensor = Tensor::uniform_of(&shape[..], 0.1, 0.9, dtype, &mut rng(1));
                    let tape = Tape::new();
                    let variable = tape.var(&tensor);
                    $({
                        let plain = { let $x = &tensor; $use };
                        let recorded = { let $x = variable; $use }.value();
                        assert_eq!(plain.dtype(), dtype, "{}", $name);
                        assert!(plain == recorded, "{} of {shape:?} {dtype}", $name);
                    })*
                }
            }
        };
    }
    let row = Tensor::from(vec![0.3f32]);
    let third = &row.select(0, 0);
    agree! { x,
        "gelu": x.gelu();
        "leaky_relu": x.leaky_relu(0.1);
        "erfcx": x.erfcx();
        "logit_with": x.logit_with(0.2);
        "xlog1py": x.xlog1py(&row);
        "lerp": x.lerp(&row, &row);
        "softmin": x.softmin(0);
        "diff": x.diff(1, 1);
        "vector_norm_axes": x.vector_norm_axes(3.0, 0);
        "quantile": x.quantile(third, 0, Interpolation::Linear, false);
        "rms_norm": x.rms_norm(1, 1e-5);
        "softmax": x.softmax(0);
        "log_softmax": x.log_softmax(-1);
        "relu": x.relu();
        "log": x.log();
        "clip": x.clip(0.2, 0.4);
        "pow": x.pow(2.0);
    }
}

#[test]
fn values_by_hand() {
    let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    let v = Tensor::from([1.0, -1.0]);
    assert_eq!(v.dot(&Tensor::from([3.0, 5.0])).item(), -2.0);
    assert_eq!(x.linear(&Tensor::from([[1.0, 1.0]]), Some(&Tensor::from([0.5]))).to_f64_vec(), [3.5, 7.5]);
    assert_eq!(x.linear(&Tensor::from([[1.0, 1.0]]), None).to_f64_vec(), [3.0, 7.0]);
    assert_eq!(x.mse(&Tensor::zeros_like(&x)).item(), 7.5);
    assert_eq!(x.trace().item(), 5.0);
    let (largest, places) = x.max_with_place(1);
    assert_eq!((largest.to_f64_vec(), places.to_f64_vec()), (vec![2.0, 4.0], vec![1.0, 1.0]));
    assert_eq!(Tensor::einsum("ij,ij->", &[x.clone(), x.clone()]).item(), 30.0);
    let grids = Tensor::meshgrid(&[v.clone(), v]);
    assert_eq!(grids[1].to_f64_vec(), [1.0, -1.0, 1.0, -1.0]);
    let picture = x.reshape([1, 1, 2, 2]);
    assert_eq!(picture.max_pool(&Pool::of(2)).0.item(), 4.0);
    assert_eq!(
        picture.conv(&Tensor::ones_of([1, 1, 2, 2], DType::F64), None, &ConvOptions::default()).item(),
        10.0
    );
    assert_eq!(x.clamp_between(None, Some(&Tensor::from(2.5))).to_f64_vec(), [1.0, 2.0, 2.5, 2.5]);
}

#[cfg(feature = "linalg")]
#[test]
fn linear_algebra_by_hand() {
    let a = Tensor::from([[2.0, 0.0], [0.0, 4.0]]);
    assert_eq!(a.det().item(), 8.0);
    assert_eq!(a.inverse().to_f64_vec(), [0.5, 0.0, 0.0, 0.25]);
    assert_eq!(a.solve(&Tensor::from([2.0, 2.0])).to_f64_vec(), [1.0, 0.5]);
    let (values, vectors) = a.eigh();
    assert!(values.allclose(&Tensor::from([2.0, 4.0]), 1e-15, 0.0));
    assert!(vectors.abs().allclose(&Tensor::eye_of(2, DType::F64), 1e-15, 1e-15));
    let (u, s, v) = a.svd();
    assert!((u * s).matmul(&v.t()).allclose(&a, 1e-15, 1e-15));
    assert!(a.singular_values().allclose(&Tensor::from([4.0, 2.0]), 1e-15, 0.0));
}

#[test]
fn nothing_stays_behind_and_calls_may_be_nested() {
    let x = Tensor::full([1000, 1000], 0.5);
    assert!(x.gelu().is_unique());
    assert!(x.is_unique(), "the tape has given its owner back");
    let inside = on_tape(Mode::Record, |tape| {
        let y = tape.var(2.0).square();
        let constant = Tensor::from([1.0, 2.0]).softplus();
        (y * &constant).sum().backward();
        assert_eq!(y.item(), 4.0);
        tape.len()
    });
    assert_eq!(inside, 5, "leaf, square, constant, product, sum");
}

#[test]
fn a_mistake_is_the_callers_and_costs_no_later_call() {
    let place = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&place);
    let old = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        *seen.lock().unwrap() =
            info.location().map_or(String::new(), |at| format!("{}:{}", at.file(), at.line()));
    }));
    let here = Location::caller().file();
    let line = line!() + 2;
    let refused =
        catch_unwind(AssertUnwindSafe(|| Tensor::from([1.0, 2.0]).mse(&Tensor::from([1.0, 2.0, 3.0]))));
    std::panic::set_hook(old);
    assert!(refused.is_err());
    assert_eq!(*place.lock().unwrap(), format!("{here}:{line}"));
    assert_eq!(Tensor::from([1.0, -1.0]).relu6().to_f64_vec(), [1.0, 0.0]);
}

/// A draw by Gumbel's numbers: the shares of the classes, the value of a hard one, and that gradients pass.
#[test]
fn draws_that_hand_gradients_on() {
    let logits = Tensor::from([1f64.ln(), 2f64.ln(), 7f64.ln()]).expand([20_000, 3]);
    let soft = logits.gumbel_softmax(-1, &mut rng(5));
    assert!(soft.sum_axes(1).allclose(&Tensor::ones_of(20_000, DType::F64), 1e-14, 0.0));
    let counts = soft.argmax_axis(1, false).bincount(3).to_f64_vec();
    for (count, share) in counts.into_iter().zip([0.1, 0.2, 0.7]) {
        assert!(abs_diff_eq!(count / 20_000.0, share, epsilon = 0.015), "{count} {share}");
    }
    let tape = Tape::new();
    let x = tape.var(logits.narrow(0, 0, 50).t());
    let weights = Tensor::from([1.0, -2.0, 3.0]).unsqueeze(1);
    let slope = |hard| {
        let how = GumbelOptions { temperature: 0.7, hard };
        let y = x.gumbel_softmax_with(0, &how, &mut rng(6));
        if hard {
            assert_eq!(y.value().unique().to_f64_vec(), [0.0, 1.0]);
            assert_eq!(y.value().sum_axes(0).to_f64_vec(), [1.0; 50]);
        }
        (y * &weights).sum().backward().wrt(x)
    };
    assert!(slope(true).equal(&slope(false)) && slope(true).abs().max().item() > 0.1);
}
