//! Derivatives of functions of tensors: products with the Jacobian and the Hessian, and these themselves.
//!
//! With `$J = \partial y / \partial x$`: reverse mode gives `$u^\top J$` (`vjp`), one row of J for a sweep. Forward mode gives
//! `$J v$` (`jvp`), one column for a pass from the inputs on; it needs no rules of its own ([`tangents`]).
//!
//! The functions that take closures run on a tape of their own and return numbers; of a function that does not depend on an
//! input, 0 (as in JAX and `torch.func`; on a tape that is there, to ask for a constant's gradient is a mistake and panics). The plural forms [`vjps`], [`jvps`] and
//! [`jacobians`] work on a tape that is there, with several outputs; what the first two record can be differentiated again.
//! Functions of each row of a batch by itself have [`batched_jacobian`](crate::batched_jacobian).

use gradus_tensor::{Shape, Tensor};

use super::derivative;
use super::evaluate::{check_directions, check_floats, of_scalar, with};
use super::forward::tangents;
use crate::fast::reuse::on_tape;
use crate::fast::store::Keep;
use crate::fast::sweep;
use crate::gradients::Gradients;
use crate::model::training::Mode;
use crate::tape::Tape;
use crate::var::Var;

/// [`vjp`] on a tape that is there, of several outputs: `$\sum_k u_k^\top\, \partial y_k / \partial x_i$` for each input i,
/// in its shape, recorded.
///
/// # Panics
/// If a weight has another shape than its output, the numbers of both differ, an output or input is a constant, or a variable
/// is of another tape.
#[track_caller]
pub fn vjps<'t>(outputs: &[Var<'t>], weights: &[Var<'t>], inputs: &[Var<'t>]) -> Vec<Var<'t>> {
    assert!(outputs.len() == weights.len(), "vjps: a weight for each output");
    check_tapes("vjps", outputs, inputs, weights);
    for (y, u) in outputs.iter().zip(weights) {
        y.check_seed("vjps", &u.shape());
    }
    let rows = outputs.iter().zip(weights).map(|(&y, &u)| derivative::products(y, inputs, u));
    let products: Vec<Var<'t>> =
        rows.reduce(|sum, row| sum.into_iter().zip(row).map(|(a, b)| a + b).collect()).unwrap_or_default();
    derivative::again(products, inputs)
}

/// [`jvp`] on a tape that is there, of several outputs: `$\sum_i \partial y_k / \partial x_i\, v_i$` for each output k, in its
/// shape, recorded: how the outputs move when the inputs move along v.
///
/// # Panics
/// If a direction has another shape than its input, the numbers of both differ, an output or input is a constant, or a
/// variable is of another tape.
#[track_caller]
pub fn jvps<'t>(outputs: &[Var<'t>], inputs: &[Var<'t>], directions: &[Var<'t>]) -> Vec<Var<'t>> {
    check_tapes("jvps", outputs, inputs, directions);
    let of = |vars: &[Var<'t>]| vars.iter().map(|x| x.shape()).collect::<Vec<_>>();
    check_directions("jvps", &of(inputs), &of(directions));
    directional(outputs, inputs, directions)
}

fn directional<'t>(outputs: &[Var<'t>], inputs: &[Var<'t>], directions: &[Var<'t>]) -> Vec<Var<'t>> {
    let moved = tangents(outputs, inputs, directions).into_iter().zip(outputs);
    moved
        .map(|(v, y)| v.unwrap_or_else(|| y.tape().constant(Tensor::zeros_of(y.shape(), y.dtype()))))
        .collect()
}

/// [`jacobian`] on a tape that is there, of several outputs, one sweep for each element of the outputs:
/// `result[k][i]` has the shape of output k, then that of input i.
///
/// # Panics
/// If an output or input is a constant, or a variable is of another tape.
#[track_caller]
pub fn jacobians<'t>(outputs: &[Var<'t>], inputs: &[Var<'t>]) -> Vec<Vec<Tensor>> {
    check_tapes("jacobians", outputs, inputs, &[]);
    all_rows(outputs, inputs)
}

fn all_rows<'t>(outputs: &[Var<'t>], inputs: &[Var<'t>]) -> Vec<Vec<Tensor>> {
    outputs.iter().map(|&y| jacobian_rows(y, inputs)).collect()
}

