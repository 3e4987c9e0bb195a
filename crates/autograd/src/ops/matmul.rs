//! Matrix products: `matmul`, and the fused affine map of a linear layer.

use gradus_tensor::{Shape, Tensor};

use crate::fast::runs::{Kernels, Numeric, NumericRule};
use crate::op::{Backward, Form, Op};
use crate::ops::elementwise::operators::{Operand, promoted, promoted_with};
use crate::var::Var;

#[derive(Debug)]
struct Matmul;

impl Op for Matmul {
    fn name(&self) -> &'static str {
        "matmul"
    }
    fn form(&self) -> Form {
        Form::Product
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].matmul(&x[1])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (a, b, dy) = (step.x(0), step.x(1), step.dy());
        match (a.rank(), b.rank()) {
            (1, 1) => {
                if step.needs(0) {
                    step.give(0, dy * b);
                }
                if step.needs(1) {
                    step.give(1, dy * a);
                }
            }
            (1, _) => {
                // y = aᵀ B: a row of 1 is put in front for the rule.
                let dy = dy.unsqueeze(-2);
                let row = a.unsqueeze(0);
                if step.needs(0) {
                    step.give(0, dy.matmul(b.t()).squeeze_axis(-2));
                }
                if step.needs(1) {
                    step.give(1, row.t().matmul(dy));
                }
            }
            (_, 1) => {
                let dy = dy.unsqueeze(-1);
                if step.needs(0) {
                    step.give(0, dy.matmul(b.unsqueeze(0)));
                }
                if step.needs(1) {
                    step.give(1, a.t().matmul(dy).squeeze_axis(-1));
                }
            }
            _ => {
                if step.needs(0) {
                    step.give(0, dy.matmul(b.t()));
                }
                if step.needs(1) {
                    step.give(1, transposed_product(a, dy, b.shape()));
                }
            }
        }
    }
    fn words(&self) -> &'static str {
        "a matrix product L·R: L gets ȳ·Rᵀ, R gets Lᵀ·ȳ"
    }
}

/// `aᵀ · dy`; for one matrix on the right the rows of all batches are one tall product, so nothing is summed afterwards.
fn transposed_product<'t>(a: Var<'t>, dy: Var<'t>, shape: Shape) -> Var<'t> {
    if shape.len() == 2 && a.rank() > 2 {
        let (k, n) = (shape[0], shape[1]);
        return rows(a, k).t().matmul(rows(dy, n));
    }
    a.t().matmul(dy)
}

/// All leading axes as one.
pub(crate) fn rows<'t>(x: Var<'t>, width: usize) -> Var<'t> {
    let shape = x.shape();
    if shape.len() == 2 { x } else { x.reshape([shape[..shape.len() - 1].iter().product(), width]) }
}

/// `$y = x W^\top + b$` with `W` as `[out, in]`, as PyTorch stores it.
#[derive(Debug)]
struct Linear;

impl Op for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }
    fn form(&self) -> Form {
        Form::Product
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        gradus_tensor::linear(&x[0], &x[1], x.get(2))
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (x, w, dy) = (step.x(0), step.x(1), step.dy());
        let (out, inner) = (w.shape()[0], w.shape()[1]);
        if step.needs(0) {
            step.give(0, dy.matmul(w));
        }
        if step.needs(1) {
            step.give(1, rows(dy, out).t().matmul(rows(x, inner)));
        }
        if step.inputs() > 2 && step.needs(2) {
            step.give(2, dy.sum_to([out]));
        }
    }
    fn words(&self) -> &'static str {
        "x·Wᵀ + b: x gets ȳ·W, W gets ȳᵀ·x, b the sum of the rows of ȳ"
    }
    fn kernels(&self) -> Option<Kernels<'_>> {
        Some(Kernels::Numeric(self))
    }
}

impl NumericRule for Linear {
    fn pull(&self, step: &mut Numeric<'_>) {
        let (x, w, dy) = (step.x(0), step.x(1), step.dy());
        pull_affine(step, [0, 1, 2], &x, &w, &dy);
    }
}

