//! The cells of an LSTM and a GRU: gates, activations and their slopes in one pass. The products that make the gates are
//! the layer's: one for the inputs of all steps, one a step for the state.

use gradus_tensor::recurrent::{self, Lstm};
use gradus_tensor::{Shape, Tensor};

use crate::fast::runs::{Kernels, Numeric, NumericRule};
use crate::op::{Backward, Op};
use crate::ops::elementwise::operators::{Operand, promoted};
use crate::ops::expect;
use crate::var::Var;

/// One half of an LSTM's cell: of gates and state.
#[derive(Debug, Clone, Copy)]
struct LstmCell(Lstm);

/// Gate `k` of `[N, gates · H]`.
fn gate(x: Var<'_>, k: usize, n: usize) -> Var<'_> {
    x.narrow(1, k * n, n)
}

/// Gradients of the gates, side by side.
fn joined<'t>(parts: &[Var<'t>]) -> Var<'t> {
    Var::cat(parts, 1)
}

impl Op for LstmCell {
    fn name(&self) -> &'static str {
        match self.0 {
            Lstm::State => "lstm_state",
            Lstm::Output => "lstm_output",
        }
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        recurrent::lstm(self.0, &x[0], &x[1])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (gates, c, dy) = (step.x(0), step.x(1), step.dy());
        let n = c.shape()[1];
        let [i, f, g, o] = [0, 1, 2, 3].map(|k| gate(gates, k, n));
        let zeros = |like: Var<'t>| step.tape().constant(Tensor::zeros_of(like.shape(), like.dtype()));
        let (of_gates, of_c) = match self.0 {
            Lstm::State => {
                let parts = [
                    dy * g.tanh() * i.logistic_pdf(),
                    dy * c * f.logistic_pdf(),
                    dy * i.sigmoid() * g.sech_squared(),
                    zeros(o),
                ];
                (joined(&parts), dy * f.sigmoid())
            }
            Lstm::Output => {
                let parts = [zeros(i), zeros(f), zeros(g), dy * c.tanh() * o.logistic_pdf()];
                (joined(&parts), dy * o.sigmoid() * c.sech_squared())
            }
        };
        if step.needs(0) {
            step.give(0, of_gates);
        }
        if step.needs(1) {
            step.give(1, of_c);
        }
    }
    fn words(&self) -> &'static str {
        match self.0 {
            Lstm::State => {
                "σ(f) c + σ(i) tanh(g): c gets ȳ σ(f), f gets ȳ c σ'(f), i gets ȳ tanh(g) σ'(i), g gets ȳ σ(i) tanh'(g)"
            }
            Lstm::Output => "σ(o) tanh(c): c gets ȳ σ(o) tanh'(c), o gets ȳ tanh(c) σ'(o)",
        }
    }
    fn composed<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
        let n = x[1].shape()[1];
        let [i, f, g, o] = [0, 1, 2, 3].map(|k| gate(x[0], k, n));
        Some(match self.0 {
            Lstm::State => f.sigmoid() * x[1] + i.sigmoid() * g.tanh(),
            Lstm::Output => o.sigmoid() * x[1].tanh(),
        })
    }
    fn kernels(&self) -> Option<Kernels<'_>> {
        Some(Kernels::Numeric(self))
    }
}

impl NumericRule for LstmCell {
    fn pull(&self, step: &mut Numeric<'_>) {
        let (gates, c, dy) = (step.x(0), step.x(1), step.dy());
        let mut of_c = Tensor::zeros_of(*c.shape(), c.dtype());
        if step.needs(0) {
            step.add(0, |of_gates| recurrent::lstm_pull(self.0, [&gates, &c, &dy], of_gates, &mut of_c));
        } else {
            let mut of_gates = Tensor::zeros_of(*gates.shape(), c.dtype());
            recurrent::lstm_pull(self.0, [&gates, &c, &dy], &mut of_gates, &mut of_c);
        }
        if step.needs(1) {
            step.give(1, of_c);
        }
    }
}

/// A GRU's cell: of the gates of the input, those of the state, and the state.
#[derive(Debug)]
struct GruCell;

impl Op for GruCell {
    fn name(&self) -> &'static str {
        "gru_cell"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        recurrent::gru(&x[0], &x[1], &x[2])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (a, b, h, dy) = (step.x(0), step.x(1), step.x(2), step.dy());
        let n = h.shape()[1];
        let [r_in, z_in] = [0, 1].map(|k| gate(a, k, n) + gate(b, k, n));
        let (r, b_n) = (r_in.sigmoid(), gate(b, 2, n));
        let m_in = gate(a, 2, n) + r * b_n;
        let dm = dy * (-z_in).sigmoid() * m_in.sech_squared();
        let dr = dm * b_n * r_in.logistic_pdf();
        let dz = dy * (h - m_in.tanh()) * z_in.logistic_pdf();
        if step.needs(0) {
            step.give(0, joined(&[dr, dz, dm]));
        }
        if step.needs(1) {
            step.give(1, joined(&[dr, dz, dm * r]));
        }
        if step.needs(2) {
            step.give(2, dy * z_in.sigmoid());
        }
    }
    fn words(&self) -> &'static str {
        "(1 − z) m + z h with r, z = σ(a + b) and m = tanh(a + r b): h gets ȳ z, z's gates get ȳ (h − m) σ', n's gates get \
         ȳ (1 − z) tanh', the state's times r; r's gates get n's times b σ'"
    }
    fn composed<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
        let n = x[2].shape()[1];
        let [r, z] = [0, 1].map(|k| (gate(x[0], k, n) + gate(x[1], k, n)).sigmoid());
        let m = (gate(x[0], 2, n) + r * gate(x[1], 2, n)).tanh();
        Some((1.0 - z) * m + z * x[2])
    }
    fn kernels(&self) -> Option<Kernels<'_>> {
        Some(Kernels::Numeric(self))
    }
}

