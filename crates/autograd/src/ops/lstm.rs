//! An LSTM over all steps of a sequence as one operation: its gates, states and products lie in one value.

use gradus_tensor::lstm::{lstm_sequence, lstm_sequence_pull};
use gradus_tensor::{Tensor, checked_product};
use smallvec::SmallVec;

use crate::fast::runs::{Kernels, Numeric, NumericRule};
use crate::op::{Backward, Op};
use crate::ops::elementwise::operators::{Operand, promoted_with};
use crate::ops::expect;
use crate::ops::matmul::{pull_affine, rows};
use crate::var::Var;

/// Of the inputs of all steps, the weights of input and state, the first h and c, and the bias, if there is one. The value holds
/// the outputs h of all steps, their states c and their gates.
#[derive(Debug, Clone, Copy)]
struct LstmSequence {
    reverse: bool,
}

/// The outputs and states `[T, N, H]` and the gates `[T, N, 4H]` in a value of the operation or its gradient.
fn parts<'t>(y: Var<'t>, steps: usize, h: Var<'t>) -> [Var<'t>; 3] {
    let [batch, hidden] = h.shape()[..] else { unreachable!("[N, H]") };
    let size = steps * batch * hidden;
    let part = |at: usize, times: usize| {
        y.narrow(0, at * size, times * size).reshape([steps, batch, times * hidden])
    };
    [part(0, 1), part(1, 1), part(2, 4)]
}

/// The gates i, f, g, o of one step.
fn four<'t>(gates: Var<'t>) -> [Var<'t>; 4] {
    let n = gates.shape()[1] / 4;
    [0, 1, 2, 3].map(|k| gates.narrow(1, k * n, n))
}

impl LstmSequence {
    /// The places of the steps in the order in which they are taken.
    fn places(self, x: Var<'_>) -> Vec<usize> {
        let places = 0..x.shape()[0];
        if self.reverse { places.rev().collect() } else { places.collect() }
    }
}

impl Op for LstmSequence {
    fn name(&self) -> &'static str {
        "lstm_sequence"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        lstm_sequence(&x[0], [&x[1], &x[2]], x.get(5), [&x[3], &x[4]], self.reverse)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let [x, of_input, weight, h, c] = [0, 1, 2, 3, 4].map(|i| step.x(i));
        let places = self.places(x);
        let [all_h, all_c, all_gates] = parts(step.y(), places.len(), h);
        let [all_dh, all_dc, all_own] = parts(step.dy(), places.len(), h);
        let at = |x: Var<'t>, place: usize| x.select(0, place as isize);
        let mut of_gates = vec![all_own; places.len()];
        let mut carried: Option<[Var<'t>; 3]> = None;
        for (i, &t) in places.iter().enumerate().rev() {
            let before = |all, first| if i == 0 { first } else { at(all, places[i - 1]) };
            let (h, c, new) = (before(all_h, h), before(all_c, c), at(all_c, t));
            let [a, f, g, o] = four(at(all_gates, t));
            let (mut dh, mut d) = (at(all_dh, t), at(all_dc, t));
            if let Some([of_h, of_c, _]) = carried {
                (dh, d) = (dh + of_h, d + of_c);
            }
            d += dh * o.sigmoid() * new.sech_squared();
            let slopes = [
                d * g.tanh() * a.logistic_pdf(),
                d * c * f.logistic_pdf(),
                d * a.sigmoid() * g.sech_squared(),
                dh * new.tanh() * o.logistic_pdf(),
            ];
            let own = at(all_own, t) + Var::cat(&slopes, 1);
            let of_weight = own.t().matmul(h);
            of_gates[t] = own;
            let of_weight = carried.map_or(of_weight, |[_, _, sum]| sum + of_weight);
            carried = Some([own.matmul(weight), d * f.sigmoid(), of_weight]);
        }
        let [of_h, of_c, of_weight] = carried.expect("a sequence has a step");
        let gates = Var::stack(&of_gates, 0);
        let [width, inputs] = of_input.shape()[..] else { unreachable!("[4H, I]") };
        if step.needs(0) {
            step.give(0, gates.matmul(of_input));
        }
        if step.needs(1) {
            step.give(1, rows(gates, width).t().matmul(rows(x, inputs)));
        }
        for (i, dx) in [(2, of_weight), (3, of_h), (4, of_c)] {
            if step.needs(i) {
                step.give(i, dx);
            }
        }
        if step.inputs() > 5 && step.needs(5) {
            step.give(5, gates.sum_to([width]));
        }
    }
    fn words(&self) -> &'static str {
        "c' = σ(f) c + σ(i) tanh(g), h' = σ(o) tanh(c') step by step, backwards: the gates' gradients γ come from those of h' and \
         c'; the input gets γ·W, the weights the sums of γᵀ·x and γᵀ·h, the bias that of γ, the h in front gets γ·W, the c in \
         front σ(f) times that of c'"
    }
    fn composed<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
        let (mut h, mut c) = (x[3], x[4]);
        let (gates, places) = (x[0].linear(x[1], x.get(5).copied()), self.places(x[0]));
        let [mut all_h, mut all_c, mut all_gates] = [const { Vec::new() }; 3].map(|mut all: Vec<Var<'t>>| {
            all.resize(places.len(), h);
            all
        });
        for t in places {
            let own = gates.select(0, t as isize) + h.linear(x[2], None);
            let [a, f, g, o] = four(own);
            c = f.sigmoid() * c + a.sigmoid() * g.tanh();
            h = o.sigmoid() * c.tanh();
            (all_h[t], all_c[t], all_gates[t]) = (h, c, own);
        }
        let flat = [all_h, all_c, all_gates].map(|all| Var::stack(&all, 0).flatten());
        Some(Var::cat(&flat, 0))
    }
    fn kernels(&self) -> Option<Kernels<'_>> {
        Some(Kernels::Numeric(self))
    }
}

