//! Variables of two tapes never meet: every way in which they could is refused, at the caller's line.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gradus_autograd::ops::elementwise::table;
use gradus_autograd::{Backward, Op, Row, Tape, Var, jacobians, jvps, vjps};
use gradus_tensor::Tensor;

/// Refused with these words, and by a panic that points into this file.
#[track_caller]
fn refused<R>(what: &str, f: impl FnOnce() -> R) {
    let place = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let seen = place.clone();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        *seen.lock().unwrap() = info.location().map(ToString::to_string).unwrap_or_default();
    }));
    let result = catch_unwind(AssertUnwindSafe(f));
    std::panic::set_hook(hook);
    let Err(payload) = result else { panic!("{what}: two tapes met") };
    let text = payload.downcast_ref::<String>().expect("a message").clone();
    let line = place.lock().unwrap().clone();
    assert!(text.starts_with(what) && text.contains("belongs to another tape"), "{what}: {text}");
    assert!(line.contains("two_tapes.rs"), "{what} at {line}: {text}");
}

#[derive(Debug)]
struct Pass;

impl Op for Pass {
    fn name(&self) -> &'static str {
        "pass"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].clone()
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        step.give(0, step.dy());
    }
}

/// In one test, since the hook is of the process.
#[test]
fn every_meeting_is_refused() {
    let (one, two) = (Tape::new(), Tape::new());
    // The other tape is longer, so that a number of a node means something on both.
    let (x, y) = (one.var([1.0, 2.0]), two.var([100.0, 200.0]));
    let small = (x, y);
    let large = (one.var(Tensor::ones([600, 600])), two.var(Tensor::ones([600, 600])));
    let two_inputs = || table().filter(|row: &&'static Row| row.arity == 2);
    assert!(two_inputs().count() > 5);
    for (x, y) in [small, large] {
        for row in two_inputs() {
            refused(row.name, || row.apply(&[x, y], 0.0));
            refused(row.name, || row.apply(&[y, x], 0.0));
        }
        refused("add", || x + y);
        refused("mul", || y * x);
        refused("variables of two tapes", || x.lift(y));
        refused("variables of two tapes", || x.matmul(y));
        refused("pass", || one.apply(Pass, &[y]));
        refused("checkpoint", || x.checkpoint(|_| y));
    }
    meetings_in_derivatives(x, y);
    assert_eq!((x + x).value().to_f64_vec(), [2.0, 4.0]);
}

fn meetings_in_derivatives<'t>(x: Var<'t>, y: Var<'t>) {
    let loss = x.square().sum();
    refused("grad", || loss.grad(y));
    refused("grad", || loss.grads(&[x, y]));
    refused("vjp", || loss.vjp(&[y], x.tape().constant(1.0)));
    refused("vjp", || loss.vjp(&[x], y.tape().constant(1.0)));
    let (u, v) = (x.square(), y.square());
    refused("vjps", || vjps(&[u], &[y], &[x]));
    refused("vjps", || vjps(&[u], &[x], &[y]));
    refused("vjps", || vjps(&[u, v], &[x, y], &[x]));
    refused("jvps", || jvps(&[u], &[x], &[y]));
    refused("jvps", || jvps(&[u], &[y], &[x]));
    refused("jacobians", || jacobians(&[u], &[y]));
    assert!(catch_unwind(AssertUnwindSafe(|| u.sum().backward().wrt(y))).is_err());
}