impl NumericRule for GruCell {
    fn pull(&self, step: &mut Numeric<'_>) {
        let (x, dy) = ([0, 1, 2].map(|i| step.x(i)), step.dy());
        let mut all = [0, 1, 2].map(|i| Tensor::zeros_of(*x[i].shape(), x[i].dtype()));
        recurrent::gru_pull([&x[0], &x[1], &x[2], &dy], all.each_mut());
        for (i, dx) in all.into_iter().enumerate() {
            if step.needs(i) {
                step.give(i, dx);
            }
        }
    }
}

/// Panics unless the gates are `[…, count · H]` for a state `[…, H]`.
#[track_caller]
fn check_gates(op: &str, gates: &Shape, count: usize, state: &Shape) {
    expect::at_least(op, state, 1, "[…, H]");
    let (axis, hidden) = (state.len() - 1, state[state.len() - 1]);
    let width = gradus_tensor::checked_product(op, &[count, hidden]);
    expect::shape(op, "the gates", gates, &state.with(axis, width));
}

/// All leading axes as one.
fn rows(x: Var<'_>) -> Var<'_> {
    let shape = x.shape();
    let width = shape[shape.len() - 1];
    if shape.len() == 2 { x } else { x.reshape([shape[..shape.len() - 1].iter().product(), width]) }
}

/// # Recurrent cells
impl<'t> Var<'t> {
    /// One step of an LSTM from its gates, `[…, 4H]` in PyTorch's order i, f, g, o, and its state c, `[…, H]`: the output
    /// and the new state, `[…, H]` each,
    ///
    /// ```math
    /// c' = \sigma(f)\,c + \sigma(i) \tanh(g), \qquad h = \sigma(o) \tanh(c').
    /// ```
    ///
    /// The gates are `$W_{ih} x + W_{hh} h + b$`; the products with the inputs of all steps can be one.
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// use gradus_tensor::Tensor;
    /// let tape = Tape::new();
    /// let gates = tape.var(Tensor::from([[0.0, 0.0, 0.0, 0.0]])); // all half open, and nothing new
    /// let (h, c) = gates.lstm_cell(tape.var(Tensor::from([[2.0]])));
    /// assert_eq!((c.item(), h.item()), (1.0, 0.5 * 1f64.tanh()));
    /// ```
    ///
    /// # Panics
    /// If the shapes do not fit.
    ///
    /// # Source
    /// Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997; with the forget gate of Gers et al., 2000.
    #[doc(alias = "LSTMCell")]
    #[track_caller]
    pub fn lstm_cell(self, c: impl Operand<'t>) -> (Self, Self) {
        let c = self.lift(c);
        check_gates("lstm_cell", &self.shape(), 4, &c.shape());
        expect::floats("lstm_cell", self.dtype().promote(c.dtype()));
        let shape = c.shape();
        let [gates, c] = promoted([self, c]).map(rows);
        let new = self.tape().apply(LstmCell(Lstm::State), &[gates, c]);
        let h = self.tape().apply(LstmCell(Lstm::Output), &[gates, new]);
        (h.reshape(shape), new.reshape(shape))
    }

    /// One step of a GRU from the gates of its input (this value) and of its state, `[…, 3H]` each in PyTorch's order r, z,
    /// n, and its state h, `[…, H]`: the new state `[…, H]`,
    ///
    /// ```math
    /// r = \sigma(a_r + b_r), \quad z = \sigma(a_z + b_z), \quad m = \tanh(a_n + r\, b_n), \quad h' = (1 - z)\, m + z\, h.
    /// ```
    ///
    /// The gates are `$a = W_{ih} x + b_{ih}$` and `$b = W_{hh} h + b_{hh}$`; the products with the inputs of all steps can
    /// be one.
    ///
    /// # Panics
    /// If the shapes do not fit.
    ///
    /// # Source
    /// Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", 2014; the reset gate behind the product, as
    /// in PyTorch.
    #[doc(alias = "GRUCell")]
    #[track_caller]
    pub fn gru_cell(self, state_gates: impl Operand<'t>, h: impl Operand<'t>) -> Self {
        let (b, h) = (self.lift(state_gates), self.lift(h));
        check_gates("gru_cell", &self.shape(), 3, &h.shape());
        check_gates("gru_cell", &b.shape(), 3, &h.shape());
        expect::floats("gru_cell", self.dtype().promote(b.dtype()).promote(h.dtype()));
        let operands = promoted([self, b, h]).map(rows);
        self.tape().apply(GruCell, &operands).reshape(h.shape())
    }
}