/// Panics unless all variables are of the first output's tape, and none of the outputs and inputs is a constant.
#[track_caller]
fn check_tapes(what: &str, outputs: &[Var<'_>], inputs: &[Var<'_>], others: &[Var<'_>]) {
    for y in outputs {
        outputs[0].tape.check_operand(what, *y);
        outputs[0].tape.check_inputs(what, others);
        y.check_wrt(what, inputs);
    }
}

fn jacobian_rows<'t>(y: Var<'t>, inputs: &[Var<'t>]) -> Vec<Tensor> {
    let rows: Vec<Vec<Tensor>> = (0..y.elements())
        .map(|k| {
            if !y.needs() {
                return inputs.iter().map(|x| Tensor::zeros_of(x.shape(), x.dtype())).collect();
            }
            let gradients = y.backward_with(&unit(y, k));
            inputs.iter().map(|&x| gradients.wrt(x)).collect()
        })
        .collect();
    let column = |i: usize| {
        let block: Vec<f64> = rows.iter().flat_map(|row| row[i].to_f64_vec()).collect();
        let sizes: Vec<usize> = y.shape().iter().chain(inputs[i].shape().iter()).copied().collect();
        Tensor::from_vec(block, &sizes[..]).to(inputs[i].dtype())
    };
    (0..inputs.len()).map(column).collect()
}

/// The k-th unit vector in the shape of a value.
pub(crate) fn unit(like: Var<'_>, k: usize) -> Tensor {
    let mut flat = vec![0.0; like.elements()];
    flat[k] = 1.0;
    Tensor::from_vec(flat, like.shape()).to(like.dtype())
}

fn shapes(tensors: &[Tensor]) -> Vec<Shape> {
    tensors.iter().map(|x| *x.shape()).collect()
}

fn numbers(vars: &[Var<'_>]) -> Vec<Tensor> {
    vars.iter().map(|x| x.value()).collect()
}

fn lift<'t>(tape: &'t Tape, tensors: &[Tensor]) -> Vec<Var<'t>> {
    tensors.iter().map(|v| tape.constant(v.clone())).collect()
}

/// The value of `f` and `$u^\top J$`, one tensor for each input.
///
/// # Panics
/// If `u` has another shape than the result.
#[track_caller]
pub fn vjp(f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, at: &[Tensor], u: &Tensor) -> (Tensor, Vec<Tensor>) {
    check_floats("vjp", at);
    let result = with(f, at, |y, inputs| {
        if y.shape() != *u.shape() {
            return Err(y.shape());
        }
        let seed = y.tape().constant(u.clone());
        Ok((y.value(), numbers(&derivative::products(y, inputs, seed))))
    });
    match result {
        Ok(result) => result,
        Err(shape) => {
            panic!("vjp: weights of shape {} for a result of shape {shape}; they must be equal", u.shape())
        }
    }
}

/// The value of `f` and `$J v$`, of the shape of the result.
///
/// # Panics
/// If a direction has another shape than its input.
#[track_caller]
pub fn jvp(f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, at: &[Tensor], v: &[Tensor]) -> (Tensor, Tensor) {
    check_floats("jvp", at);
    check_directions("jvp", &shapes(at), &shapes(v));
    with(f, at, |y, inputs| {
        let directions = lift(y.tape(), v);
        (y.value(), directional(&[y], inputs, &directions)[0].value())
    })
}

/// The Jacobian by reverse mode, one sweep for each element of the result: for each input a tensor of the result's shape,
/// then the input's. For few outputs.
#[track_caller]
pub fn jacobian(f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, at: &[Tensor]) -> Vec<Tensor> {
    check_floats("jacobian", at);
    with(f, at, jacobian_rows)
}

/// The Jacobian by forward mode, one sweep for each element of the inputs; the same layout as [`jacobian`]. For few inputs.
#[track_caller]
pub fn jacobian_forward(f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, at: &[Tensor]) -> Vec<Tensor> {
    check_floats("jacobian_forward", at);
    with(f, at, |y, inputs| {
        let u = y.tape().var(Tensor::zeros_of(y.shape(), y.dtype()));
        let rows = derivative::products(y, inputs, u);
        // ∂(uᵀJ)/∂u is Jᵀ: [input, output]. The axes of the output are moved to the front.
        let transposed = all_rows(&rows, &[u]);
        let front = |(block, x): (&Vec<Tensor>, &Var<'_>)| {
            let (m, n) = (x.elements(), y.elements());
            let sizes: Vec<usize> = y.shape().iter().chain(x.shape().iter()).copied().collect();
            block[0].reshape([m, n]).t().contiguous().reshape(&sizes[..])
        };
        transposed.iter().zip(inputs).map(front).collect()
    })
}

/// The Hessian of a scalar function: `result[i][j]` has the shape of input i, then that of input j.
///
/// # Panics
/// If the result is not a scalar.
#[track_caller]
pub fn hessian(f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, at: &[Tensor]) -> Vec<Vec<Tensor>> {
    of_scalar("hessian", f, at, |y, inputs| all_rows(&derivative::slopes(y, inputs), inputs))
}

