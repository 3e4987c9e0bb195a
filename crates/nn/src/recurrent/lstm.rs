//! Long short-term memory and its cell.

use gradus_autograd::{Param, Var, params};
use gradus_tensor::Tensor;

use super::stack::{Stack, step};
use super::step::{Kind, Lifted, State};
use super::weights::{RecurrentLayer, RecurrentOptions, RecurrentWeights, layers, params_of_layers};
use crate::module::Module;

/// `$h_t = o_t \tanh c_t$` with `$c_t = f_t c_{t-1} + i_t g_t$` over a sequence: `[time, batch, in]` to `[time, batch, hidden]`, with both
/// directions `[time, batch, 2 · hidden]`. As a [`Module`] it begins with a state of zeros and gives the sequence.
///
/// ```math
/// i_t, f_t, o_t = \sigma(W_i x_t + b_i + W_h h_{t-1} + b_h), \quad g_t = \tanh(W_i x_t + b_i + W_h h_{t-1} + b_h)
/// ```
///
/// each with its own rows of the weights, in the order i, f, g, o. With a projection (`proj_size`) the state is `$W_{hr} h_t$`, of that
/// width.
///
/// ```
/// use gradus_nn::{Lstm, Module, RecurrentOptions};
/// use gradus_tensor::{Tensor, rng};
///
/// let options = RecurrentOptions { num_layers: 2, batch_first: true, ..RecurrentOptions::default() };
/// let layer = Lstm::with_options(3, 4, &options, &mut rng(0));
/// assert_eq!(layer.predict(&Tensor::ones([2, 5, 3])).shape()[..], [2, 5, 4]); // 2 sequences of 5 steps
/// ```
///
/// # Source
/// Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000; Sak et al. 2014 (projection); PyTorch's `nn.LSTM`.
#[doc(alias = "LSTM")]
#[derive(Debug, Clone)]
pub struct Lstm {
    /// The layers, the first reads the input.
    pub layers: Vec<RecurrentLayer>,
    /// Whether sequences are `[batch, time, …]`.
    pub batch_first: bool,
    /// The probability of a zero between the layers, while training.
    pub dropout: f64,
}

params_of_layers!(Lstm);

impl Lstm {
    /// One layer in one direction, all parameters uniform in `$\pm 1/\sqrt{\mathit{hidden}}$`, F32.
    #[track_caller]
    pub fn new(inputs: usize, hidden: usize, rng: &mut impl rand::Rng) -> Self {
        Self::with_options(inputs, hidden, &RecurrentOptions::default(), rng)
    }

    /// As the options say.
    ///
    /// # Panics
    /// If the hidden size or the number of layers is 0, or if the projection is not smaller than the hidden size.
    #[track_caller]
    pub fn with_options(
        inputs: usize,
        hidden: usize,
        options: &RecurrentOptions,
        rng: &mut impl rand::Rng,
    ) -> Self {
        let layers = layers("lstm", 4, (inputs, hidden), options, rng);
        let RecurrentOptions { batch_first, dropout, .. } = *options;
        Self { layers, batch_first, dropout }
    }

    /// Sets the bias of every forget gate, which with a bias of 0 begins half closed: with 1 or more a cell keeps at first what it
    /// holds. What has to be held for n steps wants `$\ln n$` or so.
    ///
    /// ```
    /// use gradus_nn::Lstm;
    /// let layer = Lstm::new(3, 2, &mut gradus_tensor::rng(0)).forget_bias(1.0);
    /// let [of_input, of_state] = [&layer.layers[0].forward.bias_ih, &layer.layers[0].forward.bias_hh];
    /// let sum = of_input.as_ref().unwrap().value() + of_state.as_ref().unwrap().value();
    /// assert_eq!(sum.to_f64_vec()[2..4], [1.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// If the layers have no biases.
    ///
    /// # Source
    /// Jozefowicz, Zaremba and Sutskever 2015 (1); Tallec and Ollivier 2018 (`$\ln n$`); Keras's `unit_forget_bias`.
    #[doc(alias = "unit_forget_bias")]
    #[track_caller]
    pub fn forget_bias(mut self, bias: f64) -> Self {
        for layer in &mut self.layers {
            for weights in [Some(&mut layer.forward), layer.reverse.as_mut()].into_iter().flatten() {
                for (param, value) in [(&mut weights.bias_ih, bias), (&mut weights.bias_hh, 0.0)] {
                    let Some(param) = param else {
                        panic!(
                            "forget_bias: the Lstm has no biases; make it with RecurrentOptions {{ bias: true, .. }}"
                        )
                    };
                    let hidden = param.shape()[0] / 4;
                    let gate = Tensor::full_of([hidden], value, param.value().dtype());
                    let gates = param.value();
                    let (before, behind) =
                        (gates.narrow(0, 0, hidden), gates.narrow(0, 2 * hidden, 2 * hidden));
                    param.set(Tensor::cat(&[before, gate, behind], 0));
                }
            }
        }
        self
    }

