//! What one step of a recurrent layer computes from the inputs' product and the state.

use gradus_autograd::{Param, Tape, Var};

use super::rnn::Nonlinearity;
use super::weights::RecurrentWeights;

/// Which recurrence.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Rnn(Nonlinearity),
    Lstm,
    Gru,
}

/// What goes from step to step: h, and an LSTM's cell.
#[derive(Clone, Copy)]
pub(super) struct State<'t> {
    pub(super) h: Var<'t>,
    pub(super) c: Option<Var<'t>>,
}

/// The weights of one direction on a tape.
pub(super) struct Lifted<'t> {
    weight_ih: Var<'t>,
    weight_hh: Var<'t>,
    bias_ih: Option<Var<'t>>,
    bias_hh: Option<Var<'t>>,
    weight_hr: Option<Var<'t>>,
}

impl<'t> Lifted<'t> {
    pub(super) fn of(tape: &'t Tape, weights: &RecurrentWeights) -> Self {
        let RecurrentWeights { weight_ih, weight_hh, bias_ih, bias_hh, weight_hr } = weights;
        let cell = Self::of_cell(tape, [weight_ih, weight_hh], [bias_ih, bias_hh]);
        Self { weight_hr: weight_hr.as_ref().map(|weight| tape.param(weight)), ..cell }
    }

    pub(super) fn of_cell(
        tape: &'t Tape,
        [weight_ih, weight_hh]: [&Param; 2],
        biases: [&Option<Param>; 2],
    ) -> Self {
        let [bias_ih, bias_hh] = biases.map(|bias| bias.as_ref().map(|bias| tape.param(bias)));
        let (weight_ih, weight_hh) = (tape.param(weight_ih), tape.param(weight_hh));
        Self { weight_ih, weight_hh, bias_ih, bias_hh, weight_hr: None }
    }

    /// The part of the gates that needs no state: for all steps of a sequence one product, `[…, in]` to `[…, g · hidden]`.
    #[track_caller]
    pub(super) fn inputs(&self, kind: Kind, x: Var<'t>) -> Var<'t> {
        x.linear(self.weight_ih, self.bias(kind))
    }

    /// The bias that needs no state.
    fn bias(&self, kind: Kind) -> Option<Var<'t>> {
        match (kind, self.bias_ih, self.bias_hh) {
            // A GRU's reset gate multiplies the state's part, its bias included.
            (Kind::Gru, bias, _) | (_, bias, None) | (_, None, bias) => bias,
            (_, Some(a), Some(b)) => Some(a + b),
        }
    }

    /// All steps at once, where one operation does them: the outputs and the state behind the last step.
    pub(super) fn sequence(
        &self,
        kind: Kind,
        x: Var<'t>,
        State { h, c }: State<'t>,
        backwards: bool,
    ) -> Option<(Var<'t>, State<'t>)> {
        let (Kind::Lstm, Some(c), None) = (kind, c, self.weight_hr) else { return None };
        let (all, c) = x.lstm_sequence(self.weight_ih, self.weight_hh, self.bias(kind), h, c, backwards);
        let last = if backwards { 0 } else { -1 };
        Some((all, State { h: all.select(0, last), c: Some(c) }))
    }

    /// The state after a step, from the inputs' part `[batch, g · hidden]`.
    pub(super) fn step(&self, kind: Kind, inputs: Var<'t>, State { h, c }: State<'t>) -> State<'t> {
        match (kind, c) {
            (Kind::Rnn(nonlinearity), _) => {
                let sum = inputs + h.linear(self.weight_hh, None);
                let h = match nonlinearity {
                    Nonlinearity::Tanh => sum.tanh(),
                    Nonlinearity::Relu => sum.relu(),
                };
                State { h, c: None }
            }
            (Kind::Gru, _) => {
                State { h: inputs.gru_cell(h.linear(self.weight_hh, self.bias_hh), h), c: None }
            }
            (Kind::Lstm, Some(c)) => {
                let (h, c) = (inputs + h.linear(self.weight_hh, None)).lstm_cell(c);
                State { h: self.weight_hr.map_or(h, |weight| h.linear(weight, None)), c: Some(c) }
            }
            (Kind::Lstm, None) => unreachable!("an LSTM has a cell"),
        }
    }
}