/// `$H v$` for a scalar function: the gradient of its slope along v, `$\nabla (\nabla f \cdot v)$`. Reverse over forward: one pass from
/// the inputs on, one back; it costs about two gradients.
///
/// ```
/// use gradus_autograd::hvp;
/// use gradus_tensor::Tensor;
/// // f = x₀² x₁ at (2, 3): H = [[6, 4], [4, 0]].
/// let product = hvp(
///     |x| x[0].select(0, 0).square() * x[0].select(0, 1),
///     &[Tensor::from([2.0, 3.0])],
///     &[Tensor::from([1.0, -1.0])],
/// );
/// assert_eq!(product[0].to_f64_vec(), [2.0, 4.0]);
/// ```
///
/// # Panics
/// If the result is not a scalar or a direction has another shape than its input.
///
/// # Source
/// Pearlmutter, "Fast exact multiplication by the Hessian", 1994.
#[track_caller]
pub fn hvp(f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, at: &[Tensor], v: &[Tensor]) -> Vec<Tensor> {
    check_directions("hvp", &shapes(at), &shapes(v));
    of_scalar("hvp", f, at, |y, inputs| {
        let slope = directional(&[y], inputs, &lift(y.tape(), v))[0];
        if !slope.needs() {
            return inputs.iter().map(|x| Tensor::zeros_of(x.shape(), x.dtype())).collect();
        }
        let gradients = slope.backward_with(&ones(slope));
        inputs.iter().map(|&x| gradients.wrt(x)).collect()
    })
}

fn ones(like: Var<'_>) -> Tensor {
    Tensor::ones_of(like.shape(), like.dtype())
}

/// `$v^\top H$` for a scalar function: the gradient of `$\langle \nabla f, v \rangle$`. Reverse over reverse. Equal to
/// [`hvp`], since the Hessian is symmetric, by another way, which costs more: the gradient is computed on it.
///
/// # Panics
/// If the result is not a scalar or a direction has another shape than its input.
#[track_caller]
pub fn vhp(f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, at: &[Tensor], v: &[Tensor]) -> Vec<Tensor> {
    check_directions("vhp", &shapes(at), &shapes(v));
    of_scalar("vhp", f, at, |y, inputs| {
        let product = inner_product(&derivative::slopes(y, inputs), &lift(y.tape(), v));
        numbers(&derivative::slopes(product, inputs))
    })
}

fn inner_product<'t>(a: &[Var<'t>], b: &[Var<'t>]) -> Var<'t> {
    a.iter().zip(b).map(|(&a, &b)| (a * b).sum()).sum()
}

/// `$\sum_i \partial^2 f / \partial x_i^2$` over all elements of all inputs: the trace of the Hessian.
///
/// # Panics
/// If the result is not a scalar.
#[track_caller]
pub fn laplacian(f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, at: &[Tensor]) -> f64 {
    of_scalar("laplacian", f, at, |y, inputs| {
        let mut trace = 0.0;
        for (&x, g) in inputs.iter().zip(derivative::slopes(y, inputs)) {
            for k in (0..x.elements()).filter(|_| g.needs()) {
                trace += g.backward_with(&unit(g, k)).wrt(x).to_f64_vec()[k];
            }
        }
        trace
    })
}

/// `$\langle \nabla f, v \rangle$` for a scalar function: its slope along v.
///
/// # Panics
/// If the result is not a scalar or a direction has another shape than its input.
#[track_caller]
pub fn directional_derivative(f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, at: &[Tensor], v: &[Tensor]) -> f64 {
    check_directions("directional_derivative", &shapes(at), &shapes(v));
    of_scalar("directional_derivative", f, at, |y, inputs| {
        let directions = lift(y.tape(), v);
        inner_product(&derivative::slopes(y, inputs), &directions).item()
    })
}

/// `$H v$` for a model's loss in all its parameters; parameters without entry in `direction` do not move.
///
/// # Panics
/// If the loss is not a scalar, depends on no parameter, or a direction has another shape than its parameter.
#[track_caller]
pub fn model_hvp(loss: impl for<'t> FnOnce(&'t Tape) -> Var<'t>, direction: &Gradients) -> Gradients {
    let found = on_tape(Mode::Record, |tape| {
        let loss = loss(tape);
        if let Some(fault) = loss.fault(tape) {
            return Err(fault);
        }
        let lifted: Vec<_> = tape.inner.borrow().params.iter().map(|(&id, &node)| (id, node)).collect();
        let lifted: Vec<_> = lifted.iter().map(|&(id, node)| (id, Var { tape, id: node })).collect();
        let moving: Vec<_> = lifted
            .iter()
            .filter(|(_, x)| x.needs())
            .filter_map(|&(id, x)| Some((x, direction.by_id(id)?)))
            .collect();
        let (inputs, v): (Vec<Var<'_>>, Vec<Var<'_>>) =
            moving.into_iter().map(|(x, v)| (x, tape.constant(v.clone()))).unzip();
        for (x, v) in inputs.iter().zip(&v) {
            let (x, v) = (x.shape(), v.shape());
            if x != v {
                return Err(format!(
                    "a direction of shape {v} for a parameter of shape {x}; they must be equal"
                ));
            }
        }
        let mut gradients = Gradients::default();
        if inputs.is_empty() {
            return Ok(gradients);
        }
        if let Some(slope) = tangents(&[loss], &inputs, &v)[0].filter(|slope| slope.needs()) {
            gradients = Gradients::collect(slope, sweep::numeric(slope, ones(slope), Keep::Leaves));
        }
        for (id, x) in lifted {
            // A linear loss has no curvature.
            if x.needs() && gradients.by_id(id).is_none() {
                gradients.set(id, Tensor::zeros_of(x.shape(), x.dtype()));
            }
        }
        Ok(gradients)
    });
    match found {
        Ok(product) => product,
        Err(fault) => panic!("model_hvp: {fault}"),
    }
}

