//! The loss of an LSTM that foretells the next character's bits, each unit by itself: weights are vectors, so
//! [`gradus::nn::Lstm`] does not fit. Forget and output gate see the layer's input, input gate and change its hidden state.
//!
//! A layer's input is the whole sequence of hidden states of the layer below, so what does not look back is
//! computed for all times at once.

use gradus::prelude::*;

use crate::data::{Input, Output};
use crate::protocol::{Run, unknown};

struct Network {
    /// Of each layer a row of weights and one of biases: forget, in, out, change.
    main: Param,
    /// Rows: weights of the input, weights and biases of the output.
    extra: Param,
    /// Of each layer a row of hidden states and one of cells.
    state: Tensor,
    sequence: Tensor,
}

pub(crate) fn prepare(function: &str, input: Input<'_>) -> Result<Run, String> {
    let tensor = |key: &str| input.part(key)?.tensor();
    let network = Network {
        main: Param::new(tensor("main_params")?),
        extra: Param::new(tensor("extra_params")?),
        state: tensor("state")?,
        sequence: tensor("sequence")?,
    };
    Ok(match function {
        "objective" => Box::new(move || Output::Number(predict(|tape| network.loss(tape)).item())),
        "jacobian" => Box::new(move || {
            let (_, gradients) = value_and_grad(|tape| network.loss(tape));
            let of = |p: &Param| gradients.get(p).expect("the loss depends on all parameters").flatten();
            Output::Tensor(Tensor::cat(&[of(&network.main), of(&network.extra)], 0))
        }),
        _ => return unknown(function),
    })
}

impl Network {
    fn loss<'t>(&self, tape: &'t Tape) -> Var<'t> {
        let steps = self.sequence.shape()[0] - 1;
        let (rows, state) = (tape.param(&self.main).unbind(0), tape.constant(&self.state).unbind(0));
        let [input, weight, bias] = tape.param(&self.extra).chunk(0);
        let mut x = tape.constant(self.sequence.narrow(0, 0, steps)) * input;
        for (row, state) in rows.chunks(2).zip(state.chunks(2)) {
            x = layer(x, row[0].chunk(0), row[1].chunk(0), [state[0], state[1]]);
        }
        let y = x * weight + bias;
        let log_sum = (y.exp().sum_keep(1) + 2.0).log();
        let gold = tape.constant(self.sequence.narrow(0, 1, steps));
        -((y - log_sum) * gold).mean()
    }
}

/// The hidden states of a layer for its inputs, a row for each time.
fn layer<'t>(x: Var<'t>, weight: [Var<'t>; 4], bias: [Var<'t>; 4], state: [Var<'t>; 2]) -> Var<'t> {
    let [mut hidden, mut cell] = state;
    let gates = |k: usize| (x * weight[k] + bias[k]).sigmoid().unbind(0);
    let mut all = Vec::with_capacity(x.shape()[0]);
    for (forget, out) in gates(0).into_iter().zip(gates(2)) {
        let ingate = (hidden * weight[1] + bias[1]).sigmoid();
        let change = (hidden * weight[3] + bias[3]).tanh();
        cell = cell * forget + ingate * change;
        hidden = out * cell.tanh();
        all.push(hidden);
    }
    Var::stack(&all, 0)
}
