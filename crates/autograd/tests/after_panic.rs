//! After a panic that somebody caught, a tape and a thread go on as before.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gradus_autograd::{Backward, Op, Param, Tape, Var, value_and_grad};
use gradus_tensor::Tensor;

/// A rule that panics.
#[derive(Debug)]
struct Broken;

impl Op for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].clone()
    }
    fn backward<'t>(&self, _: &mut Backward<'t>) {
        panic!("no rule")
    }
}

fn caught<R>(f: impl FnOnce() -> R) {
    assert!(catch_unwind(AssertUnwindSafe(f)).is_err());
}

fn broken(x: Var<'_>) -> Var<'_> {
    x.tape().apply(Broken, &[x]).sum()
}

/// A tape that does not record makes constants, and they have no gradient.
#[track_caller]
fn records(tape: &Tape) {
    let x = tape.var([3.0]);
    let y = (x * x).sum();
    assert!(y.needs(), "the tape does not record");
    assert_eq!(y.backward().wrt(x).to_f64_vec(), [6.0]);
    assert_eq!(y.grad(x).value().to_f64_vec(), [6.0]);
}

#[test]
fn a_panic_in_a_rule_leaves_the_tape_recording() {
    let tape = Tape::new();
    let x = tape.var([1.0, 2.0]);
    caught(|| broken(x).backward());
    records(&tape);
    caught(|| broken(x).grad(x));
    records(&tape);
    caught(|| x.checkpoint(|x| broken(x.sin())).backward());
    records(&tape);
    // What was there before the panic is still of use.
    assert_eq!(x.square().sum().backward().wrt(x).to_f64_vec(), [2.0, 4.0]);
}

#[test]
fn a_panic_in_an_operation_leaves_the_tape_recording() {
    let tape = Tape::new();
    let x = tape.var([1.0, 2.0]);
    caught(|| x + tape.var([1.0, 2.0, 3.0]));
    caught(|| x.matmul(tape.var([[1.0]])));
    caught(|| x.backward());
    records(&tape);
}

#[test]
fn the_scoped_form_goes_on_after_a_panic() {
    let w = Param::new([1.0, 2.0]);
    for _ in 0..3 {
        caught(|| value_and_grad(|tape| broken(tape.param(&w))));
        let (loss, grads) = value_and_grad(|tape| tape.param(&w).square().sum());
        assert_eq!((loss, grads.get(&w).unwrap().to_f64_vec()), (5.0, vec![2.0, 4.0]));
    }
}