#[cfg(test)]
mod tests {
    use gradus_tensor::DType;

    use super::*;
    use crate::Param;

    /// `$x_0^2 x_1$`: gradient `(2 x0 x1, x0²)`, Hessian `[[2 x1, 2 x0], [2 x0, 0]]`.
    fn f<'t>(x: &[Var<'t>]) -> Var<'t> {
        let (a, b) = (x[0].select(0, 0), x[0].select(0, 1));
        a * a * b
    }

    fn at() -> Vec<Tensor> {
        vec![Tensor::from([2.0, 3.0])]
    }

    #[test]
    fn by_hand() {
        let v = [Tensor::from([1.0, -1.0])];
        assert_eq!(vjp(f, &at(), &Tensor::scalar(2.0)).1[0].to_f64_vec(), [24.0, 8.0]);
        assert_eq!(jvp(f, &at(), &v).1.item(), 8.0);
        assert_eq!(directional_derivative(f, &at(), &v), 8.0);
        assert_eq!(hessian(f, &at())[0][0].to_f64_vec(), [6.0, 4.0, 4.0, 0.0]);
        assert_eq!(hvp(f, &at(), &v)[0].to_f64_vec(), [2.0, 4.0]);
        assert_eq!(vhp(f, &at(), &v)[0].to_f64_vec(), [2.0, 4.0]);
        assert_eq!(laplacian(f, &at()), 6.0);
    }

    #[test]
    fn of_several_outputs() {
        // y = (a², a b) at a = 2, b = 3: rows of the Jacobian (4, 0) and (3, 2).
        let tape = Tape::new();
        let (a, b) = (tape.var(2.0), tape.var(3.0));
        let (y, one) = ([a * a, a * b], |k: f64| tape.constant(k));
        let products = |vars: Vec<Var<'_>>| vars.iter().map(|x| x.item()).collect::<Vec<f64>>();
        assert_eq!(products(vjps(&y, &[one(1.0), one(10.0)], &[a, b])), [34.0, 20.0]);
        assert_eq!(products(jvps(&y, &[a, b], &[one(1.0), one(10.0)])), [4.0, 23.0]);
        let whole = jacobians(&y, &[a, b]);
        assert_eq!(whole.concat().iter().map(Tensor::item).collect::<Vec<f64>>(), [4.0, 0.0, 3.0, 2.0]);
        // In the type of the input.
        let single = jacobian(|x| x[0].square(), &[Tensor::from([1.0f32, 2.0])]);
        assert_eq!((single[0].dtype(), single[0].to_f64_vec()), (DType::F32, vec![2.0, 0.0, 0.0, 4.0]));
    }

    #[test]
    fn both_modes_give_the_same_jacobian() {
        fn g<'t>(x: &[Var<'t>]) -> Var<'t> {
            x[0].matmul(x[1]).tanh()
        }
        let at = [Tensor::from([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]), Tensor::from([[0.3], [0.2], [0.1]])];
        let (reverse, forward) = (jacobian(g, &at), jacobian_forward(g, &at));
        assert_eq!(reverse[0].shape()[..], [2, 1, 2, 3]);
        assert_eq!(reverse[1].shape()[..], [2, 1, 3, 1]);
        for (a, b) in reverse.iter().zip(&forward) {
            assert!(a.max_abs_diff(b) < 1e-15);
        }
    }

    #[test]
    fn curvature_of_a_loss() {
        // loss = w² b: H = [[2b, 2w], [2w, 0]] at w = 2, b = 3.
        let (w, b) = (Param::new(2.0), Param::new(3.0));
        let mut v = Gradients::default();
        v.set(w.id(), Tensor::scalar(1.0));
        v.set(b.id(), Tensor::scalar(-1.0));
        let product = model_hvp(|tape| tape.param(&w).square() * tape.param(&b), &v);
        assert_eq!((product.get(&w).unwrap().item(), product.get(&b).unwrap().item()), (2.0, 4.0));
    }
}
