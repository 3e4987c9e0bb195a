//! W9x: single operations on short rows and on long slices, each alone and with its gradient.

use gradus::autograd::{Tape, Var};
use gradus::tensor::Tensor;

use crate::common::{emit, labels, time_inner, utensor};

/// Rows of the short ones.
const ROWS: usize = 4096;

/// `f` of a tensor alone (`…_f`), and the gradient of the sum of its value times `weights` (`…_fb`).
fn both(name: &str, x: &Tensor, weights: &Tensor, f: impl for<'t> Fn(&'t Tape, Var<'t>) -> Var<'t>) {
    let inner = (2_000_000 / x.elements()).clamp(1, 50);
    let t = time_inner(inner, 0.25, || {
        let tape = Tape::new();
        std::hint::black_box(f(&tape, tape.constant(x)).value());
    });
    emit(&format!("W9x_{name}_f"), &t, 1.0, "");
    let t = time_inner(inner, 0.25, || {
        let tape = Tape::new();
        let x = tape.var(x);
        let y = f(&tape, x);
        let total = if y.rank() == 0 { y } else { (y * tape.constant(weights)).sum() };
        std::hint::black_box(total.backward().wrt(x));
    });
    emit(&format!("W9x_{name}_fb"), &t, 1.0, "");
}

/// Cross-entropy, softmax, log-softmax and layer norm of rows of 10 to 200 numbers, GELU, and sums.
pub(crate) fn w9x() {
    for width in [10, 16, 32, 63, 65, 100, 200] {
        let (x, d) = (utensor([ROWS, width], 1, 3.0), utensor([ROWS, width], 2, 1.0));
        let (y, gamma) = (labels(ROWS, 3, width as u32), utensor(width, 4, 1.0));
        both(&format!("cross_entropy_{width}"), &x, &d, |_, x| x.cross_entropy(&y));
        both(&format!("softmax_{width}"), &x, &d, |_, x| x.softmax(-1));
        both(&format!("log_softmax_{width}"), &x, &d, |_, x| x.log_softmax(-1));
        both(&format!("layer_norm_{width}"), &x, &d, |tape, x| {
            x.layer_norm(tape.var(&gamma), tape.var(&gamma), 1e-5)
        });
    }
    for n in [102_400, 524_288] {
        let (x, d) = (utensor(n, 1, 3.0), utensor(n, 2, 1.0));
        both(&format!("gelu_{n}"), &x, &d, |_, x| x.gelu());
    }
}