/// The gradients of `$x W^\top + b$` from that of its result, given to the inputs x, W and b, which stand at these places. A
/// weight that is used again, as in each step of a recurrent network, is added to in its place.
pub(crate) fn pull_affine(
    step: &mut Numeric<'_>,
    [of_x, of_w, of_b]: [usize; 3],
    x: &Tensor,
    w: &Tensor,
    dy: &Tensor,
) {
    let (out, inner) = (w.shape()[0], w.shape()[1]);
    if step.needs(of_x) {
        step.give(of_x, dy.matmul(w));
    }
    let rows = |t: &Tensor, width: usize| t.reshape([t.elements() / width.max(1), width]);
    if step.needs(of_w) && out * inner == 0 {
        // It has a gradient all the same, without elements.
        step.give(of_w, w.clone());
    } else if step.needs(of_w) {
        let (dy, x) = (rows(dy, out).t(), rows(x, inner));
        if step.has(of_w) {
            step.add(of_w, |dw| gradus_tensor::add_product(dw, &dy, &x));
        } else {
            step.give(of_w, dy.matmul(&x));
        }
    }
    if step.inputs() > of_b && step.needs(of_b) {
        step.give(of_b, dy.sum_to([out]));
    }
}

/// # Matrix products
impl<'t> Var<'t> {
    /// The matrix product `$y_{ij} = \sum_k a_{ik} b_{kj}$`: `[…, m, k] × […, k, n] → […, m, n]`; leading axes
    /// broadcast, a vector counts as a row on the left and as a column on the right.
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// use gradus_tensor::Tensor;
    /// let tape = Tape::new();
    /// let a = tape.var(Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
    /// let x = tape.var(Tensor::from([1.0, -1.0]));
    /// let y = a.matmul(x);
    /// assert_eq!(y.value().to_f64_vec(), [-1.0, -1.0]);
    /// // The slope of the sum in A is 1 xᵀ, in x it is Aᵀ 1.
    /// let grads = y.sum().backward();
    /// assert_eq!(grads.wrt(a).to_vec2::<f64>(), [[1.0, -1.0], [1.0, -1.0]]);
    /// assert_eq!(grads.wrt(x).to_f64_vec(), [4.0, 6.0]);
    /// ```
    ///
    /// # Panics
    /// If the inner sizes differ or the leading axes do not broadcast.
    #[doc(alias = "mm")]
    #[doc(alias = "bmm")]
    #[doc(alias = "mv")]
    #[track_caller]
    pub fn matmul(self, other: impl Operand<'t>) -> Self {
        let factors = promoted([self, self.operand("matmul", other)]);
        self.tape().apply(Matmul, &factors)
    }

    /// `$y = x W^\top + b$` in one pass: x is `[…, in]`, the weight `[out, in]`, the bias `[out]`, the result
    /// `[…, out]`.
    ///
    /// # Panics
    /// If the sizes do not fit.
    #[doc(alias = "affine")]
    #[track_caller]
    pub fn linear(self, weight: impl Operand<'t>, bias: Option<Self>) -> Self {
        self.check_more("linear", [bias]);
        let weight = self.operand("linear", weight);
        let shape = self.shape();
        let w = weight.shape();
        assert!(w.len() == 2, "linear: the weight must be [out, in], got {w}");
        assert!(!shape.is_empty(), "linear: the input is a scalar; it needs a last axis of size {}", w[1]);
        let inner = shape[shape.len() - 1];
        assert!(
            inner == w[1],
            "linear: input {shape} × weight {w}: the input's last size {inner} and the weight's {} differ",
            w[1]
        );
        let ([x, weight], [bias]) = promoted_with([self, weight], [bias]);
        match bias {
            None => self.tape().apply(Linear, &[x, weight]),
            Some(bias) => {
                let b = bias.shape();
                assert!(b == [w[0]], "linear: weight {w} needs a bias of shape [{}], got {b}", w[0]);
                self.tape().apply(Linear, &[x, weight, bias])
            }
        }
    }
}
