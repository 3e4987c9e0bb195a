//! An LSTM over all steps of a sequence as one operation: its gates, states and products lie in one value.

use gradus_tensor::lstm::{lstm_sequence, lstm_sequence_pull};
use gradus_tensor::{Tensor, checked_product};

use crate::fast::runs::{Kernels, Numeric, NumericRule};
use crate::op::{Backward, Op};
use crate::ops::elementwise::operators::{Operand, promoted};
use crate::ops::expect;
use crate::var::Var;

/// Of the gates of all steps, the state's weight, and the first h and c. The value holds the outputs h of all steps, their states c and their gates.
#[derive(Debug, Clone, Copy)]
struct LstmSequence {
    reverse: bool,
}

/// The outputs and states `[T, N, H]` and the gates `[T, N, 4H]` in a value of the operation or its gradient.
fn parts<'t>(y: Var<'t>, gates: Var<'t>) -> [Var<'t>; 3] {
    let [steps, batch, width] = gates.shape()[..] else { unreachable!("[T, N, 4H]") };
    let size = steps * batch * width / 4;
    let part = |at: usize, times: usize| {
        y.narrow(0, at * size, times * size).reshape([steps, batch, times * width / 4])
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
    fn places(self, gates: Var<'_>) -> Vec<usize> {
        let places = 0..gates.shape()[0];
        if self.reverse { places.rev().collect() } else { places.collect() }
    }
}

impl Op for LstmSequence {
    fn name(&self) -> &'static str {
        "lstm_sequence"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        lstm_sequence(&x[0], &x[1], &x[2], &x[3], self.reverse)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (gates, weight) = (step.x(0), step.x(1));
        let [all_h, all_c, all_gates] = parts(step.y(), gates);
        let [all_dh, all_dc, all_own] = parts(step.dy(), gates);
        let places = self.places(gates);
        let at = |x: Var<'t>, place: usize| x.select(0, place as isize);
        let mut of_gates = vec![all_own; places.len()];
        let mut carried: Option<[Var<'t>; 3]> = None;
        for (i, &t) in places.iter().enumerate().rev() {
            let before = |all, first| if i == 0 { first } else { at(all, places[i - 1]) };
            let (h, c, new) = (before(all_h, step.x(2)), before(all_c, step.x(3)), at(all_c, t));
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
        for (i, dx) in [Var::stack(&of_gates, 0), of_weight, of_h, of_c].into_iter().enumerate() {
            if step.needs(i) {
                step.give(i, dx);
            }
        }
    }
    fn words(&self) -> &'static str {
        "c' = σ(f) c + σ(i) tanh(g), h' = σ(o) tanh(c') step by step, backwards: the gates' gradients γ come from those of h' and \
         c'; the weight gets the sum of γᵀ·h, the h in front gets γ·W, the c in front gets σ(f) times that of c'"
    }
    fn composed<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
        let (mut h, mut c) = (x[2], x[3]);
        let places = self.places(x[0]);
        let [mut all_h, mut all_c, mut all_gates] = [const { Vec::new() }; 3].map(|mut all: Vec<Var<'t>>| {
            all.resize(places.len(), h);
            all
        });
        for t in places {
            let own = x[0].select(0, t as isize) + h.linear(x[1], None);
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
        let [weight, h, c] = [1, 2, 3].map(|i| step.x(i));
        let steps = step.x(0).shape()[0];
        let wants = [1, 2].map(|i| step.needs(i));
        let all = lstm_sequence_pull(steps, [&weight, &h, &c], &y, dy, self.reverse, wants);
        for (i, dx) in [Some(all.gates), all.weight, all.h, Some(all.c)].into_iter().enumerate() {
            if let Some(dx) = dx.filter(|_| step.needs(i)) {
                step.give(i, dx);
            }
        }
    }
}

/// # Recurrent cells
impl<'t> Var<'t> {
    /// An LSTM over the steps of a sequence, from the inputs' part of its gates, `[T, N, 4H]` in the order i, f, g, o; to each
    /// step's the state's part `$W_{hh} h$` is added, with the weight `[4H, H]`. The states h and c, `[N, H]`, are those in
    /// front of the first step; with `reverse` the sequence is read from its end. The result is h of all steps,
    /// `[T, N, H]`, and the last c, `[N, H]`:
    ///
    /// ```math
    /// (i, f, g, o) = a_t + W_{hh} h_{t-1}, \quad c_t = \sigma(f)\,c_{t-1} + \sigma(i) \tanh(g), \quad h_t = \sigma(o) \tanh(c_t).
    /// ```
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// use gradus_tensor::{Tensor, rng};
    /// let (tape, mut rng) = (Tape::new(), rng(0));
    /// let mut draw = |shape: &[usize]| tape.var(Tensor::randn(shape, &mut rng));
    /// let (gates, weight, h, c) = (draw(&[2, 1, 12]), draw(&[12, 3]), draw(&[1, 3]), draw(&[1, 3]));
    /// let (all, last) = gates.lstm_sequence(weight, h, c, false);
    /// let (h, c) = (gates.select(0, 0) + h.linear(weight, None)).lstm_cell(c);
    /// let (h, c) = (gates.select(0, 1) + h.linear(weight, None)).lstm_cell(c);
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
        weight_hh: impl Operand<'t>,
        h: impl Operand<'t>,
        c: impl Operand<'t>,
        reverse: bool,
    ) -> (Self, Self) {
        const OP: &str = "lstm_sequence";
        let (h, c) = (self.operand(OP, h), self.operand(OP, c));
        let [gates, weight, h, c] = promoted([self, self.operand(OP, weight_hh), h, c]);
        expect::floats(OP, gates.dtype());
        let state = h.shape();
        assert!(state.len() == 2, "lstm_sequence: the state h must be [N, H], got {state}");
        let width = checked_product(OP, &[4, state[1]]);
        expect::shape(OP, "the state c", &c.shape(), &state);
        let of_gates = gates.shape();
        assert!(
            of_gates.len() == 3 && of_gates[1..] == [state[0], width] && of_gates[0] > 0,
            "lstm_sequence: for a state {state} the gates must be [T, {}, {width}] with at least one step, got {of_gates}",
            state[0]
        );
        expect::shape(OP, "the weight", &weight.shape(), &state.with(0, width));
        let last = if reverse { 0 } else { -1 };
        let y = self.tape().apply(LstmSequence { reverse }, &[gates, weight, h, c]);
        let [all, states, _] = parts(y, gates);
        (all, states.select(0, last))
    }
}