    /// The sequence of the last layer's h, and the last h and c of every layer and direction,
    /// `[layers · directions, batch, hidden]` (h has the width of the projection, if there is one). Without a state it begins with zeros.
    /// A sequence without a batch, `[time, in]`, has a state without one.
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// use gradus_nn::Lstm;
    /// use gradus_tensor::{Tensor, rng};
    /// let (layer, tape) = (Lstm::new(3, 4, &mut rng(0)), Tape::new());
    /// let (y, (h, c)) = layer.run(tape.constant(Tensor::ones([5, 2, 3])), None);
    /// assert_eq!(y.select(0, -1).value(), h.select(0, 0).value());
    /// let (_, (later, _)) = layer.run(tape.constant(Tensor::ones([7, 2, 3])), Some((h, c))); // goes on from there
    /// assert_eq!(later.shape()[..], [1, 2, 4]);
    /// ```
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn run<'t>(&self, x: Var<'t>, state: Option<(Var<'t>, Var<'t>)>) -> (Var<'t>, (Var<'t>, Var<'t>)) {
        pair(self.stack().run(x, state.map(|(h, c)| State { h, c: Some(c) }), None))
    }

    /// As [`Self::run`] for sequences of unequal length: behind its length a sequence gives 0, its last state is that at its
    /// length, and the other direction begins there.
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// use gradus_nn::Lstm;
    /// use gradus_tensor::{Tensor, rng};
    /// let (layer, tape) = (Lstm::new(3, 4, &mut rng(0)), Tape::new());
    /// let (y, (h, _)) = layer.run_lengths(tape.constant(Tensor::ones([5, 2, 3])), None, &[5, 2]);
    /// assert_eq!(y.select(0, 1).select(0, 1).value(), h.select(0, 0).select(0, 1).value());
    /// assert_eq!(y.select(0, 2).select(0, 1).value().to_f64_vec(), [0.0; 4]);
    /// ```
    ///
    /// # Panics
    /// If there is not one length for each sequence, or one is larger than the number of steps.
    #[doc(alias = "pack_padded_sequence")]
    #[track_caller]
    pub fn run_lengths<'t>(
        &self,
        x: Var<'t>,
        state: Option<(Var<'t>, Var<'t>)>,
        lengths: &[usize],
    ) -> (Var<'t>, (Var<'t>, Var<'t>)) {
        pair(self.stack().run(x, state.map(|(h, c)| State { h, c: Some(c) }), Some(lengths)))
    }

    fn stack(&self) -> Stack<'_> {
        let Self { layers, batch_first, dropout } = self;
        Stack { name: "lstm", kind: Kind::Lstm, layers, batch_first: *batch_first, dropout: *dropout }
    }
}

fn pair<'t>((y, end): (Var<'t>, State<'t>)) -> (Var<'t>, (Var<'t>, Var<'t>)) {
    (y, (end.h, end.c.expect("an LSTM has a cell")))
}

impl Module for Lstm {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.run(x, None).0
    }
}

/// One step of an [`Lstm`]: `[batch, in]` and a state of h and c, `[batch, hidden]`, to the next state.
///
/// ```
/// use gradus_autograd::Tape;
/// use gradus_nn::LstmCell;
/// use gradus_tensor::{Tensor, rng};
/// let (cell, tape) = (LstmCell::new(3, 4, &mut rng(0)), Tape::new());
/// let x = tape.constant(Tensor::ones([2, 3]));
/// let state = cell.step(x, None);
/// let (h, c) = cell.step(x, Some(state));
/// assert_eq!((h.shape(), c.shape()), ([2, 4].into(), [2, 4].into()));
/// ```
///
/// # Source
/// PyTorch's `nn.LSTMCell`.
#[doc(alias = "LSTMCell")]
#[derive(Debug, Clone)]
pub struct LstmCell {
    /// `[4 · hidden, in]`.
    pub weight_ih: Param,
    /// `[4 · hidden, hidden]`.
    pub weight_hh: Param,
    /// `[4 · hidden]`.
    pub bias_ih: Option<Param>,
    /// `[4 · hidden]`.
    pub bias_hh: Option<Param>,
}

params!(LstmCell { weight_ih, weight_hh, bias_ih, bias_hh });

impl LstmCell {
    /// All parameters uniform in `$\pm 1/\sqrt{\mathit{hidden}}$`, F32.
    #[track_caller]
    pub fn new(inputs: usize, hidden: usize, rng: &mut impl rand::Rng) -> Self {
        let new = RecurrentWeights::new("lstm_cell", 4, inputs, hidden, &RecurrentOptions::default(), rng);
        let RecurrentWeights { weight_ih, weight_hh, bias_ih, bias_hh, .. } = new;
        Self { weight_ih, weight_hh, bias_ih, bias_hh }
    }

    /// The next h and c; without a state it begins with zeros.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn step<'t>(&self, x: Var<'t>, state: Option<(Var<'t>, Var<'t>)>) -> (Var<'t>, Var<'t>) {
        let Self { weight_ih, weight_hh, bias_ih, bias_hh } = self;
        let lifted = Lifted::of_cell(x.tape(), [weight_ih, weight_hh], [bias_ih, bias_hh]);
        let sizes = [weight_ih.shape()[1], weight_hh.shape()[1]];
        let state = state.map(|(h, c)| State { h, c: Some(c) });
        let State { h, c } = step("lstm_cell", Kind::Lstm, &lifted, sizes, x, state);
        (h, c.expect("an LSTM has a cell"))
    }
}

impl Module for LstmCell {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.step(x, None).0
    }
}