impl NumericRule for LstmSequence {
    fn pull(&self, step: &mut Numeric<'_>) {
        let (y, dy) = (step.y(), step.take_dy());
        let [weight, h, c] = [2, 3, 4].map(|i| step.x(i));
        let (x, of_input) = (step.x(0), step.x(1));
        let wants = [2, 3].map(|i| step.needs(i));
        let all = lstm_sequence_pull(x.shape()[0], [&weight, &h, &c], &y, dy, self.reverse, wants);
        for (i, dx) in [(2, all.weight), (3, all.h), (4, Some(all.c))] {
            if let Some(dx) = dx.filter(|_| step.needs(i)) {
                step.give(i, dx);
            }
        }
        pull_affine(step, [0, 1, 5], &x, &of_input, &all.gates);
    }
}

/// # Recurrent cells
impl<'t> Var<'t> {
    /// An LSTM over the steps of a sequence, `[T, N, I]`, with the weights of input and state, `[4H, I]` and `[4H, H]`, in the order
    /// i, f, g, o, and a bias `[4H]`. The states h and c, `[N, H]`, are those in front of the first step; with `reverse` the
    /// sequence is read from its end. The result is h of all steps, `[T, N, H]`, and the last c, `[N, H]`:
    ///
    /// ```math
    /// (i, f, g, o) = W_{ih} x_t + b + W_{hh} h_{t-1}, \quad c_t = \sigma(f)\,c_{t-1} + \sigma(i) \tanh(g), \quad h_t = \sigma(o) \tanh(c_t).
    /// ```
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// use gradus_tensor::{Tensor, rng};
    /// let (tape, mut rng) = (Tape::new(), rng(0));
    /// let mut draw = |shape: &[usize]| tape.var(Tensor::randn(shape, &mut rng));
    /// let (x, h, c) = (draw(&[2, 1, 5]), draw(&[1, 3]), draw(&[1, 3]));
    /// let (of_input, of_state, bias) = (draw(&[12, 5]), draw(&[12, 3]), draw(&[12]));
    /// let (all, last) = x.lstm_sequence(of_input, of_state, Some(bias), h, c, false);
    /// let gates = x.linear(of_input, Some(bias));
    /// let (h, c) = (gates.select(0, 0) + h.linear(of_state, None)).lstm_cell(c);
    /// let (h, c) = (gates.select(0, 1) + h.linear(of_state, None)).lstm_cell(c);
    /// assert!(all.select(0, 1).value().allclose(&h.value(), 1e-6, 1e-6));
    /// assert!(last.value().allclose(&c.value(), 1e-6, 1e-6));
    /// ```
    ///
    /// # Panics
    /// If the shapes do not fit, or if there is no step.
    ///
    /// # Source
    /// Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997; with the forget gate of Gers et al., 2000.
    #[doc(alias = "lstm")]
    #[track_caller]
    pub fn lstm_sequence(
        self,
        weight_ih: impl Operand<'t>,
        weight_hh: impl Operand<'t>,
        bias: Option<Self>,
        h: impl Operand<'t>,
        c: impl Operand<'t>,
        reverse: bool,
    ) -> (Self, Self) {
        const OP: &str = "lstm_sequence";
        self.check_more(OP, [bias]);
        let (of_input, of_state) = (self.operand(OP, weight_ih), self.operand(OP, weight_hh));
        let operands = [self, of_input, of_state, self.operand(OP, h), self.operand(OP, c)];
        let ([x, of_input, of_state, h, c], [bias]) = promoted_with(operands, [bias]);
        expect::floats(OP, x.dtype());
        let (of_x, state) = (x.shape(), h.shape());
        assert!(state.len() == 2, "lstm_sequence: the state h must be [N, H], got {state}");
        let width = checked_product(OP, &[4, state[1]]);
        expect::shape(OP, "the state c", &c.shape(), &state);
        assert!(
            of_x.len() == 3 && of_x[1] == state[0] && of_x[0] > 0,
            "lstm_sequence: for a state {state} the input must be [T, {}, I] with at least one step, got {of_x}",
            state[0]
        );
        expect::shape(OP, "the input's weight", &of_input.shape(), &[width, of_x[2]]);
        expect::shape(OP, "the state's weight", &of_state.shape(), &state.with(0, width));
        let last = if reverse { 0 } else { -1 };
        let mut operands = SmallVec::<[Self; 6]>::from_slice(&[x, of_input, of_state, h, c]);
        if let Some(bias) = bias {
            expect::shape(OP, "the bias", &bias.shape(), &[width]);
            operands.push(bias);
        }
        let y = self.tape().apply(LstmSequence { reverse }, &operands);
        let [all, states, _] = parts(y, of_x[0], h);
        (all, states.select(0, last))
    }
}
