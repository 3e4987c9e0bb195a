//! Recurrent layers and their cells.

use gradus_autograd::{Param, Var};
use gradus_nn::{Gru, GruCell, Lstm, LstmCell, Nonlinearity, RecurrentOptions, Rnn, RnnCell};
use gradus_tensor::rng;

use super::given::{Call, Options};
use super::{Class, with};

const CELL: &str = "input_size hidden_size bias";

pub(super) const CLASSES: &[Class] = &[
    ("RNN", "input_size hidden_size num_layers nonlinearity bias batch_first dropout bidirectional", |o| {
        let (inputs, hidden) = sizes(o);
        let new = Rnn::with_options(inputs, hidden, &options(o), &mut rng(0));
        let layer = Rnn { nonlinearity: nonlinearity(o)?, ..new };
        Ok(with(layer, |layer, call| {
            let (y, h) = layer.run(call.input(0)?, call.optional(1)?);
            Ok(vec![y, h])
        }))
    }),
    ("LSTM", "input_size hidden_size num_layers bias batch_first dropout bidirectional proj_size", |o| {
        let (inputs, hidden) = sizes(o);
        let layer = Lstm::with_options(inputs, hidden, &options(o), &mut rng(0));
        Ok(with(layer, |layer, call| {
            let (y, (h, c)) = layer.run(call.input(0)?, pair(call));
            Ok(vec![y, h, c])
        }))
    }),
    ("GRU", "input_size hidden_size num_layers bias batch_first dropout bidirectional", |o| {
        let (inputs, hidden) = sizes(o);
        let layer = Gru::with_options(inputs, hidden, &options(o), &mut rng(0));
        Ok(with(layer, |layer, call| {
            let (y, h) = layer.run(call.input(0)?, call.optional(1)?);
            Ok(vec![y, h])
        }))
    }),
    ("RNNCell", "input_size hidden_size bias nonlinearity", |o| {
        let (inputs, hidden) = sizes(o);
        let new = RnnCell::new(inputs, hidden, &mut rng(0));
        let (bias_ih, bias_hh) = biases(o, new.bias_ih, new.bias_hh);
        let layer = RnnCell { bias_ih, bias_hh, nonlinearity: nonlinearity(o)?, ..new };
        Ok(with(layer, |layer, call| Ok(vec![layer.step(call.input(0)?, call.optional(1)?)])))
    }),
    ("LSTMCell", CELL, |o| {
        let (inputs, hidden) = sizes(o);
        let new = LstmCell::new(inputs, hidden, &mut rng(0));
        let (bias_ih, bias_hh) = biases(o, new.bias_ih, new.bias_hh);
        let layer = LstmCell { bias_ih, bias_hh, ..new };
        Ok(with(layer, |layer, call| {
            let (h, c) = layer.step(call.input(0)?, pair(call));
            Ok(vec![h, c])
        }))
    }),
    ("GRUCell", CELL, |o| {
        let (inputs, hidden) = sizes(o);
        let new = GruCell::new(inputs, hidden, &mut rng(0));
        let (bias_ih, bias_hh) = biases(o, new.bias_ih, new.bias_hh);
        let layer = GruCell { bias_ih, bias_hh, ..new };
        Ok(with(layer, |layer, call| Ok(vec![layer.step(call.input(0)?, call.optional(1)?)])))
    }),
];

fn sizes(o: &Options<'_>) -> (usize, usize) {
    (o.size("input_size", 1), o.size("hidden_size", 1))
}

fn options(o: &Options<'_>) -> RecurrentOptions {
    RecurrentOptions {
        num_layers: o.size("num_layers", 1),
        bias: o.flag("bias", true),
        batch_first: o.flag("batch_first", false),
        dropout: o.number("dropout", 0.0),
        bidirectional: o.flag("bidirectional", false),
        proj_size: o.size("proj_size", 0),
    }
}

fn nonlinearity(o: &Options<'_>) -> Result<Nonlinearity, String> {
    match o.text("nonlinearity", "tanh") {
        "tanh" => Ok(Nonlinearity::Tanh),
        "relu" => Ok(Nonlinearity::Relu),
        other => Err(format!("unsupported: {} with {other}", o.module)),
    }
}

fn biases(o: &Options<'_>, a: Option<Param>, b: Option<Param>) -> (Option<Param>, Option<Param>) {
    let wanted = o.flag("bias", true);
    (a.filter(|_| wanted), b.filter(|_| wanted))
}

/// An LSTM's state.
fn pair<'t>(call: &Call<'_, 't>) -> Option<(Var<'t>, Var<'t>)> {
    match call.parts(1)[..] {
        [h, c] => Some((h, c)),
        _ => None,
    }
}
